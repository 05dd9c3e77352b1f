// Detector: scores to episodes. Pure decisions on one reading a bar; what an episode tells is
// filled in by the engine, and where the scores come from stands in level_channel.hpp.
//
// An episode opens when the score of the first target that can be judged reaches enter_score; the
// others join when theirs reaches exit_score. It ends when that score has been below exit_score for
// calm_before_over. Each rule has its own score: crypto_to_tech that of direction.hpp, the others
// that of the level channel. After the last moment at enter_score no other of the same rule opens
// for the cooldown, unless both legs have fallen anew: a selloff echoes, and a desk hears it once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/engine.hpp"
#include "core/event.hpp"

namespace contagiond::core {

/// Below this alive weight the source says nothing.
inline constexpr double source_coverage_min = 0.25;

/// One leg over one horizon.
struct LegMeasure {
    std::optional<double> log_return;
    std::optional<double> loss_sigma;
    std::optional<double> loss_one_way;
};

struct Score {
    double value = 0;  ///< 0-1
    Condition limiting = Condition::none;
    double loss = 0;  ///< of the target, as a fraction; positive is a fall
};

struct TargetReading {
    std::optional<Score> score;  ///< absent: cannot be judged now
    double fallen_anew = 0;      ///< since the last opening, against the thresholds
    bool tainted = false;        ///< the evidence behind the score is doubtful
    double warmup = 0;           ///< 0-1
    /// Of crypto_to_tech, 0-1; at least the score where that fall is the target's own.
    double reverse = 0;
    bool target_led = false;        ///< the fall is the target's own: no spillover of tech
    std::optional<double> balance;  ///< for one direction or the other; see direction.hpp
};

struct Reading {
    TimeNs ts = 0;
    bool suspended = false;  ///< the source cannot be judged: closed, silent, down
    Attribution attribution = Attribution::unattributed;
    bool led = false;  ///< a lead can be claimed that the open episode has not told yet
    std::span<const TargetReading> targets;
};

struct TargetState {
    Regime regime = Regime::warming;
    TimeNs since = 0;
    bool in_episode = false;
};

struct Suppression {
    Rule rule;
    SuppressReason reason;
};

/// What one reading led to.
struct Verdict {
    std::optional<EpisodePhase> change;  ///< of the episode; absent: nothing to tell
    std::optional<Suppression> suppressed;
};

/// The open episode, or the last one.
struct EpisodeState {
    bool open = false;
    std::uint32_t number = 0;  ///< counts episodes since the start
    std::uint32_t revision = 0;
    Rule rule = Rule::tech_to_crypto;
    Severity severity = Severity::warning;
    Attribution attribution = Attribution::unattributed;
    TimeNs detected_at = 0;
    TimeNs ended_at = no_time;
    double score = 0;
    double score_peak = 0;
    bool degraded = false;
    // Why it could open; see EpisodeCause.
    TimeNs reached_at = no_time;
    TimeNs cooldown_until = no_time;
    std::optional<double> fallen_anew;
};

/// One thread. Allocates at construction only.
class Detector {
  public:
    Detector(const DetectorConfig& config, std::size_t targets);

    Verdict step(const Reading& reading);

    std::span<const TargetState> targets() const { return targets_; }
    const EpisodeState& episode() const { return episode_; }

  private:
    const TargetReading* judged(const Reading& reading) const;
    Rule claimed(const Reading& reading, const TargetReading& target) const;
    static double score_of(const TargetReading& target, Rule rule) {
        return rule == Rule::crypto_to_tech ? target.reverse : target.score->value;
    }
    bool followed(const Reading& reading, const TargetReading& target) const;
    bool attribute_anew(const Reading& reading);
    void watch_closed(const Reading& reading, Verdict& verdict);
    void watch_open(const Reading& reading, Verdict& verdict);
    void end(TimeNs ts);
    bool join_targets(const Reading& reading);
    void set_regimes(const Reading& reading);

    DetectorConfig config_;
    std::vector<TargetState> targets_;
    EpisodeState episode_;
    TimeNs candidate_since_ =
        no_time;                    ///< the score reached enter then, and has not left exit since
    bool candidate_told_ = false;   ///< a suppression was counted for this candidate
    TimeNs below_since_ = no_time;  ///< an open episode's score has been below exit since
    TimeNs told_at_ = 0;            ///< last revision
    double told_score_ = 0;
    double told_loss_ = 0;
    TimeNs attributed_at_ = 0;  ///< the episode's class was chosen then
    struct Hold {
        TimeNs opened_at = no_time;  ///< the last episode of the rule
        TimeNs on_at = no_time;      ///< last moment at enter_score that belongs to it
    };
    bool held(const Hold& hold, TimeNs ts) const {
        return hold.on_at != no_time && ts < hold.on_at + config_.cooldown;
    }
    bool anew(const Hold& hold, TimeNs ts, const TargetReading& target) const;

    std::array<Hold, rule_count> holds_{};
};

}  // namespace contagiond::core
