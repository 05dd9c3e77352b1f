// Webhooks in the configuration: what each format needs, and what cannot work stops the start.
#include <catch2/catch.hpp>

#include "daemon/config_diff.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using test::small_config;
using test::TemporaryFolder;

namespace {

const std::string canary = "CANARYCANARYCANARYCANARYCANARY12";

/// One webhook of these lines, with secrets beside the file that hold the canary.
std::string with_webhook(const TemporaryFolder& folder, const std::string& lines) {
    folder.write("token", "123456789:" + canary);
    folder.write("key", canary);
    folder.write("signing", "whsec_" + canary);
    folder.write("url", "https://discord.example/api/webhooks/1/" + canary);
    const std::string text =
        test::spoiled(small_config, "feeds:\n",
                      "feeds:\n  - name: stocks\n    venue: alpaca\n    key_file: key\n"
                      "    secret_file: key\n    instruments: {NVDA: NVDA, AVGO: AVGO}\n");
    return folder.write("desk.yml", text + "webhooks:\n  - name: desk\n" + lines);
}

std::string error_of(const std::string& lines) {
    const TemporaryFolder folder;
    const std::string file = with_webhook(folder, lines);
    try {
        daemon::load_config(file);
    } catch (const daemon::ConfigError& error) {
        const std::string what = error.what();
        CHECK(what.find(canary) == std::string::npos);
        CHECK(what.find("webhooks[0]") != std::string::npos);
        return what.substr(what.find("webhooks[0]"));
    }
    return "no error";
}

}  // namespace

TEST_CASE("every format is configured by what it needs, and written out without its secrets") {
    const std::vector<std::pair<std::string, std::string>> formats = {
        {"webhook",
         "    url: https://h.example/x\n    secret_file: signing\n"
         "    hub_secret_file: key\n"},
        {"slack", "    format: slack\n    url_file: url\n"},
        {"discord", "    format: discord\n    url_file: url\n"},
        {"teams", "    format: teams\n    url_file: url\n"},
        {"mattermost", "    format: mattermost\n    url_file: url\n"},
        {"googlechat", "    format: googlechat\n    url_file: url\n"},
        {"telegram", "    format: telegram\n    token_file: token\n    chat_id: \"-100123\"\n"},
        {"pagerduty", "    format: pagerduty\n    routing_key_file: key\n"},
        {"alertmanager",
         "    format: alertmanager\n    url: http://127.0.0.1:9093\n"
         "    allow_private: true\n"},
    };
    for (const auto& [name, lines] : formats) {
        INFO(name);
        const TemporaryFolder folder;
        const daemon::Config config = daemon::load_config(with_webhook(folder, lines));
        REQUIRE(config.webhooks.size() == 1);
        CHECK(config.webhooks[0].format == name);
        CHECK(config.resolved.find(canary) == std::string::npos);
        for (const std::string& warning : config.warnings)
            CHECK(warning.find("signed") == std::string::npos);
        const daemon::Config again = daemon::parse_config(config.resolved, "again", "/");
        CHECK(again.resolved == config.resolved);
        CHECK(again.webhooks[0].format == name);
        CHECK(again.webhooks[0].chat_id == config.webhooks[0].chat_id);
    }
}

TEST_CASE("a webhook that cannot be built stops the start in plain words") {
    const std::string url = "    url: https://h.example/x\n";
    CHECK(error_of("    format: telegram\n    chat_id: \"7\"\n") ==
          "webhooks[0]: the format telegram needs token_file");
    CHECK(error_of("    format: telegram\n    token_file: token\n") ==
          "webhooks[0]: the format telegram needs chat_id");
    CHECK(error_of("    format: telegram\n    token_file: key\n    chat_id: \"7\"\n")
              .find("the token is not") != std::string::npos);
    CHECK(error_of("    format: pagerduty\n") ==
          "webhooks[0]: the format pagerduty needs routing_key_file");
    CHECK(error_of("    format: pagerduty\n    routing_key_file: token\n").find("routing key") !=
          std::string::npos);
    CHECK(error_of("    format: slack\n") == "webhooks[0]: has neither url nor url_file");
    CHECK(error_of("    format: slack\n    secret_file: signing\n" + url) ==
          "webhooks[0]: the format slack has no use for secret_file");
    CHECK(error_of("    chat_id: \"7\"\n" + url) ==
          "webhooks[0]: the format webhook has no use for chat_id");
    CHECK(error_of("    format: discord\n" + url).find("no webhook of Discord") !=
          std::string::npos);
    CHECK(error_of("    format: carrier-pigeon\n" + url).find("webhooks[0].format") == 0);
    CHECK(error_of("    format: slakc\n" + url).find("slack") != std::string::npos);
    CHECK(error_of("    format: alertmanager\n    url: http://127.0.0.1:9093\n").find("url") !=
          std::string::npos);
}

TEST_CASE("another format, conversation or key is another delivery") {
    sinks::WebhookSettings a;
    a.name = "desk";
    for (const auto member :
         {&sinks::WebhookSettings::url, &sinks::WebhookSettings::format,
          &sinks::WebhookSettings::secret, &sinks::WebhookSettings::hub_secret,
          &sinks::WebhookSettings::token, &sinks::WebhookSettings::chat_id,
          &sinks::WebhookSettings::routing_key, &sinks::WebhookSettings::ca_file}) {
        sinks::WebhookSettings b = a;
        CHECK(daemon::same_delivery(a, b));
        b.*member += "x";
        CHECK_FALSE(daemon::same_delivery(a, b));
    }
}
