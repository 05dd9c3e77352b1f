// Estimators of raw ticks.
#include <algorithm>
#include <limits>

#include "core/estimators/hayashi_yoshida.hpp"
#include "core/estimators/lead_lag.hpp"
#include "core/estimators/lead_lag_study.hpp"
#include "core/estimators/tick_grid.hpp"
#include "daemon/estimate_methods.hpp"

namespace contagiond::daemon {
namespace {

core::TickSpan span_of(const Ticks& ticks) {
    return {ticks.ts, ticks.price};
}

std::string_view reason(core::NoLead reason) {
    switch (reason) {
        case core::NoLead::none:
            return "led";
        case core::NoLead::too_few_ticks:
            return "too_few_ticks";
        case core::NoLead::no_variance:
            return "no_variance";
        case core::NoLead::not_significant:
            return "not_significant";
        case core::NoLead::spans_zero:
            return "spans_zero";
        case core::NoLead::finer_than_ticks:
            return "finer_than_ticks";
        case core::NoLead::at_the_edge:
            return "at_the_edge";
    }
    return "unknown";
}

/// The series of a case may hold bad stamps and prices; the window is that of the good ones.
void widen(const Ticks& ticks, core::TimeNs& from, core::TimeNs& to) {
    for (std::size_t i = 0; i < std::min(ticks.ts.size(), ticks.price.size()); ++i) {
        if (!core::is_price(ticks.price[i])) continue;
        from = std::min(from, ticks.ts[i]);
        to = std::max(to, ticks.ts[i]);
    }
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

Json estimate_lead_lag_study(const EstimateInput& input) {
    const Ticks x = input.ticks("x"), y = input.ticks("y");
    core::LeadLagStudyOptions options;
    std::optional<std::vector<core::DurationNs>> lags = input.stamps_param("lags_ns");
    if (lags) options.lags = *lags;
    options.resolution = input.duration_param("resolution_ns", options.resolution);
    options.ticks_max = std::max<std::size_t>({x.ts.size(), y.ts.size(), 2});
    core::TimeNs from = std::numeric_limits<core::TimeNs>::max();
    core::TimeNs to = std::numeric_limits<core::TimeNs>::min();
    widen(x, from, to);
    widen(y, from, to);
    core::LeadLagStudy study(options);
    const core::LeadLagStudyValue value = study.measure(span_of(x), span_of(y), from, to);
    const auto interval = value.interval95;
    return {{"verdict", reason(value.no_lead)},
            {"theta_ns", value.theta ? Json(*value.theta) : Json()},
            {"interval95_ns", interval ? Json{interval->lower, interval->upper} : Json()},
            {"rho_theta", to_json(value.rho_theta)},
            {"rho_theta_se", to_json(value.rho_theta_se)},
            {"p", to_json(value.p)},
            {"rho_zero", to_json(value.rho_zero)},
            {"rho_zero_se", to_json(value.rho_zero_se)},
            {"llr", to_json(value.llr)},
            {"returns_x", value.returns_x},
            {"returns_y", value.returns_y}};
}

}  // namespace contagiond::daemon
