#include "feeds/json_fields.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <new>

namespace contagiond::feeds {
namespace {

/// Frames of this size are read without growing a buffer.
constexpr std::size_t initial_capacity = 64 * 1024;
/// Nothing a venue means is nested deeper; the check is recursive and the stack is not endless.
constexpr int depth_max = 256;

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Whether all eight bytes at `p` are digits.
bool eight_digits(const char* p) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    // A digit's upper half is 3, and adding 6 to its lower half must not carry into the upper.
    return ((word & 0xf0f0f0f0f0f0f0f0) |
            (((word + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) == 0x3333333333333333;
}

const char* skip_digits(const char* p, const char* end) {
    while (end - p >= 8 && eight_digits(p)) p += 8;
    while (p != end && is_digit(*p)) ++p;
    return p;
}

/// Four hexadecimal digits; moves `p` behind them.
bool read_hex(const char*& p, const char* end, std::uint32_t& out) {
    if (end - p < 4) return false;
    const auto [stop, error] = std::from_chars(p, p + 4, out, 16);
    if (error != std::errc{} || stop != p + 4) return false;
    p += 4;
    return true;
}

char* append_utf8(char* out, std::uint32_t code) {
    const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
    const auto tail = [&](int shift) { put(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        put(0xe0 | (code >> 12));
        tail(6);
        tail(0);
    } else {
        put(0xf0 | (code >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
    return out;
}

/// `count` digits as a number; -1 if one is none.
int read_digits(const char* p, int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
        if (!is_digit(p[i])) return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

constexpr bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr std::array<int, 13> days_before_month = {0,   31,  59,  90,  120, 151, 181,
                                                   212, 243, 273, 304, 334, 365};

/// Days since 1970-01-01; -1 if there is no such day. Years 1970 to 9999.
int days_since_epoch(int year, int month, int day) {
    if (year < 1970 || month < 1 || month > 12 || day < 1) return -1;
    const auto m = static_cast<std::size_t>(month);
    const int leap_day = is_leap(year) ? 1 : 0;
    const int length =
        days_before_month[m] - days_before_month[m - 1] + (month == 2 ? leap_day : 0);
    if (day > length) return -1;
    const int before = year - 1;
    const int leap_days = (before / 4 - before / 100 + before / 400) - 477;  // 477 up to 1969
    return (year - 1970) * 365 + leap_days + days_before_month[m - 1] + (month > 2 ? leap_day : 0) +
           day - 1;
}

bool is_scalar_text(const JsonText& field) {
    return field.type == JsonType::string || field.type == JsonType::number;
}

DecodeError take_symbol(const JsonText& field, std::string_view& out) {
    if (field.missing()) return DecodeError::missing_field;
    if (field.type != JsonType::string) return DecodeError::wrong_type;
    out = field.text;
    return DecodeError::none;
}

DecodeError take_number(const JsonText& field, bool sign_allowed, std::string_view& out) {
    if (field.missing()) return DecodeError::missing_field;
    if (!is_scalar_text(field)) return DecodeError::wrong_type;
    if (classify_number(field.text) == NumberClass::malformed) return DecodeError::bad_number;
    if (!sign_allowed && field.text.front() == '-') return DecodeError::bad_number;
    out = field.text;
    return DecodeError::none;
}

DecodeError take_side(const JsonText& price, const JsonText& size, std::string_view& out_price,
                      std::string_view& out_size) {
    if (price.missing()) return DecodeError::none;
    if (!is_scalar_text(price)) return DecodeError::wrong_type;
    const NumberClass found = classify_number(price.text);
    if (found == NumberClass::malformed) return DecodeError::bad_number;
    if (found == NumberClass::zero) return DecodeError::none;
    if (!size.missing()) {
        const DecodeError error = take_number(size, false, out_size);
        if (error != DecodeError::none) return error;
    }
    out_price = price.text;
    return DecodeError::none;
}

}  // namespace

JsonReader::JsonReader() {
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        initial_capacity, depth_max, stage_one_);
    if (error != simdjson::SUCCESS) throw std::bad_alloc();
}

bool JsonReader::start(std::string_view frame) {
    if (frame.size() > stage_one_->capacity() &&
        stage_one_->allocate(frame.size(), depth_max) != simdjson::SUCCESS) {
        return false;
    }
    // Finds the tokens; checks UTF-8, that strings are closed and hold no control characters.
    if (stage_one_->stage1(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size(),
                           simdjson::stage1_mode::regular) != simdjson::SUCCESS ||
        stage_one_->n_structural_indexes == 0) {
        return false;
    }
    text_ = frame.data();
    at_ = stage_one_->structural_indexes.get();
    end_ = at_ + stage_one_->n_structural_indexes;
    depth_ = 0;
    has_escapes_ = std::memchr(frame.data(), '\\', frame.size()) != nullptr;
    unescaped_size_ = 0;
    if (has_escapes_ && unescaped_.size() < frame.size()) unescaped_.resize(frame.size());
    return true;
}

bool JsonReader::skip_nested() {
    if (depth_ == depth_max) return false;
    ++depth_;
    const Walk answer = text_[*at_] == '{'
                            ? walk([](std::string_view, const JsonText&) { return Walk::on; })
                            : each_element([](const JsonText&) { return Walk::on; });
    --depth_;
    return answer == Walk::on;
}

bool JsonReader::unescape(std::string_view& text) {
    if (std::memchr(text.data(), '\\', text.size()) == nullptr) return true;
    char* const first = unescaped_.data() + unescaped_size_;
    char* out = first;
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p != end) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }
        ++p;  // the closing quote is no escaped one, so something follows
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
        if (*p != 'u') {
            const std::size_t i = letters.find(*p++);
            if (i == std::string_view::npos) return false;
            *out++ = meant[i];
            continue;
        }
        ++p;
        std::uint32_t code = 0;
        if (!read_hex(p, end, code)) return false;
        if (code >= 0xd800 && code < 0xe000) {
            std::uint32_t low = 0;
            if (code >= 0xdc00 || end - p < 2 || p[0] != '\\' || p[1] != 'u') return false;
            p += 2;
            if (!read_hex(p, end, low) || low < 0xdc00 || low >= 0xe000) return false;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        out = append_utf8(out, code);
    }
    text = {first, static_cast<std::size_t>(out - first)};
    unescaped_size_ += text.size();
    return true;
}

NumberClass classify_number(std::string_view text) {
    const char* p = text.data();
    const char* const end = p + text.size();
    const bool negative = p != end && *p == '-';
    if (negative) ++p;
    if (p == end || !is_digit(*p)) return NumberClass::malformed;
    bool zero = *p == '0';
    ++p;
    if (zero) {
        if (p != end && is_digit(*p)) return NumberClass::malformed;
    } else {
        p = skip_digits(p, end);
    }
    if (p != end && *p == '.') {
        const char* const first = ++p;
        if (zero) {
            while (p != end && *p == '0') ++p;
            zero = p == end || !is_digit(*p);
        }
        p = skip_digits(p, end);
        if (p == first) return NumberClass::malformed;
    }
    if (p != end && (*p == 'e' || *p == 'E')) {
        ++p;
        if (p != end && (*p == '-' || *p == '+')) ++p;
        const char* const first = p;
        p = skip_digits(p, end);
        if (p == first) return NumberClass::malformed;
    }
    if (p != end) return NumberClass::malformed;
    if (zero) return NumberClass::zero;
    return negative ? NumberClass::negative : NumberClass::positive;
}

DecodeError take_trade(const MarketFields& fields, Row& out) {
    DecodeError error = take_symbol(fields.symbol, out.symbol);
    if (error == DecodeError::none) error = take_number(fields.price, true, out.price);
    if (error == DecodeError::none) error = take_number(fields.size, false, out.size);
    if (error == DecodeError::none && !fields.trade_id.missing()) {
        if (!is_scalar_text(fields.trade_id)) return DecodeError::wrong_type;
        out.trade_id = fields.trade_id.text;
    }
    return error;
}

DecodeError take_quote(const MarketFields& fields, Row& out) {
    out.kind = RowKind::quote;
    DecodeError error = take_symbol(fields.symbol, out.symbol);
    if (error == DecodeError::none) {
        error = take_side(fields.bid, fields.bid_size, out.bid_price, out.bid_size);
    }
    if (error == DecodeError::none) {
        error = take_side(fields.ask, fields.ask_size, out.ask_price, out.ask_size);
    }
    return error;
}

DecodeError take_time(const JsonText& field, core::TimeNs& out) {
    if (field.missing()) return DecodeError::none;
    if (field.type != JsonType::string) return DecodeError::wrong_type;
    return parse_rfc3339(field.text, out) ? DecodeError::none : DecodeError::bad_time;
}

DecodeError take_epoch(const JsonText& field, core::TimeNs& out) {
    if (field.missing()) return DecodeError::none;
    if (!is_scalar_text(field)) return DecodeError::wrong_type;
    return parse_epoch(field.text, out) ? DecodeError::none : DecodeError::bad_time;
}

DecodeError take_epoch_in(core::DurationNs unit, const JsonText& field, core::TimeNs& out) {
    if (field.missing()) return DecodeError::none;
    if (!is_scalar_text(field)) return DecodeError::wrong_type;
    return parse_epoch_in(unit, field.text, out) ? DecodeError::none : DecodeError::bad_time;
}

std::optional<std::uint64_t> whole_number(const JsonText& field) {
    std::uint64_t number = 0;
    const char* const end = field.text.data() + field.text.size();
    const auto [stop, error] = std::from_chars(field.text.data(), end, number);
    if (field.type != JsonType::number || error != std::errc() || stop != end) return std::nullopt;
    return number;
}

Side take_sign(JsonText& size) {
    if (size.text.empty()) return Side::unknown;
    const NumberClass sign = classify_number(size.text);
    if (size.text.front() == '-') size.text.remove_prefix(1);
    if (sign == NumberClass::negative) return Side::sell;
    return sign == NumberClass::positive ? Side::buy : Side::unknown;
}

Walk read_best_level(JsonReader& reader, JsonText& price, JsonText& size) {
    bool first = true;
    return reader.each_element([&](const JsonText& level) {
        if (!std::exchange(first, false) || level.type != JsonType::array) return Walk::on;
        std::size_t place = 0;
        return nested(reader.each_element([&](const JsonText& part) {
            if (place == 0) price = part;
            if (place == 1) size = part;
            ++place;
            return Walk::on;
        }));
    });
}

bool parse_rfc3339(std::string_view text, core::TimeNs& out) {
    // 0123456789012345678
    // 2024-08-08T23:54:15
    constexpr std::size_t seconds_end = 19;
    if (text.size() < seconds_end + 1) return false;
    const char* const p = text.data();
    const char* const end = p + text.size();
    if (p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != 't' && p[10] != ' ') ||
        p[13] != ':' || p[16] != ':') {
        return false;
    }
    const int year = read_digits(p, 4);
    const int month = read_digits(p + 5, 2);
    const int day = read_digits(p + 8, 2);
    const int hour = read_digits(p + 11, 2);
    const int minute = read_digits(p + 14, 2);
    const int second = read_digits(p + 17, 2);
    // A sixtieth second is a leap second; it counts as the next minute's first.
    if (year < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60) {
        return false;
    }
    std::int64_t nanoseconds = 0;
    const char* q = p + seconds_end;
    if (*q == '.') {
        const char* const first = ++q;
        std::int64_t unit = core::ns_per_s / 10;
        for (; q != end && is_digit(*q); ++q, unit /= 10) nanoseconds += (*q - '0') * unit;
        if (q == first) return false;
    }
    if (q == end) return false;
    int offset_minutes = 0;
    if (*q == 'Z' || *q == 'z') {
        ++q;
    } else {
        if ((*q != '+' && *q != '-') || end - q != 6 || q[3] != ':') return false;
        const int offset_hour = read_digits(q + 1, 2);
        const int offset_minute = read_digits(q + 4, 2);
        if (offset_hour < 0 || offset_hour > 23 || offset_minute < 0 || offset_minute > 59) {
            return false;
        }
        offset_minutes = (offset_hour * 60 + offset_minute) * (*q == '-' ? -1 : 1);
        q += 6;
    }
    if (q != end) return false;
    if ((year == 1 || year == 1970) && month == 1 && day == 1) {
        out = core::no_time;
        return true;
    }
    constexpr int year_max = 2261;  // the last whole one that 64 bits of nanoseconds reach
    const int days = days_since_epoch(year, month, day);
    if (days < 0 || year > year_max) return false;
    const std::int64_t seconds =
        std::int64_t{days} * 86'400 + hour * 3'600 + (minute - offset_minutes) * 60 + second;
    out = seconds * core::ns_per_s + nanoseconds;
    return true;
}

bool parse_epoch(std::string_view text, core::TimeNs& out) {
    std::uint64_t value = 0;  // without a sign, not even on a zero
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return false;
    // Today is 1.7e9 s, 1.7e12 ms, 1.7e15 us, 1.7e18 ns: three digits lie between the units.
    constexpr std::uint64_t ms_min = 100'000'000'000;  // 1973
    constexpr std::uint64_t ms_max = std::numeric_limits<core::TimeNs>::max() / core::ns_per_ms;
    constexpr std::uint64_t us_min = ms_min * 1'000;
    constexpr std::uint64_t us_max = std::numeric_limits<core::TimeNs>::max() / core::ns_per_us;
    if (value == 0) {
        out = core::no_time;
    } else if (value >= ms_min && value <= ms_max) {
        out = static_cast<core::TimeNs>(value) * core::ns_per_ms;
    } else if (value >= us_min && value <= us_max) {
        out = static_cast<core::TimeNs>(value) * core::ns_per_us;
    } else {
        return false;
    }
    return true;
}

bool parse_epoch_in(core::DurationNs unit, std::string_view text, core::TimeNs& out) {
    const char* p = text.data();
    const char* const end = p + text.size();
    std::uint64_t whole = 0;
    const auto [stop, error] = std::from_chars(p, end, whole);
    if (error != std::errc{}) return false;
    std::int64_t below = 0;
    p = stop;
    if (p != end && *p == '.') {
        const char* const first = ++p;
        for (std::int64_t step = unit / 10; p != end && is_digit(*p); ++p, step /= 10)
            below += (*p - '0') * step;
        if (p == first) return false;
    }
    if (p != end) return false;
    if (whole == 0 && below == 0) {
        out = core::no_time;
        return true;
    }
    constexpr core::TimeNs earliest = 100'000'000 * core::ns_per_s;  // 1973
    const auto per = static_cast<std::uint64_t>(unit);
    if (whole > static_cast<std::uint64_t>(std::numeric_limits<core::TimeNs>::max()) / per - 1)
        return false;
    const auto time = static_cast<core::TimeNs>(whole * per) + below;
    if (time < earliest) return false;
    out = time;
    return true;
}

std::vector<std::string> symbols_of(std::span<const Subscription> wanted,
                                    bool Subscription::*stream) {
    std::vector<std::string> symbols;
    for (const Subscription& s : wanted) {
        if (s.*stream) symbols.push_back(s.symbol);
    }
    return symbols;
}

std::vector<std::string> list_frames(std::span<const std::string> topics, std::size_t most,
                                     std::string_view before, std::string_view after) {
    std::vector<std::string> frames;
    for (std::size_t first = 0; first < topics.size(); first += most) {
        std::string frame(before);
        for (std::size_t i = first; i < std::min(topics.size(), first + most); ++i) {
            if (i != first) frame += ',';
            append_json_string(frame, topics[i]);
        }
        frame += after;
        frames.push_back(std::move(frame));
    }
    return frames;
}

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

}  // namespace contagiond::feeds
