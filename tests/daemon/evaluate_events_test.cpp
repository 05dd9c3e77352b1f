// Episodes against labelled windows: by hand, and beside the reference scorer.
#include "daemon/evaluate_events.hpp"

#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/config.hpp"
#include "daemon/evaluate_report.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/utc_time.hpp"
#include "tests/support/random.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using namespace contagiond::daemon;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

constexpr std::string_view header =
    "id,label,window_start_utc,onset_utc,window_end_utc,tech_symbols,tech_drop_pct,btc_drop_pct\n";

constexpr std::string_view rows =
    "a,spillover,2025-01-01T08:00:00Z,2025-01-01T10:00:00Z,2025-01-01T12:00:00Z,\"NQ 1m, "
    "QQQ\",4.0,6.0\n"
    "b,spillover,2025-01-02T09:00:00Z,2025-01-02T10:00:00Z,2025-01-02T12:00:00Z,,2.0,3.0\n"
    "m,mixed,2025-01-03T00:00:00Z,,2025-01-04T00:00:00Z,,,\n"
    "t,tech_only,2025-01-04T00:00:00Z,2025-01-04T01:00:00Z,2025-01-05T00:00:00Z,,2.5,1.0\n"
    "l,crypto_led,2025-01-05T00:00:00Z,2025-01-05T01:00:00Z,2025-01-06T00:00:00Z,,2.5,9.0\n"
    "c,calm,2025-01-06T00:00:00Z,,2025-01-16T00:00:00Z,,,\n";

LoggedEpisode opened(std::string id, std::string_view at,
                     core::Rule rule = core::Rule::tech_to_crypto) {
    LoggedEpisode e;
    e.id = std::move(id);
    e.target = "BTC-USD";
    e.claims.push_back({*parse_utc(at), rule, core::Severity::warning, {}});
    e.until = e.claims.front().ts;
    return e;
}

std::vector<LabelledEvent> hand_made(const TimeRange& range = {}) {
    const test::TemporaryDirectory folder;
    return read_events(folder.file("events.csv", std::string(header) + std::string(rows)), range);
}

EventScore score(const std::vector<LoggedEpisode>& episodes) {
    return score_events(episodes, hand_made(), {});
}

std::uint64_t count(const EventScore& s, Verdict verdict) {
    return s.verdicts[static_cast<std::size_t>(verdict)];
}

}  // namespace

TEST_CASE("the earlier of two episodes in one window gives the delay, both ends belong to it") {
    const EventScore s =
        score({opened("1", "2025-01-01T10:20:00.5Z"), opened("2", "2025-01-01T10:05:00Z"),
               opened("3", "2025-01-02T09:30:00Z")});
    CHECK(s.hits == 2);
    CHECK(count(s, Verdict::hit) == 3);
    CHECK(s.major == 1);
    CHECK(s.major_hits == 1);
    CHECK(s.delays_min == std::vector<double>{-30, 5});
    CHECK(s.direction_right == 3);
    const EventScore late =
        score({opened("1", "2025-01-02T12:00:00Z"), opened("2", "2025-01-01T12:00:01Z")});
    CHECK(late.hits == 1);
    CHECK(count(late, Verdict::unlisted) == 1);
}

TEST_CASE("an early episode is neither hit nor false, and covers what it is still open for") {
    LoggedEpisode early = opened("1", "2025-01-01T09:29:59Z");
    early.until = *parse_utc("2025-01-01T09:50:00Z");
    CHECK(score({early}).open_from_before == 0);
    early.until = *parse_utc("2025-01-01T10:30:00Z");
    const EventScore s = score({early});
    CHECK(s.hits == 0);
    CHECK(count(s, Verdict::early) == 1);
    CHECK(s.false_alarms == 0);
    CHECK(s.open_from_before == 1);
}

TEST_CASE("false alarms are counted by label and in clusters, mixed windows are left alone") {
    const EventScore s =
        score({opened("1", "2025-01-04T05:00:00Z"), opened("2", "2025-01-04T05:59:00Z"),
               opened("3", "2025-01-05T05:00:00Z"), opened("4", "2025-01-07T05:00:00Z"),
               opened("5", "2025-01-03T05:00:00Z"), opened("6", "2025-01-16T00:00:00Z")});
    CHECK(s.false_alarms == 4);
    CHECK(s.clusters == 3);
    CHECK(s.negative_days == 12);
    CHECK(s.by_label[static_cast<std::size_t>(EventLabel::tech_only)].false_alarms == 2);
    CHECK(count(s, Verdict::mixed) == 1);
    CHECK(count(s, Verdict::unlisted) == 1);
    CHECK(s.direction_n == 1);
    CHECK(s.direction_right == 0);
}

TEST_CASE("a claim in the other direction is no false alarm and no hit") {
    const EventScore s = score({opened("1", "2025-01-05T05:00:00Z", core::Rule::crypto_to_tech),
                                opened("2", "2025-01-01T10:00:00Z", core::Rule::crypto_to_tech)});
    CHECK(s.false_alarms == 0);
    CHECK(s.hits == 0);
    CHECK(s.direction_n == 2);
    CHECK(s.direction_right == 1);
    CHECK(count(s, Verdict::other_direction) == 2);
}

TEST_CASE("a stretch cuts windows, and keeps a spillover only whole") {
    const TimeRange range{*parse_utc("2025-01-02"), *parse_utc("2025-01-11")};
    const auto events = hand_made(range);
    const EventScore s = score_events(
        std::vector{opened("1", "2025-01-01T10:05:00Z"), opened("2", "2025-01-02T10:05:00Z")},
        events, range);
    CHECK(s.spillovers == 1);
    CHECK(s.hits == 1);
    CHECK(s.episodes == 1);
    CHECK(s.by_label[static_cast<std::size_t>(EventLabel::calm)].days == 5);
    const TimeRange half{*parse_utc("2025-01-02T09:45:00Z"), *parse_utc("2025-01-03")};
    CHECK(hand_made(half).empty());
}

TEST_CASE("windows that are none are told with their line") {
    const test::TemporaryDirectory folder;
    const auto read = [&](const std::string& text) {
        return read_events(folder.file("events.csv", text), {});
    };
    const std::string h(header);
    CHECK_THROWS_WITH(read("id,label\n"), Contains("window_start_utc is missing"));
    CHECK_THROWS_WITH(read(h + "x,spilover,2025-01-01,,2025-01-02,,,\n"),
                      Contains(":2: unknown label spilover, did you mean spillover?"));
    CHECK_THROWS_WITH(read(h + "x,calm,2025-01-02,,2025-01-01,,,\n"), Contains("empty window"));
    CHECK_THROWS_WITH(read(h + "x,calm,yesterday,,2025-01-01,,,\n"), Contains("window_start_utc"));
    CHECK_THROWS_WITH(read(h + "x,calm\n"), Contains("number of columns"));
    CHECK_THROWS_AS(read_events((folder.path / "absent.csv").string(), {}), ConfigError);
}

TEST_CASE("the reference scorer comes to the same figures") {
    if (!test::have_shared("data/score.py") || !test::have_shared("data/events.csv")) return;
    if (std::system("python3 -c pass > /dev/null 2>&1") != 0) {
        std::printf("\nSKIPPED: reference data not present: python3 is missing\n");
        return;
    }
    const std::string events_file = test::shared_path("data/events.csv").string();
    const test::TemporaryDirectory folder;
    const core::TimeNs first = *parse_utc("2024-12-09"), last = *parse_utc("2025-08-31");
    constexpr std::array rules = {core::Rule::tech_to_crypto, core::Rule::tech_to_crypto,
                                  core::Rule::common_macro, core::Rule::crypto_to_tech};
    constexpr std::array severities = {core::Severity::info, core::Severity::warning,
                                       core::Severity::critical};
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        INFO("seed " << seed);
        test::Random random(seed);
        const TimeRange range =
            seed == 3 ? TimeRange{first, *parse_utc("2025-05-01")} : TimeRange{};
        const auto events = read_events(events_file, range);
        // Half of them near a spillover, so that every verdict occurs.
        std::vector<LoggedEpisode> episodes;
        std::string documents;
        for (int i = 0; i < 150; ++i) {
            core::TimeNs at = first + static_cast<core::DurationNs>(
                                          random.uniform() * static_cast<double>(last - first));
            if (i % 2 == 0) {
                const LabelledEvent& e = events[static_cast<std::size_t>(
                    random.uniform() * static_cast<double>(events.size()))];
                at = (e.onset == core::no_time ? e.start : e.onset) +
                     static_cast<core::DurationNs>((random.uniform() * 8 - 4) * 3.6e12);
            }
            at = at / core::ns_per_s * core::ns_per_s;
            LoggedEpisode e;
            e.id = fmt::format("E{:03}", i);
            e.target = "BTC-USD";
            e.claims.push_back({at,
                                rules[static_cast<std::size_t>(random.uniform() * 4)],
                                severities[static_cast<std::size_t>(random.uniform() * 3)],
                                {}});
            e.until = at + static_cast<core::DurationNs>(random.uniform() * 600) * core::ns_per_min;
            const auto document = [&](const char* step, core::TimeNs ts) {
                json data = {{"id", e.id},
                             {"rule", core::to_string(e.opening().rule)},
                             {"severity", core::to_string(e.opening().severity)},
                             {"detected_at", sinks::rfc3339(at)},
                             {"target", {{"symbol", e.target}}}};
                documents += json{{"type", std::string("contagion.alert.") + step},
                                  {"timestamp", sinks::rfc3339(ts)},
                                  {"data", data}}
                                 .dump() +
                             "\n";
            };
            document("opened", at);
            document("resolved", e.until);
            episodes.push_back(std::move(e));
        }
        const std::string alerts = folder.file("alerts.jsonl", documents);
        const std::string result = (folder.path / "score.json").string();
        const std::string command = fmt::format(
            "python3 '{}' --alerts '{}' --events '{}' --format json {} > '{}' 2> /dev/null",
            test::shared_path("data/score.py").string(), alerts, events_file,
            seed == 3 ? "--from 2024-12-09 --to 2025-05-01" : "", result);
        REQUIRE(std::system(command.c_str()) == 0);
        std::ifstream stream(result);
        const json theirs = json::parse(stream);
        const json ours = events_json(score_events(episodes, events, range));
        int compared = 0;
        for (const auto& [key, value] : theirs.items()) {
            if (key == "by_severity") continue;  // not a figure of ours
            INFO(key);
            REQUIRE(ours.contains(key));
            if (value.is_number_float())
                CHECK(ours[key].get<double>() == Approx(value.get<double>()).margin(1.01e-4));
            else if (!value.is_structured())
                CHECK(ours[key] == value);
            ++compared;
        }
        CHECK(compared >= 20);
        CHECK(ours["episodes"] == theirs["episodes"]);
        CHECK(ours["placed"] == theirs["placed"]);
        REQUIRE(ours["events"].size() == theirs["events"].size());
        for (std::size_t i = 0; i < theirs["events"].size(); ++i)
            for (const char* key :
                 {"id", "onset", "hit", "detected_at", "major", "open_from_before"})
                CHECK(ours["events"][i][key] == theirs["events"][i][key]);
        for (const auto& [label, figures] : theirs["by_label"].items()) {
            CHECK(ours["by_label"][label]["false_alarms"] == figures["false_alarms"]);
            CHECK(ours["by_label"][label]["days"].get<double>() ==
                  Approx(figures["days"].get<double>()).margin(0.011));
        }
        CHECK(theirs["hits"].get<int>() > 5);
        CHECK(theirs["open_from_before"].get<int>() > 0);
    }
}
