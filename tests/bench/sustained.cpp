// A flood at a given rate, for a while, through the daemon's own feed thread, ring and engine loop:
// is every message decoded, and none dropped? Of one instrument; and of eleven in turn, whose
// stamps of a millisecond the engine has to put in order.
//
// The venue is a thread of this process. It sleeps between its writes, so that it takes no more of
// the machine than it must; still it shares the cores with what is measured.
//
//   BENCH_SECONDS=10 BENCH_RATE=2000000 sustained
//
// Counters: sent, decoded, rejected, dropped (by the ring), and the rate reached; what a message
// cost the venue, the feed thread and the engine's in CPU time, in ns. Not all sent, decoded and
// handed on is an error.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/engine_loop.hpp"
#include "daemon/feed_thread.hpp"
#include "tests/bench/flood_server.hpp"
#include "tests/bench/market.hpp"
#include "tests/bench/raw_receiver.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/server_words.hpp"

namespace contagiond::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t ring_slots = 16384;  // the daemon's default
/// By instrument.
constexpr std::array<const char*, instrument_count> all_symbols = {
    "NVDAUSDT", "ARMUSDT",  "AVGOUSDT", "TSMUSDT", "MUUSDT", "AMDUSDT",
    "INTCUSDT", "SMCIUSDT", "NQUSDT",   "BTCUSDT", "ETHUSDT"};
constexpr std::size_t bitcoin = source_count;
using Symbols = std::span<const char* const>;

double setting(const char* name, double otherwise) {
    const char* const text = std::getenv(name);
    return text != nullptr ? std::atof(text) : otherwise;
}

/// CPU time of each thread of the process, in ns.
std::vector<std::pair<std::string, double>> threads_cpu_ns() {
    std::vector<std::pair<std::string, double>> all;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "schedstat");
        double ns = 0;
        if (file >> ns) all.emplace_back(task.path().filename(), ns);
    }
    return all;
}

/// The thread that `start` starts.
template <typename Start>
std::string thread_of(Start start) {
    std::set<std::string> before;
    for (const auto& [thread, ns] : threads_cpu_ns()) before.insert(thread);
    start();
    for (const auto& [thread, ns] : threads_cpu_ns())
        if (!before.contains(thread)) return thread;
    return "";
}

double cpu_ns_of(const std::string& wanted) {
    for (const auto& [thread, ns] : threads_cpu_ns())
        if (thread == wanted) return ns;
    return 0;
}

/// Frames of trades of all symbols in turn, whose ids and stamps are written anew for each sending.
class Template {
  public:
    explicit Template(Symbols symbols) : symbols_(symbols), ids_(symbols.size(), 3'735'000'001) {
        const std::string ms = "1737988200000";
        for (std::size_t n = 0; n < frames_max; ++n) {
            const std::string head = R"({"e":"trade","E":)";
            const std::string id_behind =
                R"(,"s":")" + std::string(symbols_[n % symbols_.size()]) + R"(","t":)";
            const std::string price = R"(,"p":"1010.)" + std::to_string(10 + n * 37 % 90) +
                                      R"(000000","q":"0.02000000","T":)";
            const std::string text =
                head + ms + id_behind + "3735000001" + price + ms + R"(,"m":true,"M":true})";
            const std::string frame = test::text_frame(text);
            const std::size_t at = bytes_.size() + frame.size() - text.size();
            places_.push_back(
                {at + head.size(), at + head.size() + ms.size() + id_behind.size(),
                 at + head.size() + ms.size() + id_behind.size() + id_digits + price.size()});
            bytes_ += frame;
            ends_.push_back(bytes_.size());
        }
    }

    /// The next `count` frames, at most frames_max.
    std::string_view next(std::size_t count) {
        const std::string ms =
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count());
        for (std::size_t n = 0; n < count; ++n) {
            std::memcpy(bytes_.data() + places_[n].event_time, ms.data(), ms.size());
            std::memcpy(bytes_.data() + places_[n].trade_time, ms.data(), ms.size());
            std::uint64_t id = ids_[n % symbols_.size()]++;
            for (std::size_t digit = id_digits; digit-- > 0; id /= 10)
                bytes_[places_[n].id + digit] = static_cast<char>('0' + id % 10);
        }
        return std::string_view(bytes_).substr(0, ends_[count - 1]);
    }

    static constexpr std::size_t frames_max = 24 * instrument_count;
    std::size_t end_of(std::size_t frame) const { return ends_[frame]; }

  private:
    static constexpr std::size_t id_digits = 10;
    struct Places {
        std::size_t event_time, id, trade_time;
    };
    std::string bytes_;
    std::vector<std::size_t> ends_;
    std::vector<Places> places_;
    const Symbols symbols_;
    std::vector<std::uint64_t> ids_;  ///< the next ones
};

/// What the venue did.
struct Venue {
    std::atomic<std::uint64_t> sent{0};
    std::atomic<bool> done{false};
    double seconds = 0;
    double cpu_ns = 0;
};

/// Sends whole rounds of all symbols, so that each symbol's ids go on without a hole.
void flood_at(double rate, double seconds, Symbols symbols, Carrier carrier,
              const FloodServer::Send& send, Venue& venue) {
    Template frames(symbols);
    const std::size_t round = symbols.size();
    const double cpu_begin = thread_cpu_ns();
    const auto begin = steady_clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(steady_clock::now() - begin).count();
    };
    std::uint64_t sent = 0;
    const auto all = static_cast<std::uint64_t>(rate * seconds);
    bool heard = true;
    while (heard && sent < all) {
        auto due = std::min<std::uint64_t>(all, static_cast<std::uint64_t>(rate * elapsed()));
        while (heard && sent + round <= due) {
            const std::uint64_t rounds = (due - sent) / round;
            const std::size_t count = std::min<std::size_t>(rounds * round, Template::frames_max);
            const std::string_view bytes = frames.next(count);
            if (carrier == Carrier::tls) {
                std::size_t from = 0;
                for (std::size_t n = 0; heard && n < count; from = frames.end_of(n++))
                    heard = send(bytes.substr(from, frames.end_of(n) - from));
            } else {
                heard = send(bytes);
            }
            sent += count;
        }
        if (all - sent < round) break;
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    venue.seconds = elapsed();
    venue.cpu_ns = thread_cpu_ns() - cpu_begin;
    venue.sent.store(sent, std::memory_order_relaxed);
    venue.done.store(true, std::memory_order_release);
}

core::EngineConfig all_day() {
    core::EngineConfig config = engine_config();
    for (core::Instrument& one : config.universe.instruments) one.market = core::Market::always;
    core::Feed feed{"flood", "binance_spot", {}};
    for (core::InstrumentId id = 0; id < instrument_count; ++id) feed.instruments.push_back(id);
    config.universe.feeds = {feed};
    return config;
}

void sustained(benchmark::State& state, Symbols symbols, Carrier carrier, double rate_wanted) {
    const double rate = setting("BENCH_RATE", rate_wanted);
    const double seconds = setting("BENCH_SECONDS", 10);
    for (auto _ : state) {
        Venue venue;
        FloodServer server(
            [&](const FloodServer::Send& send) {
                flood_at(rate, seconds, symbols, carrier, send, venue);
            },
            carrier);

        daemon::SystemClock clock;
        feeds::InputRing ring(ring_slots);
        sinks::FanOut fan_out;
        daemon::EngineCounters counters(instrument_count);
        daemon::EngineLoop loop(core::Engine(all_day()), ring, clock, fan_out, counters, {});
        feeds::SessionSettings settings;
        settings.feed = 0;
        settings.name = "flood";
        settings.venue = feeds::find_venue("binance_spot");
        settings.url = server.url();
        settings.ca_file = test::authority_file();
        for (std::size_t i = 0; i < all_symbols.size(); ++i)
            settings.listings.push_back(
                {static_cast<core::InstrumentId>(i), all_symbols[i], true, false});
        settings.jitter_seed = 1;
        daemon::FeedThread feeds({settings}, ring, clock, [&loop] { loop.wake(); });
        fan_out.start();
        const std::string engine = thread_of([&] { loop.start(); });
        const std::string feed = thread_of([&] { feeds.start(); });

        const feeds::FeedCounters& counted = feeds.counters(0);
        const auto give_up = steady_clock::now() + std::chrono::seconds(60) +
                             std::chrono::duration_cast<std::chrono::seconds>(
                                 std::chrono::duration<double>(3 * seconds));
        const auto received = [&] { return counted.messages.value(); };
        // The acknowledgement is a message too.
        while (steady_clock::now() < give_up &&
               (!venue.done.load(std::memory_order_acquire) || received() < venue.sent.load() + 1))
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        const double feed_ns = cpu_ns_of(feed);
        feeds.stop(5);
        const double engine_ns = cpu_ns_of(engine);
        loop.stop();
        fan_out.stop(1);

        std::uint64_t rejected = counted.duplicates.value();
        for (const auto& counter : counted.rows_rejected) rejected += counter.value();
        for (const auto& counter : counted.decode_errors) rejected += counter.value();
        std::uint64_t taken = 0;
        for (const auto& counter : counters.ticks) taken += counter.value();
        const std::uint64_t sent = venue.sent.load();
        const std::uint64_t dropped = feeds.ring_dropped().value();
        const std::uint64_t decoded = counted.ticks.value();
        const auto each = [sent](double ns) { return ns / static_cast<double>(sent); };
        state.SetIterationTime(venue.seconds);
        state.SetItemsProcessed(static_cast<std::int64_t>(sent));
        state.counters["sent"] = static_cast<double>(sent);
        state.counters["decoded"] = static_cast<double>(decoded - dropped);
        state.counters["rejected"] = static_cast<double>(rejected);
        state.counters["dropped"] = static_cast<double>(dropped);
        state.counters["rate"] = static_cast<double>(sent) / venue.seconds;
        state.counters["venue_ns"] = each(venue.cpu_ns);
        state.counters["feed_ns"] = each(feed_ns);
        state.counters["engine_ns"] = each(engine_ns);
        if (sent == 0 || sent != decoded + rejected || decoded != taken + dropped)
            state.SkipWithError("messages are unaccounted for");
    }
}

const bool registered = [] {
    const auto add = [](const char* name, Symbols symbols, Carrier carrier, double rate) {
        benchmark::RegisterBenchmark(name,
                                     [symbols, carrier, rate](benchmark::State& state) {
                                         sustained(state, symbols, carrier, rate);
                                     })
            ->UseManualTime()
            ->Iterations(1)
            ->Repetitions(1)
            ->Unit(benchmark::kSecond);
    };
    const Symbols all{all_symbols};
    const Symbols one = all.subspan(bitcoin, 1);
    add("sustained_plain/ours:daemon", one, Carrier::plain, 2e6);
    add("sustained_tls/ours:daemon", one, Carrier::tls_gathered, 1e6);
    add("sustained_plain_interleaved/ours:daemon", all, Carrier::plain, 2e6);
    return true;
}();

}  // namespace
}  // namespace contagiond::bench
