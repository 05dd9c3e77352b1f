#include "core/episode_story.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace contagiond::core {
namespace {

/// A member leads when it carries this share of the group's fall, and does so surely (leader.hpp).
constexpr double leader_share_min = 0.35;
constexpr std::size_t members_told_max = 16;

struct Carried {
    EpisodeMember member;
    double fall = 0;
};

void tell_leader(const StoryMaterial& m, const std::vector<Carried>& carried, Episode& episode) {
    const auto leader = m.leaders.find(episode.horizon_ns);
    if (!leader || leader->confidence < LeaderWatch::confidence_min) return;
    const InstrumentId instrument =
        m.config.universe.groups[m.config.source_group].members[leader->place].instrument;
    for (const Carried& c : carried) {
        if (c.member.instrument != instrument || c.member.share.value_or(0) < leader_share_min)
            continue;
        episode.leader = instrument;
        episode.leader_confidence = leader->confidence;
    }
}

void tell_source(const StoryMaterial& m, Episode& episode) {
    const Evidence& evidence = m.measurements.evidence();
    const SeriesId source = m.config.universe.group_series(m.config.source_group);
    const LegMeasure leg = evidence.leg(source, m.horizon);
    episode.source_log_return = leg.log_return;
    episode.source_loss_sigma = leg.loss_sigma;
    episode.source_loss_one_way = leg.loss_one_way;
    episode.coverage = evidence.coverage(source);

    std::vector<Carried> carried;
    double fall_all = 0;
    for (const Member& member : m.config.universe.groups[m.config.source_group].members) {
        const Sample& sample = m.samples[member.instrument];
        const LegMeasure own = evidence.leg(member.instrument, m.horizon);
        Carried c;
        c.member = {member.instrument, sample.feed, own.log_return, own.loss_sigma, std::nullopt};
        if (own.log_return && *own.log_return < 0) c.fall = -member.weight * *own.log_return;
        fall_all += c.fall;
        carried.push_back(c);
        if (sample.stale) episode.stale.push_back(member.instrument);
        if (m.has_diverged[member.instrument]) episode.diverged.push_back(member.instrument);
    }
    std::stable_sort(carried.begin(), carried.end(),
                     [](const Carried& a, const Carried& b) { return a.fall > b.fall; });
    for (Carried& c : carried)
        if (c.fall > 0) c.member.share = c.fall / fall_all;
    tell_leader(m, carried, episode);
    for (std::size_t i = 0; i < std::min(carried.size(), members_told_max); ++i)
        episode.members.push_back(carried[i].member);
}

void tell_targets(const StoryMaterial& m, Episode& episode) {
    const Evidence& evidence = m.measurements.evidence();
    // The correlation told is that of the window nearest to the horizon of the fall.
    const std::vector<DurationNs>& windows = m.config.correlation_windows;
    std::size_t window = 0;
    for (std::size_t w = 0; w < windows.size(); ++w)
        if (std::abs(windows[w] - episode.horizon_ns) <
            std::abs(windows[window] - episode.horizon_ns))
            window = w;
    for (std::size_t i = 0; i < m.config.targets.size(); ++i) {
        const InstrumentId id = m.config.targets[i];
        const Sample& sample = m.samples[id];
        if (sample.stale) episode.stale.push_back(id);
        if (m.has_diverged[id]) episode.diverged.push_back(id);
        if (!m.detector.targets()[i].in_episode) continue;
        const LegMeasure leg = evidence.leg(id, m.horizon);
        const CorrelationMeasured rho = evidence.correlation(evidence.group_pair(i), window);
        EpisodeTarget target{};
        target.instrument = id;
        target.feed = sample.feed;
        target.price = sample.price;
        target.log_return = leg.log_return;
        target.loss_sigma = leg.loss_sigma;
        target.loss_one_way = leg.loss_one_way;
        target.score = m.readings[i].score ? m.readings[i].score->value : 0.0;
        target.correlation_window = rho.window;
        target.correlation = rho.value;
        target.correlation_baseline = rho.baseline;
        target.correlation_standard_error = rho.standard_error;
        target.correlation_effective_samples = rho.effective_samples;
        if (m.levels[i]) {
            const LevelReading& levels = m.levels[i]->reading;
            const bool own = m.detector.episode().rule == Rule::crypto_to_tech;
            target.fall = own ? levels.target_below : levels.target_since;
            episode.source_fall = levels.source_fall;
        }
        target.link = m.measurements.measure_link(i);
        target.lead = m.measurements.measure_lead(told_pair(evidence, i, episode.leader));
        episode.targets.push_back(target);
    }
    std::stable_sort(episode.targets.begin(), episode.targets.end(),
                     [](const EpisodeTarget& a, const EpisodeTarget& b) {
                         return a.loss_sigma.value_or(-1e9) > b.loss_sigma.value_or(-1e9);
                     });
}

void tell_value(const StoryMaterial& m, Episode& episode) {
    std::vector<std::optional<double>> returns(m.samples.size());
    for (std::size_t i = 0; i < returns.size(); ++i)
        returns[i] = m.measurements.evidence().leg(static_cast<SeriesId>(i), m.horizon).log_return;
    const Impact gone = m.measurements.impact_of(m.samples, returns);
    episode.value_lost_usd = gone.lost_usd;
    episode.value_lost_share = gone.share;
    episode.value_as_of = time_of(gone.as_of);
}

}  // namespace

std::size_t told_pair(const Evidence& evidence, std::size_t target,
                      std::optional<InstrumentId> leader) {
    const std::size_t sources = evidence.sources().size();
    for (std::size_t i = 0; leader && i + 1 < sources; ++i)
        if (evidence.sources()[i] == *leader) return target * sources + i;
    return evidence.group_pair(target);
}

Episode tell_episode(const StoryMaterial& m, TimeNs ts) {
    const EpisodeState& state = m.detector.episode();
    Episode episode;
    episode.revision = state.revision;
    episode.rule = state.rule;
    episode.severity = state.severity;
    episode.ts = ts;
    episode.detected_at = state.detected_at;
    episode.ended_at = state.ended_at;
    episode.horizon_ns = m.config.selloff_horizons[m.horizon];
    episode.source_group = m.config.source_group;
    episode.attribution = state.attribution;
    episode.score = state.score;
    episode.score_peak = state.score_peak;
    episode.degraded = state.degraded;
    for (std::size_t i = 0; i < m.config.controls.size(); ++i)
        episode.controls.push_back({m.config.controls[i].instrument,
                                    m.measurements.evidence().control_loss_sigma(i, m.horizon)});
    for (const InstrumentId placebo : m.config.placebos)
        episode.placebos.push_back(
            {placebo, m.measurements.evidence().leg(placebo, m.horizon).loss_sigma});
    tell_source(m, episode);
    tell_targets(m, episode);
    for (std::size_t i = 0; i < m.config.targets.size(); ++i)
        if (!episode.targets.empty() && episode.targets[0].instrument == m.config.targets[i])
            episode.direction_balance = m.readings[i].balance;
    tell_value(m, episode);
    return episode;
}

}  // namespace contagiond::core
