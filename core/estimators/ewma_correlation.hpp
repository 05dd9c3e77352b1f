// EwmaCorrelation: exponentially weighted correlation about zero (RiskMetrics Technical Document,
// 1996):
//
//     S_xy <- d·S_xy + x·y;   rho = S_xy / sqrt(S_xx·S_yy),   d = 2^(-1/half_life)
//
// Weights need no start value: they cancel in the ratio. O(1) a row, three sums. Rows without both
// values decay the weights and add nothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace contagiond::core {

/// One thread. Never allocates.
class EwmaCorrelation {
  public:
    explicit EwmaCorrelation(double half_life_rows) : decay_(std::exp2(-1.0 / half_life_rows)) {}

    void push(double x, double y) {
        push_absent();
        sxx_ += x * x;
        syy_ += y * y;
        sxy_ += x * y;
        if (rows_ < 2) ++rows_;
    }
    void push_absent() {
        sxx_ *= decay_;
        syy_ *= decay_;
        sxy_ *= decay_;
    }

    /// -1 to 1; absent before two rows or when a side was always zero.
    std::optional<double> value() const {
        if (rows_ < 2 || sxx_ <= 0 || syy_ <= 0) return std::nullopt;
        const double rho = sxy_ / (std::sqrt(sxx_) * std::sqrt(syy_));
        if (!std::isfinite(rho)) return std::nullopt;
        return std::clamp(rho, -1.0, 1.0);
    }

  private:
    double decay_;
    double sxx_ = 0, syy_ = 0, sxy_ = 0;
    std::uint32_t rows_ = 0;
};

}  // namespace contagiond::core
