#include "core/maybe.hpp"

#include <catch2/catch.hpp>
#include <limits>

using contagiond::core::Maybe;

TEST_CASE("a number or nothing, and NaN is nothing", "[maybe]") {
    Maybe value;
    CHECK_FALSE(value);
    CHECK(value.value_or(7) == 7);
    CHECK(value == Maybe(std::nullopt));
    CHECK(value == Maybe(std::numeric_limits<double>::quiet_NaN()));

    value = 0.0;
    CHECK(value.has_value());
    CHECK(*value == 0);
    CHECK_FALSE(value == Maybe());
    CHECK(value.value_or(7) == 0);
    CHECK(Maybe(-0.0) == Maybe(0.0));
    CHECK_FALSE(Maybe(1.0) == Maybe(2.0));
    // Too large is a number still: who tells it decides what to write.
    CHECK(Maybe(std::numeric_limits<double>::infinity()).has_value());

    value.reset();
    CHECK_FALSE(value.has_value());
}

TEST_CASE("what may be absent goes to and fro as std::optional", "[maybe]") {
    std::optional<double> told = Maybe(2.5);
    CHECK(told == 2.5);
    told = Maybe();
    CHECK_FALSE(told.has_value());
    CHECK_FALSE(Maybe(told).has_value());
    CHECK(*Maybe(std::optional<double>(-3.0)) == -3);
}
