// notify-test as an operator types it, with a receiver on loopback that repeats what it is sent.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/commands/commands.hpp"
#include "tests/daemon/config_support.hpp"
#include "tests/support/caught_output.hpp"
#include "tests/support/http_receiver.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using test::HttpReceiver;
using test::Received;
using test::ScriptedReply;

namespace {

constexpr const char* path_secret = "T0KEN-0f-the-address";
constexpr const char* signing_secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
constexpr const char* hub_secret = "shared-with-the-hub";
constexpr const char* routing_key = "0123456789abcdef0123456789abcdef";
constexpr const char* bot_token = "123456789:AAAA-bbbb_CCCC-dddd_EEEE-ffff_G";

/// The small configuration with a feed for its source, and keys beside it.
std::string with_source(const test::TemporaryFolder& folder) {
    folder.write("feed-key", "a-key-of-a-feed");
    return test::spoiled(test::small_config, "feeds:\n",
                         "feeds:\n  - name: stocks\n    venue: alpaca\n    key_file: ./feed-key\n"
                         "    secret_file: ./feed-key\n"
                         "    instruments: {NVDA: NVDA, AVGO: AVGO}\n");
}

/// A configuration of which each webhook leads to the same receiver.
struct Desk {
    explicit Desk(ScriptedReply reply)
        : receiver([reply](const Received& request, std::size_t) {
              ScriptedReply out = reply;
              // As a receiver does that tells too much.
              if (out.body == "echo")
                  out.body = request.target + " " + request.headers.at("webhook-signature") + " " +
                             request.body;
              return out;
          }) {
        folder.write("url", receiver.url("services/" + std::string(path_secret)));
        folder.write("secret", signing_secret);
        folder.write("hub", hub_secret);
        folder.write("key", routing_key);
        folder.write("token", bot_token);
        config = folder.write("desk.yml", with_source(folder) + R"(webhooks:
  - {name: desk-chat, format: slack, url_file: ./url, allow_private: true}
  - {name: hook, url_file: ./url, secret_file: ./secret, hub_secret_file: ./hub, allow_private: true}
  - {name: on-call, format: pagerduty, url_file: ./url, routing_key_file: ./key, allow_private: true}
  - {name: phones, format: telegram, url_file: ./url, token_file: ./token, chat_id: "-1001234567890", allow_private: true}
)");
    }
    test::CaughtOutput run(const std::string& sink) const {
        std::vector<std::string> arguments{"contagiond", "notify-test", "--config.file=" + config,
                                           "--sink=" + sink};
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        return test::caught_output(output.path, [&] {
            return daemon::run_command_line(static_cast<int>(argv.size()), argv.data());
        });
    }
    HttpReceiver receiver;
    test::TemporaryFolder folder;
    test::TemporaryDirectory output;
    std::string config;
};

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

void check_no_secret(const test::CaughtOutput& told) {
    for (const char* secret : {path_secret, signing_secret, hub_secret, routing_key, bot_token,
                               "-1001234567890", "MDEyMzQ1"}) {
        INFO(secret << " in\n" << told.out << told.err);
        CHECK_FALSE(has(told.out + told.err, secret));
    }
}

ScriptedReply reply_of(int status, const std::string& body) {
    ScriptedReply reply;
    reply.status = status;
    reply.body = body;
    return reply;
}

}  // namespace

TEST_CASE("a test alert is sent once, and the exchange shown") {
    const Desk desk(reply_of(200, "ok"));
    const test::CaughtOutput told = desk.run("desk-chat");
    INFO(told.out << told.err);
    CHECK(told.code == 0);
    const auto received = desk.receiver.received();
    REQUIRE(received.size() == 1);
    CHECK(received[0].target == "/services/" + std::string(path_secret));
    CHECK(has(received[0].body, "TEST from desk-1"));
    CHECK(has(told.out,
              "> POST http://127.0.0.1:" + std::to_string(desk.receiver.port()) + "/<secret>\n"));
    CHECK(has(told.out, "> Content-Type: application/json\n"));
    CHECK(has(told.out, "> " + received[0].body + "\n"));
    CHECK(has(told.out, "< HTTP status 200\n<\n< ok\n"));
    CHECK(has(told.out, "\naccepted\n"));
    check_no_secret(told);
}

TEST_CASE("no secret is shown, in whatever part of the request it is, or of a talkative answer") {
    for (const char* sink : {"desk-chat", "hook", "on-call", "phones"}) {
        INFO(sink);
        const bool echoes = std::string(sink) == "hook";
        const Desk desk(reply_of(500, echoes ? "echo" : "no"));
        const test::CaughtOutput told = desk.run(sink);
        const auto received = desk.receiver.received();
        REQUIRE(received.size() == 1);
        check_no_secret(told);
        CHECK(has(told.out, "<secret>"));
        if (!echoes) continue;
        const std::string signature = received[0].headers.at("webhook-signature");
        CHECK_FALSE(has(told.out, signature));
        CHECK_FALSE(has(told.out, received[0].headers.at("x-hub-signature-256")));
        CHECK(has(told.out, "< <secret> "));
    }
}

TEST_CASE("what is not accepted is told with its reason, and ends with 1") {
    ScriptedReply later = reply_of(429, "rate_limited");
    later.headers = {{"Retry-After", "30"}};
    ScriptedReply gone = reply_of(200, "");
    gone.hang_up = true;
    struct Case {
        ScriptedReply reply;
        const char* line;
        const char* verdict;
    };
    for (const Case& one :
         {Case{reply_of(404, "no_service"), "< HTTP status 404\n<\n< no_service\n",
               "not accepted: HTTP status 404\n"},
          Case{later, "< Retry-After: 30\n", "not accepted: HTTP status 429\n"},
          Case{reply_of(200, "<html>sign in"), "< <html>sign in\n",
               "not accepted: HTTP status 200"},
          Case{gone, "< no answer: ", "not accepted: no answer"}}) {
        const Desk desk(one.reply);
        const test::CaughtOutput told = desk.run("desk-chat");
        INFO(told.out << told.err);
        CHECK(told.code == 1);
        CHECK(desk.receiver.received().size() == 1);
        CHECK(has(told.out, one.line));
        CHECK(has(told.out, one.verdict));
        check_no_secret(told);
    }
}

TEST_CASE("an unknown sink is told with the near name, and nothing is sent") {
    const Desk desk(reply_of(200, "ok"));
    const test::CaughtOutput near = desk.run("desk-caht");
    CHECK(near.code == 2);
    CHECK(has(near.err, "did you mean desk-chat?"));
    const test::CaughtOutput far = desk.run("zzzzzz");
    CHECK(far.code == 2);
    CHECK(has(far.err, "desk-chat, hook, on-call, phones"));
    CHECK_FALSE(has(far.err, "did you mean"));
    CHECK(desk.receiver.received().empty());

    const test::TemporaryFolder folder;
    const std::string config = folder.write("desk.yml", with_source(folder));
    std::vector<std::string> arguments{"contagiond", "notify-test", "--config.file=" + config,
                                       "--sink=desk-chat"};
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    const test::CaughtOutput none = test::caught_output(desk.output.path, [&] {
        return daemon::run_command_line(static_cast<int>(argv.size()), argv.data());
    });
    CHECK(none.code == 2);
    CHECK(has(none.err, "no webhooks"));
}
