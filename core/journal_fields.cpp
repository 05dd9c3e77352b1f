#include "core/journal_fields.hpp"

#include <type_traits>
#include <utility>

namespace contagiond::core {
namespace {

// Numbers in the file; the order of Event's alternatives may change, these may not.
template <typename Alternative>
struct Code;
template <std::uint8_t N>
struct Number {
    static constexpr std::uint8_t value = N;
};
template <>
struct Code<BarClosed> : Number<1> {};
template <>
struct Code<PriceSampled> : Number<2> {};
template <>
struct Code<SelloffMeasured> : Number<3> {};
template <>
struct Code<CorrelationMeasured> : Number<4> {};
template <>
struct Code<TargetAssessed> : Number<5> {};
template <>
struct Code<FeedChanged> : Number<6> {};
template <>
struct Code<TickRejected> : Number<7> {};
template <>
struct Code<AlertSuppressed> : Number<8> {};
template <>
struct Code<EpisodeChanged> : Number<9> {};
template <>
struct Code<TickCorrelationMeasured> : Number<10> {};
template <>
struct Code<LeadMeasured> : Number<11> {};
template <>
struct Code<LinkMeasured> : Number<12> {};
template <>
struct Code<SeriesMeasured> : Number<13> {};
template <>
struct Code<ImpactMeasured> : Number<14> {};
template <>
struct Code<PriceDiverged> : Number<15> {};
template <>
struct Code<TickLate> : Number<16> {};

/// How many enumerators there are: a larger number is damage.
template <typename Enum>
constexpr std::size_t count_of() {
    const auto up_to = [](auto last) { return static_cast<std::size_t>(last) + 1; };
    if constexpr (std::is_same_v<Enum, Regime>)
        return up_to(Regime::over);
    else if constexpr (std::is_same_v<Enum, Condition>)
        return condition_count + 1;
    else if constexpr (std::is_same_v<Enum, ConditionUnit>)
        return up_to(ConditionUnit::number);
    else if constexpr (std::is_same_v<Enum, Attribution>)
        return up_to(Attribution::unattributed);
    else if constexpr (std::is_same_v<Enum, Direction>)
        return direction_count;
    else if constexpr (std::is_same_v<Enum, EpisodePhase>)
        return up_to(EpisodePhase::resolved);
    else if constexpr (std::is_same_v<Enum, FeedState>)
        return up_to(FeedState::up);
    else if constexpr (std::is_same_v<Enum, ReturnKind>)
        return up_to(ReturnKind::gap);
    else if constexpr (std::is_same_v<Enum, LeadVerdict>)
        return lead_verdict_count;
    else if constexpr (std::is_same_v<Enum, RejectReason>)
        return reject_reason_count;
    else if constexpr (std::is_same_v<Enum, Rule>)
        return rule_count;
    else if constexpr (std::is_same_v<Enum, Severity>)
        return severity_count;
    else {
        static_assert(std::is_same_v<Enum, SuppressReason>);
        return suppress_reason_count;
    }
}

// One list of fields for each structure serves both directions, so that what is written and what is
// read cannot differ. `Io` is Writing or Reading below; Io::Of<T> is T, const when it is written.

template <typename Io>
void fields(Io& io, typename Io::template Of<Decimal>& v) {
    io(v.mantissa, v.exponent);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<BarClosed>& e) {
    io(e.ts);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<PriceSampled>& e) {
    io(e.ts, e.instrument, e.feed, e.ts_price, e.price, e.return_since_open, e.bar_return,
       e.return_kind, e.change_24h, e.feeds_fresh, e.feeds_agreeing, e.stale, e.taint);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<PriceDiverged>& e) {
    io(e.ts, e.instrument, e.feed, e.ratio, e.diverged);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<TickLate>& e) {
    io(e.ts, e.instrument, e.feed, e.behind);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<SelloffMeasured>& e) {
    io(e.ts, e.series, e.horizon, e.log_return, e.drawdown, e.loss_sigma, e.loss_one_way,
       e.coverage, e.tainted);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<CorrelationMeasured>& e) {
    io(e.ts, e.source, e.target, e.window, e.value, e.baseline, e.standard_error,
       e.effective_samples, e.tainted, e.baseline_effective_samples);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<TickCorrelationMeasured>& e) {
    io(e.ts, e.source, e.target, e.value, e.standard_error, e.effective_samples, e.tainted);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<LeadMeasured>& e) {
    io(e.ts, e.source, e.target, e.verdict, e.seconds, e.seconds_low, e.seconds_high, e.correlation,
       e.correlation_standard_error, e.ratio, e.ticks_source, e.ticks_target, e.tainted);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<LinkMeasured>& e) {
    io(e.ts, e.source, e.target, e.partial, e.partial_standard_error, e.partial_p,
       e.partial_samples, e.controls_kept, e.rho_before, e.rho_now, e.rho_adjusted, e.change_z,
       e.change_p, e.samples_before, e.samples_now, e.asymmetry, e.asymmetry_samples,
       e.spillover_received, e.spillover_given, e.tainted);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<SeriesMeasured>& e) {
    io(e.ts, e.series, e.selloff_z, e.jump, e.jump_p, e.drift_log, e.change_24h, e.intraday_factor,
       e.tainted);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<ImpactMeasured>& e) {
    io(e.ts, e.value_lost_usd, e.share, e.covered, e.as_of);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<TargetAssessed>& e) {
    io(e.ts, e.target, e.regime, e.regime_since, e.score, e.limiting, e.warmup, e.suspended);
    io.since(4, e.direction);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<FeedChanged>& e) {
    io(e.ts, e.feed, e.state);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<TickRejected>& e) {
    io(e.ts, e.instrument, e.feed, e.reason);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<AlertSuppressed>& e) {
    io(e.ts, e.rule, e.reason);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<EpisodeMember>& m) {
    io(m.instrument, m.feed, m.log_return, m.loss_sigma, m.share);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<EpisodeTarget>& t) {
    io(t.instrument, t.feed, t.price, t.log_return, t.loss_sigma, t.loss_one_way, t.score,
       t.correlation_window, t.correlation, t.correlation_baseline, t.correlation_standard_error,
       t.correlation_effective_samples, t.link, t.lead);
    io.since(4, t.fall);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<EpisodeControl>& c) {
    io(c.instrument, c.loss_sigma);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<ConditionReading>& r) {
    io(r.condition, r.unit, r.at_least, r.scaled, r.value, r.threshold, r.ratio);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<CauseCondition>& c) {
    io(c.reading, c.held_since, c.source_higher, c.target_higher);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<ShockReading>& s) {
    io(s.horizon_ns, s.source_sigma, s.source_one_way, s.macro_sigma, s.macro_one_way,
       s.controls_fresh);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<EpisodeCause>& c) {
    io(c.target, c.score, c.conditions, c.reached_at, c.warm_since, c.judged_since, c.trusted_since,
       c.cooldown_until, c.fallen_anew, c.shock);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<Episode>& e) {
    for (auto& c : e.id.text) io(c);
    io(e.revision, e.phase, e.rule, e.severity, e.ts, e.started_at, e.detected_at, e.ended_at,
       e.horizon_ns, e.source_group, e.source_log_return, e.source_loss_sigma,
       e.source_loss_one_way, e.leader, e.value_lost_usd, e.value_lost_share, e.value_as_of,
       e.members, e.targets, e.attribution, e.controls, e.score, e.score_peak, e.degraded, e.stale,
       e.diverged, e.gaps, e.coverage);
    io.since(3, e.cause);
    io.since(4, e.leader_confidence, e.placebos, e.direction_balance, e.source_fall);
}

template <typename Io>
void fields(Io& io, typename Io::template Of<EpisodeChanged>& e) {
    io(e.ts, e.episode);
}

class Writing {
  public:
    template <typename T>
    using Of = const T;

    explicit Writing(FieldWriter& writer) : writer_(writer) {}

    template <typename... Fields>
    void operator()(const Fields&... values) {
        (put(values), ...);
    }
    /// Fields that records have from this version on.
    template <typename... Fields>
    void since(std::uint8_t /*version*/, const Fields&... values) {
        (put(values), ...);
    }

  private:
    template <typename T>
    void put(const T& v) {
        if constexpr (std::is_same_v<T, bool>)
            writer_.boolean(v);
        else if constexpr (std::is_floating_point_v<T>)
            writer_.f64(v);
        else if constexpr (std::is_enum_v<T> || sizeof(T) == 1)
            writer_.u8(static_cast<std::uint8_t>(v));
        else if constexpr (std::is_integral_v<T> && sizeof(T) == 2)
            writer_.u16(static_cast<std::uint16_t>(v));
        else if constexpr (std::is_integral_v<T> && sizeof(T) == 4)
            writer_.u32(static_cast<std::uint32_t>(v));
        else if constexpr (std::is_integral_v<T>)
            writer_.u64(static_cast<std::uint64_t>(v));
        else
            fields(*this, v);
    }
    template <typename T>
    void put(const std::optional<T>& v) {
        writer_.boolean(v.has_value());
        if (v) put(*v);
    }
    void put(const Maybe& v) {
        writer_.boolean(v.has_value());
        if (v) put(*v);
    }
    template <typename T>
    void put(const std::vector<T>& list) {
        writer_.u32(static_cast<std::uint32_t>(list.size()));
        for (const T& item : list) put(item);
    }
    // The engine never says a change without its episode; an absent one is kept absent all the
    // same.
    void put(const std::shared_ptr<const Episode>& episode) {
        writer_.boolean(episode != nullptr);
        if (episode) put(*episode);
    }

    FieldWriter& writer_;
};

/// Bytes of a T whose optional fields are absent and whose lists are empty.
template <typename T>
std::size_t bytes_min() {
    static const std::size_t bytes = [] {
        std::vector<std::byte> out;
        FieldWriter writer(out);
        Writing{writer}(T{});
        return out.size();
    }();
    return bytes;
}

class Reading {
  public:
    template <typename T>
    using Of = T;

    Reading(FieldReader& reader, std::uint8_t version) : reader_(reader), version_(version) {}

    template <typename... Fields>
    void operator()(Fields&... values) {
        (get(values), ...);
    }
    /// Left as they are in records of before.
    template <typename... Fields>
    void since(std::uint8_t version, Fields&... values) {
        if (version_ >= version) (get(values), ...);
    }

  private:
    template <typename T>
    void get(T& v) {
        if constexpr (std::is_same_v<T, bool>)
            v = reader_.boolean();
        else if constexpr (std::is_floating_point_v<T>)
            v = reader_.f64();
        else if constexpr (std::is_enum_v<T>)
            v = reader_.enumerator<T>(count_of<T>());
        else if constexpr (sizeof(T) == 1)
            v = static_cast<T>(reader_.u8());
        else if constexpr (std::is_integral_v<T> && sizeof(T) == 2)
            v = static_cast<T>(reader_.u16());
        else if constexpr (std::is_integral_v<T> && sizeof(T) == 4)
            v = static_cast<T>(reader_.u32());
        else if constexpr (std::is_integral_v<T>)
            v = static_cast<T>(reader_.u64());
        else
            fields(*this, v);
    }
    template <typename T>
    void get(std::optional<T>& v) {
        if (reader_.boolean()) get(v.emplace());
    }
    void get(Maybe& v) {
        if (reader_.boolean()) v = reader_.f64();
    }
    template <typename T>
    void get(std::vector<T>& list) {
        list.resize(reader_.count(bytes_min<T>()));
        for (T& item : list) get(item);
    }
    void get(std::shared_ptr<const Episode>& episode) {
        if (!reader_.boolean()) return;
        auto read = std::make_shared<Episode>();
        get(*read);
        episode = std::move(read);
    }

    FieldReader& reader_;
    std::uint8_t version_;
};

template <typename Alternative>
bool read_if(Reading& reading, std::uint8_t code, std::optional<Event>& event) {
    if (code != Code<Alternative>::value) return false;
    Alternative value{};
    fields(reading, value);
    event.emplace(std::move(value));
    return true;
}

template <typename... Alternatives>
std::optional<Event> read_any(Reading& reading, std::uint8_t code,
                              const std::variant<Alternatives...>* /*of these*/) {
    std::optional<Event> event;
    // The first whose number it is reads it; no other is tried.
    static_cast<void>((read_if<Alternatives>(reading, code, event) || ...));
    return event;
}

}  // namespace

void write_event(FieldWriter& writer, const Event& event) {
    std::visit(
        [&](const auto& e) {
            writer.u8(Code<std::decay_t<decltype(e)>>::value);
            Writing writing(writer);
            fields(writing, e);
        },
        event);
}

std::optional<Event> read_event(FieldReader& reader, std::uint8_t version) {
    const std::uint8_t code = reader.u8();
    Reading reading(reader, version);
    std::optional<Event> event = read_any(reading, code, static_cast<const Event*>(nullptr));
    if (reader.failed()) return std::nullopt;
    return event;
}

}  // namespace contagiond::core
