// Any bytes, through one venue's decoder (both its ways, if it has two) and its slow twin, and on
// to inputs. The first byte chooses what stands behind each frame; a line feed ends a frame, so
// that what a connection remembers is reached too.
//
//   cmake --preset fuzz && cmake --build --preset fuzz
//   tests/fuzz/run build/fuzz 60                 each venue in turn, from seeds, for 60 s
//   decode_fuzz --venue=bitfinex -max_total_time=60 CORPUS
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/normalise.hpp"
#include "tests/feeds/dom_twin.hpp"
#include "tests/feeds/shape_twin.hpp"
#include "tests/feeds/twin_compare.hpp"

namespace {

using namespace contagiond;

const feeds::Venue* venue = nullptr;

/// A key that stands twice may end the reading early; the twin knows only the last one.
bool decides_twice(std::string_view frame) {
    constexpr std::string_view words[] = {"depthUpdate", "kline", "l2update", "snapshot", "\\"};
    return std::ranges::any_of(words, [frame](std::string_view word) {
        return frame.find(word) != std::string_view::npos;
    });
}

/// Reads all that the decoder hands out, so that a view into nowhere is seen.
std::size_t touch(const feeds::Decoded& out) {
    std::size_t sum = 0;
    const auto add = [&sum](std::string_view text) {
        for (const char c : text) sum += static_cast<unsigned char>(c);
    };
    for (const feeds::Row& row : out.rows)
        for (const std::string_view text :
             {row.symbol, row.channel, row.trade_id, row.mark, row.price, row.size, row.bid_price,
              row.bid_size, row.ask_price, row.ask_size})
            add(text);
    for (const feeds::Control& control : out.controls) add(control.text);
    return sum;
}

[[noreturn]] void fail(const std::string& difference) {
    std::fprintf(stderr, "%s: %s\n", std::string(venue->id).c_str(), difference.c_str());
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
    for (int i = 1; i < *count; ++i) {
        const std::string_view argument = (*arguments)[i];
        constexpr std::string_view option = "--venue=";
        if (argument.starts_with(option)) venue = feeds::find_venue(argument.substr(option.size()));
    }
    if (venue != nullptr) return 0;
    std::fputs("decode_fuzz: --venue=ID is needed, one of:", stderr);
    for (const feeds::Venue& known : feeds::venues())
        std::fprintf(stderr, " %s", std::string(known.id).c_str());
    std::fputs("\n", stderr);
    std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static test::BothWays ways(*venue);
    static const test::DomTwin twin{std::string(venue->id)};
    static const std::vector<feeds::Listing> listings = {{1, "BTCUSDT"}, {2, "X"}, {3, "AAPL"}};
    static const feeds::Normaliser normaliser(0, listings);

    const auto slack = static_cast<char>(data[0]);
    const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto decoder = venue->make_decoder();
    feeds::Decoded out;
    volatile std::size_t sum = 0;
    for (std::size_t at = 0; at <= all.size();) {
        const std::size_t end = std::min(all.find('\n', at), all.size());
        const std::string text(all.substr(at, end - at));
        at = end + 1;
        bool was_quick = false;
        const std::string apart =
            ways.has_shapes() ? ways.difference(text, was_quick, slack) : std::string();
        if (!apart.empty()) fail("its two ways differ: " + apart);
        const test::PaddedFrame frame(text, slack);
        decoder->decode(frame.view(), 0, out);
        sum = sum + touch(out);
        for (const feeds::Row& row : out.rows) normaliser.normalise(row, 0);
        if (out.ignored > 0 && decides_twice(text)) continue;
        if (text == "pong") continue;  // OKX's answer, which is no JSON
        const std::string difference = test::twin_difference(out, twin.decode(text));
        if (!difference.empty()) fail(difference);
    }
    return 0;
}
