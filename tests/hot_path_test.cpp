// Nothing is allocated, locked or logged on the hot path: a minute of market goes from two venues'
// sockets through sessions, ring, engine and fan-out, as in the daemon, while the threads on the
// way are listened to.
#include <fmt/format.h>

#include <openssl/crypto.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/engine_loop.hpp"
#include "daemon/sinks/event_json.hpp"
#include "feeds/session.hpp"
#include "tests/core/market_builder.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/quiet_thread.hpp"
#include "tests/support/random.hpp"
#include "tests/support/server_words.hpp"

using namespace contagiond;

namespace {

namespace asio = boost::asio;

constexpr core::DurationNs step = 100 * core::ns_per_ms;
constexpr std::size_t steps_a_minute = 600;
/// Long enough for every buffer to have grown and every reason for a tick's refusal to have come.
constexpr std::size_t minutes_before = 6;
constexpr std::size_t steps = (minutes_before + 1) * steps_a_minute;

core::TimeNs time_of(std::size_t n) {
    return test::market_open + static_cast<core::DurationNs>(n + 1) * step;
}

/// What a venue sends in one step, and how many messages that is.
struct Words {
    std::string bytes;
    std::uint64_t messages = 0;
    void add(const std::string& text) {
        bytes += test::text_frame(text);
        ++messages;
    }
};

struct Market {
    std::vector<Words> coins, stocks;
};

/// Trades and quotes of two coins and four names, each with what the intake has to refuse now and
/// then: a repeated trade, a crossed quote, no price, a jump, a name nobody asked for.
Market make_market() {
    Market market;
    test::Random random(5);
    constexpr std::array names = {"NVDA", "ARM", "TSM", "NQ"};
    constexpr std::array symbols = {"BTCUSDT", "ETHUSDT"};
    std::array<double, 6> levels{};
    for (std::size_t n = 0; n < steps; ++n) {
        const core::TimeNs ts = time_of(n) - 20 * core::ns_per_ms;
        Words& coins = market.coins.emplace_back();
        for (std::size_t k = 0; k < 10; ++k) {
            const std::size_t coin = k % 2;
            levels[coin] += 2e-5 * random.normal();
            double price = (coin == 0 ? 105'200 : 3'326) * std::exp(levels[coin]);
            if (n % 101 == 50 && k == 3) price *= 1.5;
            if (k % 5 == 4) {
                const double other = n % 97 == 5 ? -0.5 : 0.5;
                coins.add(fmt::format(
                    R"({{"u":{},"s":"{}","b":"{:.2f}","B":"1.2","a":"{:.2f}","A":"2"}})",
                    n * 10 + k, symbols[coin], price - other, price + other));
                continue;
            }
            const std::size_t id = n % 50 == 7 ? n * 10 : n * 10 + k;
            coins.add(fmt::format(
                R"({{"e":"trade","E":{0},"s":"{1}","t":{2},"p":"{3:.8f}","q":"0.02000000","T":{0},"m":true,"M":true}})",
                ts / core::ns_per_ms, symbols[coin], id, n % 211 == 9 && k == 1 ? 0.0 : price));
        }
        Words& stocks = market.stocks.emplace_back();
        std::string batch;
        for (std::size_t i = 0; i < names.size(); ++i) {
            levels[2 + i] += 3e-5 * random.normal();
            const double price = (100 + 40 * static_cast<double>(i)) * std::exp(levels[2 + i]);
            const std::string when = sinks::rfc3339(ts);
            batch += fmt::format(
                R"({}{{"T":"t","i":{},"S":"{}","x":"D","p":{:.2f},"s":100,"t":"{}","c":["@"],"z":"C"}})",
                batch.empty() ? "" : ",", n * 4 + i, n % 300 == 11 ? "ZZZ" : names[i], price, when);
            batch += fmt::format(
                R"(,{{"T":"q","S":"{}","bx":"U","bp":{:.2f},"bs":3,"ax":"X","ap":{:.2f},"as":2,"t":"{}","c":["R"],"z":"C"}})",
                names[i], price - 0.02, price + 0.02, when);
        }
        stocks.add("[" + batch + "]");
    }
    return market;
}

std::vector<test::Step> script_of(std::vector<test::Step> greeting,
                                  const std::vector<Words>& words) {
    for (const Words& one : words) {
        greeting.push_back(test::await_go());
        greeting.push_back(test::send_raw(one.bytes));
    }
    return greeting;
}

core::EngineConfig engine_config() {
    core::EngineConfig config = test::small_config();
    config.universe.feeds.pop_back();
    return config;
}

/// Wants everything, as the journal does, and keeps nothing.
class Listener final : public sinks::Sink {
  public:
    std::string_view name() const override { return "listener"; }
    bool wants_inputs() const override { return true; }
    void consume(std::span<const sinks::Item> items) override {
        for (const sinks::Item& item : items) events += std::holds_alternative<core::Event>(item);
    }
    std::atomic<std::uint64_t> events{0};
};

/// The feed thread's part is run by the test's own thread; engine and sink have theirs.
class House {
  public:
    House(const Market& m, test::Certificate certificate)
        : market_(m),
          coins_server_({script_of({test::accept(), test::expect("SUBSCRIBE"),
                                    test::send(R"({"result":null,"id":1})")},
                                   m.coins)},
                        certificate),
          stocks_server_(
              {script_of(
                  {test::accept(), test::send(R"([{"T":"success","msg":"connected"}])"),
                   test::expect("auth"), test::send(R"([{"T":"success","msg":"authenticated"}])"),
                   test::expect("subscribe"),
                   test::send(
                       R"([{"T":"subscription","trades":["NVDA","ARM","TSM","NQ"],"quotes":["NVDA","ARM","TSM","NQ"]}])")},
                  m.stocks)},
              certificate) {
        fan_out_.add(listener, 1 << 14);
        fan_out_.start();
        loop_.start();
        start("stocks", "alpaca", 0, stocks_server_.url(),
              {{0, "NVDA"}, {1, "ARM"}, {2, "TSM"}, {3, "NQ"}});
        start("coins", "binance_spot", 1, coins_server_.url(), {{4, "BTCUSDT"}, {5, "ETHUSDT"}});
        poll_until(
            [&] { return counters[0].connected.value() > 0 && counters[1].connected.value() > 0; });
        greetings_ = {counters[0].messages.value(), counters[1].messages.value()};
        loop_.run_between_batches([] { test::watch_this_thread(true); });
    }
    ~House() {
        for (auto& session : sessions_) session->stop([] {});
        poll_until([&] { return io_.stopped(); });
        loop_.stop();
        fan_out_.stop(1);
    }
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    /// One step of the market, from the venues' sockets until the engine has taken it.
    void play(std::size_t n) {
        clock.set(time_of(n));
        sent_[0] += market_.stocks[n].messages;
        sent_[1] += market_.coins[n].messages;
        stocks_server_.go();
        coins_server_.go();
        poll_until([&] {
            return counters[0].messages.value() - greetings_[0] == sent_[0] &&
                   counters[1].messages.value() - greetings_[1] == sent_[1];
        });
        const std::uint64_t handed = counters[0].ticks.value() + counters[1].ticks.value();
        while (ticks_taken() < handed) std::this_thread::yield();
    }

    std::uint64_t ticks_taken() const {
        std::uint64_t all = 0;
        for (const core::Counter& count : engine_counters.ticks) all += count.value();
        return all;
    }

    test::ManualClock clock{test::market_open};
    Listener listener;
    std::array<feeds::FeedCounters, 2> counters;
    daemon::EngineCounters engine_counters{8};

  private:
    void start(std::string name, const char* venue, core::FeedId feed, std::string url,
               std::vector<feeds::Listing> listings) {
        feeds::SessionSettings settings;
        settings.feed = feed;
        settings.name = std::move(name);
        settings.venue = feeds::find_venue(venue);
        settings.url = std::move(url);
        settings.ca_file = test::authority_file();
        settings.credentials = {"key", "secret"};
        settings.listings = std::move(listings);
        settings.jitter_seed = 1;
        sessions_.push_back(std::make_unique<feeds::Session>(
            io_, settings, clock, publisher_, counters[feed],
            [](feeds::LogLevel, std::string_view line) { log_ += std::string(line) + "\n"; }));
        sessions_.back()->start();
    }
    /// Runs what is due on the feed thread, which alone is listened to: waiting is the test's.
    template <typename Done>
    void poll_until(Done done) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!done()) {
            test::watch_this_thread(true);
            io_.poll();
            test::watch_this_thread(false);
            if (std::chrono::steady_clock::now() > end) FAIL("the market stands still: " << log_);
        }
    }

    static inline std::string log_;
    const Market& market_;
    test::LoopbackServer coins_server_, stocks_server_;
    feeds::InputRing ring_{16384};
    sinks::FanOut fan_out_;
    daemon::EngineLoop loop_{
        core::Engine(engine_config()), ring_, clock, fan_out_, engine_counters, {}};
    feeds::InputPublisher publisher_{ring_, 2, [this] { loop_.wake(); }};
    // The one thread needs no locks of Asio's; with them it takes some a read, never contended.
    asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    std::vector<std::unique_ptr<feeds::Session>> sessions_;
    std::array<std::uint64_t, 2> greetings_{};
    std::array<std::uint64_t, 2> sent_{};
};

/// OpenSSL takes one small block a record. It is told to take them here, where they are counted
/// apart, so that what is heard is ours.
struct OpensslMemory {
    OpensslMemory() {
        const int well = CRYPTO_set_mem_functions(
            [](std::size_t bytes, const char*, int) {
                ++taken;
                return test::take_unheard(nullptr, bytes);
            },
            [](void* block, std::size_t bytes, const char*, int) {
                ++taken;
                return test::take_unheard(block, bytes);
            },
            [](void* block, const char*, int) { std::free(block); });
        if (well != 1) throw std::runtime_error("OpenSSL has taken memory already");
    }
    static inline thread_local std::uint64_t taken = 0;  ///< by this thread
};
const OpensslMemory openssl_memory;

}  // namespace

TEST_CASE("a minute of market takes no memory, no lock and no log line on its way to a decision") {
    const auto certificate = GENERATE(test::Certificate::none, test::Certificate::valid);
    INFO((certificate == test::Certificate::none ? "plain" : "over TLS"));
    const Market market = make_market();
    House house(market, certificate);
    for (std::size_t n = 0; n < minutes_before * steps_a_minute; ++n) house.play(n);
    const std::uint64_t ticks_before = house.ticks_taken();
    const std::uint64_t events_before = house.listener.events;
    const std::uint64_t taken_before = OpensslMemory::taken;
    {
        const test::QuietThreads quiet;
        for (std::size_t n = minutes_before * steps_a_minute; n < steps; ++n) house.play(n);
        INFO(quiet.first());
        CHECK(quiet.heard(test::Noise::allocation) == 0);
        CHECK(quiet.heard(test::Noise::lock) == 0);
        CHECK(quiet.heard(test::Noise::line) == 0);
    }
    // One record a step and venue, and as many as one had to wait for.
    const std::uint64_t records = certificate == test::Certificate::none ? 0 : 2 * steps_a_minute;
    CHECK(OpensslMemory::taken - taken_before <= 2 * records);
    // It was a market: thousands of ticks, six bars of measures.
    CHECK(house.ticks_taken() - ticks_before > 10'000);
    CHECK(house.listener.events - events_before > 6 * 50);
    CHECK(house.counters[1].duplicates.value() > 0);
    std::uint64_t rejected = 0;
    for (const core::Counter& count : house.counters[1].rows_rejected) rejected += count.value();
    CHECK(rejected > 0);
}

TEST_CASE(
    "the listening works: memory, a lock and a line are each heard, of watched threads alone") {
    const auto make_noise = [] {
        const auto block = std::make_unique<std::vector<int>>(100);
        std::mutex mutex;
        const std::lock_guard lock(mutex);
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, "", 0);
        return block->size();
    };
    const test::QuietThreads quiet;
    CHECK(make_noise() == 100);
    for (const auto noise : {test::Noise::allocation, test::Noise::lock, test::Noise::line})
        CHECK(quiet.heard(noise) == 0);
    test::watch_this_thread(true);
    const std::size_t size = make_noise();
    test::watch_this_thread(false);
    CHECK(size == 100);
    CHECK(quiet.heard(test::Noise::allocation) == 2);
    CHECK(quiet.heard(test::Noise::lock) == 1);
    CHECK(quiet.heard(test::Noise::line) == 1);
    CHECK(quiet.first().find("memory") == 0);
}
