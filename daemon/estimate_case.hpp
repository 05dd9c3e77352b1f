// estimate_case: one estimator on a reference case, as text in and text out.
//
// A case is a JSON object with `estimator`, `params`, `inputs` and, where it is known, `expected`.
// Of `expected` only the shape is read: which members are asked for, and, where only some rows are,
// their numbers in `row`. Absent values are null; infinities are the strings "inf" and "-inf".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace contagiond::daemon {

/// The result of a case, as one line of JSON without a newline. Throws CaseError (see
/// estimate_input.hpp), a std::runtime_error, with one sentence when the case cannot be read.
/// `all_params_known`: a parameter that the estimator does not have is an error too. Pure, and
/// takes what the estimator takes: seconds for a case of a million rows.
std::string estimate_case(std::string_view text, bool all_params_known = false);

/// Names of all estimators, in the order of the definitions.
std::vector<std::string_view> estimator_names();

}  // namespace contagiond::daemon
