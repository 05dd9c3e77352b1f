#include "daemon/sinks/outbox_worker.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/webhook/outcome.hpp"
#include "daemon/sinks/webhook/signature.hpp"

using namespace contagiond;
using core::EpisodePhase;
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_s;
using sinks::NotifyFailure;
using sinks::PostFailure;
using sinks::PostReply;
using sinks::Verdict;

namespace {

constexpr core::TimeNs ts_wall = 1'737'988'927 * ns_per_s;
const std::string secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const std::string url = "https://hooks.example/T0KEN-IN-THE-PATH";

PostReply status(int code, std::string retry_after = "") {
    PostReply reply;
    reply.status = code;
    reply.retry_after = std::move(retry_after);
    return reply;
}

PostReply failure(PostFailure kind) {
    PostReply reply;
    reply.failure = kind;
    reply.reason = "connection refused";
    return reply;
}

/// A worker without a thread, whose network, clock and log are in the test's hands.
struct Desk {
    core::EngineConfig config;
    core::DurationNs now = 5 * ns_per_s;
    std::deque<PostReply> replies;  ///< 200 when empty
    core::DurationNs duration = 0;  ///< of an attempt
    std::vector<sinks::PostRequest> requests;
    std::vector<std::string> log;
    std::vector<sinks::DeliveryResult> all;  ///< results so far
    std::uint64_t last_seq = 0;
    sinks::DeliveryDoors doors;
    std::unique_ptr<sinks::OutboxWorker> worker;

    Desk() : Desk(hook()) {}
    explicit Desk(sinks::WebhookSettings settings) {
        config.universe.instruments = {{"NVDA", core::AssetClass::equity, {}, {}},
                                       {"BTC-USD", core::AssetClass::crypto, {}, {}}};
        config.universe.groups = {{"us_tech", {{0, 1.0}}}};
        doors.post = [this](const sinks::PostRequest& request) {
            requests.push_back(request);
            now += duration;
            if (replies.empty()) return status(200);
            PostReply reply = replies.front();
            replies.pop_front();
            return reply;
        };
        doors.monotonic_now = [this] { return now; };
        doors.wall_now = [this] { return ts_wall + now; };
        doors.report = [this](sinks::ReportLevel, std::string_view sink, std::string_view line) {
            log.push_back(std::string(sink) + ": " + std::string(line));
        };
        worker = std::make_unique<sinks::OutboxWorker>(std::move(settings), "0.1.0", doors, 7);
    }
    static sinks::WebhookSettings hook(const std::string& signing_secret = secret) {
        sinks::WebhookSettings settings;
        settings.name = "desk";
        settings.url = url;
        settings.secret = signing_secret;
        settings.allow_private = true;
        settings.ca_file = "ca.pem";
        return settings;
    }

    void say(char episode, std::uint32_t revision, EpisodePhase phase = EpisodePhase::opened) {
        core::Episode e;
        e.id.text.fill(episode);
        e.revision = revision;
        e.phase = phase;
        e.severity = core::Severity::critical;
        e.targets.resize(1);
        e.targets[0].instrument = 1;
        sinks::DocumentContext context;
        context.engine = &config;
        sinks::Notification notification;
        notification.seq = ++last_seq;
        notification.episode = e.id.view();
        notification.revision = revision;
        notification.phase = phase;
        notification.severity = e.severity;
        notification.document =
            std::make_shared<const std::string>(sinks::alert_document(e, context));
        notification.enqueued = now;
        worker->take(std::move(notification));
        worker->step();
    }

    std::string header(std::size_t request, const std::string& name) const {
        for (const auto& [key, value] : requests.at(request).headers)
            if (key == name) return value;
        return "absent";
    }
    /// Episode and revision of each attempt: "A1 A1 A2".
    std::string attempts() const {
        std::string out;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const std::string id = header(i, "webhook-id");
            out += (out.empty() ? "" : " ") + id.substr(0, 1) + id.substr(id.find('_') + 1);
        }
        return out;
    }
    /// Steps as the worker's thread would, every 100 ms.
    void pass(core::DurationNs time) {
        for (const core::DurationNs end = now + time; now < end; now += ns_per_s / 10)
            worker->step();
    }
    const sinks::DeliveryCounters& counters() const { return worker->counters(); }
    std::uint64_t failed(NotifyFailure reason) const {
        return counters().failed[static_cast<std::size_t>(reason)].value();
    }
    /// How many notifications are in this state, by the last that was said of each.
    std::size_t count(sinks::DeliveryState state) {
        worker->results(all);
        std::map<std::uint64_t, sinks::DeliveryState> last;
        for (const auto& result : all) last[result.seq] = result.state;
        std::size_t n = 0;
        for (const auto& [seq, is] : last) n += is == state ? 1 : 0;
        return n;
    }
    std::size_t dead() { return count(sinks::DeliveryState::dead); }
    /// Tried, and to be tried again.
    std::size_t waiting() { return count(sinks::DeliveryState::pending); }
};

}  // namespace

TEST_CASE("an episode becomes a signed post") {
    Desk desk;
    CHECK(desk.worker->name() == "desk");
    CHECK(desk.worker->format() == "webhook");
    desk.say('A', 1);
    REQUIRE(desk.requests.size() == 1);
    const auto& request = desk.requests[0];
    CHECK(request.url == url);
    CHECK(request.allow_private);
    CHECK(request.ca_file == "ca.pem");
    CHECK(request.timeout == std::chrono::seconds(10));
    CHECK(desk.header(0, "Content-Type") == "application/json");
    CHECK(desk.header(0, "User-Agent") == "contagiond/0.1.0");
    const std::string id = std::string(26, 'A') + "_1";
    CHECK(desk.header(0, "webhook-id") == id);
    CHECK(desk.header(0, "webhook-timestamp") == "1737988932");
    CHECK(desk.header(0, "webhook-signature") ==
          sinks::signature(*sinks::signing_key(secret), id, 1'737'988'932, request.body));
    const auto document = nlohmann::json::parse(request.body);
    CHECK(document["type"] == "contagion.alert.opened");
    CHECK(document["data"]["target"]["symbol"] == "BTC-USD");
    CHECK(desk.counters().accepted.value() == 1);
    CHECK(desk.counters().attempts.value() == 1);
    CHECK(desk.counters().latency.count(0) == 1);
    CHECK(desk.count(sinks::DeliveryState::accepted) == 1);
    CHECK(desk.log.empty());
}

TEST_CASE("without a secret nothing is signed; a bad one stops the start") {
    Desk desk(Desk::hook(""));
    desk.say('A', 1);
    CHECK(desk.header(0, "webhook-signature") == "absent");
    CHECK_THROWS_WITH(Desk(Desk::hook("whsec_not base64")),
                      "webhook desk: the secret is not whsec_ followed by base64");
}

TEST_CASE("what can be retried is, with the same id and a fresh signature") {
    Desk desk;
    desk.replies = {status(503), failure(PostFailure::network), failure(PostFailure::timeout),
                    status(429, "30")};
    desk.say('A', 1);
    CHECK(desk.waiting() == 1);
    desk.pass(29 * ns_per_s);
    CHECK(desk.attempts() == "A1 A1 A1 A1");
    desk.pass(10 * ns_per_s);
    CHECK(desk.attempts() == "A1 A1 A1 A1 A1");
    CHECK(desk.header(4, "webhook-id") == desk.header(0, "webhook-id"));
    CHECK(desk.header(4, "webhook-timestamp") != desk.header(0, "webhook-timestamp"));
    CHECK(desk.header(4, "webhook-signature") != desk.header(0, "webhook-signature"));
    CHECK(desk.counters().accepted.value() == 1);
    CHECK(desk.counters().attempts.value() == 5);
    CHECK(desk.failed(NotifyFailure::server_error) == 1);
    CHECK(desk.failed(NotifyFailure::network) == 1);
    CHECK(desk.failed(NotifyFailure::timeout) == 1);
    CHECK(desk.failed(NotifyFailure::rate_limited) == 1);
    CHECK(desk.dead() == 0);
    CHECK(desk.log.size() == 4);
}

TEST_CASE(
    "a digest counts what came, and tells the latest of each episode; of one it is no digest") {
    sinks::WebhookSettings chat = Desk::hook("");
    chat.format = "slack";
    Desk desk(chat);
    PostReply ok = status(200);
    ok.body = "ok";
    desk.replies = {status(429, "60"), ok};
    desk.say('A', 1);
    for (std::uint32_t revision = 2; revision <= 5; ++revision)
        desk.say('A', revision, EpisodePhase::updated);
    const auto text = [&] {
        return nlohmann::json::parse(desk.requests.back().body)["text"].get<std::string>();
    };
    SECTION("of two episodes") {
        desk.say('B', 1);
        desk.pass(61 * ns_per_s);
        CHECK(desk.requests.size() == 2);
        INFO(text());
        CHECK(text().find("6 messages of 2 episodes") != std::string::npos);
    }
    SECTION("of one") {
        desk.say('A', 6, EpisodePhase::resolved);
        desk.pass(61 * ns_per_s);
        CHECK(desk.requests.size() == 2);
        INFO(text());
        CHECK(text().find("digest") == std::string::npos);
        CHECK(text().find("RESOLVED") != std::string::npos);
    }
    CHECK(desk.counters().accepted.value() == 6);
}

TEST_CASE("how the latest attempt failed is told until one is accepted") {
    Desk desk;
    CHECK(desk.worker->last_trouble().error.empty());
    desk.replies = {status(503), status(429, "30")};
    desk.say('A', 1);
    const core::TimeNs ts_first = ts_wall + desk.now;
    auto last = desk.worker->last_trouble();
    CHECK_FALSE(last.error.empty());
    CHECK(last.error.find("T0KEN") == std::string::npos);
    CHECK(last.ts_error == ts_first);
    CHECK(last.ts_throttled_until == 0);  // nobody asked for a pause
    desk.pass(5 * ns_per_s);
    REQUIRE(desk.requests.size() == 2);
    last = desk.worker->last_trouble();
    CHECK(last.ts_error > ts_first);
    CHECK(last.ts_throttled_until == last.ts_error + 30 * ns_per_s);
    desk.pass(40 * ns_per_s);
    REQUIRE(desk.requests.size() == 3);
    last = desk.worker->last_trouble();
    CHECK(last.error.empty());
    CHECK(last.ts_error == 0);
    CHECK(last.ts_throttled_until == 0);
}

TEST_CASE("resolved waits for opened, another episode does not") {
    Desk desk;
    desk.replies = {status(503, "20"), status(200)};
    desk.say('A', 1);
    desk.say('A', 2, EpisodePhase::resolved);
    desk.say('B', 1);
    desk.pass(19 * ns_per_s);
    CHECK(desk.attempts() == "A1 B1");
    desk.pass(2 * ns_per_s);
    CHECK(desk.attempts() == "A1 B1 A1 A2");
    CHECK(desk.counters().accepted.value() == 3);
}

TEST_CASE("a client's error is not repeated, and the next revision still goes") {
    Desk desk;
    desk.replies = {status(400), status(401), status(302)};
    desk.say('A', 1);
    desk.say('A', 2);
    desk.say('A', 3);
    desk.say('A', 4);
    desk.pass(ns_per_min);
    CHECK(desk.attempts() == "A1 A2 A3 A4");
    CHECK(desk.dead() == 3);
    CHECK(desk.failed(NotifyFailure::client_error) == 2);
    CHECK(desk.failed(NotifyFailure::auth_error) == 1);
    CHECK(desk.counters().accepted.value() == 1);
}

TEST_CASE("a wrong address breaks the sink until it is built anew") {
    for (const int code : {404, 410, 403}) {
        Desk desk;
        desk.replies = {status(code)};
        desk.say('A', 1);
        desk.say('B', 1);
        desk.pass(ns_per_hour);
        CHECK(desk.attempts() == "A1");
        CHECK(desk.dead() == 1);
        CHECK(desk.counters().broken.value() == 1);
        CHECK(desk.worker->trouble() == "HTTP status " + std::to_string(code));
        REQUIRE(desk.log.size() == 2);
        CHECK(desk.log[1].find("broken") != std::string::npos);
        desk.worker->finish(desk.now + 5 * ns_per_s, true);
        CHECK(desk.attempts() == "A1");
        CHECK(desk.dead() == 1);  // B waits for better settings
        auto settings = Desk::hook();
        settings.url = "https://hooks.example/new";
        desk.worker->reconfigure(settings);
        desk.pass(ns_per_s);
        CHECK(desk.attempts() == "A1 B1");
        CHECK(desk.requests.back().url == settings.url);
        CHECK(desk.counters().broken.value() == 0);
        CHECK(desk.worker->trouble().empty());
    }
}

TEST_CASE("after a day of failures a notification is dead") {
    Desk desk;
    desk.replies.assign(100'000, status(500));
    desk.say('A', 1);
    for (int i = 0; i < 24 * 60; ++i) {
        desk.now += ns_per_min;
        desk.worker->step();
    }
    CHECK(desk.dead() == 1);
    const auto attempts = desk.counters().attempts.value();
    CHECK(attempts > 24 * 12);
    desk.pass(ns_per_min);
    CHECK(desk.counters().attempts.value() == attempts);
}

TEST_CASE("a slow receiver holds the thread for one attempt at a time") {
    Desk desk;
    desk.duration = 10 * ns_per_s;
    desk.replies.assign(10, failure(PostFailure::timeout));
    for (char c = 'A'; c < 'F'; ++c) desk.say(c, 1);
    CHECK(desk.requests.size() == 5);
    desk.worker->step();
    CHECK(desk.requests.size() == 6);
}

TEST_CASE("at the stop what is due gets one short attempt, what backs off stays") {
    Desk desk;
    desk.replies = {status(503, "600")};
    desk.say('A', 1);
    desk.say('B', 1);
    CHECK(desk.attempts() == "A1 B1");
    desk.replies = {failure(PostFailure::timeout), status(200)};
    desk.say('C', 1);
    CHECK(desk.attempts() == "A1 B1 C1");
    desk.now += ns_per_s;
    desk.worker->finish(desk.now + 3 * ns_per_s, false);
    CHECK(desk.attempts() == "A1 B1 C1 C1");
    CHECK(desk.requests.back().timeout <= std::chrono::seconds(3));
    CHECK(desk.dead() == 0);
    CHECK(desk.waiting() == 1);
}

TEST_CASE("at the stop of one without a disk everything gets one short attempt, in order") {
    Desk desk;
    desk.replies = {status(503, "600"), status(503, "600"), status(200), status(500)};
    desk.say('A', 1);
    desk.say('B', 1);
    desk.say('A', 2, EpisodePhase::resolved);
    desk.say('B', 2, EpisodePhase::resolved);
    CHECK(desk.attempts() == "A1 B1");
    desk.worker->finish(desk.now + 3 * ns_per_s, true);
    // B1 is refused, so that B2 is not told of an episode nobody heard of.
    CHECK(desk.attempts() == "A1 B1 A1 B1 A2");
    CHECK(desk.counters().accepted.value() == 2);
    CHECK(desk.dead() == 0);
}

TEST_CASE("the stop ends in time") {
    Desk desk;
    desk.replies.assign(100, failure(PostFailure::timeout));
    for (char c = 'A'; c < 'Z'; ++c) desk.say(c, 1);
    desk.duration = 2 * ns_per_s;
    const auto before = desk.now;
    desk.worker->finish(desk.now + 3 * ns_per_s, true);
    CHECK(desk.now - before <= 4 * ns_per_s);
    CHECK(desk.dead() == 0);
}

TEST_CASE("what throws is a failure like another") {
    Desk desk;
    const auto well = desk.doors.post;
    desk.doors.post = [](const sinks::PostRequest&) -> PostReply { throw std::bad_alloc(); };
    desk.say('A', 1);
    CHECK(desk.waiting() == 1);
    desk.doors.post = well;
    desk.pass(10 * ns_per_s);
    CHECK(desk.count(sinks::DeliveryState::accepted) == 1);
}

TEST_CASE("neither address nor secret is ever in the log") {
    Desk desk;
    desk.replies = {status(503), status(400), failure(PostFailure::tls),
                    failure(PostFailure::forbidden_address), status(404)};
    for (char c = 'A'; c < 'G'; ++c) desk.say(c, 1);
    desk.pass(ns_per_min);
    desk.worker->finish(desk.now + ns_per_s, true);
    CHECK(desk.log.size() >= 5);
    for (const std::string& line : desk.log) {
        INFO(line);
        CHECK(line.rfind("desk: ", 0) == 0);
        CHECK(line.find("hooks.example") == std::string::npos);
        CHECK(line.find("T0KEN") == std::string::npos);
        CHECK(line.find("MDEyMzQ1") == std::string::npos);
    }
}

TEST_CASE("what an answer means") {
    const auto verdict = [](int code) {
        return sinks::status_outcome(status(code), ts_wall).verdict;
    };
    for (const int code : {200, 201, 202, 204, 299}) CHECK(verdict(code) == Verdict::accepted);
    for (const int code : {408, 429, 500, 502, 503, 504, 599, 600, 0, 100})
        CHECK(verdict(code) == Verdict::retry);
    for (const int code : {300, 301, 302, 307, 308, 400, 401, 402, 405, 413, 418, 422, 451})
        CHECK(verdict(code) == Verdict::dead);
    for (const int code : {403, 404, 410}) CHECK(verdict(code) == Verdict::broken);
    for (const auto kind : {PostFailure::timeout, PostFailure::network, PostFailure::tls,
                            PostFailure::forbidden_address})
        CHECK(sinks::status_outcome(failure(kind), ts_wall).verdict == Verdict::retry);
}

TEST_CASE("Retry-After in all its spellings") {
    const auto parse = [](std::string_view text) {
        return sinks::parse_retry_after(text, ts_wall);
    };
    CHECK(parse("0") == 0);
    CHECK(parse("120") == 120 * ns_per_s);
    CHECK(parse(" 7 ") == 7 * ns_per_s);
    CHECK(parse("1.5") == 3 * ns_per_s / 2);
    CHECK(parse("99999999999999999999999999") == core::ns_per_day);
    CHECK(parse(std::string(400, '9')) == core::ns_per_day);
    CHECK(parse("Mon, 27 Jan 2025 14:43:07 GMT") == 60 * ns_per_s);
    CHECK(parse("Mon, 27 Jan 2025 14:41:07 GMT") == 0);
    CHECK(parse("Fri, 27 Jan 2125 14:41:07 GMT") == core::ns_per_day);
    for (const char* bad : {"", "soon", "-5", "1.2.3", ".", "1e9", "inf", "nan", "0x10",
                            "Mon, 27 Foo 2025 14:41:07 GMT", "Mon, 32 Jan 2025 14:41:07 GMT",
                            "Mon, 27 Jan 2025 25:41:07 GMT", "Mon, xx Jan 2025 14:41:07 GMT",
                            "Monday, 27-Jan-25 14:41:07 GMT"}) {
        INFO(bad);
        CHECK_FALSE(parse(bad));
    }
}
