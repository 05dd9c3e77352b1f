#include "core/usual_move.hpp"

#include <algorithm>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

/// A block counts for at most so many times the usual move.
constexpr double cap = 3.5;

}  // namespace

UsualMove::UsualMove(double half_life_rows, std::uint64_t block_rows)
    : block_decay_(elementary::exp2(-static_cast<double>(block_rows) / half_life_rows)),
      block_rows_(block_rows) {}

void UsualMove::push(double level) {
    const double move = level - last_.value_or(level);
    last_ = level;
    squares_ += move * move;
    if (++rows_ < block_rows_) return;
    if (squares_ > 0) {
        const auto rows = static_cast<double>(rows_);
        double mean = squares_ / rows;
        if (weight_ > 0) mean = std::min(mean, cap * cap * weighted_ / weight_);
        weighted_ = block_decay_ * weighted_ + rows * mean;
        weight_ = block_decay_ * weight_ + rows;
    }
    squares_ = 0;
    rows_ = 0;
}

std::optional<double> UsualMove::variance() const {
    if (!(weight_ > 0)) return std::nullopt;
    return weighted_ / weight_;
}

}  // namespace contagiond::core
