#include "daemon/daemon_client.hpp"

#include <catch2/catch.hpp>

#include "daemon/api_token.hpp"
#include "daemon/listener_warning.hpp"
#include "tests/daemon/config_support.hpp"
#include "tests/daemon/http_house.hpp"

using namespace contagiond;
using daemon::ask_daemon;
using daemon::DaemonAddress;
using daemon::DaemonReply;

TEST_CASE("a command asks the daemon with the token of its state folder") {
    test::HttpHouse house;
    const test::TemporaryFolder state;
    daemon::write_api_token(state.path(), "open-sesame");
    const std::string url = "http://127.0.0.1:" + std::to_string(house.port());
    const DaemonAddress address = daemon::find_daemon({"", url + "/", state.path(), ""});
    CHECK(address.url == url);

    DaemonReply reply = ask_daemon(address, "DELETE", "/api/v1/notes");
    CHECK(reply.well());
    CHECK(reply.body == R"({"status":"success","data":"local"})");
    CHECK(reply.problem.empty());
    reply = ask_daemon(address, "GET", "/api/v1/echo?a=1");
    CHECK(reply.body == R"({"status":"success","data":{"a":"1"}})");
    reply = ask_daemon(address, "POST", "/-/reload", R"({"a":1})");
    CHECK(reply.body == "got 7");
    CHECK(ask_daemon(address, "GET", "/large").body.size() == 200'000);

    reply = ask_daemon(address, "GET", "/api/v1/nothing");
    CHECK(reply.status == 404);
    CHECK(reply.problem == "there is nothing here");
    const DaemonAddress stranger{url, "wrong", ""};
    reply = ask_daemon(stranger, "DELETE", "/api/v1/notes");
    CHECK(reply.status == 401);
    CHECK(reply.problem.find("wrong") == std::string::npos);

    house.server->stop(1);
    reply = ask_daemon(address, "GET", "/");
    CHECK(reply.status == 0);
    CHECK(reply.problem.find("no daemon answers at " + url) == 0);
    CHECK(reply.problem.find("open-sesame") == std::string::npos);
}

TEST_CASE("the configuration says where the daemon is, the command line has the last word") {
    const test::TemporaryFolder folder;
    daemon::write_api_token(folder.path(), "t1");
    const std::string file = folder.write(
        "desk.yml",
        test::spoiled(test::spoiled(test::small_config, "/var/lib/contagiond", folder.path()),
                      "      BTC-USD: BTCUSDT", "      BTC-USD: BTCUSDT\n      NVDA: NVDAUSDT") +
            "web: {listen_address: \"0.0.0.0:1234\", external_url: \"http://desk.example\"}\n");
    const DaemonAddress found = daemon::find_daemon({file, "", "", ""});
    CHECK(found.url == "http://127.0.0.1:1234");
    CHECK(found.token == "t1");
    CHECK(daemon::find_daemon({file, "https://desk.example", "", "ca"}).url ==
          "https://desk.example");
    CHECK_THROWS_AS(daemon::find_daemon({"", "", folder.path(), ""}), daemon::ConfigError);
    CHECK_THROWS_AS(daemon::find_daemon({"", "ftp://x", folder.path(), ""}), daemon::ConfigError);
    CHECK_THROWS_AS(daemon::find_daemon({"", "http://x", folder.path() + "/none", ""}),
                    std::runtime_error);
    CHECK(daemon::local_url("[::]:1") == "http://127.0.0.1:1");
    CHECK(daemon::local_url("[::1]:1") == "http://[::1]:1");
    CHECK(daemon::local_url(":1") == "http://127.0.0.1:1");
    CHECK(daemon::local_url("desk:1") == "http://desk:1");
}

TEST_CASE("the token goes over plain HTTP to no public address") {
    const DaemonReply reply =
        ask_daemon({"http://93.184.216.34:80", "secret", ""}, "GET", "/api/v1/state");
    CHECK(reply.status == 0);
    CHECK(reply.problem.find("may be reached") != std::string::npos);
}

TEST_CASE("who opens the listener to a network without a password is told") {
    for (const char* open : {"0.0.0.0:80", "[::]:80", ":80", "10.0.0.1:80", "desk.example:80"}) {
        CHECK(daemon::listener_warning(open, false).find(open) == 0);
        CHECK(daemon::listener_warning(open, true).empty());
    }
    for (const char* local : {"127.0.0.1:80", "127.1.2.3:80", "[::1]:80", "localhost:0"})
        CHECK(daemon::listener_warning(local, false).empty());
}
