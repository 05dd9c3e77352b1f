// From a write on a loopback WebSocket to an event of the engine: session, ring and engine loop as
// they run in the daemon, each on its own thread, all of them asleep before the frame arrives.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "daemon/engine_loop.hpp"
#include "feeds/session.hpp"
#include "tests/bench/market.hpp"

namespace contagiond::bench {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

/// Advances by a bar a message, so that every message closes one.
class BarClock final : public core::Clock {
  public:
    core::TimeNs now() const override { return now_.load(std::memory_order_acquire); }
    void advance() { now_.fetch_add(10 * core::ns_per_s, std::memory_order_acq_rel); }

  private:
    // A second past a bar's end, so that each message is in a later bar than the one before.
    std::atomic<core::TimeNs> now_{market_open + core::ns_per_s};
};

/// Notes when the engine closed a bar: `wants` is asked on the engine's own thread.
class BarWatch final : public sinks::Sink {
  public:
    std::string_view name() const override { return "bar_watch"; }
    bool wants(const core::Event& event) const override {
        if (const auto* bar = std::get_if<core::BarClosed>(&event)) {
            closed_at_.store(daemon::monotonic_now(), std::memory_order_relaxed);
            ts_bar_.store(bar->ts, std::memory_order_release);
            bell_.ring();
        }
        return false;
    }
    void consume(std::span<const sinks::Item>) override {}

    /// When the engine said that the bar ending at or after `ts` is closed; 0 if it never did.
    core::DurationNs wait_for(core::TimeNs ts) const {
        const auto closed = [&] { return ts_bar_.load(std::memory_order_acquire) >= ts; };
        for (int tries = 0; tries < 50 && !closed(); ++tries)
            bell_.wait(std::chrono::milliseconds(100), closed);
        return closed() ? closed_at_.load(std::memory_order_relaxed) : 0;
    }

  private:
    mutable sinks::Doorbell bell_;
    mutable std::atomic<core::TimeNs> ts_bar_{0};
    mutable std::atomic<core::DurationNs> closed_at_{0};
};

/// The venue's side of one connection, with blocking calls on the benchmark's thread.
class Exchange {
  public:
    std::string url() const {
        return "ws://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/ws";
    }
    /// Takes the connection and the subscription.
    void serve() {
        acceptor_.accept(socket_.next_layer());
        socket_.next_layer().set_option(Tcp::no_delay(true));
        socket_.accept();
        boost::beast::flat_buffer request;
        socket_.read(request);
        send(R"({"result":null,"id":1})");
    }
    void send(const std::string& text) { socket_.write(asio::buffer(text)); }

  private:
    asio::io_context io_;
    Tcp::acceptor acceptor_{io_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    boost::beast::websocket::stream<Tcp::socket> socket_{io_};
};

/// The daemon from the socket to the engine.
class House {
  public:
    explicit House(const std::string& url) {
        fan_out_.add(watch, 64);
        fan_out_.start();
        loop_.start();
        feeds::SessionSettings settings;
        settings.feed = 1;
        settings.name = "coins";
        settings.venue = feeds::find_venue("binance_spot");
        settings.url = url;
        settings.listings = {{source_count, "BTCUSDT", true, true}};
        settings.jitter_seed = 1;
        session_ =
            std::make_unique<feeds::Session>(feed_io_, settings, clock, publisher_, feed_counters_,
                                             [](feeds::LogLevel, std::string_view) {});
        session_->start();
        feed_ = std::thread([this] { feed_io_.run(); });
    }
    ~House() {
        session_->stop([this] { work_.reset(); });
        feed_.join();
        loop_.stop();
        fan_out_.stop(1);
    }
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    BarClock clock;  ///< of the session
    BarWatch watch;

  private:
    /// The loop's clock stands still, so that only a message can close a bar.
    BarClock loop_clock_;
    feeds::InputRing ring_{16384};
    sinks::FanOut fan_out_;
    daemon::EngineCounters engine_counters_{instrument_count};
    daemon::EngineLoop loop_{
        core::Engine(engine_config()), ring_, loop_clock_, fan_out_, engine_counters_, {}};
    feeds::InputPublisher publisher_{ring_, 2, [this] { loop_.wake(); }};
    feeds::FeedCounters feed_counters_;
    asio::io_context feed_io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{feed_io_.get_executor()};
    std::unique_ptr<feeds::Session> session_;
    std::thread feed_;
};

void socket_to_event(benchmark::State& state) {
    Exchange exchange;
    House house(exchange.url());
    exchange.serve();
    std::vector<double> microseconds;
    std::uint64_t trade_id = 1;
    // The first message starts the grid; from then on each closes the bar before it.
    for (auto _ : state) {
        house.clock.advance();
        const core::TimeNs ts = house.clock.now();
        const std::string ms = std::to_string(ts / core::ns_per_ms);
        const std::string frame =
            R"({"e":"trade","E":)" + ms + R"(,"s":"BTCUSDT","t":)" + std::to_string(trade_id++) +
            R"(,"p":"101234.56000000","q":"0.02000000","T":)" + ms + R"(,"m":true,"M":true})";
        const core::DurationNs sent = daemon::monotonic_now();
        exchange.send(frame);
        const core::DurationNs closed =
            house.watch.wait_for(trade_id == 2 ? 0 : ts - 10 * core::ns_per_s);
        if (closed == 0 && trade_id > 2) {
            state.SkipWithError("a message led to no event");
            break;
        }
        const double seconds = trade_id > 2 ? core::to_seconds(closed - sent) : 0.0;
        state.SetIterationTime(seconds);
        microseconds.push_back(seconds * 1e6);
    }
    if (microseconds.empty()) return;
    std::sort(microseconds.begin(), microseconds.end());
    const auto quantile = [&](double q) {
        return microseconds[static_cast<std::size_t>(q *
                                                     static_cast<double>(microseconds.size() - 1))];
    };
    state.counters["p50_us"] = quantile(0.5);
    state.counters["p99_us"] = quantile(0.99);
}
BENCHMARK(socket_to_event)->UseManualTime()->Iterations(5000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace contagiond::bench
