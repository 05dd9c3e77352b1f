// What a message of a flood costs the receiving thread, from the socket to a decoded trade, in CPU
// time: a session as it runs in the daemon, which also makes inputs of the trades, and, as the
// yardstick, Beast's own asynchronous reading with the same decoder and nothing else.
//
//   receive_path --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>
#include <time.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/session.hpp"
#include "tests/bench/flood_server.hpp"
#include "tests/support/certificates.hpp"

namespace contagiond::bench {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using Tcp = asio::ip::tcp;

constexpr std::size_t flood_messages = 200'000;

const Flood& flood() {
    static const Flood one(flood_messages);
    return one;
}

double thread_cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

class WallClock final : public core::Clock {
  public:
    core::TimeNs now() const override {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
};

/// Runs `receive(server, cpu_ns)`, which gives the messages it decoded, and notes its CPU time.
template <typename Receive>
void measure(benchmark::State& state, Carrier carrier, Receive receive) {
    flood();
    for (auto _ : state) {
        FloodServer server(flood(), carrier);
        double cpu_ns = 0;
        const std::size_t messages = receive(server, cpu_ns);
        if (messages != flood_messages) return state.SkipWithError("messages were lost");
        state.SetIterationTime(cpu_ns / 1e9 / static_cast<double>(flood_messages));
    }
}

// ---- the session ----

void session(benchmark::State& state, Carrier carrier) {
    measure(state, carrier, [](const FloodServer& server, double& cpu_ns) {
        asio::io_context io(1);
        WallClock clock;
        feeds::InputRing ring(16384);
        std::size_t trades = 0;
        double begin = 0;
        std::vector<core::Input> batch(256);
        feeds::InputPublisher publisher(ring, 1, [&] {
            while (const std::size_t n = ring.pop(batch))
                for (std::size_t i = 0; i < n; ++i)
                    trades += batch[i].kind == core::InputKind::trade;
            if (begin == 0 && trades > 0) begin = thread_cpu_ns() - 1;
            if (trades == flood_messages) io.stop();
        });
        feeds::FeedCounters counters;
        feeds::SessionSettings settings;
        settings.feed = 0;
        settings.name = "flood";
        settings.venue = feeds::find_venue("binance_spot");
        settings.url = server.url();
        settings.ca_file = test::authority_file();
        settings.listings = {{0, "BTCUSDT", true, true}};
        settings.jitter_seed = 1;
        feeds::Session session(io, settings, clock, publisher, counters, nullptr);
        const auto work = asio::make_work_guard(io);
        session.start();
        begin = thread_cpu_ns();
        io.run_for(std::chrono::seconds(30));
        cpu_ns = thread_cpu_ns() - begin;
        session.stop([&] { io.stop(); });
        io.restart();
        io.run();
        return trades;
    });
}

// ---- Beast's own reading ----

template <typename Stream>
asio::awaitable<void> read_with_beast(websocket::stream<Stream>& stream, std::uint16_t port,
                                      std::size_t& trades, double& cpu_ns) {
    constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
    auto& socket = boost::beast::get_lowest_layer(stream);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
    if constexpr (!std::is_same_v<Stream, Tcp::socket>)
        co_await stream.next_layer().async_handshake(asio::ssl::stream_base::client,
                                                     asio::use_awaitable);
    co_await stream.async_handshake("localhost", "/ws", asio::use_awaitable);
    co_await stream.async_write(asio::buffer("{}", 2), asio::use_awaitable);
    const auto decoder = feeds::find_venue("binance_spot")->make_decoder();
    feeds::Decoded decoded;
    std::vector<char> buffer(64 * 1024 + feeds::frame_padding);
    std::size_t filled = 0;
    const double begin = thread_cpu_ns();
    while (trades < flood_messages) {
        const auto [error, bytes] = co_await stream.async_read_some(
            asio::buffer(buffer.data() + filled, buffer.size() - filled - feeds::frame_padding),
            as_value);
        if (error) break;
        filled += bytes;
        if (!stream.is_message_done()) continue;
        decoder->decode({buffer.data(), filled}, 0, decoded);
        trades += decoded.rows.size();
        filled = 0;
    }
    cpu_ns = thread_cpu_ns() - begin;
    socket.close();
}

void beast(benchmark::State& state, Carrier carrier) {
    measure(state, carrier, [carrier](const FloodServer& server, double& cpu_ns) {
        asio::io_context io(1);
        std::size_t trades = 0;
        if (carrier != Carrier::plain) {
            asio::ssl::context context(asio::ssl::context::tls_client);
            websocket::stream<asio::ssl::stream<Tcp::socket>> stream(io, context);
            asio::co_spawn(io, read_with_beast(stream, server.port(), trades, cpu_ns),
                           asio::detached);
            io.run();
        } else {
            websocket::stream<Tcp::socket> stream(io);
            asio::co_spawn(io, read_with_beast(stream, server.port(), trades, cpu_ns),
                           asio::detached);
            io.run();
        }
        return trades;
    });
}

void each(benchmark::internal::Benchmark* one) {
    one->UseManualTime()->Iterations(1)->Repetitions(9)->ReportAggregatesOnly();
}
BENCHMARK_CAPTURE(session, plain, Carrier::plain)->Apply(each);
BENCHMARK_CAPTURE(beast, plain, Carrier::plain)->Apply(each);
BENCHMARK_CAPTURE(session, tls, Carrier::tls)->Apply(each);
BENCHMARK_CAPTURE(beast, tls, Carrier::tls)->Apply(each);
BENCHMARK_CAPTURE(session, tls_gathered, Carrier::tls_gathered)->Apply(each);
BENCHMARK_CAPTURE(beast, tls_gathered, Carrier::tls_gathered)->Apply(each);

}  // namespace
}  // namespace contagiond::bench
