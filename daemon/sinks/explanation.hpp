// Explanation: why an episode opened, and why then, in words for people: every condition with its
// value, its threshold and since when it had held, what else had to be true, and what would have
// prevented it. The same words on the terminal, in the API and on the page.
//
// Document, schema contagiond.explanation/1 (times RFC 3339 UTC; what is unknown is null):
//
//   {"schema","id","title","rule","attribution","source":"us_tech","target":"BTC-USD",
//    "started_at":time,"detected_at":time,"score":0.81,"enter_score":0.8,
//    "known":true,             false: recorded before causes were; the lists are then empty
//    "conditions":[{"condition":"target_fall","label":text,"meaning":text,
//                   "unit":"fraction|share|seconds|number","value":0.0152,"threshold":0.015,
//                   "asked":"at_least|at_most",
//                   "ratio":1.013,       above 1 it holds; null where nothing is asked
//                   "value_text":"1.52 %","asked_text":"at least 1.50 %","margin_text":"0.02 %",
//                   "held_since":time,"last_to_hold":true,
//                   "source_higher":null,"target_higher":0.0003,     of the price; see
//                                                                    core/episode_cause.hpp
//                   "prevention":"BTC-USD 0.03 % higher"}],
//    "why_then":text,
//    "also":[{"name":"warmup|judged|trusted|confirmation|cooldown|attribution","text":text,
//             "since":time}],
//    "prevention":[{"condition":"target_fall","text":"BTC-USD 0.03 % higher"}],   smallest first
//    "threshold_factor":{"now":1,"prevented_above":1.014},
//    "note":text}
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::sinks {

struct ExplainedCondition {
    core::CauseCondition cause;
    std::string label;    ///< "BTC-USD's fall within the last 60 min"
    std::string meaning;  ///< how it is measured, where the label does not say it; may be empty
    std::string value, asked, margin;  ///< "1.52 %", "at least 1.50 %", "0.02 %"
    std::string prevention;            ///< "BTC-USD 0.03 % higher"
    bool last = false;                 ///< none came true later
};

/// Something else that had to be true.
struct ExplainedFact {
    std::string name;
    std::string text;
    core::TimeNs since = core::no_time;
};

struct Explanation {
    bool known = false;
    std::string source, target;  ///< names; target: whose score decided
    std::vector<ExplainedCondition> conditions;
    std::string why_then;
    std::vector<ExplainedFact> also;
    std::vector<std::size_t> prevention;  ///< places in `conditions`, smallest change first
    double factor_now = 1;
    std::optional<double> factor_from;  ///< threshold_factor above which it would not have opened
    std::string note;                   ///< what the preventions leave open
};

/// Pure. Any revision of the episode gives the same but for its title.
Explanation explain(const core::Episode& episode, const DocumentContext& context);

/// One line of JSON, without a newline at the end. Pure.
std::string explanation_document(const core::Episode& episode, const DocumentContext& context);

/// Some forty lines for a terminal. Pure.
std::string explanation_text(const core::Episode& episode, const DocumentContext& context);

}  // namespace contagiond::sinks
