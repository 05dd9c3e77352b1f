// Numbers as sentences say them: no more digits than they are worth. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/units.hpp"

namespace contagiond::sinks {

/// "41 s", "22 min", "3.4 h"; what is negative is 0.
std::string spoken_duration(core::DurationNs duration);

/// Time between two moments; those of a damaged record may lie further apart than a duration can
/// say.
core::DurationNs elapsed(core::TimeNs from, core::TimeNs to);

/// A simple return: "−3.1 %", "+0.4 %", "0.0 %"; "move unknown" where absent.
std::string spoken_ratio(std::optional<double> ratio);

/// "0.81"; "unknown" where absent.
std::string spoken_correlation(std::optional<double> value);

/// "41 s", "2.5 s", "under 0.1 s".
std::string spoken_seconds(double seconds);

/// A move in its own sigma, "−0.9σ".
std::string spoken_sigma(double move);

/// "$593 bn": three digits are more than the number of shares is known to.
std::string spoken_money(double usd);

/// A share of a whole, "33 %", "4.2 %", "under 0.1 %".
std::string spoken_share(double share);

}  // namespace contagiond::sinks
