// PartialCorrelation: correlation of x and y after a linear fit on controls is taken out of both.
//
//     ex, ey = residuals of x, y on (1, z1 … zk);   rho = Σ ex·ey / sqrt(Σ ex²·Σ ey²)
//     t = rho·sqrt(df/(1 - rho²)),   df = n - 2 - k_eff,   p two-sided from Student's t
//
// R. A. Fisher, "The distribution of the partial correlation coefficient", Metron 3 (1924). With
// macro series as controls it tells whether two markets move together beyond what both owe to
// rates, the dollar and the like.
//
// Controls are taken in their order. One that is constant, or of which the intercept and the
// controls already kept leave less than 1e-10 of its centred sum of squares, is dropped; k_eff
// counts the others.
//
// Cost: O(n·k²), on demand. Memory: 8·(k + 4) bytes a row and 8 a control. Error: the residuals
// come from orthogonal projections on the rows, not from a matrix of cross products, so
// near-collinear controls cost eps·(their condition) instead of its square: about 1e-11 at the
// 1e-10 limit.
//
// Reference cases `partial_corr`, no params. Inputs x, y are columns, z a list of columns (null
// stands for NaN). Expected n, k_eff, rho_raw, rho, t, df, p are the members of the result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/estimators/columns.hpp"

namespace contagiond::core {

struct PartialCorrelationValue {
    std::uint64_t n = 0;            ///< rows in which every column is finite
    std::uint64_t k_eff = 0;        ///< controls kept
    std::optional<double> rho_raw;  ///< Pearson over the same rows; absent if a side is constant
    std::optional<double> rho;      ///< -1 to 1
    std::optional<double> t;        ///< absent also at |rho| = 1, where it is not finite
    std::optional<std::uint64_t> df;
    std::optional<double> p;  ///< 0 to 1
};

/// One thread. Never allocates after construction.
class PartialCorrelation {
  public:
    PartialCorrelation(std::size_t rows_max, std::size_t controls_max);

    /// All columns have one length; a value that is not finite removes its row. rho, t, df and p
    /// are absent when n < k_eff + 4, or when less than 1e-24 of the plain sum of squares of x or y
    /// is left. Columns that differ in length, or more rows or controls than there is room for, are
    /// not measured: n is 0 and all else absent.
    PartialCorrelationValue measure(std::span<const double> x, std::span<const double> y,
                                    std::span<const std::span<const double>> controls);

  private:
    std::size_t find_complete_rows(std::span<const double> x, std::span<const double> y,
                                   std::span<const std::span<const double>> controls);
    /// Into the basis, unless it adds nothing to the controls before it. Overwrites the column.
    void take_control(std::span<double> control);
    /// Turns the column into its residual; false when nothing but round-off is left.
    bool leave_residual(std::span<double> column);

    std::size_t rows_max_;
    std::size_t controls_max_;
    std::vector<std::size_t> rows_;        ///< the complete ones
    std::vector<double> x_, y_, control_;  ///< over those rows
    OrthogonalBasis basis_;
};

/// The same once, of whole columns. Allocates.
PartialCorrelationValue partial_correlation(std::span<const double> x, std::span<const double> y,
                                            std::span<const std::vector<double>> controls);

}  // namespace contagiond::core
