#include "daemon/sinks/dashboard_state.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <variant>

#include "core/symbol.hpp"

namespace contagiond::sinks {
namespace {

using Json = nlohmann::ordered_json;

Json durations(const std::vector<core::DurationNs>& list) {
    Json out = Json::array();
    for (const core::DurationNs d : list) out.push_back(core::to_seconds(d));
    return out;
}

/// Whether an event is evidence: then DashboardEvidence takes it.
struct TakesEvidence {
    template <typename Event>
    auto operator()(DashboardEvidence& evidence, const Event& event) const
        -> decltype(evidence.take(event));
};

/// One line; text that is not UTF-8 (configuration may hold anything) is mended, not thrown at.
std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json taint_names(core::TaintCauses causes) {
    Json names = Json::array();
    for (std::size_t c = 0; c < core::taint_cause_count; ++c)
        if (const auto cause = static_cast<core::TaintCause>(c); causes & core::taint_bit(cause))
            names.push_back(to_string(cause));
    return names;
}

std::string_view role_of(const core::EngineConfig& engine, core::InstrumentId id) {
    const auto targets = engine.targets;
    if (std::find(targets.begin(), targets.end(), id) != targets.end()) return "target";
    for (const core::SeriesId source : watched_sources(engine))
        if (source == id) return "source";
    for (const core::Control& control : engine.controls)
        if (control.instrument == id) return "control";
    for (const core::InstrumentId placebo : engine.placebos)
        if (placebo == id) return "placebo";
    return "other";
}

}  // namespace

double group_log_return(const core::Group& group, const std::vector<double>& log_returns) {
    double sum = 0, weight = 0;
    for (const core::Member& member : group.members) {
        if (member.instrument >= log_returns.size()) continue;
        const double r = log_returns[member.instrument];
        if (std::isnan(r)) continue;
        sum += member.weight * r;
        weight += member.weight;
    }
    return weight > 0 ? sum / weight : std::numeric_limits<double>::quiet_NaN();
}

DashboardState::DashboardState(const DocumentContext& context, const std::string& notice)
    : context_(context), engine_(*context.engine), evidence_(engine_), sessions_(engine_.universe) {
    const core::DetectorConfig& d = engine_.detector;
    const bool has_group = engine_.source_group < engine_.universe.groups.size();
    head_ =
        Json{{"schema", "contagiond.state/1"},
             {"mode", context.mode},
             {"notice", notice},
             {"version", context.version},
             {"instance", context.instance},
             {"now", nullptr},
             {"wall", nullptr},
             {"since", nullptr},
             {"bar_s", core::to_seconds(engine_.bar)},
             {"windows_s", durations(engine_.correlation_windows)},
             {"horizons_s", durations(engine_.selloff_horizons)},
             {"warmup_s", core::to_seconds(engine_.warmup)},
             {"source_group",
              has_group ? Json(engine_.universe.groups[engine_.source_group].name) : Json(nullptr)},
             {"thresholds",
              {{"enter", d.enter_score},
               {"exit", d.exit_score},
               {"elevated", d.elevated_score},
               {"elevated_exit", d.elevated_exit_score},
               {"critical", d.critical_score},
               {"confirm_s", core::to_seconds(d.confirm)}}}};
    desk_ = Json{{"silences", Json::array()},
                 {"silences_active", 0u},
                 {"silenced", Json::array()},
                 {"acknowledged", Json::array()},
                 {"annotations", Json::array()}};
    make_rows();
}

void DashboardState::make_rows() {
    const core::Universe& universe = engine_.universe;
    log_returns_.assign(universe.instruments.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < universe.instruments.size(); ++i) {
        const std::string_view underlying = core::underlying_of(universe.instruments[i].symbol);
        instruments_.rows.push_back({{"symbol", universe.instruments[i].symbol},
                                     {"proxy_of", underlying.empty() ? Json() : Json(underlying)},
                                     {"role", role_of(engine_, static_cast<core::InstrumentId>(i))},
                                     {"venue", nullptr},
                                     {"price", nullptr},
                                     {"return_since_open", nullptr},
                                     {"change_24h", nullptr},
                                     {"return_kind", nullptr},
                                     {"stale", false},
                                     {"taint", Json::array()},
                                     {"feeds_fresh", 0},
                                     {"feeds_agreeing", 0},
                                     {"diverged", Json::array()},
                                     {"ts_price", nullptr},
                                     {"ts", nullptr}});
    }
    for (const core::Group& group : universe.groups) {
        Json members = Json::array();
        for (const core::Member& member : group.members)
            members.push_back(universe.instruments[member.instrument].symbol);
        groups_.rows.push_back({{"name", group.name},
                                {"members", std::move(members)},
                                {"return_since_open", nullptr}});
    }
    for (const core::InstrumentId target : engine_.targets) {
        target_places_.emplace(target, targets_.rows.size());
        targets_.rows.push_back({{"symbol", universe.instruments[target].symbol},
                                 {"regime", to_string(core::Regime::warming)},
                                 {"since", nullptr},
                                 {"score", nullptr},
                                 {"limiting", to_string(core::Condition::none)},
                                 {"warmup", 0.0},
                                 {"suspended", false},
                                 {"direction", to_string(core::Direction::none)}});
    }
    for (const WatchedPair& pair : watched_pairs(engine_)) correlation_row(pair);
    for (const core::SeriesId series : watched_series(engine_))
        for (std::size_t h = 0; h < engine_.selloff_horizons.size(); ++h)
            selloff_row(series, static_cast<std::uint8_t>(h));
    for (const core::Feed& feed : universe.feeds)
        feeds_.rows.push_back(
            {{"name", feed.name}, {"venue", feed.venue}, {"state", "down"}, {"since", nullptr}});
    for (DashboardSection* section : {&correlations_, &selloff_}) section->changed.clear();
}

DashboardState::Json& DashboardState::correlation_row(const WatchedPair& pair) {
    const auto [it, is_new] = correlation_places_.try_emplace(pair, correlations_.rows.size());
    if (is_new)
        correlations_.rows.push_back(
            {{"source", engine_.universe.series_name(pair.source)},
             {"target", engine_.universe.series_name(pair.target)},
             {"window_s", core::to_seconds(engine_.correlation_windows[pair.window])},
             {"value", nullptr},
             {"baseline", nullptr},
             {"standard_error", nullptr},
             {"samples", 0},
             {"tainted", false}});
    return correlations_.edit(it->second);
}

DashboardState::Json& DashboardState::selloff_row(core::SeriesId series, std::uint8_t horizon) {
    const auto [it, is_new] = selloff_places_.try_emplace({series, horizon}, selloff_.rows.size());
    if (is_new)
        selloff_.rows.push_back({{"series", engine_.universe.series_name(series)},
                                 {"horizon_s", core::to_seconds(engine_.selloff_horizons[horizon])},
                                 {"return_ratio", nullptr},
                                 {"drawdown", nullptr},
                                 {"sigma", nullptr},
                                 {"one_way", nullptr},
                                 {"coverage", 0.0},
                                 {"tainted", false}});
    return selloff_.edit(it->second);
}

void DashboardState::take_price(const core::PriceSampled& event) {
    if (event.instrument >= instruments_.rows.size()) return;
    if (since_ == core::no_time) since_ = event.ts;
    log_returns_[event.instrument] = event.return_since_open;
    Json& row = instruments_.edit(event.instrument);
    const auto& feeds = engine_.universe.feeds;
    row["venue"] = event.feed < feeds.size() ? Json(feeds[event.feed].venue) : Json(nullptr);
    row["price"] = price_text(event.price);
    row["return_since_open"] = json_ratio(event.return_since_open);
    row["change_24h"] = json_ratio(event.change_24h);
    row["return_kind"] = to_string(event.return_kind);
    row["stale"] = event.stale;
    row["taint"] = taint_names(event.taint);
    row["feeds_fresh"] = event.feeds_fresh;
    row["feeds_agreeing"] = event.feeds_agreeing;
    row["ts_price"] = json_time(event.ts_price);
    row["ts"] = json_time(event.ts);
}

void DashboardState::take_divergence(const core::PriceDiverged& event) {
    const auto& feeds = engine_.universe.feeds;
    if (event.instrument >= instruments_.rows.size() || event.feed >= feeds.size()) return;
    auto& diverged = diverged_[event.instrument];
    if (event.diverged)
        diverged[event.feed] = event.ratio;
    else
        diverged.erase(event.feed);
    Json list = Json::array();
    for (const auto& [feed, ratio] : diverged)
        list.push_back({{"feed", feeds[feed].name}, {"ratio", json_number(ratio)}});
    instruments_.edit(event.instrument)["diverged"] = std::move(list);
}

void DashboardState::take_selloff(const core::SelloffMeasured& event) {
    if (event.series >= engine_.universe.series_count() ||
        event.horizon >= engine_.selloff_horizons.size())
        return;
    Json& row = selloff_row(event.series, event.horizon);
    row["return_ratio"] = json_ratio(event.log_return);
    row["drawdown"] = json_number(event.drawdown);
    row["sigma"] = json_number(event.loss_sigma);
    row["one_way"] = json_number(event.loss_one_way);
    row["coverage"] = json_number(event.coverage);
    row["tainted"] = event.tainted;
}

void DashboardState::take_correlation(const core::CorrelationMeasured& event) {
    const std::size_t series = engine_.universe.series_count();
    if (event.source >= series || event.target >= series ||
        event.window >= engine_.correlation_windows.size())
        return;
    Json& row = correlation_row({event.source, event.target, event.window});
    row["value"] = json_number(event.value);
    row["baseline"] = json_number(event.baseline);
    row["standard_error"] = json_number(event.standard_error);
    row["samples"] = event.effective_samples;
    row["tainted"] = event.tainted;
}

void DashboardState::take_target(const core::TargetAssessed& event) {
    const auto place = target_places_.find(event.target);
    if (place == target_places_.end()) return;
    Json& row = targets_.edit(place->second);
    row["regime"] = to_string(event.regime);
    row["since"] = json_time(event.regime_since);
    row["score"] = json_number(event.score);
    row["limiting"] = to_string(event.limiting);
    row["warmup"] = json_number(event.warmup);
    row["suspended"] = event.suspended;
    row["direction"] = to_string(event.direction);
}

void DashboardState::take_feed(const core::FeedChanged& event) {
    if (event.feed >= feeds_.rows.size()) return;
    Json& row = feeds_.edit(event.feed);
    row["state"] = event.state == core::FeedState::up ? "up" : "down";
    row["since"] = json_time(event.ts);
}

void DashboardState::take_episode(const core::Episode& e) {
    episodes_changed_ = true;
    if (e.phase == core::EpisodePhase::resolved) {
        if (const auto it = episodes_.find(e.id.view()); it != episodes_.end()) episodes_.erase(it);
        return;
    }
    const core::Universe& universe = engine_.universe;
    Json targets = Json::array();
    for (const core::EpisodeTarget& target : e.targets)
        targets.push_back(universe.instruments[target.instrument].symbol);
    episodes_.insert_or_assign(
        std::string(e.id.view()),
        Json{{"id", e.id.view()},
             {"revision", e.revision},
             {"rule", to_string(e.rule)},
             {"severity", to_string(e.severity)},
             {"started_at", json_time(e.started_at)},
             {"detected_at", json_time(e.detected_at)},
             {"score", json_number(e.score)},
             {"title", title(e, context_)},
             {"summary", summary(e, context_)},
             {"source", e.source_group < universe.groups.size()
                            ? Json(universe.groups[e.source_group].name)
                            : Json(nullptr)},
             {"leader", e.leader ? Json(universe.instruments[*e.leader].symbol) : Json(nullptr)},
             {"leader_confidence", json_number(e.leader_confidence)},
             {"targets", std::move(targets)},
             {"attribution", to_string(e.attribution)},
             {"degraded", e.degraded}});
}

void DashboardState::close_bar() {
    for (std::size_t g = 0; g < groups_.rows.size(); ++g)
        groups_.edit(g)["return_since_open"] =
            json_ratio(group_log_return(engine_.universe.groups[g], log_returns_));
}

void DashboardState::take(const core::Event& event) {
    std::visit(
        [this](const auto& e) {
            using T = std::decay_t<decltype(e)>;
            if constexpr (std::is_same_v<T, core::PriceSampled>)
                take_price(e);
            else if constexpr (std::is_same_v<T, core::PriceDiverged>)
                take_divergence(e);
            else if constexpr (std::is_same_v<T, core::SelloffMeasured>)
                take_selloff(e);
            else if constexpr (std::is_same_v<T, core::CorrelationMeasured>)
                take_correlation(e);
            else if constexpr (std::is_same_v<T, core::TargetAssessed>)
                take_target(e);
            else if constexpr (std::is_same_v<T, core::FeedChanged>)
                take_feed(e);
            else if constexpr (std::is_same_v<T, core::EpisodeChanged>)
                take_episode(*e.episode);
            else if constexpr (std::is_same_v<T, core::BarClosed>)
                close_bar();
            else if constexpr (std::is_invocable_v<TakesEvidence, DashboardEvidence&, const T&>)
                evidence_.take(e);
            now_ = std::max(now_, e.ts);
        },
        event);
    changed_ = true;
}

void DashboardState::take_clock(core::TimeNs now) {
    if (sessions_.advance(now)) sessions_changed_ = changed_ = true;
}

void DashboardState::take_desk(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return;
    for (auto& [name, value] : desk_.items())
        if (const auto it = json.find(name); it != json.end() && it->type() == value.type())
            value = *it;
    desk_changed_ = changed_ = true;
}

DashboardState::Json DashboardState::episode_list() const {
    Json list = Json::array();
    for (const auto& [id, row] : episodes_) list.push_back(row);
    return list;
}

std::string DashboardState::snapshot(core::TimeNs wall) const {
    Json state = head_;
    state["now"] = json_time(now_);
    state["wall"] = json_time(wall);
    state["since"] = json_time(since_);
    state["instruments"] = instruments_.rows;
    state["groups"] = groups_.rows;
    state["targets"] = targets_.rows;
    state["correlations"] = correlations_.rows;
    state["selloff"] = selloff_.rows;
    for (const auto& [name, section] : evidence_.sections())
        state[std::string(name)] = section->rows;
    state["sessions"] = sessions_.rows();
    state["feeds"] = feeds_.rows;
    state["episodes"] = episode_list();
    state.update(desk_);
    return dump(state);
}

std::string DashboardState::take_delta(core::TimeNs wall) {
    Json delta{{"now", json_time(now_)}, {"wall", json_time(wall)}, {"since", json_time(since_)}};
    const auto append = [&](std::string_view name, DashboardSection& section) {
        if (!section.changed.empty()) delta[std::string(name)] = section.take_changed();
    };
    append("instruments", instruments_);
    append("groups", groups_);
    append("targets", targets_);
    append("correlations", correlations_);
    append("selloff", selloff_);
    for (const auto& [name, section] : evidence_.sections()) append(name, *section);
    append("feeds", feeds_);
    if (sessions_changed_) delta["sessions"] = sessions_.rows();
    if (episodes_changed_) delta["episodes"] = episode_list();
    if (desk_changed_) delta.update(desk_);
    episodes_changed_ = desk_changed_ = sessions_changed_ = false;
    changed_ = false;
    return dump(delta);
}

}  // namespace contagiond::sinks
