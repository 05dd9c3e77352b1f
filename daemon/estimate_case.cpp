#include "daemon/estimate_case.hpp"

#include <array>

#include "daemon/did_you_mean.hpp"
#include "daemon/estimate_methods.hpp"

namespace contagiond::daemon {
namespace {

struct Estimator {
    std::string_view name;
    Json (*estimate)(const EstimateInput&);
};

constexpr std::array estimators = {
    Estimator{"grid", estimate_grid},
    Estimator{"rolling_pearson", estimate_rolling_pearson},
    Estimator{"ewma_corr", estimate_ewma_corr},
    Estimator{"hayashi_yoshida", estimate_hayashi_yoshida},
    Estimator{"lead_lag", estimate_lead_lag},
    Estimator{"lead_lag_study", estimate_lead_lag_study},
    Estimator{"forbes_rigobon", estimate_forbes_rigobon},
    Estimator{"partial_corr", estimate_partial_corr},
    Estimator{"diebold_yilmaz", estimate_diebold_yilmaz},
    Estimator{"jump_lm", estimate_jump_lm},
    Estimator{"selloff_z", estimate_selloff_z},
    Estimator{"basket", estimate_basket},
    Estimator{"e_detector", estimate_e_detector},
    Estimator{"move_channel", estimate_move_channel},
};

const Estimator& estimator_of(const Json& root) {
    const auto found = root.find("estimator");
    if (found == root.end() || !found->is_string())
        throw CaseError("estimator: missing, or not a name");
    const auto name = found->get<std::string>();
    for (const Estimator& estimator : estimators)
        if (estimator.name == name) return estimator;
    const std::vector<std::string_view> names = estimator_names();
    const std::string likely = did_you_mean(name, names);
    std::string all;
    for (const std::string_view known : names) all.append(all.empty() ? "" : ", ").append(known);
    throw CaseError("estimator: unknown " + name + (likely.empty() ? "; known: " + all : likely));
}

void refuse_left_params(const EstimateInput& input) {
    const std::vector<std::string> left = input.params_left();
    if (left.empty()) return;
    const std::vector<std::string_view> known(input.params_known().begin(),
                                              input.params_known().end());
    throw CaseError("params." + left[0] + ": unknown" + did_you_mean(left[0], known));
}

}  // namespace

std::vector<std::string_view> estimator_names() {
    std::vector<std::string_view> names;
    for (const Estimator& estimator : estimators) names.push_back(estimator.name);
    return names;
}

std::string estimate_case(std::string_view text, bool all_params_known) {
    Json root;
    try {
        root = Json::parse(text);
    } catch (const Json::parse_error& error) {
        throw CaseError("not JSON at byte " + std::to_string(error.byte));
    }
    const EstimateInput input(root);
    Json result = estimator_of(root).estimate(input);
    if (all_params_known) refuse_left_params(input);
    if (input.has_expected()) {
        for (auto member = result.begin(); member != result.end();)
            member =
                root["expected"].contains(member.key()) ? std::next(member) : result.erase(member);
    }
    return result.dump();
}

}  // namespace contagiond::daemon
