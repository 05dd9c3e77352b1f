// What engine tests share: events picked by kind, runs in batches, a fingerprint of everything
// said.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <sstream>
#include <variant>
#include <vector>

#include "core/engine.hpp"
#include "tests/core/market_builder.hpp"

namespace contagiond::test {

using namespace contagiond::core;

/// Every field of every event as text; doubles by their bits.
struct Fingerprint {
    std::ostringstream text;
    void number(double v) { text << std::hexfloat << v << ' '; }
    void number(const std::optional<double>& v) {
        if (v)
            number(*v);
        else
            text << "- ";
    }
    void operator()(const BarClosed& e) { text << "bar " << e.ts << '\n'; }
    void operator()(const PriceSampled& e) {
        text << "price " << e.ts << ' ' << e.instrument << ' ' << e.feed << ' ' << e.price.mantissa
             << 'e' << int{e.price.exponent} << ' ' << e.ts_price << ' ' << to_string(e.return_kind)
             << ' ' << int{e.feeds_fresh} << ' ' << int{e.feeds_agreeing} << ' ' << e.stale << ' '
             << int{e.taint} << ' ';
        number(e.return_since_open);
        number(e.bar_return);
        number(e.change_24h);
        text << '\n';
    }
    void operator()(const PriceDiverged& e) {
        text << "diverged " << e.ts << ' ' << e.instrument << ' ' << e.feed << ' ' << e.diverged
             << ' ';
        number(e.ratio);
        text << '\n';
    }
    void operator()(const TickLate& e) {
        text << "tick_late " << e.ts << ' ' << e.instrument << ' ' << e.feed << ' ' << e.behind
             << '\n';
    }
    void operator()(const SelloffMeasured& e) {
        text << "selloff " << e.ts << ' ' << e.series << ' ' << int{e.horizon} << ' ' << e.tainted
             << ' ';
        number(e.log_return);
        number(e.drawdown);
        number(e.loss_sigma);
        number(e.loss_one_way);
        number(e.coverage);
        text << '\n';
    }
    void operator()(const CorrelationMeasured& e) {
        text << "rho " << e.ts << ' ' << e.source << ' ' << e.target << ' ' << int{e.window} << ' '
             << e.effective_samples << ' ' << e.tainted << ' ';
        number(e.value);
        number(e.baseline);
        number(e.baseline_effective_samples);
        number(e.standard_error);
        text << '\n';
    }
    void operator()(const TickCorrelationMeasured& e) {
        text << "tick_rho " << e.ts << ' ' << e.source << ' ' << e.target << ' '
             << e.effective_samples << ' ' << e.tainted << ' ';
        number(e.value);
        number(e.standard_error);
        text << '\n';
    }
    void operator()(const LeadMeasured& e) {
        text << "lead " << e.ts << ' ' << e.source << ' ' << e.target << ' ' << to_string(e.verdict)
             << ' ' << e.ticks_source << ' ' << e.ticks_target << ' ' << e.tainted << ' ';
        for (const auto& value : {e.seconds, e.seconds_low, e.seconds_high, e.correlation,
                                  e.correlation_standard_error, e.ratio})
            number(value);
        text << '\n';
    }
    void operator()(const LinkMeasured& e) {
        text << "link " << e.ts << ' ' << e.source << ' ' << e.target << ' ' << e.partial_samples
             << ' ' << int{e.controls_kept} << ' ' << e.samples_before << ' ' << e.samples_now
             << ' ' << e.asymmetry_samples << ' ' << e.tainted << ' ';
        for (const auto& value : {e.partial, e.partial_standard_error, e.partial_p, e.rho_before,
                                  e.rho_now, e.rho_adjusted, e.change_z, e.change_p, e.asymmetry,
                                  e.spillover_received, e.spillover_given})
            number(value);
        text << '\n';
    }
    void operator()(const SeriesMeasured& e) {
        text << "series " << e.ts << ' ' << e.series << ' ' << e.tainted << ' ';
        for (const auto& value : {e.selloff_z, e.jump, e.jump_p, e.drift_log, e.change_24h})
            number(value);
        number(e.intraday_factor);
        text << '\n';
    }
    void operator()(const ImpactMeasured& e) {
        text << "impact " << e.ts << ' ' << e.as_of << ' ';
        number(e.value_lost_usd);
        number(e.share);
        number(e.covered);
        text << '\n';
    }
    void operator()(const TargetAssessed& e) {
        text << "target " << e.ts << ' ' << e.target << ' ' << to_string(e.regime) << ' '
             << e.regime_since << ' ' << to_string(e.limiting) << ' ' << e.suspended << ' '
             << to_string(e.direction) << ' ';
        number(e.score);
        number(e.warmup);
        text << '\n';
    }
    void operator()(const FeedChanged& e) { text << "feed " << e.ts << ' ' << e.feed << '\n'; }
    void operator()(const TickRejected& e) {
        text << "rejected " << e.ts << ' ' << e.instrument << ' ' << to_string(e.reason) << '\n';
    }
    void operator()(const AlertSuppressed& e) {
        text << "suppressed " << e.ts << ' ' << to_string(e.reason) << '\n';
    }
    void cause(const EpisodeCause& c) {
        text << "cause " << c.target << ' ' << c.reached_at << ' ' << c.warm_since << ' '
             << c.judged_since << ' ' << c.trusted_since << ' ' << c.cooldown_until << ' ';
        for (const auto& value :
             {Maybe(c.score), c.fallen_anew, c.shock.source_sigma, c.shock.source_one_way,
              c.shock.macro_sigma, c.shock.macro_one_way})
            number(value);
        for (const CauseCondition& condition : c.conditions) {
            text << to_string(condition.reading.condition) << ' ' << condition.held_since << ' ';
            for (const auto& value :
                 {condition.reading.value, Maybe(condition.reading.threshold),
                  Maybe(condition.reading.ratio), condition.source_higher, condition.target_higher})
                number(value);
        }
        text << '\n';
    }
    void operator()(const EpisodeChanged& e) {
        text << "episode " << e.ts << ' ' << e.episode->id.view() << ' ' << e.episode->revision
             << ' ' << to_string(e.episode->phase) << ' ' << e.episode->targets.size() << ' '
             << e.episode->diverged.size() << ' ' << e.episode->value_as_of << ' ';
        number(e.episode->source_log_return);
        number(e.episode->value_lost_usd);
        number(e.episode->value_lost_share);
        number(e.episode->score);
        number(e.episode->leader_confidence);
        number(e.episode->direction_balance);
        text << '\n';
        if (e.episode->cause) cause(*e.episode->cause);
        for (const EpisodeTarget& target : e.episode->targets) {
            number(target.correlation);
            if (target.link) (*this)(*target.link);
            if (target.lead) (*this)(*target.lead);
        }
    }
};

inline std::vector<Event> run(Engine& engine, std::span<const Input> inputs, std::size_t batch) {
    std::vector<Event> events;
    for (std::size_t i = 0; i < inputs.size(); i += batch) {
        const auto some = engine.step(inputs.subspan(i, std::min(batch, inputs.size() - i)));
        events.insert(events.end(), some.begin(), some.end());
    }
    return events;
}

inline std::vector<std::shared_ptr<const Episode>> episodes(std::span<const Event> events) {
    std::vector<std::shared_ptr<const Episode>> told;
    for (const Event& event : events)
        if (const auto* changed = std::get_if<EpisodeChanged>(&event))
            told.push_back(changed->episode);
    return told;
}

template <typename T>
std::vector<T> all(std::span<const Event> events) {
    std::vector<T> found;
    for (const Event& event : events)
        if (const auto* e = std::get_if<T>(&event)) found.push_back(*e);
    return found;
}

/// Quiet, then tech falls and the coins follow, then quiet until the episode must be over.
inline std::vector<Input> spillover_story(std::uint64_t seed) {
    MarketBuilder market(seed);
    std::vector<Input> inputs;
    market.run(900, {}, inputs);
    market.run(60, {-0.012, -0.012, -0.010, -0.006}, inputs);
    market.run(300, {-0.040, -0.042, -0.035, -0.018, -0.035, -0.032, 0.0005, 0}, inputs);
    market.run(1800, {}, inputs);
    return inputs;
}

}  // namespace contagiond::test
