// The quick way of the decoders that know shapes: it gives what the general way gives, and it is
// taken.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/feeds/own_frames.hpp"
#include "tests/feeds/shape_twin.hpp"

namespace contagiond::test {
namespace {

/// Whether it took the quick way.
bool agree(BothWays& ways, std::string_view text, char slack = '\0') {
    bool was_quick = false;
    const std::string difference = ways.difference(text, was_quick, slack);
    if (!difference.empty()) FAIL("differs: " << difference << "\n" << text);
    return was_quick;
}

template <class Check>
void for_each_shaped_venue(Check check) {
    std::size_t venues = 0;
    for (const feeds::Venue& venue : feeds::venues()) {
        BothWays ways(venue);
        if (!ways.has_shapes()) continue;
        ++venues;
        INFO(venue.id);
        check(venue.id, ways);
    }
    CHECK(venues == 7);
}

bool has_rows(const feeds::Decoded& out) {
    return !out.rows.empty() && out.error == feeds::DecodeError::none;
}

}  // namespace

TEST_CASE("a frame of each known shape takes the quick way, and means the same there") {
    for_each_shaped_venue([](std::string_view venue, BothWays& ways) {
        const auto frames = frames_of_known_shapes(venue);
        CHECK(!frames.empty());
        for (const std::string& frame : frames) {
            INFO(frame);
            CHECK(agree(ways, frame));
            CHECK(!ways.quick.rows.empty());
        }
    });
}

TEST_CASE("a frame of a known shape that is cut or goes on takes the general way") {
    for_each_shaped_venue([](std::string_view venue, BothWays& ways) {
        for (const std::string& frame : frames_of_known_shapes(venue)) {
            INFO(frame);
            for (std::size_t size = 0; size < frame.size(); ++size) {
                CHECK(!agree(ways, frame.substr(0, size), frame[size]));
                CHECK(ways.quick.rows.empty());
            }
            CHECK(!agree(ways, frame + " "));
            CHECK(!agree(ways, frame + "}"));
            CHECK(!agree(ways, frame + frame));
            // What stands behind a frame is none of it, be it its own end.
            const PaddedFrame longer(frame + frame);
            feeds::Decoded out;
            const auto decoder = feeds::find_venue(venue)->make_decoder();
            for (std::size_t size = 1; size < frame.size(); ++size) {
                decoder->decode(longer.view().substr(0, size), 0, out);
                CHECK(out.rows.empty());
            }
        }
    });
}

TEST_CASE("what venues sent takes the quick way where it gives rows") {
    if (!have_shared("feeds/captures")) return;
    for_each_shaped_venue([](std::string_view venue, BothWays& ways) {
        std::size_t frames = 0;
        std::size_t hot = 0;
        std::size_t quick = 0;
        for (const CaptureFile& file : capture_files(venue)) {
            if (file.messages.filename().string().starts_with("documented")) continue;
            for (const std::string& line : lines_of(read_whole(file.messages))) {
                ++frames;
                const bool was_quick = agree(ways, line);
                hot += has_rows(ways.quick) ? 1U : 0U;
                if (has_rows(ways.quick) && !was_quick) UNSCOPED_INFO(line.substr(0, 600));
                quick += was_quick ? 1U : 0U;
            }
        }
        INFO(quick << " of " << hot << " frames with rows, of " << frames);
        // None of the captures' layouts is unknown; a venue's new one shows here when it is added.
        if (frames > 0) CHECK(quick == hot);
    });
}

TEST_CASE("changed frames mean the same both ways") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    FrameChanger changer(seed);
    for_each_shaped_venue([&](std::string_view venue, BothWays& ways) {
        const FramesToChange frames(venue, ways, own_frames(venue), 60);
        constexpr std::size_t rounds = 20'000;
        std::size_t quick = 0;
        for (std::size_t round = 0; round < rounds; ++round) {
            const std::string text = changer.changed(frames.any(changer), frames.any(changer));
            quick += agree(ways, text, static_cast<char>(changer.below(256))) ? 1U : 0U;
        }
        CHECK(quick > rounds / 5);
    });
}

}  // namespace contagiond::test
