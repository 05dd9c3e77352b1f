// Broken frames: cut at every byte, bytes flipped, values exchanged. Nothing crashes, nothing
// half-decoded leaves, and what leaves is what the slow twin makes of the same frame.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/normalise.hpp"
#include "tests/feeds/capture_files.hpp"
#include "tests/feeds/dom_twin.hpp"
#include "tests/feeds/own_frames.hpp"
#include "tests/feeds/twin_compare.hpp"

namespace contagiond::test {
namespace {

constexpr std::size_t long_frame = 4096;

/// The order of keys in a message: two messages with the same one take the same way.
std::string shape_of(const std::string& line) {
    std::string shape;
    for (std::size_t at = line.find("\":"); at != std::string::npos;
         at = line.find("\":", at + 1)) {
        const std::size_t start = line.rfind('"', at - 1);
        if (start != std::string::npos) shape += line.substr(start, at - start);
    }
    return shape;
}

/// A few frames of each shape.
std::vector<std::string> sample_frames(std::string_view venue) {
    std::vector<std::string> frames = own_frames(venue);
    std::map<std::string, int> seen;
    for (const CaptureFile& file : capture_files(venue)) {
        for (std::string& line : lines_of(read_whole(file.messages))) {
            // A word that is no JSON (OKX answers "pong") has its test with its venue.
            if (line.find_first_of("[{") != 0) continue;
            if (seen[shape_of(line.substr(0, long_frame))]++ < 2) frames.push_back(std::move(line));
        }
    }
    return frames;
}

/// Tells a decoder again what earlier frames of its connection told, such as the numbers of
/// channels: a changed frame may have told otherwise.
void remind(feeds::Decoder& decoder, std::string_view venue) {
    feeds::Decoded out;
    for (const std::string& text : own_frames(venue))
        decoder.decode(PaddedFrame(text).view(), 0, out);
}

/// So many changes of each frame: the fewer frames there are, the more.
std::size_t rounds_of(const std::vector<std::string>& frames) {
    return std::max<std::size_t>(300, 8000 / frames.size());
}

bool nothing_left(const feeds::Decoded& out) {
    return out.rows.empty() && out.controls.empty();
}

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 600)) {
        if (c >= ' ' && c < '\x7f') {
            out += c;
        } else {
            char hex[8];
            std::snprintf(hex, sizeof hex, "<%02x>", static_cast<unsigned char>(c));
            out += hex;
        }
    }
    return out;
}

/// Decodes, compares with the twin, and takes the rows one step further. The number of rows.
std::size_t check(feeds::Decoder& decoder, const DomTwin& twin, const std::string& text,
                  char slack) {
    static const std::vector<feeds::Listing> listings = {{1, "BTCUSDT"}, {2, "AAPL"}, {3, "X"}};
    static const feeds::Normaliser normaliser(0, listings);
    const PaddedFrame frame(text, slack);
    feeds::Decoded out;
    decoder.decode(frame.view(), 0, out);
    const std::string difference = twin_difference(out, twin.decode(text));
    if (!difference.empty()) FAIL(difference << "\n" << printable(text));
    for (const feeds::Row& row : out.rows) normaliser.normalise(row, 0);
    return out.rows.size();
}

std::string random_value(std::mt19937_64& random) {
    static const std::vector<std::string> values = {"null",
                                                    "true",
                                                    "false",
                                                    "0",
                                                    "-0",
                                                    "1",
                                                    "-1.5",
                                                    "0.000",
                                                    "1e-8",
                                                    "1E+400",
                                                    "[]",
                                                    "{}",
                                                    "[1,{\"a\":[]}]",
                                                    "{\"p\":\"1\",\"e\":\"trade\"}",
                                                    "\"\"",
                                                    "\"0\"",
                                                    "\"0.00\"",
                                                    "\"-1\"",
                                                    "\"NaN\"",
                                                    "\"1e5\"",
                                                    "\"01\"",
                                                    "\"1.\"",
                                                    "\" 1\"",
                                                    "\"\\u0031\"",
                                                    "\"\\ud83d\\ude00\"",
                                                    "123456789012345678901234567890",
                                                    "\"123456789012345678901234567890.5\"",
                                                    "9007199254740993",
                                                    "18446744073709551616",
                                                    "\"trade\"",
                                                    "\"match\"",
                                                    "\"last_match\"",
                                                    "\"ticker\"",
                                                    "\"t\"",
                                                    "\"q\"",
                                                    "\"buy\"",
                                                    "\"sell\"",
                                                    "\"B\"",
                                                    "\"S\"",
                                                    "\"C\"",
                                                    "\"0001-01-01T00:00:00Z\"",
                                                    "\"1970-01-01T00:00:00Z\"",
                                                    "\"2024-02-29T23:59:60.5+01:00\"",
                                                    "\"2023-02-29T00:00:00Z\"",
                                                    "1723161255342",
                                                    "1723161255342123",
                                                    "1723161255",
                                                    "[\"I\"]",
                                                    "[\"B\",\"@\"]",
                                                    "\"\\\"\\\\\\n\"",
                                                    "truex",
                                                    "nul",
                                                    "-",
                                                    "01",
                                                    ".5",
                                                    "\"\\x\""};
    return values[random() % values.size()];
}

/// Writes a node again, with chance exchanging, leaving out, doubling and swapping members.
void write(const Node& node, std::mt19937_64& random, bool escape, std::string& out) {
    const auto space = [&] {
        if (random() % 16 == 0) out += " \t\r\n"[random() % 4];
    };
    const auto quoted = [&](const std::string& text) {
        out += nlohmann::json(text).dump(-1, ' ', escape);
    };
    const bool object = node.is(Node::Kind::object);
    if (object || node.is(Node::Kind::array)) {
        auto members = node.members;
        if (members.size() > 1 && random() % 8 == 0) {
            std::swap(members[random() % members.size()], members[random() % members.size()]);
        }
        out += object ? '{' : '[';
        bool first = true;
        for (const auto& [key, member] : members) {
            // What decides whether the rest is read at all may not stand there twice.
            const bool may_repeat = key != "e" && key != "type" && random() % 64 == 0;
            if (random() % 64 == 0) continue;
            for (int i = 0; i < (may_repeat ? 2 : 1); ++i) {
                if (!first) out += ',';
                first = false;
                space();
                if (object) {
                    quoted(key);
                    space();
                    out += ':';
                    space();
                }
                if (random() % 24 == 0) {
                    out += random_value(random);
                } else {
                    write(member, random, escape, out);
                }
                space();
            }
        }
        out += object ? '}' : ']';
    } else if (node.is(Node::Kind::string)) {
        quoted(node.text);
    } else {
        out += node.text;
    }
}

}  // namespace

TEST_CASE("a frame cut at any byte gives nothing") {
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        const auto decoder = venue.make_decoder();
        feeds::Decoded out;
        const std::string slack = std::string("\0}],\" ", 6);
        int kept = 0;
        for (const std::string& text : sample_frames(venue.id)) {
            decoder->decode(PaddedFrame(text).view(), 0, out);
            REQUIRE(out.error != feeds::DecodeError::malformed_json);
            kept += nothing_left(out) ? 0 : 1;
            const std::size_t end = text.find_last_not_of(" \r") + 1;
            const std::size_t step = text.size() > long_frame ? text.size() / 500 : 1;
            for (std::size_t size = 0; size < end; size += step) {
                const PaddedFrame frame(text.substr(0, size), slack[size % slack.size()]);
                decoder->decode(frame.view(), 0, out);
                if (!nothing_left(out)) FAIL("cut at " << size << ": " << printable(text));
                if (out.ignored == 0 && out.error != feeds::DecodeError::malformed_json) {
                    FAIL("no error, cut at " << size << ": " << printable(text));
                }
            }
        }
        CHECK(kept > 0);
    }
}

TEST_CASE("frames with flipped bytes give what the twin makes of them") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        const auto decoder = venue.make_decoder();
        const DomTwin twin{std::string(venue.id)};
        std::size_t rows = 0;
        const auto frames = sample_frames(venue.id);
        for (const std::string& original : frames) {
            remind(*decoder, venue.id);
            const std::size_t rounds = original.size() > long_frame ? 5 : rounds_of(frames);
            for (std::size_t round = 0; round < rounds; ++round) {
                std::string text = original;
                for (auto flips = 1 + random() % 3; flips > 0; --flips) {
                    char& c = text[random() % text.size()];
                    // Half of them to a byte that means something, so that some stay JSON.
                    c = random() % 2 == 0 ? static_cast<char>(random())
                                          : R"({}[]:,"\ 0123456789.-eEtfnu)"[random() % 27];
                }
                rows += check(*decoder, twin, text, static_cast<char>(random()));
            }
        }
        CHECK(rows > 100);  // else nothing was compared
    }
}

TEST_CASE("frames with exchanged values and shuffled keys give what the twin makes of them") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        const auto decoder = venue.make_decoder();
        const DomTwin twin{std::string(venue.id)};
        std::size_t rows = 0;
        const auto frames = sample_frames(venue.id);
        for (const std::string& original : frames) {
            if (original.size() > long_frame) continue;
            remind(*decoder, venue.id);
            NodeBuilder builder;
            REQUIRE(nlohmann::json::sax_parse(original, &builder));
            for (std::size_t round = 0; round < rounds_of(frames); ++round) {
                std::string text;
                write(builder.root, random, random() % 2 == 0, text);
                rows += check(*decoder, twin, text, static_cast<char>(random()));
            }
        }
        CHECK(rows > 200);  // else nothing was compared
    }
}

}  // namespace contagiond::test
