// CompensatedSum: a running sum that carries what each addition rounded away (Neumaier, 1974).
//
// Error: about one rounding of the result plus n·eps² of the sum of absolute values, where a plain
// sum has n·eps of it. Five more additions each.
#pragma once

#include <cmath>

namespace contagiond::core {

class CompensatedSum {
  public:
    void add(double x) {
        const double sum = sum_ + x;
        lost_ += std::abs(sum_) >= std::abs(x) ? (sum_ - sum) + x : (x - sum) + sum_;
        sum_ = sum;
    }
    double value() const { return sum_ + lost_; }

  private:
    double sum_ = 0;
    double lost_ = 0;
};

}  // namespace contagiond::core
