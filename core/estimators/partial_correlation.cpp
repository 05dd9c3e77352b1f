#include "core/estimators/partial_correlation.hpp"

#include <algorithm>
#include <cmath>

#include "core/estimators/distributions.hpp"

namespace contagiond::core {
namespace {

constexpr double control_left_min = 1e-10;
constexpr double series_left_min = 1e-24;

}  // namespace

PartialCorrelation::PartialCorrelation(std::size_t rows_max, std::size_t controls_max)
    : rows_max_(rows_max),
      controls_max_(controls_max),
      rows_(rows_max),
      x_(rows_max),
      y_(rows_max),
      control_(rows_max),
      basis_(rows_max, controls_max) {}

std::size_t PartialCorrelation::find_complete_rows(
    std::span<const double> x, std::span<const double> y,
    std::span<const std::span<const double>> controls) {
    std::size_t complete = 0;
    for (std::size_t row = 0; row < x.size(); ++row) {
        const auto finite = [row](std::span<const double> z) { return std::isfinite(z[row]); };
        if (finite(x) && finite(y) && std::all_of(controls.begin(), controls.end(), finite))
            rows_[complete++] = row;
    }
    return complete;
}

void PartialCorrelation::take_control(std::span<double> control) {
    if (is_constant(control)) return;
    centre(control);
    const double own = dot(control, control);
    basis_.remove_from(control);
    const double left = dot(control, control);
    if (left > 0 && left >= control_left_min * own) basis_.add(control);
}

bool PartialCorrelation::leave_residual(std::span<double> column) {
    const double raw = dot(column, column);
    if (is_constant(column)) return false;
    centre(column);
    basis_.remove_from(column);
    const double left = dot(column, column);
    return left > 0 && left >= series_left_min * raw;
}

PartialCorrelationValue PartialCorrelation::measure(
    std::span<const double> x, std::span<const double> y,
    std::span<const std::span<const double>> controls) {
    PartialCorrelationValue value;
    const auto fits = [&](std::span<const double> column) { return column.size() == x.size(); };
    if (x.size() > rows_max_ || controls.size() > controls_max_ || !fits(y) ||
        !std::all_of(controls.begin(), controls.end(), fits))
        return value;

    value.n = find_complete_rows(x, y, controls);
    const std::span rows(rows_.data(), value.n);
    const std::span ex(x_.data(), value.n), ey(y_.data(), value.n);
    take_rows(x, rows, 0, ex);
    take_rows(y, rows, 0, ey);
    value.rho_raw = pair_moments(ex, ey).correlation();

    basis_.clear();
    for (const std::span<const double> z : controls) {
        const std::span control(control_.data(), value.n);
        take_rows(z, rows, 0, control);
        take_control(control);
    }
    value.k_eff = basis_.size();
    if (value.n < value.k_eff + 4) return value;
    if (!leave_residual(ex) || !leave_residual(ey)) return value;

    const double ratio = dot(ex, ey) / (std::sqrt(dot(ex, ex)) * std::sqrt(dot(ey, ey)));
    if (!std::isfinite(ratio)) return value;
    const double rho = std::clamp(ratio, -1.0, 1.0);
    value.rho = rho;
    value.df = value.n - 2 - value.k_eff;
    const double df = static_cast<double>(*value.df);
    const double t = rho * std::sqrt(df / ((1 - rho) * (1 + rho)));
    if (std::isfinite(t)) value.t = t;
    value.p = student_t_two_sided(t, df);
    return value;
}

PartialCorrelationValue partial_correlation(std::span<const double> x, std::span<const double> y,
                                            std::span<const std::vector<double>> controls) {
    const std::vector<std::span<const double>> views(controls.begin(), controls.end());
    return PartialCorrelation(x.size(), controls.size()).measure(x, y, views);
}

}  // namespace contagiond::core
