#include "daemon/replay.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "core/crc32c.hpp"
#include "core/decimal.hpp"
#include "core/journal_codec.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/default_config.hpp"
#include "daemon/evidence_csv.hpp"
#include "daemon/journal_reader.hpp"
#include "daemon/replay_plan.hpp"
#include "daemon/sinks/journal.hpp"
#include "daemon/sinks/journal_files.hpp"
#include "daemon/utc_time.hpp"
#include "tests/daemon/recorded_market.hpp"
#include "tests/support/random_events.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/temporary_directory.hpp"

namespace contagiond::daemon {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using nlohmann::json;
using test::TemporaryDirectory;

constexpr std::uint64_t market_rows = market_hours * 360;  // of ten seconds

/// Everything a replay says.
struct Told {
    std::vector<std::string> documents;
    std::uint64_t rows = 0;
    std::size_t rows_hash = 0;
    std::vector<std::shared_ptr<const core::Episode>> episodes;
    ReplayResult result;
};

Told replay(const ReplayOptions& options) {
    Told told;
    ReplayListener listener;
    listener.document = [&](std::string_view d) { told.documents.emplace_back(d); };
    listener.event = [&](const core::Event& event, const core::EngineConfig&) {
        if (const auto* changed = std::get_if<core::EpisodeChanged>(&event))
            told.episodes.push_back(changed->episode);
        const auto* e = std::get_if<core::CorrelationMeasured>(&event);
        if (e == nullptr) return;
        ++told.rows;
        told.rows_hash = told.rows_hash * 1099511628211u +
                         std::hash<double>{}(e->value.value_or(2)) + e->effective_samples;
    };
    told.result = run_replay(options, listener);
    return told;
}

Told replay_files(std::vector<std::string> files) {
    ReplayOptions options;
    options.files = std::move(files);
    return replay(options);
}

void check_same(const std::vector<std::shared_ptr<const core::Episode>>& a,
                const std::vector<std::shared_ptr<const core::Episode>>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(test::same(*a[i], *b[i]));
}

int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "contagiond");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    return run_command_line(static_cast<int>(argv.size()), argv.data());
}

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a tick file gives the spillover that is in it, twice the same") {
    const TemporaryDirectory directory;
    const std::string path = tick_file(directory);
    const Told first = replay_files({path}), second = replay_files({path});
    REQUIRE(first.result.episodes == 1);
    CHECK(first.documents == second.documents);
    CHECK(first.rows == second.rows);
    CHECK(first.rows_hash == second.rows_hash);
    const json opened = json::parse(first.documents.front());
    CHECK(opened["type"] == "contagion.alert.opened");
    CHECK(opened["data"]["mode"] == "replay");
    CHECK(opened["data"]["source"]["group"] == "us_tech");
    CHECK(opened["data"]["rule"] == "tech_to_crypto");
    CHECK_THAT(opened["data"]["title"].get<std::string>(), Contains("[REPLAY]"));
    CHECK(opened["data"]["target"]["venue"] == "file");
    CHECK(json::parse(first.documents.back())["type"] == "contagion.alert.resolved");
    CHECK(first.result.inputs == market_rows * 5);
    CHECK(first.result.ts_first == start + 10 * core::ns_per_s);
    CHECK(first.result.ts_last == start + market_hours * core::ns_per_hour);
    CHECK(first.result.bar == 10 * core::ns_per_s);
    // Every row ends a bar, the first and the last one too.
    CHECK(first.result.bars == market_rows);
    CHECK_FALSE(first.result.has_journal);
}

TEST_CASE("a stretch of a tick file is all that is fed") {
    const TemporaryDirectory directory;
    ReplayOptions options;
    options.files = {tick_file(directory)};
    options.range = {start + core::ns_per_hour, start + 2 * core::ns_per_hour};
    const Told told = replay(options);
    CHECK(told.result.inputs == 360u * 5);
    CHECK(told.result.ts_first == start + core::ns_per_hour);
    CHECK(told.result.ts_last == start + 2 * core::ns_per_hour - 10 * core::ns_per_s);
    CHECK(told.documents.empty());
}

TEST_CASE("symbols that are not configured are named and change nothing") {
    const TemporaryDirectory directory;
    const std::string path = tick_file(directory);
    const std::string more = directory.file(
        "more.csv", fmt::format("ts_ns,symbol,price,size\n"
                                "{},PG,160,1\n{},PG,1,1\n",
                                start + core::ns_per_hour, start + 5 * core::ns_per_hour));
    const Told told = replay_files({path, more});
    CHECK(told.documents == replay_files({path}).documents);
    CHECK(told.result.report.ignored == decltype(told.result.report.ignored){{"PG", 2}});
}

TEST_CASE("bars set the step of the grid, and windows stay long enough to mean something") {
    core::EngineConfig config = default_engine_config();
    std::vector<core::DurationNs> longest(config.universe.instruments.size(), 0);
    longest[0] = 30 * core::ns_per_min;
    fit_to_bars(config, core::ns_per_min, longest);
    CHECK(config.bar == core::ns_per_min);
    CHECK(config.correlation_windows == std::vector<core::DurationNs>{12 * core::ns_per_min,
                                                                      15 * core::ns_per_min,
                                                                      60 * core::ns_per_min});
    CHECK(config.selloff_horizons == core::EngineConfig{}.selloff_horizons);
    CHECK(config.universe.instruments[0].staleness_bound == core::ns_per_hour);
    CHECK(config.universe.instruments[1].staleness_bound == 90 * core::ns_per_s);
    CHECK(config.link_window == core::ns_per_hour);
    CHECK(config.link_before == 4 * core::ns_per_hour);
    CHECK(config.study_interval == 15 * core::ns_per_min);
    CHECK(core::check(config).empty());

    core::EngineConfig half_hours = config;
    fit_to_bars(half_hours, 30 * core::ns_per_min, longest);
    CHECK(half_hours.link_window == 12 * core::ns_per_hour);
    CHECK(half_hours.link_before == core::ns_per_day);
    CHECK(half_hours.study_interval == 450 * core::ns_per_min);
    CHECK(core::check(half_hours).empty());
    // Longer than any window may be: the longest there is, in whole bars.
    fit_to_bars(half_hours, 5 * core::ns_per_hour, longest);
    CHECK(half_hours.link_window == 5 * core::ns_per_day);
    CHECK(half_hours.link_before == 165 * core::ns_per_hour);
    CHECK(core::check(half_hours).empty());

    fit_to_bars(config, core::ns_per_hour, longest);
    CHECK(config.correlation_windows == std::vector<core::DurationNs>{12 * core::ns_per_hour});
    CHECK(config.selloff_horizons ==
          std::vector<core::DurationNs>{2 * core::ns_per_hour, 4 * core::ns_per_hour});
    CHECK(config.link_window == core::ns_per_day);
    CHECK(config.link_before == 48 * core::ns_per_hour);
    CHECK(core::check(config).empty());

    core::EngineConfig coarse = default_engine_config();
    fit_to_bars(coarse, 4 * core::ns_per_hour, longest);
    CHECK(core::check(coarse).empty());

    core::EngineConfig finer = default_engine_config();
    fit_to_bars(finer, core::ns_per_s, std::vector<core::DurationNs>(longest.size(), 0));
    CHECK(finer.bar == 10 * core::ns_per_s);
    CHECK(finer.correlation_windows == core::EngineConfig{}.correlation_windows);
    CHECK(finer.link_window == core::EngineConfig{}.link_window);
    CHECK(finer.link_before == core::EngineConfig{}.link_before);
    CHECK(finer.study_interval == core::EngineConfig{}.study_interval);
}

TEST_CASE("files wait for nothing, and a journal waits as its configuration said") {
    const TemporaryDirectory directory;
    const std::string bars = directory.file("nvda_us_1m_x.csv",
                                            "ts_utc,open,high,low,close,volume\n"
                                            "2025-01-27T14:30:00Z,1,1,1,1,1\n");
    const auto lateness = [](std::vector<std::string> files, const std::string& config_file = "") {
        ReplayOptions options;
        options.files = std::move(files);
        options.config_file = config_file;
        ReadReport report;
        return plan_replay(options, report)->config.engine.lateness;
    };
    const std::string config =
        directory.file("desk.yml", std::string(config_text) + "  bar: 10s\n  lateness: 2s\n");
    const std::string ticks = tick_file(directory);
    CHECK(lateness({ticks}) == 0);
    CHECK(lateness({ticks}, config) == 0);
    CHECK(lateness({"NVDA=" + bars}) == 0);
    CHECK(lateness({ticks, "NVDA=" + bars}, config) == 0);

    const fs::path journal = directory.path / "journal";
    live_run(journal, start);
    CHECK(lateness({journal.string()}) == core::EngineConfig{}.lateness);
    CHECK(lateness({journal.string()}, config) == 2 * core::ns_per_s);
    CHECK(lateness({journal.string(), ticks}) == core::EngineConfig{}.lateness);
}

TEST_CASE("the built-in universe is well, and weighs what is there") {
    const core::EngineConfig all = default_engine_config();
    CHECK(core::check(all).empty());
    CHECK(all.targets.size() == 2);
    const auto weight = [](const core::EngineConfig& config, const std::string& symbol) {
        for (const core::Member& m : config.universe.groups[0].members)
            if (config.universe.instruments[m.instrument].symbol == symbol) return m.weight;
        return 0.0;
    };
    CHECK(weight(all, "NQ") + weight(all, "QQQ") == Approx(0.3));
    CHECK(weight(all, "NVDA") == Approx(0.7 / 12));
    const core::EngineConfig some = default_engine_config({"NVDA", "AMD", "NQ", "PG"});
    CHECK(core::check(some).empty());
    CHECK(some.universe.groups[0].members.size() == 3);
    CHECK(weight(some, "NVDA") == Approx(0.35));
    CHECK(weight(some, "NQ") == Approx(0.3));
    CHECK(default_engine_config({"BTC-USD"}).universe.groups[0].members.size() ==
          all.universe.groups[0].members.size());
}

TEST_CASE("after days of silence in files the engine starts afresh") {
    const TemporaryDirectory directory;
    std::string text = "ts_ns,symbol,price,size\n";
    for (int i = 0; i < 100; ++i)
        text += fmt::format("{},NVDA,100,1\n", start + i * 10 * core::ns_per_s);
    for (int i = 0; i < 100; ++i)
        text +=
            fmt::format("{},NVDA,10,1\n", start + 4 * core::ns_per_day + i * 10 * core::ns_per_s);
    const Told told = replay_files({directory.file("t.csv", text)});
    CHECK(told.result.restarts == 1);
    CHECK(told.result.bars == 2 * 100);
    CHECK(told.documents.empty());
}

TEST_CASE("a paced replay asks before each later moment, when all before it is told") {
    const TemporaryDirectory directory;
    ReplayOptions options;
    options.files = {tick_file(directory)};
    std::vector<core::TimeNs> asked;
    core::TimeNs told = 0;
    bool in_time = true;
    ReplayListener listener;
    listener.event = [&](const core::Event& event, const core::EngineConfig&) {
        if (const auto* closed = std::get_if<core::BarClosed>(&event)) {
            told = closed->ts;
            in_time = in_time && closed->ts < asked.back() + 1;
        }
    };
    listener.pace = [&](core::TimeNs ts) {
        in_time = in_time && (asked.empty() || asked.back() < ts);
        in_time = in_time && (told == 0 || ts - told <= 10 * core::ns_per_s + 1);
        asked.push_back(ts);
    };
    const ReplayResult result = run_replay(options, listener);
    CHECK(in_time);
    CHECK(result.episodes == 1);
    CHECK(asked.front() == start + 10 * core::ns_per_s);
    CHECK(asked.size() >= market_rows);
}

TEST_CASE("a journal replays to the episodes its process told, under its own configuration") {
    const TemporaryDirectory directory;
    const fs::path journal = directory.path / "journal";
    const auto live = live_run(journal, start);
    REQUIRE(live.size() >= 2);
    CHECK(sinks::list_segments(journal.string()).size() > 3);
    const Told told = replay_files({journal.string()});
    check_same(told.episodes, live);
    CHECK(told.result.has_journal);
    CHECK_FALSE(told.result.journal.damaged());
    CHECK(told.result.restarts == 0);
    const json opened = json::parse(told.documents.front());
    CHECK(opened["data"]["engine"]["instance"] == "test-desk");
    CHECK(opened["data"]["target"]["venue"] == "coinbase_exchange");

    // The segments one by one are the same journal.
    std::vector<std::string> segments;
    for (const auto& segment : sinks::list_segments(journal.string()))
        segments.push_back(segment.path);
    CHECK(replay_files(segments).documents == told.documents);

    // And again under another configuration, in which every number is another one.
    const std::string other = directory.file("other.yml", R"(
instruments:
  NVDA: {class: equity}
  AMD: {class: equity}
  BTC-USD: {class: crypto}
  ETH-USD: {class: crypto}
groups:
  us_tech: {NVDA: 0.5, AMD: 0.5}
feeds: []
engine:
  source: us_tech
  targets: [BTC-USD, ETH-USD]
)");
    ReplayOptions options;
    options.files = {journal.string()};
    options.config_file = other;
    const Told again = replay(options);
    REQUIRE(again.result.episodes == 1);
    CHECK(again.result.report.ignored.count("NQ") == 1);
    CHECK(json::parse(again.documents.front())["data"]["source"]["members"].size() == 2);
}

TEST_CASE("each run in a journal gets an engine of its own, as it had") {
    const TemporaryDirectory directory;
    const fs::path journal = directory.path / "journal";
    auto live = live_run(journal, start);
    for (auto& episode : live_run(journal, start + 9 * core::ns_per_hour)) live.push_back(episode);
    const Told told = replay_files({journal.string()});
    check_same(told.episodes, live);
    CHECK(told.result.restarts == 1);
    CHECK(told.result.episodes == 2);
}

TEST_CASE("a truncated journal replays up to the tear and says what was lost") {
    const TemporaryDirectory directory;
    const fs::path journal = directory.path / "journal";
    const auto live = live_run(journal, start);
    const auto segments = sinks::list_segments(journal.string());
    const std::uint64_t whole = replay_files({journal.string()}).result.inputs;
    fs::resize_file(segments.back().path, segments.back().bytes - 10);
    const Told torn = replay_files({journal.string()});
    CHECK(torn.result.journal.lost == 1);
    CHECK(torn.result.journal.torn_tail);
    CHECK(torn.result.inputs + 1 >= whole);
    check_same(torn.episodes, live);

    // A hole in the middle is stepped over, and counted too.
    fs::remove(segments[1].path);
    const Told holed = replay_files({journal.string()});
    CHECK(holed.result.journal.lost > 100);
    CHECK(holed.result.inputs + holed.result.journal.lost > whole);
}

TEST_CASE("a journal without any configuration needs one given") {
    const TemporaryDirectory directory;
    core::JournalBytes bytes;
    core::append_record(bytes, 0, core::Input::make_clock(start));
    const std::string path = directory.file(
        "00000001.journal", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    CHECK_THROWS_WITH(replay_files({path}), Contains("--config.file"));
}

TEST_CASE(
    "the command writes documents, compares them, and tells the first difference by its code") {
    const TemporaryDirectory directory;
    const std::string ticks = tick_file(directory);
    const std::string alerts = (directory.path / "alerts.jsonl").string();
    const std::string evidence = (directory.path / "evidence.csv").string();
    REQUIRE(run({"replay", ticks, "--alerts=" + alerts, "--evidence=" + evidence}) == exit_well);
    const std::string documents = content(alerts);
    CHECK(std::count(documents.begin(), documents.end(), '\n') >= 2);
    CHECK(run({"replay", ticks, "--assert=" + alerts}) == exit_well);
    for (const std::string& wrong :
         {documents.substr(0, documents.size() - 2) + "]\n", documents + "{}\n",
          documents.substr(0, documents.find('\n') + 1), std::string()})
        CHECK(run({"replay", ticks, "--assert=" + directory.file("wrong.jsonl", wrong)}) ==
              exit_failed);

    // Every row has the columns of the first line, and no statistic stands twice.
    std::istringstream rows(content(evidence));
    std::string line, last_correlation;
    REQUIRE(std::getline(rows, line));
    CHECK(line == evidence_header());
    const auto columns = std::count(line.begin(), line.end(), ',');
    std::set<std::string> seen, statistics;
    std::size_t wrong = 0, twice = 0;
    while (std::getline(rows, line)) {
        if (std::count(line.begin(), line.end(), ',') != columns) ++wrong;
        std::size_t end = 0;  // behind ts,source,target,window_s,statistic
        for (int i = 0; i < 5; ++i) end = line.find(',', end) + 1;
        if (!seen.insert(line.substr(0, end)).second) ++twice;
        const std::size_t begin = line.rfind(',', end - 2) + 1;
        statistics.insert(line.substr(begin, end - 1 - begin));
        if (line.find(",us_tech,ETH-USD,3600,correlation,") != std::string::npos)
            last_correlation = line;
    }
    CHECK(wrong == 0);
    CHECK(twice == 0);
    for (const char* name : {"price", "bar_return", "log_return", "loss_sigma", "coverage",
                             "correlation", "correlation_baseline"})
        CHECK(statistics.count(name) == 1);
    CHECK_FALSE(last_correlation.empty());

    CHECK(run({"replay"}) == exit_usage);
    CHECK(run({"replay", ticks, "--from=yesterday"}) == exit_usage);
    CHECK(run({"replay", ticks, "--speed=0"}) == exit_usage);
    CHECK(run({"replay", (directory.path / "none.csv").string()}) == exit_failed);
    CHECK(run({"replay", ticks, "--config.file=" + (directory.path / "none.yml").string()}) ==
          exit_usage);
}

TEST_CASE("a journal is verified, and its trades come out as a tick file that replays") {
    const TemporaryDirectory directory;
    const fs::path journal = directory.path / "journal";
    live_run(journal, start);
    CHECK(run({"journal", "verify", journal.string()}) == exit_well);
    CHECK(run({"journal", "inspect", journal.string()}) == exit_well);
    const std::string ticks = (directory.path / "out.csv").string();
    REQUIRE(run({"journal", "export", journal.string(), "--out=" + ticks}) == exit_well);
    const Told told = replay_files({ticks});
    CHECK(told.result.inputs == market_rows * 5);
    CHECK(told.result.report.rejected_total() == 0);
    CHECK(told.result.episodes == 1);

    const auto segments = sinks::list_segments(journal.string());
    std::string bytes = content(segments[1].path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
    std::ofstream(segments[1].path, std::ios::binary) << bytes;
    CHECK(run({"journal", "verify", journal.string()}) == exit_failed);
    CHECK(run({"journal", "verify", (directory.path / "none").string()}) == exit_failed);
    CHECK(run({"journal"}) == exit_usage);
}

TEST_CASE("a journal whose events an older version wrote verifies and replays") {
    const TemporaryDirectory directory;
    const fs::path journal = directory.path / "journal";
    live_run(journal, start);
    const Told before = replay_files({journal.string()});
    std::uint64_t rewritten = 0;
    for (const auto& segment : sinks::list_segments(journal.string())) {
        std::string bytes = content(segment.path);
        core::JournalDecoder decoder(std::as_bytes(std::span(bytes)));
        core::Record record;
        std::vector<std::size_t> events;
        while (decoder.next(record))
            if (record.kind == core::RecordKind::event) events.push_back(record.offset);
        for (const std::size_t at : events) {
            std::uint32_t length = 0;
            std::memcpy(&length, &bytes[at + 8], 4);
            bytes[at + 21] = 1;
            const std::uint32_t crc = core::crc32c(std::as_bytes(
                std::span(bytes).subspan(at + 8, core::record_prefix_bytes - 8 + length)));
            std::memcpy(&bytes[at + 4], &crc, 4);
        }
        rewritten += events.size();
        std::ofstream(segment.path, std::ios::binary) << bytes;
    }
    REQUIRE(rewritten > 0);
    CHECK(run({"journal", "verify", journal.string()}) == exit_well);
    const Told after = replay_files({journal.string()});
    CHECK(after.documents == before.documents);
    CHECK(after.result.inputs == before.result.inputs);
    CHECK(after.result.journal.lost == 0);
}

TEST_CASE("the recorded bars of January 2025 replay the same twice, in seconds") {
    if (!test::have_shared("data/bars")) return;
    const std::string bars = test::shared_path("data/bars").string();
    ReplayOptions options;
    options.files = {"BTC-USD=" + bars + "/btcusdt_binance_1m_2025-01-01_2025-01-31.csv.gz",
                     "ETH-USD=" + bars + "/ethusdt_binance_1m_2025-01-01_2025-01-31.csv.gz",
                     "NVDA=" + bars + "/nvda_us_1m_2025-01-02_2025-02-01.csv.gz",
                     "AMD=" + bars + "/amd_us_1m_2025-01-02_2025-02-01.csv.gz",
                     "NQ=" + bars + "/nq_cme_30m_2025-01-01_2025-07-02.csv.gz"};
    options.range = {*parse_utc("2025-01-24"), *parse_utc("2025-02-01")};
    const std::clock_t before = std::clock();
    const Told first = replay(options);
    const double seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    const Told second = replay(options);
    CHECK(first.documents == second.documents);
    CHECK(first.rows_hash == second.rows_hash);
    CHECK(first.result.report.rejected_total() == 0);
    CHECK(first.result.bar == core::ns_per_min);
    CHECK(first.result.ts_last == *parse_utc("2025-02-01"));
    CHECK(first.result.inputs > 2u * 8 * 1440);
    CHECK(first.rows > 8u * 1440 * 2 * 3);
    // Of processor time, which other work on the machine does not stretch.
    CHECK(seconds < 5);

    // The folder holds the same bars, and more of those days.
    ReplayOptions folder;
    folder.bars_directory = bars;
    folder.range = options.range;
    const Told all = replay(folder);
    CHECK(all.result.inputs > first.result.inputs);
    CHECK(all.result.report.rejected_total() == 0);
}

}  // namespace contagiond::daemon
