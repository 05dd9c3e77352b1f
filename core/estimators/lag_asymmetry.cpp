#include "core/estimators/lag_asymmetry.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::core {
namespace {

bool has_both(const std::optional<double>& x, const std::optional<double>& y) {
    return x && y && !std::isnan(*x) && !std::isnan(*y);
}

/// Σ_t a_t·b_{t+lag}
double lagged_product(const std::vector<double>& a, const std::vector<double>& b, std::size_t lag) {
    double sum = 0;
    for (std::size_t t = lag; t < b.size(); ++t) sum += a[t - lag] * b[t];
    return sum;
}

double sum_of_squares(const std::vector<double>& a) {
    return lagged_product(a, a, 0);
}

}  // namespace

LagAsymmetry::LagAsymmetry(LagAsymmetryRules rules, std::size_t rows_foreseen) : rules_(rules) {
    rules_.lags = std::max(rules_.lags, 1u);
    x_.reserve(rows_foreseen);
    y_.reserve(rows_foreseen);
    x_first_.resize(rules_.lags);
    y_first_.resize(rules_.lags);
}

void LagAsymmetry::measure(std::span<const std::optional<double>> x,
                           std::span<const std::optional<double>> y) {
    const std::size_t size = std::min(x.size(), y.size());
    x_.assign(size, 0);
    y_.assign(size, 0);
    asymmetry_.reset();
    rows_ = 0;
    double sum_x = 0, sum_y = 0, first_x = 0, first_y = 0;
    bool constant_x = true, constant_y = true;
    for (std::size_t t = 0; t < size; ++t) {
        if (!has_both(x[t], y[t])) continue;
        x_[t] = std::clamp(*x[t], -rules_.clip, rules_.clip);
        y_[t] = std::clamp(*y[t], -rules_.clip, rules_.clip);
        if (rows_++ == 0) {
            first_x = x_[t];
            first_y = y_[t];
        }
        constant_x = constant_x && x_[t] == first_x;
        constant_y = constant_y && y_[t] == first_y;
        sum_x += x_[t];
        sum_y += y_[t];
    }
    if (constant_x || constant_y) return;

    const auto n = static_cast<double>(rows_);
    for (std::size_t t = 0; t < size; ++t) {
        if (!has_both(x[t], y[t])) continue;
        x_[t] -= sum_x / n;
        y_[t] -= sum_y / n;
    }
    const double unit = std::sqrt(sum_of_squares(x_)) * std::sqrt(sum_of_squares(y_));
    if (!(unit > 0)) return;
    double difference = 0;
    for (std::size_t j = 1; j <= rules_.lags; ++j) {
        x_first_[j - 1] = lagged_product(x_, y_, j) / unit;
        y_first_[j - 1] = lagged_product(y_, x_, j) / unit;
        difference += x_first_[j - 1] - y_first_[j - 1];
    }
    asymmetry_ = difference * std::sqrt(n / (2.0 * rules_.lags));
}

}  // namespace contagiond::core
