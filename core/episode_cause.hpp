// EpisodeCause: why an episode opened, and why then: every condition as it stood, since when it had
// held, what else had to be true, and what would have broken each.
#pragma once

#include <vector>

#include "core/condition.hpp"
#include "core/instrument.hpp"
#include "core/maybe.hpp"
#include "core/units.hpp"

namespace contagiond::core {

struct CauseCondition {
    ConditionReading reading;
    /// End of the minute from which on it has held without interruption.
    TimeNs held_since = no_time;
    // How much higher the source or the target would have had to stand at that minute, everything
    // before being as it was, for it not to hold: a fraction of their price. Absent: it would have
    // held all the same.
    Maybe source_higher;
    Maybe target_higher;

    friend bool operator==(const CauseCondition&, const CauseCondition&) = default;
};

/// Whose shock it was: what the verdict rests on. Losses in usual sigma; of the controls, positive
/// is hawkish. Absent: not known then.
struct ShockReading {
    DurationNs horizon_ns = 0;
    Maybe source_sigma, source_one_way;
    Maybe macro_sigma, macro_one_way;
    bool controls_fresh = false;

    friend bool operator==(const ShockReading&, const ShockReading&) = default;
};

/// As it stood when the episode opened.
struct EpisodeCause {
    InstrumentId target = no_id;  ///< whose score decided
    double score = 0;
    std::vector<CauseCondition> conditions;  ///< in the order of their numbers
    /// The score reached enter_score then, and had not fallen below exit_score since.
    TimeNs reached_at = no_time;
    // Each without interruption; of `target`.
    TimeNs warm_since = no_time;     ///< enough was seen
    TimeNs judged_since = no_time;   ///< it and the source were open and fresh
    TimeNs trusted_since = no_time;  ///< nothing behind the score was doubtful
    /// A cooldown would have lasted until then, but both legs had fallen anew by so many times
    /// their thresholds. no_time, and absent: there was none.
    TimeNs cooldown_until = no_time;
    Maybe fallen_anew;
    ShockReading shock;

    friend bool operator==(const EpisodeCause&, const EpisodeCause&) = default;
};

}  // namespace contagiond::core
