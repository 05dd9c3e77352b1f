#include "daemon/http_server.hpp"

#include <zlib.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "tests/daemon/http_house.hpp"
#include "tests/support/raw_client.hpp"

using namespace contagiond;
using namespace std::chrono_literals;
using House = test::HttpHouse;
using Script = test::StreamScript;
using test::body_of;
using test::eventually;
using test::field_of;
using test::get;
using test::policy;
using test::RawClient;
using test::status_of;

TEST_CASE("a bad request gets its status and the connection is closed") {
    House house;
    const std::string start = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    const std::string post = "POST /-/reload HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    std::string many_fields, many_bytes;
    for (int i = 0; i < 64; ++i) many_fields += "X-" + std::to_string(i) + ": 1\r\n";
    for (int i = 0; i < 40; ++i)
        many_bytes += "X-" + std::to_string(i) + ": " + std::string(250, 'a') + "\r\n";
    struct Bad {
        const char* what;
        std::string bytes;
        int status;
    };
    const std::vector<Bad> all = {
        {"transfer-encoding", post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"transfer-encoding beside a length",
         post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"transfer-encoding identity", start + "Transfer-Encoding: identity\r\n\r\n", 400},
        {"transfer-encoding, strange case", start + "tRANSFER-eNCODING: x\r\n\r\n", 400},
        {"blank before the colon", start + "Transfer-Encoding : chunked\r\n\r\n", 400},
        {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"second host", start + "Host: 127.0.0.1\r\n\r\n", 400},
        {"second host, other case", start + "hOST: evil.example\r\n\r\n", 400},
        {"no host in 1.0", "GET / HTTP/1.0\r\n\r\n", 400},
        {"host with a path", "GET / HTTP/1.1\r\nHost: 127.0.0.1/x\r\n\r\n", 400},
        {"host with user", "GET / HTTP/1.1\r\nHost: a@127.0.0.1\r\n\r\n", 400},
        {"host with a bad port", "GET / HTTP/1.1\r\nHost: 127.0.0.1:80a\r\n\r\n", 400},
        {"two hosts in one", "GET / HTTP/1.1\r\nHost: 127.0.0.1, evil.example\r\n\r\n", 400},
        {"folded line", start + "X-A: 1\r\n 2\r\n\r\n", 400},
        {"folded with a tab", start + "X-A: 1\r\n\t2\r\n\r\n", 400},
        {"folded first line", "GET / HTTP/1.1\r\n Host: 127.0.0.1\r\n\r\n", 400},
        {"65 fields", start + many_fields + "\r\n", 400},
        {"1.0 with a body",
         "POST /-/reload HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx", 400},
        {"head above 8 KiB", start + many_bytes + "\r\n", 431},
        {"target above 2 KiB", get("/" + std::string(2048, 'a')), 414},
        {"target without an end", "GET /" + std::string(9000, 'a'), 414},
        {"body above 64 KiB", post + "Content-Length: 65537\r\n\r\n", 413},
        {"length that overflows", post + "Content-Length: 18446744073709551617\r\n\r\n", 413},
        {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
        {"signed length", post + "Content-Length: +5\r\n\r\nhello", 400},
        {"hexadecimal length", post + "Content-Length: 0x5\r\n\r\nhello", 400},
        {"empty length", post + "Content-Length:\r\n\r\n", 400},
        {"two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
        {"two equal lengths", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
        {"list of lengths", post + "Content-Length: 5, 5\r\n\r\nhello", 400},
        {"bare line feeds", "GET / HTTP/1.1\nHost: 127.0.0.1\n\n", 400},
        {"one bare line feed", "GET / HTTP/1.1\r\nHost: 127.0.0.1\n\r\n", 400},
        {"bare carriage return", start + "X-A: 1\rX-B: 2\r\n\r\n", 400},
        {"NUL in a value", start + "X-A: " + std::string(1, '\0') + "\r\n\r\n", 400},
        {"control character in a value", start + "X-A: \x01\r\n\r\n", 400},
        {"header without a colon", start + "nonsense\r\n\r\n", 400},
        {"header without a name", start + ": x\r\n\r\n", 400},
        {"name with a slash", start + "X/A: 1\r\n\r\n", 400},
        {"tls", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
        {"http/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"http/0.9", "GET /\r\n\r\n", 400},
        {"http/1.2", "GET / HTTP/1.2\r\nHost: 127.0.0.1\r\n\r\n", 505},
        {"lower-case version", "GET / http/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400},
        {"two blanks", "GET  / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400},
        {"something behind the version", "GET / HTTP/1.1 x\r\nHost: 127.0.0.1\r\n\r\n", 400},
        {"malformed method", "G(T / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400},
        {"empty line first", "\r\nGET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400},
        {"absolute target", get("http://127.0.0.1/"), 400},
        {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400},
        {"authority", "CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400},
        {"fragment", get("/#x"), 400},
        {"bytes above ASCII in the target", get("/\xC3\xA4"), 400},
        {"percent without digits", get("/%zz"), 400},
        {"percent at the end", get("/%4"), 400},
        {"percent NUL", get("/%00"), 400},
        {"percent line feed", get("/a%0Ab"), 400},
        {"bad percent in the query", get("/api/v1/echo?a=%G0"), 400},
        {"expectation", post + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", 417},
    };
    CHECK(all.size() >= 40);
    for (const Bad& bad : all) {
        INFO(bad.what);
        RawClient client(house.port());
        client.send(bad.bytes);
        const std::string response = client.read_all();
        CHECK(status_of(response) == bad.status);
        CHECK(client.closed_by_peer());
        CHECK(field_of(response, "Connection") == "close");
        CHECK(field_of(response, "Content-Security-Policy") == policy);
        // One request, one answer: nothing behind a refused head is taken for another.
        CHECK(response.find("HTTP/1.1 ", 1) == std::string::npos);
    }
    CHECK(status_of(test::http_get(house.port(), "/")) == 200);
    CHECK(house.saw("malformed", 400));
}

TEST_CASE("what is just within the limits is served") {
    House house;
    std::string fields;
    for (int i = 0; i < 63; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
    RawClient client(house.port());
    client.send(get("/", fields));
    CHECK(status_of(client.read_response()) == 200);
    const std::string target = "/api/v1/echo?a=" + std::string(2048 - 15, 'b');
    client.send(get(target));
    CHECK(status_of(client.read_response()) == 200);
    client.send("POST /-/reload HTTP/1.1\r\nHost: localhost\r\n" + test::signed_in +
                "Content-Length: 65536\r\n\r\n" + std::string(65'536, 'x'));
    CHECK(body_of(client.read_response()) == "got 65536");
}

TEST_CASE("every answer carries the security headers, the API no-store, none a CORS header") {
    House house;
    for (const char* target : {"/", "/api/v1/echo", "/nothing", "/api/v1/nothing", "/throws"}) {
        INFO(target);
        const std::string response = test::http_get(house.port(), target);
        CHECK(field_of(response, "Content-Security-Policy") == policy);
        CHECK(field_of(response, "X-Content-Type-Options") == "nosniff");
        CHECK(field_of(response, "Referrer-Policy") == "no-referrer");
        CHECK(field_of(response, "Cross-Origin-Resource-Policy") == "same-origin");
        CHECK(field_of(response, "Date").size() == 29);
        CHECK(response.find("Access-Control") == std::string::npos);
    }
    CHECK(field_of(test::http_get(house.port(), "/api/v1/echo"), "Cache-Control") == "no-store");
    CHECK(field_of(test::http_get(house.port(), "/"), "Cache-Control").empty());
    CHECK(test::http_get(house.port(), "/large").find("X-Injected") == std::string::npos);
}

TEST_CASE("routes are exact, prefixes where they end in a slash") {
    House house;
    CHECK(body_of(test::http_get(house.port(), "/")) == "<p>hello");
    CHECK(status_of(test::http_get(house.port(), "/x")) == 404);
    CHECK(body_of(test::http_get(house.port(), "/api/v1/alerts/01%4A?x=1")) ==
          R"({"status":"success","data":"/api/v1/alerts/01J"})");
    CHECK(status_of(test::http_get(house.port(), "/api/v1/alerts")) == 404);
    CHECK(body_of(test::http_get(house.port(), "/api/v1/echo?a=1&b=x%20y+z&a=2&c&=&d=%3D")) ==
          R"({"status":"success","data":{"":"","a":"2","b":"x y z","c":"","d":"="}})");
    const std::string missing = test::http_get(house.port(), "/api/v1/nothing");
    CHECK(status_of(missing) == 404);
    CHECK(field_of(missing, "Content-Type") == "application/json");
    CHECK(nlohmann::json::parse(body_of(missing))["status"] == "error");
    CHECK(house.saw("page", 200));
    CHECK(house.saw("unmatched", 404));
}

TEST_CASE("a wrong method is told the right ones") {
    House house;
    RawClient client(house.port());
    client.send("DELETE /-/reload HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::string response = client.read_response();
    CHECK(status_of(response) == 405);
    CHECK(field_of(response, "Allow") == "POST, PUT");
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    response = client.read_response();
    CHECK(status_of(response) == 405);  // with or without credentials: there is nothing to do
    CHECK(field_of(response, "Allow") == "GET, HEAD");
    client.send("HEAD /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    response = client.read_response(true);
    CHECK(status_of(response) == 405);
    CHECK(field_of(response, "Allow") == "GET");
}

TEST_CASE("HEAD says what GET would, without the body") {
    House house;
    RawClient client(house.port());
    client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/"));
    const std::string head = client.read_response(true);
    CHECK(status_of(head) == 200);
    CHECK(field_of(head, "Content-Length") == "8");
    CHECK(body_of(head).empty());
    // What follows is the next answer and not a body.
    CHECK(body_of(client.read_response()) == "<p>hello");
}

TEST_CASE("requests sent in one go are answered in order on one connection") {
    House house;
    RawClient client(house.port());
    std::string all;
    for (int i = 0; i < 50; ++i) all += get("/api/v1/echo?i=" + std::to_string(i));
    client.send(all);
    for (int i = 0; i < 50; ++i) {
        const std::string response = client.read_response();
        CHECK(field_of(response, "Connection") == "keep-alive");
        CHECK(body_of(response) ==
              R"({"status":"success","data":{"i":")" + std::to_string(i) + "\"}}");
    }
    client.send(get("/", "Connection: close\r\n"));
    CHECK(status_of(client.read_all()) == 200);
    CHECK(client.closed_by_peer());
}

TEST_CASE("HTTP/1.0 is answered and closed") {
    House house;
    RawClient client(house.port());
    client.send("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
    CHECK(status_of(client.read_all()) == 200);
    CHECK(client.closed_by_peer());
}

TEST_CASE("a request may arrive byte by byte") {
    House house;
    RawClient client(house.port());
    for (const char c : "POST /-/reload HTTP/1.1\r\nHost: localhost\r\n" + test::signed_in +
                            "Content-Length: 3\r\n\r\nabc")
        client.send(std::string_view(&c, 1));
    CHECK(body_of(client.read_response()) == "got 3");
}

TEST_CASE("only our own names are served: no DNS rebinding") {
    House house;
    const auto status = [&](const std::string& host) {
        RawClient client(house.port());
        client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
        return status_of(client.read_all());
    };
    for (const char* good : {"localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:9464", "[::1]",
                             "[::1]:9464", "desk.example", "Desk.Example:443"}) {
        INFO(good);
        CHECK(status(good) == 200);
    }
    for (const char* evil :
         {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:9464",
          "10.0.0.1", "127.0.0.2", "desk.example.", "[::2]", "2130706433", "0.0.0.0"}) {
        INFO(evil);
        CHECK(status(evil) == 403);
    }
    CHECK(house.saw("refused", 403));
}

TEST_CASE("pages of another origin can neither change nor listen") {
    House house;
    const std::string own = "127.0.0.1:" + std::to_string(house.port());
    const auto status = [&](const std::string& line, const std::string& fields) {
        RawClient client(house.port());
        client.send(line + " HTTP/1.1\r\nHost: " + own + "\r\n" + test::signed_in + fields +
                    "\r\n");
        return status_of(client.read_until("\r\n\r\n"));
    };
    for (const char* line : {"POST /-/reload", "PUT /-/reload", "GET /api/v1/stream"}) {
        INFO(line);
        CHECK(status(line, "") == 200);
        CHECK(status(line, "Origin: http://" + own + "\r\n") == 200);
        CHECK(status(line, "Origin: https://desk.example\r\n") == 200);
        CHECK(status(line, "Sec-Fetch-Site: same-origin\r\n") == 200);
        CHECK(status(line, "Origin: https://evil.example\r\n") == 403);
        CHECK(status(line, "Origin: http://127.0.0.1:1\r\n") == 403);
        CHECK(status(line, "Origin: http://localhost\r\n") == 403);
        CHECK(status(line, "Origin: null\r\n") == 403);
        CHECK(status(line, "Origin: file://\r\n") == 403);
        CHECK(status(line, "Origin: ftp://desk.example\r\n") == 403);
        CHECK(status(line, "Origin:\r\n") == 403);
        CHECK(status(line, "Sec-Fetch-Site: cross-site\r\n") == 403);
    }
    // Reading without a stream is protected by the browser: no CORS header is ever sent.
    CHECK(status("GET /", "Origin: https://evil.example\r\n") == 200);
}

TEST_CASE("a handler that throws is a 500 that says nothing of the reason") {
    House house;
    const std::string response = test::http_get(house.port(), "/throws");
    CHECK(status_of(response) == 500);
    CHECK(response.find("secret detail") == std::string::npos);
    CHECK(house.saw("throws", 500));
    CHECK(status_of(test::http_get(house.port(), "/")) == 200);
}

TEST_CASE("large bodies are packed for those who ask") {
    House house;
    RawClient client(house.port());
    client.send(get("/large"));
    CHECK(body_of(client.read_response()) == std::string(200'000, 'a'));
    client.send(get("/large", "Accept-Encoding: br, gzip;q=0\r\n"));
    CHECK(field_of(client.read_response(), "Content-Encoding").empty());
    client.send(get("/large", "Accept-Encoding: deflate, gzip;q=0.5\r\n"));
    const std::string response = client.read_response();
    CHECK(field_of(response, "Content-Encoding") == "gzip");
    CHECK(field_of(response, "Vary") == "Accept-Encoding");
    std::string packed = body_of(response), plain(300'000, '\0');
    CHECK(packed.size() < 2'000);
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    plain.resize(stream.total_out);
    inflateEnd(&stream);
    CHECK(plain == std::string(200'000, 'a'));
    client.send(get("/", "Accept-Encoding: gzip\r\n"));
    CHECK(field_of(client.read_response(), "Content-Encoding").empty());
}

TEST_CASE("deadlines are absolute") {
    House house([](daemon::HttpServerSettings& settings) {
        settings.deadlines.head = 150ms;
        settings.deadlines.body = 150ms;
        settings.deadlines.idle = 100ms;
    });
    const auto drip = [](RawClient& client) {
        // A byte now and then buys no time: the client gives up long after the server must have.
        const auto limit = std::chrono::steady_clock::now() + 10s;
        client.patience = 20ms;
        while (!client.closed_by_peer() && std::chrono::steady_clock::now() < limit) {
            client.send("a");
            client.read_all();
        }
        return client.read_all();
    };
    SECTION("head") {
        RawClient client(house.port());
        client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
        CHECK(status_of(drip(client)) == 408);
        CHECK(client.closed_by_peer());
    }
    SECTION("nothing at all") {
        RawClient client(house.port());
        CHECK(client.read_all().empty());
        CHECK(client.closed_by_peer());
    }
    SECTION("body") {
        RawClient client(house.port());
        client.send("POST /-/reload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\n");
        CHECK(status_of(drip(client)) == 408);
        CHECK(client.closed_by_peer());
    }
    SECTION("idle") {
        RawClient client(house.port());
        client.send(get("/"));
        CHECK(status_of(client.read_response()) == 200);
        CHECK(client.read_all().empty());
        CHECK(client.closed_by_peer());
    }
}

TEST_CASE("an answer nobody reads is given up") {
    House house([](daemon::HttpServerSettings& settings) {
        settings.deadlines.write = 200ms;
        settings.max_connections_per_address = 1;
    });
    RawClient client(house.port(), 4096);
    std::string all;
    for (int i = 0; i < 300; ++i) all += get("/large");  // 60 MB of answers: more than buffers hold
    client.send(all);
    // Its place becomes free although it never closes.
    CHECK(eventually([&] { return status_of(test::http_get(house.port(), "/")) == 200; }));
}

TEST_CASE("too many connections get a quick 503, and places become free again") {
    House house([](daemon::HttpServerSettings& settings) {
        settings.max_connections = 8;
        settings.max_connections_per_address = 4;
    });
    {
        std::vector<std::unique_ptr<RawClient>> held;
        for (int i = 0; i < 4; ++i) {
            held.push_back(std::make_unique<RawClient>(house.port()));
            held.back()->send(get("/"));
            CHECK(status_of(held.back()->read_response()) == 200);
        }
        const auto before = std::chrono::steady_clock::now();
        RawClient refused(house.port());
        const std::string response = refused.read_all();
        CHECK(status_of(response) == 503);
        CHECK(field_of(response, "Retry-After") == "1");
        CHECK(std::chrono::steady_clock::now() - before < 2s);
        CHECK(house.server->rejected(daemon::HttpRejection::address) == 1);
        // The others are not disturbed.
        held[0]->send(get("/"));
        CHECK(status_of(held[0]->read_response()) == 200);
    }
    CHECK(eventually([&] { return status_of(test::http_get(house.port(), "/")) == 200; }));
}

TEST_CASE("a stream delivers what is said, as it is said") {
    House house(
        [](daemon::HttpServerSettings& settings) { settings.deadlines.stream_comment = 100ms; });
    house.script->say("event: snapshot\ndata: 1\n\n");
    RawClient client(house.port());
    client.send(get("/api/v1/stream"));
    std::string text = client.read_until("data: 1\n\n");
    CHECK(status_of(text) == 200);
    CHECK(field_of(text, "Content-Type") == "text/event-stream");
    CHECK(field_of(text, "Cache-Control") == "no-store");
    CHECK(field_of(text, "X-Accel-Buffering") == "no");
    CHECK(field_of(text, "Content-Length").empty());
    CHECK(field_of(text, "Content-Security-Policy") == policy);
    CHECK(house.server->stream_clients() == 1);
    // While nobody speaks, comments say that the connection lives.
    text = client.read_until("data: 1\n\n:\n\n:\n\n");
    CHECK(text.find("data: 1\n\n:\n\n:\n\n") != std::string::npos);
    for (int i = 2; i <= 1'000; ++i) house.script->say("data: " + std::to_string(i) + "\n\n");
    text = client.read_until("data: 1000\n\n");
    std::size_t at = 0;
    for (int i = 1; i <= 1'000; ++i) {
        at = text.find("data: " + std::to_string(i) + "\n\n", at);
        REQUIRE(at != std::string::npos);
    }
    house.script->end();
    client.read_all();
    CHECK(client.closed_by_peer());
    CHECK(eventually([&] { return house.server->stream_clients() == 0; }));
    CHECK_FALSE(house.script->listened_to());
    CHECK(house.saw("stream", 200));
}

TEST_CASE("a stream that is refused says why, one too many is a 503") {
    House house([](daemon::HttpServerSettings& settings) { settings.max_streams = 2; });
    RawClient refused(house.port());
    refused.send(get("/api/v1/stream?refuse=1"));
    CHECK(status_of(refused.read_response()) == 503);
    {
        RawClient a(house.port()), b(house.port()), c(house.port());
        for (RawClient* client : {&a, &b}) {
            client->send(get("/api/v1/stream"));
            CHECK(status_of(client->read_until("\r\n\r\n")) == 200);
        }
        c.send(get("/api/v1/stream"));
        CHECK(status_of(c.read_response()) == 503);
    }
    // A page that is closed gives its place back at once, not at the next comment.
    CHECK(eventually([&] { return house.server->stream_clients() == 0; }));
}

TEST_CASE("a reader that takes nothing is closed, one that takes something is kept") {
    House house(
        [](daemon::HttpServerSettings& settings) { settings.deadlines.stream_stall = 200ms; });
    RawClient client(house.port(), 4096);
    client.send(get("/api/v1/stream"));
    client.read_until("\r\n\r\n");
    house.script->talk_without_end(1u << 20);
    // For several times the limit it reads, slowly, and is served.
    std::size_t taken = 0;
    const auto until = std::chrono::steady_clock::now() + 800ms;
    while (std::chrono::steady_clock::now() < until) {
        const std::size_t before = taken;
        taken = client.read_until([&](const std::string& s) { return s.size() > before; }).size();
    }
    CHECK(house.server->stream_clients() == 1);
    CHECK(eventually([&] { return house.server->stream_clients() == 0; }));
}

TEST_CASE("a port in use is one sentence") {
    House house;
    daemon::HttpServerSettings settings;
    settings.listen_address = "127.0.0.1:" + std::to_string(house.port());
    daemon::HttpServer second(settings);
    CHECK_THROWS_WITH(second.start(),
                      "cannot listen on " + settings.listen_address + ": Address already in use");
    for (const char* bad : {"", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000",
                            "127.0.0.1:", "::1:80", "no-such-host.invalid:0"}) {
        INFO(bad);
        settings.listen_address = bad;
        daemon::HttpServer none(settings);
        CHECK_THROWS_AS(none.start(), std::runtime_error);
    }
}

TEST_CASE("the server stops in time, under load and with streams open") {
    for (int round = 0; round < 5; ++round) {
        House house([](daemon::HttpServerSettings& settings) {
            settings.max_connections_per_address = 64;
        });
        std::atomic<bool> stop{false};
        std::atomic<int> served{0};
        std::vector<std::thread> clients;
        for (int i = 0; i < 4; ++i)
            clients.emplace_back([&] {
                while (!stop) {
                    const std::string response = test::http_get(house.port(), "/large");
                    if (status_of(response) == 200) ++served;
                }
            });
        std::thread speaker([&] {
            while (!stop) house.script->say("data: x\n\n");
        });
        RawClient stream(house.port()), idle(house.port()), slow(house.port(), 4096);
        stream.send(get("/api/v1/stream"));
        stream.read_until("\r\n\r\n");
        for (int i = 0; i < 100; ++i) slow.send(get("/large"));
        CHECK(eventually([&] { return served > 20; }));
        const auto before = std::chrono::steady_clock::now();
        house.server->stop(0.3);
        CHECK(std::chrono::steady_clock::now() - before < 3s);
        stop = true;
        for (auto& client : clients) client.join();
        speaker.join();
        stream.read_all();
        idle.read_all();
        CHECK(stream.closed_by_peer());
        CHECK(idle.closed_by_peer());
        CHECK_FALSE(RawClient(house.port()).connected());
        CHECK_FALSE(house.script->listened_to());
        house.server->stop(0.3);  // a second time is nothing
    }
}
