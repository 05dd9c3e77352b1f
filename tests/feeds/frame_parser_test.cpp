// The frames of a server as a client must take them: whole, byte by byte, and cut anywhere.
#include "feeds/frame_parser.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "feeds/frame_writer.hpp"
#include "tests/feeds/frame_cases.hpp"
#include "tests/feeds/frame_reader.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/random.hpp"

namespace contagiond::test::frames {
namespace {

/// From "nothing is handed out where it lies" to "everything is".
constexpr std::size_t whole_frames[] = {0, 130, 300, 200'000};

std::vector<Told> told_in_pieces(std::string_view bytes, std::size_t whole_frame,
                                 const std::vector<std::size_t>& pieces) {
    FrameReader reader(table_limits(whole_frame));
    for (const std::size_t piece : pieces) {
        reader.feed(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    reader.feed(bytes);
    CHECK(reader.broken.empty());
    return reader.told;
}

TEST_CASE("raw frames, fed whole") {
    const std::vector<FrameCase> cases = frame_cases();
    CHECK(cases.size() >= 120);
    for (const FrameCase& one : cases)
        for (const std::size_t whole_frame : whole_frames) {
            CAPTURE(one.name, whole_frame);
            CHECK(told_in_pieces(one.bytes, whole_frame, {}) == one.told);
        }
}

TEST_CASE("raw frames, byte by byte") {
    for (const FrameCase& one : frame_cases())
        for (const std::size_t whole_frame : whole_frames) {
            CAPTURE(one.name, whole_frame);
            CHECK(told_in_pieces(one.bytes, whole_frame,
                                 std::vector<std::size_t>(one.bytes.size(), 1)) == one.told);
        }
}

TEST_CASE("raw frames, cut anywhere") {
    const std::uint64_t seed = 20261126;
    CAPTURE(seed);
    Random random(seed);
    for (const FrameCase& one : frame_cases())
        for (int round = 0; round < 20; ++round) {
            const std::size_t whole_frame = whole_frames[random.below(std::size(whole_frames))];
            // Now mostly crumbs, now mostly large pieces.
            const std::uint64_t most = one.bytes.size() > 2000 ? 40'000 : 1 + random.below(12);
            std::vector<std::size_t> pieces;
            for (std::size_t sum = 0; sum < one.bytes.size(); sum += pieces.back())
                pieces.push_back(random.below(most + 1));
            CAPTURE(one.name, round, whole_frame, pieces);
            CHECK(told_in_pieces(one.bytes, whole_frame, pieces) == one.told);
        }
}

TEST_CASE("all the good cases on one connection") {
    std::string bytes;
    std::vector<Told> told;
    for (const FrameCase& one : frame_cases()) {
        const bool ends_connection =
            !one.told.empty() && (one.told.back().kind == feeds::FrameEventKind::close ||
                                  one.told.back().kind == feeds::FrameEventKind::error);
        FrameReader reader(table_limits(300));
        reader.feed(one.bytes + text_frame("behind"));
        // Not what stops in the middle of something.
        if (ends_connection || reader.told.empty() || reader.told.back() != text("behind"))
            continue;
        bytes += one.bytes;
        told.insert(told.end(), one.told.begin(), one.told.end());
    }
    CHECK(told.size() > 60);
    for (const std::size_t whole_frame : whole_frames)
        CHECK(told_in_pieces(bytes, whole_frame, {}) == told);
}

TEST_CASE("payload is counted as it comes, kept or not") {
    for (const std::size_t whole_frame : whole_frames) {
        FrameReader reader(table_limits(whole_frame));
        reader.feed(text_frame("abc") + raw(0x89, "ping") + text_begins("de") + ends("f"));
        CHECK(reader.payload_bytes == 6);
        reader.feed(raw(0x82, xs(table_message_max + 1)));
        CHECK(reader.payload_bytes == 6 + table_message_max + 1);
    }
    FrameReader reader(table_limits(0));
    reader.feed(text_frame("abc").substr(0, 4));
    CHECK(reader.payload_bytes == 2);
}

TEST_CASE("a whole frame is handed out where it lies; others have slack behind them") {
    feeds::FrameParser parser(table_limits(300));
    const std::string bytes = text_frame("hello") + text_begins("wor") + ends("ld");
    std::string_view arrived = bytes;
    const feeds::FrameEvent whole = parser.next(arrived);
    CHECK(whole.payload.data() == bytes.data() + 2);
    arrived.remove_prefix(whole.taken);
    const feeds::FrameEvent joined = parser.next(arrived);
    CHECK(joined.payload == "world");
    CHECK((joined.payload.data() < bytes.data() ||
           joined.payload.data() > bytes.data() + bytes.size()));
    unsigned sum = 0;  // a sanitizer watches
    for (std::size_t i = 0; i < frame_slack; ++i)
        sum += static_cast<unsigned char>(joined.payload.data()[joined.payload.size() + i]);
    CHECK(sum == 0);
}

TEST_CASE("nothing is allocated for a message, nor for what a header merely promises") {
    std::string flow;
    for (int i = 0; i < 1000; ++i) flow += text_frame(xs(165)) + raw(0x89, "p");
    for (int i = 0; i < 10; ++i) flow += text_begins(xs(100)) + ends(xs(100));
    feeds::FrameParser parser(table_limits(300));
    const auto run = [&](std::string_view arrived) {
        std::size_t events = 0;
        for (feeds::FrameEvent event = parser.next(arrived);
             event.kind != feeds::FrameEventKind::need_bytes; event = parser.next(arrived)) {
            arrived.remove_prefix(event.taken);
            ++events;
        }
        return events;
    };
    run(text_begins("a") + ends("b"));  // the buffer grows once
    const AllocationCount allocated;
    CHECK(run(flow) == 2010);
    CHECK(allocated.count() == 0);

    feeds::FrameParser promised(table_limits(300));
    const std::string header = head(0x82, 127, 66'000, 8) + "x";
    const AllocationCount before;
    promised.next(header);
    CHECK(before.bytes() <= 4096 + frame_slack);
}

TEST_CASE("each error has the code that the RFC asks for") {
    for (std::size_t i = 1; i <= static_cast<std::size_t>(FrameError::message_too_big); ++i) {
        const auto what = static_cast<FrameError>(i);
        CAPTURE(to_string(what));
        const unsigned code = feeds::close_code_for(what);
        if (what == FrameError::not_utf8)
            CHECK(code == 1007);
        else if (what == FrameError::message_too_big)
            CHECK(code == 1009);
        else
            CHECK(code == 1002);
        CHECK(to_string(what) != "unknown");
        for (std::size_t j = 0; j < i; ++j)
            CHECK(to_string(what) != to_string(static_cast<FrameError>(j)));
    }
}

// ---- UTF-8 against a slow twin ----

/// By the definition: decode each character, and see whether it had to be written so.
bool is_utf8_slowly(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = [&](std::size_t k) {
            return static_cast<std::uint32_t>(static_cast<unsigned char>(text[k]));
        };
        const std::uint32_t lead = byte(i);
        const std::size_t length = lead < 0x80           ? 1
                                   : (lead >> 5) == 0x06 ? 2
                                   : (lead >> 4) == 0x0e ? 3
                                   : (lead >> 3) == 0x1e ? 4
                                                         : 0;
        if (length == 0 || i + length > text.size()) return false;
        std::uint32_t point = length == 1 ? lead : lead & (0xffu >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) {
            if ((byte(i + k) & 0xc0) != 0x80) return false;
            point = point << 6 | (byte(i + k) & 0x3f);
        }
        const std::size_t needed = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        if (needed != length || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return false;
        i += length;
    }
    return true;
}

TEST_CASE("UTF-8: every lead byte, and whatever may follow, as the definition says") {
    // The edges of each range that the RFC's table names.
    constexpr unsigned char tails[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                       0xbf, 0xc0, 0xc2, 0xed, 0xf0, 0xf4, 0xff};
    std::size_t different = 0, good = 0;
    std::string text(4, '\0');
    for (unsigned lead = 0; lead < 256; ++lead)
        for (const unsigned char second : tails)
            for (const unsigned char third : tails)
                for (const unsigned char fourth : tails) {
                    text[0] = static_cast<char>(lead);
                    text[1] = static_cast<char>(second);
                    text[2] = static_cast<char>(third);
                    text[3] = static_cast<char>(fourth);
                    const bool expected = is_utf8_slowly(text);
                    good += expected;
                    different += feeds::is_utf8(text) != expected;
                }
    CHECK(different == 0);
    CHECK(good > 1000);
}

TEST_CASE("UTF-8: random texts of characters and junk, in random pieces") {
    const std::uint64_t seed = 3629;
    CAPTURE(seed);
    Random random(seed);
    const std::string parts[] = {"a",
                                 xs(7),
                                 xs(8),
                                 xs(31),
                                 xs(40),
                                 "\xc3\xa4",
                                 "\xe2\x82\xac",
                                 "\xf0\x9f\x98\x80",
                                 "\xed\x9f\xbf",
                                 "\xf4\x8f\xbf\xbf"};
    std::size_t good = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (std::uint64_t n = random.below(8); n > 0; --n)
            text += parts[random.below(std::size(parts))];
        if (!text.empty() && random.below(2) == 0)
            text[random.below(text.size())] = static_cast<char>(random.below(256));
        if (random.below(4) == 0) text.resize(random.below(text.size() + 1));
        const bool expected = is_utf8_slowly(text);
        good += expected;
        feeds::Utf8Check check;
        bool taken = true;
        for (std::size_t at = 0; at < text.size() && taken;) {
            const std::size_t piece = 1 + random.below(20);
            taken = check.add(std::string_view(text).substr(at, piece));
            at += piece;
        }
        CAPTURE(round, text);
        REQUIRE((taken && check.complete()) == expected);
        REQUIRE(feeds::is_utf8(text) == expected);
    }
    CHECK(good > 5000);
    CHECK(good < 18'000);
}

// ---- what we write ----

/// Undoes the mask by the RFC's words, as a server would.
struct Written {
    unsigned first = 0;
    bool masked = false;
    std::string payload;
};
Written read_back(const std::string& frame) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(frame.at(i)); };
    Written written{byte(0), (byte(1) & 0x80) != 0, ""};
    std::uint64_t size = byte(1) & 0x7f;
    std::size_t at = 2;
    for (unsigned more = size == 126 ? 2 : size == 127 ? 8 : 0; more > 0; --more, ++at)
        size = (at == 2 ? 0 : size << 8) | byte(at);
    REQUIRE(frame.size() == at + 4 + size);
    for (std::size_t i = 0; i < size; ++i)
        written.payload += static_cast<char>(byte(at + 4 + i) ^ byte(at + i % 4));
    return written;
}

TEST_CASE("our own frames are masked, whole and of the shortest form") {
    using feeds::FrameOpcode;
    const feeds::MaskKey key = {0x12, 0xff, 0x00, 0x80};
    std::string frame = "left over";
    for (const std::size_t size : {0u, 1u, 3u, 4u, 5u, 125u, 126u, 65'535u, 65'536u, 70'001u}) {
        CAPTURE(size);
        std::string payload;
        for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>(i * 31);
        write_frame(FrameOpcode::text, payload, key, frame);
        CHECK(frame.size() == size + 6 + (size < 126 ? 0 : size < 65'536 ? 2 : 8));
        const Written written = read_back(frame);
        CHECK(written.first == 0x81);
        CHECK(written.masked);
        CHECK(written.payload == payload);
    }
    // The RFC's own example.
    write_frame(FrameOpcode::text, "Hello", {0x37, 0xfa, 0x21, 0x3d}, frame);
    CHECK(frame == "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");

    write_frame(FrameOpcode::pong, xs(125), key, frame);
    CHECK(read_back(frame).first == 0x8a);
    CHECK(read_back(frame).payload == xs(125));
    write_frame(FrameOpcode::ping, xs(300), key, frame);
    CHECK(read_back(frame).first == 0x89);
    CHECK(read_back(frame).payload == xs(125));
    write_frame(FrameOpcode::close, feeds::close_payload(1002), key, frame);
    CHECK(read_back(frame).first == 0x88);
    CHECK(read_back(frame).payload == "\x03\xea");
    CHECK(feeds::close_payload(1005).empty());
}

}  // namespace
}  // namespace contagiond::test::frames
