// Engine: the order of everything. Inputs go in, events come out, and nothing else is consulted: no
// clock, no random source, no file. Equal inputs give equal events, bit for bit, however they are
// batched.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/input.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"

namespace contagiond::core {

/// When an episode opens, grows, ends.
struct DetectorConfig {
    double enter_score = 0.8;  ///< an episode opens at or above
    double exit_score = 0.6;   ///< it may end below
    double elevated_score =
        0.55;  ///< regime `elevated` at or above; left below elevated_exit_score
    double elevated_exit_score = 0.45;
    double critical_score = 0.95;                   ///< severity `critical` at or above
    DurationNs confirm = 0;                         ///< the enter score must hold this long
    DurationNs minimum_hold = 10 * ns_per_min;      ///< an episode stays open at least this long
    DurationNs calm_before_over = 60 * ns_per_min;  ///< the score must stay below exit this long
    /// After the last moment at enter_score no other episode of the same rule opens: the same
    /// selloff echoes for half a day ...
    DurationNs cooldown = 12 * ns_per_hour;
    /// ... unless so long after the opening both legs have fallen anew, by this many times the
    /// thresholds.
    DurationNs reopen_after = 180 * ns_per_min;
    double reopen_factor = 2.0;
    DurationNs update_interval =
        10 * ns_per_min;  ///< an open episode that grows is told again at most this often

    // At these values of every condition the score is exactly enter_score. The conditions stand in
    // level_channel.hpp; falls are fractions.
    double threshold_factor = 1.0;  ///< makes the first four stricter or milder together
    double source_fall = 0.010;
    double target_fall = 0.015;
    double joint_fall = 2.35;
    double recent_fall = 0.008;
    double follow_share = 0.8;
    double before_share = 0.5;
    double regained_share = 0.2;
    DurationNs slide_age = 180 * ns_per_min;
    double outrun_share = 1.75;  ///< its fall over the source's, each in what it usually moves
    /// Both swing as one: the source's volatility over the usual, and the correlation of the
    /// minutes, above these ...
    double burst_volatility = 1.5;
    double burst_correlation = 0.75;
    double burst_one_way = 2.5;  ///< ... then the source must have fallen so one-way
    // What they are measured over.
    DurationNs level_window = 4 * ns_per_hour;
    DurationNs recent_window = ns_per_hour;  ///< and twice that
    DurationNs slide_lead = ns_per_hour;     ///< the target may begin so long before the source
    double slide_share = 0.15;
    double slide_cap = 0.004;
    double follow_cap = 0.04;  ///< a gap at a reopening may not ask for more of the target
    double before_credit = 0.25;

    // Macro: controls fall (hawkish) by this share of the source's sigma, one-way or large; see
    // attribution.hpp.
    double macro_share = 0.3;
    double macro_one_way = 2.3;
    double macro_sigma = 2.5;

    // Crypto to tech: falls of each below its high, and how clearly it is crypto's; see
    // direction.hpp.
    double reverse_fall = 0.025;
    double reverse_source_fall = 0.007;
    double reverse_balance = 2.2;
};

/// A macro control and the direction in which it presses on risk: +1 when its fall is hawkish (a
/// Treasury future, gold), -1 when its rise is (the dollar).
struct Control {
    InstrumentId instrument = no_id;
    int sign = 1;
};

struct EngineConfig {
    Universe universe;
    std::uint16_t source_group = 0;     ///< position in universe.groups
    std::vector<InstrumentId> targets;  ///< at most 8
    std::vector<Control> controls;      ///< may be empty: then nothing is attributed
    /// Defensive names that tech news leaves alone and a macro shock does not. May be empty.
    std::vector<InstrumentId> placebos;
    DurationNs bar = 10 * ns_per_s;  ///< step of the grid
    std::vector<DurationNs> correlation_windows = {5 * ns_per_min, 15 * ns_per_min,
                                                   60 * ns_per_min};
    /// Shortest first.
    std::vector<DurationNs> selloff_horizons = {5 * ns_per_min,   15 * ns_per_min,
                                                30 * ns_per_min,  60 * ns_per_min,
                                                120 * ns_per_min, 240 * ns_per_min};
    DurationNs baseline_half_life = 32 * ns_per_hour;    ///< of the volatility scale: five sessions
    DurationNs correlation_half_life = 30 * ns_per_min;  ///< of the usual correlation
    DurationNs warmup = 30 * ns_per_min;                 ///< of bars in which the target printed
    /// How long a bar waits after its end for ticks that are still on their way. At most a bar.
    DurationNs lateness = 500 * ns_per_ms;
    DurationNs tick_window = 15 * ns_per_min;  ///< of the statistics on raw ticks
    DurationNs link_window = 60 * ns_per_min;  ///< of the link between source and target "now"
    DurationNs link_before = 4 * ns_per_hour;  ///< what that is compared with: the stretch before
    DurationNs study_interval = ns_per_min;    ///< every slower statistic is measured so often
    DetectorConfig detector;
    std::string identity;  ///< digest of the configuration; enters episode ids
};

/// What is wrong with a configuration, in one sentence; empty if nothing is.
std::string check(const EngineConfig& config);

/// One thread at a time (the engine thread). Never blocks, reads no clock. Allocates only when an
/// episode changes, and while the output buffer grows to the size of the largest batch.
class Engine {
  public:
    /// `config` must pass check().
    explicit Engine(EngineConfig config);
    ~Engine();
    Engine(Engine&&) noexcept;
    Engine& operator=(Engine&&) noexcept;

    /// Takes inputs in the order of record and answers with what changed. The events are valid
    /// until the next call. Time is the largest ts_receive seen; it never runs backwards.
    std::span<const Event> step(std::span<const Input> inputs);

    const EngineConfig& config() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace contagiond::core
