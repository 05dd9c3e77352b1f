#include "feeds/connection_plan.hpp"

#include <limits>

namespace contagiond::feeds {
namespace {

std::size_t streams_of(const Listing& listing) {
    return (listing.trades ? 1u : 0u) + (listing.quotes ? 1u : 0u);
}

/// Fills one connection after the other. A listing that does not fit into what is left begins the
/// next one, unless it would not fit into an empty one either: then its streams part.
void append(std::vector<Connection>& connections, std::string_view url, std::size_t most,
            std::span<const Listing> listings) {
    std::size_t left = 0;
    const auto put = [&](const Listing& listing) {
        const std::size_t streams = streams_of(listing);
        if (streams == 0) return;
        if (streams > left) {
            connections.push_back({std::string(url), {}});
            left = most;
        }
        connections.back().listings.push_back(listing);
        left -= streams;
    };
    for (const Listing& listing : listings) {
        if (streams_of(listing) <= most) {
            put(listing);
            continue;
        }
        Listing part = listing;
        part.quotes = false;
        put(part);
        part.trades = false;
        part.quotes = true;
        put(part);
    }
}

}  // namespace

std::vector<Connection> plan_connections(const Venue& venue, std::string_view url,
                                         std::span<const Listing> listings) {
    const std::size_t most = venue.rules.max_streams == 0 ? std::numeric_limits<std::size_t>::max()
                                                          : venue.rules.max_streams;
    std::vector<Connection> connections;
    if (venue.quotes_url.empty() || url != venue.default_url) {
        append(connections, url, most, listings);
        return connections;
    }
    std::vector<Listing> trades(listings.begin(), listings.end());
    std::vector<Listing> quotes = trades;
    for (Listing& listing : trades) listing.quotes = false;
    for (Listing& listing : quotes) listing.trades = false;
    append(connections, url, most, trades);
    append(connections, venue.quotes_url, most, quotes);
    return connections;
}

}  // namespace contagiond::feeds
