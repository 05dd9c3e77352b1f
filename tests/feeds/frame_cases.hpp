// Raw frames of a server and what a client is to make of them: a table, and the words to write it.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/frame_parser.hpp"

namespace contagiond::test::frames {

using feeds::FrameError;

// ---- what was told ----

/// One event, as a test compares it.
struct Told {
    feeds::FrameEventKind kind{};
    std::string payload = {};
    std::uint16_t code = 0;
    FrameError error = FrameError::none;
    bool operator==(const Told&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Told& told) {
    static constexpr const char* names[] = {"need_bytes", "text", "binary", "too_large",
                                            "ping",       "pong", "close",  "error"};
    out << names[static_cast<std::size_t>(told.kind)];
    if (told.code != 0) out << ' ' << told.code;
    if (told.error != FrameError::none) out << ' ' << to_string(told.error);
    return out << " [" << told.payload.size() << "] " << told.payload.substr(0, 40);
}

inline Told text(std::string payload) {
    return {feeds::FrameEventKind::text, std::move(payload)};
}
inline Told binary(std::string payload) {
    return {feeds::FrameEventKind::binary, std::move(payload)};
}
inline Told too_large() {
    return {feeds::FrameEventKind::too_large};
}
inline Told ping(std::string payload) {
    return {feeds::FrameEventKind::ping, std::move(payload)};
}
inline Told pong(std::string payload) {
    return {feeds::FrameEventKind::pong, std::move(payload)};
}
inline Told closed(std::uint16_t code, std::string reason = "") {
    return {feeds::FrameEventKind::close, std::move(reason), code};
}
inline Told error(FrameError what) {
    return {feeds::FrameEventKind::error, "", feeds::close_code_for(what), what};
}

// ---- raw frames ----

/// A header whose length is written in 0, 2 or 8 further bytes behind `second`.
inline std::string head(unsigned first, unsigned second, std::uint64_t length = 0,
                        unsigned length_bytes = 0) {
    std::string bytes{static_cast<char>(first), static_cast<char>(second)};
    while (length_bytes-- > 0) bytes += static_cast<char>(length >> (8 * length_bytes) & 0xff);
    return bytes;
}

/// A frame as a server writes it; `first` is flags and opcode.
inline std::string raw(unsigned first, std::string_view payload) {
    const std::size_t size = payload.size();
    const std::string header = size < 126       ? head(first, static_cast<unsigned>(size))
                               : size <= 0xffff ? head(first, 126, size, 2)
                                                : head(first, 127, size, 8);
    return header + std::string(payload);
}

// A whole message; and the first, a further and the last fragment of one.
inline std::string text_frame(std::string_view payload) {
    return raw(0x81, payload);
}
inline std::string text_begins(std::string_view payload) {
    return raw(0x01, payload);
}
inline std::string binary_begins(std::string_view payload) {
    return raw(0x02, payload);
}
inline std::string goes_on(std::string_view payload) {
    return raw(0x00, payload);
}
inline std::string ends(std::string_view payload) {
    return raw(0x80, payload);
}
inline std::string close_frame(unsigned code, std::string_view reason = "") {
    return raw(0x88, head(code >> 8, code & 0xff) + std::string(reason));
}
inline std::string xs(std::size_t n) {
    return std::string(n, 'x');
}

// ---- the table ----

/// The limits that the table counts on; `whole_frame` is for the test to choose.
inline constexpr std::size_t table_message_max = 70'000;
inline constexpr std::size_t table_message_endless = 140'000;

struct FrameCase {
    const char* name;
    std::string bytes;
    std::vector<Told> told;
    /// Beast 1.81 sees it otherwise, for a reason that stands beside the case.
    bool beast_differs = false;
};

inline std::vector<FrameCase> frame_cases() {
    using E = FrameError;
    const std::string e2 = "\xc3\xa4", e3 = "\xe2\x82\xac", e4 = "\xf0\x9f\x98\x80";
    std::string all_bytes;
    for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
    std::string hundred_fragments = text_begins("0");
    for (int i = 0; i < 98; ++i) hundred_fragments += goes_on("1");
    hundred_fragments += ends("2");

    std::vector<FrameCase> cases = {
        // One frame, one message; lengths at the edges of their three forms.
        {"nothing", "", {}},
        {"an empty text", text_frame(""), {text("")}},
        {"an empty binary", raw(0x82, ""), {binary("")}},
        {"one byte", text_frame("a"), {text("a")}},
        {"the RFC's own example", "\x81\x05Hello", {text("Hello")}},
        {"125 bytes", text_frame(xs(125)), {text(xs(125))}},
        {"126 bytes: 16-bit length", text_frame(xs(126)), {text(xs(126))}},
        {"127 bytes", text_frame(xs(127)), {text(xs(127))}},
        {"256 bytes", raw(0x82, all_bytes), {binary(all_bytes)}},
        {"65,535 bytes", text_frame(xs(65'535)), {text(xs(65'535))}},
        {"65,536 bytes: 64-bit length", text_frame(xs(65'536)), {text(xs(65'536))}},
        {"65,537 bytes, binary", raw(0x82, xs(65'537)), {binary(xs(65'537))}},
        {"three at once",
         text_frame("a") + raw(0x82, "b") + text_frame("c"),
         {text("a"), binary("b"), text("c")}},
        {"a whole one and half of the next",
         text_frame("a") + text_frame("bcd").substr(0, 4),
         {text("a")}},
        {"half a 16-bit length", head(0x81, 126, 0x0100, 2).substr(0, 3), {}},
        {"half a 64-bit length", head(0x81, 127, 65'536, 8).substr(0, 6), {}},
        {"a length and no payload", head(0x82, 127, 65'536, 8), {}},

        // Text.
        {"two, three and four bytes a character", text_frame(e2 + e3 + e4), {text(e2 + e3 + e4)}},
        {"the first and the last of each length",
         text_frame("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
         {text("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")}},
        {"both sides of the surrogates",
         text_frame("\xed\x9f\xbf\xee\x80\x80"),
         {text("\xed\x9f\xbf\xee\x80\x80")}},
        {"NUL is a character", text_frame(std::string("a\0b", 3)), {text(std::string("a\0b", 3))}},
        {"a character behind 63 ASCII",
         text_frame(xs(63) + e4 + xs(70)),
         {text(xs(63) + e4 + xs(70))}},
        {"a lone continuation", text_frame("a\x80"), {error(E::not_utf8)}},
        {"overlong, two bytes", text_frame("\xc0\xaf"), {error(E::not_utf8)}},
        {"overlong, three bytes", text_frame("\xe0\x9f\xbf"), {error(E::not_utf8)}},
        {"overlong, four bytes", text_frame("\xf0\x8f\xbf\xbf"), {error(E::not_utf8)}},
        {"a surrogate", text_frame("\xed\xa0\x80"), {error(E::not_utf8)}},
        {"beyond U+10FFFF", text_frame("\xf4\x90\x80\x80"), {error(E::not_utf8)}},
        {"a byte that never is", text_frame(xs(40) + "\xff" + xs(40)), {error(E::not_utf8)}},
        {"five bytes a character", text_frame("\xf8\x88\x80\x80\x80"), {error(E::not_utf8)}},
        {"a character cut short by the end", text_frame("a\xe2\x82"), {error(E::not_utf8)}},
        {"a character cut short by another", text_frame("\xe2\x82z"), {error(E::not_utf8)}},
        {"bad text after good",
         text_frame("a") + text_frame("\xfe") + text_frame("b"),
         {text("a"), error(E::not_utf8)}},
        {"binary may be anything", raw(0x82, "\xc0\xaf\xff"), {binary("\xc0\xaf\xff")}},

        // Fragments.
        {"two fragments", text_begins("Hel") + ends("lo"), {text("Hello")}},
        {"three fragments", text_begins("a") + goes_on("b") + ends("c"), {text("abc")}},
        {"binary in fragments", binary_begins("\xff") + ends("\xfe"), {binary("\xff\xfe")}},
        {"a hundred fragments", hundred_fragments, {text("0" + std::string(98, '1') + "2")}},
        {"an empty first", text_begins("") + ends("a"), {text("a")}},
        {"an empty middle", text_begins("a") + goes_on("") + ends("b"), {text("ab")}},
        {"an empty last", text_begins("a") + ends(""), {text("a")}},
        {"nothing but empty ones", text_begins("") + goes_on("") + ends(""), {text("")}},
        {"fragments of all three lengths",
         text_begins(xs(3)) + goes_on(xs(300)) + ends(xs(65'536)),
         {text(xs(65'839))}},
        {"two messages in fragments",
         text_begins("a") + ends("b") + binary_begins("c") + ends("d"),
         {text("ab"), binary("cd")}},
        {"a whole one behind fragments",
         text_begins("a") + ends("b") + text_frame("c"),
         {text("ab"), text("c")}},
        {"a message without its end", text_begins("a") + goes_on("b"), {}},
        {"a character over two fragments", text_begins("\xe2\x82") + ends("\xac"), {text(e3)}},
        {"a character over four fragments",
         text_begins("\xf0") + goes_on("\x9f") + goes_on("\x98") + ends("\x80"),
         {text(e4)}},
        {"a character around an empty fragment",
         text_begins("\xc3") + goes_on("") + ends("\xa4"),
         {text(e2)}},
        {"a bad character over two fragments",
         text_begins("\xe2\x82") + ends("z"),
         {error(E::not_utf8)}},
        {"a surrogate over two fragments",
         text_begins("\xed") + ends("\xa0\x80"),
         {error(E::not_utf8)}},
        {"fragments that end within a character",
         text_begins("a\xe2") + ends("\x82"),
         {error(E::not_utf8)}},
        // Beast does not look at the end of a text that an empty frame ends.
        {"cut short, and an empty last",
         text_begins("\xc3") + ends(""),
         {error(E::not_utf8)},
         true},
        {"a cut character does not reach the next message",
         binary_begins("\xe2") + ends("\x82") + text_frame("a"),
         {binary("\xe2\x82"), text("a")}},
        {"nothing to continue", ends("a"), {error(E::nothing_to_continue)}},
        {"nothing to continue yet", goes_on("a"), {error(E::nothing_to_continue)}},
        {"nothing to continue any more",
         text_begins("a") + ends("b") + ends("c"),
         {text("ab"), error(E::nothing_to_continue)}},
        {"nothing to continue behind a ping",
         raw(0x89, "") + ends("a"),
         {ping(""), error(E::nothing_to_continue)}},
        {"a text within fragments",
         text_begins("a") + text_frame("b"),
         {error(E::message_not_ended)}},
        {"a binary within fragments",
         text_begins("a") + binary_begins("b"),
         {error(E::message_not_ended)}},

        // Control frames, alone and between fragments.
        {"a ping", raw(0x89, "12345"), {ping("12345")}},
        {"an empty ping", raw(0x89, ""), {ping("")}},
        {"the longest ping", raw(0x89, xs(125)), {ping(xs(125))}},
        {"a ping of any bytes", raw(0x89, "\xff\xc0"), {ping("\xff\xc0")}},
        {"a pong nobody asked for", raw(0x8a, "me"), {pong("me")}},
        {"an empty pong", raw(0x8a, ""), {pong("")}},
        {"pings and a message",
         raw(0x89, "1") + text_frame("a") + raw(0x89, "2"),
         {ping("1"), text("a"), ping("2")}},
        {"a ping between fragments",
         text_begins("a") + raw(0x89, "p") + ends("b"),
         {ping("p"), text("ab")}},
        {"controls between all fragments",
         text_begins("a") + raw(0x89, "1") + goes_on("b") + raw(0x8a, "2") + raw(0x89, "3") +
             ends("c"),
         {ping("1"), pong("2"), ping("3"), text("abc")}},
        {"a ping within a character",
         text_begins("\xe2") + raw(0x89, "\xff") + ends("\x82\xac"),
         {ping("\xff"), text(e3)}},
        {"half a ping", raw(0x89, "12345").substr(0, 4), {}},
        {"a ping in fragments", raw(0x09, "a"), {error(E::control_fragmented)}},
        {"a pong in fragments", raw(0x0a, ""), {error(E::control_fragmented)}},
        {"a close in fragments", raw(0x08, ""), {error(E::control_fragmented)}},
        {"a ping of 126 bytes", raw(0x89, xs(126)), {error(E::control_too_long)}},
        {"a pong of 126 bytes", raw(0x8a, xs(126)), {error(E::control_too_long)}},
        {"a ping with a 64-bit length", head(0x89, 127, 65'536, 8), {error(E::control_too_long)}},
        {"a short ping with a 16-bit length",
         head(0x89, 126, 1, 2) + "a",
         {error(E::control_too_long)}},

        // Close.
        {"a close without a code", raw(0x88, ""), {closed(1005)}},
        {"a close with a reason", close_frame(1001, "see you"), {closed(1001, "see you")}},
        {"the longest reason", close_frame(1000, xs(123)), {closed(1000, xs(123))}},
        {"a reason in UTF-8", close_frame(1000, e3), {closed(1000, e3)}},
        {"a reason that is not", close_frame(1000, "\xff"), {error(E::not_utf8)}},
        {"a reason cut short", close_frame(1000, "\xe2\x82"), {error(E::not_utf8)}},
        {"half a code", raw(0x88, "\x03"), {error(E::close_payload)}},
        {"a close of 126 bytes", raw(0x88, "\x03\xe8" + xs(124)), {error(E::control_too_long)}},
        {"a close between fragments",
         text_begins("a") + close_frame(1000) + ends("b"),
         {closed(1000)}},
        {"what follows a close is nothing",
         close_frame(1000) + text_frame("a") + raw(0xff, "b"),
         {closed(1000)}},
        {"what follows an error is nothing",
         raw(0x83, "") + text_frame("a"),
         {error(E::reserved_opcode)}},

        // Bits, kinds and masks.
        {"first reserved bit", raw(0xc1, "a"), {error(E::reserved_bit)}},
        {"second reserved bit", raw(0xa1, "a"), {error(E::reserved_bit)}},
        {"third reserved bit", raw(0x91, "a"), {error(E::reserved_bit)}},
        {"all reserved bits", raw(0xf1, "a"), {error(E::reserved_bit)}},
        {"a reserved bit on a ping", raw(0xc9, ""), {error(E::reserved_bit)}},
        {"a reserved bit on a close", raw(0x98, ""), {error(E::reserved_bit)}},
        {"a reserved bit on a continuation",
         text_begins("a") + raw(0xc0, "b"),
         {error(E::reserved_bit)}},
        {"a reserved bit on a first fragment", raw(0x41, "a"), {error(E::reserved_bit)}},
        {"a masked text", head(0x81, 0x81) + "\x01\x02\x03\x04" + "`", {error(E::masked)}},
        {"a masked text with the key 0",
         head(0x81, 0x81) + std::string("\0\0\0\0a", 5),
         {error(E::masked)}},
        {"a masked empty text", head(0x81, 0x80) + "\x01\x02\x03\x04", {error(E::masked)}},
        {"a masked ping", head(0x89, 0x80) + "\x01\x02\x03\x04", {error(E::masked)}},
        {"a masked close", head(0x88, 0x80) + "\x01\x02\x03\x04", {error(E::masked)}},
        {"a masked continuation",
         text_begins("a") + head(0x80, 0x80) + "\x01\x02\x03\x04",
         {error(E::masked)}},
        {"good, then masked",
         text_frame("a") + head(0x81, 0x80) + "\x01\x02\x03\x04",
         {text("a"), error(E::masked)}},

        // Lengths that lie.
        {"0 in 16 bits", head(0x81, 126, 0, 2), {error(E::length_not_minimal)}},
        {"125 in 16 bits", head(0x81, 126, 125, 2), {error(E::length_not_minimal)}},
        {"0 in 64 bits", head(0x82, 127, 0, 8), {error(E::length_not_minimal)}},
        {"126 in 64 bits", head(0x81, 127, 126, 8), {error(E::length_not_minimal)}},
        {"65,535 in 64 bits", head(0x81, 127, 65'535, 8), {error(E::length_not_minimal)}},
        {"a continuation's 1 in 16 bits",
         text_begins("a") + head(0x80, 126, 1, 2),
         {error(E::length_not_minimal)}},
        // Beast takes it for a size, which is then too big.
        {"2^63", head(0x82, 127, std::uint64_t{1} << 63, 8), {error(E::length_out_of_range)}, true},
        {"2^64 - 1", head(0x81, 127, ~std::uint64_t{0}, 8), {error(E::length_out_of_range)}, true},
        {"2^63 - 1", head(0x81, 127, ~std::uint64_t{0} >> 1, 8), {error(E::message_too_big)}},

        // Too much. A connection survives the first limit and not the second. Beast is told of the
        // second alone.
        {"as much as is taken", text_frame(xs(table_message_max)), {text(xs(table_message_max))}},
        {"one byte more",
         text_frame(xs(table_message_max + 1)) + text_frame("a"),
         {too_large(), text("a")}},
        {"one byte more, binary",
         raw(0x82, xs(table_message_max + 1)) + text_frame("a"),
         {too_large(), text("a")}},
        {"as much in fragments",
         text_begins(xs(table_message_max - 1)) + ends("x"),
         {text(xs(table_message_max))}},
        {"one byte more in fragments",
         text_begins(xs(table_message_max)) + ends("x") + text_begins("a") + ends("b"),
         {too_large(), text("ab")}},
        {"a ping within too much",
         text_begins(xs(table_message_max + 1)) + raw(0x89, "p") + ends("x"),
         {ping("p"), too_large()}},
        {"too much is still text",
         text_frame(xs(table_message_max) + "\xff"),
         {error(E::not_utf8)}},
        {"the most that is read to its end", raw(0x82, xs(table_message_endless)), {too_large()}},
        {"one byte beyond, told by the header",
         head(0x82, 127, table_message_endless + 1, 8),
         {error(E::message_too_big)}},
        {"one byte beyond, in fragments",
         binary_begins(xs(table_message_max)) + goes_on(xs(table_message_max)) + goes_on("x"),
         {error(E::message_too_big)}},
        {"an empty end of the most",
         binary_begins(xs(table_message_endless)) + ends("") + text_frame("a"),
         {too_large(), text("a")}},
    };
    for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u})
        cases.push_back(
            {"a kind nobody knows", raw(0x80 | opcode, ""), {error(E::reserved_opcode)}});
    for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u,
                                1012u, 1013u, 3000u, 3999u, 4000u, 4999u})
        cases.push_back({"a code that may be sent",
                         close_frame(code),
                         {closed(static_cast<std::uint16_t>(code))}});
    // Registered after Beast's list was made.
    cases.push_back({"bad gateway", close_frame(1014), {closed(1014)}, true});
    for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 1100u, 2000u, 2999u})
        cases.push_back({"a code that may not", close_frame(code), {error(E::close_code)}});
    // Beast lets pass whatever is above 3000.
    for (const unsigned code : {5000u, 65535u})
        cases.push_back({"a code beyond all", close_frame(code), {error(E::close_code)}, true});
    return cases;
}

}  // namespace contagiond::test::frames
