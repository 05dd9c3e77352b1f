// The explanation for a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "daemon/sinks/explanation.hpp"

namespace contagiond::sinks {
namespace {

/// Columns on a terminal: code points, which for these texts is what is seen.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::string padded(std::string_view text, std::size_t width, bool to_the_right) {
    const std::string blanks(width - std::min(width, width_of(text)), ' ');
    return to_the_right ? blanks + std::string(text) : std::string(text) + blanks;
}

/// Time of day; with its date where that is another than the alert's.
std::string moment(core::TimeNs t, core::TimeNs detected_at) {
    if (t == core::no_time) return "unknown";
    const std::string text = rfc3339(t);
    const bool same_day = text.substr(0, 10) == rfc3339(detected_at).substr(0, 10);
    return same_day ? text.substr(11, 8) : text.substr(0, 10) + " " + text.substr(11, 8);
}

/// Words to lines of at most `width`, each behind `indent` blanks but the first.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    std::string out, line;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.empty() && width_of(line) + 1 + width_of(word) > width) {
            out += line + "\n" + std::string(indent, ' ');
            line.clear();
        }
        if (!line.empty()) line += ' ';
        line += word;
    }
    return out + line + "\n";
}

constexpr std::size_t line_width = 100;

std::string conditions_table(const Explanation& told, core::TimeNs detected_at) {
    using Row = std::array<std::string, 5>;
    std::vector<Row> rows = {{"condition", "it was", "asked", "to spare", "held since (UTC)"}};
    for (const ExplainedCondition& condition : told.conditions)
        rows.push_back({condition.label, condition.value, condition.asked, condition.margin,
                        moment(condition.cause.held_since, detected_at) +
                            (condition.last ? "  <- last" : "")});
    std::array<std::size_t, 5> widths{};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    std::string out;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        std::string line = "  ";
        for (std::size_t i = 0; i < widths.size(); ++i)
            line += padded(rows[r][i], widths[i], i == 1 || i == 3) + "  ";
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string why_text(const core::Episode& episode, const Explanation& told,
                     const DocumentContext& context) {
    std::string out = "\nWHY IT FIRED\n";
    if (told.conditions.empty()) return out + wrapped(told.note, 0, line_width);
    out += fmt::format("Every condition held for {}: score {:.2f}, an alert opens from {:.2f}.\n\n",
                       told.target, episode.cause->score, context.engine->detector.enter_score);
    out += conditions_table(told, episode.detected_at);
    return out + "\n" + wrapped(told.why_then, 0, line_width);
}

/// Those that a price of that minute would have broken come first.
std::string prevention_text(const Explanation& told) {
    std::vector<std::size_t> places = told.prevention;
    for (std::size_t i = 0; i < told.conditions.size(); ++i)
        if (told.conditions[i].cause.reading.value &&
            std::find(places.begin(), places.end(), i) == places.end())
            places.push_back(i);
    std::string out = "\nWHAT WOULD HAVE PREVENTED IT\n";
    for (const std::size_t place : places) {
        const ExplainedCondition& condition = told.conditions[place];
        out += "  " + wrapped(condition.prevention + "  (" + condition.label + ": " +
                                  condition.asked + ")",
                              4, line_width - 2);
    }
    if (told.factor_from)
        out += fmt::format("  detector.threshold_factor above {:.3f} (it was {:.3g})\n",
                           std::ceil(*told.factor_from * 1000 - 1e-6) / 1000, told.factor_now);
    return out + wrapped(told.note, 0, line_width);
}

}  // namespace

std::string explanation_text(const core::Episode& episode, const DocumentContext& context) {
    const Explanation told = explain(episode, context);
    std::string out = fmt::format("{}  {}\n", episode.id.view(), title(episode, context));
    out += fmt::format("opened {}, the slide began {}\n", rfc3339(episode.detected_at),
                       rfc3339(episode.started_at));
    out += wrapped(summary(episode, context), 0, line_width);
    if (!told.known) return out + "\n" + told.note + "\n";

    out += why_text(episode, told, context);
    out += "\nWHAT ELSE HAD TO BE TRUE\n";
    for (const ExplainedFact& fact : told.also) {
        std::string text = fact.text;
        if (fact.since != core::no_time)
            text += ", since " + moment(fact.since, episode.detected_at);
        out += "  " + padded(fact.name, 14, false) + wrapped(text, 16, line_width - 16);
    }
    if (told.conditions.empty()) return out;
    out += prevention_text(told);

    std::string meanings;
    for (const ExplainedCondition& condition : told.conditions)
        if (!condition.meaning.empty())
            meanings +=
                "  " + wrapped(condition.label + ": " + condition.meaning, 4, line_width - 2);
    if (!meanings.empty()) out += "\nHOW IT IS MEASURED\n" + meanings;
    return out;
}

}  // namespace contagiond::sinks
