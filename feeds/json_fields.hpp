// JSON as the venue files need it: every field of a message seen once, in the order of the wire,
// scalars as raw text. simdjson finds the tokens of a frame (its first stage, with SIMD); the walk
// over them is ours. The library's own on-demand walk leaves a trap (a lookup after the error in
// {"x"::"b"} reads freed state and is a segmentation fault) and costs two to three times as much
// when each field is visited.
//
// Everything that is read is checked in full, nested values and unwanted fields too, so that a
// frame yields rows only if it is JSON from its first byte to its last.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/units.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::feeds {

enum class JsonType : std::uint8_t { absent, null, boolean, number, string, array, object };

/// A field's value. `text` holds a string's characters with escapes resolved, or the number or
/// literal as written; it is empty for arrays and objects. Valid until the reader's next frame.
struct JsonText {
    JsonType type = JsonType::absent;
    std::string_view text;

    bool is_string(std::string_view s) const { return type == JsonType::string && text == s; }
    bool is_nested() const { return type >= JsonType::array; }
    /// Absent in one of the ways venues write it: no such key, null, or an empty string.
    bool missing() const {
        return type <= JsonType::null || (type == JsonType::string && text.empty());
    }
};

/// How reading an object went on, or what a field's reader wants.
enum class Walk : std::uint8_t {
    on,
    nested_read,  ///< as `on`, and the nested value was walked by the field's reader
    stop,         ///< none of ours: the rest of this message need not be read
    malformed,    ///< not JSON; nothing more may be read
};

/// A field reader's answer after it walked the field's nested value.
constexpr Walk nested(Walk inner) {
    return inner == Walk::on ? Walk::nested_read : inner;
}

/// A field reader: puts each field where `FieldOf(to, key)` points to, if anywhere.
template <auto FieldOf>
inline constexpr auto put = [](auto& to, std::string_view key, const JsonText& field) {
    if (JsonText* const wanted = FieldOf(to, key)) *wanted = field;
    return Walk::on;
};

/// One frame's reader: reused from frame to frame, allocates only while its buffers grow. One
/// thread.
class JsonReader {
  public:
    JsonReader();

    /// Calls `on_message(Decoded&) -> Walk` for the frame's object, or for each object of its
    /// array; the reader stands on the object, and on_message walks it. Clears `out` first, and
    /// again if the frame turns out not to be JSON. An array element that is no object is rejected
    /// alone.
    template <class OnMessage>
    void read(std::string_view frame, Decoded& out, OnMessage&& on_message);

    /// For venues whose frames need not be objects: calls `on_root(const JsonText&, Decoded&) ->
    /// Walk` once; the reader stands on the frame's object or array, and on_root walks it.
    template <class OnRoot>
    void read_any(std::string_view frame, Decoded& out, OnRoot&& on_root);

    /// Walks the object that the reader stands on: calls `on_field(std::string_view key, const
    /// JsonText&) -> Walk` once for each field. Where the field is nested, the reader stands on it
    /// meanwhile: on_field may walk it and then answers nested_read; otherwise it is checked and
    /// passed over.
    template <class OnField>
    Walk walk(OnField&& on_field);

    /// The same for the array that the reader stands on: `on_element(const JsonText&) -> Walk`.
    template <class OnElement>
    Walk each_element(OnElement&& on_element);

  private:
    bool start(std::string_view frame);
    bool skip_nested();
    bool read_value(const std::uint32_t* at, JsonText& out);
    std::string_view string_at(std::uint32_t begin, std::uint32_t next, bool& well);
    bool unescape(std::string_view& text);
    template <class OnMessage>
    Walk read_root(Decoded& out, OnMessage& on_message);
    /// Nothing may follow what was read.
    Walk at_end(Walk answer) const {
        return answer == Walk::on && at_ != end_ ? Walk::malformed : answer;
    }
    static void finish(Walk answer, Decoded& out) {
        if (answer != Walk::malformed) return;
        out.clear();
        out.error = DecodeError::malformed_json;
    }

    std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_one_;
    const char* text_ = nullptr;
    /// Where tokens start, as offsets into the frame: structural characters, strings, and runs of
    /// anything else. One more entry, the frame's length, stands behind the last.
    const std::uint32_t* at_ = nullptr;
    const std::uint32_t* end_ = nullptr;
    int depth_ = 0;
    bool has_escapes_ = false;     ///< the frame holds a backslash: strings need unescaping
    std::vector<char> unescaped_;  ///< never larger than the frame: escapes only shrink
    std::size_t unescaped_size_ = 0;
};

/// Remembers that one element was dropped, and why if it is the first.
inline void reject(Decoded& out, DecodeError error) {
    ++out.rejected;
    if (out.error == DecodeError::none) out.error = error;
}

/// Adds the row, or rejects the element if something is wrong with it.
inline void keep(const Row& row, DecodeError error, Decoded& out) {
    if (error != DecodeError::none) return reject(out, error);
    out.rows.push_back(row);
}

enum class NumberClass : std::uint8_t { malformed, zero, positive, negative };
/// What a text is by JSON's number grammar. Pure.
NumberClass classify_number(std::string_view text);

// Takers: put a field into a row, or say why not. A number may stand bare or in a string.

/// The fields of a trade or a best quote, as a venue file collects them while it walks a message.
struct MarketFields {
    JsonText symbol;
    JsonText trade_id, price, size;
    JsonText bid, bid_size, ask, ask_size;
};
/// Needs symbol, price and size; sizes have no sign. A missing id is no error.
DecodeError take_trade(const MarketFields& fields, Row& out);
/// Needs the symbol. A side whose price is missing or zero stays empty.
DecodeError take_quote(const MarketFields& fields, Row& out);
/// RFC 3339, or nothing: missing and the venues' placeholders give no_time.
DecodeError take_time(const JsonText& field, core::TimeNs& out);
/// Milliseconds or microseconds since 1970, told apart by magnitude; missing and 0 give no_time.
DecodeError take_epoch(const JsonText& field, core::TimeNs& out);
/// Units of so many nanoseconds since 1970, with or without a fraction; missing and 0 give no_time.
/// A number of another unit's magnitude is a bad time.
DecodeError take_epoch_in(core::DurationNs unit, const JsonText& field, core::TimeNs& out);

/// A number without sign or fraction; nothing for any other field.
std::optional<std::uint64_t> whole_number(const JsonText& field);

/// The side by the venue's words for it.
inline Side side_of(const JsonText& word, std::string_view buy, std::string_view sell) {
    if (word.is_string(buy)) return Side::buy;
    return word.is_string(sell) ? Side::sell : Side::unknown;
}

/// As `keep`, once the row has its time, told in units of so many nanoseconds.
inline void keep_at(core::DurationNs unit, const JsonText& time, Row& row, DecodeError error,
                    Decoded& out) {
    if (error == DecodeError::none) error = take_epoch_in(unit, time, row.ts_exchange);
    keep(row, error, out);
}

/// The same of a time as RFC 3339 has it.
inline void keep_at(const JsonText& time, Row& row, DecodeError error, Decoded& out) {
    if (error == DecodeError::none) error = take_time(time, row.ts_exchange);
    keep(row, error, out);
}

/// Size and side where the venue tells the side by the sign: negative is a sell. The sign goes.
Side take_sign(JsonText& size);

/// Walks an array of levels, [price, size, ..] each, best first, and gives the first; both stay
/// absent if there is none, or if it is no level. The reader stands on the array.
Walk read_best_level(JsonReader& reader, JsonText& price, JsonText& size);

/// Reads an RFC 3339 time with any number of fraction digits; what is below a nanosecond is cut
/// off. 0001-01-01 and 1970-01-01 are placeholders: they give no_time. False if it is no time, or
/// none that 64 bits of nanoseconds since 1970 hold. Pure.
bool parse_rfc3339(std::string_view text, core::TimeNs& out);
/// See take_epoch. False if it is no whole number or of another magnitude (seconds, nanoseconds).
/// Pure.
bool parse_epoch(std::string_view text, core::TimeNs& out);
/// See take_epoch_in. Digits below a nanosecond are cut off. Pure.
bool parse_epoch_in(core::DurationNs unit, std::string_view text, core::TimeNs& out);

/// Appends `text` as a JSON string with its quotes. Bytes from 0x80 up are passed on as they are.
void append_json_string(std::string& out, std::string_view text);

/// The symbols of those that want the stream.
std::vector<std::string> symbols_of(std::span<const Subscription> wanted,
                                    bool Subscription::*stream);

/// Frames of `before`, at most `most` of the topics as JSON strings with commas between, and
/// `after`; none without a topic.
std::vector<std::string> list_frames(std::span<const std::string> topics, std::size_t most,
                                     std::string_view before, std::string_view after);

// Implementation of the templates.

inline std::string_view JsonReader::string_at(std::uint32_t begin, std::uint32_t next, bool& well) {
    // Up to the next token there is only the closing quote and white space.
    const char* end = text_ + next - 1;
    while (*end != '"') --end;
    const char* const first = text_ + begin + 1;
    std::string_view text(first, static_cast<std::size_t>(end - first));
    if (has_escapes_) [[unlikely]]
        well &= unescape(text);
    return text;
}

inline bool JsonReader::read_value(const std::uint32_t* at, JsonText& out) {
    const char* const begin = text_ + at[0];
    const char* end = text_ + at[1];
    bool well = true;
    if (*begin == '"') {
        out.type = JsonType::string;
        out.text = string_at(at[0], at[1], well);
        return well;
    }
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (is_space(end[-1])) --end;
    out.text = {begin, static_cast<std::size_t>(end - begin)};
    switch (*begin) {
        case '{':
            out = {JsonType::object, {}};
            return true;
        case '[':
            out = {JsonType::array, {}};
            return true;
        case 't':
            out.type = JsonType::boolean;
            return out.text == "true";
        case 'f':
            out.type = JsonType::boolean;
            return out.text == "false";
        case 'n':
            out.type = JsonType::null;
            return out.text == "null";
        default:
            // A comma or a bracket in place of a value ends here too.
            out.type = JsonType::number;
            return classify_number(out.text) != NumberClass::malformed;
    }
}

template <class OnField>
Walk JsonReader::walk(OnField&& on_field) {
    // Positions are kept in locals: as members they would be written back at each step.
    const std::uint32_t* at = at_ + 1;
    if (at != end_ && text_[*at] == '}') {
        at_ = at + 1;
        return Walk::on;
    }
    for (;;) {
        // Key, colon, value, and a comma or the end.
        if (end_ - at < 4 || text_[at[0]] != '"' || text_[at[1]] != ':') return Walk::malformed;
        bool well = true;
        const std::string_view key = string_at(at[0], at[1], well);
        JsonText field;
        if (!well || !read_value(at + 2, field)) return Walk::malformed;
        if (field.is_nested()) {
            at_ = at + 2;
            const Walk answer = on_field(key, field);
            if (answer >= Walk::stop) return answer;
            if (answer == Walk::on && !skip_nested()) return Walk::malformed;
            at = at_;
            if (at == end_) return Walk::malformed;
        } else {
            const Walk answer = on_field(key, field);
            if (answer >= Walk::stop) return answer;
            at += 3;
        }
        const char next = text_[*at++];
        if (next == ',') continue;
        at_ = at;
        return next == '}' ? Walk::on : Walk::malformed;
    }
}

template <class OnElement>
Walk JsonReader::each_element(OnElement&& on_element) {
    const std::uint32_t* at = at_ + 1;
    if (at != end_ && text_[*at] == ']') {
        at_ = at + 1;
        return Walk::on;
    }
    for (;;) {
        JsonText element;
        if (end_ - at < 2 || !read_value(at, element)) return Walk::malformed;
        at_ = at;
        const Walk answer = on_element(element);
        if (answer >= Walk::stop) return answer;
        if (element.is_nested()) {
            if (answer == Walk::on && !skip_nested()) return Walk::malformed;
            at = at_;
            if (at == end_) return Walk::malformed;
        } else {
            ++at;
        }
        const char next = text_[*at++];
        if (next == ',') continue;
        at_ = at;
        return next == ']' ? Walk::on : Walk::malformed;
    }
}

template <class OnMessage>
Walk JsonReader::read_root(Decoded& out, OnMessage& on_message) {
    Walk answer = Walk::malformed;
    if (text_[*at_] == '{') {
        answer = on_message(out);
    } else if (text_[*at_] == '[') {
        answer = each_element([&](const JsonText& element) {
            if (element.type != JsonType::object) {
                reject(out, DecodeError::wrong_type);
                return Walk::on;
            }
            const std::uint32_t* const begin = at_;
            const Walk inner = on_message(out);
            if (inner != Walk::stop) return nested(inner);
            at_ = begin;  // the others of the batch are still wanted
            return Walk::on;
        });
    }
    return at_end(answer);
}

template <class OnMessage>
void JsonReader::read(std::string_view frame, Decoded& out, OnMessage&& on_message) {
    out.clear();
    finish(start(frame) ? read_root(out, on_message) : Walk::malformed, out);
}

template <class OnRoot>
void JsonReader::read_any(std::string_view frame, Decoded& out, OnRoot&& on_root) {
    out.clear();
    Walk answer = Walk::malformed;
    JsonText root;
    if (start(frame) && read_value(at_, root) && root.is_nested())
        answer = at_end(on_root(std::as_const(root), out));
    finish(answer, out);
}

}  // namespace contagiond::feeds
