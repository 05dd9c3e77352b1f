// DecisionEngine: the engine for those who ask only what it decides: a replay for its alerts, a
// shadow. Equal inputs give the episodes, assessments and refusals of core::Engine, bit for bit.
// What that says of its measures besides (prices, falls, correlations, leads, links, habits,
// impact) is not told, and what is measured only to be told is not measured: about half the work of
// a bar.
#pragma once

#include <memory>
#include <span>

#include "core/engine.hpp"

namespace contagiond::core {

/// As core::Engine, of whose events it tells all but PriceSampled, SelloffMeasured,
/// CorrelationMeasured, TickCorrelationMeasured, LeadMeasured, LinkMeasured, SeriesMeasured and
/// ImpactMeasured.
class DecisionEngine {
  public:
    /// `config` must pass check().
    explicit DecisionEngine(EngineConfig config);
    ~DecisionEngine();
    DecisionEngine(DecisionEngine&&) noexcept;
    DecisionEngine& operator=(DecisionEngine&&) noexcept;

    std::span<const Event> step(std::span<const Input> inputs);

    const EngineConfig& config() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace contagiond::core
