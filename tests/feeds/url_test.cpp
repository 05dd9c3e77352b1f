#include "feeds/url.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "feeds/lookup.hpp"
#include "feeds/session.hpp"

namespace contagiond::feeds {
namespace {

TEST_CASE("a URL is taken apart") {
    struct Good {
        const char* text;
        bool tls;
        const char *host, *port, *target, *authority;
    };
    const Good good[] = {
        {"wss://ws.kraken.com/v2", true, "ws.kraken.com", "443", "/v2", "ws.kraken.com"},
        {"wss://stream.binance.com:9443/stream?streams=a/b", true, "stream.binance.com", "9443",
         "/stream?streams=a/b", "stream.binance.com:9443"},
        {"wss://ws.finnhub.io?token=K", true, "ws.finnhub.io", "443", "/?token=K", "ws.finnhub.io"},
        {"wss://a:443", true, "a", "443", "/", "a"},
        {"wss://[2001:db8::1]:8443/x", true, "2001:db8::1", "8443", "/x", "[2001:db8::1]:8443"},
        {"ws://127.0.0.1:8080/", false, "127.0.0.1", "8080", "/", "127.0.0.1:8080"},
        {"ws://127.9.9.9", false, "127.9.9.9", "80", "/", "127.9.9.9"},
        {"ws://localhost:1/", false, "localhost", "1", "/", "localhost:1"},
        {"ws://[::1]:65535/", false, "::1", "65535", "/", "[::1]:65535"},
    };
    for (const Good& g : good) {
        CAPTURE(g.text);
        Url url;
        CHECK(parse_url(g.text, url) == "");
        CHECK(url.tls == g.tls);
        CHECK(url.host == g.host);
        CHECK(url.port == g.port);
        CHECK(url.target == g.target);
        CHECK(url.authority() == g.authority);
        CHECK(check_url(g.text) == "");
    }
}

TEST_CASE("a value is added to a query so that it arrives as it is") {
    CHECK(percent_encoded("aZ09-._~") == "aZ09-._~");
    CHECK(percent_encoded(" &=?#%+/\n\xff\"") == "%20%26%3D%3F%23%25%2B%2F%0A%FF%22");
    CHECK(with_query("wss://h", "token", "K") == "wss://h?token=K");
    CHECK(with_query("wss://h/p?x=1", "token", "a b") == "wss://h/p?x=1&token=a%20b");
    CHECK(with_query("wss://h/p?", "t", "K") == "wss://h/p?t=K");
    CHECK(with_query("wss://h/p?x=1&", "t", "K") == "wss://h/p?x=1&t=K");
    CHECK(with_query("wss://h/p?x=1", "t", "") == "wss://h/p?x=1");
}

TEST_CASE("a URL that must not be connected to is refused with the reason") {
    struct Bad {
        const char *text, *why;
    };
    const Bad bad[] = {
        {"", "must begin"},
        {"http://127.0.0.1/", "must begin"},
        {"wss:/a", "must begin"},
        {"WSS://a", "must begin"},
        {"wss://", "no host"},
        {"wss:///path", "no host"},
        {"wss://:443/", "no host"},
        {"wss://a b/", "space"},
        {"wss://a/\r\nHost: evil", "space"},
        {"wss://ex\xc3\xa4mple/", "not ASCII"},
        {"wss://a/#x", "fragment"},
        {"wss://user:pass@a/", "user"},
        {"wss://a,b/", "no host name"},
        {"wss://a:0/", "port"},
        {"wss://a:65536/", "port"},
        {"wss://a:/", "port"},
        {"wss://a:+1/", "port"},
        {"wss://a:1x/", "port"},
        {"wss://[::1/", "unclosed"},
        {"wss://[abc]/", "IPv6"},
        {"wss://[::1]x/", "behind"},
        {"ws://example.com/", "not this machine"},
        {"ws://10.0.0.1/", "not this machine"},
        {"ws://localhost.example.com/", "not this machine"},
        {"ws://127.0.0.1.example.com/", "not this machine"},
        {"ws://[::2]/", "not this machine"},
        {"ws://0.0.0.0/", "not this machine"},
    };
    for (const Bad& b : bad) {
        CAPTURE(b.text);
        CHECK_THAT(check_url(b.text), Catch::Contains(b.why));
    }
}

TEST_CASE("what is wrong with a URL is told without its key") {
    CHECK_THAT(check_url("ws://example.com/?token=CANARY"), !Catch::Contains("CANARY"));
    CHECK_THAT(check_url("wss://a:b/?token=CANARY"), !Catch::Contains("CANARY"));
}

LookupResult look_up(const std::string& host) {
    std::mutex mutex;
    std::condition_variable answered;
    bool done = false;
    LookupResult answer;
    system_lookup(host, [&](LookupResult result) {
        const std::lock_guard lock(mutex);
        answer = std::move(result);
        done = true;
        answered.notify_one();
    });
    std::unique_lock lock(mutex);
    // No deadline: the answer is always given, and `answer` must outlive it.
    answered.wait(lock, [&] { return done; });
    return answer;
}

TEST_CASE("the system resolves names, and says why it cannot") {
    const LookupResult here = look_up("localhost");
    CHECK(here.error == "");
    REQUIRE(!here.addresses.empty());
    for (const auto& address : here.addresses) CHECK(is_loopback(address));

    const LookupResult nowhere = look_up("no such host");
    CHECK(nowhere.addresses.empty());
    CHECK(nowhere.error != "");
}

}  // namespace
}  // namespace contagiond::feeds
