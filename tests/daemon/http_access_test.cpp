// Who may do what at the listener: in raw bytes, as a client meets it.
#include "daemon/http_access.hpp"

#include <crypt.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <mutex>

#include "daemon/api_token.hpp"
#include "daemon/config.hpp"
#include "tests/daemon/config_support.hpp"
#include "tests/daemon/http_house.hpp"

using namespace contagiond;
using namespace std::chrono_literals;
using House = test::HttpHouse;
using daemon::HttpRejection;
using test::body_of;
using test::field_of;
using test::RawClient;
using test::signed_in;
using test::status_of;

namespace {

std::string hash_of(const std::string& password, const char* cost = "04") {
    crypt_data data{};
    const std::string setting = std::string("$2b$") + cost + "$abcdefghijklmnopqrstuu";
    return ::crypt_r(password.c_str(), setting.c_str(), &data);
}

/// "desk:right" and the like, as a browser sends it.
std::string basic(const std::string& both) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < both.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits =
                (bits << 8) | (i + k < both.size() ? static_cast<unsigned char>(both[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k > both.size() ? '=' : digits[(bits >> (18 - 6 * k)) & 63];
    }
    return "Authorization: Basic " + out + "\r\n";
}

/// A house with the user desk, whose password is right.
struct GuardedHouse {
    explicit GuardedHouse(const char* cost = "04",
                          const std::function<void(daemon::HttpServerSettings&)>& adjust = {}) {
        write({{"desk", hash_of("right", cost)}});
        house.emplace(adjust, daemon::HttpAccessSettings{folder.path() + "/web.yml", "open-sesame",
                                                         20ms, [this](bool well, std::string_view) {
                                                             (well ? taken : refused).fetch_add(1);
                                                         }});
    }
    void write(const std::map<std::string, std::string>& users) {
        std::string text = "basic_auth_users:\n";
        for (const auto& [name, hash] : users) text += "  " + name + ": " + hash + "\n";
        folder.write("web.yml", text);
    }
    std::string ask(const std::string& line, const std::string& fields = "") {
        RawClient client(house->port());
        client.send(line + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + fields +
                    "\r\n");
        return client.read_all();
    }
    int status(const std::string& line, const std::string& fields = "") {
        return status_of(ask(line, fields));
    }

    test::TemporaryFolder folder;
    std::atomic<int> taken{0}, refused{0};
    std::optional<House> house;
};

std::string ask(House& house, const std::string& line, const std::string& fields = "") {
    RawClient client(house.port());
    client.send(line + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + fields + "\r\n");
    return client.read_all();
}

}  // namespace

TEST_CASE("nothing is changed without a user, and no page of another origin has one") {
    House house;
    for (const char* line : {"POST /-/reload", "PUT /-/reload", "DELETE /api/v1/notes"}) {
        INFO(line);
        const std::string refused = ask(house, line);
        CHECK(status_of(refused) == 401);
        CHECK(field_of(refused, "WWW-Authenticate") == "Bearer realm=\"contagiond\"");
        CHECK(field_of(refused, "Cache-Control") == "no-store");
        CHECK(refused.find("open-sesame") == std::string::npos);
        CHECK(status_of(ask(house, line, signed_in)) == 200);
        CHECK(status_of(ask(house, line, "Authorization: Bearer open-sesam\r\n")) == 401);
        CHECK(status_of(ask(house, line, "Authorization: Bearer Open-sesame\r\n")) == 401);
        CHECK(status_of(ask(house, line, "Authorization: Bearer\r\n")) == 401);
        CHECK(status_of(ask(house, line, basic("local:open-sesame"))) == 401);
        CHECK(status_of(ask(house, line, signed_in + "Origin: https://evil.example\r\n")) == 403);
        CHECK(status_of(ask(house, line, "Origin: https://evil.example\r\n")) == 403);
    }
    CHECK(house.server->rejected(HttpRejection::unauthorized) == 15);
    CHECK(house.server->rejected(HttpRejection::origin) == 6);
    CHECK(house.saw("reload", 401));
    // Below /api/ refusals are JSON like everything else there.
    const auto body = nlohmann::json::parse(body_of(ask(house, "DELETE /api/v1/notes")));
    CHECK(body["status"] == "error");
    CHECK(body["errorType"] == "unauthorized");
    // Reading is for everybody, and wrong credentials do not take it away.
    CHECK(status_of(ask(house, "GET /")) == 200);
    CHECK(status_of(ask(house, "GET /", "Authorization: Bearer nonsense\r\n")) == 200);
}

TEST_CASE("a handler is told who asks") {
    House house;
    CHECK(body_of(ask(house, "GET /user")).empty());
    CHECK(body_of(ask(house, "GET /user", signed_in)) == "local");
    CHECK(body_of(ask(house, "DELETE /api/v1/notes", signed_in)) ==
          R"({"status":"success","data":"local"})");
}

TEST_CASE("a server that knows nobody lets nobody change anything") {
    daemon::HttpServerSettings settings;
    settings.listen_address = "127.0.0.1:0";
    settings.deadlines.wrong_password = 1ms;
    daemon::HttpServer server(settings);
    server.route("POST", "/x", "x", [](const daemon::HttpRequest&) {
        FAIL("reached");
        return daemon::HttpResponse{};
    });
    server.start();
    for (const char* fields : {"", "Authorization: Bearer \r\n", "Authorization: Bearer x\r\n",
                               "Authorization: Basic Og==\r\n"}) {
        RawClient client(server.port());
        client.send(std::string("POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\n") + fields + "\r\n");
        CHECK(status_of(client.read_response()) == 401);
    }
}

TEST_CASE("with users everything but the probes asks for one") {
    GuardedHouse guarded;
    CHECK(guarded.status("GET /-/healthy") == 200);
    for (const char* line : {"GET /", "HEAD /", "GET /api/v1/echo", "GET /api/v1/stream",
                             "GET /nothing", "POST /nothing", "POST /-/reload"}) {
        INFO(line);
        const std::string refused = guarded.ask(line);
        CHECK(status_of(refused) == 401);
        CHECK(field_of(refused, "WWW-Authenticate") ==
              "Basic realm=\"contagiond\", charset=\"UTF-8\"");
        CHECK(guarded.status(line, basic("desk:wrong")) == 401);
        CHECK(guarded.status(line, basic("desk:right ")) == 401);
        CHECK(guarded.status(line, basic("desk:")) == 401);
        CHECK(guarded.status(line, basic("nobody:right")) == 401);
        CHECK(guarded.status(line, basic(":right")) == 401);
    }
    CHECK(guarded.status("GET /", basic("desk:right")) == 200);
    CHECK(guarded.status("GET /nothing", basic("desk:right")) == 404);
    CHECK(guarded.status("GET /", signed_in) == 200);
    CHECK(body_of(guarded.ask("GET /user", basic("desk:right"))) == "desk");
    CHECK(body_of(guarded.ask("DELETE /api/v1/notes", basic("desk:right"))) ==
          R"({"status":"success","data":"desk"})");
    CHECK(guarded.status("POST /-/reload",
                         basic("desk:right") + "Origin: https://evil.example\r\n") == 403);
}

TEST_CASE("a password is hashed once, a wrong one too") {
    GuardedHouse guarded;
    for (int i = 0; i < 20; ++i) CHECK(guarded.status("GET /", basic("desk:right")) == 200);
    CHECK(guarded.house->access->hashed() == 1);
    for (int i = 0; i < 5; ++i) CHECK(guarded.status("GET /", basic("desk:wrong")) == 401);
    CHECK(guarded.house->access->hashed() == 2);
    for (int i = 0; i < 5; ++i) CHECK(guarded.status("GET /", basic("nobody:right")) == 401);
    CHECK(guarded.house->access->hashed() == 3);  // who does not exist costs the same
}

TEST_CASE("the answer to a wrong password is held back, others are not") {
    GuardedHouse guarded("04", [](daemon::HttpServerSettings& settings) {
        settings.deadlines.wrong_password = 60s;
        settings.max_connections_per_address = 64;
    });
    RawClient guess(guarded.house->port());
    guess.send(test::get("/", basic("desk:wrong")));
    CHECK(test::eventually([&] { return guarded.house->access->hashed() == 1; }));
    CHECK(guarded.status("GET /", basic("desk:right")) == 200);
    CHECK(guarded.status("GET /") == 401);  // no guess: the browser asks its user
    guess.patience = 50ms;
    CHECK(guess.read_all().empty());
    guarded.house->server->stop(0.1);  // and nobody waits for it
    guess.patience = 10s;
    guess.read_all();
    CHECK(guess.closed_by_peer());
}

TEST_CASE("a slow hash holds up no stream and no page") {
    GuardedHouse guarded("10");
    RawClient stream(guarded.house->port());
    stream.send(test::get("/api/v1/stream", signed_in));
    stream.read_until("\r\n\r\n");
    std::vector<std::unique_ptr<RawClient>> guesses;
    for (int i = 0; i < 8; ++i) {
        guesses.push_back(std::make_unique<RawClient>(guarded.house->port()));
        guesses.back()->send(test::get("/", basic("desk:guess" + std::to_string(i))));
    }
    // All of this happens while the eight are being hashed, one after the other.
    guarded.house->script->say("data: now\n\n");
    CHECK(stream.read_until("data: now\n\n").find("data: now") != std::string::npos);
    CHECK(guarded.status("GET /user", signed_in) == 200);
    const std::uint64_t hashed = guarded.house->access->hashed();
    CHECK(hashed < 8);
    for (auto& guess : guesses) CHECK(status_of(guess->read_response()) == 401);
    CHECK(guarded.house->access->hashed() == 8);
}

TEST_CASE("users that change are taken without a restart, and nonsense is not") {
    GuardedHouse guarded;
    CHECK(guarded.status("GET /", basic("desk:right")) == 200);
    guarded.write({{"desk", hash_of("another")}, {"night", hash_of("shift")}});
    CHECK(test::eventually([&] { return guarded.status("GET /", basic("night:shift")) == 200; }));
    CHECK(guarded.status("GET /", basic("desk:right")) == 401);  // also what was remembered is gone
    CHECK(guarded.status("GET /", basic("desk:another")) == 200);
    CHECK(guarded.taken >= 1);

    guarded.folder.write("web.yml", "basic_auth_users: {desk: plain}\n");
    CHECK(test::eventually([&] { return guarded.refused == 1; }));
    CHECK_THROWS_AS(guarded.house->access->reload(), daemon::ConfigError);
    CHECK(guarded.status("GET /", basic("night:shift")) == 200);
    CHECK(guarded.status("GET /") == 401);
    CHECK(guarded.refused == 1);  // told once, not every time one looks

    guarded.write({{"desk", hash_of("third")}});
    guarded.house->access->reload();  // at once
    CHECK(guarded.status("GET /", basic("desk:third")) == 200);
    CHECK(guarded.status("GET /", basic("night:shift")) == 401);
}

TEST_CASE("the local token is a private file, new each time, and nothing is written through") {
    const test::TemporaryFolder folder;
    const std::string file = daemon::api_token_file(folder.path());
    CHECK_THROWS_WITH(daemon::read_api_token(folder.path()),
                      Catch::Contains("the daemon writes it when it starts"));
    daemon::write_api_token(folder.path(), "first");
    CHECK(daemon::read_api_token(folder.path()) == "first");
    using std::filesystem::perms;
    CHECK(std::filesystem::status(file).permissions() == (perms::owner_read | perms::owner_write));
    // What lies in the way is replaced and not followed.
    const std::string victim = folder.write("victim", "untouched");
    std::filesystem::create_symlink(victim, file + ".new");
    daemon::write_api_token(folder.path(), "second");
    CHECK(daemon::read_api_token(folder.path()) == "second");
    std::ifstream read(victim);
    CHECK(std::string(std::istreambuf_iterator<char>(read), {}) == "untouched");
    CHECK_FALSE(std::filesystem::exists(file + ".new"));
    std::filesystem::permissions(file, perms::others_read, std::filesystem::perm_options::add);
    CHECK_THROWS(daemon::read_api_token(folder.path()));
    CHECK_THROWS_AS(daemon::write_api_token(folder.path() + "/none", "x"), std::runtime_error);
}
