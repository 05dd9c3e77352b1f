// Calendar: when markets are open, from tables and rules alone; no time zone database is asked.
//
// - us_equities (XNYS, XNAS): pre-market 04:00-09:30, regular 09:30-16:00, post-market 16:00-20:00
// New
//   York time; on early-close days regular ends at 13:00 and post-market at 17:00. Closed on
//   holidays.
// - cme_globex: Sunday 18:00 to Friday 17:00 New York time, with a break from 17:00 to 18:00 each
// day.
//   On US holidays it stops at 13:00 or does not trade; on early-close days it stops at 13:15.
// - always: crypto.
//
// Holidays and early closes stand as data for 2020 to 2030; outside these years the weekly hours
// alone apply, and calendar_covers() says so. New York keeps daylight time from the second Sunday
// of March, 02:00, to the first Sunday of November, 02:00 (since 2007).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/instrument.hpp"
#include "core/units.hpp"

namespace contagiond::core {

enum class Session : std::uint8_t { closed, pre, regular, post };
std::string_view to_string(Session session);

/// The market's name as a calendar: XNYS, CMES, 24/7.
std::string_view calendar_name(Market market);

/// A stretch of time in which the session does not change: [begin, end).
struct SessionSpan {
    Session session = Session::closed;
    TimeNs begin = 0;
    TimeNs end = 0;
};

/// The stretch `t` lies in. A market that never closes is regular from the beginning to the end of
/// time. Pure, O(1) but for at most two weeks of closed days that are stepped over.
SessionSpan session_span(Market market, TimeNs t);

/// Whether anything can print.
inline bool is_open(Market market, TimeNs t) {
    return session_span(market, t).session != Session::closed;
}

/// How much of (from, to] the market was open: what a price's age is counted in. O(days in
/// between).
DurationNs open_time(Market market, TimeNs from, TimeNs to);

/// Whether holidays are known at `t`.
bool calendar_covers(TimeNs t);

/// A moment as clocks in New York show it.
struct NewYorkTime {
    int year = 1970;
    int month = 1;          ///< 1-12
    int day = 1;            ///< 1-31
    int weekday = 4;        ///< 0 is Sunday
    DurationNs of_day = 0;  ///< since local midnight by the clock's face
    DurationNs offset = 0;  ///< local minus UTC: -5 h, or -4 h in summer
};
NewYorkTime new_york_time(TimeNs t);

}  // namespace contagiond::core
