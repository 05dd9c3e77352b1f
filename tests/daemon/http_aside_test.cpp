// Handlers that take their time, beside clients who do not.
#include "daemon/http_aside.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/daemon/http_house.hpp"

using namespace contagiond;
using namespace std::chrono_literals;
using test::body_of;
using test::get;
using test::HttpHouse;
using test::RawClient;
using test::status_of;

namespace {

/// A gate that stays closed until the test opens it.
struct Gate {
    std::promise<void> promise;
    std::shared_future<void> opened = promise.get_future().share();
    void open() { promise.set_value(); }
};

std::string slow_request(const std::string& body, const std::string& fields = "") {
    return "POST /slow HTTP/1.1\r\nHost: localhost\r\n" + test::signed_in + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("while a handler takes its time others are answered, and it is answered too") {
    Gate gate;
    HttpHouse house;
    house.make_slow([&] { gate.opened.wait(); });
    RawClient patient(house.port()), second(house.port());
    patient.send(slow_request("a"));
    REQUIRE(test::eventually([&] { return house.slow_begun == 1; }));
    second.send(slow_request("b"));
    RawClient quick(house.port());
    for (int i = 0; i < 20; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        quick.send(get("/api/v1/echo?i=" + std::to_string(i)));
        CHECK(status_of(quick.read_response()) == 200);
        CHECK(std::chrono::steady_clock::now() - begin < 5s);
    }
    CHECK(house.slow_begun == 1);  // one after another
    gate.open();
    const std::string answer = patient.read_response();
    CHECK(status_of(answer) == 200);
    CHECK(body_of(answer) == "slowly alocal");
    CHECK(body_of(second.read_response()) == "slowly blocal");
    CHECK(house.saw("slow", 200));
    // The connection goes on as any other.
    patient.send(get("/"));
    CHECK(status_of(patient.read_response()) == 200);
}

TEST_CASE("a slow handler is only for users, and what it throws is not told") {
    HttpHouse house;
    house.make_slow([] { throw std::runtime_error("secret detail"); });
    RawClient stranger(house.port());
    stranger.send("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    CHECK(status_of(stranger.read_response()) == 401);
    CHECK(house.slow_begun == 0);
    RawClient client(house.port());
    client.send(slow_request(""));
    const std::string answer = client.read_response();
    CHECK(status_of(answer) == 500);
    CHECK(answer.find("secret detail") == std::string::npos);
}

TEST_CASE("nobody waits for ever, and only so many wait at all") {
    Gate gate;
    HttpHouse house([](daemon::HttpServerSettings& settings) {
        settings.deadlines.aside = 200ms;
        settings.max_connections_per_address = 64;
    });
    house.make_slow([&] { gate.opened.wait(); });
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 30; ++i) {
        clients.push_back(std::make_unique<RawClient>(house.port()));
        clients.back()->send(slow_request("x", "Connection: close\r\n"));
    }
    for (const auto& client : clients) {
        const std::string answer = client->read_all();
        CHECK(status_of(answer) == 503);
        CHECK(test::field_of(answer, "Retry-After") == "1");
    }
    CHECK(house.slow_begun == 1);
    gate.open();
    // Those that had a place are still carried out: 16 that wait, and one that ran, if it had begun
    // before the others came.
    CHECK(test::eventually([&] { return house.slow_begun >= 16; }));
    CHECK(house.slow_begun <= 17);
}

TEST_CASE("a client that has gone harms nobody, and a stop tells the last answer") {
    Gate gate;
    std::optional<HttpHouse> house(std::in_place);
    house->make_slow([&] { gate.opened.wait(); });
    {
        RawClient gone(house->port());
        gone.send(slow_request("a"));
        REQUIRE(test::eventually([&] { return house->slow_begun == 1; }));
    }
    RawClient waiting(house->port());
    waiting.send(slow_request("b"));
    RawClient quick(house->port());
    quick.send(get("/"));
    CHECK(status_of(quick.read_response()) == 200);
    gate.open();
    CHECK(body_of(waiting.read_response()) == "slowly blocal");
    Gate last;
    house->make_slow([&] { last.opened.wait(); });
    waiting.send(slow_request("c"));
    REQUIRE(test::eventually([&] { return house->slow_begun == 3; }));
    auto stopped = std::async(std::launch::async, [&] { house->server->stop(5); });
    last.open();
    CHECK(body_of(waiting.read_response()) == "slowly clocal");
    stopped.get();
}

TEST_CASE("jobs run in order, and none after the stop") {
    std::vector<int> ran;
    Gate gate;
    daemon::HttpAside aside(2);
    std::promise<void> begun;
    REQUIRE(aside.run([&] {
        begun.set_value();
        gate.opened.wait();
        ran.push_back(0);
    }));
    begun.get_future().wait();
    CHECK(aside.run([&] { ran.push_back(1); }));
    CHECK(aside.run([&] { ran.push_back(2); }));
    CHECK_FALSE(aside.run([&] { ran.push_back(3); }));
    std::promise<void> all;
    gate.open();
    REQUIRE(test::eventually([&] { return aside.run([&] { all.set_value(); }); }));
    all.get_future().wait();
    CHECK(ran == std::vector<int>{0, 1, 2});
    aside.stop();
    CHECK_FALSE(aside.run([&] { ran.push_back(4); }));
    CHECK(ran.size() == 3);
}
