// DashboardSessions: the part of the dashboard's state that tells which markets are open, and until
// when.
//
// Section of the state, one row a calendar that the instruments keep:
//
//   {"sessions":[{"calendar":"XNYS|CMES|24/7",
//                 "state":"pre|regular|post|closed|always",
//                 "since":time,"until":time,    of this session; both null where it is always open
//                 "holidays_known",             false outside the years the calendar has them for:
//                                               then weekly hours alone are told
//                 "symbols":["NVDA",...]}]}
//
// Sessions go by the daemon's clock, which a demo sets, and not by what the engine last saw: a
// market opens although nothing prints. Without a clock `state` is null.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "core/engine.hpp"

namespace contagiond::sinks {

/// One thread at a time. Never blocks.
class DashboardSessions {
  public:
    using Json = nlohmann::ordered_json;

    explicit DashboardSessions(const core::Universe& universe);

    /// The clock says `now`; whether any row is another than before. Cheap while no session ends.
    bool advance(core::TimeNs now);
    const Json& rows() const { return rows_; }

  private:
    struct Shown {
        core::Market market;
        core::TimeNs begin = 0,
                     end = 0;  ///< what the row says holds in [begin, end); empty at first
    };
    std::vector<Shown> shown_;  ///< by row
    Json rows_ = Json::array();
};

}  // namespace contagiond::sinks
