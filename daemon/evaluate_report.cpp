#include "daemon/evaluate_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/confidence.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::json;

constexpr double seconds_per_minute = 60;
constexpr double days_per_period = 30;

std::string number(std::optional<double> value, int digits) {
    return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

/// "0.95 (0.89-0.98) of 60"
std::string share_text(std::uint64_t k, std::uint64_t n) {
    const auto interval = wilson_interval(k, n);
    if (!interval) return "-";
    return fmt::format("{:.2f} ({:.2f}-{:.2f}) of {}",
                       static_cast<double>(k) / static_cast<double>(n), interval->low,
                       interval->high, n);
}

std::string rate_text(std::uint64_t k, double exposure) {
    const auto interval = poisson_interval(k, exposure);
    if (!interval) return "-";
    return fmt::format("{:.2f} ({:.2f}-{:.2f})", static_cast<double>(k) / exposure, interval->low,
                       interval->high);
}

Json share_json(std::uint64_t k, std::uint64_t n) {
    const auto interval = wilson_interval(k, n);
    Json json = {{"count", k}, {"of", n}, {"value", nullptr}, {"low", nullptr}, {"high", nullptr}};
    if (!interval) return json;
    json["value"] = static_cast<double>(k) / static_cast<double>(n);
    json["low"] = interval->low;
    json["high"] = interval->high;
    return json;
}

Json rate_json(std::uint64_t k, double exposure) {
    const auto interval = poisson_interval(k, exposure);
    Json json = {{"count", k},
                 {"exposure", exposure},
                 {"value", nullptr},
                 {"low", nullptr},
                 {"high", nullptr}};
    if (!interval) return json;
    json["value"] = static_cast<double>(k) / exposure;
    json["low"] = interval->low;
    json["high"] = interval->high;
    return json;
}

Json maybe_json(std::optional<double> value) {
    return value ? Json(*value) : Json(nullptr);
}

std::optional<double> in_minutes(std::optional<double> seconds) {
    if (!seconds) return std::nullopt;
    return *seconds / seconds_per_minute;
}

double months(double hours) {
    return hours / hours_per_month;
}

/// The other scorer of these labels rounds so; equal figures shall look equal.
Json rounded(std::optional<double> value, double unit) {
    return value ? Json(std::nearbyint(*value / unit) * unit) : Json(nullptr);
}

Json ratio(double a, double b) {
    return b == 0 ? Json(nullptr) : rounded(a / b, 1e-4);
}

double count(std::uint64_t n) {
    return static_cast<double>(n);
}

std::string stamp(core::TimeNs t) {
    return sinks::rfc3339(t).substr(0, 19) + "Z";
}

}  // namespace

// ---------------------------------------------------------------------- paths

std::string paths_table(std::span<const ScenarioScore> scenarios, const ScenarioScore& all) {
    std::vector<ScenarioScore> rows(scenarios.begin(), scenarios.end());
    if (rows.size() > 1) rows.push_back(all);
    const auto any = [&](auto wanted) { return std::any_of(rows.begin(), rows.end(), wanted); };
    std::string out;
    const auto has_events = [](const ScenarioScore& s) { return s.events > 0; };
    if (any(has_events)) {
        out += fmt::format(
            "where a tech to crypto alert is right\n  {:<20} {:<24} {:<24} {:>12} "
            "{:>8} {:>6} {:>20}\n",
            "scenario", "recall (95 %)", "strong events (95 %)", "delay median", "90 %", "early",
            "episodes a month");
        for (const ScenarioScore& s : rows)
            if (has_events(s))
                out += fmt::format("  {:<20} {:<24} {:<24} {:>8} min {:>8} {:>6} {:>20}\n",
                                   s.scenario, share_text(s.hits, s.events),
                                   share_text(s.strong_hits, s.strong_events),
                                   number(in_minutes(median_of(s.delays_s)), 1),
                                   number(in_minutes(nearest_rank(s.delays_s, 0.9)), 1), s.early,
                                   rate_text(s.episodes, months(s.hours)));
    }
    const auto has_nulls = [](const ScenarioScore& s) { return s.null_paths > 0; };
    if (any(has_nulls)) {
        out += fmt::format("{}where none is\n  {:<20} {:>6} {:>7} {:>6} {:>22} {:>26} {:>26}\n",
                           out.empty() ? "" : "\n", "scenario", "paths", "months", "false",
                           "a month (95 %)", "paths with one (95 %)", "with a critical one");
        for (const ScenarioScore& s : rows)
            if (has_nulls(s))
                out += fmt::format("  {:<20} {:>6} {:>7.2f} {:>6} {:>22} {:>26} {:>26}\n",
                                   s.scenario, s.null_paths, months(s.null_hours), s.false_alarms,
                                   rate_text(s.false_alarms, months(s.null_hours)),
                                   share_text(s.false_paths, s.null_paths),
                                   share_text(s.critical_paths, s.null_paths));
    }
    const auto has_direction = [](const ScenarioScore& s) { return s.has_direction; };
    if (any(has_direction)) {
        out += fmt::format("\nclass of the first alert after the onset\n  {:<20} {:<26} {:<26}\n",
                           "scenario", "direction right (95 %)", "attribution right (95 %)");
        for (const ScenarioScore& s : rows)
            if (has_direction(s))
                out += fmt::format("  {:<20} {:<26} {:<26}\n", s.scenario,
                                   share_text(s.direction_right, s.direction_n),
                                   share_text(s.attribution_right, s.direction_n));
    }
    return out;
}

nlohmann::json paths_json(std::span<const ScenarioScore> scenarios, const ScenarioScore& all) {
    const auto one = [](const ScenarioScore& s) {
        Json json;
        json["scenario"] = s.scenario;
        json["paths"] = s.paths;
        json["recall"] = share_json(s.hits, s.events);
        json["strong_recall"] = share_json(s.strong_hits, s.strong_events);
        json["delay_min_median"] = maybe_json(in_minutes(median_of(s.delays_s)));
        json["delay_min_p90"] = maybe_json(in_minutes(nearest_rank(s.delays_s, 0.9)));
        json["early"] = s.early;
        json["false_alarms_per_month"] = rate_json(s.false_alarms, months(s.null_hours));
        json["false_paths"] = share_json(s.false_paths, s.null_paths);
        json["critical_paths"] = share_json(s.critical_paths, s.null_paths);
        json["episodes_per_month"] = rate_json(s.episodes, months(s.hours));
        json["direction"] = share_json(s.direction_right, s.direction_n);
        json["attribution"] = share_json(s.attribution_right, s.direction_n);
        return json;
    };
    Json json;
    json["scenarios"] = Json::array();
    for (const ScenarioScore& s : scenarios) json["scenarios"].push_back(one(s));
    json["all"] = one(all);
    return json;
}

// ---------------------------------------------------------------------- recorded days

std::string events_table(const EventScore& s) {
    std::string out;
    const auto line = [&](std::string_view name, const std::string& value) {
        out += fmt::format("{:<28} {}\n", name, value);
    };
    const double periods = s.negative_days / days_per_period;
    line("recall (95 %)", share_text(s.hits, s.spillovers));
    line("  of major ones", share_text(s.major_hits, s.major));
    line("  with those open before",
         number(s.spillovers == 0
                    ? std::nullopt
                    : std::optional(count(s.hits + s.open_from_before) / count(s.spillovers)),
                2));
    line("delay, min", fmt::format("median {}, 90 % {}", number(median_of(s.delays_min), 1),
                                   number(nearest_rank(s.delays_min, 0.9), 1)));
    line("false alarms per 30 days",
         fmt::format("{}   {} in {:.1f} days, {} clusters", rate_text(s.false_alarms, periods),
                     s.false_alarms, s.negative_days, s.clusters));
    for (std::size_t i = 0; i < event_label_names.size(); ++i) {
        const auto label = static_cast<EventLabel>(i);
        if (label == EventLabel::spillover || label == EventLabel::mixed) continue;
        const LabelCount& c = s.by_label[i];
        line(fmt::format("  {}", event_label_names[i]),
             fmt::format("{}   {} in {:.1f} days",
                         rate_text(c.false_alarms, c.days / days_per_period), c.false_alarms,
                         c.days));
    }
    line("direction right (95 %)", share_text(s.direction_right, s.direction_n));
    line("episodes per 30 days", fmt::format("{}   {} in {:.1f} days",
                                             rate_text(s.episodes, s.listed_days / days_per_period),
                                             s.episodes, s.listed_days));
    std::string verdicts;
    for (std::size_t i = 0; i < verdict_count; ++i)
        verdicts += fmt::format("{}{} {}", i == 0 ? "" : ", ", verdict_names[i], s.verdicts[i]);
    line("  of these", verdicts);
    return out;
}

nlohmann::json events_json(const EventScore& s) {
    Json json;
    json["spillover_events"] = s.spillovers;
    json["hits"] = s.hits;
    json["recall"] = ratio(count(s.hits), count(s.spillovers));
    json["major_events"] = s.major;
    json["major_hits"] = s.major_hits;
    json["major_recall"] = ratio(count(s.major_hits), count(s.major));
    json["open_from_before"] = s.open_from_before;
    json["recall_with_open"] = ratio(count(s.hits + s.open_from_before), count(s.spillovers));
    json["delay_min_median"] = rounded(median_of(s.delays_min), 0.1);
    json["delay_min_p90"] = rounded(nearest_rank(s.delays_min, 0.9), 0.1);
    for (std::size_t i = 0; i < verdict_count; ++i)
        json["episodes"][std::string(verdict_names[i])] = s.verdicts[i];
    json["episodes"]["all"] = s.episodes;
    json["listed_days"] = rounded(s.listed_days, 0.01);
    json["episodes_per_30_days"] = ratio(count(s.episodes) * days_per_period, s.listed_days);
    json["false_alarms"] = s.false_alarms;
    json["false_alarm_clusters"] = s.clusters;
    json["negative_days"] = rounded(s.negative_days, 0.01);
    json["false_alarms_per_30_days"] =
        ratio(count(s.false_alarms) * days_per_period, s.negative_days);
    json["clusters_per_30_days"] = ratio(count(s.clusters) * days_per_period, s.negative_days);
    for (std::size_t i = 0; i < event_label_names.size(); ++i) {
        const auto label = static_cast<EventLabel>(i);
        if (label == EventLabel::spillover || label == EventLabel::mixed) continue;
        const LabelCount& c = s.by_label[i];
        json["by_label"][std::string(event_label_names[i])] = {
            {"days", rounded(c.days, 0.01)},
            {"false_alarms", c.false_alarms},
            {"per_30_days", ratio(count(c.false_alarms) * days_per_period, c.days)}};
    }
    json["direction_accuracy"] = ratio(count(s.direction_right), count(s.direction_n));
    json["direction_n"] = s.direction_n;
    json["intervals"] = {
        {"recall", share_json(s.hits, s.spillovers)},
        {"major_recall", share_json(s.major_hits, s.major)},
        {"direction_accuracy", share_json(s.direction_right, s.direction_n)},
        {"false_alarms_per_30_days", rate_json(s.false_alarms, s.negative_days / days_per_period)},
        {"episodes_per_30_days", rate_json(s.episodes, s.listed_days / days_per_period)}};
    json["events"] = Json::array();
    for (const EventOutcome& e : s.events) {
        std::optional<double> delay;
        if (e.detected) delay = core::to_seconds(*e.detected - e.onset) / seconds_per_minute;
        json["events"].push_back(
            {{"id", e.id},
             {"onset", stamp(e.onset)},
             {"hit", e.detected.has_value()},
             {"detected_at", e.detected ? Json(stamp(*e.detected)) : Json(nullptr)},
             {"delay_min", rounded(delay, 0.1)},
             {"major", e.is_major},
             {"open_from_before", e.open_from_before}});
    }
    json["placed"] = Json::array();
    for (const PlacedEpisode& p : s.placed)
        json["placed"].push_back({{"id", p.id},
                                  {"detected_at", stamp(p.ts)},
                                  {"target", p.target.empty() ? Json(nullptr) : Json(p.target)},
                                  {"severity", core::to_string(p.severity)},
                                  {"verdict", verdict_names[static_cast<std::size_t>(p.verdict)]},
                                  {"event", p.event.empty() ? Json(nullptr) : Json(p.event)}});
    return json;
}

// ---------------------------------------------------------------------- sweep

std::optional<double> SweepPoint::recall() const {
    if (events == 0) return std::nullopt;
    return count(hits) / count(events);
}

std::optional<double> SweepPoint::false_rate() const {
    if (!(exposure > 0)) return std::nullopt;
    return count(false_alarms) / exposure;
}

SweepPoint sweep_point(std::string value, const ScenarioScore& all) {
    SweepPoint point;
    point.value = std::move(value);
    point.hits = all.hits;
    point.events = all.events;
    point.strong_hits = all.strong_hits;
    point.strong_events = all.strong_events;
    point.false_alarms = all.false_alarms;
    point.exposure = months(all.null_hours);
    point.delay_median_min = in_minutes(median_of(all.delays_s));
    point.delay_90_min = in_minutes(nearest_rank(all.delays_s, 0.9));
    point.episodes = all.episodes;
    point.episode_exposure = months(all.hours);
    return point;
}

SweepPoint sweep_point(std::string value, const EventScore& score) {
    SweepPoint point;
    point.value = std::move(value);
    point.hits = score.hits;
    point.events = score.spillovers;
    point.strong_hits = score.major_hits;
    point.strong_events = score.major;
    point.false_alarms = score.false_alarms;
    point.exposure = score.negative_days / days_per_period;
    point.delay_median_min = median_of(score.delays_min);
    point.delay_90_min = nearest_rank(score.delays_min, 0.9);
    point.episodes = score.episodes;
    point.episode_exposure = score.listed_days / days_per_period;
    return point;
}

std::string sweep_table(const Sweep& sweep) {
    const bool has_budget = std::any_of(sweep.points.begin(), sweep.points.end(),
                                        [](const SweepPoint& p) { return p.budget.has_value(); });
    const auto budget = [&](const std::string& text) {
        return has_budget ? fmt::format(" {:>7}", text) : "";
    };
    std::string out = fmt::format("{:>14}{} {:>24} {:>24} {:>22} {:>12} {:>8} {:>20}\n", sweep.key,
                                  budget("budget"), "recall (95 %)", sweep.strong + " (95 %)",
                                  "false a " + sweep.period, "delay median", "90 %", "episodes");
    for (const SweepPoint& p : sweep.points)
        out += fmt::format("{:>14}{} {:>24} {:>24} {:>22} {:>8} min {:>8} {:>20}\n", p.value,
                           budget(number(p.budget, 2)), share_text(p.hits, p.events),
                           share_text(p.strong_hits, p.strong_events),
                           rate_text(p.false_alarms, p.exposure), number(p.delay_median_min, 1),
                           number(p.delay_90_min, 1), rate_text(p.episodes, p.episode_exposure));
    return out;
}

nlohmann::json sweep_json(const Sweep& sweep) {
    Json json;
    json["key"] = sweep.key;
    json["period"] = sweep.period;
    json["points"] = Json::array();
    for (const SweepPoint& p : sweep.points)
        json["points"].push_back(
            {{"value", p.value},
             {"false_alarm_budget", maybe_json(p.budget)},
             {"recall", share_json(p.hits, p.events)},
             {sweep.strong + "_recall", share_json(p.strong_hits, p.strong_events)},
             {"false_alarms", rate_json(p.false_alarms, p.exposure)},
             {"delay_min_median", maybe_json(p.delay_median_min)},
             {"delay_min_p90", maybe_json(p.delay_90_min)},
             {"episodes", rate_json(p.episodes, p.episode_exposure)}});
    return json;
}

}  // namespace contagiond::daemon
