#include "core/estimators/jump_statistic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {
std::uint32_t products_of(const JumpRules& rules) {
    return rules.window > 2 ? rules.window - 2 : 0;
}
}  // namespace

JumpTest::JumpTest(const JumpRules& rules)
    : min_products_(rules.min_products == 0 ? products_of(rules) : rules.min_products),
      products_(std::max(products_of(rules), 1u)),
      bars_wanted_(products_of(rules) + 1) {
    // A window below three bars holds no product, so there is never a scale.
    if (rules.window < 3) min_products_ = std::numeric_limits<std::uint32_t>::max();
    if (rules.session_bars < 2) return;
    const double log_n = elementary::log(static_cast<double>(rules.session_bars));
    const double root = std::sqrt(2 * log_n);
    centre_ = root - (elementary::log(std::numbers::pi) + elementary::log(log_n)) / (2 * root);
    scale_ = 1 / root;
}

void JumpTest::push(double log_return, double intraday_factor) {
    const double standardised = log_return / intraday_factor;
    if (intraday_factor > 0 && std::isfinite(intraday_factor) && std::isfinite(standardised))
        advance(standardised);
    else
        advance(std::nullopt);
}

void JumpTest::push_absent() {
    advance(std::nullopt);
}

void JumpTest::advance(std::optional<double> standardised) {
    // The scale first: the tested bar is no part of it.
    sigma_.reset();
    value_.reset();
    if (bars_wanted_ == 0 && products_.count() >= min_products_) {
        const double sigma = std::sqrt(std::numbers::pi / 2 * products_.sum() / products_.count());
        if (sigma > 0 && std::isfinite(sigma)) sigma_ = sigma;
    }
    if (sigma_ && standardised) {
        const double l = *standardised / *sigma_;
        if (std::isfinite(l)) {
            value_ = JumpStatistic{l, {}, {}};
            if (centre_) {
                value_->xi = (std::abs(l) - *centre_) / *scale_;
                value_->p = -elementary::expm1(-elementary::exp(-*value_->xi));
            }
        }
    }

    std::optional<double> q, product;
    if (standardised) q = std::abs(*standardised);
    if (q && q_before_) product = *q * *q_before_;
    // The first bar has no neighbour before it; its empty place leaves before the window is full.
    products_.push(product);
    q_before_ = q;
    if (bars_wanted_ > 0) --bars_wanted_;
}

}  // namespace contagiond::core
