// Estimators of raw ticks.
#include <algorithm>
#include <limits>

#include "core/estimators/hayashi_yoshida.hpp"
#include "core/estimators/lead_lag.hpp"
#include "core/estimators/tick_grid.hpp"
#include "daemon/estimate_methods.hpp"

namespace contagiond::daemon {
namespace {

core::TickSpan span_of(const Ticks& ticks) {
    return {ticks.ts, ticks.price};
}

Json rolling(const EstimateInput& input, core::TickSpan x, core::TickSpan y) {
    const std::vector<core::TimeNs> eval_ts = input.stamps("eval_ts");
    std::vector<core::HayashiYoshidaValue> values(eval_ts.size());
    const auto dropped =
        core::rolling_hayashi_yoshida(x, y, input.duration_param("window_ns", 1), eval_ts, values);
    std::vector<std::optional<double>> cov, rv_x, rv_y, rho;
    for (const core::HayashiYoshidaValue& value : values) {
        cov.emplace_back(value.cov);
        rv_x.push_back(value.rv_x);
        rv_y.push_back(value.rv_y);
        rho.push_back(value.rho);
    }
    return {
        {"cov", to_json(cov)}, {"rv_x", to_json(rv_x)},          {"rv_y", to_json(rv_y)},
        {"rho", to_json(rho)}, {"dropped_x", dropped.x.total()}, {"dropped_y", dropped.y.total()}};
}

}  // namespace

Json estimate_grid(const EstimateInput& input) {
    // Every series of the case: NAME_ts with NAME_px.
    std::vector<std::string> names;
    std::vector<Ticks> series;
    std::vector<core::TickSpan> spans;
    for (const std::string& input_name : input.input_names()) {
        if (!input_name.ends_with("_px")) continue;
        names.push_back(input_name.substr(0, input_name.size() - 3));
        series.push_back(input.ticks(names.back()));
    }
    if (series.empty()) throw CaseError("inputs: no series NAME_ts with NAME_px");
    for (const Ticks& ticks : series) spans.push_back(span_of(ticks));

    Json result;
    if (!input.has_param("step_ns")) {
        const core::RefreshRows rows = core::refresh_times(spans);
        result["ts"] = rows.ts;
        for (std::size_t k = 0; k < names.size(); ++k) result[names[k]] = rows.prices[k];
        return result;
    }
    const core::DurationNs step = input.duration_param("step_ns", 1);
    const core::DurationNs staleness_max =
        input.duration_param("max_staleness_ns", std::numeric_limits<core::DurationNs>::max());
    const std::vector<core::TimeNs> grid = core::span_grid(spans, step);
    result["grid_ts"] = grid;
    for (std::size_t k = 0; k < names.size(); ++k) {
        std::vector<std::optional<double>> prices(grid.size());
        core::sample_previous_tick(spans[k], grid, staleness_max, prices);
        result[names[k]] = to_json(prices);
    }
    return result;
}

Json estimate_hayashi_yoshida(const EstimateInput& input) {
    const Ticks x = input.ticks("x"), y = input.ticks("y");
    if (input.has_param("window_ns")) return rolling(input, span_of(x), span_of(y));
    const auto [value, dropped] = core::hayashi_yoshida(span_of(x), span_of(y));
    return {{"cov", to_json(value.cov)},      {"rv_x", to_json(value.rv_x)},
            {"rv_y", to_json(value.rv_y)},    {"rho", to_json(value.rho)},
            {"dropped_x", dropped.x.total()}, {"dropped_y", dropped.y.total()}};
}

Json estimate_lead_lag(const EstimateInput& input) {
    const Ticks x = input.ticks("x"), y = input.ticks("y");
    std::vector<core::DurationNs> lags(core::lead_lag_default_grid().begin(),
                                       core::lead_lag_default_grid().end());
    if (const auto given = input.stamps_param("lags_ns")) lags = *given;
    core::LeadLag lead_lag(lags, std::max(x.ts.size(), y.ts.size()));
    const core::LeadLagValue value = lead_lag.measure(span_of(x), span_of(y));
    return {{"lags_ns", lags},
            {"rho", to_json(std::vector(value.rho.begin(), value.rho.end()))},
            {"theta_ns", value.theta ? Json(*value.theta) : Json()},
            {"llr", to_json(value.llr)}};
}

}  // namespace contagiond::daemon
