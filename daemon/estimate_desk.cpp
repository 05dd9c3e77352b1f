#include "daemon/estimate_desk.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "core/estimators/tick_grid.hpp"
#include "daemon/config_units.hpp"
#include "daemon/desk_series.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/estimate_case.hpp"

namespace contagiond::daemon {
namespace {

/// How columns, one a file, become inputs of a case.
using MakeInputs = Json (*)(const DeskRows& rows, const DeskRequest& request);

Json column_json(const Column& column) {
    return to_json(maybe(column));
}

Json columns_json(std::span<const Column> columns) {
    Json list = Json::array();
    for (const Column& column : columns) list.push_back(column_json(column));
    return list;
}

Json as_pair(const DeskRows& rows, const DeskRequest&) {
    return {{"x", column_json(rows.columns[0])},
            {"y", column_json(rows.columns[1])},
            {"ts_ns", rows.ts}};
}

Json as_move(const DeskRows& rows, const DeskRequest& request) {
    if (rows.columns.size() == 2) return as_pair(rows, request);
    return {{"y", column_json(rows.columns[0])}};
}

Json as_pair_with_controls(const DeskRows& rows, const DeskRequest& request) {
    Json inputs = as_pair(rows, request);
    inputs["z"] = columns_json(std::span(rows.columns).subspan(2));
    return inputs;
}

Json as_columns(const DeskRows& rows, const DeskRequest&) {
    return {{"columns", columns_json(rows.columns)}};
}

Json as_legs(const DeskRows& rows, const DeskRequest&) {
    return {{"r", columns_json(rows.columns)}};
}

Json as_moves(const DeskRows& rows, const DeskRequest&) {
    return {{"x", column_json(rows.columns[0])}};
}

Json as_bars(const DeskRows& rows, const DeskRequest&) {
    return {{"r", column_json(rows.columns[0])}};
}

Json as_calm_and_stress(const DeskRows& rows, const DeskRequest& request) {
    if (!request.split) throw CaseError("forbes_rigobon needs --split, where the calm rows end");
    const auto calm =
        std::lower_bound(rows.ts.begin(), rows.ts.end(), *request.split) - rows.ts.begin();
    const auto part = [&](std::size_t k, bool before) {
        const Column& column = rows.columns[k];
        return column_json(before ? Column(column.begin(), column.begin() + calm)
                                  : Column(column.begin() + calm, column.end()));
    };
    return {{"x_low", part(0, true)},
            {"y_low", part(1, true)},
            {"x_high", part(0, false)},
            {"y_high", part(1, false)}};
}

struct DeskMethod {
    std::string_view name;
    std::size_t files_min, files_max;
    std::string_view holds;
    MakeInputs inputs;  ///< null: takes ticks
};

constexpr std::size_t many = 64;
constexpr std::array methods = {
    DeskMethod{"grid", 1, 2, "ticks", nullptr},
    DeskMethod{"rolling_pearson", 2, 2, "x and y", as_pair},
    DeskMethod{"ewma_corr", 2, 2, "x and y", as_pair},
    DeskMethod{"hayashi_yoshida", 2, 2, "ticks of x and y", nullptr},
    DeskMethod{"lead_lag", 2, 2, "ticks of x and y", nullptr},
    DeskMethod{"lead_lag_study", 2, 2, "ticks of x and y", nullptr},
    DeskMethod{"forbes_rigobon", 2, 2, "source and target, with --split", as_calm_and_stress},
    DeskMethod{"partial_corr", 2, 8, "x, y and the controls", as_pair_with_controls},
    DeskMethod{"diebold_yilmaz", 2, many, "the series", as_columns},
    DeskMethod{"jump_lm", 1, 1, "the bars", as_bars},
    DeskMethod{"selloff_z", 1, 1, "the bars", as_bars},
    DeskMethod{"basket", 1, many, "the legs", as_legs},
    DeskMethod{"e_detector", 1, 1, "standardised moves", as_moves},
    DeskMethod{"move_channel", 1, 2, "standardised moves; of two files, which leads", as_move},
};

const DeskMethod& method_named(const std::string& name) {
    std::vector<std::string_view> names;
    std::string all;
    for (const DeskMethod& method : methods) {
        if (method.name == name) return method;
        names.push_back(method.name);
        all.append(all.empty() ? "" : ", ").append(method.name);
    }
    const std::string likely = did_you_mean(name, names);
    throw CaseError("unknown method " + name + (likely.empty() ? "; known: " + all : likely));
}

/// "window=180", "weights=[0.6,0.4]", "window_ns=5m".
Json params_of(const std::vector<std::string>& texts) {
    Json params = Json::object();
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos)
            throw CaseError("--param=" + text + ": is not NAME=VALUE");
        const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
        Json parsed = Json::parse(value, nullptr, false);
        if (parsed.is_discarded()) {
            const Parsed<core::DurationNs> duration = parse_duration(value);
            if (!name.ends_with("_ns") || !duration.value)
                throw CaseError("--param=" + text + ": the value is not JSON" +
                                (name.ends_with("_ns") ? " or a duration" : ""));
            parsed = *duration.value;
        }
        params[name] = std::move(parsed);
    }
    return params;
}

void check_values(const DeskMethod& method, const DeskRequest& request) {
    if (!request.values.empty() && request.values != "returns" && request.values != "prices")
        throw CaseError("--values=" + request.values + ": returns or prices");
    if (!method.inputs && request.values == "returns")
        throw CaseError(request.method + " takes ticks: --values must be prices");
    const bool prices = request.values == "prices";
    if (method.inputs && prices && request.step == 0)
        throw CaseError(request.method + " takes rows: prices need --step, their common clock");
    if (method.inputs && !prices && request.step != 0)
        throw CaseError("--step is for prices: say --values=prices");
}

Json tick_inputs(const std::vector<Ticks>& series) {
    Json inputs;
    for (std::size_t k = 0; k < series.size(); ++k) {
        const std::string name = k == 0 ? "x" : "y";
        inputs[name + "_ts"] = series[k].ts;
        inputs[name + "_px"] = column_json(series[k].price);
    }
    return inputs;
}

/// A clock for an estimator of ticks: the grid's own, or the times a window is asked at.
void add_clock(Json& root, const DeskRequest& request, const std::vector<Ticks>& series,
               std::vector<core::TimeNs>& rows) {
    Json& params = root["params"];
    if (request.method == "grid") {
        if (request.step > 0) params["step_ns"] = request.step;
        if (request.staleness_max > 0) params["max_staleness_ns"] = request.staleness_max;
    } else if (params.contains("window_ns")) {
        if (request.step == 0) throw CaseError("a window needs --step: how often to answer");
        std::vector<core::TickSpan> spans;
        for (const Ticks& ticks : series) spans.push_back({ticks.ts, ticks.price});
        rows = core::span_grid(spans, request.step);
        root["inputs"]["eval_ts"] = rows;
    }
}

}  // namespace

std::string desk_methods() {
    std::string text;
    for (const DeskMethod& method : methods) {
        std::string files = std::to_string(method.files_min);
        if (method.files_max == many)
            files += " or more";
        else if (method.files_max > method.files_min)
            files += " to " + std::to_string(method.files_max);
        std::string name(method.name);
        name.resize(16, ' ');
        text += "  " + name + " " + files + (files == "1" ? " file: " : " files: ") +
                std::string(method.holds) + "\n";
    }
    return text;
}

DeskResult estimate_desk(const DeskRequest& request) {
    const DeskMethod& method = method_named(request.method);
    if (request.files.size() < method.files_min || request.files.size() > method.files_max)
        throw CaseError(request.method + " takes " + std::to_string(method.files_min) +
                        (method.files_max > method.files_min
                             ? " to " + std::to_string(method.files_max)
                             : std::string()) +
                        " files: " + std::string(method.holds));
    check_values(method, request);
    Json root = {{"estimator", request.method}, {"params", params_of(request.params)}};
    std::vector<Ticks> series;
    for (const std::string& file : request.files) series.push_back(read_desk_series(file));

    DeskResult result;
    std::vector<core::TimeNs> ts;
    if (method.inputs) {
        const auto staleness_max = request.staleness_max > 0
                                       ? request.staleness_max
                                       : std::numeric_limits<core::DurationNs>::max();
        const DeskRows rows = request.values == "prices"
                                  ? returns_on_grid(series, request.step, staleness_max)
                                  : join_by_time(series);
        for (std::size_t k = 0; k < rows.dropped.size(); ++k)
            if (rows.dropped[k] > 0)
                result.notes.push_back(request.files[k] + ": " + std::to_string(rows.dropped[k]) +
                                       " rows left out, late or without a price above 0");
        root["inputs"] = method.inputs(rows, request);
        ts = rows.ts;
    } else {
        root["inputs"] = tick_inputs(series);
        add_clock(root, request, series, ts);
    }

    Json answer = Json::parse(estimate_case(root.dump(), true));
    const bool a_row_each = std::any_of(answer.begin(), answer.end(), [&](const Json& member) {
        return member.is_array() && member.size() == ts.size();
    });
    if (!ts.empty() && a_row_each) answer["ts_ns"] = ts;
    result.text = answer.dump();
    return result;
}

}  // namespace contagiond::daemon
