#include "daemon/sinks/latest_value.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace contagiond;

namespace {

/// Longer than a word and no multiple of one.
struct Wide {
    std::array<std::uint64_t, 5> words;
    std::uint32_t last;
};
Wide wide(std::uint64_t n) {
    return {{n, n, n, n, n}, static_cast<std::uint32_t>(n)};
}

}  // namespace

TEST_CASE("the latest value is absent, then the newest") {
    sinks::LatestValue<Wide> latest;
    CHECK_FALSE(latest.load());
    for (std::uint64_t n = 1; n <= 3; ++n) {
        latest.store(wide(n));
        const auto read = latest.load();
        REQUIRE(read);
        CHECK(read->words == wide(n).words);
        CHECK(read->last == n);
    }
}

TEST_CASE("a value that is read while it is written is whole, and never an older one") {
    sinks::LatestValue<Wide> latest;
    latest.store(wide(1));
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (std::uint64_t n = 2; !stop.load(std::memory_order_relaxed); ++n) latest.store(wide(n));
    });
    std::uint64_t newest = 0, torn = 0, older = 0, read = 0;
    for (int i = 0; i < 200'000; ++i) {
        const auto value = latest.load();
        if (!value) continue;  // the writer was put to sleep half-way
        ++read;
        const std::uint64_t n = value->words[0];
        for (const std::uint64_t word : value->words) torn += word != n;
        torn += value->last != static_cast<std::uint32_t>(n);
        older += n < newest;
        newest = n;
    }
    stop.store(true);
    writer.join();
    CHECK(torn == 0);
    CHECK(older == 0);
    CHECK(read > 0);
}
