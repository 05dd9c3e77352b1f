#include "daemon/sinks/dashboard_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "daemon/sinks/dashboard_state.hpp"

namespace contagiond::sinks {
namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

void append_number(std::string& out, double value) {
    if (std::isfinite(value))
        fmt::format_to(std::back_inserter(out), "{:.6g}", value);
    else
        out += "null";
}

std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// [a,b,c], each written by `append` from a row's place.
template <typename Append>
void append_array(std::string& out, const std::vector<std::size_t>& rows, Append&& append) {
    out += '[';
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i > 0) out += ',';
        append(rows[i]);
    }
    out += ']';
}

}  // namespace

DashboardHistory::DashboardHistory(const core::EngineConfig& engine, std::size_t rows)
    : engine_(engine), limit_(std::max<std::size_t>(rows, 1)), pairs_(watched_pairs(engine)) {
    const std::size_t instruments = engine.universe.instruments.size();
    scores_at_ = instruments;
    correlations_at_ = scores_at_ + engine.targets.size();
    now_.numbers.assign(correlations_at_ + pairs_.size(), unknown);
    now_.prices.assign(instruments, {});
    now_.regimes.assign(engine.targets.size(), core::Regime::warming);
    ts_.reserve(limit_);
    numbers_.reserve(limit_ * now_.numbers.size());
    prices_.reserve(limit_ * now_.prices.size());
    regimes_.reserve(limit_ * now_.regimes.size());
    for (std::size_t i = 0; i < pairs_.size(); ++i) pair_places_.emplace(pairs_[i], i);
    for (std::size_t i = 0; i < engine.targets.size(); ++i)
        target_places_.emplace(engine.targets[i], i);
}

void DashboardHistory::take(const core::Event& event) {
    if (const auto* price = std::get_if<core::PriceSampled>(&event)) {
        if (price->instrument >= now_.prices.size()) return;
        now_.numbers[price->instrument] = static_cast<float>(price->return_since_open);
        now_.prices[price->instrument] = price->price;
    } else if (const auto* target = std::get_if<core::TargetAssessed>(&event)) {
        const auto place = target_places_.find(target->target);
        if (place == target_places_.end()) return;
        now_.numbers[scores_at_ + place->second] =
            target->score ? static_cast<float>(*target->score) : unknown;
        now_.regimes[place->second] = target->regime;
    } else if (const auto* pair = std::get_if<core::CorrelationMeasured>(&event)) {
        const auto place = pair_places_.find({pair->source, pair->target, pair->window});
        if (place == pair_places_.end()) return;
        now_.numbers[correlations_at_ + place->second] =
            pair->value ? static_cast<float>(*pair->value) : unknown;
    } else if (const auto* bar = std::get_if<core::BarClosed>(&event)) {
        close_bar(bar->ts);
    }
}

void DashboardHistory::close_bar(core::TimeNs ts) {
    if (ts_.size() < limit_) {
        ts_.push_back(ts);
        numbers_.insert(numbers_.end(), now_.numbers.begin(), now_.numbers.end());
        prices_.insert(prices_.end(), now_.prices.begin(), now_.prices.end());
        regimes_.insert(regimes_.end(), now_.regimes.begin(), now_.regimes.end());
        return;
    }
    const auto overwrite = [this](auto& column, const auto& row) {
        std::copy(row.begin(), row.end(),
                  column.begin() + static_cast<std::ptrdiff_t>(oldest_ * row.size()));
    };
    ts_[oldest_] = ts;
    overwrite(numbers_, now_.numbers);
    overwrite(prices_, now_.prices);
    overwrite(regimes_, now_.regimes);
    oldest_ = (oldest_ + 1) % limit_;
}

std::size_t DashboardHistory::memory_bytes() const {
    return ts_.capacity() * sizeof(core::TimeNs) + numbers_.capacity() * sizeof(float) +
           prices_.capacity() * sizeof(core::Decimal) + regimes_.capacity() * sizeof(core::Regime);
}

std::vector<std::size_t> DashboardHistory::chosen_rows(core::TimeNs from, core::TimeNs to,
                                                       core::DurationNs& step) const {
    std::vector<std::size_t> inside;
    for (std::size_t i = 0; i < ts_.size(); ++i) {
        const std::size_t place = (oldest_ + i) % ts_.size();
        if (ts_[place] > from && ts_[place] <= to) inside.push_back(place);
    }
    if (inside.empty()) return inside;
    const core::DurationNs span = ts_[inside.back()] - ts_[inside.front()];
    step = std::max(step, inside.size() > rows_per_answer
                              ? span / static_cast<core::DurationNs>(rows_per_answer - 1) + 1
                              : 0);
    std::vector<std::size_t> chosen;
    for (const std::size_t place : inside)
        if (chosen.empty() || ts_[place] - ts_[chosen.back()] >= step) chosen.push_back(place);
    return chosen;
}

std::string DashboardHistory::json(core::TimeNs from, core::TimeNs to,
                                   core::DurationNs step) const {
    const std::vector<std::size_t> rows = chosen_rows(from, to, step);
    const core::Universe& universe = engine_.universe;
    const std::size_t width = now_.numbers.size();
    std::string out;
    const auto numbers = [&](std::size_t column) {
        append_array(out, rows,
                     [&](std::size_t row) { append_number(out, numbers_[row * width + column]); });
    };
    const auto ratios = [&](std::size_t column) {
        append_array(out, rows, [&](std::size_t row) {
            append_number(out, std::expm1(static_cast<double>(numbers_[row * width + column])));
        });
    };
    const auto open_member = [&](const std::string& name, bool first) {
        if (!first) out += ',';
        out += quoted(name) + ":{";
    };

    out += fmt::format("{{\"bar_s\":{},\"step_s\":{},\"ts\":", core::to_seconds(engine_.bar),
                       core::to_seconds(step));
    append_array(out, rows, [&](std::size_t row) { out += '"' + rfc3339(ts_[row]) + '"'; });

    out += ",\"instruments\":{";
    for (std::size_t i = 0; i < universe.instruments.size(); ++i) {
        open_member(universe.instruments[i].symbol, i == 0);
        out += "\"price\":";
        append_array(out, rows, [&](std::size_t row) {
            if (std::isnan(numbers_[row * width + i]))
                out += "null";
            else
                out += '"' + price_text(prices_[row * now_.prices.size() + i]) + '"';
        });
        out += ",\"return_since_open\":";
        ratios(i);
        out += '}';
    }
    out += "},\"groups\":{";
    std::vector<double> returns(universe.instruments.size());
    for (std::size_t g = 0; g < universe.groups.size(); ++g) {
        open_member(universe.groups[g].name, g == 0);
        out += "\"return_since_open\":";
        append_array(out, rows, [&](std::size_t row) {
            for (std::size_t i = 0; i < returns.size(); ++i)
                returns[i] = static_cast<double>(numbers_[row * width + i]);
            append_number(out, std::expm1(group_log_return(universe.groups[g], returns)));
        });
        out += '}';
    }
    out += "},\"targets\":{";
    for (std::size_t t = 0; t < engine_.targets.size(); ++t) {
        open_member(universe.instruments[engine_.targets[t]].symbol, t == 0);
        out += "\"score\":";
        numbers(scores_at_ + t);
        out += ",\"regime\":";
        append_array(out, rows, [&](std::size_t row) {
            out += fmt::format("\"{}\"", to_string(regimes_[row * now_.regimes.size() + t]));
        });
        out += '}';
    }
    out += "},\"correlations\":[";
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
        if (p > 0) out += ',';
        out += fmt::format("{{\"source\":{},\"target\":{},\"window_s\":{},\"value\":",
                           quoted(universe.series_name(pairs_[p].source)),
                           quoted(universe.series_name(pairs_[p].target)),
                           core::to_seconds(engine_.correlation_windows[pairs_[p].window]));
        numbers(correlations_at_ + p);
        out += '}';
    }
    out += "]}";
    return out;
}

}  // namespace contagiond::sinks
