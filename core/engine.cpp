#include "core/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/attribution.hpp"
#include "core/condition_watch.hpp"
#include "core/decision_engine.hpp"
#include "core/detector.hpp"
#include "core/direction_watch.hpp"
#include "core/episode_id.hpp"
#include "core/episode_story.hpp"
#include "core/event_queue.hpp"
#include "core/index_path.hpp"
#include "core/leader.hpp"
#include "core/level_channel.hpp"
#include "core/measurements.hpp"
#include "core/prevention.hpp"
#include "core/sampler.hpp"

namespace contagiond::core {
namespace {

/// Rows closed at most after a pause: beyond it the grid starts afresh, for all windows are empty
/// anyway.
constexpr DurationNs pause_max = 3 * ns_per_day;
/// Ticks that may wait for their turn. At 500 ms of lateness that is 130,000 a second.
constexpr std::size_t queue_ticks_max = 65'536;

/// Nothing can be said of a target whose market is closed or whose price is old.
bool unjudgeable(const Sample& sample) {
    return !sample.open || sample.stale || !sample.has_price;
}

}  // namespace

/// What both engines are made of.
struct EngineCore {
    EngineCore(EngineConfig c, Telling telling)
        : config(std::move(c)),
          queue(config.universe.feeds.size(), config.lateness > 0 ? queue_ticks_max : 1,
                config.universe.instruments.size()),
          sampler(config.universe, config.bar),
          measurements(config, telling),
          index(config.universe, config.universe.groups[config.source_group], config.bar),
          levels(config.detector, config.bar, config.targets.size()),
          directions(config),
          leaders(config),
          detector(config.detector, config.targets.size()),
          samples(config.universe.instruments.size()),
          readings(config.targets.size()),
          paths(config.targets.size()),
          scores(config.targets.size()),
          direction_readings(config.targets.size()),
          reverses(config.targets.size()),
          fallen_anew(config.targets.size(), 0.0),
          watch(config.targets.size()),
          warm_rows(config.targets.size(), 0),
          has_diverged(config.universe.instruments.size(), false),
          was_undecided(config.universe.instruments.size(), false) {
        std::size_t places = 0;
        for (const Feed& feed : config.universe.feeds) places += feed.instruments.size();
        diverged.assign(places, false);
    }

    const EngineConfig config;
    EventQueue queue;
    Sampler sampler;
    Measurements measurements;
    IndexPath index;
    LevelChannel levels;
    DirectionWatch directions;
    LeaderWatch leaders;
    Detector detector;
    std::vector<Sample> samples;
    std::vector<TargetReading> readings;
    std::vector<std::optional<double>> paths;          ///< of the targets
    std::vector<std::optional<LevelScore>> scores;     ///< of the last full minute, by target
    std::vector<DirectionReading> direction_readings;  ///< likewise
    std::vector<ReverseConditions> reverses;           ///< likewise
    std::vector<double> fallen_anew;                   ///< likewise
    ConditionWatch watch;
    std::vector<std::uint64_t>
        warm_rows;                    ///< bars in which the target printed and the source lived
    std::vector<bool> diverged;       ///< by instrument and place of its feed
    std::vector<bool> has_diverged;   ///< by instrument
    std::vector<bool> was_undecided;  ///< in the bar before
    std::vector<Event> events;
    TimeNs now = no_time;
    TimeNs bar_end = no_time;    ///< of the bar that is filling
    TimeNs watermark = no_time;  ///< everything that happened before has been heard, or is late
    std::array<TimeNs, 64> gap_times{};
    std::uint64_t gaps = 0;
    TimeNs started_at = 0;  ///< of the open episode
    EpisodeId episode_id;
    std::uint8_t horizon = 0;  ///< over which the open episode is told
    std::optional<EpisodeCause> cause;
    std::optional<InstrumentId> leader;  ///< as last told of the open episode
    bool lead_told = false;              ///< the open episode has claimed a lead

    std::span<const Event> step(std::span<const Input> inputs);
    void take(const Input& input);
    void take_tick(const Input& input);
    void deliver(const Input& input, TimeNs ts_event, bool late);
    void take_gap(const Input& input);
    void advance(TimeNs ts);
    void deliver_until(TimeNs ts);
    void close_bar();
    void watch_divergence();
    void watch_clocks();
    void read_levels();
    std::uint8_t horizon_of(DurationNs age) const;
    Pace pace() const;
    void tell_targets(bool is_suspended);
    void judge();
    Attribution attribute_shock(std::size_t target, const LevelScore& score, ShockReading& shock);
    double reverse_score(std::size_t target, const LevelScore& score) const;
    void weigh_direction(std::size_t target, const LevelScore& score);
    Direction direction_of(std::size_t target) const;
    bool new_lead() const;
    DurationNs story_age(const LevelReading& reading) const;
    bool decided(std::size_t target, Condition condition) const;
    EpisodeCause find_cause(std::size_t target, const ShockReading& shock) const;
    std::uint64_t gaps_since(TimeNs ts) const;
    std::shared_ptr<const Episode> describe(EpisodePhase phase);
};

void EngineCore::take(const Input& input) {
    advance(input.ts_receive);
    switch (input.kind) {
        case InputKind::trade:
        case InputKind::quote:
            take_tick(input);
            break;
        case InputKind::feed_status:
            if (input.feed >= config.universe.feeds.size()) break;
            sampler.set_feed_state(input.feed, input.feed_status.state);
            events.emplace_back(FeedChanged{now, input.feed, input.feed_status.state});
            break;
        case InputKind::gap:
            take_gap(input);
            break;
        case InputKind::clock_step:
            queue.forget_offsets();
            measurements.taint(no_id, TaintCause::clock, now);
            break;
        case InputKind::clock:
            break;
    }
}

void EngineCore::take_tick(const Input& input) {
    const TimeNs ts_event = queue.event_time(input);
    const TimeNs closed = bar_end - config.bar;
    if (ts_event <= closed) {
        events.emplace_back(TickLate{now, input.instrument, input.feed, closed - ts_event});
        deliver(input, ts_event, true);
    } else if (ts_event <= watermark || (queue.full() && ts_event < queue.front())) {
        deliver(input, ts_event, false);
    } else {
        // A burst that does not fit: the oldest goes out before its time.
        if (queue.full()) {
            const EventQueue::Tick oldest = queue.pop();
            deliver(oldest.input, oldest.ts_event, false);
        }
        queue.push(ts_event, input);
    }
}

void EngineCore::deliver(const Input& input, TimeNs ts_event, bool late) {
    if (const auto reason = sampler.take(input, ts_event, late)) {
        events.emplace_back(TickRejected{now, input.instrument, input.feed, *reason});
        return;
    }
    for (const FeedId feed : sampler.outliers())
        events.emplace_back(TickRejected{now, input.instrument, feed, RejectReason::outlier});
    for (const StreamTick& tick : sampler.stream()) measurements.tick(tick);
}

void EngineCore::take_gap(const Input& input) {
    if (input.feed >= config.universe.feeds.size()) return;
    gap_times[gaps++ % gap_times.size()] = now;
    for (const InstrumentId instrument : config.universe.feeds[input.feed].instruments) {
        if (input.instrument != no_id && input.instrument != instrument) continue;
        // A hole in a feed whose price is not used harms nothing.
        if (sampler.stands_behind(instrument, input.feed))
            measurements.taint(instrument, TaintCause::gap, now);
    }
}

void EngineCore::advance(TimeNs ts) {
    if (now == no_time) {
        now = ts;
        watermark = ts - config.lateness;
        // What is stamped with a bar's very end still belongs to it, also the first of all.
        bar_end = ((watermark - 1) / config.bar + 1) * config.bar;
        return;
    }
    if (ts <= now) return;
    // A bar is left-open and right-closed: what is stamped with its very end still belongs to it.
    const TimeNs until = ts - config.lateness;
    while (until > bar_end) {
        deliver_until(bar_end);
        now = std::max(now, bar_end);
        close_bar();
        bar_end += config.bar;
        if (until - bar_end > pause_max) bar_end = (until / config.bar) * config.bar;
    }
    deliver_until(until);
    now = ts;
}

void EngineCore::deliver_until(TimeNs ts) {
    watermark = ts;
    while (!queue.empty() && queue.front() <= ts) {
        const EventQueue::Tick tick = queue.pop();
        deliver(tick.input, tick.ts_event, false);
    }
}

void EngineCore::close_bar() {
    sampler.close_bar(bar_end, samples);
    const std::span<const InstrumentId> outliers = sampler.outlier_instruments();
    for (std::size_t i = 0; i < outliers.size(); ++i)
        events.emplace_back(
            TickRejected{bar_end, outliers[i], sampler.outliers()[i], RejectReason::outlier});
    for (const StreamTick& tick : sampler.stream()) measurements.tick(tick);
    watch_divergence();
    watch_clocks();
    measurements.push(bar_end, samples, events);
    leaders.push(bar_end, measurements.evidence());
    judge();
    events.emplace_back(BarClosed{bar_end});
}

void EngineCore::watch_divergence() {
    std::size_t place_of_all = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto instrument = static_cast<InstrumentId>(i);
        bool diverged_now = false;
        for (std::size_t place = 0; place < sampler.feed_count(instrument);
             ++place, ++place_of_all) {
            const Sampler::Divergence& divergence = sampler.divergence(instrument, place);
            diverged_now = diverged_now || divergence.diverged;
            if (divergence.diverged == diverged[place_of_all]) continue;
            diverged[place_of_all] = divergence.diverged;
            events.emplace_back(PriceDiverged{bar_end, instrument,
                                              sampler.feed_at(instrument, place), divergence.ratio,
                                              divergence.diverged});
        }
        has_diverged[i] = diverged_now;
        // A feed outvoted harms nothing. Two that disagree leave the price in doubt, unless it was
        // for one bar only: in a crash venues come apart for moments.
        if (samples[i].undecided && was_undecided[i])
            measurements.taint(instrument, TaintCause::divergence, bar_end);
        was_undecided[i] = samples[i].undecided;
        if (samples[i].only_old || (samples[i].stale && samples[i].has_price))
            measurements.taint(instrument, TaintCause::stale, bar_end);
        if (samples[i].frozen) measurements.taint(instrument, TaintCause::frozen, bar_end);
    }
}

void EngineCore::watch_clocks() {
    for (std::size_t feed = 0; feed < config.universe.feeds.size(); ++feed) {
        // Far ahead of us: the venue's clock or ours is wrong. Far behind it is a delayed feed,
        // whose prices are stale by their own stamps.
        const FeedOffset& offset = queue.offset(static_cast<FeedId>(feed));
        if (!offset.known() || offset.offset() >= -FeedOffset::offset_max) continue;
        for (const InstrumentId instrument : config.universe.feeds[feed].instruments)
            if (sampler.stands_behind(instrument, static_cast<FeedId>(feed)))
                measurements.taint(instrument, TaintCause::clock, bar_end);
    }
}

std::uint8_t EngineCore::horizon_of(DurationNs age) const {
    // The shortest that holds the slide, so that what is told of it is all of it; soon after a
    // start the longest that has a value.
    const std::vector<DurationNs>& horizons = config.selloff_horizons;
    const auto it = std::lower_bound(horizons.begin(), horizons.end(), age);
    std::size_t place = it == horizons.end() ? horizons.size() - 1
                                             : static_cast<std::size_t>(it - horizons.begin());
    const SeriesId source = config.universe.group_series(config.source_group);
    while (place > 0 && !measurements.evidence().leg(source, place).log_return) --place;
    return static_cast<std::uint8_t>(place);
}

void EngineCore::read_levels() {
    index.push(bar_end, samples);
    for (std::size_t i = 0; i < config.targets.size(); ++i) {
        const Sample& sample = samples[config.targets[i]];
        paths[i] = sample.has_price ? std::optional(sample.return_since_open) : std::nullopt;
    }
    if (!levels.push(bar_end, index.path(), paths)) return;
    directions.push(index.path(), paths);
    for (std::size_t i = 0; i < config.targets.size(); ++i) {
        const auto reading = levels.read(i);
        scores[i] = reading ? std::optional(score_levels(config.detector, *reading)) : std::nullopt;
        if (reading) {
            direction_readings[i] = directions.read(i, *reading, measurements);
            reverses[i] = reverse_conditions(config.detector, *reading, direction_readings[i]);
        }
        fallen_anew[i] = levels.fallen_anew(i);
        watch.take_levels(i, bar_end, scores[i] ? &*scores[i] : nullptr, reverses[i]);
    }
}

Pace EngineCore::pace() const {
    if (detector.episode().open) return Pace::attentive;
    for (const TargetState& target : detector.targets())
        if (target.regime == Regime::elevated) return Pace::attentive;
    return Pace::calm;
}

void EngineCore::tell_targets(bool is_suspended) {
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const TargetState& state = detector.targets()[i];
        const auto& score = readings[i].score;
        events.emplace_back(TargetAssessed{
            bar_end, config.targets[i], state.regime, state.since,
            score ? Maybe(score->value) : Maybe(), score ? score->limiting : Condition::none,
            readings[i].warmup, is_suspended || unjudgeable(samples[config.targets[i]]),
            direction_of(i)});
    }
}

void EngineCore::judge() {
    const Evidence& evidence = measurements.evidence();
    const SeriesId source = config.universe.group_series(config.source_group);
    const std::int64_t whole_warmup_rows = std::max<std::int64_t>(1, config.warmup / config.bar);
    const auto warmup_rows = static_cast<double>(whole_warmup_rows);
    read_levels();
    Reading reading;
    reading.ts = bar_end;
    reading.suspended = !index.alive() || evidence.coverage(source) < source_coverage_min;
    reading.targets = readings;
    const LevelScore* first = nullptr;
    std::size_t decider = 0;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const InstrumentId target = config.targets[i];
        TargetReading& r = readings[i];
        r = TargetReading{};
        if (!reading.suspended && evidence.printed(target)) ++warm_rows[i];
        r.warmup = std::min(1.0, static_cast<double>(warm_rows[i]) / warmup_rows);
        const bool judged = !reading.suspended && !unjudgeable(samples[target]) && scores[i];
        if (!judged) {
            watch.take_state(i, bar_end, r.warmup >= 1, false, false);
            continue;
        }
        const LevelScore& score = *scores[i];
        r.score = Score{score.value, score.limiting, score.reading.target_fall};
        r.fallen_anew = fallen_anew[i];
        weigh_direction(i, score);
        const DurationNs window = config.selloff_horizons[horizon_of(score.reading.slide_age)];
        r.tainted =
            evidence.untrustworthy(source, window) || evidence.untrustworthy(target, window);
        watch.take_state(i, bar_end, r.warmup >= 1, true, !r.tainted);
        if (first || r.warmup < 1) continue;
        first = &score;
        decider = i;
    }
    ShockReading shock;
    if (first) reading.attribution = attribute_shock(decider, *first, shock);
    reading.led = new_lead();

    const Verdict verdict = detector.step(reading);
    measurements.set_pace(pace());
    tell_targets(reading.suspended);
    if (verdict.suppressed)
        events.emplace_back(
            AlertSuppressed{bar_end, verdict.suppressed->rule, verdict.suppressed->reason});
    if (!verdict.change) return;
    if (first && *verdict.change != EpisodePhase::resolved)
        horizon = horizon_of(story_age(first->reading));
    if (*verdict.change == EpisodePhase::opened) {
        levels.mark();
        std::fill(fallen_anew.begin(), fallen_anew.end(), 0.0);
        started_at = bar_end - (first ? story_age(first->reading) : 0);
        lead_told = false;
        episode_id = make_episode_id(bar_end, config.identity, detector.episode().number);
        cause = find_cause(decider, shock);
    }
    events.emplace_back(EpisodeChanged{bar_end, describe(*verdict.change)});
}

/// Whether it was asked for the episode that has just opened.
bool EngineCore::decided(std::size_t target, Condition condition) const {
    const bool of_levels = place_of(condition) < level_condition_count;
    if (detector.episode().rule != Rule::crypto_to_tech) return of_levels;
    // By its own score, or by that of a spillover which is called the target's own.
    if (reverse_score(target, *scores[target]) >= config.detector.enter_score)
        return !of_levels || condition == Condition::regained;
    return of_levels || tells_whose(condition);
}

EpisodeCause EngineCore::find_cause(std::size_t target, const ShockReading& shock) const {
    const EpisodeState& episode = detector.episode();
    EpisodeCause found;
    found.target = config.targets[target];
    found.score = episode.score;
    if (scores[target])
        found.conditions = find_prevention(scores[target]->reading, [&](LevelShift shift) {
            const LevelReading reading = *levels.read(target, shift);
            const DirectionReading direction =
                directions.shifted(direction_readings[target], target, reading, shift);
            return all_conditions(score_levels(config.detector, reading),
                                  reverse_conditions(config.detector, reading, direction));
        });
    for (std::size_t i = 0; i < found.conditions.size(); ++i)
        found.conditions[i].held_since = watch.held_since(target, i);
    std::erase_if(found.conditions,
                  [&](const CauseCondition& c) { return !decided(target, c.reading.condition); });
    found.reached_at = episode.reached_at;
    found.warm_since = watch.warm_since(target);
    found.judged_since = watch.judged_since(target);
    found.trusted_since = watch.trusted_since(target);
    found.cooldown_until = episode.cooldown_until;
    found.fallen_anew = episode.fallen_anew;
    found.shock = shock;
    return found;
}

Attribution EngineCore::attribute_shock(std::size_t target, const LevelScore& score,
                                        ShockReading& shock) {
    const Evidence& evidence = measurements.evidence();
    const SeriesId source = config.universe.group_series(config.source_group);
    const auto h = shock_horizon(
        evidence, horizon_of(std::max<DurationNs>(score.reading.slide_age, ns_per_hour)));
    if (!h) return Attribution::unattributed;
    const LegMeasure own = evidence.leg(source, *h), macro = evidence.macro_leg(*h);
    shock = {
        config.selloff_horizons[*h], own.loss_sigma,           own.loss_one_way, macro.loss_sigma,
        macro.loss_one_way,          evidence.controls_fresh()};
    ShockWitness witness;
    for (const InstrumentId placebo : config.placebos) {
        if (unjudgeable(samples[placebo])) continue;
        const auto loss = evidence.leg(placebo, *h).loss_sigma;
        if (loss) witness.placebo_sigma = std::max(*loss, witness.placebo_sigma.value_or(*loss));
    }
    if (score.value >= config.detector.exit_score) {
        const LinkMeasured link = measurements.measure_link(target);
        if (link.controls_kept > 0 && !link.tainted) witness.partial_p = link.partial_p;
    }
    return attribute(config.detector, own, macro, evidence.controls_fresh(), witness);
}

double EngineCore::reverse_score(std::size_t target, const LevelScore& score) const {
    return score_reverse(config.detector, reverses[target],
                         score.conditions[place_of(Condition::regained)]);
}

void EngineCore::weigh_direction(std::size_t target, const LevelScore& score) {
    const DirectionReading& direction = direction_readings[target];
    TargetReading& r = readings[target];
    r.balance = direction_balance(direction);
    r.target_led = target_led(reverses[target]);
    r.reverse = reverse_score(target, score);
    if (r.target_led) r.reverse = std::max(r.reverse, score.value);
}

Direction EngineCore::direction_of(std::size_t target) const {
    if (detector.episode().open && detector.targets()[target].in_episode) {
        switch (detector.episode().rule) {
            case Rule::tech_to_crypto:
                return Direction::tech_to_crypto;
            case Rule::crypto_to_tech:
                return Direction::crypto_to_tech;
            case Rule::common_macro:
                return Direction::common_macro;
        }
    }
    const bool judged = readings[target].score && readings[target].warmup >= 1;
    return judged && decoupled(config.detector, scores[target]->reading) ? Direction::decoupled
                                                                         : Direction::none;
}

/// Whether a lead that the open episode would tell was found in this bar, and none was told before.
bool EngineCore::new_lead() const {
    if (!detector.episode().open || lead_told) return false;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        if (!detector.targets()[i].in_episode) continue;
        const auto& lead = measurements.lead(told_pair(measurements.evidence(), i, leader));
        if (lead && lead->ts == bar_end && lead->verdict == LeadVerdict::led) return true;
    }
    return false;
}

/// How long ago the story began: with the slide of the side that went first.
DurationNs EngineCore::story_age(const LevelReading& reading) const {
    return detector.episode().rule == Rule::crypto_to_tech ? reading.target_age : reading.slide_age;
}

std::uint64_t EngineCore::gaps_since(TimeNs ts) const {
    std::uint64_t count = 0;
    const std::uint64_t kept = std::min<std::uint64_t>(gaps, gap_times.size());
    for (std::uint64_t i = 0; i < kept; ++i)
        if (gap_times[(gaps - 1 - i) % gap_times.size()] > ts) ++count;
    return count;
}

std::shared_ptr<const Episode> EngineCore::describe(EpisodePhase phase) {
    const StoryMaterial material{config,       measurements, detector, samples, readings,
                                 has_diverged, leaders,      scores,   horizon};
    auto episode = std::make_shared<Episode>(tell_episode(material, bar_end));
    episode->id = episode_id;
    episode->phase = phase;
    episode->started_at = started_at;
    episode->gaps = gaps_since(bar_end - episode->horizon_ns);
    episode->cause = cause;
    leader = episode->leader;
    for (const EpisodeTarget& target : episode->targets)
        lead_told = lead_told || (target.lead && target.lead->verdict == LeadVerdict::led);
    return episode;
}

std::span<const Event> EngineCore::step(std::span<const Input> inputs) {
    events.clear();
    for (const Input& input : inputs) take(input);
    return events;
}

struct Engine::State : EngineCore {
    using EngineCore::EngineCore;
};

Engine::Engine(EngineConfig config)
    : state_(std::make_unique<State>(std::move(config), Telling::everything)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

const EngineConfig& Engine::config() const {
    return state_->config;
}

std::span<const Event> Engine::step(std::span<const Input> inputs) {
    return state_->step(inputs);
}

struct DecisionEngine::State : EngineCore {
    using EngineCore::EngineCore;
};

DecisionEngine::DecisionEngine(EngineConfig config)
    : state_(std::make_unique<State>(std::move(config), Telling::decisions)) {}
DecisionEngine::~DecisionEngine() = default;
DecisionEngine::DecisionEngine(DecisionEngine&&) noexcept = default;
DecisionEngine& DecisionEngine::operator=(DecisionEngine&&) noexcept = default;

const EngineConfig& DecisionEngine::config() const {
    return state_->config;
}

std::span<const Event> DecisionEngine::step(std::span<const Input> inputs) {
    return state_->step(inputs);
}

}  // namespace contagiond::core
