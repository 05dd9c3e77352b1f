// The frame parser against Beast's WebSocket stream, on the table's frames and on random ones, good
// and spoiled: what one of them tells, the other tells.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/impl/stream.ipp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/feeds/frame_cases.hpp"
#include "tests/feeds/frame_reader.hpp"
#include "tests/support/random.hpp"

namespace contagiond::test::frames {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

/// A Beast client on a stream in memory, already upgraded.
class BeastReader {
  public:
    explicit BeastReader(std::size_t message_endless) {
        server_.next_layer().connect(client_.next_layer());
        client_.read_message_max(message_endless);
        client_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
            if (kind == websocket::frame_type::close) return;  // with its code, when read() is done
            told.push_back({kind == websocket::frame_type::ping ? feeds::FrameEventKind::ping
                                                                : feeds::FrameEventKind::pong,
                            std::string(payload.data(), payload.size())});
        });
        int upgraded = 0;
        server_.async_accept([&](error_code error) { upgraded += !error; });
        client_.async_handshake("localhost", "/", [&](error_code error) { upgraded += !error; });
        io_.poll();
        if (upgraded != 2) throw std::runtime_error("Beast does not upgrade");
    }

    void feed(std::string_view bytes) {
        client_.next_layer().append({bytes.data(), bytes.size()});
        read();
        io_.restart();
        io_.poll();
    }

    std::vector<Told> told;

  private:
    void read() {
        if (reading_ || done_) return;
        reading_ = true;
        client_.async_read(buffer_, [this](error_code error, std::size_t) {
            reading_ = false;
            if (error) return end(error);
            const std::string message = beast::buffers_to_string(buffer_.data());
            buffer_.clear();
            told.push_back(client_.got_text() ? text(message) : binary(message));
            if (message.size() > table_message_max) told.back() = too_large();
            read();
        });
    }
    void end(error_code error) {
        done_ = true;
        if (error == websocket::error::closed) {
            const websocket::close_reason& said = client_.reason();
            const std::uint16_t code = said.code == websocket::close_code::none ? 1005 : said.code;
            return told.push_back(
                closed(code, std::string(said.reason.data(), said.reason.size())));
        }
        Told what = frames::error(FrameError::none);
        what.code = error == websocket::error::bad_frame_payload ||
                            error == websocket::error::bad_close_payload
                        ? 1007
                    : error == websocket::error::message_too_big ? 1009
                                                                 : 1002;
        told.push_back(what);
    }

    boost::asio::io_context io_;
    websocket::stream<beast::test::stream> server_{io_};
    websocket::stream<beast::test::stream> client_{io_};
    beast::flat_buffer buffer_;
    bool reading_ = false;
    bool done_ = false;
};

/// Beast has other names for what is wrong; the code to close with is the same.
std::vector<Told> without_names(std::vector<Told> told) {
    for (Told& one : told) one.error = FrameError::none;
    return told;
}

std::vector<Told> told_by_beast(std::string_view bytes) {
    BeastReader beast(table_message_endless);
    beast.feed(bytes);
    return beast.told;
}

std::vector<Told> told_by_us(std::string_view bytes, std::size_t whole_frame) {
    FrameReader reader(table_limits(whole_frame));
    reader.feed(bytes);
    CHECK(reader.broken.empty());
    return reader.told;
}

TEST_CASE("Beast makes of the table's frames what we do") {
    std::size_t compared = 0;
    for (const FrameCase& one : frame_cases()) {
        CAPTURE(one.name);
        const std::vector<Told> theirs = told_by_beast(one.bytes);
        // An exception that is none any more has to go.
        CHECK((theirs == without_names(one.told)) != one.beast_differs);
        ++compared;
    }
    CHECK(compared >= 120);
}

// ---- random streams ----

std::string random_payload(Random& random, std::size_t most, bool is_text) {
    static const std::string parts[] = {"x", R"({"e":"trade","s":"BTCUSDT"})", "\xc3\xa4",
                                        "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    std::string payload;
    const std::size_t size = random.below(most + 1);
    while (payload.size() < size)
        payload += is_text ? parts[random.below(std::size(parts))]
                           : std::string(1, static_cast<char>(random.below(256)));
    return payload;
}

/// A few messages, whole and in fragments that may cut a character, with control frames between;
/// sometimes a close.
std::string random_stream(Random& random) {
    static constexpr std::size_t sizes[] = {0, 20, 125, 130, 400, 3000};
    std::string bytes;
    const auto control = [&] {
        if (random.below(4) == 0)
            bytes += raw(random.below(2) == 0 ? 0x89 : 0x8a,
                         random_payload(random, 30, false).substr(0, 125));
    };
    for (std::uint64_t n = 1 + random.below(5); n > 0; --n) {
        control();
        const bool is_text = random.below(3) != 0;
        const unsigned opcode = is_text ? 1 : 2;
        const std::string payload =
            random_payload(random, sizes[random.below(std::size(sizes))], is_text);
        std::string_view left = payload;
        if (random.below(2) == 0) {
            bytes += raw(0x80 | opcode, left);
            continue;
        }
        for (unsigned first = opcode;; first = 0) {
            const std::size_t piece = random.below(left.size() + 1);
            const bool last = random.below(3) == 0;
            bytes += raw(first | (last ? 0x80u : 0u), last ? left : left.substr(0, piece));
            if (last) break;
            left.remove_prefix(piece);
            control();
        }
    }
    if (random.below(6) == 0)
        bytes += close_frame(1000 + static_cast<unsigned>(random.below(4)),
                             random_payload(random, 20, true).substr(0, 123));
    return bytes;
}

void spoil(Random& random, std::string& bytes) {
    for (std::uint64_t n = 1 + random.below(3); n > 0 && !bytes.empty(); --n) {
        const std::size_t at = random.below(bytes.size());
        switch (random.below(4)) {
            case 0:
                bytes[at] = static_cast<char>(random.below(256));
                break;
            case 1:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
                break;
            case 2:
                bytes.erase(at, 1 + random.below(3));
                break;
            default:
                bytes.insert(at, 1, static_cast<char>(random.below(256)));
                break;
        }
    }
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes.substr(0, 400))
        for (const int shift : {4, 0}) text += "0123456789abcdef"[byte >> shift & 0xf];
    return text;
}

/// What both may tell in their own way, as the table's exceptions show. Ours come with names.
bool may_differ(const std::vector<Told>& ours, const std::vector<Told>& theirs) {
    using Kind = feeds::FrameEventKind;
    const auto same = [](const Told& our, const Told& their) {
        return without_names({our}).front() == their;
    };
    const auto [our, their] =
        std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end(), same);
    // A text that is bad before its frame has come whole: Beast says so now, we then.
    if (our == ours.end())
        return their + 1 == theirs.end() && their->kind == Kind::error && their->code == 1007;
    if (their == theirs.end()) return false;
    switch (our->error) {
        case FrameError::none:
            return our->kind == Kind::close && our->code == 1014 && their->kind == Kind::error;
        case FrameError::length_out_of_range:
            return their->kind == Kind::error && their->code == 1009;
        case FrameError::close_code:  // taken by Beast, which then looks at the reason
            return (their->kind == Kind::close && their->code >= 5000) ||
                   (their->kind == Kind::error && their->code == 1007);
        case FrameError::not_utf8:  // cut short and ended by an empty frame
            return their->kind == Kind::text && !feeds::is_utf8(their->payload);
        default:
            return false;
    }
}

TEST_CASE("Beast makes of random streams, good and spoiled, what we do") {
    const std::uint64_t seed = 6455;
    CAPTURE(seed);
    Random random(seed);
    std::size_t messages = 0, controls = 0, errors = 0, closes = 0, differ = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string bytes = random_stream(random);
        const bool good = round % 3 == 0;
        if (!good) spoil(random, bytes);
        // Beast judges a header when it has come whole.
        bytes += raw(0x8a, xs(20));
        const std::vector<Told> ours = told_by_us(bytes, random.below(2) == 0 ? 0 : 5000);
        const std::vector<Told> theirs = told_by_beast(bytes);
        CAPTURE(round, good, ours, theirs, hex(bytes));
        if (without_names(ours) != theirs) {
            REQUIRE(!good);
            REQUIRE(may_differ(ours, theirs));
            ++differ;
        }
        for (const Told& told : ours) {
            using Kind = feeds::FrameEventKind;
            messages += told.kind == Kind::text || told.kind == Kind::binary;
            controls += told.kind == Kind::ping || told.kind == Kind::pong;
            closes += told.kind == Kind::close;
            errors += told.kind == Kind::error;
        }
    }
    // Each kind was met often enough for the comparison to mean something.
    CHECK(messages > 3000);
    CHECK(controls > 500);
    CHECK(closes > 50);
    CHECK(errors > 500);
    CHECK(differ < 100);
}

}  // namespace
}  // namespace contagiond::test::frames
