// The shadow: what it would have said is counted and listed; trouble in it stays in it.
#include "daemon/sinks/shadow.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

using namespace contagiond;
using nlohmann::json;
using sinks::Item;
using sinks::Shadow;
using sinks::ShadowDoors;
using sinks::ShadowSettings;

namespace {

constexpr core::TimeNs start = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z

core::EngineConfig small_engine() {
    core::EngineConfig config;
    config.universe.instruments = {{"NVDA"}, {"BTC-USD"}};
    config.universe.groups = {{"us_tech", {{0, 1.0}}}};
    config.universe.feeds = {{"stocks", "alpaca", {0}}, {"coins", "coinbase_exchange", {1}}};
    config.targets = {1};
    return config;
}

ShadowSettings named(const std::string& name) {
    return {name, small_engine(), {"detector.target_fall 0.015 → 0.01"}, "digest of " + name};
}

/// An episode as some engine tells it. `number` makes the id.
core::EpisodeChanged told(char number, core::EpisodePhase phase, core::Severity severity,
                          core::TimeNs ts) {
    auto e = std::make_shared<core::Episode>();
    e->id.text.fill('0');
    e->id.text.back() = number;
    e->phase = phase;
    e->severity = severity;
    e->ts = e->started_at = e->detected_at = ts;
    if (phase == core::EpisodePhase::resolved) e->ended_at = ts;
    core::EpisodeTarget target{};
    target.instrument = 1;
    target.feed = 1;
    target.price = {1, 0};
    e->targets = {target};
    return {ts, e};
}

/// What the engine behind a shadow was given, and what it shall answer.
struct Script {
    std::vector<core::Input> inputs;
    std::vector<core::Event> answers;  ///< to the next step
    int engines = 0;
    bool throws = false;

    ShadowDoors doors() {
        ShadowDoors d;
        d.make_engine = [this](const core::EngineConfig&) {
            ++engines;
            return [this](std::span<const core::Input> in) -> std::span<const core::Event> {
                if (throws) throw std::runtime_error("the script says so");
                inputs.insert(inputs.end(), in.begin(), in.end());
                said = std::exchange(answers, {});
                return said;
            };
        };
        return d;
    }

  private:
    std::vector<core::Event> said;
};

Item clock_at(core::TimeNs ts) {
    return core::Input::make_clock(ts);
}

void feed(Shadow& shadow, std::vector<Item> items) {
    shadow.consume(items);
}

json list(const Shadow& shadow) {
    return json::parse(shadow.alerts_json(core::no_time, 100));
}

json status(const Shadow& shadow) {
    return json::parse(shadow.status_json());
}

sinks::DocumentContext live_context(const core::EngineConfig& engine) {
    sinks::DocumentContext context;
    context.engine = &engine;
    context.external_url = "http://desk.example";
    context.config_sha256 = "of the live one";
    return context;
}

}  // namespace

TEST_CASE("without a shadow nothing is wanted, and nothing is there") {
    const core::EngineConfig live = small_engine();
    Shadow shadow({}, live_context(live));
    CHECK_FALSE(shadow.wants_inputs());
    CHECK_FALSE(shadow.wants(told('1', core::EpisodePhase::opened, core::Severity::warning, 1)));
    CHECK_FALSE(shadow.running());
    CHECK(status(shadow).is_null());
    CHECK(list(shadow).empty());
    feed(shadow, {clock_at(start)});
}

TEST_CASE("episodes of a shadow are listed under its name and counted by what they are") {
    const core::EngineConfig live = small_engine();
    Script script;
    std::vector<std::string> reported;
    ShadowDoors doors = script.doors();
    doors.report = [&](std::string_view name, const core::Episode* episode, std::string_view) {
        REQUIRE(episode != nullptr);
        reported.push_back(std::string(name) + " " + std::string(to_string(episode->phase)));
    };
    Shadow shadow(named("early"), live_context(live), std::move(doors));
    CHECK(shadow.wants_inputs());
    CHECK(shadow.running());
    CHECK(status(shadow)["since"].is_null());
    CHECK(status(shadow)["warm"] == false);

    const auto warning = core::Severity::warning, critical = core::Severity::critical;
    const auto rule = core::Rule::tech_to_crypto;
    script.answers = {
        core::TargetAssessed{start, 1, core::Regime::calm, 0, 0.9, core::Condition::none, 1, false},
        told('1', core::EpisodePhase::opened, warning, start)};
    feed(shadow, {clock_at(start)});
    CHECK(shadow.alerts(rule, warning).value() == 1);
    CHECK(shadow.active(rule, warning).value() == 1);

    script.answers = {told('1', core::EpisodePhase::updated, critical, start + 1)};
    feed(shadow, {clock_at(start + 1)});
    CHECK(shadow.alerts(rule, critical).value() == 0);
    CHECK(shadow.active(rule, warning).value() == 0);
    CHECK(shadow.active(rule, critical).value() == 1);
    CHECK(status(shadow)["alerts_open"] == 1);

    script.answers = {told('1', core::EpisodePhase::resolved, critical, start + 2),
                      told('2', core::EpisodePhase::opened, critical, start + 3)};
    feed(shadow, {clock_at(start + 3)});
    CHECK(shadow.alerts(rule, critical).value() == 1);
    CHECK(shadow.active(rule, critical).value() == 1);

    const json documents = list(shadow);
    REQUIRE(documents.size() == 2);
    CHECK(documents[0]["type"] == "contagion.alert.opened");
    CHECK(documents[1]["type"] == "contagion.alert.resolved");
    for (const json& document : documents) {
        CHECK(document["data"]["schema"] == "contagiond.alert/1");
        CHECK(document["data"]["shadow"] == "early");
        CHECK(document["data"]["title"].get<std::string>().find("SHADOW early") !=
              std::string::npos);
        CHECK(document["data"]["links"]["alert"].is_null());
        CHECK(document["data"]["engine"]["config_sha256"] == "digest of early");
    }
    const json told_status = status(shadow);
    CHECK(told_status["name"] == "early");
    CHECK(told_status["alerts"] == 2);
    CHECK(told_status["since"] == sinks::rfc3339(start));
    CHECK(told_status["last_opened_at"] == sinks::rfc3339(start + 3));
    CHECK(told_status["warm"] == true);
    CHECK(told_status["inputs_lost"] == 0);
    CHECK(told_status["error"].is_null());
    CHECK(told_status["differences"].size() == 1);
    CHECK(reported == std::vector<std::string>{"early opened", "early updated", "early resolved",
                                               "early opened"});
}

TEST_CASE("live episodes are only counted beside") {
    const core::EngineConfig live = small_engine();
    Script script;
    Shadow shadow(named("early"), live_context(live), script.doors());
    const core::Event opened =
        told('7', core::EpisodePhase::opened, core::Severity::warning, start);
    CHECK(shadow.wants(opened));
    CHECK_FALSE(shadow.wants(core::BarClosed{start}));
    feed(shadow, {clock_at(start), opened,
                  core::Event(told('7', core::EpisodePhase::updated, core::Severity::warning, 1))});
    CHECK(status(shadow)["alerts_live"] == 1);
    CHECK(status(shadow)["alerts"] == 0);
    CHECK(list(shadow).empty());
    CHECK(shadow.alerts(core::Rule::tech_to_crypto, core::Severity::warning).value() == 0);
}

TEST_CASE("the shadow's engine takes the inputs in their order, and nothing else") {
    const core::EngineConfig live = small_engine();
    Script script;
    Shadow shadow(named("early"), live_context(live), script.doors());
    feed(shadow, {clock_at(1), core::Event(core::BarClosed{1}), clock_at(2)});
    feed(shadow, {clock_at(3), Item{}, clock_at(4)});
    REQUIRE(script.inputs.size() == 4);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(script.inputs[i].ts_receive == static_cast<core::TimeNs>(i + 1));
    CHECK(script.engines == 1);  // a mark without a change is none
}

TEST_CASE("a shadow that throws is stopped and says why; the next one runs") {
    const core::EngineConfig live = small_engine();
    Script script;
    std::string reason;
    ShadowDoors doors = script.doors();
    doors.report = [&](std::string_view, const core::Episode* episode, std::string_view why) {
        CHECK(episode == nullptr);
        reason = why;
    };
    Shadow shadow(named("early"), live_context(live), std::move(doors));
    script.throws = true;
    CHECK_NOTHROW(feed(shadow, {clock_at(1)}));
    CHECK_FALSE(shadow.wants_inputs());
    CHECK_FALSE(shadow.running());
    CHECK(reason == "the script says so");
    CHECK(status(shadow)["error"] == "the script says so");
    CHECK_NOTHROW(feed(shadow, {clock_at(2)}));
    CHECK(script.inputs.empty());

    script.throws = false;
    shadow.replace_at_mark(named("again"));
    CHECK(shadow.wants_inputs());
    feed(shadow, {Item{}, clock_at(3)});
    CHECK(shadow.running());
    CHECK(status(shadow)["name"] == "again");
    CHECK(status(shadow)["error"].is_null());
    CHECK(script.inputs.size() == 1);
}

TEST_CASE("a shadow changes at the mark, and starts afresh there") {
    const core::EngineConfig live = small_engine();
    Script script;
    Shadow shadow(named("one"), live_context(live), script.doors());
    script.answers = {told('1', core::EpisodePhase::opened, core::Severity::warning, start)};
    feed(shadow, {clock_at(1)});
    shadow.replace_at_mark(named("two"));
    // What was published before the mark is still the first one's.
    feed(shadow, {clock_at(2)});
    CHECK(status(shadow)["name"] == "one");
    CHECK(script.engines == 1);
    feed(shadow, {clock_at(3), Item{}, clock_at(4)});
    CHECK(status(shadow)["name"] == "two");
    CHECK(status(shadow)["since"] == sinks::rfc3339(4));
    CHECK(status(shadow)["alerts"] == 0);
    CHECK(list(shadow).empty());
    CHECK(script.engines == 2);
    const auto rule = core::Rule::tech_to_crypto;
    CHECK(shadow.active(rule, core::Severity::warning).value() == 0);
    CHECK(shadow.alerts(rule, core::Severity::warning).value() == 1);  // a counter never falls

    shadow.replace_at_mark({});
    CHECK_FALSE(shadow.wants_inputs());
    feed(shadow, {Item{}});
    CHECK(status(shadow).is_null());
    CHECK_FALSE(shadow.running());
}

TEST_CASE("two changes in a row are taken one at a mark") {
    const core::EngineConfig live = small_engine();
    Script script;
    Shadow shadow(named("one"), live_context(live), script.doors());
    shadow.replace_at_mark(named("two"));
    shadow.replace_at_mark(named("three"));
    feed(shadow, {clock_at(1), Item{}, clock_at(2)});
    CHECK(status(shadow)["name"] == "two");
    feed(shadow, {Item{}, clock_at(3), Item{}});
    CHECK(status(shadow)["name"] == "three");
    CHECK(script.engines == 3);
}

TEST_CASE("inputs that were lost on the way are told, and are holes in every feed") {
    const core::EngineConfig live = small_engine();
    Script script;
    std::uint64_t lost = 0;
    ShadowDoors doors = script.doors();
    doors.inputs_lost = [&] { return lost; };
    Shadow shadow(named("early"), live_context(live), std::move(doors));
    feed(shadow, {clock_at(1)});
    lost = 5;
    feed(shadow, {clock_at(2)});
    feed(shadow, {clock_at(3)});
    REQUIRE(script.inputs.size() == 5);
    for (std::size_t i : {1u, 2u}) {
        CHECK(script.inputs[i].kind == core::InputKind::gap);
        CHECK(script.inputs[i].feed == i - 1);
        CHECK(script.inputs[i].instrument == core::no_id);
        CHECK(script.inputs[i].gap.count == 5);
    }
    CHECK(status(shadow)["inputs_lost"] == 5);
}
