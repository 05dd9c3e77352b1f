#include "core/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/detector.hpp"
#include "core/episode_id.hpp"
#include "core/evidence.hpp"
#include "core/sampler.hpp"

namespace contagiond::core {
namespace {

/// Below this alive weight the source says nothing.
constexpr double source_coverage_min = 0.25;
/// Rows closed at most after a pause: beyond it the grid starts afresh, for all windows are empty
/// anyway.
constexpr DurationNs pause_max = 3 * ns_per_day;
/// A member leads when it carries this share of the group's fall, and this multiple of the next
/// one's.
constexpr double leader_share_min = 0.35;
constexpr double leader_margin = 1.5;
constexpr std::size_t members_told_max = 16;

/// Nothing can be said of a target whose market is closed or whose price is old.
bool unjudgeable(const Sample& sample) {
    return !sample.open || sample.stale || !sample.has_price;
}

}  // namespace

struct Engine::State {
    explicit State(EngineConfig c)
        : config(std::move(c)),
          sampler(config.universe, config.bar),
          evidence(config),
          detector(config.detector, config.targets.size()),
          samples(config.universe.instruments.size()),
          readings(config.targets.size()),
          warm_rows(config.targets.size(), 0) {}

    const EngineConfig config;
    Sampler sampler;
    Evidence evidence;
    Detector detector;
    std::vector<Sample> samples;
    std::vector<TargetReading> readings;
    std::vector<std::uint64_t> warm_rows;  ///< bars in which source and target printed
    std::vector<Event> events;
    TimeNs now = no_time;
    TimeNs bar_end = no_time;  ///< of the bar that is filling
    std::array<TimeNs, 64> gap_times{};
    std::uint64_t gaps = 0;
    TimeNs started_at = 0;  ///< of the open episode
    EpisodeId episode_id;
    std::uint8_t horizon = 0;  ///< of the strongest reading last told

    void take(const Input& input);
    void take_tick(const Input& input);
    void take_gap(const Input& input);
    void advance(TimeNs ts);
    void close_bar();
    void measure();
    void judge();
    Attribution attribute_shock(std::size_t longest) const;
    std::uint64_t gaps_since(TimeNs ts) const;
    std::shared_ptr<const Episode> describe(EpisodePhase phase);
    void describe_source(Episode& episode) const;
    void describe_targets(Episode& episode) const;
};

void Engine::State::take(const Input& input) {
    advance(input.ts_receive);
    switch (input.kind) {
        case InputKind::trade:
        case InputKind::quote:
            take_tick(input);
            break;
        case InputKind::feed_status:
            if (input.feed >= config.universe.feeds.size()) break;
            sampler.set_feed_state(input.feed, input.feed_status.state);
            events.push_back(FeedChanged{now, input.feed, input.feed_status.state});
            break;
        case InputKind::gap:
            take_gap(input);
            break;
        case InputKind::clock_step:
            evidence.taint(no_id, now);
            break;
        case InputKind::clock:
            break;
    }
}

void Engine::State::take_tick(const Input& input) {
    if (const auto reason = sampler.take(input))
        events.push_back(TickRejected{now, input.instrument, input.feed, *reason});
}

void Engine::State::take_gap(const Input& input) {
    if (input.feed >= config.universe.feeds.size()) return;
    gap_times[gaps++ % gap_times.size()] = now;
    for (const InstrumentId instrument : config.universe.feeds[input.feed].instruments) {
        if (input.instrument != no_id && input.instrument != instrument) continue;
        // A hole in a feed whose price is not used harms nothing.
        if (sampler.current_feed(instrument) == input.feed) evidence.taint(instrument, now);
    }
}

void Engine::State::advance(TimeNs ts) {
    if (now == no_time) {
        now = ts;
        bar_end = (ts / config.bar + 1) * config.bar;
        return;
    }
    if (ts <= now) return;
    // A bar is left-open and right-closed: what is stamped with its very end still belongs to it.
    if (ts - bar_end > pause_max) {
        now = bar_end;
        close_bar();
        bar_end = (ts / config.bar) * config.bar;
    }
    while (ts > bar_end) {
        now = bar_end;
        close_bar();
        bar_end += config.bar;
    }
    now = ts;
}

void Engine::State::close_bar() {
    sampler.close_bar(bar_end, samples);
    evidence.push(bar_end, samples);
    measure();
    judge();
    events.push_back(BarClosed{bar_end});
}

void Engine::State::measure() {
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Sample& sample = samples[i];
        if (!sample.has_price) continue;
        PriceSampled sampled{};
        sampled.ts = bar_end;
        sampled.instrument = static_cast<InstrumentId>(i);
        sampled.feed = sample.feed;
        sampled.ts_price = sample.ts_last;
        sampled.price = sample.price;
        sampled.return_since_open = sample.return_since_open;
        sampled.bar_return = sample.bar_return;
        sampled.stale = sample.stale;
        events.push_back(sampled);
    }
    for (std::size_t i = 0; i < config.universe.series_count(); ++i) {
        const auto series = static_cast<SeriesId>(i);
        for (std::size_t h = 0; h < config.selloff_horizons.size(); ++h) {
            const LegMeasure leg = evidence.leg(series, h);
            events.push_back(SelloffMeasured{
                bar_end, series, static_cast<std::uint8_t>(h), leg.log_return,
                evidence.drawdown(series, h), leg.loss_sigma, leg.loss_one_way,
                evidence.coverage(series), evidence.tainted(series, config.selloff_horizons[h])});
        }
    }
    for (std::size_t pair = 0; pair < evidence.pair_count(); ++pair)
        for (std::size_t w = 0; w < config.correlation_windows.size(); ++w)
            events.push_back(evidence.correlation(pair, w));
}

void Engine::State::judge() {
    const SeriesId source = config.universe.group_series(config.source_group);
    const std::int64_t whole_warmup_rows = std::max<std::int64_t>(1, config.warmup / config.bar);
    const auto warmup_rows = static_cast<double>(whole_warmup_rows);
    Reading reading;
    reading.ts = bar_end;
    reading.suspended = evidence.coverage(source) < source_coverage_min;
    reading.targets = readings;
    const Score* strongest = nullptr;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const InstrumentId target = config.targets[i];
        TargetReading& r = readings[i];
        r = TargetReading{};
        if (!reading.suspended && evidence.printed(source) && evidence.printed(target))
            ++warm_rows[i];
        r.warmup = std::min(1.0, static_cast<double>(warm_rows[i]) / warmup_rows);
        if (reading.suspended || unjudgeable(samples[target])) continue;
        for (std::size_t h = 0; h < config.selloff_horizons.size(); ++h) {
            const auto score = score_pair(config.detector, evidence.leg(source, h),
                                          evidence.leg(target, h), static_cast<std::uint8_t>(h));
            if (score && (!r.score || score->value > r.score->value)) r.score = score;
        }
        if (!r.score) continue;
        const DurationNs window = config.selloff_horizons[r.score->horizon];
        r.tainted = evidence.tainted(source, window) || evidence.tainted(target, window);
        if (!strongest || r.score->value > strongest->value) strongest = &*r.score;
    }
    if (strongest) reading.attribution = attribute_shock(strongest->horizon);

    const Verdict verdict = detector.step(reading);
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const TargetState& state = detector.targets()[i];
        const auto& score = readings[i].score;
        events.push_back(
            TargetAssessed{bar_end, config.targets[i], state.regime, state.since,
                           score ? std::optional<double>(score->value) : std::nullopt,
                           score ? score->limiting : Condition::none, readings[i].warmup,
                           reading.suspended || unjudgeable(samples[config.targets[i]])});
    }
    if (verdict.suppressed)
        events.push_back(
            AlertSuppressed{bar_end, verdict.suppressed->rule, verdict.suppressed->reason});
    if (!verdict.change) return;
    if (strongest) horizon = strongest->horizon;
    if (*verdict.change == EpisodePhase::opened) {
        started_at = evidence.onset(source, horizon);
        episode_id = make_episode_id(bar_end, config.identity, detector.episode().number);
    }
    events.push_back(EpisodeChanged{bar_end, describe(*verdict.change)});
}

Attribution Engine::State::attribute_shock(std::size_t longest) const {
    // The controls' own yardstick takes longer to fill; until then a shorter window has to do.
    const SeriesId source = config.universe.group_series(config.source_group);
    for (std::size_t h = longest + 1; h-- > 0;) {
        const LegMeasure macro = evidence.macro_leg(h);
        if (!macro.loss_sigma && h > 0) continue;
        return attribute(config.detector, evidence.leg(source, h), macro,
                         evidence.controls_fresh());
    }
    return Attribution::unattributed;
}

std::uint64_t Engine::State::gaps_since(TimeNs ts) const {
    std::uint64_t count = 0;
    const std::uint64_t kept = std::min<std::uint64_t>(gaps, gap_times.size());
    for (std::uint64_t i = 0; i < kept; ++i)
        if (gap_times[(gaps - 1 - i) % gap_times.size()] > ts) ++count;
    return count;
}

std::shared_ptr<const Episode> Engine::State::describe(EpisodePhase phase) {
    const EpisodeState& state = detector.episode();
    auto episode = std::make_shared<Episode>();
    episode->id = episode_id;
    episode->revision = state.revision;
    episode->phase = phase;
    episode->rule = state.rule;
    episode->severity = state.severity;
    episode->ts = bar_end;
    episode->started_at = started_at;
    episode->detected_at = state.detected_at;
    episode->ended_at = state.ended_at;
    episode->horizon_ns = config.selloff_horizons[horizon];
    episode->source_group = config.source_group;
    episode->attribution = state.attribution;
    episode->score = state.score;
    episode->score_peak = state.score_peak;
    episode->degraded = state.degraded;
    episode->gaps = gaps_since(bar_end - episode->horizon_ns);
    for (std::size_t i = 0; i < config.controls.size(); ++i)
        episode->controls.push_back(
            {config.controls[i].instrument, evidence.control_loss_sigma(i, horizon)});
    describe_source(*episode);
    describe_targets(*episode);
    return episode;
}

void Engine::State::describe_source(Episode& episode) const {
    const SeriesId source = config.universe.group_series(config.source_group);
    const LegMeasure leg = evidence.leg(source, horizon);
    episode.source_log_return = leg.log_return;
    episode.source_loss_sigma = leg.loss_sigma;
    episode.source_loss_one_way = leg.loss_one_way;
    episode.coverage = evidence.coverage(source);

    struct Carried {
        EpisodeMember member;
        double fall = 0;
    };
    std::vector<Carried> carried;
    double fall_all = 0;
    for (const Member& member : config.universe.groups[config.source_group].members) {
        const Sample& sample = samples[member.instrument];
        const LegMeasure m = evidence.leg(member.instrument, horizon);
        Carried c;
        c.member = {member.instrument, sample.feed, m.log_return, m.loss_sigma, std::nullopt};
        if (m.log_return && *m.log_return < 0) c.fall = -member.weight * *m.log_return;
        fall_all += c.fall;
        carried.push_back(c);
        if (sample.stale) episode.stale.push_back(member.instrument);
    }
    std::stable_sort(carried.begin(), carried.end(),
                     [](const Carried& a, const Carried& b) { return a.fall > b.fall; });
    for (Carried& c : carried)
        if (c.fall > 0) c.member.share = c.fall / fall_all;
    if (!carried.empty() && carried[0].member.share &&
        *carried[0].member.share >= leader_share_min &&
        (carried.size() == 1 || carried[0].fall >= leader_margin * carried[1].fall))
        episode.leader = carried[0].member.instrument;
    for (std::size_t i = 0; i < std::min(carried.size(), members_told_max); ++i)
        episode.members.push_back(carried[i].member);
}

void Engine::State::describe_targets(Episode& episode) const {
    // The correlation told is that of the window nearest to the horizon of the fall.
    std::size_t window = 0;
    for (std::size_t w = 0; w < config.correlation_windows.size(); ++w)
        if (std::abs(config.correlation_windows[w] - episode.horizon_ns) <
            std::abs(config.correlation_windows[window] - episode.horizon_ns))
            window = w;
    for (std::size_t i = 0; i < config.targets.size(); ++i) {
        const Sample& sample = samples[config.targets[i]];
        if (sample.stale) episode.stale.push_back(config.targets[i]);
        if (!detector.targets()[i].in_episode) continue;
        const LegMeasure leg = evidence.leg(config.targets[i], horizon);
        const CorrelationMeasured rho = evidence.correlation(evidence.group_pair(i), window);
        EpisodeTarget target{};
        target.instrument = config.targets[i];
        target.feed = sample.feed;
        target.price = sample.price;
        target.log_return = leg.log_return;
        target.loss_sigma = leg.loss_sigma;
        target.loss_one_way = leg.loss_one_way;
        target.score = readings[i].score ? readings[i].score->value : 0.0;
        target.correlation_window = rho.window;
        target.correlation = rho.value;
        target.correlation_baseline = rho.baseline;
        target.correlation_standard_error = rho.standard_error;
        target.correlation_effective_samples = rho.effective_samples;
        episode.targets.push_back(target);
    }
    std::stable_sort(episode.targets.begin(), episode.targets.end(),
                     [](const EpisodeTarget& a, const EpisodeTarget& b) {
                         return a.loss_sigma.value_or(-1e9) > b.loss_sigma.value_or(-1e9);
                     });
}

Engine::Engine(EngineConfig config) : state_(std::make_unique<State>(std::move(config))) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

const EngineConfig& Engine::config() const {
    return state_->config;
}

std::span<const Event> Engine::step(std::span<const Input> inputs) {
    state_->events.clear();
    for (const Input& input : inputs) state_->take(input);
    return state_->events;
}

}  // namespace contagiond::core
