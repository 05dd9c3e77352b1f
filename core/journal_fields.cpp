#include "core/journal_fields.hpp"

#include <utility>

namespace contagiond::core {
namespace {

/// Numbers in the file; the order of Event's alternatives may change, these may not.
enum class EventCode : std::uint8_t {
    bar_closed = 1,
    price_sampled = 2,
    selloff_measured = 3,
    correlation_measured = 4,
    target_assessed = 5,
    feed_changed = 6,
    tick_rejected = 7,
    alert_suppressed = 8,
    episode_changed = 9,
};

// Of enumerations without a count of their own: one above the last enumerator.
constexpr std::size_t regime_count = static_cast<std::size_t>(Regime::over) + 1;
constexpr std::size_t condition_count = static_cast<std::size_t>(Condition::target_loss) + 1;
constexpr std::size_t attribution_count = static_cast<std::size_t>(Attribution::unattributed) + 1;
constexpr std::size_t phase_count = static_cast<std::size_t>(EpisodePhase::resolved) + 1;
constexpr std::size_t feed_state_count = static_cast<std::size_t>(FeedState::up) + 1;

template <typename Enum>
void write_enum(FieldWriter& w, Enum v) {
    w.u8(static_cast<std::uint8_t>(v));
}

void write_decimal(FieldWriter& w, Decimal v) {
    w.i64(v.mantissa);
    w.u8(static_cast<std::uint8_t>(v.exponent));
}

Decimal read_decimal(FieldReader& r) {
    Decimal v;
    v.mantissa = r.i64();
    v.exponent = static_cast<std::int8_t>(r.u8());
    return v;
}

void write_body(FieldWriter& w, const BarClosed& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::bar_closed));
    w.i64(e.ts);
}

void write_body(FieldWriter& w, const PriceSampled& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::price_sampled));
    w.i64(e.ts);
    w.u16(e.instrument);
    w.u16(e.feed);
    write_decimal(w, e.price);
    w.f64(e.return_since_open);
    w.optional(e.bar_return);
    w.boolean(e.stale);
}

PriceSampled read_price_sampled(FieldReader& r) {
    PriceSampled e{};
    e.ts = r.i64();
    e.instrument = r.u16();
    e.feed = r.u16();
    e.price = read_decimal(r);
    e.return_since_open = r.f64();
    e.bar_return = r.optional();
    e.stale = r.boolean();
    return e;
}

void write_body(FieldWriter& w, const SelloffMeasured& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::selloff_measured));
    w.i64(e.ts);
    w.u16(e.series);
    w.u8(e.horizon);
    w.optional(e.log_return);
    w.optional(e.drawdown);
    w.optional(e.loss_sigma);
    w.optional(e.loss_one_way);
    w.f64(e.coverage);
    w.boolean(e.tainted);
}

SelloffMeasured read_selloff_measured(FieldReader& r) {
    SelloffMeasured e{};
    e.ts = r.i64();
    e.series = r.u16();
    e.horizon = r.u8();
    e.log_return = r.optional();
    e.drawdown = r.optional();
    e.loss_sigma = r.optional();
    e.loss_one_way = r.optional();
    e.coverage = r.f64();
    e.tainted = r.boolean();
    return e;
}

void write_body(FieldWriter& w, const CorrelationMeasured& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::correlation_measured));
    w.i64(e.ts);
    w.u16(e.source);
    w.u16(e.target);
    w.u8(e.window);
    w.optional(e.value);
    w.optional(e.baseline);
    w.optional(e.standard_error);
    w.u32(e.effective_samples);
    w.boolean(e.tainted);
}

CorrelationMeasured read_correlation_measured(FieldReader& r) {
    CorrelationMeasured e{};
    e.ts = r.i64();
    e.source = r.u16();
    e.target = r.u16();
    e.window = r.u8();
    e.value = r.optional();
    e.baseline = r.optional();
    e.standard_error = r.optional();
    e.effective_samples = r.u32();
    e.tainted = r.boolean();
    return e;
}

void write_body(FieldWriter& w, const TargetAssessed& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::target_assessed));
    w.i64(e.ts);
    w.u16(e.target);
    write_enum(w, e.regime);
    w.i64(e.regime_since);
    w.optional(e.score);
    write_enum(w, e.limiting);
    w.f64(e.warmup);
    w.boolean(e.suspended);
}

TargetAssessed read_target_assessed(FieldReader& r) {
    TargetAssessed e{};
    e.ts = r.i64();
    e.target = r.u16();
    e.regime = r.enumerator<Regime>(regime_count);
    e.regime_since = r.i64();
    e.score = r.optional();
    e.limiting = r.enumerator<Condition>(condition_count);
    e.warmup = r.f64();
    e.suspended = r.boolean();
    return e;
}

void write_body(FieldWriter& w, const FeedChanged& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::feed_changed));
    w.i64(e.ts);
    w.u16(e.feed);
    write_enum(w, e.state);
}

FeedChanged read_feed_changed(FieldReader& r) {
    FeedChanged e{};
    e.ts = r.i64();
    e.feed = r.u16();
    e.state = r.enumerator<FeedState>(feed_state_count);
    return e;
}

void write_body(FieldWriter& w, const TickRejected& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::tick_rejected));
    w.i64(e.ts);
    w.u16(e.instrument);
    w.u16(e.feed);
    write_enum(w, e.reason);
}

TickRejected read_tick_rejected(FieldReader& r) {
    TickRejected e{};
    e.ts = r.i64();
    e.instrument = r.u16();
    e.feed = r.u16();
    e.reason = r.enumerator<RejectReason>(reject_reason_count);
    return e;
}

void write_body(FieldWriter& w, const AlertSuppressed& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::alert_suppressed));
    w.i64(e.ts);
    write_enum(w, e.rule);
    write_enum(w, e.reason);
}

AlertSuppressed read_alert_suppressed(FieldReader& r) {
    AlertSuppressed e{};
    e.ts = r.i64();
    e.rule = r.enumerator<Rule>(rule_count);
    e.reason = r.enumerator<SuppressReason>(suppress_reason_count);
    return e;
}

void write_member(FieldWriter& w, const EpisodeMember& m) {
    w.u16(m.instrument);
    w.u16(m.feed);
    w.optional(m.log_return);
    w.optional(m.loss_sigma);
    w.optional(m.share);
}

EpisodeMember read_member(FieldReader& r) {
    EpisodeMember m{};
    m.instrument = r.u16();
    m.feed = r.u16();
    m.log_return = r.optional();
    m.loss_sigma = r.optional();
    m.share = r.optional();
    return m;
}

void write_target(FieldWriter& w, const EpisodeTarget& t) {
    w.u16(t.instrument);
    w.u16(t.feed);
    write_decimal(w, t.price);
    w.optional(t.log_return);
    w.optional(t.loss_sigma);
    w.optional(t.loss_one_way);
    w.f64(t.score);
    w.u8(t.correlation_window);
    w.optional(t.correlation);
    w.optional(t.correlation_baseline);
    w.optional(t.correlation_standard_error);
    w.u32(t.correlation_effective_samples);
}

EpisodeTarget read_target(FieldReader& r) {
    EpisodeTarget t{};
    t.instrument = r.u16();
    t.feed = r.u16();
    t.price = read_decimal(r);
    t.log_return = r.optional();
    t.loss_sigma = r.optional();
    t.loss_one_way = r.optional();
    t.score = r.f64();
    t.correlation_window = r.u8();
    t.correlation = r.optional();
    t.correlation_baseline = r.optional();
    t.correlation_standard_error = r.optional();
    t.correlation_effective_samples = r.u32();
    return t;
}

void write_control(FieldWriter& w, const EpisodeControl& c) {
    w.u16(c.instrument);
    w.optional(c.loss_sigma);
}

EpisodeControl read_control(FieldReader& r) {
    EpisodeControl c{};
    c.instrument = r.u16();
    c.loss_sigma = r.optional();
    return c;
}

void write_instrument(FieldWriter& w, InstrumentId id) {
    w.u16(id);
}

InstrumentId read_instrument(FieldReader& r) {
    return r.u16();
}

template <typename T, typename Write>
void write_list(FieldWriter& w, const std::vector<T>& list, Write write_one) {
    w.u32(static_cast<std::uint32_t>(list.size()));
    for (const T& item : list) write_one(w, item);
}

template <typename T, typename Read>
std::vector<T> read_list(FieldReader& r, Read read_one, std::size_t element_bytes_min) {
    std::vector<T> list(r.count(element_bytes_min));
    for (T& item : list) item = read_one(r);
    return list;
}

void write_episode(FieldWriter& w, const Episode& e) {
    for (const char c : e.id.text) w.u8(static_cast<std::uint8_t>(c));
    w.u32(e.revision);
    write_enum(w, e.phase);
    write_enum(w, e.rule);
    write_enum(w, e.severity);
    w.i64(e.ts);
    w.i64(e.started_at);
    w.i64(e.detected_at);
    w.i64(e.ended_at);
    w.i64(e.horizon_ns);
    w.u16(e.source_group);
    w.optional(e.source_log_return);
    w.optional(e.source_loss_sigma);
    w.optional(e.source_loss_one_way);
    w.boolean(e.leader.has_value());
    if (e.leader) w.u16(*e.leader);
    write_list(w, e.members, write_member);
    write_list(w, e.targets, write_target);
    write_enum(w, e.attribution);
    write_list(w, e.controls, write_control);
    w.f64(e.score);
    w.f64(e.score_peak);
    w.boolean(e.degraded);
    write_list(w, e.stale, write_instrument);
    w.u64(e.gaps);
    w.f64(e.coverage);
}

Episode read_episode(FieldReader& r) {
    Episode e;
    for (char& c : e.id.text) c = static_cast<char>(r.u8());
    e.revision = r.u32();
    e.phase = r.enumerator<EpisodePhase>(phase_count);
    e.rule = r.enumerator<Rule>(rule_count);
    e.severity = r.enumerator<Severity>(severity_count);
    e.ts = r.i64();
    e.started_at = r.i64();
    e.detected_at = r.i64();
    e.ended_at = r.i64();
    e.horizon_ns = r.i64();
    e.source_group = r.u16();
    e.source_log_return = r.optional();
    e.source_loss_sigma = r.optional();
    e.source_loss_one_way = r.optional();
    if (r.boolean()) e.leader = r.u16();
    e.members = read_list<EpisodeMember>(r, read_member, 7);
    e.targets = read_list<EpisodeTarget>(r, read_target, 32);
    e.attribution = r.enumerator<Attribution>(attribution_count);
    e.controls = read_list<EpisodeControl>(r, read_control, 3);
    e.score = r.f64();
    e.score_peak = r.f64();
    e.degraded = r.boolean();
    e.stale = read_list<InstrumentId>(r, read_instrument, 2);
    e.gaps = r.u64();
    e.coverage = r.f64();
    return e;
}

void write_body(FieldWriter& w, const EpisodeChanged& e) {
    w.u8(static_cast<std::uint8_t>(EventCode::episode_changed));
    w.i64(e.ts);
    // The engine never says a change without its episode; an absent one is kept absent all the
    // same.
    w.boolean(e.episode != nullptr);
    if (e.episode) write_episode(w, *e.episode);
}

EpisodeChanged read_episode_changed(FieldReader& r) {
    EpisodeChanged e{};
    e.ts = r.i64();
    if (r.boolean()) e.episode = std::make_shared<const Episode>(read_episode(r));
    return e;
}

Event read_alternative(FieldReader& r, EventCode code) {
    switch (code) {
        case EventCode::bar_closed:
            return BarClosed{r.i64()};
        case EventCode::price_sampled:
            return read_price_sampled(r);
        case EventCode::selloff_measured:
            return read_selloff_measured(r);
        case EventCode::correlation_measured:
            return read_correlation_measured(r);
        case EventCode::target_assessed:
            return read_target_assessed(r);
        case EventCode::feed_changed:
            return read_feed_changed(r);
        case EventCode::tick_rejected:
            return read_tick_rejected(r);
        case EventCode::alert_suppressed:
            return read_alert_suppressed(r);
        case EventCode::episode_changed:
            return read_episode_changed(r);
    }
    return BarClosed{};
}

}  // namespace

void write_event(FieldWriter& writer, const Event& event) {
    std::visit([&](const auto& e) { write_body(writer, e); }, event);
}

std::optional<Event> read_event(FieldReader& reader) {
    const std::uint8_t code = reader.u8();
    if (code < static_cast<std::uint8_t>(EventCode::bar_closed) ||
        code > static_cast<std::uint8_t>(EventCode::episode_changed))
        return std::nullopt;
    Event event = read_alternative(reader, static_cast<EventCode>(code));
    if (reader.failed()) return std::nullopt;
    return event;
}

}  // namespace contagiond::core
