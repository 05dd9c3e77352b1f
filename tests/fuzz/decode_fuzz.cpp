// Any bytes, through every venue's decoder and its slow twin, and on to inputs. The first byte
// chooses what stands behind the frame.
//
//   cmake --preset fuzz && cmake --build --preset fuzz
//   build/fuzz/tests/fuzz/decode_fuzz -max_total_time=60
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/normalise.hpp"
#include "tests/feeds/dom_twin.hpp"
#include "tests/feeds/twin_compare.hpp"

namespace {

using namespace contagiond;

struct Subject {
    std::string venue;
    std::unique_ptr<feeds::Decoder> decoder;
    test::DomTwin twin;
};

std::vector<Subject> make_subjects() {
    std::vector<Subject> subjects;
    for (const feeds::Venue& venue : feeds::venues()) {
        const std::string id(venue.id);
        subjects.push_back({id, venue.make_decoder(), test::DomTwin(id)});
    }
    return subjects;
}

/// A key that stands twice may end the reading early; the twin knows only the last one.
bool decides_twice(const std::string& frame) {
    const auto count = [&frame](const char* word) {
        int n = 0;
        for (auto at = frame.find(word); at != std::string::npos; at = frame.find(word, at + 1))
            ++n;
        return n;
    };
    return count("depthUpdate") + count("kline") + count("l2update") + count("snapshot") > 0 ||
           frame.find('\\') != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static std::vector<Subject> subjects = make_subjects();
    static const std::vector<feeds::Listing> listings = {{1, "BTCUSDT"}, {2, "X"}, {3, "AAPL"}};
    static const feeds::Normaliser normaliser(0, listings);

    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const test::PaddedFrame frame(text, static_cast<char>(data[0]));
    feeds::Decoded out;
    for (Subject& subject : subjects) {
        subject.decoder->decode(frame.view(), 0, out);
        for (const feeds::Row& row : out.rows) normaliser.normalise(row, 0);
        if (out.ignored > 0 && decides_twice(text)) continue;
        const std::string difference = test::twin_difference(out, subject.twin.decode(text));
        if (!difference.empty()) {
            std::fprintf(stderr, "%s: %s\n", subject.venue.c_str(), difference.c_str());
            std::abort();
        }
    }
    return 0;
}
