#include "daemon/frame_line.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
void append_frame_line(std::string& out, std::string_view frame) {
    const std::size_t begin = out.size();
    out += frame;
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
    out += '\n';
}

std::string file_word(std::string_view name) {
    std::string out(name);
    std::ranges::replace_if(
        out,
        [](char c) {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            return !letter && (c < '0' || c > '9') && c != '_' && c != '.';
        },
        '_');
    return out.substr(0, 64);
}

std::string compact_utc(core::TimeNs t) {
    std::string date = format_date(t);
    std::erase(date, '-');
    const std::int64_t seconds = (t - day_of(t)) / core::ns_per_s;
    return fmt::format("{}T{:02}{:02}{:02}Z", date, seconds / 3600, seconds / 60 % 60,
                       seconds % 60);
}

}  // namespace contagiond::daemon
