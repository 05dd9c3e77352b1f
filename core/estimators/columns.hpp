// Columns: the few sums over rows that the batch estimators share.
//
// A column is one series over some rows, all finite. Columns are centred in three steps: the first
// value is taken off (exact for neighbouring levels, so prices near 1e5 that move by 1e-8 keep
// their digits), then the mean, then the mean of what is left. After that a sum of squares has the
// relative error of one summation, rows·eps.
//
// OrthogonalBasis is modified Gram-Schmidt with every projection done twice (Giraud, Langou and
// Rozloznik, 2005): what it leaves of a column is orthogonal to the basis to a few eps of the
// column. A Cholesky factor of the cross products would lose half of the digits and could not tell
// a residual of 1e-24 of a sum of squares from round-off; this can.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace contagiond::core {

/// By value: all entries are equal. True for an empty column.
bool is_constant(std::span<const double> column);

/// Takes the mean off in place and returns it; 0 for an empty column.
double centre(std::span<double> column);

/// Same length both.
double dot(std::span<const double> a, std::span<const double> b);

/// Pearson's correlation, clipped to -1..1; absent when a side is constant or has fewer than two
/// rows. Allocates two columns.
std::optional<double> column_correlation(std::span<const double> x, std::span<const double> y);

/// One thread. Allocates a column for each direction taken in.
class OrthogonalBasis {
  public:
    /// Takes out of `column`, in place, what the basis explains, and returns how much of each
    /// direction that was: size() coefficients.
    std::vector<double> remove_from(std::span<double> column) const;
    /// A new direction: a column from which this basis has been removed. Returns its length before
    /// it was made a unit; must not be zero.
    double add(std::span<const double> residual);
    std::size_t size() const { return directions_.size(); }

  private:
    std::vector<std::vector<double>> directions_;
};

}  // namespace contagiond::core
