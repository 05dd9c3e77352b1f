// Random inputs and events of every kind, from a seed, and comparison of all their fields.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string_view>
#include <tuple>

#include "core/event.hpp"
#include "core/input.hpp"

namespace contagiond::test {

class RandomRecords {
  public:
    explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

    core::Input input() {
        using core::Input;
        const auto instrument = number<std::uint16_t>(), feed = number<std::uint16_t>();
        const auto ts_exchange = number<std::int64_t>(), ts_receive = number<std::int64_t>();
        switch (below(6)) {
            case 0:
                return Input::make_trade(instrument, feed, ts_exchange, ts_receive, decimal(),
                                         decimal(), number<std::uint64_t>(),
                                         number<std::uint8_t>());
            case 1:
                return Input::make_quote(instrument, feed, ts_exchange, ts_receive,
                                         {number<std::int64_t>(), number<std::int64_t>(),
                                          number<std::int64_t>(), number<std::int64_t>()},
                                         number<std::int8_t>(), number<std::int8_t>(),
                                         number<std::uint8_t>());
            case 2:
                return Input::make_clock(ts_receive);
            case 3:
                return Input::make_feed_status(feed, ts_receive,
                                               static_cast<core::FeedState>(below(2)));
            case 4: {
                core::GapBody body{};
                body.ts_receive_first = number<std::int64_t>();
                body.ts_receive_last = number<std::int64_t>();
                body.count = number<std::uint64_t>();
                body.reason = static_cast<core::GapReason>(below(4));
                return Input::make_gap(feed, instrument, ts_receive, body);
            }
            default:
                return Input::make_clock_step(ts_receive, number<std::int64_t>());
        }
    }

    core::Event event() { return event(below(std::variant_size_v<core::Event>)); }

    /// Of the alternative with this position in core::Event.
    core::Event event(std::size_t alternative) {
        using namespace core;
        const auto ts = number<std::int64_t>();
        switch (alternative) {
            case 0:
                return BarClosed{ts};
            case 1:
                return PriceSampled{ts,
                                    id(),
                                    id(),
                                    number<std::int64_t>(),
                                    decimal(),
                                    real(),
                                    maybe(),
                                    static_cast<ReturnKind>(below(3)),
                                    maybe(),
                                    number<std::uint8_t>(),
                                    number<std::uint8_t>(),
                                    below(2) == 1,
                                    number<std::uint8_t>()};
            case 2:
                return SelloffMeasured{ts,      id(),    number<std::uint8_t>(),
                                       maybe(), maybe(), maybe(),
                                       maybe(), real(),  below(2) == 1};
            case 3:
                return CorrelationMeasured{ts,
                                           id(),
                                           id(),
                                           number<std::uint8_t>(),
                                           maybe(),
                                           maybe(),
                                           maybe(),
                                           number<std::uint32_t>(),
                                           below(2) == 1,
                                           maybe()};
            case 4:
                return TickCorrelationMeasured{
                    ts, id(), id(), maybe(), maybe(), number<std::uint32_t>(), below(2) == 1};
            case 5:
                return lead(ts);
            case 6:
                return link(ts);
            case 7:
                return SeriesMeasured{ts,      id(),    maybe(), maybe(),      maybe(),
                                      maybe(), maybe(), real(),  below(2) == 1};
            case 8:
                return ImpactMeasured{ts, maybe(), maybe(), real(), number<std::int64_t>()};
            case 9:
                return TargetAssessed{ts,
                                      id(),
                                      static_cast<Regime>(below(5)),
                                      number<std::int64_t>(),
                                      maybe(),
                                      static_cast<Condition>(below(condition_count + 1)),
                                      real(),
                                      below(2) == 1,
                                      static_cast<Direction>(below(direction_count))};
            case 10:
                return FeedChanged{ts, id(), static_cast<FeedState>(below(2))};
            case 11:
                return PriceDiverged{ts, id(), id(), maybe(), below(2) == 1};
            case 12:
                return TickRejected{ts, id(), id(),
                                    static_cast<RejectReason>(below(reject_reason_count))};
            case 13:
                return TickLate{ts, id(), id(), number<std::int64_t>()};
            case 14:
                return AlertSuppressed{ts, static_cast<Rule>(below(rule_count)),
                                       static_cast<SuppressReason>(below(suppress_reason_count))};
            default:
                return EpisodeChanged{ts, std::make_shared<const Episode>(episode())};
        }
    }

    core::LeadMeasured lead(core::TimeNs ts) {
        core::LeadMeasured e{};
        e.ts = ts;
        e.source = id();
        e.target = id();
        e.verdict = static_cast<core::LeadVerdict>(below(core::lead_verdict_count));
        for (auto* value : {&e.seconds, &e.seconds_low, &e.seconds_high, &e.correlation,
                            &e.correlation_standard_error, &e.ratio})
            *value = maybe();
        e.ticks_source = number<std::uint32_t>();
        e.ticks_target = number<std::uint32_t>();
        e.tainted = below(2) == 1;
        return e;
    }

    core::LinkMeasured link(core::TimeNs ts) {
        core::LinkMeasured e{};
        e.ts = ts;
        e.source = id();
        e.target = id();
        for (auto* value : {&e.partial, &e.partial_standard_error, &e.partial_p, &e.rho_before,
                            &e.rho_now, &e.rho_adjusted, &e.change_z, &e.change_p, &e.asymmetry,
                            &e.spillover_received, &e.spillover_given})
            *value = maybe();
        for (auto* count :
             {&e.partial_samples, &e.samples_before, &e.samples_now, &e.asymmetry_samples})
            *count = number<std::uint32_t>();
        e.controls_kept = number<std::uint8_t>();
        e.tainted = below(2) == 1;
        return e;
    }

    core::Episode episode() {
        core::Episode e;
        for (char& c : e.id.text) c = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[below(32)];
        e.revision = number<std::uint32_t>();
        e.phase = static_cast<core::EpisodePhase>(below(3));
        e.rule = static_cast<core::Rule>(below(core::rule_count));
        e.severity = static_cast<core::Severity>(below(core::severity_count));
        e.ts = number<std::int64_t>();
        e.started_at = number<std::int64_t>();
        e.detected_at = number<std::int64_t>();
        e.ended_at = number<std::int64_t>();
        e.horizon_ns = number<std::int64_t>();
        e.source_group = id();
        e.source_log_return = maybe();
        e.source_loss_sigma = maybe();
        e.source_loss_one_way = maybe();
        if (below(2) == 1) e.leader = id();
        e.leader_confidence = maybe();
        e.direction_balance = maybe();
        e.source_fall = maybe();
        for (std::size_t n = below(3); n > 0; --n) e.placebos.push_back({id(), maybe()});
        for (std::size_t n = below(5); n > 0; --n)
            e.members.push_back({id(), id(), maybe(), maybe(), maybe()});
        e.value_lost_usd = maybe();
        e.value_lost_share = maybe();
        e.value_as_of = number<std::int64_t>();
        for (std::size_t n = below(4); n > 0; --n) {
            e.targets.push_back({id(), id(), decimal(), maybe(), maybe(), maybe(), real(),
                                 number<std::uint8_t>(), maybe(), maybe(), maybe(),
                                 number<std::uint32_t>(), std::nullopt, std::nullopt,
                                 std::nullopt});
            e.targets.back().fall = maybe();
            if (below(2) == 1) e.targets.back().link = link(number<std::int64_t>());
            if (below(2) == 1) e.targets.back().lead = lead(number<std::int64_t>());
        }
        e.attribution = static_cast<core::Attribution>(below(5));
        for (std::size_t n = below(3); n > 0; --n) e.controls.push_back({id(), maybe()});
        e.score = real();
        e.score_peak = real();
        e.degraded = below(2) == 1;
        for (std::size_t n = below(3); n > 0; --n) e.stale.push_back(id());
        for (std::size_t n = below(3); n > 0; --n) e.diverged.push_back(id());
        e.gaps = number<std::uint64_t>();
        e.coverage = real();
        if (below(4) != 0) e.cause = cause();
        return e;
    }

    core::EpisodeCause cause() {
        core::EpisodeCause c;
        c.target = id();
        c.score = real();
        for (std::size_t n = below(core::condition_count + 1); n > 0; --n) {
            core::CauseCondition condition;
            condition.reading = {static_cast<core::Condition>(below(core::condition_count + 1)),
                                 static_cast<core::ConditionUnit>(below(4)),
                                 below(2) == 1,
                                 below(2) == 1,
                                 maybe(),
                                 real(),
                                 real()};
            condition.held_since = number<std::int64_t>();
            condition.source_higher = maybe();
            condition.target_higher = maybe();
            c.conditions.push_back(condition);
        }
        for (core::TimeNs* ts :
             {&c.reached_at, &c.warm_since, &c.judged_since, &c.trusted_since, &c.cooldown_until})
            *ts = number<std::int64_t>();
        c.fallen_anew = maybe();
        c.shock = {number<std::int64_t>(), maybe(), maybe(), maybe(), maybe(), below(2) == 1};
        return c;
    }

    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

    template <typename Integer>
    Integer number() {
        return static_cast<Integer>(random_());
    }

  private:
    core::Decimal decimal() { return {number<std::int64_t>(), number<std::int8_t>()}; }
    std::uint16_t id() { return number<std::uint16_t>(); }
    double real() { return static_cast<double>(number<std::int32_t>()) / 65536.0; }
    std::optional<double> maybe() {
        if (below(3) == 0) return std::nullopt;
        return real();
    }

    std::mt19937_64 random_;
};

inline bool same(const core::Input& a, const core::Input& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

// Field by field, so that a field that is never written is missed here.
inline auto fields(const core::BarClosed& e) {
    return std::tie(e.ts);
}
inline auto fields(const core::PriceSampled& e) {
    return std::tie(e.ts, e.instrument, e.feed, e.ts_price, e.price, e.return_since_open,
                    e.bar_return, e.return_kind, e.change_24h, e.feeds_fresh, e.feeds_agreeing,
                    e.stale, e.taint);
}
inline auto fields(const core::PriceDiverged& e) {
    return std::tie(e.ts, e.instrument, e.feed, e.ratio, e.diverged);
}
inline auto fields(const core::TickLate& e) {
    return std::tie(e.ts, e.instrument, e.feed, e.behind);
}
inline auto fields(const core::TickCorrelationMeasured& e) {
    return std::tie(e.ts, e.source, e.target, e.value, e.standard_error, e.effective_samples,
                    e.tainted);
}
inline auto fields(const core::LeadMeasured& e) {
    return std::tie(e.ts, e.source, e.target, e.verdict, e.seconds, e.seconds_low, e.seconds_high,
                    e.correlation, e.correlation_standard_error, e.ratio, e.ticks_source,
                    e.ticks_target, e.tainted);
}
inline auto fields(const core::LinkMeasured& e) {
    return std::tie(e.ts, e.source, e.target, e.partial, e.partial_standard_error, e.partial_p,
                    e.partial_samples, e.controls_kept, e.rho_before, e.rho_now, e.rho_adjusted,
                    e.change_z, e.change_p, e.samples_before, e.samples_now, e.asymmetry,
                    e.asymmetry_samples, e.spillover_received, e.spillover_given, e.tainted);
}
inline auto fields(const core::SeriesMeasured& e) {
    return std::tie(e.ts, e.series, e.selloff_z, e.jump, e.jump_p, e.drift_log, e.change_24h,
                    e.intraday_factor, e.tainted);
}
inline auto fields(const core::ImpactMeasured& e) {
    return std::tie(e.ts, e.value_lost_usd, e.share, e.covered, e.as_of);
}
inline auto fields(const core::SelloffMeasured& e) {
    return std::tie(e.ts, e.series, e.horizon, e.log_return, e.drawdown, e.loss_sigma,
                    e.loss_one_way, e.coverage, e.tainted);
}
inline auto fields(const core::CorrelationMeasured& e) {
    return std::tie(e.ts, e.source, e.target, e.window, e.value, e.baseline, e.standard_error,
                    e.effective_samples, e.tainted, e.baseline_effective_samples);
}
inline auto fields(const core::TargetAssessed& e) {
    return std::tie(e.ts, e.target, e.regime, e.regime_since, e.score, e.limiting, e.warmup,
                    e.suspended, e.direction);
}
inline auto fields(const core::FeedChanged& e) {
    return std::tie(e.ts, e.feed, e.state);
}
inline auto fields(const core::TickRejected& e) {
    return std::tie(e.ts, e.instrument, e.feed, e.reason);
}
inline auto fields(const core::AlertSuppressed& e) {
    return std::tie(e.ts, e.rule, e.reason);
}
inline auto fields(const core::EpisodeMember& m) {
    return std::tie(m.instrument, m.feed, m.log_return, m.loss_sigma, m.share);
}
inline auto fields(const core::EpisodeTarget& t) {
    return std::tie(t.instrument, t.feed, t.price, t.log_return, t.loss_sigma, t.loss_one_way,
                    t.score, t.correlation_window, t.correlation, t.correlation_baseline,
                    t.correlation_standard_error, t.correlation_effective_samples, t.fall);
}
/// What a target holds beside its fields.
inline bool same_studies(const core::EpisodeTarget& a, const core::EpisodeTarget& b) {
    return a.link.has_value() == b.link.has_value() && a.lead.has_value() == b.lead.has_value() &&
           (!a.link || fields(*a.link) == fields(*b.link)) &&
           (!a.lead || fields(*a.lead) == fields(*b.lead));
}
inline auto fields(const core::EpisodeControl& c) {
    return std::tie(c.instrument, c.loss_sigma);
}

template <typename T>
bool same_list(const std::vector<T>& a, const std::vector<T>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const T& x, const T& y) { return fields(x) == fields(y); });
}

inline bool same(const core::Episode& a, const core::Episode& b) {
    const auto rest = [](const core::Episode& e) {
        return std::tie(e.id, e.revision, e.phase, e.rule, e.severity, e.ts, e.started_at,
                        e.detected_at, e.ended_at, e.horizon_ns, e.source_group,
                        e.source_log_return, e.source_loss_sigma, e.source_loss_one_way, e.leader,
                        e.leader_confidence, e.direction_balance, e.source_fall, e.value_lost_usd,
                        e.value_lost_share, e.value_as_of, e.attribution, e.score, e.score_peak,
                        e.degraded, e.stale, e.diverged, e.gaps, e.coverage, e.cause);
    };
    return rest(a) == rest(b) && same_list(a.members, b.members) &&
           same_list(a.targets, b.targets) && same_list(a.controls, b.controls) &&
           same_list(a.placebos, b.placebos) &&
           std::equal(a.targets.begin(), a.targets.end(), b.targets.begin(), b.targets.end(),
                      same_studies);
}

inline bool same(const core::EpisodeChanged& a, const core::EpisodeChanged& b) {
    return a.ts == b.ts && (a.episode == nullptr) == (b.episode == nullptr) &&
           (a.episode == nullptr || same(*a.episode, *b.episode));
}

template <typename T>
bool same(const T& a, const T& b) {
    return fields(a) == fields(b);
}

inline bool same(const core::Event& a, const core::Event& b) {
    return std::visit(
        [](const auto& x, const auto& y) {
            if constexpr (std::is_same_v<decltype(x), decltype(y)>)
                return same(x, y);
            else
                return false;
        },
        a, b);
}

}  // namespace contagiond::test
