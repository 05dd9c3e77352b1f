#include "daemon/calendar_warning.hpp"

#include <fmt/format.h>

#include <set>

#include "core/calendar.hpp"

namespace contagiond::daemon {

bool knows_holidays(core::Market market, core::TimeNs t) {
    return market == core::Market::always || core::calendar_covers(t);
}

std::string calendar_warning(const core::Universe& universe, core::TimeNs now) {
    std::set<core::Market> unknown;
    for (const core::Instrument& instrument : universe.instruments) {
        if (!knows_holidays(instrument.market, now)) unknown.insert(instrument.market);
    }
    if (unknown.empty()) return {};
    std::string names;
    for (const core::Market market : unknown) {
        names += (names.empty() ? "" : " and ") + std::string(core::calendar_name(market));
    }
    return fmt::format(
        "this version knows no holidays of {}: {} count as open on them, and their prices as "
        "stale; check the machine's date, or install a newer version",
        core::new_york_time(now).year, names);
}

}  // namespace contagiond::daemon
