// Any bytes, as a server's frames: however they are cut and whatever is waited for whole, the
// events are the same, and what is told holds. Byte 0 chooses the pieces, byte 1 what is waited
// for.
//
//   frame_fuzz -max_total_time=60 CORPUS
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/frame_parser.hpp"
#include "tests/feeds/frame_reader.hpp"

namespace {

using namespace contagiond;

constexpr std::size_t message_max = 600;
constexpr std::size_t message_endless = 1500;

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "frames: %s\n", what);
    std::abort();
}

test::frames::FrameReader read(std::string_view bytes, std::size_t whole_frame, std::size_t piece) {
    test::frames::FrameReader reader({.whole_frame = whole_frame,
                                      .message_max = message_max,
                                      .message_endless = message_endless,
                                      .slack = test::frames::frame_slack});
    while (!bytes.empty()) {
        reader.feed(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    if (!reader.broken.empty()) fail(reader.broken.c_str());
    return reader;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::size_t piece = 1 + data[0] % 64;
    const std::size_t whole_frame = std::size_t{data[1]} * 4;

    const test::frames::FrameReader whole =
        read(bytes, 4096, std::max<std::size_t>(1, bytes.size()));
    const test::frames::FrameReader in_pieces = read(bytes, whole_frame, piece);
    if (whole.told != in_pieces.told) {
        // Text that is bad before its frame is whole is told at once where it is not waited for.
        if (in_pieces.told.size() != whole.told.size() + 1 ||
            in_pieces.told.back() != test::frames::error(feeds::FrameError::not_utf8))
            fail("another cut, other events");
    }
    std::size_t payload = 0;
    for (const test::frames::Told& told : whole.told) {
        using Kind = feeds::FrameEventKind;
        if (&told != &whole.told.back() && (told.kind == Kind::close || told.kind == Kind::error))
            fail("something behind the end");
        if ((told.kind == Kind::text || told.kind == Kind::close) && !feeds::is_utf8(told.payload))
            fail("a text is not UTF-8");
        if (told.payload.size() > message_max) fail("a message is too large");
        if ((told.kind == Kind::error) != (told.error != feeds::FrameError::none))
            fail("an error has no name");
        if (told.kind == Kind::text || told.kind == Kind::binary) payload += told.payload.size();
    }
    if (payload > whole.payload_bytes) fail("more payload than came");
    return 0;
}
