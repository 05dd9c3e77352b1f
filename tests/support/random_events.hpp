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
                body.reason = static_cast<core::GapReason>(below(3));
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
                return PriceSampled{ts, id(), id(), decimal(), real(), maybe(), below(2) == 1};
            case 2:
                return SelloffMeasured{ts,      id(),    number<std::uint8_t>(),
                                       maybe(), maybe(), maybe(),
                                       maybe(), real(),  below(2) == 1};
            case 3:
                return CorrelationMeasured{ts,           id(),    id(),    number<std::uint8_t>(),
                                           maybe(),      maybe(), maybe(), number<std::uint32_t>(),
                                           below(2) == 1};
            case 4:
                return TargetAssessed{ts,
                                      id(),
                                      static_cast<Regime>(below(5)),
                                      number<std::int64_t>(),
                                      maybe(),
                                      static_cast<Condition>(below(8)),
                                      real(),
                                      below(2) == 1};
            case 5:
                return FeedChanged{ts, id(), static_cast<FeedState>(below(2))};
            case 6:
                return TickRejected{ts, id(), id(),
                                    static_cast<RejectReason>(below(reject_reason_count))};
            case 7:
                return AlertSuppressed{ts, static_cast<Rule>(below(rule_count)),
                                       static_cast<SuppressReason>(below(suppress_reason_count))};
            default:
                return EpisodeChanged{ts, std::make_shared<const Episode>(episode())};
        }
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
        for (std::size_t n = below(5); n > 0; --n)
            e.members.push_back({id(), id(), maybe(), maybe(), maybe()});
        for (std::size_t n = below(4); n > 0; --n)
            e.targets.push_back({id(), id(), decimal(), maybe(), maybe(), maybe(), real(),
                                 number<std::uint8_t>(), maybe(), maybe(), maybe(),
                                 number<std::uint32_t>()});
        e.attribution = static_cast<core::Attribution>(below(5));
        for (std::size_t n = below(3); n > 0; --n) e.controls.push_back({id(), maybe()});
        e.score = real();
        e.score_peak = real();
        e.degraded = below(2) == 1;
        for (std::size_t n = below(3); n > 0; --n) e.stale.push_back(id());
        e.gaps = number<std::uint64_t>();
        e.coverage = real();
        return e;
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
    return std::tie(e.ts, e.instrument, e.feed, e.price, e.return_since_open, e.bar_return,
                    e.stale);
}
inline auto fields(const core::SelloffMeasured& e) {
    return std::tie(e.ts, e.series, e.horizon, e.log_return, e.drawdown, e.loss_sigma,
                    e.loss_one_way, e.coverage, e.tainted);
}
inline auto fields(const core::CorrelationMeasured& e) {
    return std::tie(e.ts, e.source, e.target, e.window, e.value, e.baseline, e.standard_error,
                    e.effective_samples, e.tainted);
}
inline auto fields(const core::TargetAssessed& e) {
    return std::tie(e.ts, e.target, e.regime, e.regime_since, e.score, e.limiting, e.warmup,
                    e.suspended);
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
                    t.correlation_standard_error, t.correlation_effective_samples);
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
                        e.attribution, e.score, e.score_peak, e.degraded, e.stale, e.gaps,
                        e.coverage);
    };
    return rest(a) == rest(b) && same_list(a.members, b.members) &&
           same_list(a.targets, b.targets) && same_list(a.controls, b.controls);
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
