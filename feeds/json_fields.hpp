// JSON as the venue files need it: every field of a message seen once, in the order of the wire,
// scalars as raw text. Wraps simdjson's on-demand reader so that no venue file can look on after
// an error: doing so reads freed state (a lookup after {"x"::"b"} is a segmentation fault).
//
// Everything that is read is checked in full, nested values and unwanted fields too, so that a
// frame yields rows only if it is JSON from its first byte to its last.
#pragma once

#include <simdjson.h>

#include <cstring>
#include <string>
#include <string_view>

#include "core/units.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::feeds {

enum class JsonType : std::uint8_t { absent, null, boolean, number, string, nested };

/// A field's value. `text` holds a string's characters with escapes resolved, or the number or
/// literal as written; it is empty for nested values. Valid until the parser's next frame.
struct JsonText {
    JsonType type = JsonType::absent;
    std::string_view text;

    bool is_string(std::string_view s) const { return type == JsonType::string && text == s; }
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
    malformed,    ///< not JSON; nothing more may be touched
};

/// A field reader's answer after it walked the field's nested value.
constexpr Walk nested(Walk inner) {
    return inner == Walk::on ? Walk::nested_read : inner;
}

using JsonObject = simdjson::ondemand::object;
using JsonValue = simdjson::ondemand::value;

/// One frame's reader: reused from frame to frame, allocates only while its buffers grow. One
/// thread.
class JsonReader {
  public:
    JsonReader();

    /// Calls `on_message(JsonObject&, Decoded&) -> Walk` for the frame's object, or for each object
    /// of its array. Clears `out` first, and again if the frame turns out not to be JSON. An array
    /// element that is no object is rejected alone.
    template <class OnMessage>
    void read(std::string_view frame, Decoded& out, OnMessage&& on_message);

    /// Calls `on_field(std::string_view key, const JsonText&, JsonValue&) -> Walk` once for each
    /// field. The value is of use for nested values only: the reader may walk it with is_object or
    /// each_element and then answers nested_read; otherwise it is checked and passed over.
    template <class OnField>
    Walk walk(JsonObject& object, OnField&& on_field);

    /// Calls `on_element(const JsonText&, JsonValue&) -> Walk` for each element; malformed if the
    /// value is no array.
    template <class OnElement>
    Walk each_element(JsonValue& value, OnElement&& on_element);

    /// Whether the field is an object; `object` then stands ready to be walked.
    static bool is_object(const JsonText& field, JsonValue& value, JsonObject& object) {
        return field.type == JsonType::nested && value.raw_json_token().front() == '{' &&
               value.get_object().get(object) == simdjson::SUCCESS;
    }
    static bool is_array(const JsonText& field, JsonValue& value) {
        return field.type == JsonType::nested && value.raw_json_token().front() == '[';
    }

  private:
    bool read_key(simdjson::ondemand::field& field, std::string_view& key) const;
    bool read_value(JsonValue& value, JsonText& out) const;
    bool check_nested(JsonValue& value, int depth);
    template <class OnMessage>
    Walk read_root(std::string_view frame, Decoded& out, OnMessage& on_message);

    simdjson::ondemand::parser parser_;
    bool has_escapes_ = false;  ///< the frame holds a backslash: strings need unescaping
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

/// Reads an RFC 3339 time with any number of fraction digits; what is below a nanosecond is cut
/// off. 0001-01-01 and 1970-01-01 are placeholders: they give no_time. False if it is no time, or
/// none that 64 bits of nanoseconds since 1970 hold. Pure.
bool parse_rfc3339(std::string_view text, core::TimeNs& out);
/// See take_epoch. False if it is no whole number or of another magnitude (seconds, nanoseconds).
/// Pure.
bool parse_epoch(std::string_view text, core::TimeNs& out);

/// Appends `text` as a JSON string with its quotes. Bytes from 0x80 up are passed on as they are.
void append_json_string(std::string& out, std::string_view text);

// Implementation of the templates.

inline bool JsonReader::read_key(simdjson::ondemand::field& field, std::string_view& key) const {
    const char* const text = field.key().raw();
    if (has_escapes_) [[unlikely]] {
        return field.unescaped_key().get(key) == simdjson::SUCCESS;
    }
    // Stage one has seen to it that the string is closed.
    const char* p = text;
    while (*p != '"') ++p;
    key = {text, static_cast<std::size_t>(p - text)};
    return true;
}

inline bool JsonReader::read_value(JsonValue& value, JsonText& out) const {
    // The token reaches up to the next one. Its first byte decides; a comma or a bracket here is an
    // error that the library itself would notice only later.
    const std::string_view token = value.raw_json_token();
    const char first = token.front();
    if (first == '{' || first == '[') {
        out = {JsonType::nested, {}};
        return true;
    }
    std::size_t size = token.size();
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    if (first == '"') {
        while (is_space(token[size - 1])) --size;
        out = {JsonType::string, token.substr(1, size - 2)};
        if (has_escapes_ && std::memchr(out.text.data(), '\\', out.text.size()) != nullptr)
            [[unlikely]] {
            return value.get_string().get(out.text) == simdjson::SUCCESS;
        }
        // Taken here, so that the library need not guess whether it is a key when passing over it.
        return value.get_raw_json_string().error() == simdjson::SUCCESS;
    }
    if (first == ',' || first == ':' || first == '}' || first == ']') return false;
    while (is_space(token[size - 1])) --size;
    out.text = token.substr(0, size);
    switch (first) {
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
            out.type = JsonType::number;
            return classify_number(out.text) != NumberClass::malformed;
    }
}

template <class OnField>
Walk JsonReader::walk(JsonObject& object, OnField&& on_field) {
    for (auto result : object) {
        if (result.error() != simdjson::SUCCESS) return Walk::malformed;
        simdjson::ondemand::field field = std::move(result).value_unsafe();
        std::string_view key;
        JsonText text;
        if (!read_key(field, key)) return Walk::malformed;
        JsonValue& value = field.value();
        if (!read_value(value, text)) return Walk::malformed;
        const Walk answer = on_field(key, text, value);
        if (answer >= Walk::stop) return answer;
        if (text.type == JsonType::nested && answer != Walk::nested_read &&
            !check_nested(value, 0)) {
            return Walk::malformed;
        }
    }
    return Walk::on;
}

template <class OnElement>
Walk JsonReader::each_element(JsonValue& value, OnElement&& on_element) {
    simdjson::ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Walk::malformed;
    for (auto result : array) {
        if (result.error() != simdjson::SUCCESS) return Walk::malformed;
        JsonValue element = std::move(result).value_unsafe();
        JsonText text;
        if (!read_value(element, text)) return Walk::malformed;
        const Walk answer = on_element(text, element);
        if (answer >= Walk::stop) return answer;
        if (text.type == JsonType::nested && answer != Walk::nested_read &&
            !check_nested(element, 0)) {
            return Walk::malformed;
        }
    }
    return Walk::on;
}

template <class OnMessage>
Walk JsonReader::read_root(std::string_view frame, Decoded& out, OnMessage& on_message) {
    simdjson::ondemand::document document;
    if (parser_.iterate(frame.data(), frame.size(), frame.size() + frame_padding).get(document) !=
        simdjson::SUCCESS) {
        return Walk::malformed;
    }
    has_escapes_ = std::memchr(frame.data(), '\\', frame.size()) != nullptr;
    simdjson::ondemand::json_type type{};
    if (document.type().get(type) != simdjson::SUCCESS) return Walk::malformed;
    if (type == simdjson::ondemand::json_type::object) {
        JsonObject object;
        if (document.get_object().get(object) != simdjson::SUCCESS) return Walk::malformed;
        const Walk answer = on_message(object, out);
        if (answer != Walk::on) return answer;
    } else if (type == simdjson::ondemand::json_type::array) {
        simdjson::ondemand::array array;
        if (document.get_array().get(array) != simdjson::SUCCESS) return Walk::malformed;
        for (auto result : array) {
            if (result.error() != simdjson::SUCCESS) return Walk::malformed;
            JsonValue element = std::move(result).value_unsafe();
            JsonText text;
            if (!read_value(element, text)) return Walk::malformed;
            JsonObject object;
            if (is_object(text, element, object)) {
                if (on_message(object, out) == Walk::malformed) return Walk::malformed;
                continue;
            }
            if (text.type == JsonType::nested && !check_nested(element, 0)) return Walk::malformed;
            reject(out, DecodeError::wrong_type);
        }
    } else {
        return Walk::malformed;
    }
    // Nothing may follow. The library tells by refusing to name a place behind the end.
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? Walk::on
                                                                          : Walk::malformed;
}

template <class OnMessage>
void JsonReader::read(std::string_view frame, Decoded& out, OnMessage&& on_message) {
    out.clear();
    if (read_root(frame, out, on_message) == Walk::malformed) {
        out.clear();
        out.error = DecodeError::malformed_json;
    }
}

}  // namespace contagiond::feeds
