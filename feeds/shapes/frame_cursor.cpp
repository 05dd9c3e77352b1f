#include "feeds/shapes/frame_cursor.hpp"

namespace contagiond::feeds {
namespace {

/// Behind the digits that stand at `p`.
const char* behind_digits(const char* p, const char* end) {
    while (p != end && *p >= '0' && *p <= '9') ++p;
    return p;
}

}  // namespace

std::size_t FrameCursor::long_plain(const char* first, const char* end) {
    const char* p = first;
    while (end - p >= static_cast<std::ptrdiff_t>(sixteen) && plain_mask(p) == 0xffff) p += sixteen;
    // The last block may reach behind the frame; a text that does is refused by who asked.
    p += leading_ones(plain_mask(p));
    return static_cast<std::size_t>(p - first);
}

std::size_t FrameCursor::long_whole(const char* first, const char* end) {
    const char* const last = behind_digits(first, end);
    return last == first || (last - first > 1 && *first == '0')
               ? 0
               : static_cast<std::size_t>(last - first);
}

std::size_t FrameCursor::long_decimal(const char* first, const char* end, bool& is_zero) {
    const std::size_t whole = long_whole(first, end);
    const char* p = first + whole;
    if (whole > 0 && p != end && *p == '.') {
        const char* const last = behind_digits(p + 1, end);
        if (last == p + 1) return 0;
        p = last;
    }
    is_zero = true;
    for (const char* digit = first; digit != p; ++digit)
        is_zero = is_zero && (*digit == '0' || *digit == '.');
    return static_cast<std::size_t>(p - first);
}

}  // namespace contagiond::feeds
