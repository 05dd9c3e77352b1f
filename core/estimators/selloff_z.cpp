#include "core/estimators/selloff_z.hpp"

#include <cmath>

namespace contagiond::core {

SelloffZ::SelloffZ(const SelloffRules& rules)
    : rules_(rules),
      decay_(1 - 2 / (rules.span + 1)),
      move_(rules.horizon),
      scales_(rules.horizon) {}

void SelloffZ::push(double log_return, double intraday_factor) {
    const double standardised = log_return / intraday_factor;
    // The square too must be finite: an infinite one would never leave the scale.
    if (intraday_factor > 0 && std::isfinite(intraday_factor) &&
        std::isfinite(standardised * standardised))
        advance(standardised);
    else
        advance(std::nullopt);
}

void SelloffZ::push_absent() {
    advance(std::nullopt);
}

std::optional<double> SelloffZ::variance() const {
    if (weight_ <= 0) return std::nullopt;
    return weighted_ / weight_;
}

void SelloffZ::advance(std::optional<double> standardised) {
    move_.push(standardised);
    if (standardised) {
        weighted_ = decay_ * weighted_ + *standardised * *standardised;
        weight_ = decay_ * weight_ + 1;
        if (returns_ < rules_.warmup) ++returns_;
    }
    const Scale before = scales_[oldest_];
    scales_[oldest_] = {variance().value_or(0), returns_ >= rules_.warmup};
    if (++oldest_ == scales_.size()) oldest_ = 0;

    value_.reset();
    if (!before.warm || !(before.variance > 0) || move_.count() < rules_.horizon) return;
    const double z = move_.sum() / std::sqrt(rules_.horizon * before.variance);
    if (std::isfinite(z)) value_ = z;
}

}  // namespace contagiond::core
