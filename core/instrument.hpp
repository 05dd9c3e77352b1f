// What is watched: instruments, groups of them, and the numbers they go by inside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace contagiond::core {

/// Position in Universe::instruments. Small integers on the hot path, names at the doors.
using InstrumentId = std::uint16_t;

/// Position in Universe::feeds.
using FeedId = std::uint16_t;

/// What a statistic is about: an instrument (same number), or a group (instruments.size() + its
/// position).
using SeriesId = std::uint16_t;

inline constexpr std::uint16_t no_id = 0xffff;

enum class AssetClass : std::uint8_t { equity, future, crypto, rate, currency, commodity };

/// Whose trading hours an instrument keeps.
enum class Market : std::uint8_t {
    always,       ///< crypto: never closes
    us_equities,  ///< XNYS and XNAS
    cme_globex,
};
inline constexpr std::size_t market_count = 3;

struct Instrument {
    std::string symbol;  ///< canonical: "NVDA", "BTC-USD", "NQ"
    AssetClass asset_class = AssetClass::equity;
    Market market = Market::us_equities;
    /// Older than this, counted in time its market is open, the price is stale. While the market is
    /// closed it is not: nothing is expected then.
    DurationNs staleness_bound = 90 * ns_per_s;
    /// Shares outstanding, or coins in circulation; 0: not known. Times the price it is what the
    /// whole is worth in dollars.
    double units_outstanding = 0;
    TimeNs units_as_of = no_time;  ///< the day that number is of
};

/// A member's weight in its group. Weights need not add to one; groups divide by what is alive.
struct Member {
    InstrumentId instrument = no_id;
    double weight = 0;
    bool is_index = false;  ///< stands for the whole: an index future, a fund on the index
    double beta = 0.35;     ///< what the index moves when this name moves by one; of an index 1
};

/// A weighted set of instruments that counts as one series, such as us_tech.
struct Group {
    std::string name;
    std::vector<Member> members;
};

/// A connection that delivers some of the instruments. Earlier feeds are preferred where several
/// deliver one.
struct Feed {
    std::string name;  ///< as in the configuration
    std::string venue;
    std::vector<InstrumentId> instruments;
};

/// Everything that has a number, fixed at start.
struct Universe {
    std::vector<Instrument> instruments;
    std::vector<Group> groups;
    std::vector<Feed> feeds;

    std::size_t series_count() const { return instruments.size() + groups.size(); }
    SeriesId group_series(std::size_t group) const {
        return static_cast<SeriesId>(instruments.size() + group);
    }
    bool is_group(SeriesId series) const { return series >= instruments.size(); }
    const Group& group_of(SeriesId series) const { return groups[series - instruments.size()]; }
    /// Name of an instrument or a group.
    const std::string& series_name(SeriesId series) const {
        return is_group(series) ? group_of(series).name : instruments[series].symbol;
    }
};

}  // namespace contagiond::core
