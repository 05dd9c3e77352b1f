// From the bytes of a frame to what the engine decides on them, on one thread: decode, normalise,
// hand over, step. Each message is timed by itself.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "feeds/row_intake.hpp"
#include "tests/bench/market.hpp"

namespace contagiond::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// A trade as its venue tells it: shares at Alpaca, coins at Binance.
std::string frame_of(const core::Input& trade, std::uint64_t trade_id) {
    const auto whole = static_cast<long long>(trade.trade.price / 1'000'000);
    const auto millionths = static_cast<long long>(trade.trade.price % 1'000'000);
    const auto number = static_cast<unsigned long long>(trade_id);
    std::array<char, 512> text;
    int size = 0;
    if (trade.feed == 0) {
        constexpr std::array names = {"NVDA", "ARM",  "AVGO", "TSM", "MU",
                                      "AMD",  "INTC", "SMCI", "NQ"};
        const core::TimeNs of_day = trade.ts_exchange % core::ns_per_day;
        const auto seconds = static_cast<long long>(of_day / core::ns_per_s);
        size = std::snprintf(text.data(), text.size(),
                             R"([{"T":"t","i":%llu,"S":"%s","x":"D","p":%lld.%06lld,"s":100,)"
                             R"("t":"2025-01-27T%02lld:%02lld:%02lld.%09lldZ","c":["@"],"z":"C"}])",
                             number, names[trade.instrument], whole, millionths, seconds / 3600,
                             seconds / 60 % 60, seconds % 60,
                             static_cast<long long>(of_day % core::ns_per_s));
    } else {
        const auto ms = static_cast<long long>(trade.ts_exchange / core::ns_per_ms);
        size = std::snprintf(text.data(), text.size(),
                             R"({"e":"trade","E":%lld,"s":"%s","t":%llu,"p":"%lld.%06lld00",)"
                             R"("q":"0.02000000","T":%lld,"m":true,"M":true})",
                             ms, trade.instrument == source_count ? "BTCUSDT" : "ETHUSDT", number,
                             whole, millionths, ms);
    }
    std::string frame(text.data(), static_cast<std::size_t>(size));
    frame.reserve(frame.size() + feeds::frame_padding);  // room to read past the end
    return frame;
}

/// One feed as a session has it, from the message to the ring, but for the socket.
class Receiver final : core::Clock {
  public:
    Receiver(feeds::InputRing& ring, core::FeedId feed, const char* venue,
             std::vector<feeds::Listing> listings)
        : settings_(settings_of(feed, venue, std::move(listings))), publisher_(ring, 2, {}) {}

    void take(std::string_view frame, core::TimeNs ts_receive) {
        ts_ = ts_receive;
        decoder_->decode(frame, ts_receive, decoded_);
        intake_.take(decoded_.rows, ts_receive, ts_receive, true, origin_);
        publisher_.flush();
    }

  private:
    static feeds::SessionSettings settings_of(core::FeedId feed, const char* venue,
                                              std::vector<feeds::Listing> listings) {
        feeds::SessionSettings settings;
        settings.feed = feed;
        settings.venue = feeds::find_venue(venue);
        settings.listings = std::move(listings);
        return settings;
    }
    core::TimeNs now() const override { return ts_; }

    core::TimeNs ts_ = 0;
    const feeds::SessionSettings settings_;
    feeds::InputPublisher publisher_;
    feeds::FeedCounters counters_;
    const std::unique_ptr<feeds::Decoder> decoder_ = settings_.venue->make_decoder();
    feeds::RowIntake intake_{settings_, std::make_shared<feeds::FeedLink>(1), *this, publisher_,
                             counters_};
    feeds::RowIntake::Origin origin_;
    feeds::Decoded decoded_;
};

/// What reading the clock twice takes by itself.
double clock_cost_ns() {
    std::array<double, 1001> between;
    for (double& ns : between) {
        const auto begin = Clock::now();
        ns = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    }
    std::nth_element(between.begin(), between.begin() + 500, between.end());
    return between[500];
}

constexpr core::DurationNs mean_spacing = core::ns_per_s / 600;
constexpr std::size_t messages = 120'000;

/// Messages of the market, six hundred a second at irregular distances.
class Messages {
  public:
    explicit Messages(core::TimeNs ts) : ts_(ts) {}

    struct Message {
        core::TimeNs ts_receive;
        core::FeedId feed;
        std::string frame;
    };
    /// The next one; many are written at once, so that writing them leaves the caches to the rest.
    const Message& next() {
        if (place_ == batch_.size()) write();
        return batch_[place_++];
    }

  private:
    void write() {
        batch_.resize(4096);
        place_ = 0;
        for (Message& message : batch_) {
            const std::uint64_t noise = (step_ * 0x9e3779b97f4a7c15ull) >> 44;  // 20 bits
            ts_ +=
                mean_spacing / 2 + mean_spacing * static_cast<core::DurationNs>(noise) / (1 << 20);
            const core::Input trade = walk_trade(step_, ts_);
            message = {ts_, trade.feed, frame_of(trade, step_ / instrument_count + 1)};
            ++step_;
        }
    }

    core::TimeNs ts_;
    std::uint64_t step_ = 0;
    std::vector<Message> batch_;
    std::size_t place_ = 0;
};

struct WithEngine {
    core::Engine engine{engine_config()};
    core::TimeNs ts = market_open;
    std::uint64_t step = 0;

    /// Two hours fill every window, a quarter of an hour at full rate those of ticks.
    WithEngine() {
        for (; ts < market_open + 2 * core::ns_per_hour; ts += core::ns_per_s) walk();
        for (; ts < market_open + 135 * core::ns_per_min; ts += mean_spacing) walk();
    }
    void walk() {
        const core::Input input = walk_trade(step++, ts);
        engine.step({&input, 1});
    }
    std::size_t take(std::span<const core::Input> inputs) { return engine.step(inputs).size(); }
};

struct WithoutEngine {
    core::TimeNs ts = market_open + 135 * core::ns_per_min;

    std::size_t take(std::span<const core::Input> inputs) { return inputs.size(); }
};

template <typename Decide>
void frame_to_decision(benchmark::State& state) {
    Decide decide;
    feeds::InputRing ring(1024);
    std::vector<feeds::Listing> shares, coins;
    const core::EngineConfig config = engine_config();
    for (const core::InstrumentId id : config.universe.feeds[0].instruments)
        shares.push_back({.instrument = id, .symbol = config.universe.instruments[id].symbol});
    coins.push_back({.instrument = source_count, .symbol = "BTCUSDT"});
    coins.push_back({.instrument = source_count + 1, .symbol = "ETHUSDT"});
    Receiver alpaca(ring, 0, "alpaca", shares), binance(ring, 1, "binance_spot", coins);

    Messages market(decide.ts);
    std::vector<core::Input> batch(64);
    std::vector<double> ns;
    ns.reserve(messages);
    std::uint64_t checksum = 0, taken = 0;
    std::size_t events = 0;
    const double clock_cost = clock_cost_ns();
    for (auto _ : state) {
        const Messages::Message& message = market.next();
        const auto begin = Clock::now();
        (message.feed == 0 ? alpaca : binance).take(message.frame, message.ts_receive);
        const std::size_t n = ring.pop(batch);
        events += decide.take({batch.data(), n});
        const auto end = Clock::now();
        benchmark::DoNotOptimize(events);
        taken += n;
        for (std::size_t i = 0; i < n; ++i)
            checksum = checksum * 31 + static_cast<std::uint64_t>(batch[i].trade.price) +
                       batch[i].instrument;
        const double took = std::max(
            0.0, std::chrono::duration<double, std::nano>(end - begin).count() - clock_cost);
        ns.push_back(took);
        state.SetIterationTime(took * 1e-9);
    }
    if (taken != ns.size() || events == 0) return state.SkipWithError("a frame gave no trade");
    std::sort(ns.begin(), ns.end());
    const auto quantile = [&](double q) {
        return ns[static_cast<std::size_t>(q * static_cast<double>(ns.size() - 1))];
    };
    state.SetItemsProcessed(state.iterations());
    state.counters["checksum"] = static_cast<double>(checksum % (std::uint64_t{1} << 53));
    state.counters["p50_ns"] = quantile(0.5);
    state.counters["p99_ns"] = quantile(0.99);
    state.counters["p999_ns"] = quantile(0.999);
    state.counters["p99_over_p50"] = quantile(0.99) / std::max(1.0, quantile(0.5));
    state.counters["max_ns"] = ns.back();
    state.counters["clock_ns"] = clock_cost;
}
BENCHMARK(frame_to_decision<WithoutEngine>)
    ->Name("frame_to_decision/floor:without_engine")
    ->UseManualTime()
    ->Iterations(messages);
BENCHMARK(frame_to_decision<WithEngine>)
    ->Name("frame_to_decision/ours:engine")
    ->UseManualTime()
    ->Iterations(messages);

}  // namespace
}  // namespace contagiond::bench
