// What the engine costs after its start: no memory at all, and as much at the start as is told.
#include <catch2/catch.hpp>
#include <vector>

#include "core/engine.hpp"
#include "tests/core/market_builder.hpp"
#include "tests/support/allocations.hpp"

using namespace contagiond;
using namespace contagiond::core;

TEST_CASE("the engine allocates nothing once its buffers have grown, but for an episode") {
    test::MarketBuilder market(11);
    std::vector<Input> quiet, more;
    market.run(1800, {}, quiet);
    market.run(1800, {}, more);
    // Ticks of both kinds, jumps that are held, holes, a feed that goes and comes.
    GapBody gap{};
    gap.count = 3;
    for (std::size_t i = 50; i < more.size(); i += 997) {
        more[i].trade.price *= 2;
        more[i + 1] = Input::make_gap(0, 2, more[i].ts_receive, gap);
        more[i + 2] = Input::make_feed_status(1, more[i].ts_receive, FeedState::down);
        more[i + 9] = Input::make_feed_status(1, more[i].ts_receive, FeedState::up);
    }
    Engine engine(test::small_config());
    std::size_t told = 0;
    for (const Input& input : quiet) told += engine.step({&input, 1}).size();
    const test::AllocationCount count;
    for (const Input& input : more) told += engine.step({&input, 1}).size();
    CHECK(count.count() == 0);
    CHECK(told > 1000);
}

namespace {

std::int64_t bytes_of(const EngineConfig& config) {
    const test::AllocationCount count;
    const Engine engine(config);
    return count.live_bytes();
}

}  // namespace

TEST_CASE("memory is what is told of it: by window, pair, series and instrument") {
    const EngineConfig base = test::small_config();
    const auto with = [&](auto change) {
        EngineConfig config = base;
        change(config);
        return static_cast<double>(bytes_of(config)) - static_cast<double>(bytes_of(base));
    };
    const double pairs = 10;  // five sources, two targets
    SECTION("a row of the longest window once a pair, and little a window") {
        const double rows = 360;  // where the longest were 30
        const double more = with([](EngineConfig& c) {
            c.correlation_windows.insert(c.correlation_windows.begin(), ns_per_hour);
            c.correlation_windows.back() = ns_per_hour;
        });
        const double lanes = 16;  // pairs in eights
        // Returns and the pair's usual correlation, 16 bytes each.
        const double rows_more = (rows - 30) * 16 * (lanes + pairs);
        // Two windows of 19 strides of 19 rows, where one had 30 rows.
        const double windows_more = lanes * 48 * (2 * (19 + 19) - 30);
        CHECK(more > rows_more + 0.9 * windows_more);
        CHECK(more < rows_more + 1.2 * windows_more + 48 * rows);
    }
    SECTION("an instrument that is neither source, target nor control") {
        const double more = with([](EngineConfig& c) {
            Instrument instrument;
            instrument.symbol = "PG";
            c.universe.instruments.push_back(instrument);
            c.universe.feeds[0].instruments.push_back(8);
        });
        CHECK(more > 16 * 1024);
        CHECK(more < 64 * 1024);
    }
    SECTION("one more target: five pairs") {
        const double more = with([](EngineConfig& c) {
            Instrument instrument;
            instrument.symbol = "SOL-USD";
            instrument.asset_class = AssetClass::crypto;
            instrument.market = Market::always;
            c.universe.instruments.push_back(instrument);
            c.universe.feeds[1].instruments.push_back(8);
            c.targets.push_back(8);
        });
        CHECK(more < 5 * 128 * 1024 + 192 * 1024);
    }
    SECTION("all of it, with sixteen pairs") {
        EngineConfig config;
        for (int i = 0; i < 10; ++i) {
            Instrument instrument;
            instrument.symbol = std::string("S") + std::to_string(i);
            config.universe.instruments.push_back(instrument);
        }
        Group group{"tech", {}};
        for (InstrumentId i = 0; i < 7; ++i) group.members.push_back({i, 1});
        config.universe.groups = {group};
        Feed feed{"all", "none", {}};
        for (InstrumentId i = 0; i < 10; ++i) feed.instruments.push_back(i);
        config.universe.feeds = {feed};
        config.targets = {7, 8};
        config.controls = {{9, 1}};
        REQUIRE(check(config).empty());
        CHECK(bytes_of(config) < std::int64_t{16} << 20);
    }
}
