// contagiond explain, from arguments to exit code and both outputs.
#include <catch2/catch.hpp>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/level_channel.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/journal_reader.hpp"
#include "daemon/replay.hpp"
#include "tests/daemon/recorded_market.hpp"
#include "tests/support/caught_output.hpp"
#include "tests/support/random_events.hpp"

namespace contagiond::daemon {
namespace {

using nlohmann::json;
using test::TemporaryDirectory;

test::CaughtOutput command(const TemporaryDirectory& directory,
                           std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "contagiond");
    return test::caught_output(directory.path, [&] {
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        return run_command_line(static_cast<int>(argv.size()), argv.data());
    });
}

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) out.push_back(line);
    return out;
}

/// The only alert that a list shows.
std::string only_id(const test::CaughtOutput& listed) {
    REQUIRE(listed.code == exit_well);
    REQUIRE(lines(listed.out).size() == 1);
    return listed.out.substr(0, listed.out.find(' '));
}

constexpr std::string_view absent_id = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";

}  // namespace

TEST_CASE("explain lists the alerts of a tick file, and tells why one fired") {
    const TemporaryDirectory directory;
    const std::string ticks = tick_file(directory);
    const std::string id = only_id(command(directory, {"explain", ticks}));
    REQUIRE(id.size() == 26);

    const auto told = command(directory, {"explain", ticks, "--alert=" + id, "--json"});
    REQUIRE(told.code == exit_well);
    const json document = json::parse(told.out);
    CHECK(document["id"] == id);
    CHECK(document["known"] == true);
    CHECK(document["target"] == "BTC-USD");
    CHECK(document["score"] >= document["enter_score"]);
    REQUIRE(document["conditions"].size() == core::level_condition_count);
    std::size_t last = 0, measured = 0;
    for (const json& condition : document["conditions"]) {
        CAPTURE(condition.dump());
        CHECK_FALSE(condition["held_since"].is_null());
        CHECK(condition["held_since"] <= document["detected_at"]);
        last += condition["last_to_hold"] == true;
        // Where nothing could be measured nothing was asked.
        if (condition["value"].is_null()) continue;
        ++measured;
        const double value = condition["value"], threshold = condition["threshold"];
        CHECK((condition["asked"] == "at_least" ? value >= threshold : value <= threshold));
    }
    CHECK(measured >= 8);
    CHECK(last > 0);
    CHECK(last < core::level_condition_count);
    CHECK(document["prevention"].size() >= 4);
    CHECK(document["threshold_factor"]["prevented_above"] >= 1);
    // The fall began with the script's: nothing of it held in the quiet hours before.
    CHECK(document["conditions"][0]["held_since"].get<std::string>() > "2025-01-27T13:00:00Z");
    CHECK(document["also"].size() >= 5);

    // For people: every condition is there, with its figures.
    const auto text = command(directory, {"explain", "--alert=" + id, ticks});
    REQUIRE(text.code == exit_well);
    for (const json& condition : document["conditions"])
        for (const char* field : {"label", "value_text", "asked_text"})
            CHECK(text.out.find(condition[field].get<std::string>()) != std::string::npos);
    for (const json& way : document["prevention"])
        CHECK(text.out.find(way["text"].get<std::string>().substr(0, 12)) != std::string::npos);

    // A beginning will do, in small letters too.
    std::string small = id.substr(0, 12);
    for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto short_id = command(directory, {"explain", ticks, "--alert", small, "--json"});
    CHECK(short_id.code == exit_well);
    CHECK(short_id.out == told.out);
}

TEST_CASE("what explain says would have prevented the alert does prevent it at that minute") {
    const TemporaryDirectory directory;
    const std::string ticks = tick_file(directory);
    const std::string id = only_id(command(directory, {"explain", ticks}));
    const json document =
        json::parse(command(directory, {"explain", ticks, "--alert=" + id, "--json"}).out);
    const double limit = document["threshold_factor"]["prevented_above"];
    // The same recording with a threshold_factor about the one that is told.
    const auto detected_with = [&](double factor) {
        ReplayOptions options;
        options.files = {ticks};
        options.adjust = [&](core::EngineConfig& config) {
            config.detector.threshold_factor = factor;
        };
        core::TimeNs detected = core::no_time;
        ReplayListener listener;
        listener.episode = [&](const core::Episode& episode, const sinks::DocumentContext&) {
            if (detected == core::no_time) detected = episode.detected_at;
        };
        run_replay(options, listener);
        return detected == core::no_time ? std::string() : sinks::rfc3339(detected);
    };
    const std::string detected = document["detected_at"];
    CHECK(detected_with(limit - 1e-5) == detected);
    CHECK(detected_with(limit + 1e-5) != detected);
}

TEST_CASE("an alert that is not there is answered with those that are") {
    const TemporaryDirectory directory;
    const std::string ticks = tick_file(directory);
    const std::string id = only_id(command(directory, {"explain", ticks}));
    const auto unknown =
        command(directory, {"explain", ticks, "--alert=" + std::string(absent_id)});
    CHECK(unknown.code == exit_failed);
    CHECK(unknown.out.empty());
    CHECK(unknown.err.find(id) != std::string::npos);

    const auto none =
        command(directory, {"explain", ticks, "--alert=" + id, "--to=2025-01-27T12:00:00Z"});
    CHECK(none.code == exit_failed);
    CHECK(none.err.find(id) == std::string::npos);

    CHECK(command(directory, {"explain"}).code == exit_usage);
    CHECK(command(directory, {"explain", ticks, "--alert="}).code == exit_usage);
    CHECK(command(directory, {"explain", ticks, "--alert=../etc"}).code == exit_usage);
    CHECK(command(directory, {"explain", ticks, "--from=noon"}).code == exit_usage);
    CHECK(command(directory, {"explain", (directory.path / "none.csv").string()}).code ==
          exit_failed);
}

TEST_CASE("a journal explains its alerts as its process would have, unless told otherwise") {
    const TemporaryDirectory directory;
    const std::filesystem::path journal = directory.path / "journal";
    const auto first = live_run(journal, start);
    const auto second = live_run(journal, start + 9 * core::ns_per_hour);
    REQUIRE(first.front()->cause);
    const auto listed = command(directory, {"explain", journal.string()});
    REQUIRE(listed.code == exit_well);
    REQUIRE(lines(listed.out).size() == 2);

    // The id under which the process told it, in either run of it, and why it said so itself.
    for (const auto& episode : {first.front(), second.front()}) {
        const std::string id(episode->id.view());
        const auto told =
            command(directory, {"explain", journal.string(), "--alert=" + id, "--json"});
        REQUIRE(told.code == exit_well);
        const json document = json::parse(told.out);
        CHECK(document["id"] == id);
        CHECK(document["conditions"][0]["threshold"] == 0.01);
        CHECK(document["conditions"][1]["value"].get<double>() ==
              Approx(*episode->cause->conditions[1].reading.value).margin(1e-6));
    }
    std::size_t recorded = 0;
    JournalReader reader({journal.string()});
    core::Record record;
    while (reader.next(record)) {
        const auto event = core::read_event(record);
        const auto* changed = event ? std::get_if<core::EpisodeChanged>(&*event) : nullptr;
        if (changed == nullptr) continue;
        const auto& all = recorded < first.size() ? first : second;
        const std::size_t place = recorded < first.size() ? recorded : recorded - first.size();
        REQUIRE(place < all.size());
        CHECK(test::same(*changed->episode, *all[place]));
        ++recorded;
    }
    CHECK(recorded == first.size() + second.size());

    // Ids of both begin with the same time.
    std::string common(first.front()->id.view());
    common.resize(3);
    const auto several = command(directory, {"explain", journal.string(), "--alert=" + common});
    CHECK(several.code == exit_failed);
    for (const auto& episode : {first.front(), second.front()})
        CHECK(several.err.find(episode->id.view()) != std::string::npos);

    // Another configuration has alerts of its own, with its own thresholds.
    const std::string other =
        directory.file("other.yml", std::string(config_text) + "detector: {source_fall: 1.2%}\n");
    const std::string id(first.front()->id.view());
    const auto missed =
        command(directory, {"explain", journal.string(), "--alert=" + id, "--config=" + other});
    CHECK(missed.code == exit_failed);
    const auto theirs = command(directory, {"explain", journal.string(), "--config=" + other});
    REQUIRE(theirs.code == exit_well);
    REQUIRE_FALSE(theirs.out.empty());
    const auto told = command(directory, {"explain", journal.string(), "--config=" + other,
                                          "--json", "--alert=" + theirs.out.substr(0, 26)});
    REQUIRE(told.code == exit_well);
    CHECK(json::parse(told.out)["conditions"][0]["threshold"] == 0.012);
}

}  // namespace contagiond::daemon
