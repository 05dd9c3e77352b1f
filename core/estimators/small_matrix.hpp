// SmallMatrix: a dense matrix of a few rows and columns, row by row, with the few operations that a
// vector autoregression needs. Results are written into matrices that are there already.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace contagiond::core {

/// Allocates only when it is made or copied. Memory: 8 bytes an entry.
class SmallMatrix {
  public:
    SmallMatrix() = default;
    SmallMatrix(std::size_t rows, std::size_t columns)
        : rows_(rows), columns_(columns), values_(rows * columns, 0.0) {}

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    double& operator()(std::size_t row, std::size_t column) {
        return values_[row * columns_ + column];
    }
    double operator()(std::size_t row, std::size_t column) const {
        return values_[row * columns_ + column];
    }

    void set_zero() { std::fill(values_.begin(), values_.end(), 0.0); }
    /// Of a square matrix.
    void set_identity() {
        set_zero();
        for (std::size_t i = 0; i < rows_; ++i) (*this)(i, i) = 1;
    }
    /// this += a·b. The shapes must fit; neither may be this matrix.
    void add_product(const SmallMatrix& a, const SmallMatrix& b) {
        for (std::size_t i = 0; i < a.rows_; ++i)
            for (std::size_t k = 0; k < a.columns_; ++k)
                for (std::size_t j = 0; j < b.columns_; ++j) (*this)(i, j) += a(i, k) * b(k, j);
    }

  private:
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    std::vector<double> values_;
};

/// Inverse of an upper triangular matrix without a zero on its diagonal, into one of the same
/// shape. Below the diagonal nothing is read, and zero is written.
inline void invert_upper(const SmallMatrix& upper, SmallMatrix& inverse) {
    inverse.set_zero();
    for (std::size_t j = 0; j < upper.rows(); ++j) {
        for (std::size_t i = j + 1; i-- > 0;) {
            double rest = i == j ? 1.0 : 0.0;
            for (std::size_t k = i + 1; k <= j; ++k) rest -= upper(i, k) * inverse(k, j);
            inverse(i, j) = rest / upper(i, i);
        }
    }
}

/// 1-norm (the largest sum of absolute values in a column) of U'U, for U upper triangular.
inline double norm_of_square(const SmallMatrix& upper) {
    double largest = 0;
    for (std::size_t j = 0; j < upper.rows(); ++j) {
        double column = 0;
        for (std::size_t i = 0; i < upper.rows(); ++i) {
            double entry = 0;
            for (std::size_t k = 0; k <= std::min(i, j); ++k) entry += upper(k, i) * upper(k, j);
            column += std::abs(entry);
        }
        largest = std::max(largest, column);
    }
    return largest;
}

/// 1-norm of UU', for U upper triangular.
inline double norm_of_outer_square(const SmallMatrix& upper) {
    double largest = 0;
    for (std::size_t j = 0; j < upper.rows(); ++j) {
        double column = 0;
        for (std::size_t i = 0; i < upper.rows(); ++i) {
            double entry = 0;
            for (std::size_t k = std::max(i, j); k < upper.rows(); ++k)
                entry += upper(i, k) * upper(j, k);
            column += std::abs(entry);
        }
        largest = std::max(largest, column);
    }
    return largest;
}

}  // namespace contagiond::core
