// What a replay feeds to which engine: found out from the options before anything is fed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "daemon/config.hpp"
#include "daemon/journal_source.hpp"
#include "daemon/replay.hpp"

namespace contagiond::daemon {

/// A configuration for the engine, and what documents say of it.
struct ReplayConfig {
    core::EngineConfig engine;
    double false_alarm_budget = 0;       ///< as in Config
    std::optional<ShadowConfig> shadow;  ///< of the same universe
    std::string name;                    ///< where it came from
    std::string sha256;
    std::string instance = "replay";
    std::string external_url;
    bool is_recorded = false;
    std::string text;  ///< where it was recorded: as the journal carries it
};

struct ReplayPlan {
    ReplayConfig config;
    std::vector<std::string> differences;  ///< as in ReplayResult
    std::unique_ptr<InputSource> source;
    std::vector<const JournalSource*> journals;  ///< inside `source`
    /// Set when one journal is all there is and its own configurations are used: then each run of
    /// the recorded process gets an engine of its own, as it had.
    const JournalSource* runs = nullptr;
};

/// Journal text to configuration. Throws ConfigError.
ReplayConfig recorded_config(const core::JournalHeader& header);

/// Throws std::runtime_error or ConfigError with one sentence. `report` must outlive the plan.
std::unique_ptr<ReplayPlan> plan_replay(const ReplayOptions& options, ReadReport& report);

}  // namespace contagiond::daemon
