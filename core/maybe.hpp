// Maybe: a number or nothing, in eight bytes.
//
// Nothing is kept as NaN, so a NaN can never be taken for a number: stored, it is nothing. Events
// are copied to every sink, and a std::optional<double> is twice as large.
#pragma once

#include <cmath>
#include <limits>
#include <optional>

namespace contagiond::core {

class Maybe {
  public:
    constexpr Maybe() = default;
    constexpr Maybe(std::nullopt_t) {}
    constexpr Maybe(double value) : value_(value) {}
    constexpr Maybe(const std::optional<double>& value) : value_(value ? *value : nothing) {}

    bool has_value() const { return !std::isnan(value_); }
    explicit operator bool() const { return has_value(); }
    /// Only where there is a number.
    double operator*() const { return value_; }
    double value_or(double other) const { return has_value() ? value_ : other; }
    void reset() { value_ = nothing; }
    operator std::optional<double>() const {
        return has_value() ? std::optional<double>(value_) : std::nullopt;
    }

    /// Nothing equals nothing.
    friend bool operator==(const Maybe& a, const Maybe& b) {
        return a.has_value() ? a.value_ == b.value_ : !b.has_value();
    }

  private:
    static constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
    double value_ = nothing;
};

static_assert(sizeof(Maybe) == sizeof(double));

}  // namespace contagiond::core
