// Event: everything the engine says. Small values by kind; what concerns an alert (rare, large) is
// shared and immutable. A number that could not be computed is absent, never 0 and never NaN.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/condition.hpp"
#include "core/decimal.hpp"
#include "core/episode_cause.hpp"
#include "core/input.hpp"
#include "core/instrument.hpp"
#include "core/maybe.hpp"
#include "core/units.hpp"

namespace contagiond::core {

/// Why a tick was not believed. Names are metric labels.
enum class RejectReason : std::uint8_t {
    zero_price,
    negative_price,
    absurd_price,   ///< not representable or beyond any asset's price
    absurd_time,    ///< exchange stamp before 2015 or after 2100
    crossed_quote,  ///< bid above ask
    wide_quote,     ///< bid and ask so far apart that their middle is nobody's price
    unknown_instrument,
    late,     ///< older than the last accepted tick of the same feed and kind
    outlier,  ///< a jump that nothing confirmed
};
inline constexpr std::size_t reject_reason_count = 9;
std::string_view to_string(RejectReason reason);

/// State of one target.
enum class Regime : std::uint8_t {
    warming,  ///< too little history to say anything
    calm,
    elevated,   ///< the tier below an episode: shown, not sent
    contagion,  ///< an episode is open
    over,       ///< an episode has ended; cooldown
};
std::string_view to_string(Regime regime);

/// Which story an episode tells.
enum class Rule : std::uint8_t { tech_to_crypto, crypto_to_tech, common_macro };
inline constexpr std::size_t rule_count = 3;
std::string_view to_string(Rule rule);

enum class Severity : std::uint8_t { info, warning, critical };
inline constexpr std::size_t severity_count = 3;
std::string_view to_string(Severity severity);

enum class SuppressReason : std::uint8_t { cooldown, hysteresis, session, stale_data, budget };
inline constexpr std::size_t suppress_reason_count = 5;
std::string_view to_string(SuppressReason reason);

enum class Attribution : std::uint8_t {
    tech,
    macro,
    crypto,
    undecided,
    unattributed,  ///< no fresh macro control: cannot tell
};
std::string_view to_string(Attribution attribution);

/// Which way it runs at one target now. Those of an open episode are its rule.
enum class Direction : std::uint8_t {
    none,
    tech_to_crypto,
    crypto_to_tech,
    common_macro,
    decoupled,  ///< the source has fallen by its threshold, and the target does not follow
};
inline constexpr std::size_t direction_count = 5;
std::string_view to_string(Direction direction);

/// Why the data of an instrument are in doubt.
enum class TaintCause : std::uint8_t {
    gap,         ///< messages are known to be missing, or a trade was declared void
    stale,       ///< no fresh price although its market is open
    divergence,  ///< its feeds disagree, and nobody can tell which is right
    clock,       ///< our clock jumped, or the venue's is far from it
    frozen,      ///< frames keep coming, but the price has stood still far beyond habit
};
inline constexpr std::size_t taint_cause_count = 5;
std::string_view to_string(TaintCause cause);

/// Causes as bits: none of them is 0.
using TaintCauses = std::uint8_t;
constexpr TaintCauses taint_bit(TaintCause cause) {
    return static_cast<TaintCauses>(1u << static_cast<unsigned>(cause));
}

/// What stretch of time a return covers.
enum class ReturnKind : std::uint8_t {
    bar,       ///< one bar of an open market
    catch_up,  ///< several bars of an open market in which nothing printed
    gap,       ///< a closure, or so long a silence that it is one. Never in a correlation
};
std::string_view to_string(ReturnKind kind);

/// One instrument's row of the grid.
struct PriceSampled {
    TimeNs ts;  ///< end of the bar
    InstrumentId instrument;
    FeedId feed;      ///< whose price is shown
    TimeNs ts_price;  ///< event time of the newest print behind it
    Decimal price;
    double return_since_open;  ///< log return since the first price of this run
    Maybe bar_return;          ///< log return of the bar; absent where nothing printed in it
    ReturnKind return_kind;
    Maybe change_24h;             ///< log return over the last 24 hours
    std::uint8_t feeds_fresh;     ///< feeds with a fresh price
    std::uint8_t feeds_agreeing;  ///< of these, how many stand behind this price
    bool stale;
    /// Why its data were doubtful within the longest window of correlations and falls. change_24h,
    /// over a day, is judged by the same.
    TaintCauses taint;
};

/// A feed's price has left what the instrument's other feeds agree on, or has come back to it.
struct PriceDiverged {
    TimeNs ts;
    InstrumentId instrument;
    FeedId feed;
    Maybe ratio;  ///< the feed's price over the others', minus one
    bool diverged;
};

/// A tick came after the bar it belongs to was closed. It counts from now on and changes nothing
/// that was said.
struct TickLate {
    TimeNs ts;
    InstrumentId instrument;
    FeedId feed;
    DurationNs behind;  ///< its event time against the end of the last closed bar
};

/// The selloff measure of one series over one horizon.
struct SelloffMeasured {
    TimeNs ts;
    SeriesId series;
    std::uint8_t horizon;  ///< position in EngineConfig::selloff_horizons
    Maybe log_return;      ///< over the horizon
    Maybe drawdown;        ///< <= 0, below the high since the horizon began, as a fraction
    Maybe loss_sigma;      ///< s: positive is a fall
    Maybe loss_one_way;    ///< n: the fall over the root of its squared steps
    double coverage;       ///< 0-1, weight of the series that is alive
    bool tainted;
};

/// The correlation of one pair over one window.
struct CorrelationMeasured {
    TimeNs ts;
    SeriesId source;
    SeriesId target;
    std::uint8_t window;  ///< position in EngineConfig::correlation_windows
    Maybe value;          ///< Pearson, -1 to 1
    /// What was usual before the window began: the same pair's correlation with exponentially
    /// decaying weights, about zero, as it was one window ago.
    Maybe baseline;
    Maybe standard_error;             ///< large-sample, (1 - r^2) / sqrt(n - 1)
    std::uint32_t effective_samples;  ///< rows in the window in which both sides printed
    bool tainted;
    /// Rows of equal weight that the baseline is worth. Its standard error follows: see
    /// standard_error_of().
    Maybe baseline_effective_samples = {};
};

/// Large-sample standard error of a correlation over n independent rows, (1 - r^2) / sqrt(n - 1);
/// absent without a correlation, or with n not above 1.
inline Maybe standard_error_of(Maybe correlation, Maybe n) {
    if (!correlation || !n || !(*n > 1)) return std::nullopt;
    return (1 - *correlation * *correlation) / std::sqrt(*n - 1);
}

/// The correlation of one pair from raw ticks over the tick window (Hayashi and Yoshida).
struct TickCorrelationMeasured {
    TimeNs ts;
    SeriesId source;
    SeriesId target;
    Maybe value;                      ///< not clipped: beyond ±1 it is noise. Absent on few ticks
    Maybe standard_error;             ///< by leaving out one block of time after the other
    std::uint32_t effective_samples;  ///< overlapping pairs of returns
    bool tainted;
};

/// Why no lead is claimed; `led` where one is.
enum class LeadVerdict : std::uint8_t {
    led,
    too_few_ticks,
    no_variance,
    not_significant,   ///< no lag stands out
    spans_zero,        ///< the interval holds 0: together, as far as can be told
    finer_than_ticks,  ///< a lag shorter than the ticks lie apart
    at_the_edge,       ///< the best lag is the largest looked at: the true one may lie beyond
};
inline constexpr std::size_t lead_verdict_count = 7;
std::string_view to_string(LeadVerdict verdict);

/// Who of a pair moves first, from raw ticks over the tick window. Measured on a slower clock.
struct LeadMeasured {
    TimeNs ts;
    SeriesId source;
    SeriesId target;
    LeadVerdict verdict;
    Maybe seconds;                    ///< positive: the source moves first
    Maybe seconds_low, seconds_high;  ///< 95 % interval
    Maybe correlation;                ///< at that lag
    Maybe correlation_standard_error;
    Maybe ratio;  ///< squares of the correlations at which the source leads over
                  ///< those at which the target does; may be infinite
    std::uint32_t ticks_source, ticks_target;
    bool tainted;
};

/// What ties the source group to one target beyond a common fall. Measured on a slower clock, from
/// bars.
struct LinkMeasured {
    TimeNs ts;
    SeriesId source;
    InstrumentId target;
    /// Correlation after the macro controls are taken out of both, over the link window.
    Maybe partial;
    Maybe partial_standard_error;
    Maybe partial_p;                ///< two-sided
    std::uint32_t partial_samples;  ///< rows
    std::uint8_t controls_kept;     ///< 0: nothing was taken out
    /// Forbes and Rigobon: the last link window against the stretch before it.
    Maybe rho_before, rho_now, rho_adjusted;
    Maybe change_z, change_p;  ///< one-sided: the link has strengthened
    std::uint32_t samples_before, samples_now;
    /// Of lagged correlations on either side of 0: above 0 when the source moves first. About
    /// N(0,1).
    Maybe asymmetry;
    std::uint32_t asymmetry_samples;
    /// Diebold and Yilmaz: share of the target's forecast error that comes from the source, and the
    /// other way, 0-1.
    Maybe spillover_received, spillover_given;
    /// Anything above may rest on doubtful data: judged over the longest of the stretches behind
    /// it, and for the controls that were taken out; see link_evidence.hpp.
    bool tainted;
};

/// One series against its own habits, from one-minute rows.
struct SeriesMeasured {
    TimeNs ts;
    SeriesId series;
    Maybe selloff_z;         ///< the last 15 minutes in the sigma known before; negative: fall
    Maybe jump;              ///< the last minute in sigma, signed (Lee and Mykland)
    Maybe jump_p;            ///< chance that a session's largest minute is as large
    Maybe drift_log;         ///< log e-value of a fall, in nats (sequential betting)
    Maybe change_24h;        ///< log return over the last 24 hours
    double intraday_factor;  ///< usual size of this time of day; 1 is average
    bool tainted;            ///< within the longest window, though change_24h is over a day
};

/// The source basket's value gone over the last 24 hours.
struct ImpactMeasured {
    TimeNs ts;
    Maybe value_lost_usd;  ///< negative: gained
    Maybe share;           ///< of the value of the crypto assets with a known supply
    double covered;        ///< weight of the members that are counted, 0-1
    TimeNs as_of;          ///< oldest date among shares and supplies; or no_time
};

/// What the detector thinks of one target now.
struct TargetAssessed {
    TimeNs ts;
    InstrumentId target;
    Regime regime;
    TimeNs regime_since;
    Maybe score;         ///< 0-1; at the enter threshold an episode opens
    Condition limiting;  ///< the condition that holds the score down
    double warmup;       ///< 0-1, share of the warm-up that is done
    bool suspended;      ///< data too old to judge: the regime is held, not measured
    Direction direction = Direction::none;
};

struct FeedChanged {
    TimeNs ts;
    FeedId feed;
    FeedState state;
};

struct TickRejected {
    TimeNs ts;
    InstrumentId instrument;
    FeedId feed;
    RejectReason reason;
};

struct AlertSuppressed {
    TimeNs ts;
    Rule rule;
    SuppressReason reason;
};

/// All events of this row of the grid have been said.
struct BarClosed {
    TimeNs ts;
};

/// 26 characters of Crockford's base 32, as ULID prescribes: time first, so that ids sort by time.
/// Derived from the input alone, so that a replay gives the same id.
struct EpisodeId {
    std::array<char, 26> text{};
    std::string_view view() const { return {text.data(), text.size()}; }
    friend bool operator==(const EpisodeId&, const EpisodeId&) = default;
};

enum class EpisodePhase : std::uint8_t { opened, updated, resolved };
std::string_view to_string(EpisodePhase phase);

struct EpisodeMember {
    InstrumentId instrument;
    FeedId feed;
    Maybe log_return;  ///< over the episode's horizon
    Maybe loss_sigma;
    Maybe share;  ///< of the group's fall, 0-1; absent where the member rose
};

struct EpisodeTarget {
    InstrumentId instrument;
    FeedId feed;
    Decimal price;
    Maybe log_return;
    Maybe loss_sigma;
    Maybe loss_one_way;
    double score;
    std::uint8_t correlation_window;  ///< position in EngineConfig::correlation_windows
    Maybe correlation;
    Maybe correlation_baseline;
    Maybe correlation_standard_error;
    std::uint32_t correlation_effective_samples;
    std::optional<LinkMeasured> link;  ///< at this moment
    std::optional<LeadMeasured> lead;  ///< of the leader, or else of the whole group
    Maybe fall = {};  ///< below its high since the slide began, as a fraction: positive
};

struct EpisodeControl {
    InstrumentId instrument;
    Maybe loss_sigma;  ///< in the hawkish direction: positive is macro pressure
};

/// One story: who spills over to whom, since when, how strongly. A value of one moment; `revision`
/// rises.
struct Episode {
    EpisodeId id;
    std::uint32_t revision = 1;
    EpisodePhase phase = EpisodePhase::opened;
    Rule rule = Rule::tech_to_crypto;
    Severity severity = Severity::warning;
    TimeNs ts = 0;          ///< of this revision
    TimeNs started_at = 0;  ///< onset: when the source began to slide (see level_channel.hpp)
    TimeNs detected_at = 0;
    TimeNs ended_at = no_time;
    DurationNs horizon_ns = 0;       ///< over which the returns below are taken
    std::uint16_t source_group = 0;  ///< position in Universe::groups
    Maybe source_log_return;
    Maybe source_loss_sigma;
    Maybe source_loss_one_way;
    Maybe source_fall;                   ///< of its index, below its high: a fraction, positive
    std::optional<InstrumentId> leader;  ///< absent: no single leader
    Maybe leader_confidence;             ///< 0-1, see leader.hpp; absent without a leader
    Maybe value_lost_usd;                ///< of the source's members, over the horizon
    Maybe value_lost_share;              ///< of the value of the crypto assets
    TimeNs value_as_of = no_time;        ///< oldest date among the shares and supplies behind it
    std::vector<EpisodeMember> members;  ///< largest share first
    std::vector<EpisodeTarget> targets;  ///< the one that fell most in its own sigma first
    Attribution attribution = Attribution::unattributed;
    std::vector<EpisodeControl> controls;
    std::vector<EpisodeControl> placebos;  ///< a loss is positive
    Maybe direction_balance;               ///< of the first target; below 0 for crypto's own fall
    double score = 0;
    double score_peak = 0;
    bool degraded = false;               ///< evidence was tainted while the episode was open
    std::vector<InstrumentId> stale;     ///< members and targets without a fresh price
    std::vector<InstrumentId> diverged;  ///< members and targets whose feeds disagree
    std::uint64_t gaps = 0;              ///< gap inputs inside the horizon
    double coverage = 0;                 ///< alive weight of the source, 0-1
    /// Why it opened; the same in every revision. Absent in records of before it was told.
    std::optional<EpisodeCause> cause;
};

struct EpisodeChanged {
    TimeNs ts;
    std::shared_ptr<const Episode> episode;
};

using Event = std::variant<BarClosed, PriceSampled, SelloffMeasured, CorrelationMeasured,
                           TickCorrelationMeasured, LeadMeasured, LinkMeasured, SeriesMeasured,
                           ImpactMeasured, TargetAssessed, FeedChanged, PriceDiverged, TickRejected,
                           TickLate, AlertSuppressed, EpisodeChanged>;

}  // namespace contagiond::core
