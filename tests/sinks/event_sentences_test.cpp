// What an alert says in a sentence.
#include "daemon/sinks/event_json.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/sinks/known_episode.hpp"

using namespace contagiond;
using namespace contagiond::test;

TEST_CASE("the summary says the essential within 80 characters") {
    const Desk desk;
    const std::string text = sinks::summary(episode(), desk.context);
    CHECK(first_characters(text, 80).rfind(
              "us_tech → BTC-USD −3.1 % in 22 min, rho5m 0.81 (usual 0.34), 6 min after onset",
              0) == 0);
    CHECK(text.find(", NVDA weighed most (75 % of it)") != std::string::npos);
    CHECK(text.find("; us_tech −5.2 % (7.5σ), ETH-USD −2.6 % (3.5σ) since 14:36 UTC") !=
          std::string::npos);
    // ZN pressed by 0.9 sigma: it fell by that.
    CHECK(text.find("; not macro: ZN −0.9σ") != std::string::npos);
    CHECK(text.find("degraded") == std::string::npos);

    // Falls since the slide began, where they are known.
    core::Episode slid = episode();
    slid.ts += 4 * core::ns_per_min;
    slid.source_fall = 0.0147;
    slid.targets[0].fall = 0.03;
    slid.targets[1].fall = 0.031;
    const std::string slide = sinks::summary(slid, desk.context);
    CHECK(slide.rfind("us_tech → BTC-USD −3.0 % in 10 min, rho5m 0.81", 0) == 0);
    CHECK(slide.find("; us_tech −1.5 %, ETH-USD −3.1 % since 14:36 UTC") != std::string::npos);

    core::Episode other = episode();
    other.controls[0].loss_sigma = 3.25;
    other.placebos = {{1, 2.0}};
    other.attribution = core::Attribution::macro;
    CHECK(sinks::summary(other, desk.context).find("; macro: ZN −3.2σ, placebo AMD −2.0σ") !=
          std::string::npos);
    other.attribution = core::Attribution::unattributed;
    CHECK(sinks::summary(other, desk.context).find("ZN") == std::string::npos);
    other.rule = core::Rule::crypto_to_tech;
    other.attribution = core::Attribution::crypto;
    CHECK(sinks::summary(other, desk.context).rfind("BTC-USD → us_tech: BTC-USD −3.1 %", 0) == 0);

    core::Episode e = episode();
    e.degraded = true;
    e.leader.reset();
    e.targets[0].correlation.reset();
    e.targets[0].correlation_baseline.reset();
    const std::string doubtful = sinks::summary(e, desk.context);
    CHECK(doubtful.find("rho5m unknown (usual unknown)") != std::string::npos);
    CHECK(doubtful.find("NVDA") == std::string::npos);
    CHECK(doubtful.find(" led") == std::string::npos);
    CHECK(doubtful.find("gone") == std::string::npos);
    CHECK(doubtful.find("; data degraded") != std::string::npos);
}

TEST_CASE("the summary says when the source is seen through proxies") {
    Desk desk;
    const auto said = [&] { return sinks::summary(episode(), desk.context); };
    CHECK(said().find("prox") == std::string::npos);
    desk.config.universe.instruments[1].symbol = "AMDx-USD";
    CHECK(said().find("; us_tech partly through proxies") != std::string::npos);
    desk.config.universe.instruments[0].symbol = "NVDA-PROXY";
    CHECK(said().find("; us_tech through nothing but proxies") != std::string::npos);
    core::Episode over = episode();
    over.phase = core::EpisodePhase::resolved;
    CHECK(sinks::summary(over, desk.context).find("prox") == std::string::npos);
    // A coin is none.
    desk.config.universe.instruments[0].symbol = desk.config.universe.instruments[1].symbol =
        "SOL-USD-PERP";
    CHECK(said().find("prox") == std::string::npos);
}

TEST_CASE("the summary says who led by how much, and what is gone") {
    const Desk desk;
    core::Episode e = studied_episode();
    const std::string whole = sinks::summary(e, desk.context);
    CHECK(
        whole ==
        "us_tech → BTC-USD −3.1 % in 22 min, rho5m 0.81 (usual 0.34), 6 min after onset, NVDA led "
        "by 41 s; us_tech −5.2 % (7.5σ), ETH-USD −2.6 % (3.5σ) since 14:36 UTC; not macro: ZN "
        "−0.9σ; $593 bn of market value gone, 33 % of the coins' "
        "worth");
    e.degraded = true;
    CHECK(sinks::summary(e, desk.context) == whole + "; data degraded");

    const auto lead = [&](core::SeriesId source, double seconds) {
        e.targets[0].lead->source = source;
        e.targets[0].lead->seconds = seconds;
        const std::string text = sinks::summary(e, desk.context);
        const std::size_t begin = text.find("onset, ") + 7;
        return text.substr(begin, text.find(';') - begin);
    };
    CHECK(lead(5, 41.4) == "us_tech led by 41 s");
    CHECK(lead(0, 2.54) == "NVDA led by 2.5 s");
    CHECK(lead(0, 9.96) == "NVDA led by 10 s");
    CHECK(lead(0, 0.01) == "NVDA led by under 0.1 s");
    CHECK(lead(0, -12.3) == "BTC-USD led by 12 s");
    CHECK(lead(5, -0.5) == "BTC-USD led by 0.5 s");
    CHECK(lead(99, 41) == "unknown led by 41 s");
    CHECK(lead(0, std::numeric_limits<double>::infinity()) == "NVDA weighed most (75 % of it)");
    e.targets[0].lead->verdict = core::LeadVerdict::spans_zero;
    CHECK(lead(0, 41) == "NVDA weighed most (75 % of it)");

    const auto impact = [&](std::optional<double> usd, std::optional<double> share) {
        e.value_lost_usd = usd;
        e.value_lost_share = share;
        const std::string text = sinks::summary(e, desk.context);
        const std::string before = "; not macro: ZN −0.9σ";
        const std::size_t begin = text.find(before) + before.size();
        return text.substr(begin, text.find("; data degraded") - begin);
    };
    CHECK(impact(1.05e12, 0.334) == "; $1.05 tn of market value gone, 33 % of the coins' worth");
    CHECK(impact(9.996e11, 0.0994) == "; $1.00 tn of market value gone, 9.9 % of the coins' worth");
    CHECK(impact(2.34e9, 0.0996) == "; $2.3 bn of market value gone, 10 % of the coins' worth");
    CHECK(impact(4.2e7, 0.00001) ==
          "; $42 m of market value gone, under 0.1 % of the coins' worth");
    CHECK(impact(3.0, {}) == "; under $1 m of market value gone");
    CHECK(impact(5e9, -0.1) == "; $5.0 bn of market value gone");
    CHECK(impact(-5e9, -0.1).empty());
    CHECK(impact({}, 0.33).empty());
    CHECK(impact(std::numeric_limits<double>::quiet_NaN(), 0.33).empty());
}

TEST_CASE("a resolved episode says how long it was and how high it went") {
    const Desk desk;
    core::Episode e = episode();
    e.phase = core::EpisodePhase::resolved;
    e.revision = 4;
    e.ended_at = e.started_at + 42 * core::ns_per_min;
    e.ts = e.ended_at;
    CHECK(sinks::summary(e, desk.context) ==
          "us_tech → BTC-USD over after 42 min, peak score 0.97");
    const auto document = json::parse(sinks::alert_document(e, desk.context));
    CHECK(document["type"] == "contagion.alert.resolved");
    CHECK(document["data"]["status"] == "resolved");
    CHECK(document["data"]["revision"] == 4);
    CHECK(document["data"]["ended_at"] == "2025-01-27T15:18:07.123456Z");
}

TEST_CASE("the rule gives the direction, the mode its mark") {
    Desk desk;
    core::Episode e = episode();
    e.rule = core::Rule::crypto_to_tech;
    CHECK(sinks::title(e, desk.context) == "BTC-USD, ETH-USD → us_tech");
    e.rule = core::Rule::common_macro;
    CHECK(sinks::title(e, desk.context) == "macro → us_tech, BTC-USD, ETH-USD");
    desk.context.mode = "replay";
    CHECK(sinks::title(e, desk.context).rfind("[REPLAY] macro", 0) == 0);
    desk.context.mode = "demo";
    CHECK(sinks::title(e, desk.context).rfind("[DEMO] macro", 0) == 0);
}
