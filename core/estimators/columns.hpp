// Columns: the few sums over rows that the estimators of whole samples share. Nothing here
// allocates but the constructor of OrthogonalBasis.
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

/// column[k] = series[rows[k] - back].
void take_rows(std::span<const double> series, std::span<const std::size_t> rows, std::size_t back,
               std::span<double> column);

/// Centred sums over the rows in which both sides are finite.
struct PairMoments {
    std::size_t n = 0;
    bool constant_x = true, constant_y = true;  ///< by value
    double sxx = 0, syy = 0, sxy = 0;

    /// Pearson's, clipped to -1..1; absent when a side is constant or there are fewer than two
    /// rows.
    std::optional<double> correlation() const;
};

/// Of unequal lengths the shorter one counts. Reads both columns four times in place of copying
/// them.
PairMoments pair_moments(std::span<const double> x, std::span<const double> y);

/// One thread. Never allocates after construction. Memory: 8 bytes a row and direction, 8 a
/// direction.
class OrthogonalBasis {
  public:
    OrthogonalBasis(std::size_t rows_max, std::size_t directions_max);

    /// Without directions again. From here on columns have one length, at most rows_max.
    void clear() { size_ = 0; }
    /// Takes out of `column`, in place, what the basis explains, and returns how much of each
    /// direction that was: size() coefficients, valid until the next call.
    std::span<const double> remove_from(std::span<double> column);
    /// A new direction, the last of at most directions_max: a column from which this basis has been
    /// removed. Returns its length before it was made a unit; must not be zero.
    double add(std::span<const double> residual);
    std::size_t size() const { return size_; }

  private:
    std::size_t rows_max_;
    std::vector<double> directions_;    ///< one behind the other, each with room for rows_max
    std::vector<double> coefficients_;  ///< of the last removal
    std::size_t size_ = 0;
};

}  // namespace contagiond::core
