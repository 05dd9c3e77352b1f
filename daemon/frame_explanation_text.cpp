// The words of an explanation.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "daemon/frame_explanation.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t shown_bytes_max = 80;

std::string_view name_of(feeds::ControlKind kind) {
    using feeds::ControlKind;
    switch (kind) {
        case ControlKind::greeting:
            return "greeting";
        case ControlKind::authenticated:
            return "authenticated";
        case ControlKind::subscribed:
            return "subscribed";
        case ControlKind::heartbeat:
            return "heartbeat";
        case ControlKind::reply:
            return "asks for an answer";
        case ControlKind::shutdown_notice:
            return "shutdown notice";
        case ControlKind::error_retry:
            return "error, may heal";
        case ControlKind::error_permanent:
            return "error, will not heal";
    }
    return "control";
}

/// Hostile text on one line of a terminal.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, shown_bytes_max))
        out += c >= ' ' && c < '\x7f' ? std::string(1, c)
                                      : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    if (text.size() > shown_bytes_max) out += "..";
    return out;
}

std::string pointer_of(std::string_view pointer) {
    return pointer.empty() ? "the whole frame" : shown(pointer);
}

std::string place_of(const FrameExplanation& about, std::size_t index) {
    const JsonPlace& place = about.places[index];
    const std::string_view value =
        std::string_view(about.frame).substr(place.begin, place.end - place.begin);
    return fmt::format("{} = {} (bytes {} to {})", pointer_of(place.pointer), shown(value),
                       place.begin, place.end);
}

std::string source_of(const TextSource& source) {
    const std::string bytes = fmt::format(" (bytes {} to {})", source.begin, source.end);
    switch (source.origin) {
        case TextOrigin::value:
            return pointer_of(source.pointer) + bytes;
        case TextOrigin::part:
            return "within " + pointer_of(source.pointer) + bytes;
        case TextOrigin::escaped:
            return pointer_of(source.pointer) + bytes + ", escapes resolved";
        case TextOrigin::earlier:
            return fmt::format("{} of line {}", pointer_of(source.pointer), source.line);
        case TextOrigin::decoders_own:
            break;
    }
    return "the decoder's own word";
}

void add_places(std::string& out, const FrameExplanation& about, std::string_view before,
                const std::vector<std::size_t>& places) {
    for (const std::size_t place : places)
        fmt::format_to(std::back_inserter(out), "{}{}\n", before, place_of(about, place));
}

void add_row(std::string& out, const FrameExplanation& about, const ExplainedRow& row) {
    for (const ExplainedText& text : row.texts)
        fmt::format_to(std::back_inserter(out), "    {:<15} {:<24} {}\n", text.name,
                       shown(text.value), source_of(text.source));
    for (const ExplainedFact& fact : row.facts) {
        if (fact.value.empty()) continue;
        fmt::format_to(
            std::back_inserter(out), "    {:<15} {:<24} {}\n", fact.name, shown(fact.value),
            fact.decided_by.empty() ? "by the form of the message, or by what came before"
                                    : "from");
        add_places(out, about, "                      ", fact.decided_by);
    }
    if (row.needs.empty()) return;
    out += "    is such a row because of\n";
    add_places(out, about, "                      ", row.needs);
}

}  // namespace

std::string describe(const FrameExplanation& about, std::uint64_t line) {
    std::string out = fmt::format(
        "line {}: {} bytes; rows {}, control messages {}, ignored {}, "
        "rejected {}\n",
        line, about.frame.size(), about.rows.size(), about.controls.size(), about.ignored,
        about.rejected);
    for (std::size_t i = 0; i < about.rows.size(); ++i) {
        fmt::format_to(std::back_inserter(out), "  row {}: {}\n", i + 1,
                       about.rows[i].trade ? "trade" : "quote");
        add_row(out, about, about.rows[i]);
    }
    for (const ExplainedControl& control : about.controls) {
        fmt::format_to(std::back_inserter(out), "  control: {}", name_of(control.kind));
        if (!control.text.empty())
            fmt::format_to(std::back_inserter(out), ": {}  from {}", shown(control.text),
                           source_of(control.source));
        out += '\n';
        add_places(out, about, "    because of ", control.decided_by);
    }
    if (about.taken_back > 0)
        fmt::format_to(std::back_inserter(out), "  takes back {} trades told before\n",
                       about.taken_back);
    if (about.ignored > 0) {
        out += "  ignored: none of ours. It says of itself\n";
        std::size_t told = 0;
        for (std::size_t i = 0; i < about.places.size() && told < 6; ++i) {
            if (about.places[i].is_nested()) continue;
            fmt::format_to(std::back_inserter(out), "    {}\n", place_of(about, i));
            ++told;
        }
    }
    if (about.error == feeds::DecodeError::malformed_json)
        fmt::format_to(std::back_inserter(out),
                       "  refused: malformed_json: no JSON from byte {} on: {}\n", about.broken_at,
                       shown(std::string_view(about.frame)
                                 .substr(std::min(about.broken_at, about.frame.size()))));
    else if (about.error != feeds::DecodeError::none)
        fmt::format_to(std::back_inserter(out), "  refused: {}\n", to_string(about.error));
    for (const ExplainedRefusal& refusal : about.refusals)
        fmt::format_to(std::back_inserter(out), "    {} {}\n",
                       refusal.whole ? "lacks a field, has several wrong, or should not be there:"
                                     : "another value would have done at",
                       place_of(about, refusal.place));
    if (!about.tried) out += "  too long to try each of its values\n";
    return out;
}

}  // namespace contagiond::daemon
