// DashboardState: the latest of everything, as the JSON the page and the API read, and what of it
// changed.
//
// State, the `data` of /api/v1/state and of the stream's `snapshot`:
//
//   {"schema":"contagiond.state/1","mode":"demo","notice":"...","version":"...","instance":"...",
//    "now":time,              engine time: the latest bar or event; null before the first. It
//                             stands still where the engine does
//    "wall":time,             the machine's wall clock when this was written; in a demo "now" is
//                             the time of the script and this is real. It always moves on
//    "since":time,            first price of this run: the "open" of return_since_open
//    "bar_s":10,"windows_s":[300,...],"horizons_s":[300,...],"warmup_s":1800,
//    "source_group":"us_tech",
//    "thresholds":{"enter":0.8,"exit":0.6,"elevated":0.55,"elevated_exit":0.45,"critical":0.95,
//                  "confirm_s":60},
//    "instruments":[{"symbol","proxy_of":"NVDA",   what it stands for around the clock, or null
//                    "role":"source|target|control|placebo|other","venue","price":"118.42",
//                    "return_since_open":-0.031,"change_24h":-0.042,
//                    "return_kind":"bar|catch_up|gap","stale":false,
//                    "taint":[text],          why its data were doubtful within the longest window:
//                                             gap, stale, divergence, clock
//                    "feeds_fresh":2,"feeds_agreeing":2,
//                    "diverged":[{"feed":"binance","ratio":0.012}],   off what the others say
//                    "ts_price":time,         of the newest print behind the price
//                    "ts":time}],             end of the bar
//    "groups":[{"name","members":["NVDA",...],"return_since_open"}],
//    "targets":[{"symbol","regime":"warming|calm|elevated|contagion|over","since":time,"score",
//                "limiting","warmup":0.4,"suspended":false,
//                "direction":"none|tech_to_crypto|crypto_to_tech|common_macro|decoupled"}],
//    "correlations":[{"source","target","window_s","value","baseline","standard_error","samples",
//                     "tainted"}],
//    "selloff":[{"series","horizon_s","return_ratio","drawdown","sigma","one_way","coverage",
//                "tainted"}],
//    ... what dashboard_evidence.hpp tells of: "tick_correlations", "leads", "links", "series",
//    "impact" ...
//    "sessions":[...],        which markets are open, see dashboard_sessions.hpp
//    "feeds":[{"name","venue","state":"up|down","since":time}],
//    "episodes":[{"id","revision","rule","severity","started_at","detected_at","score","title",
//                 "summary","source","leader","leader_confidence","targets":["BTC-USD"],"attribution",
//                 "degraded"}],
//    "silences":[...],"silences_active":0,"silenced":[...],"acknowledged":[...],
//    "annotations":[...]}     what people at the desk said: whole lists, as they are handed in
//
// Times are RFC 3339 UTC; what is unknown is null. Every row is there from the start, in the order
// of configuration, and keeps its place.
//
// Delta, the stream's `delta`: {"now":time,"wall":time,"since":time} and, for each list that
// changed, the changed rows whole by their place: "instruments":{"3":{...}}; a place one behind the
// last row appends. "sessions", "episodes" and what the desk said come as whole lists. A delta
// taken twice changes nothing.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event.hpp"
#include "daemon/sinks/dashboard_evidence.hpp"
#include "daemon/sinks/dashboard_rows.hpp"
#include "daemon/sinks/dashboard_sessions.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/watched.hpp"

namespace contagiond::sinks {

/// One thread at a time. Never blocks.
class DashboardState {
  public:
    /// What `context.engine` points at must outlive this object.
    DashboardState(const DocumentContext& context, const std::string& notice);

    void take(const core::Event& event);
    /// What the daemon's clock says: for sessions.
    void take_clock(core::TimeNs now);
    /// The text of an object of lists: they take the place of those of these names. What is no
    /// object, and a name that is not the desk's, is left out.
    void take_desk(std::string_view json);

    /// Whether anything changed since the last take_delta.
    bool changed() const { return changed_; }
    /// `wall`: the wall clock now; no_time: not known.
    std::string snapshot(core::TimeNs wall) const;
    std::string take_delta(core::TimeNs wall);

  private:
    using Json = nlohmann::ordered_json;

    void make_rows();
    Json& correlation_row(const WatchedPair& pair);
    Json& selloff_row(core::SeriesId series, std::uint8_t horizon);
    void take_price(const core::PriceSampled& event);
    void take_divergence(const core::PriceDiverged& event);
    void take_selloff(const core::SelloffMeasured& event);
    void take_correlation(const core::CorrelationMeasured& event);
    void take_target(const core::TargetAssessed& event);
    void take_feed(const core::FeedChanged& event);
    void take_episode(const core::Episode& episode);
    void close_bar();
    Json episode_list() const;

    const DocumentContext context_;
    const core::EngineConfig& engine_;
    Json head_;  ///< what never changes
    core::TimeNs now_ = core::no_time;
    core::TimeNs since_ = core::no_time;
    bool changed_ = false;
    bool episodes_changed_ = false;
    bool desk_changed_ = false;
    bool sessions_changed_ = false;
    Json desk_;  ///< what people said, by the names above

    DashboardSection instruments_, groups_, targets_, correlations_, selloff_, feeds_;
    std::map<WatchedPair, std::size_t> correlation_places_;
    std::map<std::pair<core::SeriesId, std::uint8_t>, std::size_t> selloff_places_;
    std::map<core::InstrumentId, std::size_t> target_places_;
    std::map<core::InstrumentId, std::map<core::FeedId, std::optional<double>>> diverged_;
    DashboardEvidence evidence_;
    DashboardSessions sessions_;
    std::vector<double>
        log_returns_;  ///< of instruments since the open; NaN before the first price
    std::map<std::string, Json, std::less<>> episodes_;  ///< open ones by id, which sorts by time
};

/// Log return of a group since the open: the weighted mean of the members that have a price, as the
/// engine weighs them; NaN where none has. `log_returns` is by instrument, NaN where unknown. Pure.
double group_log_return(const core::Group& group, const std::vector<double>& log_returns);

}  // namespace contagiond::sinks
