// Secrets come from files, and never come back.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/config.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using test::ErrorLine;
using test::small_config;
using test::spoiled;
using test::TemporaryFolder;

namespace {

const std::string canary = "CANARY0123456789abcdefghijklmnopqrstuvwxyz";

/// The small configuration with a stocks feed that wants keys.
std::string with_keys(const std::string& key_file, const std::string& secret_file) {
    return spoiled(small_config, "feeds:\n",
                   "feeds:\n  - name: stocks\n    venue: alpaca\n    key_file: " + key_file +
                       "\n    secret_file: " + secret_file +
                       "\n    instruments: {NVDA: NVDA, AVGO: AVGO}\n");
}

std::string with_webhook(const std::string& lines) {
    return small_config + "webhooks:\n  - name: chat\n" + lines;
}

ErrorLine load_error(const TemporaryFolder& folder, const std::string& text) {
    const std::string file = folder.write("desk.yml", text);
    try {
        daemon::load_config(file);
    } catch (const daemon::ConfigError& error) {
        const std::string what = error.what();
        CHECK(what.find(canary) == std::string::npos);
        CHECK(what.find('\n') == std::string::npos);
        REQUIRE(what.rfind(file, 0) == 0);
        return test::take_apart("desk.yml" + what.substr(file.size()));
    }
    FAIL("no error in:\n" << text);
    return {};
}

class Environment {
  public:
    Environment(const char* name, const std::string& value) : name_(name) {
        ::setenv(name, value.c_str(), 1);
    }
    ~Environment() { ::unsetenv(name_); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

  private:
    const char* name_;
};

}  // namespace

TEST_CASE("secrets are read from files beside the configuration, and shown as a mark") {
    const TemporaryFolder folder;
    folder.write("key", canary + "K\n");
    folder.write("secret", canary + "S\n");
    folder.write("url", "https://chat.example/" + canary + "\n");
    folder.write("signing", "whsec_" + canary + "\n");
    const std::string text = with_keys("key", folder.path() + "/secret") +
                             "webhooks:\n  - {name: chat, url_file: ./url, secret_file: signing}\n"
                             "  - {name: open, url: \"https://open.example/" +
                             canary + "\"}\n";
    const daemon::Config config = daemon::load_config(folder.write("desk.yml", text));
    REQUIRE(config.feeds.size() == 2);
    CHECK(config.feeds[0].credentials.key == canary + "K");
    CHECK(config.feeds[0].credentials.secret == canary + "S");
    CHECK(config.feeds[1].credentials.empty());
    REQUIRE(config.webhooks.size() == 2);
    CHECK(config.webhooks[0].url == "https://chat.example/" + canary);
    CHECK(config.webhooks[0].secret == "whsec_" + canary);
    CHECK(config.webhooks[1].secret.empty());

    CHECK(config.resolved.find("CANARY") == std::string::npos);
    CHECK(config.resolved.find("<secret>") != std::string::npos);
    for (const std::string& warning : config.warnings) {
        CHECK(warning.find("CANARY") == std::string::npos);
    }

    // A journal replays where no secret is.
    const daemon::Config again = daemon::parse_config(config.resolved, "journal", "/nonexistent");
    CHECK(again.resolved == config.resolved);
    CHECK(again.engine.identity == config.engine.identity);
}

TEST_CASE("a venue is given what it wants: a key, and a secret only if it has one") {
    const TemporaryFolder folder;
    folder.write("key", canary + "K\n");
    const auto with = [](const std::string& venue, const std::string& files) {
        return spoiled(small_config, "feeds:\n",
                       "feeds:\n  - name: stocks\n    venue: " + venue + "\n" + files +
                           "    instruments: {NVDA: NVDA, AVGO: AVGO}\n");
    };
    for (const std::string venue : {"finnhub", "massive", "tiingo", "twelvedata"}) {
        INFO(venue);
        const daemon::Config config = daemon::load_config(
            folder.write("desk.yml", with(venue, "    key_file: key\n    secret_file: key\n")));
        CHECK(config.feeds[0].credentials.key == canary + "K");
        CHECK(config.feeds[0].credentials.secret.empty());
        std::string warnings;
        for (const std::string& warning : config.warnings) warnings += warning + "\n";
        CHECK(warnings.find(venue + " wants no secret") != std::string::npos);
        const bool has_quotes = config.feeds[0].venue->has_quotes;
        CHECK(config.feeds[0].listings[1].quotes == has_quotes);
        if (!has_quotes) {
            const std::string quotes_alone =
                spoiled(with(venue, "    key_file: key\n"), "AVGO: AVGO",
                        "AVGO: {symbol: AVGO, trades: false}");
            CHECK(load_error(folder, quotes_alone).key == "feeds[0].instruments.AVGO");
        }
        CHECK(config.resolved.find("CANARY") == std::string::npos);
        CHECK(config.resolved.find("key_file: <secret>") != std::string::npos);
        CHECK(config.resolved.find("secret_file") == std::string::npos);
        const daemon::Config again =
            daemon::parse_config(config.resolved, "journal", "/nonexistent");
        CHECK(again.resolved == config.resolved);
        CHECK(load_error(folder, with(venue, "")).key == "feeds[0]");
    }
}

TEST_CASE("a URL with a query is not shown, for it may hold a key") {
    const std::string text =
        spoiled(small_config, "venue: binance_spot",
                "venue: binance_spot\n    url: wss://x.example/ws?token=" + canary);
    const daemon::Config config = daemon::parse_config(text, "desk.yml", "/");
    CHECK(config.feeds[0].url == "wss://x.example/ws?token=" + canary);
    CHECK(config.resolved.find("CANARY") == std::string::npos);
    CHECK(daemon::parse_config(config.resolved, "r", "/").resolved == config.resolved);
}

TEST_CASE("a secret that cannot be trusted is refused by file, line and key") {
    const TemporaryFolder folder;
    folder.write("good", canary);
    folder.write("empty", " \n");
    folder.write("group", canary, 0640);
    folder.write("world", canary, 0604);
    folder.write("lines", canary + "\n" + canary + "\n");
    folder.write("large", std::string(70'000, 'x'));
    folder.write("http", "http://chat.example/" + canary);
    folder.write("nourl", canary);
    struct Bad {
        std::string name;
        std::string part;
    };
    const std::vector<Bad> table = {
        {"missing", "cannot be read"},
        {"empty", "is empty"},
        {"group", "open to others"},
        {"world", "open to others"},
        {"lines", "one line"},
        {"large", "larger than"},
        {"./", "regular file"},
        {"<secret>", "stands for"},
        {"\"\"", "names no file"},
        // A secret pasted where its file's name belongs.
        {canary, "cannot be read"},
    };
    for (const Bad& bad : table) {
        INFO(bad.name);
        ErrorLine error = load_error(folder, with_keys(bad.name, "good"));
        CHECK(error.line == 16);
        CHECK(error.key == "feeds[0].key_file");
        CHECK(error.whole.find(bad.part) != std::string::npos);
        error = load_error(folder, with_keys("good", bad.name));
        CHECK(error.line == 17);
        CHECK(error.key == "feeds[0].secret_file");
        error = load_error(folder, with_webhook("    url_file: " + bad.name + "\n"));
        CHECK(error.line == 26);
        CHECK(error.key == "webhooks[0].url_file");
    }
    ErrorLine error = load_error(folder, with_webhook("    url_file: http\n"));
    CHECK(error.key == "webhooks[0].url_file");
    error = load_error(folder, with_webhook("    url_file: nourl\n"));
    CHECK(error.key == "webhooks[0].url_file");
    error = load_error(folder, with_webhook("    url: https://h.example\n    secret_file: good\n"));
    CHECK(error.line == 27);
    CHECK(error.key == "webhooks[0].secret_file");
    error = load_error(folder, with_webhook("    url: https://h.example\n    secret: " + canary));
    CHECK(error.key == "webhooks[0].secret");
    CHECK(error.suggestion == "secret_file");
    error = load_error(folder, with_webhook("    url: https://u:" + canary + "@h.example\n"));
    CHECK(error.key == "webhooks[0].url");
    error = load_error(folder, with_webhook("    url: [" + canary + "]\n"));
    CHECK(error.key == "webhooks[0].url");
    error = load_error(folder, spoiled(small_config, "venue: binance_spot",
                                       "venue: binance_spot\n    ca_file: missing.pem"));
    CHECK(error.line == 16);
    CHECK(error.key == "feeds[0].ca_file");
    error = load_error(folder, spoiled(small_config, "venue: binance_spot",
                                       "venue: binance_spot\n    url: wss://u:" + canary + "@h/"));
    CHECK(error.key == "feeds[0].url");
    error = load_error(folder, spoiled(with_keys("good", "good"), "    key_file: good\n", ""));
    CHECK(error.key == "feeds[0]");
}

TEST_CASE("a bare name is a credential where the service manager passes any") {
    const TemporaryFolder folder;
    const TemporaryFolder credentials;
    folder.write("key", "beside");
    folder.write("secret", "beside");
    // The service manager gives the group bits that its access list needs.
    credentials.write("key", "passed", 0440);
    const Environment environment("CREDENTIALS_DIRECTORY", credentials.path());
    const daemon::Config config =
        daemon::load_config(folder.write("desk.yml", with_keys("key", "./secret")));
    CHECK(config.feeds[0].credentials.key == "passed");
    CHECK(config.feeds[0].credentials.secret == "beside");
    CHECK(load_error(folder, with_keys("key", "secret")).key == "feeds[0].secret_file");
}

TEST_CASE("a configuration that cannot be read is one sentence") {
    const TemporaryFolder folder;
    for (const std::string& file : {folder.path() + "/absent.yml", folder.path()}) {
        try {
            daemon::load_config(file);
            FAIL("read " << file);
        } catch (const daemon::ConfigError& error) {
            CHECK(std::string(error.what()).rfind(file + ": ", 0) == 0);
        }
    }
    const std::string file = folder.write("huge.yml", "# " + std::string(5u << 20, 'x'));
    CHECK_THROWS_AS(daemon::load_config(file), daemon::ConfigError);
}
