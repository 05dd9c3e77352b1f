// DirectionWatch: gathers what direction.hpp weighs, at one target: sizes from the falls against
// their usual scale, order from bars, and from ticks where they show a lead.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/direction.hpp"
#include "core/engine.hpp"
#include "core/measurements.hpp"

namespace contagiond::core {

/// One thread. Never allocates after construction.
class DirectionWatch {
  public:
    /// `config` must outlive this object.
    explicit DirectionWatch(const EngineConfig& config);

    /// A row of the level channel.
    void push(double source, std::span<const std::optional<double>> targets);

    /// As of the last row. Order is measured only where both have begun to fall: it costs tens of
    /// microseconds.
    DirectionReading read(std::size_t target, const LevelReading& levels,
                          Measurements& measurements);

    /// `now`, which read() gave, as it would read with the legs so much higher in the last row,
    /// where `levels` is what the level channel would read: other sizes in the same order.
    DirectionReading shifted(DirectionReading now, std::size_t target, const LevelReading& levels,
                             LevelShift shift) const;

  private:
    /// Over one horizon.
    struct Legs {
        LegMeasure source, target;
    };

    const EngineConfig& config_;
    PathScale source_;
    std::vector<PathScale> targets_;
    std::vector<std::vector<Legs>> legs_;  ///< by target, as of read()
};

}  // namespace contagiond::core
