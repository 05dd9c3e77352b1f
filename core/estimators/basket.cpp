#include "core/estimators/basket.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"

namespace contagiond::core {

Basket::Basket(std::span<const double> weights, BasketRules rules)
    : weights_(weights.begin(), weights.end()),
      rules_(rules),
      highs_(std::max(rules.drawdown_rows, 1u)) {
    for (const double weight : weights_) total_weight_ += weight;
}

void Basket::push(std::span<const std::optional<double>> returns) {
    double alive = 0, sum = 0;
    const std::size_t legs = std::min(returns.size(), weights_.size());
    for (std::size_t i = 0; i < legs; ++i) {
        if (!returns[i] || !std::isfinite(*returns[i])) continue;
        alive += weights_[i];
        sum += weights_[i] * *returns[i];
    }
    coverage_ = alive / total_weight_;
    // Weights such as 0.4 + 0.2 do not sum exactly: on the bound is not below it.
    constexpr double round_off = 1e-12;
    log_return_.reset();
    if (alive > 0 && coverage_ >= rules_.min_coverage - round_off) {
        log_return_ = sum / alive;
        add_to_path(*log_return_);
    }

    ++rows_;
    if (count_ > 0 && high(0).row + highs_.size() <= rows_) {
        front_ = front_ + 1 == highs_.size() ? 0 : front_ + 1;
        --count_;
    }
    const double path = path_ + correction_;
    while (count_ > 0 && high(count_ - 1).path <= path) --count_;
    high(count_++) = {rows_, path};
}

void Basket::add_to_path(double step) {
    // Neumaier, 1974.
    const double sum = path_ + step;
    correction_ += std::abs(path_) >= std::abs(step) ? (path_ - sum) + step : (step - sum) + path_;
    path_ = sum;
}

double Basket::index() const {
    return elementary::exp(path_ + correction_);
}

double Basket::drawdown() const {
    if (count_ == 0) return 0;
    return elementary::expm1(path_ + correction_ - highs_[front_].path);
}

}  // namespace contagiond::core
