#include "daemon/sinks/explanation.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/direction.hpp"
#include "core/level_channel.hpp"
#include "tests/support/random_events.hpp"

using namespace contagiond;
using nlohmann::json;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;  // 2025-01-27T12:00:00Z

struct Bench {
    Bench() {
        config.universe.instruments = {{"NVDA"}, {"BTC-USD"}};
        config.universe.groups = {{"us_tech", {{0, 1.0}}}};
        config.universe.feeds = {{"all", "alpaca", {0, 1}}};
        config.targets = {1};
        context.engine = &config;
        for (char& c : episode.id.text) c = 'A';
        episode.ts = episode.detected_at = noon;
        episode.started_at = noon - 60 * core::ns_per_min;
        episode.attribution = core::Attribution::tech;
        core::LevelReading reading;
        reading.source_fall = 0.0125;
        reading.target_since = 0.019;
        reading.before = 0.004;
        reading.target_fall = 0.02;
        reading.recent = 0.0081;
        reading.slide_age = 60 * core::ns_per_min;
        const core::LevelScore score = core::score_levels(config.detector, reading);
        core::EpisodeCause cause;
        cause.target = 1;
        cause.score = score.value;
        for (const core::ConditionReading& c : score.conditions) {
            REQUIRE(c.holds());
            cause.conditions.push_back({c, noon - 10 * core::ns_per_min, {}, {}});
        }
        cause.conditions[0].source_higher = 0.0025321;
        cause.conditions[1].target_higher = 0.00510001;
        cause.conditions[3].target_higher = 0.00012345;
        cause.conditions[3].held_since = noon;
        cause.reached_at = noon;
        cause.warm_since = cause.judged_since = cause.trusted_since = noon - 3 * core::ns_per_hour;
        cause.shock = {60 * core::ns_per_min, 4.0, 2.0, 1.0, 0.5, true};
        episode.cause = cause;
    }
    json document() const { return json::parse(sinks::explanation_document(episode, context)); }
    std::string then() const { return sinks::explain(episode, context).why_then; }
    std::string fact(const std::string& name) const {
        for (const auto& fact : sinks::explain(episode, context).also)
            if (fact.name == name) return fact.text;
        FAIL("no fact " << name);
        return {};
    }

    core::EngineConfig config;
    sinks::DocumentContext context;
    core::Episode episode;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a condition is told with its figures in the unit people use") {
    const Bench bench;
    const json told = bench.document();
    const json& fall = told["conditions"][1];
    CHECK(fall["condition"] == "target_fall");
    CHECK(fall["value"] == 0.02);
    CHECK(fall["threshold"] == 0.015);
    CHECK(fall["value_text"] == "2.00 %");
    CHECK(fall["asked_text"] == "at least 1.50 %");
    CHECK(fall["margin_text"] == "0.50 %");
    CHECK(has(fall["label"], "BTC-USD"));
    const json& age = told["conditions"][6];
    CHECK(age["value"] == 3600);
    CHECK(age["value_text"] == "60 min");
    CHECK(age["asked_text"] == "at most 3 h");
    CHECK(age["margin_text"] == "2 h");
    CHECK(has(age["prevention"], "2 h"));
    const json& first = told["conditions"][5];
    CHECK(first["value_text"] == "0.20");
    CHECK(first["asked_text"] == "at most 0.50");
    CHECK(told["target"] == "BTC-USD");
    CHECK(told["source"] == "us_tech");
}

TEST_CASE("what would have prevented it is enough, and the smallest stands first") {
    const Bench bench;
    const json told = bench.document();
    REQUIRE(told["prevention"].size() == 3);
    CHECK(told["prevention"][0]["text"] == "BTC-USD 0.02 % higher");  // 0.012345 %, rounded up
    CHECK(told["prevention"][0]["condition"] == "recent_fall");
    CHECK(told["prevention"][1]["text"] == "us_tech 0.26 % higher");
    CHECK(told["prevention"][2]["text"] == "BTC-USD 0.52 % higher");
    // 0.0081 against 0.008 is the tightest of those that the factor makes stricter.
    CHECK(told["threshold_factor"]["now"] == 1.0);
    CHECK(told["threshold_factor"]["prevented_above"].get<double>() == Approx(1.0125));
    CHECK(has(sinks::explanation_text(bench.episode, bench.context), "1.013"));
}

TEST_CASE("where a condition could not be measured, nothing was asked") {
    Bench bench;
    core::CauseCondition& follows = bench.episode.cause->conditions[4];
    follows.reading =
        core::at_least(core::Condition::target_follows, core::ConditionUnit::share, {}, 0.8);
    REQUIRE(follows.reading.holds());
    const json told = bench.document()["conditions"][4];
    CHECK(told["value"].is_null());
    CHECK(told["ratio"].is_null());
    CHECK(told["asked_text"] == "nothing");
    CHECK(told["margin_text"] == "");
    CHECK_FALSE(has(sinks::explanation_text(bench.episode, bench.context), told["prevention"]));
}

TEST_CASE("why then: the last condition, or what the alert still waited for") {
    Bench bench;
    bench.config.detector.confirm = 0;
    const auto told = sinks::explain(bench.episode, bench.context);
    for (std::size_t i = 0; i < told.conditions.size(); ++i)
        CHECK(told.conditions[i].last == (i == 3));
    CHECK(has(bench.then(), told.conditions[3].label));
    CHECK(has(bench.then(), "12:00:00"));

    bench.episode.cause->conditions[3].held_since = noon - 10 * core::ns_per_min;
    CHECK(has(bench.then(), "11:50:00"));
    CHECK(has(bench.then(), "earlier alert"));
    bench.episode.cause->trusted_since = noon - core::ns_per_min;
    CHECK(has(bench.then(), "11:59:00"));
    CHECK(has(bench.then(), "trusted"));
    bench.episode.cause->trusted_since = noon - core::ns_per_hour;
    bench.episode.cause->warm_since = noon - 2 * core::ns_per_min;
    CHECK(has(bench.then(), "11:58:00"));
    CHECK(has(bench.then(), "warm-up"));
    bench.episode.cause->cooldown_until = noon + core::ns_per_hour;
    bench.episode.cause->fallen_anew = 2.25;
    CHECK(has(bench.then(), "13:00:00"));
    CHECK(has(bench.fact("cooldown"), "2.25"));

    Bench confirmed;
    confirmed.config.detector.confirm = core::ns_per_min;
    confirmed.episode.detected_at = noon + core::ns_per_min;
    CHECK(has(confirmed.then(), "60 s"));
}

TEST_CASE("whose shock it was is told with the figures behind it, or that nobody can tell") {
    Bench bench;
    CHECK(has(bench.fact("attribution"), "tech"));
    CHECK(has(bench.fact("attribution"), "0.25"));
    CHECK(has(bench.fact("attribution"), "0.30"));
    bench.episode.cause->shock.macro_sigma = -0.01;
    CHECK(has(bench.fact("attribution"), "lost nothing"));
    bench.episode.cause->shock.macro_sigma.reset();
    CHECK_FALSE(has(bench.fact("attribution"), "0.25"));
    bench.episode.cause->shock.controls_fresh = false;
    CHECK(has(bench.fact("attribution"), "without fresh macro controls"));
}

TEST_CASE("an alert of before causes were recorded says that nothing is known") {
    Bench bench;
    bench.episode.cause.reset();
    const json told = bench.document();
    CHECK(told["known"] == false);
    CHECK(told["conditions"].empty());
    CHECK(told["prevention"].empty());
    CHECK(told["score"].is_null());
    CHECK(told["target"].is_null());
    CHECK(told["threshold_factor"]["prevented_above"].is_null());
    CHECK_FALSE(sinks::explanation_text(bench.episode, bench.context).empty());
}

TEST_CASE("an alert whose conditions were not kept says so, and what else was true") {
    Bench bench;
    bench.episode.cause->conditions.clear();
    const json told = bench.document();
    CHECK(told["known"] == true);
    CHECK(told["conditions"].empty());
    CHECK_FALSE(told["note"].get<std::string>().empty());
    CHECK(told["also"].size() >= 5);
}

TEST_CASE("the conditions of the other direction are told in words and figures of their own") {
    Bench bench;
    bench.episode.rule = core::Rule::crypto_to_tech;
    core::LevelReading levels;
    levels.source_fall = 0.012;
    levels.target_below = 0.045;
    levels.recent = 0.0412;
    levels.slide_age = 100 * core::ns_per_min;
    levels.target_age = 70 * core::ns_per_min;
    core::DirectionReading direction;
    direction.source_loss = 2;
    direction.target_loss = 6;
    direction.level_ratio = std::log(1.75);
    auto& conditions = bench.episode.cause->conditions;
    conditions.clear();
    for (const auto& c : core::reverse_conditions(bench.config.detector, levels, direction))
        conditions.push_back({c, noon, {}, {}});
    conditions[3].target_higher = 0.0041;
    const json told = bench.document();
    REQUIRE(told["conditions"].size() == core::reverse_condition_count);
    std::set<std::string> labels;
    for (const json& condition : told["conditions"]) {
        CAPTURE(condition.dump());
        const std::string label = condition["label"];
        labels.insert(label);
        // No name of a condition is left for a person to guess at.
        CHECK(label.find("reverse") == std::string::npos);
        CHECK_FALSE(condition["meaning"].get<std::string>().empty());
    }
    CHECK(labels.size() == core::reverse_condition_count);
    CHECK(told["conditions"][0]["value_text"] == "4.50 %");
    CHECK(told["conditions"][3]["value_text"] == "2.75");
    CHECK(told["conditions"][4]["value_text"] == "1.75");
    CHECK(told["conditions"][5]["value_text"] == "2 h 10 min");
    CHECK(has(told["conditions"][3]["prevention"], "0.41 % higher"));
}

TEST_CASE("whatever an episode holds, its explanation is one line of JSON and finite") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    test::RandomRecords random(seed);
    Bench bench;
    bench.config.universe.groups[0].name = "a\"b\n\xff<script>";
    bench.config.universe.instruments[1].symbol = std::string(5000, 'x') + "\xe2\x80\xae";
    for (int i = 0; i < 500; ++i) {
        core::Episode episode = random.episode();
        episode.source_group = static_cast<std::uint16_t>(random.below(2));
        if (episode.cause) {
            episode.cause->target = static_cast<core::InstrumentId>(random.below(3));
            // Times an engine can have.
            for (core::CauseCondition& condition : episode.cause->conditions) {
                condition.held_since = noon;
                condition.reading.value = 1e-3 * static_cast<double>(random.below(5000));
                if (random.below(5) == 0)
                    condition.reading.ratio = std::numeric_limits<double>::infinity();
            }
        }
        const std::string document = sinks::explanation_document(episode, bench.context);
        CHECK(document.find('\n') == std::string::npos);
        CHECK(document.size() < 20'000);
        const json told = json::parse(document);
        CHECK(told["known"] == episode.cause.has_value());
        CHECK(document.find("inf") == std::string::npos);
        CHECK(document.find("nan") == std::string::npos);
        CHECK_FALSE(sinks::explanation_text(episode, bench.context).empty());
    }
}
