// What each receiver's answers mean.
#include <catch2/catch.hpp>

#include "tests/sinks/format_cases.hpp"

using namespace contagiond;
using namespace contagiond::test;
using core::ns_per_s;
using sinks::Change;
using sinks::NotifyFailure;
using sinks::Outcome;
using sinks::PostReply;
using sinks::Verdict;

namespace {

constexpr core::TimeNs now = 1'737'988'932 * ns_per_s;

Outcome after(const char* format, int status, const std::string& body,
              const std::string& retry_after = "", const Change& change = {}) {
    PostReply reply;
    reply.status = status;
    reply.body = body;
    reply.retry_after = retry_after;
    return sinks::find_format(format)->outcome(reply, {"0.1.0", now, change});
}

Verdict verdict(const char* format, int status, const std::string& body = "") {
    return after(format, status, body).verdict;
}

}  // namespace

TEST_CASE("of every receiver: what may heal, what cannot, what breaks the sink") {
    for (const sinks::Format* format : sinks::formats()) {
        const std::string name(format->name);
        INFO(name);
        for (const int status : {408, 429, 500, 502, 503, 599})
            CHECK(verdict(name.c_str(), status) == Verdict::retry);
        for (const int status : {403, 404, 410})
            CHECK(verdict(name.c_str(), status) == Verdict::broken);
        for (const int status : {301, 302, 307, 400, 413, 415, 422})
            CHECK(verdict(name.c_str(), status) == Verdict::dead);
        CHECK(after(name.c_str(), 429, "", "7").retry_after == 7 * ns_per_s);
        CHECK(after(name.c_str(), 503, "", "0").retry_after == 0);
        PostReply lost;
        lost.failure = sinks::PostFailure::timeout;
        CHECK(format->outcome(lost, {"", now, {}}).failure == NotifyFailure::timeout);
        CHECK(format->outcome(lost, {"", now, {}}).verdict == Verdict::retry);
        // Ten megabytes of anything are an answer like another.
        after(name.c_str(), 200, std::string(1 << 20, '['));
        after(name.c_str(), 429, "{\"retry_after\":1e400}");
    }
}

TEST_CASE("Slack and Mattermost say ok, or nothing was taken") {
    for (const char* name : {"slack", "mattermost"}) {
        CHECK(verdict(name, 200, "ok") == Verdict::accepted);
        CHECK(verdict(name, 200, "ok\n") == Verdict::accepted);
        for (const char* body : {"", "no", "okay", "<html>sign in</html>", "{\"ok\":true}"}) {
            CHECK(verdict(name, 200, body) == Verdict::retry);
            CHECK(after(name, 200, body).failure == NotifyFailure::server_error);
        }
    }
}

TEST_CASE("of Discord the body's seconds go before the header's") {
    CHECK(verdict("discord", 204) == Verdict::accepted);
    CHECK(after("discord", 429, R"({"retry_after":0.529,"global":false})", "1").retry_after ==
          529'000'000);
    CHECK(after("discord", 429, "no JSON", "2").retry_after == 2 * ns_per_s);
    CHECK(after("discord", 429, R"({"retry_after":-3})").retry_after == std::nullopt);
    CHECK(after("discord", 429, R"({"retry_after":1e12})").retry_after == core::ns_per_day);
}

TEST_CASE("Discord's answers set the pace: when nothing is left of a bucket, until it is full") {
    const sinks::Format& discord = *sinks::find_format("discord");
    const auto after_headers = [&](int status, const std::string& remaining,
                                   const std::string& reset, const std::string& scope = "",
                                   const std::string& body = "") {
        PostReply reply;
        reply.status = status;
        reply.body = body;
        reply.headers = {{"X-RateLimit-Remaining", remaining},
                         {"X-RateLimit-Reset-After", reset},
                         {"X-RateLimit-Scope", scope}};
        return discord.outcome(reply, {"0.1.0", now, {}});
    };
    CHECK(after_headers(204, "0", "1.25").verdict == Verdict::accepted);
    CHECK(after_headers(204, "0", "1.25").pause == 1'250 * core::ns_per_ms);
    CHECK(after_headers(400, "0", "3").pause == 3 * ns_per_s);
    for (const char* left : {"1", "4", "10", "", "x", "-1"})
        CHECK(after_headers(204, left, "1.25").pause == std::nullopt);
    for (const char* never : {"", "soon", "-2"})
        CHECK(after_headers(204, "0", never).pause == std::nullopt);
    // A refusal that names no time itself means the bucket's.
    CHECK(after_headers(429, "0", "2.5").retry_after == 5 * ns_per_s / 2);
    CHECK(after_headers(429, "0", "2.5", "user", R"({"retry_after":0.5})").retry_after ==
          ns_per_s / 2);
    CHECK(after_headers(429, "3", "2", "shared").reason == "HTTP status 429 (the channel's limit)");
    CHECK(after_headers(429, "3", "2", "global").reason ==
          "HTTP status 429 (the limit of all Discord)");
    CHECK(after_headers(429, "3", "2", "<script>").reason == "HTTP status 429");
    // Exactly these are asked for.
    const auto sent = request_of(discord, settings_for("discord"), format_cases()[0].documents);
    CHECK(sent.wanted_headers == std::vector<std::string>{"X-RateLimit-Remaining",
                                                          "X-RateLimit-Reset-After",
                                                          "X-RateLimit-Scope"});
}

TEST_CASE("Telegram says ok in the body, moves conversations and refuses markup") {
    CHECK(verdict("telegram", 200, R"({"ok":true,"result":{}})") == Verdict::accepted);
    CHECK(verdict("telegram", 200, "hello") == Verdict::retry);
    CHECK(verdict("telegram", 200, R"({"ok":false,"error_code":403})") == Verdict::broken);
    CHECK(verdict("telegram", 401) == Verdict::broken);
    CHECK(after("telegram", 429, R"({"ok":false,"error_code":429,"parameters":{"retry_after":35}})")
              .retry_after == 35 * ns_per_s);

    const std::string moved =
        R"({"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1009876543210}})";
    Outcome outcome = after("telegram", 400, moved);
    CHECK(outcome.verdict == Verdict::retry);
    CHECK(outcome.retry_after == 0);
    REQUIRE(outcome.change);
    CHECK(outcome.change->chat_id == "-1009876543210");
    // Told the same again it would turn in circles.
    CHECK(after("telegram", 400, moved, "", *outcome.change).verdict == Verdict::dead);
    const auto sent = request_of(*sinks::find_format("telegram"), settings_for("telegram"),
                                 format_cases()[0].documents, *outcome.change);
    CHECK(json::parse(sent.body)["chat_id"] == "-1009876543210");

    const std::string markup =
        R"({"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: x"})";
    outcome = after("telegram", 400, markup, "", *outcome.change);
    CHECK(outcome.verdict == Verdict::retry);
    REQUIRE(outcome.change);
    CHECK(outcome.change->plain);
    CHECK(outcome.change->chat_id == "-1009876543210");
    CHECK(after("telegram", 400, markup, "", *outcome.change).verdict == Verdict::dead);
    const json plain =
        json::parse(request_of(*sinks::find_format("telegram"), settings_for("telegram"),
                               format_cases()[0].documents, *outcome.change)
                        .body);
    CHECK_FALSE(plain.contains("parse_mode"));
    CHECK(plain["text"].get<std::string>().find("<b>") == std::string::npos);

    CHECK(verdict("telegram", 400, R"({"ok":false,"description":"Bad Request: chat not found"})") ==
          Verdict::broken);
}

TEST_CASE("a workflow of Teams hides a refusal in a reply of 200") {
    CHECK(verdict("teams", 202) == Verdict::accepted);
    CHECK(verdict("teams", 200, "1") == Verdict::accepted);
    const std::string words =
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ";
    const Outcome limited = after("teams", 200, words + "429 with ContextId tcid=0");
    CHECK(limited.verdict == Verdict::retry);
    CHECK(limited.failure == NotifyFailure::rate_limited);
    CHECK(verdict("teams", 200, words + "413 with ContextId") == Verdict::dead);
    CHECK(verdict("teams", 200, words + "404") == Verdict::dead);
    CHECK(verdict("teams", 200, words) == Verdict::retry);
}

TEST_CASE("settings that a format lacks or has no use for are told by name and not by value") {
    const auto problem = [](const std::string& format, const auto& change) {
        auto settings = settings_for(format);
        change(settings);
        return sinks::check_settings(settings);
    };
    using Settings = sinks::WebhookSettings;
    CHECK(problem("slack", [](Settings& s) { s.chat_id = "7"; }) ==
          "the format slack has no use for chat_id");
    CHECK(problem("slack", [](Settings& s) { s.url.clear(); }) == "it has no address");
    CHECK(problem("telegram", [](Settings& s) { s.chat_id.clear(); }) ==
          "the format telegram needs chat_id");
    CHECK(problem("telegram", [](Settings& s) { s.token.clear(); }) ==
          "the format telegram needs token_file");
    for (const char* token : {"x", "123:short", ":AAAA-bbbb_CCCC-dddd_EEEE",
                              "12a:AAAA-bbbb_CCCC-dd", "123456789:AAAA-bbbb_CCCC/../x_EEEE-ffff"})
        CHECK(problem("telegram", [&](Settings& s) { s.token = token; }).find("token") !=
              std::string::npos);
    for (const char* chat : {"desk", "--7", "-", "@", "7 7", "@a/b"})
        CHECK(problem("telegram", [&](Settings& s) { s.chat_id = chat; }).find("chat_id") !=
              std::string::npos);
    CHECK(problem("telegram", [](Settings& s) { s.chat_id = "@desk_alerts"; }) == "");
    CHECK(problem("pagerduty", [](Settings& s) { s.routing_key = "short"; }) ==
          "the routing key is not 32 letters and digits");
    CHECK(problem("discord", [](Settings& s) { s.url = "https://discord.com/channels/1"; }) != "");
    CHECK(problem("discord",
                  [](Settings& s) { s.url = "https://discord.com/api/vx/webhooks/1"; }) != "");
    CHECK(problem("alertmanager", [](Settings& s) { s.url += "?x=y"; }) != "");
    CHECK(problem("webhook", [](Settings& s) { s.secret = "whsec_%%"; }) ==
          "the secret is not whsec_ followed by base64");
    CHECK(problem("webhook", [](Settings& s) { s.format = "carrier-pigeon"; }) ==
          "its format is none of ours");
}
