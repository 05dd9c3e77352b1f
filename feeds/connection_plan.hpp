// Which connections a feed needs: a venue limits what one may carry, and some bring quotes over
// connections of their own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/session.hpp"

namespace contagiond::feeds {

/// One connection of a feed.
struct Connection {
    std::string url;
    std::vector<Listing> listings;
};

/// Every stream of `listings` on exactly one connection, none with more than the venue's
/// max_streams, as few connections as that allows, in the order of the listings. An instrument's
/// trades and quotes stay together where the venue lets them. `url` other than the venue's default
/// is taken for all: whoever names an address knows what is behind it. Pure.
std::vector<Connection> plan_connections(const Venue& venue, std::string_view url,
                                         std::span<const Listing> listings);

}  // namespace contagiond::feeds
