#include "core/estimators/columns.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <tuple>
#include <utility>

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

void take_rows(std::span<const double> series, std::span<const std::size_t> rows, std::size_t back,
               std::span<double> column) {
    for (std::size_t k = 0; k < rows.size(); ++k) column[k] = series[rows[k] - back];
}

namespace {

/// What centre() takes off a value, step by step.
struct Centring {
    double first = 0, mean = 0, rest = 0;
    double operator()(double value) const { return value - first - mean - rest; }
};

}  // namespace

PairMoments pair_moments(std::span<const double> x, std::span<const double> y) {
    const auto for_each_row = [&](auto&& take) {
        for (std::size_t row = 0; row < std::min(x.size(), y.size()); ++row)
            if (std::isfinite(x[row]) && std::isfinite(y[row])) take(x[row], y[row]);
    };
    PairMoments moments;
    Centring cx, cy;
    for_each_row([&](double vx, double vy) {
        if (moments.n++ == 0) {
            cx.first = vx;
            cy.first = vy;
        }
        moments.constant_x = moments.constant_x && vx == cx.first;
        moments.constant_y = moments.constant_y && vy == cy.first;
    });
    const auto mean_left = [&] {
        double sum_x = 0, sum_y = 0;
        for_each_row([&](double vx, double vy) {
            sum_x += cx(vx);
            sum_y += cy(vy);
        });
        const auto n = static_cast<double>(moments.n);
        return std::pair(sum_x / n, sum_y / n);
    };
    if (moments.n == 0) return moments;
    std::tie(cx.mean, cy.mean) = mean_left();
    std::tie(cx.rest, cy.rest) = mean_left();
    for_each_row([&](double vx, double vy) {
        const double dx = cx(vx), dy = cy(vy);
        moments.sxx += dx * dx;
        moments.syy += dy * dy;
        moments.sxy += dx * dy;
    });
    return moments;
}

std::optional<double> PairMoments::correlation() const {
    if (n < 2 || constant_x || constant_y) return std::nullopt;
    const double rho = sxy / (std::sqrt(sxx) * std::sqrt(syy));
    if (!std::isfinite(rho)) return std::nullopt;
    return std::clamp(rho, -1.0, 1.0);
}

OrthogonalBasis::OrthogonalBasis(std::size_t rows_max, std::size_t directions_max)
    : rows_max_(rows_max), directions_(rows_max * directions_max), coefficients_(directions_max) {}

std::span<const double> OrthogonalBasis::remove_from(std::span<double> column) {
    const std::span coefficients(coefficients_.data(), size_);
    std::fill(coefficients.begin(), coefficients.end(), 0.0);
    for (int pass = 0; pass < 2; ++pass) {
        for (std::size_t k = 0; k < size_; ++k) {
            const std::span direction(directions_.data() + k * rows_max_, column.size());
            const double share = dot(direction, column);
            coefficients[k] += share;
            for (std::size_t row = 0; row < column.size(); ++row)
                column[row] -= share * direction[row];
        }
    }
    return coefficients;
}

double OrthogonalBasis::add(std::span<const double> residual) {
    const double length = std::sqrt(dot(residual, residual));
    double* const unit = directions_.data() + size_++ * rows_max_;
    for (std::size_t row = 0; row < residual.size(); ++row) unit[row] = residual[row] / length;
    return length;
}

}  // namespace contagiond::core
