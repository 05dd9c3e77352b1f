// Every file an operator is given is well, and the reference leaves no key out.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "core/symbol.hpp"
#include "daemon/app.hpp"
#include "daemon/config.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;

namespace {

std::filesystem::path config_folder() {
    return std::filesystem::path(CONTAGIOND_SOURCE_DIR) / "config";
}

std::string read_all(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Loads a copy in a folder that holds a made-up secret for every file it names.
daemon::Config load_copy(const std::filesystem::path& path, const test::TemporaryFolder& folder) {
    const std::string text = read_all(path);
    const std::regex secret_key("([a-z_]*_file): ([A-Za-z0-9._-]+)");
    for (std::sregex_iterator it(text.begin(), text.end(), secret_key), end; it != end; ++it) {
        const std::string name = (*it)[2];
        std::string secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
        if ((*it)[1] == "url_file") secret = "https://hooks.example.com/x";
        if ((*it)[1] == "token_file") secret = "123456789:AAAA-bbbb_CCCC-dddd_EEEE-ffff_G";
        if ((*it)[1] == "routing_key_file") secret = "0123456789abcdef0123456789abcdef";
        folder.write(name, secret);
    }
    return daemon::load_config(folder.write(path.filename(), text));
}

/// Keys of a text: whatever stands before a colon, also inside braces.
std::set<std::string> keys_of(const std::string& text) {
    std::set<std::string> keys;
    const std::regex key("(^|[ \n{])([a-z_]+):");
    for (std::sregex_iterator it(text.begin(), text.end(), key), end; it != end; ++it) {
        keys.insert((*it)[2]);
    }
    return keys;
}

}  // namespace

TEST_CASE("every configuration file in config/ is well and warns of nothing") {
    int seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(config_folder())) {
        if (entry.path().extension() != ".yml") continue;
        INFO(entry.path());
        ++seen;
        const test::TemporaryFolder folder;
        const daemon::Config config = load_copy(entry.path(), folder);
        CHECK(config.warnings == std::vector<std::string>{});
        CHECK(config.engine.universe.feeds.size() == config.feeds.size());
        const daemon::Config again = daemon::parse_config(config.resolved, "again", "/");
        CHECK(again.resolved == config.resolved);
    }
    CHECK(seen >= 3);
}

TEST_CASE("the configuration without keys has both legs, asks for no secret, and starts") {
    // Not a copy with secrets beside it: what it needs must be in the file itself.
    daemon::Config config = daemon::load_config(config_folder() / "keyless.yml");
    CHECK(config.warnings == std::vector<std::string>{});
    const core::EngineConfig& engine = config.engine;
    const core::Universe& universe = engine.universe;

    std::vector<std::set<std::string>> venues(universe.instruments.size());
    for (const feeds::SessionSettings& feed : config.feeds) {
        INFO(feed.name);
        CHECK(feed.venue->keys == feeds::Keys::none);
        CHECK(feed.credentials.empty());
        for (const feeds::Listing& listing : feed.listings)
            venues[listing.instrument].emplace(feed.venue->id);
    }
    for (const core::InstrumentId target : engine.targets) CHECK(venues[target].size() >= 3);
    double weight = 0, proxies = 0;
    for (const core::Member& member : universe.groups[engine.source_group].members) {
        const core::Instrument& instrument = universe.instruments[member.instrument];
        INFO(instrument.symbol);
        CHECK(!venues[member.instrument].empty());
        CHECK(core::is_proxy(instrument.symbol));
        CHECK(instrument.market == core::Market::always);
        weight += member.weight;
        proxies += core::is_proxy(instrument.symbol) ? member.weight : 0;
    }
    CHECK(proxies == weight);

    // The whole daemon from it, with every venue replaced by a door that is shut.
    const test::TemporaryFolder folder;
    config.storage_path = folder.path();
    config.journal.directory = folder.path() + "/journal";
    config.web.listen_address = "127.0.0.1:0";
    for (feeds::SessionSettings& feed : config.feeds) feed.url = "ws://127.0.0.1:1/";
    daemon::AppSettings settings;
    settings.config = config;
    daemon::App app(std::move(settings));
    app.start();
    CHECK(app.port() != 0);
    const std::string metrics = app.metrics_page();
    for (const feeds::SessionSettings& feed : config.feeds) {
        INFO(feed.name);
        CHECK(metrics.find("feed=\"" + feed.name + "\"") != std::string::npos);
    }
    app.stop(5);
}

TEST_CASE("the desk's configuration has shares and what stands for them, each under its name") {
    const test::TemporaryFolder folder;
    const daemon::Config config = load_copy(config_folder() / "desk.yml", folder);
    std::set<feeds::Keys> keys;
    for (const feeds::SessionSettings& feed : config.feeds) {
        keys.insert(feed.venue->keys);
        for (const feeds::Listing& listing : feed.listings) {
            const std::string& ours = config.engine.universe.instruments[listing.instrument].symbol;
            INFO(feed.name << " " << ours << " " << listing.symbol);
            const auto canonical = feeds::canonical_symbol(*feed.venue, listing.symbol, feed.url);
            REQUIRE(canonical);
            CHECK(core::underlying_of(*canonical) == core::underlying_of(ours));
        }
    }
    CHECK(keys.size() == 3);
    // At night enough is left of the source to be judged by.
    double weight = 0, always = 0;
    for (const core::Member& member :
         config.engine.universe.groups[config.engine.source_group].members) {
        weight += member.weight;
        if (config.engine.universe.instruments[member.instrument].market == core::Market::always)
            always += member.weight;
    }
    CHECK(always / weight > 0.25);
}

TEST_CASE("the reference file shows every key, and the defaults it states are the defaults") {
    const test::TemporaryFolder folder;
    const daemon::Config config = load_copy(config_folder() / "contagiond.yml", folder);
    const std::string reference = read_all(config_folder() / "contagiond.yml");
    const std::set<std::string> shown = keys_of(reference);
    const std::set<std::string> all = keys_of(config.resolved);
    CHECK(all.size() > 50);
    for (const std::string& key : all) {
        INFO(key);
        CHECK(shown.contains(key));
    }
    CHECK(shown.contains("url_file"));

    // The same file without its defaults comes to the same engine.
    std::string bare = reference;
    for (const char* section : {"detector", "journal", "ring_slots", "web", "storage"}) {
        bare = std::regex_replace(
            bare, std::regex("(^|\n)" + std::string(section) + ":[^\n]*(\n[ ]+[^\n]*)*"), "$1");
    }
    for (const char* key : {"bar", "correlation_windows", "selloff_horizons", "baseline_half_life",
                            "correlation_half_life", "warmup", "lateness", "tick_window",
                            "link_window", "link_before", "study_interval"}) {
        bare = std::regex_replace(bare, std::regex("\n  " + std::string(key) + ": [^\n]*"), "");
    }
    REQUIRE(keys_of(bare).size() + 30 < shown.size());
    const daemon::Config defaults = daemon::load_config(folder.write("bare.yml", bare));
    CHECK(defaults.resolved == config.resolved);
}
