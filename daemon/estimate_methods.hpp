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
Json estimate_jump_lm(const EstimateInput& input);
Json estimate_selloff_z(const EstimateInput& input);

// Of whole samples.
Json estimate_forbes_rigobon(const EstimateInput& input);
Json estimate_partial_corr(const EstimateInput& input);
Json estimate_diebold_yilmaz(const EstimateInput& input);

// Of raw ticks.
Json estimate_grid(const EstimateInput& input);
Json estimate_hayashi_yoshida(const EstimateInput& input);
Json estimate_lead_lag(const EstimateInput& input);
Json estimate_lead_lag_study(const EstimateInput& input);

}  // namespace contagiond::daemon
