#include "daemon/sinks/message_text.hpp"

#include <catch2/catch.hpp>

#include "tests/sinks/known_episode.hpp"

using namespace contagiond;
using namespace contagiond::test;
using Catch::Matchers::Contains;
using core::EpisodePhase;
using sinks::MessageText;

namespace {

MessageText text_of(const core::Episode& e, const Desk& desk = Desk()) {
    const auto message = sinks::parse_alert(sinks::alert_document(e, desk.context));
    REQUIRE(message);
    return sinks::message_text(*message);
}

core::Episode told_episode() {
    core::Episode e = studied_episode();
    e.source_fall = 0.052;
    e.targets[0].fall = 0.031;
    e.targets[1].fall = 0.026;
    return e;
}

core::Episode resolved_episode() {
    core::Episode e = told_episode();
    e.phase = EpisodePhase::resolved;
    e.revision = 4;
    e.ts = e.ended_at = e.started_at + 126 * core::ns_per_min;
    return e;
}

std::string fact(const MessageText& text, const std::string& name) {
    for (const sinks::Fact& f : text.facts)
        if (f.name.rfind(name, 0) == 0) return f.value;
    return "absent";
}

}  // namespace

TEST_CASE("the headline says severity, who to whom, move, relation against usual, delay") {
    core::Episode e = told_episode();
    MessageText text = text_of(e);
    CHECK(text.headline ==
          "CRITICAL us_tech → BTC-USD −3.1 % in 6 min, rho 0.81 (usual 0.34), NVDA led 41 s");
    CHECK(text.word == "CRITICAL");
    CHECK(text.color == 0xD7263D);

    SECTION("a warning, an update") {
        e.severity = core::Severity::warning;
        e.phase = EpisodePhase::updated;
        e.revision = 3;
        text = text_of(e);
        CHECK_THAT(text.headline, Contains("WARNING "));
        CHECK(text.color == 0xF4A261);
        CHECK_THAT(text.reference, Contains("update 2"));
        CHECK_THAT(text.when, Contains("Update 2, as of 2025-01-27 14:42:07 UTC"));
    }
    SECTION("an update says so where there is room") {
        e.phase = EpisodePhase::updated;
        e.severity = core::Severity::warning;
        e.targets[0].lead->verdict = core::LeadVerdict::spans_zero;
        CHECK(text_of(e).headline ==
              "WARNING update us_tech → BTC-USD −3.1 % in 6 min, rho 0.81 (usual 0.34), in step");
    }
    SECTION("the target led") {
        e.targets[0].lead->seconds = -12;
        CHECK_THAT(text_of(e).headline, Contains("BTC-USD led 12 s") || Contains("lag −12 s"));
    }
    SECTION("no lead is claimed") {
        e.targets[0].lead->verdict = core::LeadVerdict::spans_zero;
        CHECK_THAT(text_of(e).headline, Contains(", in step"));
        e.targets[0].lead->verdict = core::LeadVerdict::not_significant;
        CHECK_THAT(text_of(e).headline, Contains(", lag unclear"));
    }
    SECTION("crypto first: the move is of the one the arrow points at") {
        e.rule = core::Rule::crypto_to_tech;
        CHECK_THAT(text_of(e).headline, Contains("CRITICAL BTC-USD → us_tech −5.2 %"));
    }
    SECTION("macro") {
        e.rule = core::Rule::common_macro;
        CHECK_THAT(text_of(e).headline, Contains("macro → us_tech, BTC-USD −3.1 %"));
    }
    SECTION("what is not known is not made up") {
        e.targets[0].fall.reset();
        e.targets[0].log_return.reset();
        e.targets[0].correlation.reset();
        e.targets[0].correlation_baseline.reset();
        const std::string headline = text_of(e).headline;
        CHECK_THAT(headline, Contains("move n/a") && Contains("rho n/a (usual n/a)"));
    }
    SECTION("no target at all") {
        e.targets.clear();
        CHECK_THAT(text_of(e).headline, Contains("us_tech → no target"));
    }
}

TEST_CASE("whatever has to be said, a headline holds it in 80 characters") {
    Desk desk;
    const auto mode = GENERATE(as<std::string>(), "live", "demo", "replay");
    const auto rule =
        GENERATE(core::Rule::tech_to_crypto, core::Rule::crypto_to_tech, core::Rule::common_macro);
    const auto length = GENERATE(std::size_t{3}, std::size_t{10}, std::size_t{64});
    const auto phase =
        GENERATE(EpisodePhase::opened, EpisodePhase::updated, EpisodePhase::resolved);
    const double lead = GENERATE(-119.0, 0.01, 41.0);
    const double correlation = GENERATE(0.81, -0.81);
    desk.context.mode = mode;
    desk.config.universe.instruments[2].symbol = std::string(length, 'B');
    desk.config.universe.instruments[0].symbol = std::string(length, 'N');
    desk.config.universe.groups[0].name = std::string(length, 'G');
    core::Episode e = told_episode();
    e.rule = rule;
    e.phase = phase;
    e.targets[0].fall = 0.124;
    e.source_fall = 0.124;
    e.targets[0].correlation = correlation;
    e.targets[0].correlation_baseline = -correlation;
    e.targets[0].lead->seconds = lead;
    e.ts = e.started_at + 179 * core::ns_per_min;
    const std::string headline = text_of(e, desk).headline;
    INFO(headline);
    CHECK(code_points(headline) <= 80);
    CHECK_THAT(headline, Contains(" → "));
    if (phase == EpisodePhase::resolved) {
        CHECK_THAT(headline, Contains("RESOLVED critical ") && Contains(" after 179 min") &&
                                 Contains("peak score 0.97"));
        return;
    }
    CHECK_THAT(headline, Contains("CRITICAL ") && Contains("−12.4 %"));
    CHECK_THAT(headline,
               Contains(correlation > 0 ? "rho 0.81 (usual -0.81)" : "rho -0.81 (usual 0.81)"));
    const std::string delay = lead < 0 ? "119 s" : lead < 1 ? "under 0.1 s" : "41 s";
    CHECK(headline.substr(headline.size() - delay.size()) == delay);
    if (mode != "live") CHECK(headline[0] == '[');
}

TEST_CASE("the facts: moves, relation, who was first, the cause, what was lost") {
    core::Episode e = told_episode();
    MessageText text = text_of(e);
    REQUIRE(text.facts.size() == 5);
    CHECK(fact(text, "Moves since 14:36 UTC") ==
          "us_tech −5.2 %, BTC-USD −3.1 % at 98950.12, ETH-USD −2.6 % at 3150");
    CHECK_THAT(fact(text, "Correlation over 5 min"), Contains("0.81 ± 0.06, usual 0.34") &&
                                                         Contains("0.75 adjusted") &&
                                                         Contains(": contagion"));
    CHECK(fact(text, "Who moved first") ==
          "NVDA, 41 s before BTC-USD (95 %: 22 to 60 s); NVDA is 75 % of us_tech's fall");
    CHECK(fact(text, "Cause") == "tech, not macro; macro pressure ZN +0.9σ");
    CHECK(fact(text, "Lost by us_tech") == "$593 bn of market value, 33 % of the coins' worth");
    CHECK(text.when == "Detected 2025-01-27 14:42:07 UTC (09:42:07 New York)");
    CHECK(text.reference == "01JJK3ZC8Q4X0Q7N9S6V3W2E1R");
    CHECK(text.caveat.empty());
    CHECK(text.link.empty());

    e.value_lost_usd.reset();
    CHECK(fact(text_of(e), "Score") == "0.94, alerts from 0.80; detected 6 min after onset");
    e.source_fall.reset();
    CHECK_THAT(fact(text_of(e), "Moves over 22 min"), Contains("us_tech −5.2 %"));

    e.degraded = true;
    CHECK(text_of(e).caveat ==
          "Caution, the data was degraded: no fresh price of AMD, feeds disagree on ETH-USD, "
          "3 gaps, 98 % of us_tech seen");
}

TEST_CASE("a resolved message gives duration and peak") {
    const MessageText text = text_of(resolved_episode());
    CHECK(text.headline == "RESOLVED critical us_tech → BTC-USD after 126 min, peak score 0.97");
    CHECK(text.color == 0x2A9D8F);
    CHECK(fact(text, "Lasted") == "126 min, 14:36 to 16:42 UTC");
    CHECK_THAT(fact(text, "Peak score"), Contains("0.97"));
    CHECK(text.facts.size() == 4);
    CHECK(text.when == "Ended 2025-01-27 16:42:07 UTC (11:42:07 New York)");
}

TEST_CASE("a test says that nothing happened") {
    const Desk desk;
    const auto message = sinks::parse_alert(sinks::test_document(at_detection, desk.context));
    REQUIRE(message);
    const MessageText text = sinks::message_text(*message);
    CHECK(text.headline == "TEST from desk-1: nothing happened in any market");
    CHECK(text.word == "TEST");
    CHECK(text.facts.size() == 3);
}

TEST_CASE("times are told for London's clock and New York's") {
    const auto at = [](const char* text) {
        return sinks::spoken_time(*sinks::parse_rfc3339(text));
    };
    CHECK(at("2025-07-01T13:30:00Z") == "2025-07-01 13:30:00 UTC (09:30:00 New York)");
    CHECK(at("2025-01-28T02:05:09Z") == "2025-01-28 02:05:09 UTC (2025-01-27 21:05:09 New York)");
    // The hour in which the clocks there go forward.
    CHECK(at("2025-03-09T06:59:59Z") == "2025-03-09 06:59:59 UTC (01:59:59 New York)");
    CHECK(at("2025-03-09T07:00:00Z") == "2025-03-09 07:00:00 UTC (03:00:00 New York)");
}

TEST_CASE("a digest tells the latest of each episode, the most urgent first") {
    const Desk desk;
    std::vector<sinks::AlertMessage> messages;
    const auto add = [&](char id, core::Episode e) {
        e.id.text.fill(id);
        messages.push_back(*sinks::parse_alert(sinks::alert_document(e, desk.context)));
    };
    core::Episode warning = told_episode();
    warning.severity = core::Severity::warning;
    add('A', told_episode());
    add('A', resolved_episode());
    add('B', warning);
    add('C', warning);
    core::Episode worse = told_episode();
    worse.degraded = true;
    add('C', worse);
    const MessageText text = sinks::digest_text(messages);
    CHECK(text.headline == "CRITICAL digest: 5 messages of 3 episodes");
    CHECK(text.color == 0xD7263D);
    REQUIRE(text.facts.size() == 3);
    CHECK(text.facts[0].name == "14:42 UTC");
    CHECK_THAT(text.facts[0].value,
               Contains("CRITICAL us_tech → BTC-USD") && Contains("data degraded"));
    CHECK_THAT(text.facts[1].value, Contains("WARNING us_tech"));
    CHECK(text.facts[2].name == "16:42 UTC");
    CHECK_THAT(text.facts[2].value, Contains("RESOLVED critical"));
    for (char id = 'D'; id < 'Z'; ++id) add(id, warning);
    const MessageText long_text = sinks::digest_text(messages);
    CHECK(long_text.facts.size() == 10);
    CHECK(long_text.caveat == "15 more episodes are not listed here");
}
