// SmallMatrix: a dense matrix of a few rows and columns, row by row, with the three operations that
// a vector autoregression needs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace contagiond::core {

/// Allocates once, at construction.
class SmallMatrix {
  public:
    SmallMatrix() = default;
    SmallMatrix(std::size_t rows, std::size_t columns)
        : rows_(rows), columns_(columns), values_(rows * columns, 0.0) {}

    static SmallMatrix identity(std::size_t n) {
        SmallMatrix m(n, n);
        for (std::size_t i = 0; i < n; ++i) m(i, i) = 1;
        return m;
    }

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    double& operator()(std::size_t row, std::size_t column) {
        return values_[row * columns_ + column];
    }
    double operator()(std::size_t row, std::size_t column) const {
        return values_[row * columns_ + column];
    }

    /// this += a·b. The shapes must fit.
    void add_product(const SmallMatrix& a, const SmallMatrix& b) {
        for (std::size_t i = 0; i < a.rows_; ++i)
            for (std::size_t k = 0; k < a.columns_; ++k)
                for (std::size_t j = 0; j < b.columns_; ++j) (*this)(i, j) += a(i, k) * b(k, j);
    }

    SmallMatrix transposed() const {
        SmallMatrix m(columns_, rows_);
        for (std::size_t i = 0; i < rows_; ++i)
            for (std::size_t j = 0; j < columns_; ++j) m(j, i) = (*this)(i, j);
        return m;
    }

    /// The 1-norm: the largest sum of absolute values in a column.
    double norm() const {
        double largest = 0;
        for (std::size_t j = 0; j < columns_; ++j) {
            double sum = 0;
            for (std::size_t i = 0; i < rows_; ++i) sum += std::abs((*this)(i, j));
            largest = std::max(largest, sum);
        }
        return largest;
    }

  private:
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    std::vector<double> values_;
};

inline SmallMatrix operator*(const SmallMatrix& a, const SmallMatrix& b) {
    SmallMatrix product(a.rows(), b.columns());
    product.add_product(a, b);
    return product;
}

/// Inverse of an upper triangular matrix without a zero on its diagonal.
inline SmallMatrix inverse_of_upper(const SmallMatrix& upper) {
    const std::size_t n = upper.rows();
    SmallMatrix inverse(n, n);
    for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = j + 1; i-- > 0;) {
            double rest = i == j ? 1.0 : 0.0;
            for (std::size_t k = i + 1; k <= j; ++k) rest -= upper(i, k) * inverse(k, j);
            inverse(i, j) = rest / upper(i, i);
        }
    }
    return inverse;
}

}  // namespace contagiond::core
