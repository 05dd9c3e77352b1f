#include "daemon/frame_explanation.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

namespace contagiond::daemon {
namespace {

/// Work allowed on one frame: values times bytes.
constexpr std::size_t tries_max_bytes = std::size_t{64} << 20;
/// Texts of earlier frames that are kept.
constexpr std::size_t told_max = 10'000;

/// The members of Row that are texts, by the CSV's names.
struct TextField {
    std::string_view name;
    std::string_view feeds::Row::*text;
};
constexpr TextField text_fields[] = {
    {"symbol", &feeds::Row::symbol},     {"price", &feeds::Row::price},
    {"size", &feeds::Row::size},         {"trade_id", &feeds::Row::trade_id},
    {"bid_px", &feeds::Row::bid_price},  {"bid_sz", &feeds::Row::bid_size},
    {"ask_px", &feeds::Row::ask_price},  {"ask_sz", &feeds::Row::ask_size},
    {"channel", &feeds::Row::channel},   {"mark", &feeds::Row::mark},
    {"sequence", &feeds::Row::sequence},
};

std::string_view side_name(feeds::Side side) {
    if (side == feeds::Side::buy) return "buy";
    return side == feeds::Side::sell ? "sell" : "";
}

std::string_view bytes_of(const FrameExplanation& about, const JsonPlace& place) {
    return std::string_view(about.frame).substr(place.begin, place.end - place.begin);
}

/// A string's characters between its quotes, any other value whole.
std::pair<std::size_t, std::size_t> content_of(const JsonPlace& place) {
    if (place.kind != PlaceKind::string) return {place.begin, place.end};
    return {place.begin + 1, place.end - 1};
}

/// A row as a value that outlives the frame, to compare.
struct Snapshot {
    struct Line {
        bool trade;
        core::TimeNs ts;
        feeds::Side side;
        std::string flags;
        std::vector<std::string> texts;
        bool operator==(const Line&) const = default;
    };
    std::vector<Line> rows;
    std::vector<std::pair<feeds::ControlKind, std::string>> controls;

    explicit Snapshot(const feeds::Decoded& decoded) {
        for (const feeds::Row& row : decoded.rows) {
            std::string flags;
            feeds::append_flag_names(flags, row);
            Line line{row.kind == feeds::RowKind::trade, row.ts_exchange, row.side, flags, {}};
            for (const auto& [name, text] : text_fields) line.texts.emplace_back(row.*text);
            rows.push_back(std::move(line));
        }
        for (const feeds::Control& control : decoded.controls)
            controls.emplace_back(control.kind, control.text);
    }
};

/// Other values of the same form: what reads this one reads something else then.
std::vector<std::string> changed(std::string_view value) {
    if (value == "true") return {"null", "false"};
    if (value == "false") return {"null", "true"};
    std::vector<std::string> out = {"null"};
    const std::size_t quote = value.starts_with('"') ? 1 : 0;
    std::string other(value);
    const auto last = std::find_if(other.rbegin(), other.rend(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Y') || (c >= 'a' && c <= 'y');
    });
    if (last != other.rend()) {
        *last = *last == '9' ? '8' : static_cast<char>(*last + 1);
        out.push_back(other);
    }
    // Where a sign tells the side.
    const char first = value.size() > quote ? value[quote] : ' ';
    std::string signed_other(value);
    if (first == '-') out.push_back(signed_other.erase(quote, 1));
    if (first >= '0' && first <= '9') out.push_back(signed_other.insert(quote, 1, '-'));
    return out;
}

/// Values of which one would please most readers.
constexpr std::string_view pleasing[] = {"1",
                                         "\"1\"",
                                         "1700000000",
                                         "1700000000000",
                                         "1700000000000000000",
                                         "\"1700000000000\"",
                                         "\"1700000000000000000\"",
                                         "\"2024-01-01T00:00:00Z\"",
                                         "{}",
                                         "[]",
                                         "false"};

std::string with(const FrameExplanation& about, const JsonPlace& place, std::string_view value) {
    std::string out = about.frame;
    out.replace(place.begin, place.end - place.begin, value);
    return out;
}

struct Removal {
    std::string frame;
    bool element;  ///< of an array; else null stands in its place
};

Removal without(const FrameExplanation& about, const JsonPlace& place) {
    const std::string& frame = about.frame;
    constexpr std::string_view space = " \t\r\n";
    const std::size_t next = frame.find_first_not_of(space, place.end);
    const std::size_t before =
        place.begin == 0 ? std::string::npos : frame.find_last_not_of(space, place.begin - 1);
    if (next == std::string::npos || before == std::string::npos || frame[before] == ':')
        return {with(about, place, "null"), false};
    std::string out = frame;
    if (frame[next] == ',')
        out.erase(place.begin, next + 1 - place.begin);
    else if (frame[before] == ',')
        out.erase(before, place.end - before);
    else
        out.erase(place.begin, place.end - place.begin);
    return {std::move(out), true};
}

void add_once(std::vector<std::size_t>& list, std::size_t value) {
    if (list.empty() || list.back() != value) list.push_back(value);
}

ExplainedFact& fact(ExplainedRow& row, std::string_view name) {
    return *std::ranges::find(row.facts, name, &ExplainedFact::name);
}

/// Notes what came of another value at `place`.
void compare(const Snapshot& base, const Snapshot& other, std::size_t place,
             FrameExplanation& out) {
    if (base.controls != other.controls)
        for (ExplainedControl& control : out.controls) add_once(control.decided_by, place);
    if (base.rows.size() != out.rows.size()) return;
    if (base.rows.size() == other.rows.size()) {
        for (std::size_t i = 0; i < base.rows.size(); ++i) {
            const auto& was = base.rows[i];
            const auto& is = other.rows[i];
            if (was.ts != is.ts) add_once(fact(out.rows[i], "ts_exchange_ns").decided_by, place);
            if (was.side != is.side) add_once(fact(out.rows[i], "side").decided_by, place);
            if (was.flags != is.flags) add_once(fact(out.rows[i], "flags").decided_by, place);
            if (was.trade != is.trade) add_once(out.rows[i].needs, place);
        }
        return;
    }
    if (other.rows.size() > base.rows.size()) return;
    // Those that are gone stand between what begins alike and what ends alike.
    std::size_t first = 0;
    while (first < other.rows.size() && base.rows[first] == other.rows[first]) ++first;
    std::size_t tail = 0;
    while (tail < other.rows.size() - first &&
           base.rows[base.rows.size() - 1 - tail] == other.rows[other.rows.size() - 1 - tail])
        ++tail;
    for (std::size_t i = first; i < base.rows.size() - tail; ++i)
        add_once(out.rows[i].needs, place);
}

bool is_within(const JsonPlace& inner, const JsonPlace& outer) {
    return inner.begin >= outer.begin && inner.end <= outer.end;
}

}  // namespace

FrameExplainer::FrameExplainer(const feeds::Venue& venue) : decoder_(venue.make_decoder()) {}

feeds::Decoded& FrameExplainer::decode(std::string_view frame, feeds::Decoded& out) {
    buffer_.assign(frame);
    buffer_.append(feeds::frame_padding, ' ');
    decoder_->decode({buffer_.data(), frame.size()}, core::no_time, out);
    return out;
}

FrameExplanation FrameExplainer::explain(std::string_view frame) {
    ++line_;
    FrameExplanation out;
    out.frame = frame;
    JsonPlaces scanned = json_places(frame);
    out.places = std::move(scanned.values);
    decode(frame, decoded_);
    out.ignored = decoded_.ignored;
    out.taken_back = decoded_.taken_back.size();
    out.rejected = decoded_.rejected;
    out.error = decoded_.error;
    out.broken_at = scanned.broken_at.value_or(0);
    explain_texts(out);
    if (out.error != feeds::DecodeError::malformed_json) {
        out.tried = out.places.size() * out.frame.size() <= tries_max_bytes;
        if (out.tried && (!out.rows.empty() || !out.controls.empty())) try_values(out);
        if (out.tried && out.rejected > 0) find_refusals(out);
    }
    remember(out);
    return out;
}

TextSource FrameExplainer::source_of(std::string_view text, const FrameExplanation& about) const {
    TextSource source;
    const std::less_equal<> at_most;  // of pointers into whatever
    const char* const frame = buffer_.data();
    const std::size_t size = about.frame.size();
    if (at_most(frame, text.data()) && at_most(text.data() + text.size(), frame + size)) {
        source.begin = static_cast<std::size_t>(text.data() - frame);
        source.end = source.begin + text.size();
        for (const JsonPlace& place : about.places) {
            const auto [begin, end] = content_of(place);
            if (place.is_nested() || begin > source.begin || end < source.end) continue;
            source.origin =
                begin == source.begin && end == source.end ? TextOrigin::value : TextOrigin::part;
            source.pointer = place.pointer;
            return source;
        }
    }
    for (const JsonPlace& place : about.places) {
        const std::string_view token = bytes_of(about, place);
        if (place.kind != PlaceKind::string || token.find('\\') == std::string_view::npos) continue;
        const auto meant = nlohmann::json::parse(token, nullptr, false);
        if (!meant.is_string() ||
            meant.get_ref<const std::string&>().find(text) == std::string::npos)
            continue;
        const auto [begin, end] = content_of(place);
        return {TextOrigin::escaped, place.pointer, begin, end, 0};
    }
    if (const auto earlier = told_.find(std::string(text)); earlier != told_.end()) {
        source.origin = TextOrigin::earlier;
        source.pointer = earlier->second.pointer;
        source.line = earlier->second.line;
    }
    return source;
}

void FrameExplainer::explain_texts(FrameExplanation& out) const {
    for (const feeds::Row& row : decoded_.rows) {
        ExplainedRow& explained = out.rows.emplace_back();
        explained.trade = row.kind == feeds::RowKind::trade;
        for (const auto& [name, text] : text_fields)
            if (!(row.*text).empty())
                explained.texts.push_back(
                    {name, std::string(row.*text), source_of(row.*text, out)});
        std::string flags;
        feeds::append_flag_names(flags, row);
        const bool timed = row.ts_exchange != core::no_time;
        explained.facts = {
            {"ts_exchange_ns", timed ? std::to_string(row.ts_exchange) : std::string(), {}},
            {"side", std::string(side_name(row.side)), {}},
            {"flags", flags, {}}};
    }
    for (const feeds::Control& control : decoded_.controls)
        out.controls.push_back({control.kind,
                                std::string(control.text),
                                control.text.empty() ? TextSource{} : source_of(control.text, out),
                                {}});
}

/// The decoder has seen the frame: what it remembers of it is the same for the frame as it is and
/// for each change of it.
void FrameExplainer::try_values(FrameExplanation& out) {
    const Snapshot base(decode(out.frame, tried_));
    for (std::size_t i = 0; i < out.places.size(); ++i) {
        const JsonPlace& place = out.places[i];
        if (place.is_nested() || bytes_of(out, place) == "null") continue;
        for (const std::string& value : changed(bytes_of(out, place)))
            compare(base, Snapshot(decode(with(out, place, value), tried_)), i, out);
    }
    decode(out.frame, tried_);  // a changed one may have told something else
}

void FrameExplainer::find_refusals(FrameExplanation& out) {
    const std::uint32_t rejected = decode(out.frame, tried_).rejected;
    const std::size_t given = tried_.rows.size() + tried_.controls.size();
    const auto heals = [&](const JsonPlace& place, std::string_view value) {
        decode(with(out, place, value), tried_);
        return tried_.rejected < rejected && tried_.rows.size() + tried_.controls.size() > given;
    };
    for (std::size_t i = 0; i < out.places.size(); ++i)
        if (std::ranges::any_of(pleasing, [&](auto value) { return heals(out.places[i], value); }))
            out.refusals.push_back({i, false});
    if (out.refusals.size() >= rejected) {
        decode(out.frame, tried_);
        return;
    }
    // What no single other value heals: the innermost elements without which less is refused.
    for (std::size_t i = 0; i < out.places.size(); ++i) {
        const JsonPlace& place = out.places[i];
        const Removal removal = without(out, place);
        if (!place.is_nested() && !removal.element) continue;
        if (i > 0 && decode(removal.frame, tried_).rejected >= rejected) continue;
        const auto inside = [&](const ExplainedRefusal& other) {
            return is_within(out.places[other.place], place);
        };
        const auto around = [&](const ExplainedRefusal& other) {
            return other.whole && is_within(place, out.places[other.place]);
        };
        if (std::ranges::any_of(out.refusals, inside)) continue;
        std::erase_if(out.refusals, around);
        out.refusals.push_back({i, true});
    }
    decode(out.frame, tried_);
}

void FrameExplainer::remember(const FrameExplanation& about) {
    if (about.controls.empty()) return;
    for (const JsonPlace& place : about.places) {
        if (place.kind != PlaceKind::string || told_.size() >= told_max) continue;
        const auto text = nlohmann::json::parse(bytes_of(about, place), nullptr, false);
        if (text.is_string())
            told_.insert_or_assign(text.get<std::string>(), Earlier{line_, place.pointer});
    }
}

}  // namespace contagiond::daemon
