// A second configuration beside the live one.
//
// It says what differs and shares the rest, the universe above all: so it cannot be about other
// instruments or feeds than the inputs are, one file is all there is to read, and what the journal
// carries is enough to replay both.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "daemon/config_parts.hpp"
#include "daemon/engine_difference.hpp"
#include "daemon/sha256.hpp"

namespace contagiond::daemon {
namespace {

/// A control or placebo taken over from the live engine must not be a target or source here.
void check_parts(const ConfigValue& where, const core::EngineConfig& engine) {
    const std::vector<core::Member>& members = engine.universe.groups[engine.source_group].members;
    std::vector<core::InstrumentId> beside = engine.placebos;
    for (const core::Control& control : engine.controls) beside.push_back(control.instrument);
    for (const core::InstrumentId id : beside) {
        const bool is_target =
            std::find(engine.targets.begin(), engine.targets.end(), id) != engine.targets.end();
        const bool is_member = std::any_of(members.begin(), members.end(),
                                           [&](const auto& m) { return m.instrument == id; });
        if (!is_target && !is_member) continue;
        where.fail(fmt::format(
            "{} is a control or a placebo of the live engine and {} here: set controls and "
            "placebos too",
            engine.universe.instruments[id].symbol, is_target ? "a target" : "in the source"));
    }
}

}  // namespace

void read_shadow(const ConfigValue& value, const ConfigContext& context, Config& config) {
    ShadowConfig shadow;
    shadow.engine = config.engine;
    shadow.false_alarm_budget = config.false_alarm_budget;
    value.map([&](ConfigMap& keys) {
        const ConfigValue name = keys.need("name");
        shadow.name = name.text();
        check_name(shadow.name, name);
        const ConfigValue engine = keys.find_or_empty("engine");
        read_engine(engine, true, shadow.engine);
        check_parts(engine, shadow.engine);
        if (!context.is_replayable) check_delivery(engine, shadow.engine);
        read_detector(keys.find_or_empty("detector"), shadow.engine, shadow.false_alarm_budget,
                      config.warnings);
    });
    // The name too, so that its episodes never bear the id of a live one.
    shadow.engine.identity =
        sha256_hex("shadow " + shadow.name + "\n" + engine_text(config, shadow.engine));
    const std::string problem = core::check(shadow.engine);
    if (!problem.empty()) value.fail(problem);
    if (engine_differences(config.engine, shadow.engine).empty()) {
        config.warnings.push_back(
            fmt::format("{}: every setting is the live one's, and so will its alerts be: set under "
                        "engine or detector what is to be compared",
                        value.place()));
    }
    config.shadow = std::move(shadow);
}

}  // namespace contagiond::daemon
