#include "daemon/log_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>

#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t longest_value = 4096;

std::string_view cut(std::string_view text) {
    if (text.size() <= longest_value) return text;
    std::size_t end = 0;
    while (end < longest_value) end += first_code_point(text.substr(end)).length;
    return text.substr(0, end);
}

/// Whether a logfmt value can stand without quotation marks.
bool is_bare(std::string_view text) {
    if (text.empty()) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
    });
}

void append_value(std::string& out, std::string_view value, LogFormat format) {
    const std::string_view text = cut(value);
    const bool is_cut = text.size() < value.size();
    const bool json = format == LogFormat::json;
    if (!json && !is_cut && is_bare(text)) {
        out += text;
        return;
    }
    out += '"';
    append_escaped(out, text, json ? Escape::json : Escape::plain);
    if (is_cut) out += "...";
    out += '"';
}

void append_key(std::string& out, std::string_view key, LogFormat format) {
    if (!out.empty()) out += format == LogFormat::json ? ',' : ' ';
    if (format == LogFormat::json) out += '"';
    for (const char c : key) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
        out += fits ? c : '_';
    }
    if (key.empty()) out += '_';
    out += format == LogFormat::json ? "\":" : "=";
}

void append_field(std::string& out, std::string_view key, std::string_view value,
                  LogFormat format) {
    append_key(out, key, format);
    append_value(out, value, format);
}

}  // namespace

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warn:
            return "warn";
        case LogLevel::error:
            return "error";
    }
    return "unknown";
}

std::string rfc3339(core::TimeNs ts) {
    using namespace std::chrono;
    // Seconds first: the start of the earliest day is not a number of nanoseconds any more.
    const sys_seconds second = floor<seconds>(sys_time<nanoseconds>{nanoseconds{ts}});
    const auto day = floor<days>(second);
    const year_month_day date{day};
    const hh_mm_ss clock{second - day};
    const core::TimeNs remainder = ts % core::ns_per_s;
    const core::TimeNs fraction = remainder < 0 ? remainder + core::ns_per_s : remainder;
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       fraction / core::ns_per_ms);
}

std::string format_log_body(LogFormat format, LogLevel level, std::string_view message,
                            std::initializer_list<LogField> fields) {
    std::string out;
    append_field(out, "level", to_string(level), format);
    append_key(out, "msg", format);
    // The message always stands in quotation marks: it is a sentence, and grep can rely on it.
    const std::string_view text = cut(message);
    out += '"';
    append_escaped(out, text, format == LogFormat::json ? Escape::json : Escape::plain);
    if (text.size() < message.size()) out += "...";
    out += '"';
    for (const LogField& field : fields) append_field(out, field.first, field.second, format);
    return out;
}

std::string format_log_line(LogFormat format, core::TimeNs ts, std::string_view body,
                            std::uint64_t repeated) {
    std::string out;
    const auto to = std::back_inserter(out);
    if (format == LogFormat::json) {
        fmt::format_to(to, "{{\"ts\":\"{}\",{}", rfc3339(ts), body);
        if (repeated > 0) fmt::format_to(to, ",\"repeated\":{}", repeated);
        out += "}\n";
    } else {
        fmt::format_to(to, "ts={} {}", rfc3339(ts), body);
        if (repeated > 0) fmt::format_to(to, " repeated={}", repeated);
        out += '\n';
    }
    return out;
}

bool LogLimiter::allow(std::string_view body, core::TimeNs now) {
    Slot* slot = nullptr;
    Slot* oldest = nullptr;
    for (Slot& candidate : slots_) {
        if (candidate.body == body) {
            slot = &candidate;
            break;
        }
        // A slot that owes a count is kept until the count is told.
        if (candidate.held == 0 && (oldest == nullptr || candidate.since < oldest->since)) {
            oldest = &candidate;
        }
    }
    if (slot == nullptr) {
        // All slots owe a count: this line is written without being watched.
        if (oldest == nullptr) return true;
        *oldest = Slot{std::string(body), now, 1, 0};
        return true;
    }
    if (now - slot->since >= window) {
        slot->since = now;
        slot->passed = 0;
    }
    if (slot->passed < burst) {
        ++slot->passed;
        return true;
    }
    ++slot->held;
    return false;
}

std::vector<LogLimiter::Held> LogLimiter::take_held(core::TimeNs now) {
    std::vector<Held> told;
    for (Slot& slot : slots_) {
        if (slot.held == 0 || now - slot.since < window) continue;
        told.push_back({slot.body, slot.held});
        slot = Slot{};
    }
    return told;
}

}  // namespace contagiond::daemon
