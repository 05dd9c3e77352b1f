#include "daemon/http_client.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <ctime>
#include <nlohmann/json.hpp>

#include "core/engine.hpp"
#include "daemon/clock.hpp"
#include "daemon/sinks/outbox.hpp"
#include "daemon/sinks/webhook/signature.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/http_receiver.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using namespace std::chrono_literals;
using daemon::AddressKind;
using daemon::http_post;
using sinks::PostFailure;
using test::Certificate;
using test::HttpReceiver;
using test::ScriptedReply;

namespace {

sinks::PostRequest request_to(const std::string& url) {
    sinks::PostRequest request;
    request.url = url;
    request.headers = {{"Content-Type", "application/json"}, {"webhook-id", "e_1"}};
    request.body = R"({"a":1})";
    request.allow_private = true;
    return request;
}

HttpReceiver::Script always(ScriptedReply reply) {
    return [reply](const test::Received&, std::size_t) { return reply; };
}

void check_says_nothing_of(const sinks::PostReply& reply, const std::string& url) {
    INFO(reply.reason);
    CHECK_FALSE(reply.reason.empty());
    CHECK(reply.reason.find("127.0.0.1") == std::string::npos);
    CHECK(reply.reason.find("localhost") == std::string::npos);
    CHECK(reply.reason.find("T0KEN") == std::string::npos);
    CHECK(reply.reason.find(url) == std::string::npos);
}

}  // namespace

TEST_CASE("a post arrives as it was meant, and the answer comes back") {
    ScriptedReply scripted;
    scripted.status = 202;
    scripted.body = "taken";
    scripted.headers = {{"Retry-After", "12"}};
    HttpReceiver receiver(always(scripted));
    auto request = request_to(receiver.url("hook?x=1#fragment"));
    request.headers.emplace_back("X-Bad", "a\r\nX-Injected: b");
    const auto reply = http_post(request);
    CHECK(reply.failure == PostFailure::none);
    CHECK(reply.status == 202);
    CHECK(reply.body == "taken");
    CHECK(reply.retry_after == "12");
    const auto all = receiver.received();
    REQUIRE(all.size() == 1);
    CHECK(all[0].method == "POST");
    CHECK(all[0].target == "/hook?x=1");
    CHECK(all[0].headers.at("host") == "127.0.0.1:" + std::to_string(receiver.port()));
    CHECK(all[0].headers.at("content-type") == "application/json");
    CHECK(all[0].headers.at("webhook-id") == "e_1");
    CHECK(all[0].headers.at("content-length") == "7");
    CHECK(all[0].headers.count("x-injected") == 0);
    CHECK(all[0].body == R"({"a":1})");
}

TEST_CASE("of an answer's fields those come back that were asked for, and no more of them") {
    ScriptedReply scripted;
    scripted.headers = {{"X-RateLimit-Remaining", "0"},
                        {"x-ratelimit-remaining", "7"},
                        {"X-Secret", "s"},
                        {"X-Long", std::string(5000, 'a')}};
    HttpReceiver receiver(always(scripted));
    auto request = request_to(receiver.url());
    request.wanted_headers = {"x-rateLIMIT-remaining", "X-Long", "X-Absent"};
    const auto reply = http_post(request);
    CHECK(reply.headers == std::vector<std::pair<std::string, std::string>>{
                               {"x-rateLIMIT-remaining", "0"},
                               {"X-Long", std::string(sinks::reply_header_bytes_most, 'a')}});
    CHECK(sinks::reply_header(reply, "x-rateLIMIT-remaining") == "0");
    CHECK(sinks::reply_header(reply, "X-Absent").empty());
    CHECK(http_post(request_to(receiver.url())).headers.empty());
}

TEST_CASE("a name is resolved") {
    HttpReceiver receiver;
    const auto reply =
        http_post(request_to("http://localhost:" + std::to_string(receiver.port()) + "/"));
    CHECK(reply.status == 200);
}

TEST_CASE("a redirect is an answer and is not followed") {
    HttpReceiver elsewhere;
    ScriptedReply scripted;
    scripted.status = 307;
    scripted.headers = {{"Location", elsewhere.url()}};
    HttpReceiver receiver(always(scripted));
    CHECK(http_post(request_to(receiver.url())).status == 307);
    CHECK(elsewhere.connections() == 0);
}

TEST_CASE("of a reply at most 64 kB are kept") {
    ScriptedReply scripted;
    SECTION("with a length") {
        scripted.body = std::string(1'000'000, 'x');
    }
    SECTION("until the connection closes") {
        scripted.raw = "HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'000, 'x');
    }
    SECTION("in one chunk") {
        scripted.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nF4240\r\n" +
                       std::string(1'000'000, 'x') + "\r\n0\r\n\r\n";
    }
    HttpReceiver receiver(always(scripted));
    const auto reply = http_post(request_to(receiver.url()));
    CHECK(reply.failure == PostFailure::none);
    CHECK(reply.status == 200);
    CHECK(reply.body == std::string(64 * 1024, 'x'));
}

TEST_CASE("no answer, half an answer, nonsense: a network failure in words") {
    ScriptedReply scripted;
    SECTION("hang up") {
        scripted.hang_up = true;
    }
    SECTION("half a head") {
        scripted.raw = "HTTP/1.1 200 OK\r\nContent-Le";
    }
    SECTION("not HTTP") {
        scripted.raw = "220 mail.example ESMTP\r\n";
    }
    SECTION("a head without end") {
        scripted.raw = "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'a');
    }
    HttpReceiver receiver(always(scripted));
    const std::string url = receiver.url("T0KEN");
    const auto reply = http_post(request_to(url));
    CHECK(reply.failure == PostFailure::network);
    CHECK(reply.status == 0);
    check_says_nothing_of(reply, url);
}

TEST_CASE("nobody listens") {
    std::string url;
    {
        const HttpReceiver gone;
        url = gone.url("T0KEN");
    }
    const auto reply = http_post(request_to(url));
    CHECK(reply.failure == PostFailure::network);
    check_says_nothing_of(reply, url);
}

TEST_CASE("the timeout covers everything") {
    ScriptedReply scripted;
    scripted.stall = true;
    HttpReceiver receiver(always(scripted));
    auto request = request_to(receiver.url("T0KEN"));
    request.timeout = 200ms;
    const auto before = std::chrono::steady_clock::now();
    const auto reply = http_post(request);
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(reply.failure == PostFailure::timeout);
    check_says_nothing_of(reply, request.url);
    CHECK(took >= 190ms);
    CHECK(took < 5s);
}

TEST_CASE("near addresses need leave, and far ones TLS") {
    HttpReceiver receiver;
    const std::string port = std::to_string(receiver.port());
    for (const std::string host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"}) {
        INFO(host);
        auto request = request_to("http://" + host + ":" + port + "/T0KEN");
        request.allow_private = false;
        const auto reply = http_post(request);
        CHECK(reply.failure == PostFailure::forbidden_address);
        check_says_nothing_of(reply, request.url);
    }
    CHECK(receiver.connections() == 0);
    // Addresses set aside for documentation: would this be tried, it would end as a timeout.
    auto far = request_to("http://203.0.113.1:9/");
    far.timeout = 200ms;
    CHECK(http_post(far).failure == PostFailure::forbidden_address);
    CHECK(http_post(request_to("http://0.0.0.0:" + port)).failure ==
          PostFailure::forbidden_address);
}

TEST_CASE("addresses by kind") {
    const auto is = [](AddressKind kind, std::initializer_list<const char*> all) {
        for (const char* address : all) {
            INFO(address);
            CHECK(daemon::kind_of_address(address) == kind);
        }
    };
    is(AddressKind::near,
       {"127.0.0.1", "127.255.255.255", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "::1", "fe80::1", "fc00::1", "fdff::1", "::ffff:10.0.0.1",
        "64:ff9b::127.0.0.1"});
    is(AddressKind::forbidden,
       {"0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.8",
        "198.18.0.1", "::", "ff02::1", "::ffff:0.0.0.0", "not an address", ""});
    is(AddressKind::global, {"1.1.1.1", "172.32.0.1", "172.15.255.255", "11.0.0.0", "100.128.0.1",
                             "192.167.0.1", "2606:4700::1111", "::ffff:1.1.1.1"});
}

TEST_CASE("what can be posted to") {
    for (const char* good :
         {"https://hooks.example/T", "http://127.0.0.1:8080/hook", "https://[::1]:443/x?y=z",
          "https://hooks.example", "https://hooks.example?x"})
        CHECK(daemon::check_post_url(good).empty());
    for (const char* bad :
         {"", "hooks.example/T", "ftp://hooks.example/", "https://", "https:///T",
          "https://user:pw@hooks.example/", "https://hooks.example:x/", "https://hooks.example:/",
          "https://hooks.example:70000/", "https://[::1/", "https://hooks.example/a b",
          "https://hooks.example/a\r\nb", "https://[::1]x/"}) {
        INFO(bad);
        const std::string reason = daemon::check_post_url(bad);
        CHECK_FALSE(reason.empty());
        CHECK(reason.find("hooks.example") == std::string::npos);
    }
    CHECK(http_post(request_to("nonsense")).failure == PostFailure::network);
}

TEST_CASE("over TLS the certificate must hold") {
    const auto post_to = [](Certificate kind, const std::string& host, const std::string& ca) {
        const auto identity = test::issue(kind);
        HttpReceiver receiver({}, identity.certificate, identity.key);
        auto request =
            request_to("https://" + host + ":" + std::to_string(receiver.port()) + "/T0KEN");
        request.ca_file = ca;
        const auto reply = http_post(request);
        if (reply.failure != PostFailure::none) {
            check_says_nothing_of(reply, request.url);
            CHECK(receiver.received().empty());  // nothing was said to a stranger
        }
        return reply;
    };
    const std::string& ca = test::authority_file();
    CHECK(post_to(Certificate::valid, "localhost", ca).status == 200);
    CHECK(post_to(Certificate::valid, "127.0.0.1", ca).status == 200);
    CHECK(post_to(Certificate::valid, "localhost", "").failure == PostFailure::tls);
    CHECK(post_to(Certificate::valid, "localhost", "/no/such/file").failure == PostFailure::tls);
    for (const Certificate bad : {Certificate::wrong_host, Certificate::expired,
                                  Certificate::not_yet_valid, Certificate::unknown_authority}) {
        INFO(static_cast<int>(bad));
        CHECK(post_to(bad, "localhost", ca).failure == PostFailure::tls);
    }
    CHECK(post_to(Certificate::expired, "localhost", ca).reason ==
          "certificate not accepted: certificate has expired");
}

TEST_CASE("when the receiver's certificate ends is known once it was accepted") {
    const auto now = static_cast<double>(::time(nullptr));
    const auto identity = test::issue(Certificate::valid);
    ScriptedReply scripted;
    HttpReceiver receiver(
        [&](const test::Received&, std::size_t number) {
            ScriptedReply reply;
            reply.hang_up = number == 1;
            return reply;
        },
        identity.certificate, identity.key);
    auto request = request_to(receiver.url());
    request.ca_file = test::authority_file();
    const auto reply = http_post(request);
    CHECK(reply.status == 200);
    CHECK(reply.ts_certificate_end == Approx(now + test::certificate_lasts_s).margin(60));
    // Whatever comes of the rest.
    const auto lost = http_post(request);
    CHECK(lost.failure == PostFailure::network);
    CHECK(lost.ts_certificate_end == reply.ts_certificate_end);
    // Also where nothing is to be sent.
    request.only_handshake = true;
    const auto looked = http_post(request);
    CHECK(looked.failure == PostFailure::none);
    CHECK(looked.status == 0);
    CHECK(looked.ts_certificate_end == reply.ts_certificate_end);
    CHECK(receiver.received().size() == 2);

    const auto expired = test::issue(Certificate::expired);
    HttpReceiver bad({}, expired.certificate, expired.key);
    request.url = bad.url();
    CHECK(http_post(request).failure == PostFailure::tls);
    CHECK(http_post(request).ts_certificate_end == 0);
    HttpReceiver plain;
    CHECK(http_post(request_to(plain.url())).ts_certificate_end == 0);
}

TEST_CASE("TLS to one who does not speak it") {
    HttpReceiver plain;
    auto request = request_to("https://127.0.0.1:" + std::to_string(plain.port()) + "/");
    request.ca_file = test::authority_file();
    request.timeout = 2s;
    const auto reply = http_post(request);
    CHECK(reply.failure != PostFailure::none);
    CHECK(plain.received().empty());
}

TEST_CASE("an alert goes through the sink and the network, and its signature holds") {
    std::atomic<int> refusals{2};
    HttpReceiver receiver([&](const test::Received&, std::size_t) {
        ScriptedReply reply;
        if (refusals-- > 0) reply.status = 503;
        return reply;
    });
    core::EngineConfig config;
    config.universe.instruments = {{"NVDA", {}, {}, {}}, {"BTC-USD", {}, {}, {}}};
    config.universe.groups = {{"us_tech", {{0, 1.0}}}};
    sinks::DocumentContext context;
    context.engine = &config;
    test::TemporaryDirectory folder;
    sinks::OutboxSettings settings;
    settings.folder = folder.path.string();
    settings.webhooks.resize(1);
    settings.webhooks[0].name = "desk";
    settings.webhooks[0].url = receiver.url();
    settings.webhooks[0].secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    settings.webhooks[0].allow_private = true;
    // Virtual time between attempts, the real network within them.
    core::DurationNs now = 0;
    sinks::OutboxDoors doors;
    doors.delivery = {http_post, [&] { return now; }, daemon::wall_now,
                      [](sinks::ReportLevel, std::string_view, std::string_view) {}};
    sinks::Outbox outbox(settings, context, std::move(doors));
    auto episode = std::make_shared<core::Episode>();
    episode->id.text.fill('A');
    episode->targets.resize(1);
    episode->targets[0].instrument = 1;
    const sinks::Item item = core::Event(core::EpisodeChanged{0, episode});
    outbox.consume({&item, 1});
    for (int i = 0; i < 100 && receiver.received().size() < 3; ++i) {
        now += core::ns_per_s;
        outbox.worker(0).step();
    }
    const auto all = receiver.received();
    REQUIRE(all.size() == 3);
    for (const auto& one : all) {
        CHECK(one.headers.at("webhook-id") == std::string(26, 'A') + "_1");
        CHECK(one.headers.at("webhook-signature") ==
              sinks::signature("0123456789abcdef01234567", one.headers.at("webhook-id"),
                               std::stoll(one.headers.at("webhook-timestamp")), one.body));
        CHECK(nlohmann::json::parse(one.body)["data"]["target"]["symbol"] == "BTC-USD");
    }
    CHECK(outbox.worker(0).counters().accepted.value() == 1);
    CHECK(outbox.worker(0).counters().attempts.value() == 3);
}
