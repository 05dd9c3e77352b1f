// FrameCursor: a place in a frame whose literal pieces are known. It goes forward only over what it
// has proved to be what was expected, so a frame that it passed from the first byte to the last is
// JSON of exactly that layout: no white space, no escapes, no other keys, no other order.
//
// Whatever it is not sure of it refuses, also good JSON: numbers with a sign or an exponent, empty
// strings, letters beyond ASCII. Who uses it has another, general way for those.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/units.hpp"
#include "feeds/adapter.hpp"
#include "feeds/shapes/iso_clock.hpp"
#include "feeds/shapes/sixteen_bytes.hpp"

namespace contagiond::feeds {

/// Each step answers whether what it names stands at the place, and if so goes behind it; else the
/// place is where it was. Bytes behind the frame are read (frame_padding of them must be readable)
/// but never passed. Texts that are given out are views into the frame. Never allocates.
class FrameCursor {
  public:
    explicit FrameCursor(std::string_view frame)
        : at_(frame.data()), end_(frame.data() + frame.size()) {}

    /// These very bytes.
    template <std::size_t Size>
    [[gnu::always_inline]] bool is(const char (&literal)[Size]) {
        constexpr std::size_t length = Size - 1;
        static_assert(length > 0 && length <= longest_step);
        return same_bytes(at_, literal) && pass(length);
    }

    /// The same, and where they stand.
    template <std::size_t Size>
    [[gnu::always_inline]] bool is(const char (&literal)[Size], std::string_view& out) {
        const char* const first = at_;
        if (!is(literal)) return false;
        out = {first, Size - 1};
        return true;
    }

    /// One or more characters that stand for themselves in a JSON string. What ends them is for the
    /// next step to see.
    [[gnu::always_inline]] bool plain(std::string_view& out) {
        const char* const first = at_;
        if (!plain()) return false;
        out = {first, static_cast<std::size_t>(at_ - first)};
        return true;
    }
    [[gnu::always_inline]] bool plain() {
        unsigned length = leading_ones(plain_mask(at_));
        if (length == sixteen) {
            length += leading_ones(plain_mask(at_ + sixteen));
            if (length == 2 * sixteen) return pass_some(long_plain(at_, end_));
        }
        return pass_some(length);
    }

    /// So many of them, from 17 to 48: identifiers of one length are quicker to pass that way.
    template <unsigned Length>
    [[gnu::always_inline]] bool plain_of_length() {
        static_assert(Length > sixteen && Length <= 3 * sixteen);
        constexpr unsigned last = Length - sixteen;
        const std::uint32_t all =
            plain_mask(at_) & plain_mask(at_ + last / 2) & plain_mask(at_ + last);
        return all == 0xffff && pass(Length);
    }

    /// A whole number without a sign: digits, the first of several no zero.
    [[gnu::always_inline]] bool whole(std::string_view& out) {
        const char* const first = at_;
        if (!whole()) return false;
        out = {first, static_cast<std::size_t>(at_ - first)};
        return true;
    }
    [[gnu::always_inline]] bool whole() {
        const unsigned length = leading_ones(number_masks(at_).digit);
        if (length == sixteen) return pass_some(long_whole(at_, end_));
        return length > 0 && (length == 1 || *at_ != '0') && pass(length);
    }

    /// The same, with digits behind a point or without.
    [[gnu::always_inline]] bool decimal(std::string_view& out) {
        const char* const first = at_;
        bool is_zero = false;
        if (!decimal(is_zero)) return false;
        out = {first, static_cast<std::size_t>(at_ - first)};
        return true;
    }
    [[gnu::always_inline]] bool decimal() {
        bool is_zero = false;
        return decimal(is_zero);
    }

    /// The price of a side of the best quote, and whether there is one: at zero there is none.
    [[gnu::always_inline]] bool price(std::string_view& out, bool& is_there) {
        const char* const first = at_;
        bool is_zero = false;
        if (!decimal(is_zero)) return false;
        is_there = !is_zero;
        if (is_there) out = {first, static_cast<std::size_t>(at_ - first)};
        return true;
    }

    /// Milliseconds since 1970, of thirteen digits, the first neither 0 nor 9: 2001 to 2255.
    [[gnu::always_inline]] bool epoch_ms(core::TimeNs& out) {
        constexpr unsigned length = 13;
        if (leading_ones(number_masks(at_).digit) != length) return false;
        if (*at_ == '0' || *at_ == '9') return false;
        constexpr std::uint64_t five_zeros = 0x3030303030;
        const std::uint64_t five = (eight_bytes(at_) & 0xffffffffff) - five_zeros;
        const std::uint64_t high = number_of_digits(five << 24);
        const std::uint64_t ms = high * 100'000'000 + eight_digits_at(at_ + 5);
        out = static_cast<core::TimeNs>(ms) * core::ns_per_ms;
        return pass(length);
    }

    /// RFC 3339 in UTC, with up to nine digits of a second's fraction or none. Placeholders and
    /// leap seconds are refused.
    [[gnu::always_inline]] bool iso_time(IsoClock& clock, core::TimeNs& out) {
        // 0123456789012345678901234567890
        // 2025-01-27T14:30:00.123456789Z
        const char* const p = at_;
        const core::TimeNs minute = clock.minute_at(p);
        const auto tens = static_cast<unsigned>(p[17] - '0');
        const auto ones = static_cast<unsigned>(p[18] - '0');
        if (minute == core::no_time || p[16] != ':' || tens > 5 || ones > 9) return false;
        core::DurationNs below = 0;
        unsigned length = 19;
        if (p[19] == '.') {
            const unsigned digits = leading_ones(number_masks(p + 20).digit);
            if (digits == 0 || digits > 9) return false;
            // Behind the fraction's last digit zeros are thought.
            constexpr std::uint64_t zeros = 0x3030303030303030;
            const std::uint64_t kept = digits < 8 ? (std::uint64_t{1} << (8 * digits)) - 1 : ~0ULL;
            below = static_cast<core::DurationNs>(
                        number_of_digits((eight_bytes(p + 20) - zeros) & kept)) *
                    10;
            if (digits == 9) below += p[28] - '0';
            length = 20 + digits;
        }
        if (p[length] != 'Z') return false;
        out = minute + (tens * 10 + ones) * core::ns_per_s + below;
        return pass(length + 1);
    }

    /// The frame ends here.
    bool at_end() const { return at_ == end_; }

  private:
    static constexpr std::size_t sixteen = 16;
    /// A step begins within the frame and reads at most so far.
    static constexpr std::size_t longest_step = frame_padding - sixteen;

    [[gnu::always_inline]] bool pass(std::size_t length) {
        if (length > static_cast<std::size_t>(end_ - at_)) [[unlikely]]
            return false;
        at_ += length;
        return true;
    }

    [[gnu::always_inline]] bool pass_some(std::size_t length) { return length > 0 && pass(length); }

    [[gnu::always_inline]] bool decimal(bool& is_zero) {
        const NumberMasks masks = number_masks(at_);
        const unsigned length = leading_ones(masks.digit | masks.point);
        if (length == sixteen) return pass_some(long_decimal(at_, end_, is_zero));
        const std::uint32_t within = (1U << length) - 1;
        is_zero = (masks.not_zero & within) == 0;
        // A digit first, and one behind each point; one point at most; no zero before a digit.
        const std::uint32_t points = masks.point & within;
        const std::uint32_t next_is_digit = masks.digit >> 1;
        const std::uint32_t zero_first = *at_ == '0' ? 1 : 0;
        const std::uint32_t wrong = (~masks.digit & 1) | (points & ~next_is_digit) |
                                    (points & (points - 1)) | (zero_first & next_is_digit);
        return wrong == 0 && pass(length);
    }

    // Of more than fifteen characters, or 31: rare, and not to be repeated wherever one is read.
    // The length, or 0 if it is none.
    static std::size_t long_plain(const char* first, const char* end);
    static std::size_t long_whole(const char* first, const char* end);
    static std::size_t long_decimal(const char* first, const char* end, bool& is_zero);

    const char* at_;
    const char* end_;
};

/// One or more rows with commas between them: `read(FrameCursor&, Row&) -> bool` reads one.
template <class Read>
bool read_rows(FrameCursor& at, Decoded& out, Read&& read) {
    do {
        if (!read(at, out.rows.emplace_back())) return false;
    } while (at.is(","));
    return true;
}

}  // namespace contagiond::feeds
