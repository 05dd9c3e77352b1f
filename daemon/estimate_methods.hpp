// Each estimator as a function from a case to its result: names of the case become arguments of
// core, and values become JSON. All arithmetic is core's.
#pragma once

#include "daemon/estimate_input.hpp"

namespace contagiond::daemon {

// Of rows, in the order they came.
Json estimate_rolling_pearson(const EstimateInput& input);
Json estimate_ewma_corr(const EstimateInput& input);
Json estimate_basket(const EstimateInput& input);
Json estimate_e_detector(const EstimateInput& input);
Json estimate_move_channel(const EstimateInput& input);

}  // namespace contagiond::daemon
