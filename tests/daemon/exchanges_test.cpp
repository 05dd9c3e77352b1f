// The loopback exchanges over real sockets, on a clock that the test holds in its hand.
#include "daemon/demo/exchanges.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "daemon/demo/dialect.hpp"
#include "daemon/http_client.hpp"
#include "tests/daemon/raw_websocket.hpp"

using namespace contagiond;
using core::ns_per_s;
using nlohmann::json;
using test::RawWebSocket;

namespace {

constexpr std::uint64_t seed = 20250127;

class HeldClock final : public core::Clock {
  public:
    explicit HeldClock(core::TimeNs t) : t_(t) {}
    core::TimeNs now() const override { return t_.load(); }
    void advance(core::DurationNs d) { t_.fetch_add(d); }

  private:
    std::atomic<core::TimeNs> t_;
};

struct World {
    demo::Market market{seed, demo::all_listings()};
    HeldClock clock{market.script().start};
    demo::Exchanges exchanges{market, clock};
    demo::Endpoints at = exchanges.start();
};

/// Trades of one listing in the first seconds of the script, from a market of the same seed.
std::vector<demo::Print> trades_of(std::string_view venue_symbol, core::DurationNs seconds) {
    demo::Market market(seed);
    std::vector<demo::Print> out;
    for (const demo::Print& p : market.advance(market.script().start + seconds * ns_per_s))
        if (p.kind == demo::Print::Kind::trade && p.venue_symbol == venue_symbol) out.push_back(p);
    return out;
}

std::string wrapped(const std::string& stream, const demo::Print& trade) {
    return R"({"stream":")" + stream + R"(","data":)" + demo::binance_trade(trade) + "}";
}

void authenticate(RawWebSocket& alpaca) {
    REQUIRE(alpaca.text() == R"([{"T":"success","msg":"connected"}])");
    alpaca.send(R"({"action":"auth","key":"demo","secret":"demo"})");
    REQUIRE(alpaca.text() == R"([{"T":"success","msg":"authenticated"}])");
}

}  // namespace

TEST_CASE("a Binance client hears exactly the trades it asked for, number by number") {
    World world;
    RawWebSocket client(world.at.at("binance_spot"));
    client.send(R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1})");
    REQUIRE(client.text() == R"({"result":null,"id":1})");
    world.clock.advance(60 * ns_per_s);
    const auto expected = trades_of("BTCUSDT", 60);
    REQUIRE(expected.size() > 40);
    // The opening trade came before the subscription.
    for (std::size_t i = 1; i < expected.size(); ++i)
        REQUIRE(client.text() == wrapped("btcusdt@trade", expected[i]));
}

TEST_CASE("a Coinbase client hears the last trade at once and then what happens") {
    World world;
    world.clock.advance(10 * ns_per_s);
    RawWebSocket client(world.at.at("coinbase_exchange"));
    client.send(
        R"({"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channels":["matches","ticker","heartbeat"]})");
    REQUIRE(json::parse(client.text())["type"] == "subscriptions");
    REQUIRE(json::parse(client.text())["type"] == "last_match");
    REQUIRE(json::parse(client.text())["type"] == "last_match");
    world.clock.advance(30 * ns_per_s);
    std::set<std::string> seen;
    std::map<std::string, std::uint64_t> last_trade_id;
    while (seen.size() < 3 || last_trade_id.size() < 2) {
        const json frame = json::parse(client.text());
        const std::string type = frame["type"];
        seen.insert(type);
        if (type != "match") continue;
        std::uint64_t& last = last_trade_id[frame["product_id"]];
        const std::uint64_t id = frame["trade_id"];
        if (last != 0) REQUIRE(id == last + 1);
        last = id;
    }
    CHECK(seen == std::set<std::string>{"heartbeat", "match", "ticker"});
}

TEST_CASE("an Alpaca client is let in with any key and is sent its symbols alone") {
    World world;
    RawWebSocket client(world.at.at("alpaca"));
    authenticate(client);
    client.send(R"({"action":"subscribe","trades":["NVDA","NQ"],"quotes":["NVDA"]})");
    REQUIRE(json::parse(client.text())[0]["T"] == "subscription");
    world.clock.advance(60 * ns_per_s);
    std::set<std::string> seen;
    std::size_t trades = 0;
    const std::size_t expected = trades_of("NVDA", 60).size() - 1;
    while (trades < expected) {
        for (const json& element : json::parse(client.text())) {
            const std::string kind = element["T"];
            const std::string symbol = element["S"];
            seen.insert(kind + " " + symbol);
            if (kind == "t" && symbol == "NVDA") ++trades;
        }
    }
    CHECK(trades == expected);
    CHECK(seen == std::set<std::string>{"q NVDA", "t NQ", "t NVDA"});
}

TEST_CASE("a path the venue does not have is refused and the others go on") {
    World world;
    const std::string port =
        world.at.at("binance_spot").substr(0, world.at.at("binance_spot").rfind('/'));
    CHECK_THROWS_WITH(RawWebSocket(port + "/nothing"), Catch::Contains("404"));
    RawWebSocket client(world.at.at("binance_spot"));
    client.send(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
    CHECK(json::parse(client.text())["result"] == json::array());
}

TEST_CASE("pings are answered with their own payload") {
    World world;
    RawWebSocket client(world.at.at("coinbase_exchange"));
    client.send("are you there", 9);
    const auto pong = client.receive();
    REQUIRE(pong);
    CHECK(pong->opcode == 10);
    CHECK(pong->payload == "are you there");
}

TEST_CASE("nonsense ends no conversation but a frame beyond the limit does") {
    World world;
    RawWebSocket client(world.at.at("binance_spot"));
    client.send("\x01{[");
    CHECK(json::parse(client.text()).contains("error"));
    client.send(std::string(40'000, 'x'));
    CHECK(client.gone());
    RawWebSocket other(world.at.at("binance_spot"));
    other.send(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
    CHECK(json::parse(other.text())["id"] == 1);
}

TEST_CASE("many clients are served alike and come and go") {
    World world;
    std::vector<std::unique_ptr<RawWebSocket>> clients;
    for (int i = 0; i < 40; ++i) {
        clients.push_back(std::make_unique<RawWebSocket>(world.at.at("binance_spot")));
        clients.back()->send(R"({"method":"SUBSCRIBE","params":["ethusdt@trade"],"id":1})");
        REQUIRE(clients.back()->text() == R"({"result":null,"id":1})");
        if (i % 4 == 3) clients.erase(clients.begin());
    }
    world.clock.advance(20 * ns_per_s);
    const auto expected = trades_of("ETHUSDT", 20);
    for (const auto& client : clients)
        for (std::size_t i = 1; i < expected.size(); ++i)
            REQUIRE(client->text() == wrapped("ethusdt@trade", expected[i]));
}

TEST_CASE("a client that does not read is cut off and a good one is not held up") {
    World world;
    RawWebSocket deaf(world.at.at("alpaca"), 4096);
    RawWebSocket good(world.at.at("alpaca"));
    authenticate(deaf);
    authenticate(good);
    const char* const everything = R"({"action":"subscribe","trades":["*"],"quotes":["*"]})";
    deaf.send(everything);
    good.send(everything);
    REQUIRE(json::parse(deaf.text())[0]["T"] == "subscription");
    REQUIRE(json::parse(good.text())[0]["T"] == "subscription");
    // An hour of everything is some seven megabytes: in slices that the good client can follow.
    for (int minute = 0; minute < 60; ++minute) {
        world.clock.advance(60 * ns_per_s);
        const std::string until = demo::rfc3339(world.clock.now() - 15 * ns_per_s, 0).substr(0, 19);
        for (;;) {
            const std::string text = good.text();
            const json last = json::parse(text).back();
            if (last["t"].get<std::string>().substr(0, 19) >= until) break;
        }
    }
    CHECK(deaf.gone());
}

TEST_CASE("stopping is quick, with clients connected, and may be repeated") {
    World world;
    RawWebSocket binance(world.at.at("binance_spot"));
    RawWebSocket alpaca(world.at.at("alpaca"));
    authenticate(alpaca);
    const auto before = std::chrono::steady_clock::now();
    world.exchanges.stop();
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(took < std::chrono::seconds(2));
    CHECK(binance.gone());
    CHECK(alpaca.gone());
    CHECK_THROWS_WITH(RawWebSocket(world.at.at("binance_spot")), "not connected");
    world.exchanges.stop();
}

TEST_CASE("an exchange that leaves says so in its words and closes with its code") {
    World world;
    RawWebSocket client(world.at.at("bitstamp"));
    RawWebSocket other(world.at.at("bybit_v5"));
    const std::string ask = R"({"event":"bts:subscribe","data":{"channel":"live_trades_btcusd"}})";
    client.send(ask);
    CHECK(json::parse(client.text())["event"] == "bts:subscription_succeeded");
    CHECK(world.exchanges.streams("bitstamp") ==
          std::vector<demo::Streams>{{"live_trades_btcusd"}});
    world.exchanges.say("bitstamp", {"as it is"});
    CHECK(client.text() == "as it is");
    world.exchanges.leave("bitstamp");
    CHECK(json::parse(client.text())["event"] == "bts:request_reconnect");
    const auto close = client.receive();
    REQUIRE(close);
    CHECK(close->opcode == 8);
    CHECK(close->payload == "\x03\xe9");  // 1001
    // The others go on.
    other.send(R"({"op":"ping","req_id":"7"})");
    CHECK(json::parse(other.text())["ret_msg"] == "pong");
    CHECK(world.exchanges.pings("bybit_v5") == 1);
}

TEST_CASE("who has the wrong key is told so and is hung up on, or does not get in") {
    World world;
    RawWebSocket massive(world.at.at("massive"));
    CHECK(json::parse(massive.text())[0]["status"] == "connected");
    massive.send(R"({"action":"auth","params":""})");
    CHECK(json::parse(massive.text())[0]["status"] == "auth_failed");
    const auto close = massive.receive();
    REQUIRE(close);
    CHECK(close->opcode == 8);
    CHECK(close->payload == "\x03\xf0");  // 1008
    CHECK_THROWS_WITH(RawWebSocket(world.at.at("finnhub")), Catch::Contains("401"));
    RawWebSocket finnhub(world.at.at("finnhub") + "?token=any");
}

TEST_CASE("KuCoin's HTTP tells where to connect, at the address by which one came") {
    World world;
    const std::string url = world.at.at("kucoin");
    const std::string base = "http://" + url.substr(5, url.find('/', 5) - 5);
    sinks::PostRequest request;
    request.url = base + "/api/v1/bullet-public";
    request.allow_private = true;
    const sinks::PostReply reply = daemon::http_post(request);
    CHECK(reply.status == 200);
    const json data = json::parse(reply.body)["data"];
    CHECK(data["instanceServers"][0]["endpoint"] == "ws" + base.substr(4) + "/");
    const std::string token = data["token"];
    CHECK(url.substr(url.find("/?")) == "/?token=" + token);
    request.url = base + "/elsewhere";
    CHECK(daemon::http_post(request).status == 426);
}

TEST_CASE("heartbeats come by themselves every second") {
    World world;
    RawWebSocket client(world.at.at("kraken_v2"));
    CHECK(json::parse(client.text())["channel"] == "status");
    client.send(
        R"({"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"],"snapshot":false}})");
    CHECK(json::parse(client.text())["success"] == true);
    CHECK(client.text() == R"({"channel":"heartbeat"})");
    world.exchanges.beat("kraken_v2");
    CHECK(client.text() == R"({"channel":"heartbeat"})");
}
