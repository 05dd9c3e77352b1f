// LagAsymmetry: which of two series moves first, from the lagged correlations on either side of 0.
//
//     c_xy(j) = Σ_t x_t·y_{t+j} / sqrt(Σx²·Σy²)
//     asym = (Σ_{j=1..m} c_xy(j) - Σ_{j=1..m} c_yx(j))·sqrt(n/(2m))
//
// Both series are clipped first, so that one jump does not decide; rows that lack a side are 0
// after the mean of the rest is taken away. Each c(j) of independent series has variance 1/n
// (Bartlett, 1946), hence the factor: asym is about N(0,1) when neither leads, above 0 when x
// leads.
//
// Cost: O(rows·m), on demand. Memory: 16 bytes a row and 16 a lag. Error: one summation over the
// rows, a few rows·eps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace contagiond::core {

struct LagAsymmetryRules {
    std::uint32_t lags = 24;  ///< m, at least 1
    double clip = 4;          ///< in the unit of the series, which are standardised
};

/// One thread. Never allocates after construction unless measured over more rows than foreseen.
class LagAsymmetry {
  public:
    LagAsymmetry(LagAsymmetryRules rules, std::size_t rows_foreseen);

    /// Series of equal length, oldest first. Absent or not a number: the row is left out.
    void measure(std::span<const std::optional<double>> x,
                 std::span<const std::optional<double>> y);

    /// Rows that had both sides.
    std::size_t rows() const { return rows_; }
    /// About N(0,1) when neither leads; absent when a side is constant over the rows (after
    /// clipping) or there are fewer than two.
    std::optional<double> asymmetry() const { return asymmetry_; }
    /// c_xy(1..m): x before y. Empty while asymmetry() is absent.
    std::span<const double> x_first() const { return present(x_first_); }
    /// c_yx(1..m): y before x. Empty while asymmetry() is absent.
    std::span<const double> y_first() const { return present(y_first_); }

  private:
    std::span<const double> present(const std::vector<double>& lags) const {
        return asymmetry_ ? std::span<const double>(lags) : std::span<const double>();
    }

    LagAsymmetryRules rules_;
    std::vector<double> x_, y_;  ///< clipped and centred; 0 where left out
    std::vector<double> x_first_, y_first_;
    std::size_t rows_ = 0;
    std::optional<double> asymmetry_;
};

}  // namespace contagiond::core
