// Quantities as people write them in the configuration: durations and sizes with units, ratios,
// numbers. Independent of the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/units.hpp"

namespace contagiond::daemon {

/// A value, or one half-sentence that says what is wrong with the text and what is wanted.
template <typename T>
struct Parsed {
    std::optional<T> value;
    std::string problem;
};

/// "90s", "1h30m", "0.5s". Units ns us ms s m h d, always required; exact to the nanosecond.
Parsed<core::DurationNs> parse_duration(std::string_view text);

/// "64MiB", "1.5GB", "4096B". Units B kB MB GB TB KiB MiB GiB TiB, always required; whole bytes.
Parsed<std::uint64_t> parse_bytes(std::string_view text);

/// A finite number by JSON's grammar, nothing after it.
Parsed<double> parse_number(std::string_view text);

/// A number, or a percentage: "0.0075" and "0.75%" are the same.
Parsed<double> parse_ratio(std::string_view text);

/// A whole number without sign.
Parsed<std::uint64_t> parse_count(std::string_view text);

/// In the largest unit that needs no fraction; parse_duration reads it back exactly.
std::string format_duration(core::DurationNs duration);
/// The same for bytes, in units of 1024.
std::string format_bytes(std::uint64_t bytes);
/// The fewest digits that parse_number reads back to the same double.
std::string format_number(double value);

}  // namespace contagiond::daemon
