#include "daemon/sinks/metric_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace contagiond::sinks {
namespace {

std::string_view type_text(MetricType type) {
    switch (type) {
        case MetricType::counter:
            return "counter";
        case MetricType::gauge:
            return "gauge";
        case MetricType::histogram:
            return "histogram";
    }
    return "unknown";
}

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '"')
            out += "\\\"";
        else if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
}

char* write_text(char* at, std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    return at + text.size();
}

/// Length in bytes of the well-formed UTF-8 character at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (length == 0 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    // Overlong forms, surrogates and what lies beyond U+10FFFF.
    const unsigned char second = byte(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90))
        return 0;
    return length;
}

}  // namespace

std::string head_text(const MetricInfo& info, PageFormat format) {
    if (format == PageFormat::classic)
        return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", info.name, info.help,
                           type_text(info.type));
    // A counter's family goes without the suffix that its samples carry.
    std::string_view name = info.name;
    if (info.type == MetricType::counter && name.ends_with("_total")) name.remove_suffix(6);
    std::string out = fmt::format("# TYPE {0} {1}\n# HELP {0} ", name, type_text(info.type));
    append_escaped(out, info.help);
    out += '\n';
    return out;
}

std::string label_text(const Labels& labels, std::string_view le) {
    std::string out;
    const auto append = [&out](std::string_view name, std::string_view value) {
        out += out.empty() ? '{' : ',';
        out += name;
        out += "=\"";
        append_escaped(out, value);
        out += '"';
    };
    for (const auto& [name, value] : labels) append(name, clean_label_value(value));
    if (!le.empty()) append("le", le);
    if (!out.empty()) out += '}';
    return out;
}

std::string bound_text(double upper_bound) {
    if (std::isinf(upper_bound)) return "+Inf";
    return fmt::format("{:.16g}", upper_bound);
}

std::string clean_label_value(std::string_view text) {
    constexpr std::string_view replacement = "\xef\xbf\xbd";
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const unsigned char first = static_cast<unsigned char>(text.front());
        const bool control = (first < 0x20 && first != '\n') || first == 0x7f;
        if (length == 0 || control)
            out += replacement;
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

char* write_number(char* at, double value) {
    if (std::isnan(value)) return write_text(at, "NaN");
    const double size = std::abs(value);
    if (std::isinf(value)) return write_text(at, value < 0 ? "-Inf" : "+Inf");
    // Most of a page is whole numbers, which are quicker to write as such.
    if (size < 1e15 && size != 0) {
        const auto whole = static_cast<std::int64_t>(value);
        if (static_cast<double>(whole) == value)
            return std::to_chars(at, at + number_room, whole).ptr;
    }
    const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
    return std::to_chars(at, at + number_room, value,
                         plain ? std::chars_format::fixed : std::chars_format::scientific)
        .ptr;
}

char* write_count(char* at, std::uint64_t value) {
    return std::to_chars(at, at + number_room, value).ptr;
}

PageWriter::PageWriter(std::string& page) : page_(page) {
    page_.resize(page_.capacity());
    at_ = page_.data();
    end_ = at_ + page_.size();
}

void PageWriter::grow(std::size_t bytes) {
    const auto used = static_cast<std::size_t>(at_ - page_.data());
    page_.resize(std::max(2 * page_.size(), used + bytes));
    at_ = page_.data() + used;
    end_ = page_.data() + page_.size();
}

void PageWriter::text(std::string_view text) {
    make_room(text.size());
    at_ = write_text(at_, text);
}

void PageWriter::number(double value) {
    make_room(number_room);
    at_ = write_number(at_, value);
}

void PageWriter::count(std::uint64_t value) {
    make_room(number_room);
    at_ = write_count(at_, value);
}

void PageWriter::number_line(std::string_view beginning, double value) {
    make_room(beginning.size() + number_room + 1);
    at_ = write_number(write_text(at_, beginning), value);
    *at_++ = '\n';
}

void PageWriter::count_line(std::string_view beginning, std::uint64_t value) {
    make_room(beginning.size() + number_room + 1);
    at_ = write_count(write_text(at_, beginning), value);
    *at_++ = '\n';
}

void PageWriter::exemplar(const Exemplar& exemplar) {
    text(" # {alert_id=\"");
    text(exemplar.alert.view());
    text("\"} ");
    number(exemplar.value);
    text(fmt::format(" {:.3f}", exemplar.ts_seconds));
}

void PageWriter::finish() {
    page_.resize(static_cast<std::size_t>(at_ - page_.data()));
}

}  // namespace contagiond::sinks
