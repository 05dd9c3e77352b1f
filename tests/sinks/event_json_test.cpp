#include "daemon/sinks/event_json.hpp"

#include <catch2/catch.hpp>
#include <clocale>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/sinks/known_episode.hpp"

using namespace contagiond;
using namespace contagiond::test;

TEST_CASE("times are written in UTC with microseconds") {
    CHECK(sinks::rfc3339(at_detection) == "2025-01-27T14:42:07.123456Z");
    CHECK(sinks::rfc3339(0) == "1970-01-01T00:00:00.000000Z");
    CHECK(sinks::rfc3339(-1) == "1969-12-31T23:59:59.999999Z");
    CHECK(sinks::rfc3339(951'782'400 * core::ns_per_s) == "2000-02-29T00:00:00.000000Z");
    CHECK(sinks::rfc3339(1'709'251'199 * core::ns_per_s) == "2024-02-29T23:59:59.000000Z");
    CHECK(sinks::rfc3339(4'107'542'400 * core::ns_per_s) == "2100-03-01T00:00:00.000000Z");
    CHECK(sinks::rfc3339(1'735'689'600 * core::ns_per_s - 1) == "2024-12-31T23:59:59.999999Z");
}

TEST_CASE("prices are written exactly") {
    CHECK(sinks::decimal_text({9895012, -2}) == "98950.12");
    CHECK(sinks::decimal_text({6183763000000, -8}) == "61837.63000000");
    CHECK(sinks::decimal_text({1, -8}) == "0.00000001");
    CHECK(sinks::price_text({6183763000000, -8}) == "61837.63");
    CHECK(sinks::price_text({14260, -2}) == "142.60");
    CHECK(sinks::price_text({100, 0}) == "100");
    CHECK(sinks::price_text({1, -8}) == "0.00000001");
    CHECK(sinks::decimal_text({-5, -1}) == "-0.5");
    CHECK(sinks::decimal_text({42, 0}) == "42");
    CHECK(sinks::decimal_text({42, 3}) == "42000");
    CHECK(sinks::decimal_text({0, 3}) == "0");
    CHECK(sinks::decimal_text({std::numeric_limits<std::int64_t>::min(), 0}) ==
          "-9223372036854775808");
}

TEST_CASE("the alert document, field by field") {
    const Desk desk;
    const std::string text = sinks::alert_document(episode(), desk.context);
    CHECK(text.find('\n') == std::string::npos);
    const auto document = ordered_json::parse(text);

    CHECK(keys(document) == std::vector<std::string>{"type", "timestamp", "data"});
    CHECK(document["type"] == "contagion.alert.opened");
    CHECK(document["timestamp"] == "2025-01-27T14:42:07.123456Z");
    const auto& data = document["data"];
    CHECK(keys(data) == std::vector<std::string>{"schema",
                                                 "id",
                                                 "revision",
                                                 "status",
                                                 "mode",
                                                 "severity",
                                                 "rule",
                                                 "fingerprint",
                                                 "title",
                                                 "summary",
                                                 "started_at",
                                                 "detected_at",
                                                 "ended_at",
                                                 "source",
                                                 "target",
                                                 "targets",
                                                 "correlation",
                                                 "partial_correlation",
                                                 "lead_lag",
                                                 "score",
                                                 "score_peak",
                                                 "horizon_s",
                                                 "thresholds",
                                                 "attribution",
                                                 "direction_balance",
                                                 "contagion",
                                                 "impact",
                                                 "session",
                                                 "data_quality",
                                                 "links",
                                                 "engine"});
    CHECK(data["schema"] == "contagiond.alert/1");
    CHECK(data["id"] == "01JJK3ZC8Q4X0Q7N9S6V3W2E1R");
    CHECK(data["revision"] == 1);
    CHECK(data["status"] == "firing");
    CHECK(data["mode"] == "live");
    CHECK(data["severity"] == "critical");
    CHECK(data["rule"] == "tech_to_crypto");
    CHECK(data["title"] == "us_tech → BTC-USD, ETH-USD");
    CHECK(data["started_at"] == "2025-01-27T14:36:07.123456Z");
    CHECK(data["detected_at"] == "2025-01-27T14:42:07.123456Z");
    CHECK(data["ended_at"].is_null());

    const auto& source = data["source"];
    CHECK(keys(source) == std::vector<std::string>{"group", "return_ratio", "fall_ratio", "leader",
                                                   "leader_confidence", "members"});
    CHECK(source["group"] == "us_tech");
    CHECK(source["return_ratio"].get<double>() == Approx(-0.052).epsilon(1e-12));
    CHECK(source["fall_ratio"].is_null());
    CHECK(source["leader"] == "NVDA");
    CHECK(source["leader_confidence"] == 0.9375);
    REQUIRE(source["members"].size() == 2);
    CHECK(keys(source["members"][0]) ==
          std::vector<std::string>{"symbol", "proxy_of", "venue", "return_ratio", "z", "share"});
    CHECK(source["members"][0]["symbol"] == "NVDA");
    CHECK(source["members"][0]["proxy_of"].is_null());
    CHECK(source["members"][0]["venue"] == "alpaca");
    CHECK(source["members"][0]["return_ratio"].get<double>() == Approx(-0.062).epsilon(1e-12));
    CHECK(source["members"][0]["z"] == -5.125);
    CHECK(source["members"][0]["share"] == 0.75);
    CHECK(source["members"][1]["z"] == 0.5);
    CHECK(source["members"][1]["share"].is_null());

    CHECK(keys(data["target"]) ==
          std::vector<std::string>{"symbol", "venue", "price", "return_ratio", "fall_ratio"});
    CHECK(data["target"]["symbol"] == "BTC-USD");
    CHECK(data["target"]["venue"] == "coinbase");
    CHECK(data["target"]["price"] == "98950.12");
    CHECK(data["target"]["return_ratio"].get<double>() == Approx(-0.031).epsilon(1e-12));
    REQUIRE(data["targets"].size() == 2);
    for (const auto& [key, value] : data["target"].items()) CHECK(data["targets"][0][key] == value);
    CHECK(keys(data["targets"][0]) == std::vector<std::string>{"symbol", "venue", "price",
                                                               "return_ratio", "fall_ratio",
                                                               "correlation", "lead_lag"});
    CHECK(data["targets"][0]["correlation"] == data["correlation"]);
    CHECK(data["targets"][1]["correlation"]["value"] == 0.75);
    CHECK(data["targets"][1]["lead_lag"].is_null());
    CHECK(data["targets"][1]["symbol"] == "ETH-USD");
    CHECK(data["targets"][1]["price"] == "3150");

    CHECK(data["correlation"].dump() ==
          R"({"window_s":300,"value":0.8125,"baseline":0.34375,"standard_error":0.0625,)"
          R"("effective_samples":214,"adjusted":null,"p_value":null})");
    CHECK(data["partial_correlation"].is_null());
    CHECK(data["lead_lag"].is_null());
    CHECK(data["score"] == 0.9375);
    CHECK(data["score_peak"] == 0.96875);
    CHECK(data["horizon_s"] == 1320.0);
    CHECK(data["thresholds"].dump() == R"({"enter":0.8,"exit":0.6})");
    CHECK(data["attribution"].dump() ==
          R"({"class":"tech","controls":[{"symbol":"ZN","z":0.9}],"placebos":[]})");
    CHECK(data["direction_balance"] == 1.25);
    CHECK(data["contagion"].is_null());
    CHECK(data["impact"].is_null());
    CHECK(data["session"].dump() == R"({"calendar":"XNYS","state":"regular"})");
    CHECK(data["data_quality"].dump() ==
          R"({"degraded":false,"stale":["AMD"],"diverged":[],"gaps":3,"coverage_ratio":0.98})");
    CHECK(data["links"].dump() == R"({"alert":null,"replay":null,"runbook":null})");
    CHECK(data["engine"]["version"] == "0.1.0");
    CHECK(data["engine"]["config_sha256"] == std::string(64, 'a'));
    CHECK(data["engine"]["instance"] == "desk-1");
}

TEST_CASE("what slower statistics know stands in the document") {
    const Desk desk;
    core::Episode e = studied_episode();
    const auto data_of = [&] {
        return ordered_json::parse(sinks::alert_document(e, desk.context))["data"];
    };
    const auto data = data_of();
    CHECK(data["correlation"]["adjusted"] == 0.75);
    CHECK(data["correlation"]["p_value"] == 0.00625);
    CHECK(data["partial_correlation"].dump() ==
          R"({"value":0.625,"p_value":0.0078125,"controls_kept":2,"samples":300})");
    CHECK(data["lead_lag"].dump() ==
          R"({"seconds":41.0,"interval95":[22.0,60.0],"verdict":"led","source":"NVDA"})");
    CHECK(data["targets"][0]["lead_lag"] == data["lead_lag"]);
    CHECK(data["targets"][0]["correlation"] == data["correlation"]);
    CHECK(data["targets"][1]["correlation"]["adjusted"].is_null());
    CHECK(data["impact"].dump() == R"({"source_value_lost_usd":593000000000.0,)"
                                   R"("share_of_target_value":0.328,"as_of":"2025-01-25"})");
    CHECK(data["data_quality"]["diverged"].dump() == R"(["ETH-USD"])");

    // A fall since the slide began is a return like the others: negative.
    e.source_fall = 0.0625;
    e.targets[0].fall = 0.03125;
    CHECK(data_of()["source"]["fall_ratio"] == -0.0625);
    CHECK(data_of()["target"]["fall_ratio"] == -0.03125);
    CHECK(data_of()["targets"][0]["fall_ratio"] == -0.03125);
    CHECK(data_of()["targets"][1]["fall_ratio"].is_null());

    // A lag that is not claimed is not told, whatever number stands in it.
    for (std::size_t v = 1; v < core::lead_verdict_count; ++v) {
        e.targets[0].lead->verdict = static_cast<core::LeadVerdict>(v);
        CHECK(data_of()["lead_lag"].dump() ==
              R"({"seconds":null,"interval95":null,"verdict":")" +
                  std::string(to_string(e.targets[0].lead->verdict)) + R"(","source":null})");
    }
    e.targets[0].lead->verdict = core::LeadVerdict::led;
    e.targets[0].lead->seconds_low.reset();
    CHECK(data_of()["lead_lag"]["interval95"].is_null());

    e.value_as_of = core::no_time;
    e.value_lost_share.reset();
    CHECK(data_of()["impact"].dump() == R"({"source_value_lost_usd":593000000000.0,)"
                                        R"("share_of_target_value":null,"as_of":null})");
    e.value_lost_usd.reset();
    CHECK(data_of()["impact"].is_null());
}

TEST_CASE("contagion is a link that has strengthened, interdependence one that has not") {
    const Desk desk;
    core::Episode e = studied_episode();
    const auto told = [&](std::optional<double> z) {
        e.targets[0].link->change_z = z;
        return json::parse(sinks::alert_document(e, desk.context))["data"]["contagion"];
    };
    CHECK(told(1.65) == "contagion");
    CHECK(told(1.64) == "interdependence");
    CHECK(told(-3.0) == "interdependence");
    CHECK(told(std::nullopt).is_null());
    CHECK(told(std::numeric_limits<double>::quiet_NaN()).is_null());
    e.targets[0].link.reset();
    CHECK(json::parse(sinks::alert_document(e, desk.context))["data"]["contagion"].is_null());
}

TEST_CASE("a member that only stands for a share says which") {
    Desk desk;
    desk.config.universe.instruments[0].symbol = "NVDA-PROXY";
    const auto document = ordered_json::parse(sinks::alert_document(episode(), desk.context));
    const auto& members = document["data"]["source"]["members"];
    CHECK(members[0]["symbol"] == "NVDA-PROXY");
    CHECK(members[0]["proxy_of"] == "NVDA");
    CHECK(members[1]["proxy_of"].is_null());
}

TEST_CASE("the fingerprint is of rule and source alone") {
    const Desk desk;
    core::Episode a = episode();
    const auto fingerprint = [&](const core::Episode& e) {
        return json::parse(sinks::alert_document(e, desk.context))["data"]["fingerprint"]
            .get<std::string>();
    };
    const std::string first = fingerprint(a);
    CHECK(first.size() == 16);
    CHECK(first.find_first_not_of("0123456789abcdef") == std::string::npos);
    a.revision = 2;
    a.score = 0.5;
    a.targets.pop_back();
    CHECK(fingerprint(a) == first);
    a.rule = core::Rule::common_macro;
    CHECK(fingerprint(a) != first);
}

TEST_CASE("numbers that are not there are null, never NaN") {
    const Desk desk;
    core::Episode e = episode();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    e.source_log_return = nan;
    e.members[0] = {0, 77, inf, -inf, nan};
    e.targets[0].log_return = {};
    e.targets[0].correlation = nan;
    e.targets[0].correlation_window = 9;
    e.score = nan;
    e.coverage = inf;
    e.targets[1].log_return = -0.0;
    e.targets[0].link = core::LinkMeasured{};
    e.targets[0].link->rho_adjusted = nan;
    e.targets[0].link->partial = -inf;
    e.targets[0].lead = core::LeadMeasured{};
    e.targets[0].lead->seconds = nan;
    e.targets[0].lead->seconds_low = -inf;
    e.value_lost_usd = inf;
    e.value_lost_share = nan;
    const std::string text = sinks::alert_document(e, desk.context);
    CHECK(text.find("nan") == std::string::npos);
    CHECK(text.find("inf") == std::string::npos);
    CHECK(text.find("-0.0,") == std::string::npos);
    const auto data = json::parse(text)["data"];
    CHECK(data["source"]["return_ratio"].is_null());
    CHECK(data["source"]["members"][0]["venue"].is_null());
    CHECK(data["source"]["members"][0]["return_ratio"].is_null());
    CHECK(data["source"]["members"][0]["z"].is_null());
    CHECK(data["target"]["return_ratio"].is_null());
    CHECK(data["correlation"]["window_s"].is_null());
    CHECK(data["correlation"]["value"].is_null());
    CHECK(data["correlation"]["adjusted"].is_null());
    CHECK(data["partial_correlation"]["value"].is_null());
    CHECK(data["lead_lag"]["seconds"].is_null());
    CHECK(data["impact"].is_null());
    CHECK(data["score"].is_null());
    CHECK(data["data_quality"]["coverage_ratio"].is_null());
}

TEST_CASE("an episode without targets still gives a document") {
    const Desk desk;
    core::Episode e = episode();
    e.targets.clear();
    e.members.clear();
    e.source_group = 12;
    const auto data = json::parse(sinks::alert_document(e, desk.context))["data"];
    CHECK(data["target"].is_null());
    CHECK(data["targets"].empty());
    CHECK(data["correlation"].is_null());
    CHECK(data["source"]["group"] == "unknown");
    CHECK(data["session"]["calendar"].is_null());
}

TEST_CASE("hostile names are data in their fields and harmless in sentences") {
    Desk desk;
    const std::string hostile =
        "<img src=x onerror=\"a\">\n\\" + std::string(1, '\0') + "\xE2\x80\xAE";
    desk.config.universe.instruments[2].symbol = hostile;
    desk.config.universe.instruments[3].symbol = "\xFF\xC3(\xED\xA0\x80 ok";  // no UTF-8
    core::Episode e = studied_episode();
    e.targets[0].lead->seconds = -12;  // the hostile name is the leader's too
    const std::string text = sinks::alert_document(e, desk.context);
    for (const char c : text) CHECK(static_cast<unsigned char>(c) >= 0x20);
    const auto data = json::parse(text)["data"];
    CHECK(data["target"]["symbol"] == hostile);
    CHECK(data["targets"][1]["symbol"] == "\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD ok");
    for (const char* field : {"title", "summary"}) {
        const auto sentence = data[field].get<std::string>();
        INFO(sentence);
        CHECK(sentence.find('\n') == std::string::npos);
        CHECK(sentence.find('\0') == std::string::npos);
        CHECK(sentence.find("\xE2\x80\xAE") == std::string::npos);
    }
}

TEST_CASE("a document stays below 20 kB whatever the names and however many") {
    Desk desk;
    const std::vector<std::string> names = {std::string(10'000, 'x'), std::string(10'000, '\x01'),
                                            std::string(10'000, '"'), std::string(10'000, '\xFF'),
                                            [] {
                                                std::string s;
                                                while (s.size() < 10'000) s += "\xF0\x9F\x93\x89";
                                                return s;
                                            }()};
    for (const std::string& long_name : names) {
        for (auto& instrument : desk.config.universe.instruments) instrument.symbol = long_name;
        for (auto& feed : desk.config.universe.feeds) feed.venue = long_name;
        desk.config.universe.groups[0].name = long_name;
        desk.context.instance = desk.context.version = desk.context.config_sha256 = long_name;
        desk.context.external_url = "http://" + long_name;
        core::Episode e = studied_episode();
        const double third = -1.0 / 3 * 1e-5;  // as long as a number gets
        auto& link = *e.targets[0].link;
        for (auto* value :
             {&link.partial, &link.partial_p, &link.rho_adjusted, &link.change_z, &link.change_p,
              &e.targets[0].correlation, &e.targets[0].correlation_baseline,
              &e.targets[0].correlation_standard_error, &e.targets[0].log_return,
              &e.targets[0].lead->seconds_low, &e.targets[0].lead->seconds_high,
              &e.source_log_return, &e.value_lost_share})
            *value = third;
        e.targets[0].lead->seconds = -1e300 / 3;
        e.targets[0].correlation_effective_samples = std::numeric_limits<std::uint32_t>::max();
        e.value_lost_usd = 1e300 / 3;
        e.value_lost_share = 1e300 / 3;
        e.gaps = std::numeric_limits<std::uint64_t>::max();
        e.diverged.assign(500, 1);
        e.members.assign(500, {0, 0, third, -third, third});
        e.targets.assign(100, e.targets[0]);
        for (auto& target : e.targets)
            target.price = {std::numeric_limits<std::int64_t>::min(), 127};
        e.stale.assign(500, 1);
        e.controls.assign(500, {4, third});
        const std::string text = sinks::alert_document(e, desk.context);
        CHECK(text.size() < 20'000);
        const auto data = json::parse(text)["data"];
        CHECK(data["source"]["members"].size() == 20);
        CHECK(data["targets"].size() == 8);
        CHECK(data["data_quality"]["stale"].size() == 16);
        CHECK(data["data_quality"]["diverged"].size() == 16);
        const auto symbol = data["target"]["symbol"].get<std::string>();
        CHECK(symbol.size() <= 64);
        CHECK(symbol.substr(symbol.size() - 3) == "…");
        CHECK(data["links"]["alert"].is_null());  // a cut link would lead elsewhere
        CHECK(code_points(data["summary"].get<std::string>()) <= 600);
        desk.context.external_url = std::string(512, 'x');  // the longest that is told
        const std::string linked = sinks::alert_document(e, desk.context);
        CHECK(linked.size() < 20'000);
        CHECK(linked.size() > text.size() + 512);
    }
}

TEST_CASE("equal episodes give equal bytes, in any locale") {
    const Desk desk;
    const std::string first = sinks::alert_document(episode(), desk.context);
    for (const char* locale : {"de_DE.UTF-8", "fr_FR.UTF-8", "C"}) std::setlocale(LC_ALL, locale);
    CHECK(sinks::alert_document(episode(), desk.context) == first);
    std::setlocale(LC_ALL, "C");
}

TEST_CASE("links lead to the page under the external address") {
    Desk desk;
    desk.context.external_url = "https://desk.example/contagiond";
    const auto data = json::parse(sinks::alert_document(episode(), desk.context))["data"];
    CHECK(data["links"]["alert"] ==
          "https://desk.example/contagiond/#/alerts/01JJK3ZC8Q4X0Q7N9S6V3W2E1R");
}

TEST_CASE("a test alert says that nothing happened") {
    Desk desk;
    desk.context.mode = "demo";
    const auto document = ordered_json::parse(sinks::test_document(at_detection, desk.context));
    CHECK(document["type"] == "contagion.alert.test");
    const auto& data = document["data"];
    CHECK(keys(data) ==
          keys(ordered_json::parse(sinks::alert_document(episode(), desk.context))["data"]));
    CHECK(data["status"] == "test");
    CHECK(data["title"] == "[DEMO] Test alert: nothing happened");
    CHECK(data["summary"].get<std::string>().find("Nothing happened") != std::string::npos);
    // The first ten characters of a ULID are its milliseconds in base 32.
    const auto id = data["id"].get<std::string>();
    CHECK(id.size() == 26);
    const std::string base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::uint64_t milliseconds = 0;
    for (std::size_t i = 0; i < 10; ++i) milliseconds = milliseconds * 32 + base32.find(id[i]);
    CHECK(milliseconds == 1'737'988'927'123u);
}
