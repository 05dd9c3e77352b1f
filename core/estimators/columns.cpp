#include "core/estimators/columns.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace contagiond::core {

bool is_constant(std::span<const double> column) {
    return std::adjacent_find(column.begin(), column.end(), std::not_equal_to<>()) == column.end();
}

double centre(std::span<double> column) {
    if (column.empty()) return 0;
    double taken = column.front();
    for (double& value : column) value -= taken;
    // The second mean is the rounding of the first.
    for (int pass = 0; pass < 2; ++pass) {
        const double mean =
            std::accumulate(column.begin(), column.end(), 0.0) / static_cast<double>(column.size());
        for (double& value : column) value -= mean;
        taken += mean;
    }
    return taken;
}

double dot(std::span<const double> a, std::span<const double> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::optional<double> column_correlation(std::span<const double> x, std::span<const double> y) {
    if (x.size() < 2 || is_constant(x) || is_constant(y)) return std::nullopt;
    std::vector<double> dx(x.begin(), x.end()), dy(y.begin(), y.end());
    centre(dx);
    centre(dy);
    const double rho = dot(dx, dy) / (std::sqrt(dot(dx, dx)) * std::sqrt(dot(dy, dy)));
    if (!std::isfinite(rho)) return std::nullopt;
    return std::clamp(rho, -1.0, 1.0);
}

std::vector<double> OrthogonalBasis::remove_from(std::span<double> column) const {
    std::vector<double> coefficients(size(), 0.0);
    for (int pass = 0; pass < 2; ++pass) {
        for (std::size_t k = 0; k < size(); ++k) {
            const double share = dot(directions_[k], column);
            coefficients[k] += share;
            for (std::size_t row = 0; row < column.size(); ++row)
                column[row] -= share * directions_[k][row];
        }
    }
    return coefficients;
}

double OrthogonalBasis::add(std::span<const double> residual) {
    const double length = std::sqrt(dot(residual, residual));
    std::vector<double> unit(residual.begin(), residual.end());
    for (double& value : unit) value /= length;
    directions_.push_back(std::move(unit));
    return length;
}

}  // namespace contagiond::core
