#include "daemon/config_units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <span>

#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t size;
};

constexpr std::array<Unit, 7> duration_units = {{{"ns", 1},
                                                 {"us", core::ns_per_us},
                                                 {"ms", core::ns_per_ms},
                                                 {"s", core::ns_per_s},
                                                 {"m", core::ns_per_min},
                                                 {"h", core::ns_per_hour},
                                                 {"d", core::ns_per_day}}};

constexpr std::array<Unit, 9> byte_units = {{{"B", 1},
                                             {"kB", 1'000},
                                             {"MB", 1'000'000},
                                             {"GB", 1'000'000'000},
                                             {"TB", 1'000'000'000'000},
                                             {"KiB", 1ll << 10},
                                             {"MiB", 1ll << 20},
                                             {"GiB", 1ll << 30},
                                             {"TiB", 1ll << 40}}};

struct Words {
    std::string_view thing;
    std::string_view example_unit;
    std::string_view example;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t span_of_digits(std::string_view text) {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    return n;
}

std::string unit_list(std::span<const Unit> units) {
    std::string out;
    for (const Unit& unit : units) {
        if (!out.empty()) out += ' ';
        out += unit.name;
    }
    return out;
}

/// digits[.fraction] times the unit, exactly; nothing if that is no whole number or too large.
std::optional<std::int64_t> scaled(std::string_view digits, std::string_view fraction,
                                   std::int64_t unit) {
    while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
    std::int64_t value = 0;
    std::int64_t power = 1;
    const auto take = [&value](char c) {
        return !__builtin_mul_overflow(value, std::int64_t{10}, &value) &&
               !__builtin_add_overflow(value, std::int64_t{c - '0'}, &value);
    };
    for (const char c : digits) {
        if (!take(c)) return {};
    }
    for (const char c : fraction) {
        if (!take(c) || __builtin_mul_overflow(power, std::int64_t{10}, &power)) return {};
    }
    const std::int64_t shared = std::gcd(power, unit);
    power /= shared;
    if (value % power != 0) return {};
    if (__builtin_mul_overflow(value / power, unit / shared, &value)) return {};
    return value;
}

Parsed<std::int64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
                                    const Words& words, bool compound) {
    std::string_view rest = text;
    std::int64_t total = 0;
    if (rest.empty() || !is_digit(rest.front())) {
        return {{},
                fmt::format("found \"{}\", wanted {} such as {}", printable(text), words.thing,
                            words.example)};
    }
    while (!rest.empty()) {
        const std::size_t digits = span_of_digits(rest);
        const std::string_view whole = rest.substr(0, digits);
        rest.remove_prefix(digits);
        std::string_view fraction;
        if (!rest.empty() && rest.front() == '.') {
            const std::size_t n = span_of_digits(rest.substr(1));
            fraction = rest.substr(1, n);
            rest.remove_prefix(n + 1);
        }
        while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
        std::size_t letters = 0;
        while (letters < rest.size() && !is_digit(rest[letters]) && rest[letters] != ' ') ++letters;
        const std::string_view name = rest.substr(0, letters);
        rest.remove_prefix(letters);
        if (name.empty()) {
            return {{},
                    fmt::format("\"{}\" needs a unit, such as {}{}", printable(text),
                                printable(text), words.example_unit)};
        }
        const Unit* unit = nullptr;
        for (const Unit& candidate : units) {
            if (candidate.name == name) unit = &candidate;
        }
        if (unit == nullptr || whole.empty()) {
            return {{},
                    fmt::format("\"{}\" has no unit of {}, wanted one of {}", printable(text),
                                words.thing, unit_list(units))};
        }
        const std::optional<std::int64_t> value = scaled(whole, fraction, unit->size);
        if (!value || __builtin_add_overflow(total, *value, &total)) {
            return {{},
                    fmt::format("\"{}\" is too large, or finer than the smallest unit ({})",
                                printable(text), units.front().name)};
        }
        if (!rest.empty() && (!compound || !is_digit(rest.front()))) {
            return {{},
                    fmt::format("found \"{}\", wanted {} such as {}", printable(text), words.thing,
                                words.example)};
        }
    }
    return {total, {}};
}

}  // namespace

Parsed<core::DurationNs> parse_duration(std::string_view text) {
    return parse_quantity(text, duration_units, {"a duration", "s", "90s or 1h30m"}, true);
}

Parsed<std::uint64_t> parse_bytes(std::string_view text) {
    Parsed<std::int64_t> parsed =
        parse_quantity(text, byte_units, {"a size", "MiB", "64MiB"}, false);
    if (!parsed.value) return {{}, std::move(parsed.problem)};
    return {static_cast<std::uint64_t>(*parsed.value), {}};
}

Parsed<double> parse_number(std::string_view text) {
    const auto problem = [text](std::string_view what) -> Parsed<double> {
        return {{}, fmt::format("found \"{}\", wanted {}", printable(text), what)};
    };
    // from_chars also takes "inf" and "nan", and leaves what follows a number alone.
    const std::string_view body = !text.empty() && text.front() == '-' ? text.substr(1) : text;
    if (body.empty() || !is_digit(body.front())) return problem("a number such as 0.75");
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) return problem("a number a double can hold");
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
        return problem("a number such as 0.75");
    }
    return {value, {}};
}

Parsed<double> parse_ratio(std::string_view text) {
    if (text.empty() || text.back() != '%') return parse_number(text);
    std::string_view digits = text.substr(0, text.size() - 1);
    while (!digits.empty() && digits.back() == ' ') digits.remove_suffix(1);
    Parsed<double> parsed = parse_number(digits);
    if (!parsed.value) {
        return {
            {},
            fmt::format("found \"{}\", wanted a share such as 0.75% or 0.0075", printable(text))};
    }
    *parsed.value /= 100;
    return parsed;
}

Parsed<std::uint64_t> parse_count(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        return {{}, fmt::format("found \"{}\", wanted a whole number", printable(text))};
    }
    return {value, {}};
}

std::string format_duration(core::DurationNs duration) {
    for (std::size_t i = duration_units.size(); i-- > 0;) {
        const Unit& unit = duration_units[i];
        if (duration != 0 && duration % unit.size == 0) {
            return fmt::format("{}{}", duration / unit.size, unit.name);
        }
    }
    return "0s";
}

std::string format_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> names = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t i = 0;
    while (bytes != 0 && bytes % 1024 == 0 && i + 1 < names.size()) {
        bytes /= 1024;
        ++i;
    }
    return fmt::format("{}{}", bytes, names[i]);
}

std::string format_number(double value) {
    return fmt::format("{}", value);
}

}  // namespace contagiond::daemon
