// From a write on a loopback socket to the engine's decision on the trade in it: feed thread, ring
// and engine loop as they run in the daemon, beside a client that does nothing but read. Either all
// threads are asleep before the message comes, or they ask for it all the time (--busy-poll).
//
// The decision is that the engine has stepped: whether an alert is due is known then. Most trades
// close no bar; socket_to_bar is from the write to the end of the step that closed one, with all
// measures told.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "daemon/engine_loop.hpp"
#include "daemon/feed_thread.hpp"
#include "tests/bench/market.hpp"
#include "tests/bench/venue_line.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/server_words.hpp"

namespace contagiond::bench {
namespace {

using daemon::Waiting;

/// When what was waited for happened; 0 until then. Written by the thread it happens on.
class Moment {
  public:
    void clear() { at_.store(0, std::memory_order_release); }
    void set() { at_.store(daemon::monotonic_now(), std::memory_order_release); }
    core::DurationNs wait() const {
        // Looks now and then: who spins here would take the core of those who are measured.
        for (int looks = 0; looks < 20'000; ++looks) {
            if (const core::DurationNs at = at_.load(std::memory_order_acquire)) return at;
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
        throw std::runtime_error("a message led to nothing");
    }

  private:
    std::atomic<core::DurationNs> at_{0};
};

/// Is asked on the engine's own thread after every step.
class StepWatch final : public sinks::Sink {
  public:
    explicit StepWatch(const daemon::EngineCounters& counters) : counters_(counters) {}
    std::string_view name() const override { return "step_watch"; }
    bool wants_inputs() const override {
        const std::uint64_t ticks = counters_.ticks[source_count].value();
        if (ticks != ticks_) stepped.set();
        ticks_ = ticks;
        return false;
    }
    bool wants(const core::Event&) const override { return false; }
    void consume(std::span<const sinks::Item>) override {}

    mutable Moment stepped;

  private:
    const daemon::EngineCounters& counters_;
    mutable std::uint64_t ticks_ = 0;
};

/// The daemon from the socket to the engine.
class House {
  public:
    House(VenueLine& line, Waiting waiting)
        : loop_(core::Engine(engine_config()), ring_, clock, fan_out_, engine_counters_,
                {1, waiting, nullptr, {}}),
          feeds_(
              settings(line.url()), ring_, clock, [this] { loop_.wake(); }, waiting) {
        fan_out_.add(watch_, 64);
        fan_out_.start();
        loop_.start();
        feeds_.start();
        line.greet();
    }
    ~House() {
        feeds_.stop(5);
        loop_.stop();
        fan_out_.stop(1);
    }
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    Moment& happened() { return watch_.stepped; }
    test::ManualClock clock{market_open + core::ns_per_s};

  private:
    static std::vector<feeds::SessionSettings> settings(const std::string& url) {
        std::vector<feeds::SessionSettings> feeds(2);
        for (std::size_t i = 0; i < feeds.size(); ++i) {
            feeds[i].feed = static_cast<core::FeedId>(i);
            feeds[i].name = i == 0 ? "stocks" : "coins";
            feeds[i].venue = feeds::find_venue("binance_spot");
            feeds[i].url = url;
            feeds[i].jitter_seed = 1;
        }
        feeds[1].listings = {{source_count, "BTCUSDT", true, true}};
        feeds.erase(feeds.begin());  // the stocks come from nowhere
        return feeds;
    }

    feeds::InputRing ring_{16384};
    sinks::FanOut fan_out_;
    daemon::EngineCounters engine_counters_{instrument_count};
    StepWatch watch_{engine_counters_};
    daemon::EngineLoop loop_;
    daemon::FeedThread feeds_;
};

/// A client that reads and notes when.
class RawClient {
  public:
    RawClient(VenueLine& line, Waiting waiting) : socket_(line.connect()) {
        thread_ = std::thread([this, waiting] {
            std::array<char, 4096> some{};
            const int flags = waiting == Waiting::sleep ? 0 : MSG_DONTWAIT;
            for (;;) {
                const ssize_t n = ::recv(socket_, some.data(), some.size(), flags);
                if (n > 0)
                    read_.set();
                else if (n == 0 || (errno != EAGAIN && errno != EINTR))
                    return;
                else
                    daemon::spin_pause();
            }
        });
        line.accept();
    }
    ~RawClient() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    Moment& happened() { return read_; }
    test::ManualClock clock{market_open + core::ns_per_s};

  private:
    int socket_;
    Moment read_;
    std::thread thread_;
};

template <typename Client>
void measure(benchmark::State& state, Waiting waiting, core::DurationNs apart) {
    constexpr std::size_t messages = 1000;
    constexpr std::size_t first = 50;  // everything has been touched once by then
    VenueLine line;
    Client client(line, waiting);
    for (auto _ : state) {
        std::vector<double> ns;
        double sum = 0;
        for (std::size_t n = 0; n < first + messages; ++n) {
            client.clock.set(client.clock.now() + apart);
            const std::string ms = std::to_string(client.clock.now() / core::ns_per_ms);
            const std::string frame = test::text_frame(
                R"({"e":"trade","E":)" + ms + R"(,"s":"BTCUSDT","t":)" + std::to_string(n + 1) +
                R"(,"p":"101234.56000000","q":"0.02000000","T":)" + ms + R"(,"m":true,"M":true})");
            // Long enough for everybody to be asleep.
            std::this_thread::sleep_for(std::chrono::microseconds(300));
            client.happened().clear();
            const core::DurationNs sent = daemon::monotonic_now();
            line.send(frame);
            const double took = static_cast<double>(client.happened().wait() - sent);
            if (n < first) continue;
            ns.push_back(took);
            sum += took;
        }
        state.SetIterationTime(sum / 1e9);
        std::sort(ns.begin(), ns.end());
        state.counters["p50_ns"] = ns[ns.size() / 2];
        state.counters["p99_ns"] = ns[ns.size() * 99 / 100];
        state.SetItemsProcessed(messages);
    }
}

void once(benchmark::internal::Benchmark* one) {
    one->UseManualTime()->Iterations(1)->Unit(benchmark::kMicrosecond);
}
constexpr core::DurationNs a_little = core::ns_per_us;
constexpr core::DurationNs a_bar = 10 * core::ns_per_s;

void blocking_read(benchmark::State& state) {
    measure<RawClient>(state, Waiting::sleep, a_little);
}
void poll_loop(benchmark::State& state) {
    measure<RawClient>(state, Waiting::busy_poll, a_little);
}
void daemon_asleep(benchmark::State& state) {
    measure<House>(state, Waiting::sleep, a_little);
}
void daemon_busy(benchmark::State& state) {
    measure<House>(state, Waiting::busy_poll, a_little);
}
void daemon_to_bar(benchmark::State& state) {
    measure<House>(state, Waiting::sleep, a_bar);
}
BENCHMARK(blocking_read)->Name("socket_to_decision_sleeping/floor:blocking_read")->Apply(once);
BENCHMARK(daemon_asleep)->Name("socket_to_decision_sleeping/ours:daemon")->Apply(once);
BENCHMARK(poll_loop)->Name("socket_to_decision_busy/floor:poll_loop")->Apply(once);
BENCHMARK(daemon_busy)->Name("socket_to_decision_busy/ours:daemon")->Apply(once);
BENCHMARK(daemon_to_bar)->Name("socket_to_bar/ours:daemon")->Apply(once);

}  // namespace
}  // namespace contagiond::bench
