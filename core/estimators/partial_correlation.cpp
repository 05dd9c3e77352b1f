#include "core/estimators/partial_correlation.hpp"

#include <algorithm>
#include <cmath>

#include "core/estimators/columns.hpp"
#include "core/estimators/distributions.hpp"

namespace contagiond::core {
namespace {

constexpr double control_left_min = 1e-10;
constexpr double series_left_min = 1e-24;

/// Keeps, in place, the rows in which every column is finite.
void delete_incomplete_rows(std::vector<std::vector<double>>& columns) {
    const std::size_t rows = columns.front().size();
    std::size_t kept = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const bool complete = std::all_of(columns.begin(), columns.end(), [&](const auto& column) {
            return std::isfinite(column[row]);
        });
        if (!complete) continue;
        for (auto& column : columns) column[kept] = column[row];
        ++kept;
    }
    for (auto& column : columns) column.resize(kept);
}

/// Intercept and controls, without those that add nothing to the ones before.
OrthogonalBasis basis_of(std::span<std::vector<double>> controls) {
    OrthogonalBasis basis;
    for (std::vector<double>& control : controls) {
        if (is_constant(control)) continue;
        centre(control);
        const double own = dot(control, control);
        basis.remove_from(control);
        const double left = dot(control, control);
        if (left > 0 && left >= control_left_min * own) basis.add(control);
    }
    return basis;
}

/// Turns the column into its residual; false when nothing but round-off is left.
bool leave_residual(std::vector<double>& column, const OrthogonalBasis& basis) {
    const double raw = dot(column, column);
    if (is_constant(column)) return false;
    centre(column);
    basis.remove_from(column);
    const double left = dot(column, column);
    return left > 0 && left >= series_left_min * raw;
}

}  // namespace

PartialCorrelation partial_correlation(std::span<const double> x, std::span<const double> y,
                                       std::span<const std::vector<double>> controls) {
    std::vector<std::vector<double>> columns = {{x.begin(), x.end()}, {y.begin(), y.end()}};
    columns.insert(columns.end(), controls.begin(), controls.end());
    delete_incomplete_rows(columns);

    PartialCorrelation result;
    result.n = columns[0].size();
    result.rho_raw = column_correlation(columns[0], columns[1]);
    const OrthogonalBasis basis = basis_of(std::span(columns).subspan(2));
    result.k_eff = basis.size();
    if (result.n < result.k_eff + 4) return result;
    if (!leave_residual(columns[0], basis) || !leave_residual(columns[1], basis)) return result;

    const auto& ex = columns[0];
    const auto& ey = columns[1];
    const double ratio = dot(ex, ey) / (std::sqrt(dot(ex, ex)) * std::sqrt(dot(ey, ey)));
    if (!std::isfinite(ratio)) return result;
    const double rho = std::clamp(ratio, -1.0, 1.0);
    result.rho = rho;
    result.df = result.n - 2 - result.k_eff;
    const double df = static_cast<double>(*result.df);
    const double t = rho * std::sqrt(df / ((1 - rho) * (1 + rho)));
    if (std::isfinite(t)) result.t = t;
    result.p = student_t_two_sided(t, df);
    return result;
}

}  // namespace contagiond::core
