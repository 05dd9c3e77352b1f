// What a message of a flood costs the receiving thread, from the socket to a decoded trade, in CPU
// time. A session as it runs in the daemon, which also makes inputs of the trades and hands them
// on; its reading, frame parser and decoder alone; Beast's own asynchronous reading with the same
// decoder, and nothing else; and raw reads that check nothing.
//
//   receive_path --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>

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
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/frame_parser.hpp"
#include "feeds/session.hpp"
#include "feeds/session_wire.hpp"
#include "tests/bench/flood_server.hpp"
#include "tests/bench/raw_receiver.hpp"
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

class WallClock final : public core::Clock {
  public:
    core::TimeNs now() const override {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
};

/// Runs `receive(server) -> RawReceipt` and notes its CPU time.
template <typename Receive>
void measure(benchmark::State& state, Carrier carrier, Receive receive) {
    flood();
    std::uint64_t sum_of_ids = 0;
    for (auto _ : state) {
        FloodServer server(flood(), carrier);
        const RawReceipt receipt = receive(server);
        if (receipt.messages != flood_messages || receipt.sum_of_ids != flood().sum_of_ids())
            return state.SkipWithError("messages were lost");
        sum_of_ids = receipt.sum_of_ids;
        state.SetIterationTime(receipt.cpu_ns / 1e9);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flood_messages));
    state.counters["checksum"] = static_cast<double>(sum_of_ids);
}

/// What the decoder alone leads to: rows whose ids are read.
void count_rows(const feeds::Decoded& decoded, RawReceipt& receipt) {
    for (const feeds::Row& row : decoded.rows) {
        std::uint64_t id = 0;
        std::from_chars(row.trade_id.data(), row.trade_id.data() + row.trade_id.size(), id);
        receipt.sum_of_ids += id;
        ++receipt.messages;
    }
}

// ---- the floor ----

void floor(benchmark::State& state, Carrier carrier) {
    measure(state, carrier, [carrier](const FloodServer& server) {
        return receive_raw(server, carrier, flood_messages);
    });
}

// ---- the session ----

void session(benchmark::State& state, Carrier carrier) {
    measure(state, carrier, [](const FloodServer& server) {
        asio::io_context io(1);
        WallClock clock;
        feeds::InputRing ring(16384);
        RawReceipt receipt;
        double begin = 0;
        std::vector<core::Input> batch(256);
        feeds::InputPublisher publisher(ring, 1, [&] {
            while (const std::size_t n = ring.pop(batch))
                for (std::size_t i = 0; i < n; ++i) {
                    if (batch[i].kind != core::InputKind::trade) continue;
                    ++receipt.messages;
                    receipt.sum_of_ids += batch[i].trade.trade_id;
                }
            if (receipt.messages == flood_messages) io.stop();
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
        // The clock starts when the session has subscribed, as with the others.
        feeds::Session session(io, settings, clock, publisher, counters,
                               [&](feeds::LogLevel, std::string_view) {
                                   if (begin == 0) begin = thread_cpu_ns();
                               });
        const auto work = asio::make_work_guard(io);
        session.start();
        io.run_for(std::chrono::seconds(30));
        receipt.cpu_ns = thread_cpu_ns() - begin;
        session.stop([&] { io.stop(); });
        io.restart();
        io.run();
        return receipt;
    });
}

// ---- the session's reading, its parser and the decoder, with nobody behind them ----

/// Makes messages of what the wire brings, as a session does, and decodes them.
class Decoding final : public feeds::WireReader {
  public:
    explicit Decoding(RawReceipt& receipt) : receipt_(receipt) {}

    asio::mutable_buffer room() override {
        return {buffer_.data() + filled_, buffer_.size() - filled_ - feeds::frame_padding};
    }
    bool on_bytes(std::size_t bytes) override {
        filled_ += bytes;
        std::string_view arrived(buffer_.data(), filled_);
        for (;;) {
            const feeds::FrameEvent event = parser_.next(arrived);
            arrived.remove_prefix(event.taken);
            if (event.kind == feeds::FrameEventKind::need_bytes) break;
            if (event.kind != feeds::FrameEventKind::text) return false;
            decoder_->decode(event.payload, 0, decoded_);
            count_rows(decoded_, receipt_);
        }
        if (!arrived.empty()) std::memmove(buffer_.data(), arrived.data(), arrived.size());
        filled_ = arrived.size();
        return receipt_.messages < flood_messages;
    }

  private:
    RawReceipt& receipt_;
    feeds::FrameParser parser_{{.whole_frame = 192 * 1024,
                                .message_max = feeds::message_bytes_max,
                                .message_endless = std::size_t{16} << 20,
                                .slack = feeds::frame_padding}};
    std::unique_ptr<feeds::Decoder> decoder_ = feeds::find_venue("binance_spot")->make_decoder();
    feeds::Decoded decoded_;
    std::vector<char> buffer_ = std::vector<char>(256 * 1024 + feeds::frame_padding);
    std::size_t filled_ = 0;
};

asio::awaitable<void> read_and_decode(feeds::Wire& wire, const FloodServer& server, bool tls,
                                      RawReceipt& receipt) {
    co_await wire.socket().async_connect({asio::ip::address_v4::loopback(), server.port()},
                                         asio::use_awaitable);
    if (tls && co_await wire.secure("localhost")) co_return;
    feeds::Url url;
    if (!feeds::parse_url(server.url(), url).empty()) co_return;
    std::string behind;
    if (co_await wire.upgrade(url, behind) || !behind.empty()) co_return;
    std::string frame;
    feeds::write_frame(feeds::FrameOpcode::text, "{}", *feeds::draw_mask_key(), frame);
    wire.write(frame, [](bool) {});
    Decoding decoding(receipt);
    const double begin = thread_cpu_ns();
    co_await wire.read_all(decoding);
    receipt.cpu_ns = thread_cpu_ns() - begin;
    wire.socket().close();
}

void read_and_decode(benchmark::State& state, Carrier carrier) {
    measure(state, carrier, [carrier](const FloodServer& server) {
        asio::io_context io(1);
        const bool tls = carrier != Carrier::plain;
        feeds::WireFactory wires(io, tls, test::authority_file());
        const auto wire = wires.make(tls);
        RawReceipt receipt;
        asio::co_spawn(io, read_and_decode(*wire, server, tls, receipt), asio::detached);
        io.run();
        return receipt;
    });
}

// ---- Beast's own reading ----

template <typename Stream>
asio::awaitable<void> read_with_beast(websocket::stream<Stream>& stream, std::uint16_t port,
                                      RawReceipt& receipt) {
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
    while (receipt.messages < flood_messages) {
        const auto [error, bytes] = co_await stream.async_read_some(
            asio::buffer(buffer.data() + filled, buffer.size() - filled - feeds::frame_padding),
            as_value);
        if (error) break;
        filled += bytes;
        if (!stream.is_message_done()) continue;
        decoder->decode({buffer.data(), filled}, 0, decoded);
        count_rows(decoded, receipt);
        filled = 0;
    }
    receipt.cpu_ns = thread_cpu_ns() - begin;
    socket.close();
}

void beast(benchmark::State& state, Carrier carrier) {
    measure(state, carrier, [carrier](const FloodServer& server) {
        asio::io_context io(1);
        RawReceipt receipt;
        if (carrier != Carrier::plain) {
            asio::ssl::context context(asio::ssl::context::tls_client);
            websocket::stream<asio::ssl::stream<Tcp::socket>> stream(io, context);
            asio::co_spawn(io, read_with_beast(stream, server.port(), receipt), asio::detached);
            io.run();
        } else {
            websocket::stream<Tcp::socket> stream(io);
            asio::co_spawn(io, read_with_beast(stream, server.port(), receipt), asio::detached);
            io.run();
        }
        return receipt;
    });
}

using Contestant = void (*)(benchmark::State&, Carrier);

const bool registered = [] {
    const std::pair<const char*, Carrier> rows[] = {
        {"receive_plain", Carrier::plain},
        {"receive_tls", Carrier::tls},
        {"receive_tls_gathered", Carrier::tls_gathered}};
    const std::pair<const char*, Contestant> contestants[] = {
        {"floor:raw_read", floor},
        {"yardstick:beast", beast},
        {"ours:session", session},
        {"ours:read_and_decode", read_and_decode}};
    for (const auto& [row, carrier] : rows)
        for (const auto& [name, contestant] : contestants)
            benchmark::RegisterBenchmark(
                (std::string(row) + "/" + name).c_str(),
                [run = contestant, on = carrier](benchmark::State& state) { run(state, on); })
                ->UseManualTime()
                ->Iterations(1)
                ->Unit(benchmark::kMillisecond);
    return true;
}();

}  // namespace
}  // namespace contagiond::bench
