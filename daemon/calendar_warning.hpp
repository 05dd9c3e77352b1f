// What to say when the present lies outside the years whose holidays are known.
#pragma once

#include <string>

#include "core/instrument.hpp"
#include "core/units.hpp"

namespace contagiond::daemon {

/// Whether this market's holidays are known at `t`; one that never closes has none. Pure.
bool knows_holidays(core::Market market, core::TimeNs t);

/// One sentence for people, naming the calendars of `universe` whose holidays are not known at
/// `now`; empty where there is none. Pure.
std::string calendar_warning(const core::Universe& universe, core::TimeNs now);

}  // namespace contagiond::daemon
