#include "daemon/sinks/dashboard_sessions.hpp"

#include <algorithm>

#include "core/calendar.hpp"
#include "daemon/sinks/dashboard_rows.hpp"

namespace contagiond::sinks {

DashboardSessions::DashboardSessions(const core::Universe& universe) {
    for (const core::Instrument& instrument : universe.instruments) {
        auto it = std::find_if(shown_.begin(), shown_.end(), [&](const Shown& shown) {
            return shown.market == instrument.market;
        });
        if (it == shown_.end()) {
            it = shown_.insert(shown_.end(), {instrument.market});
            rows_.push_back({{"calendar", core::calendar_name(instrument.market)},
                             {"state", nullptr},
                             {"since", nullptr},
                             {"until", nullptr},
                             {"holidays_known", true},
                             {"symbols", Json::array()}});
        }
        rows_[static_cast<std::size_t>(it - shown_.begin())]["symbols"].push_back(
            instrument.symbol);
    }
}

bool DashboardSessions::advance(core::TimeNs now) {
    bool changed = false;
    for (std::size_t i = 0; i < shown_.size(); ++i) {
        Shown& shown = shown_[i];
        if (now >= shown.begin && now < shown.end) continue;
        const core::SessionSpan span = core::session_span(shown.market, now);
        shown.begin = span.begin;
        shown.end = span.end;
        Json& row = rows_[i];
        const bool always = shown.market == core::Market::always;
        row["state"] = always ? "always" : to_string(span.session);
        row["since"] = always ? Json(nullptr) : json_time(span.begin);
        row["until"] = always ? Json(nullptr) : json_time(span.end);
        row["holidays_known"] = always || core::calendar_covers(now);
        changed = true;
    }
    return changed;
}

}  // namespace contagiond::sinks
