// A shadow beside the live engine, its journal, and the replay of both; and whose settings a replay
// goes by.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/decimal.hpp"
#include "daemon/app.hpp"
#include "daemon/app_metrics.hpp"
#include "daemon/config.hpp"
#include "daemon/engine_difference.hpp"
#include "daemon/replay.hpp"
#include "daemon/sinks/fan_out.hpp"
#include "daemon/sinks/journal.hpp"
#include "daemon/sinks/journal_files.hpp"
#include "daemon/sinks/shadow.hpp"
#include "tests/daemon/recorded_market.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/market_script.hpp"
#include "tests/support/temporary_directory.hpp"

namespace contagiond::daemon {
namespace {

using nlohmann::json;
using test::TemporaryDirectory;

const std::string base_text = std::string(config_text) + "web: {listen_address: \"127.0.0.1:0\"}\n";
const std::string early_text =
    "shadow: {name: early, detector: {threshold_factor: 0.6, follow_share: 0.5}}\n";
const std::string late_text = "shadow: {name: late, detector: {threshold_factor: 1.1}}\n";

Config parsed(const std::string& text) {
    return parse_config(text, "test.yml", ".");
}

std::vector<core::Input> recorded_inputs() {
    return live_inputs(parsed(base_text).engine.universe, start);
}

sinks::ShadowSettings shadow_settings(const Config& config) {
    return {config.shadow->name, config.shadow->engine,
            engine_differences(config.engine, config.shadow->engine), config.sha256};
}

/// The rooms of a live process from the engine on, without threads: engine, journal and shadow.
struct LiveRun {
    LiveRun(const std::filesystem::path& directory, const Config& config)
        : engine(config.engine),
          journal(journal_settings(directory, config), clock),
          shadow(shadow_settings(config), context(config)) {}

    static sinks::JournalSettings journal_settings(const std::filesystem::path& directory,
                                                   const Config& config) {
        sinks::JournalSettings settings;
        settings.directory = directory.string();
        settings.min_free_bytes = 0;
        settings.config_text = config.resolved;
        return settings;
    }
    sinks::DocumentContext context(const Config& config) {
        live_engine = config.engine;
        sinks::DocumentContext c;
        c.engine = &live_engine;
        // As a replay says it, so that documents can be compared as they are.
        c.mode = "replay";
        c.version = build_info().front().second;
        c.instance = config.instance;
        c.config_sha256 = config.sha256;
        return c;
    }
    void take(std::span<const core::Input> inputs) {
        for (std::size_t i = 0; i < inputs.size(); i += 100) {
            const auto batch = inputs.subspan(i, std::min<std::size_t>(100, inputs.size() - i));
            std::vector<sinks::Item> items(batch.begin(), batch.end());
            for (const core::Event& event : engine.step(batch)) items.emplace_back(event);
            journal.consume(items);
            shadow.consume(items);
        }
    }
    void change(const Config& next) {
        shadow.replace_at_mark(shadow_settings(next));
        journal.change_config_at_mark(next.resolved);
        const sinks::Item mark;
        journal.consume({&mark, 1});
        shadow.consume({&mark, 1});
    }
    /// The latest revision of each of its episodes, by id.
    std::map<std::string, std::string> told() const {
        std::map<std::string, std::string> documents;
        const auto list = nlohmann::ordered_json::parse(shadow.alerts_json(core::no_time, 500));
        for (const auto& document : list)
            documents[document["data"]["id"].get<std::string>()] = document.dump();
        return documents;
    }

    test::ManualClock clock{start};
    core::EngineConfig live_engine;
    core::Engine engine;
    sinks::Journal journal;
    sinks::Shadow shadow;
};

struct Told {
    std::vector<std::string> documents, shadow_documents;
    ReplayResult result;

    std::map<std::string, std::string> shadows() const {
        std::map<std::string, std::string> latest;
        for (const std::string& document : shadow_documents)
            latest[json::parse(document)["data"]["id"].get<std::string>()] = document;
        return latest;
    }
};

Told replay(const std::filesystem::path& journal, const std::string& config_file = {},
            core::TimeNs from = TimeRange{}.from) {
    Told told;
    ReplayListener listener;
    listener.document = [&](std::string_view d) { told.documents.emplace_back(d); };
    listener.shadow_document = [&](std::string_view d) { told.shadow_documents.emplace_back(d); };
    ReplayOptions options;
    options.files = {journal.string()};
    options.config_file = config_file;
    options.range.from = from;
    told.result = run_replay(options, listener);
    return told;
}

std::string shadow_of(const std::string& document) {
    return json::parse(document)["data"].value("shadow", "");
}

}  // namespace

TEST_CASE("a replay gives the very documents of the shadow that ran, and the live ones unmarked") {
    const TemporaryDirectory directory;
    const auto folder = directory.path / "journal";
    std::map<std::string, std::string> live;
    {
        LiveRun run(folder, parsed(base_text + early_text));
        run.take(recorded_inputs());
        live = run.told();
    }
    REQUIRE(live.size() >= 1);
    const Told told = replay(folder);
    CHECK(told.shadows() == live);
    CHECK(told.result.shadow_name == "early");
    CHECK(told.result.shadow_episodes == live.size());
    CHECK(told.result.shadow_documents == told.shadow_documents.size());
    REQUIRE_FALSE(told.documents.empty());
    for (const std::string& document : told.documents) CHECK(shadow_of(document).empty());
    for (const std::string& document : told.shadow_documents) CHECK(shadow_of(document) == "early");
    // The lower thresholds were met first, in an episode of another id.
    const json first = json::parse(told.documents.front())["data"];
    const json first_shadow = json::parse(told.shadow_documents.front())["data"];
    CHECK(first_shadow["detected_at"] < first["detected_at"]);
    CHECK(first_shadow["id"] != first["id"]);

    // And the live documents are those of a process that has no shadow, but for the digest.
    const auto plain_folder = directory.path / "plain";
    const Config plain = parsed(base_text);
    {
        LiveRun run(plain_folder, parsed(base_text + early_text));
        run.change(parsed(base_text + late_text));
        run.take(recorded_inputs());
    }
    const Told beside_another = replay(plain_folder);
    REQUIRE(beside_another.documents.size() == told.documents.size());
    for (std::size_t i = 0; i < told.documents.size(); ++i)
        CHECK(json::parse(beside_another.documents[i])["data"]["id"] ==
              json::parse(told.documents[i])["data"]["id"]);
    CHECK(plain.engine.identity == parsed(base_text + early_text).engine.identity);
}

TEST_CASE("a shadow that was changed while running changes at the same input in a replay") {
    const TemporaryDirectory directory;
    const auto folder = directory.path / "journal";
    const auto inputs = recorded_inputs();
    std::map<std::string, std::string> live;
    {
        LiveRun run(folder, parsed(base_text + late_text));
        // In the middle of a bar, an hour before the fall.
        run.take(std::span(inputs).first(inputs.size() * 3 / 8 + 7));
        run.change(parsed(base_text + early_text));
        run.take(std::span(inputs).subspan(inputs.size() * 3 / 8 + 7));
        live = run.told();
    }
    REQUIRE(live.size() >= 1);
    const Told told = replay(folder);
    CHECK(told.shadows() == live);
    CHECK(told.result.shadow_name == "early");
    // The live engine ran through.
    CHECK(told.result.restarts == 0);
    CHECK(told.result.configs == 1);
}

TEST_CASE("a shadow in a configuration for files is fitted to them as the live one is") {
    const TemporaryDirectory directory;
    const std::string file = tick_file(directory);
    // The same settings twice: the two must say the same of the same files.
    const std::string config = directory.file(
        "twice.yml", base_text + "shadow: {name: twin, detector: {enter_score: 0.8}}\n");
    const Told told = replay(file, config);
    REQUIRE_FALSE(told.documents.empty());
    REQUIRE(told.shadow_documents.size() == told.documents.size());
    for (std::size_t i = 0; i < told.documents.size(); ++i) {
        json live = json::parse(told.documents[i]), twin = json::parse(told.shadow_documents[i]);
        CHECK(twin["data"]["shadow"] == "twin");
        for (json* document : {&live, &twin})
            for (const char* key : {"id", "title", "shadow", "links"})
                (*document)["data"].erase(key);
        CHECK(live == twin);
    }
}

TEST_CASE("nobody listens: no shadow is run") {
    const TemporaryDirectory directory;
    const auto folder = directory.path / "journal";
    {
        LiveRun run(folder, parsed(base_text + early_text));
        run.take(recorded_inputs());
    }
    ReplayOptions options;
    options.files = {folder.string()};
    const ReplayResult result = run_replay(options, {});
    CHECK(result.shadow_name == "early");
    CHECK(result.shadow_documents == 0);
}

TEST_CASE("a journal replays under what it was recorded with, or says how what was given differs") {
    const TemporaryDirectory directory;
    const auto folder = directory.path / "journal";
    const std::string mild = base_text + "detector: {threshold_factor: 0.6, confirm: 20s}\n";
    {
        LiveRun run(folder, parsed(mild + early_text));
        run.take(recorded_inputs());
    }
    const Told recorded = replay(folder);
    CHECK(recorded.result.is_recorded_config);
    CHECK(
        recorded.result.differences ==
        std::vector<std::string>{"detector.threshold_factor 1 → 0.6", "detector.confirm 0s → 20s"});
    const Told given = replay(folder, directory.file("other.yml", base_text));
    CHECK_FALSE(given.result.is_recorded_config);
    CHECK(given.result.differences == std::vector<std::string>{"detector.threshold_factor 0.6 → 1",
                                                               "detector.confirm 20s → 0s"});
    CHECK(given.result.shadow_name.empty());
    CHECK(given.documents != recorded.documents);
    CHECK(replay(folder, directory.file("same.yml", mild)).result.differences.empty());
}

TEST_CASE("a stretch of a journal replays under the configuration of that stretch") {
    const TemporaryDirectory directory;
    const auto folder = directory.path / "journal";
    const auto inputs = recorded_inputs();
    const std::size_t half = inputs.size() / 4;
    const std::string strict = base_text + "detector: {threshold_factor: 10, source_fall: 9%}\n";
    const std::string mild = base_text + "detector: {threshold_factor: 0.6}\n";
    {
        LiveRun run(folder, parsed(strict + early_text));
        run.take(std::span(inputs).first(half));
    }
    // Prices come every ten seconds.
    const core::TimeNs again = inputs[half].ts_receive + core::ns_per_s;
    {
        LiveRun run(folder, parsed(mild + early_text));
        run.take(std::span(inputs).subspan(half));
    }
    const Told second = replay(folder, {}, again);
    REQUIRE_FALSE(second.documents.empty());
    CHECK(second.result.restarts == 0);
    CHECK(second.result.configs == 1);
    CHECK(json::parse(second.documents.front())["data"]["engine"]["config_sha256"] ==
          parsed(mild + early_text).sha256);
}

TEST_CASE("a reload brings a shadow, changes it and takes it out, and the engine runs on") {
    const TemporaryDirectory directory;
    Overrides overrides;
    overrides.storage_path = (directory.path / "state").string();
    // No feeds: nothing is connected to, and time still passes.
    std::string text = base_text;
    const std::size_t at = text.find("feeds:");
    text.erase(at, text.find("engine:") - at);
    const auto config = [&](const std::string& shadow) {
        return parse_config(text + shadow, "desk.yml", directory.path.string(), overrides);
    };
    AppSettings settings;
    settings.config = config("");
    App app(std::move(settings));
    app.start();
    const auto wait_for = [&](const char* running) {
        const std::string wanted = fmt::format("\ncontagiond_shadow_running {}\n", running);
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (app.metrics_page().find(wanted) == std::string::npos)
            if (std::chrono::steady_clock::now() > until) return false;
        return true;
    };
    CHECK(wait_for("0"));
    CHECK(app.reload(config(early_text)) == ReloadOutcome::applied);
    CHECK(wait_for("1"));
    CHECK(app.reload(config(early_text)) == ReloadOutcome::unchanged);
    CHECK(app.reload(config(late_text)) == ReloadOutcome::applied);
    CHECK(app.config().shadow->name == "late");
    CHECK(app.reload(config("")) == ReloadOutcome::applied);
    CHECK(wait_for("0"));
    CHECK(app.reload(config("detector: {confirm: 1m}\n")) == ReloadOutcome::needs_restart);
    app.stop(9);
    // One run, under four configurations in turn.
    const Told told = replay(directory.path / "state" / "journal");
    CHECK(told.result.restarts == 0);
    CHECK(told.result.configs == 1);
    CHECK(sinks::list_segments((directory.path / "state" / "journal").string()).size() == 4);
}

}  // namespace contagiond::daemon
