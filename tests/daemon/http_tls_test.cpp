// The listener under TLS: the same server, seen through an own authority.
#include "daemon/http_tls.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>

#include "daemon/daemon_client.hpp"
#include "tests/daemon/config_support.hpp"
#include "tests/daemon/http_house.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/tls_client.hpp"

using namespace contagiond;
using namespace std::chrono_literals;
using daemon::HttpRejection;
using test::body_of;
using test::Certificate;
using test::RawClient;
using test::status_of;
using test::TlsClient;

namespace {

struct TlsHouse {
    explicit TlsHouse(const std::string& more = "", Certificate kind = Certificate::valid,
                      const std::function<void(daemon::HttpServerSettings&)>& adjust = {}) {
        show(kind);
        folder.write("web.yml",
                     "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n" + more);
        house.emplace(adjust, daemon::HttpAccessSettings{folder.path() + "/web.yml", "open-sesame",
                                                         20ms, [this](bool well, std::string_view) {
                                                             (well ? taken : refused).fetch_add(1);
                                                         }});
    }
    void show(Certificate kind) {
        const test::Identity identity = test::issue(kind);
        // The key first: the pair is whole once both are there, and not taken before.
        folder.write("key.pem", identity.key);
        folder.write("cert.pem", identity.certificate);
    }
    std::uint16_t port() const { return house->port(); }
    test::TemporaryFolder folder;
    std::atomic<int> taken{0}, refused{0};
    std::optional<test::HttpHouse> house;
};

const test::TlsClientSettings trusting{test::authority_file(), {}, 0};

}  // namespace

TEST_CASE("page, keep-alive and large answers are the same under TLS") {
    TlsHouse tls;
    TlsClient client(tls.port(), trusting);
    REQUIRE(client.problem().empty());
    CHECK(client.version() == "TLSv1.3");
    for (int i = 0; i < 3; ++i) client.send(test::get("/api/v1/echo?i=" + std::to_string(i)));
    client.read_until("\"i\":\"2\"");
    client.send(test::get("/large", "Connection: close\r\n"));
    const std::string all = client.read_all();
    CHECK(all.find("HTTP/1.1 200 OK") == 0);
    CHECK(all.find(std::string(200'000, 'a')) != std::string::npos);
    CHECK(client.ended_well());
    CHECK(std::abs(tls.house->access->ts_certificate_end() - static_cast<double>(::time(nullptr))) <
          400 * 86'400.0);
    CHECK(tls.house->access->ts_certificate_end() > static_cast<double>(::time(nullptr)));
}

TEST_CASE("a body and a bad request are the same under TLS") {
    TlsHouse tls;
    TlsClient client(tls.port(), trusting);
    client.send("POST /-/reload HTTP/1.1\r\nHost: localhost\r\n" + test::signed_in +
                "Content-Length: 40000\r\nConnection: close\r\n\r\n");
    client.send(std::string(40'000, 'x'));
    CHECK(body_of(client.read_all()) == "got 40000");
    TlsClient bad(tls.port(), trusting);
    bad.send(test::get("/", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n");
    CHECK(status_of(bad.read_all()) == 400);
    CHECK(bad.ended_well());
    TlsClient rebound(tls.port(), trusting);
    rebound.send("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    CHECK(status_of(rebound.read_all()) == 403);
}

TEST_CASE("a stream is the same under TLS, and a closed page gives its place back") {
    TlsHouse tls;
    {
        TlsClient client(tls.port(), trusting);
        client.send(test::get("/api/v1/stream"));
        client.read_until("\r\n\r\n");
        for (int i = 0; i < 200; ++i) tls.house->script->say("data: " + std::to_string(i) + "\n\n");
        CHECK(client.read_until("data: 199\n\n").find("data: 0\n\n") != std::string::npos);
        CHECK(tls.house->server->stream_clients() == 1);
    }
    CHECK(test::eventually([&] { return tls.house->server->stream_clients() == 0; }));
}

TEST_CASE("a reader that takes nothing is closed under TLS too") {
    TlsHouse tls("", Certificate::valid, [](daemon::HttpServerSettings& settings) {
        settings.deadlines.stream_stall = 200ms;
    });
    TlsClient client(tls.port(), trusting);
    client.send(test::get("/api/v1/stream"));
    client.read_until("\r\n\r\n");
    tls.house->script->talk_without_end(1u << 20);
    CHECK(test::eventually([&] { return tls.house->server->stream_clients() == 0; }));
}

TEST_CASE("who trusts another authority, or looks for another host, does not come in") {
    for (const Certificate kind :
         {Certificate::unknown_authority, Certificate::wrong_host, Certificate::expired}) {
        TlsHouse tls("", kind);
        TlsClient client(tls.port(), trusting);
        CHECK(client.problem().find("certificate verify failed") != std::string::npos);
        CHECK(
            test::eventually([&] { return tls.house->server->rejected(HttpRejection::tls) == 1; }));
    }
}

TEST_CASE("nothing older than asked for is spoken") {
    {
        TlsHouse tls;
        CHECK_FALSE(TlsClient(tls.port(), {test::authority_file(), {}, 11}).connected());
        CHECK(TlsClient(tls.port(), {test::authority_file(), {}, 12}).version() == "TLSv1.2");
    }
    TlsHouse tls("  min_version: TLS13\n");
    CHECK_FALSE(TlsClient(tls.port(), {test::authority_file(), {}, 12}).connected());
    CHECK(TlsClient(tls.port(), trusting).connected());
}

TEST_CASE("a client must show a certificate of the authority where that is asked") {
    const std::string asks = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: " +
                             test::authority_file() + "\n";
    TlsHouse tls(asks);
    CHECK(tls.house->access->keeps_strangers_out());
    const auto status = [&](const test::Identity& identity) {
        // With TLS 1.3 the client learns of it only when it reads.
        TlsClient client(tls.port(), {test::authority_file(), identity, 0});
        client.send(test::get("/", "Connection: close\r\n"));
        return status_of(client.read_all());
    };
    CHECK(status(test::issue(Certificate::valid)) == 200);
    CHECK(status({}) == 0);
    CHECK(status(test::issue(Certificate::unknown_authority)) == 0);
    CHECK(status(test::issue(Certificate::expired)) == 0);
    CHECK(test::eventually([&] { return tls.house->server->rejected(HttpRejection::tls) == 3; }));
}

TEST_CASE("who speaks plain HTTP to TLS is told, and who says nothing is closed") {
    TlsHouse tls("", Certificate::valid, [](daemon::HttpServerSettings& settings) {
        settings.deadlines.handshake = 300ms;
    });
    RawClient plain(tls.port());
    plain.send(test::get("/"));
    const std::string told = plain.read_all();
    CHECK(status_of(told) == 400);
    CHECK(body_of(told) == "this port speaks HTTPS, not HTTP\n");
    CHECK(plain.closed_by_peer());
    RawClient silent(tls.port());
    CHECK(silent.read_all().empty());
    CHECK(silent.closed_by_peer());
    RawClient noise(tls.port());
    noise.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) +
               std::string(600, '\xFF'));
    noise.read_all();
    CHECK(noise.closed_by_peer());
    TlsClient good(tls.port(), trusting);
    CHECK(good.connected());
}

TEST_CASE("at the limit a connection under TLS is closed before the costly part") {
    TlsHouse tls("", Certificate::valid, [](daemon::HttpServerSettings& settings) {
        settings.max_connections_per_address = 1;
    });
    TlsClient first(tls.port(), trusting);
    first.send(test::get("/"));
    CHECK(status_of(first.read_until("hello")) == 200);
    CHECK_FALSE(TlsClient(tls.port(), trusting).connected());
    CHECK(tls.house->server->rejected(HttpRejection::address) == 1);
}

TEST_CASE("a renewed certificate is shown without a restart, half a pair is not") {
    TlsHouse tls("", Certificate::unknown_authority);
    CHECK_FALSE(TlsClient(tls.port(), trusting).connected());
    const test::Identity next = test::issue(Certificate::valid);
    tls.folder.write("cert.pem", next.certificate);
    CHECK(test::eventually([&] { return tls.refused == 1; }));
    CHECK(TlsClient(tls.port()).connected());  // the old pair is still shown
    tls.folder.write("key.pem", next.key);
    CHECK(test::eventually([&] { return tls.taken == 1; }));
    CHECK(TlsClient(tls.port(), trusting).connected());
}

TEST_CASE("the command's client verifies the daemon's certificate") {
    TlsHouse tls;
    const std::string url = "https://127.0.0.1:" + std::to_string(tls.port());
    daemon::DaemonReply reply =
        daemon::ask_daemon({url, "open-sesame", test::authority_file()}, "GET", "/user");
    CHECK(reply.body == "local");
    reply = daemon::ask_daemon({url, "open-sesame", ""}, "GET", "/user");
    CHECK(reply.status == 0);
    CHECK(reply.problem.find("certificate not accepted") != std::string::npos);
}

TEST_CASE("without TLS there is no certificate to end") {
    const daemon::HttpAccess access;
    CHECK(std::isnan(access.ts_certificate_end()));
    CHECK(access.tls() == nullptr);
}
