#include "daemon/evaluate_paths.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::daemon {
namespace {

constexpr double ns_per_hour = static_cast<double>(core::ns_per_hour);

core::Attribution right_attribution(core::Rule rule) {
    switch (rule) {
        case core::Rule::tech_to_crypto:
            return core::Attribution::tech;
        case core::Rule::crypto_to_tech:
            return core::Attribution::crypto;
        case core::Rule::common_macro:
            return core::Attribution::macro;
    }
    return core::Attribution::undecided;
}

bool is_alert(const Claim& claim) {
    return claim.severity >= core::Severity::warning;
}

/// When the episode first was a tech to crypto alert.
const Claim* spillover_claim(const LoggedEpisode& episode) {
    const auto found = std::find_if(
        episode.claims.begin(), episode.claims.end(),
        [](const Claim& c) { return is_alert(c) && c.rule == core::Rule::tech_to_crypto; });
    return found == episode.claims.end() ? nullptr : &*found;
}

bool is_critical(const LoggedEpisode& episode) {
    return std::any_of(episode.claims.begin(), episode.claims.end(), [](const Claim& c) {
        return c.severity == core::Severity::critical && c.rule == core::Rule::tech_to_crypto;
    });
}

void note_first_alert(PathScore& score, std::span<const LoggedEpisode> episodes) {
    if (!score.truth.direction) return;
    const Claim* first = nullptr;
    for (const LoggedEpisode& episode : episodes)
        for (const Claim& claim : episode.claims)
            if (is_alert(claim) && claim.ts >= score.truth.onset &&
                (first == nullptr || claim.ts < first->ts))
                first = &claim;
    if (first == nullptr) return;
    score.first_rule = first->rule;
    score.first_attribution = first->attribution;
}

void add(ScenarioScore& sum, const PathScore& p) {
    ++sum.paths;
    sum.hours += p.hours;
    sum.episodes += p.episodes;
    sum.early += p.early;
    sum.expect_alert = sum.expect_alert || p.truth.expect_alert;
    sum.has_direction = sum.has_direction || p.truth.direction.has_value();
    if (p.truth.expect_alert) {
        ++sum.events;
        if (p.delay_s) {
            ++sum.hits;
            sum.delays_s.push_back(*p.delay_s);
        }
        if (p.truth.is_strong) {
            ++sum.strong_events;
            if (p.delay_s) ++sum.strong_hits;
        }
    } else {
        ++sum.null_paths;
        sum.null_hours += p.hours;
        sum.false_alarms += p.false_alarms;
        if (p.false_alarms > 0) ++sum.false_paths;
        if (p.false_critical > 0) ++sum.critical_paths;
    }
    if (p.first_rule) {
        ++sum.direction_n;
        if (*p.first_rule == *p.truth.direction) ++sum.direction_right;
        if (*p.first_attribution == right_attribution(*p.truth.direction)) ++sum.attribution_right;
    }
}

}  // namespace

PathScore score_path(const PathTruth& truth, std::span<const LoggedEpisode> episodes) {
    PathScore score;
    score.truth = truth;
    const core::TimeNs counted_from = truth.start + path_warmup;
    score.hours = std::max(0.0, static_cast<double>(truth.end - counted_from) / ns_per_hour);
    for (const LoggedEpisode& episode : episodes) {
        if (is_alert(episode.opening()) && episode.opening().ts >= counted_from) ++score.episodes;
        const Claim* claim = spillover_claim(episode);
        if (claim == nullptr || claim->ts < counted_from) continue;
        if (!truth.expect_alert) {
            ++score.false_alarms;
            if (is_critical(episode)) ++score.false_critical;
        } else if (claim->ts < truth.onset) {
            ++score.early;
        } else {
            const double delay = core::to_seconds(claim->ts - truth.onset);
            score.delay_s = std::min(delay, score.delay_s.value_or(delay));
        }
    }
    note_first_alert(score, episodes);
    return score;
}

std::vector<ScenarioScore> by_scenario(std::span<const PathScore> paths) {
    std::vector<ScenarioScore> scores;
    for (const PathScore& p : paths) {
        auto found = std::find_if(scores.begin(), scores.end(), [&](const ScenarioScore& s) {
            return s.scenario == p.truth.scenario;
        });
        if (found == scores.end()) {
            found = scores.insert(found, ScenarioScore{});
            found->scenario = p.truth.scenario;
        }
        add(*found, p);
    }
    for (ScenarioScore& s : scores) std::sort(s.delays_s.begin(), s.delays_s.end());
    return scores;
}

ScenarioScore all_scenarios(std::span<const PathScore> paths) {
    ScenarioScore sum;
    sum.scenario = "all";
    for (const PathScore& p : paths) add(sum, p);
    std::sort(sum.delays_s.begin(), sum.delays_s.end());
    return sum;
}

std::optional<double> median_of(std::span<const double> sorted) {
    if (sorted.empty()) return std::nullopt;
    const std::size_t middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

std::optional<double> nearest_rank(std::span<const double> sorted, double share) {
    if (sorted.empty()) return std::nullopt;
    const double rank = std::ceil(share * static_cast<double>(sorted.size()));
    return sorted[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

}  // namespace contagiond::daemon
