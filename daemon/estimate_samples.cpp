// Estimators of whole samples: one answer for all rows together.
#include <array>

#include "core/estimators/diebold_yilmaz.hpp"
#include "core/estimators/forbes_rigobon.hpp"
#include "core/estimators/partial_correlation.hpp"
#include "daemon/estimate_methods.hpp"

namespace contagiond::daemon {
namespace {

Json members_of(const core::ForbesRigobon& test) {
    return {{"delta", to_json(test.delta)},
            {"rho_adj", to_json(test.rho_adjusted)},
            {"z", to_json(test.z)},
            {"p", to_json(test.p)},
            {"z_unadjusted", to_json(test.z_unadjusted)},
            {"p_unadjusted", to_json(test.p_unadjusted)}};
}

Json of_returns(const EstimateInput& input) {
    const auto window = [&](const std::string& name) {
        const Column x = input.column("x_" + name), y = input.column("y_" + name);
        need_rows(y.size(), x.size(), "y_" + name);
        return core::source_window(x, y);
    };
    const core::SourceWindow low = window("low"), high = window("high");
    Json result = members_of(core::forbes_rigobon(low, high));
    result["rho_low"] = to_json(low.rho);
    result["rho_high"] = to_json(high.rho);
    return result;
}

/// Place numbers of series in the member `name` of a case's groups.
std::vector<std::size_t> places(const Json& groups, const char* name, std::size_t series) {
    std::vector<std::size_t> places;
    const auto found = groups.find(name);
    if (found == groups.end()) return places;
    for (const Json& place : *found) {
        if (!place.is_number_unsigned() || place.get<std::uint64_t>() >= series)
            throw CaseError(std::string("groups.") + name + ": " + place.dump() +
                            " is not the place of a series");
        places.push_back(place.get<std::size_t>());
    }
    return places;
}

Json rows_of(const core::SmallMatrix& matrix) {
    Json rows = Json::array();
    for (std::size_t i = 0; i < matrix.rows(); ++i) {
        Json row = Json::array();
        for (std::size_t j = 0; j < matrix.columns(); ++j) row.push_back(to_json(matrix(i, j)));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

Json estimate_forbes_rigobon(const EstimateInput& input) {
    if (input.has_input("x_low")) return of_returns(input);
    constexpr std::array names = {"rho_low", "rho_high", "var_low", "var_high", "n_low", "n_high"};
    const bool lists = input.input_is_list(names[0]);
    std::array<Column, names.size()> columns;
    for (std::size_t k = 0; k < names.size(); ++k) {
        columns[k] = lists ? input.column(names[k]) : Column{input.number(names[k])};
        need_rows(columns[k].size(), columns[0].size(), names[k]);
    }
    Json result = lists ? members_of(core::ForbesRigobon{}) : Json();
    for (auto& member : result) member = Json::array();
    for (std::size_t i = 0; i < columns[0].size(); ++i) {
        const auto at = [&](std::size_t k) { return maybe(columns[k][i]); };
        Json row = members_of(core::forbes_rigobon({at(0), at(2), at(4)}, {at(1), at(3), at(5)}));
        if (!lists) return row;
        for (const auto& [name, value] : row.items()) result[name].push_back(value);
    }
    return result;
}

Json estimate_partial_corr(const EstimateInput& input) {
    const PairRows rows = input.pair_rows();
    const std::vector<Column> controls =
        input.has_input("z") ? input.columns("z") : std::vector<Column>();
    for (const Column& control : controls) need_rows(control.size(), rows.x.size(), "z");
    const auto partial = core::partial_correlation(rows.x, rows.y, controls);
    return {{"n", partial.n},
            {"k_eff", partial.k_eff},
            {"rho_raw", to_json(partial.rho_raw)},
            {"rho", to_json(partial.rho)},
            {"t", to_json(partial.t)},
            {"df", partial.df ? Json(*partial.df) : Json()},
            {"p", to_json(partial.p)}};
}

Json estimate_diebold_yilmaz(const EstimateInput& input) {
    const std::vector<Column> series = input.columns("columns");
    core::SpilloverRules rules;
    rules.lags = input.rows_param("lags", 1);
    rules.horizon = input.rows_param("horizon", 10);
    // Work grows with the cube of series and lags.
    if (series.size() * rules.lags > 1000 || rules.horizon > 10'000)
        throw CaseError("params: more than 1000 regressors or 10000 steps of horizon");
    const auto spillover = core::diebold_yilmaz(series, rules);
    Json result = {{"theta_norm", nullptr}, {"total", nullptr}, {"from_others", nullptr},
                   {"to_others", nullptr},  {"net", nullptr},   {"coef", nullptr}};
    if (spillover) {
        result = {{"theta_norm", rows_of(spillover->share)},
                  {"total", to_json(spillover->total)},
                  {"from_others", spillover->from_others},
                  {"to_others", spillover->to_others},
                  {"net", spillover->net},
                  {"coef", rows_of(spillover->coefficients)}};
    }
    // Which series are tech and which crypto stands among the parameters, or beside the answer.
    const Json* groups = input.object_param("groups");
    if (!groups) groups = input.expected("groups");
    if (groups && groups->is_object()) {
        const auto tech = places(*groups, "tech", series.size());
        const auto crypto = places(*groups, "crypto", series.size());
        const auto flow = [&](const auto& sources, const auto& targets) {
            return spillover ? to_json(core::group_spillover(*spillover, sources, targets))
                             : Json();
        };
        result["groups"] = {{"tech", tech},
                            {"crypto", crypto},
                            {"tech_to_crypto", flow(tech, crypto)},
                            {"crypto_to_tech", flow(crypto, tech)}};
    }
    return result;
}

}  // namespace contagiond::daemon
