#include "daemon/sinks/dashboard.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <thread>

#include "daemon/sinks/dashboard_state.hpp"
#include "tests/sinks/dashboard_bench.hpp"
#include "tests/support/price_sampled.hpp"

using namespace contagiond;
using nlohmann::json;
using sinks::Dashboard;
using namespace contagiond::test;

namespace {

core::EpisodeChanged episode(std::string_view id, core::EpisodePhase phase, core::TimeNs ts,
                             std::uint32_t revision = 1) {
    auto e = std::make_shared<core::Episode>();
    std::copy(id.begin(), id.end(), e->id.text.begin());
    e->phase = phase;
    e->revision = revision;
    e->ts = e->detected_at = e->started_at = ts;
    if (phase == core::EpisodePhase::resolved) e->ended_at = ts;
    e->leader = core::InstrumentId{0};
    e->leader_confidence = 0.9375;
    e->horizon_ns = 5 * core::ns_per_min;
    e->source_log_return = -0.05;
    e->members = {{0, 0, -0.06, 5.0, 1.0}};
    core::EpisodeTarget target{};
    target.instrument = 2;
    target.feed = 1;
    target.price = {9895012, -2};
    target.log_return = -0.03;
    target.score = 0.9;
    e->targets = {target};
    e->score = e->score_peak = 0.9;
    return {ts, e};
}
constexpr std::string_view id_a = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";
constexpr std::string_view id_b = "01JJK3ZC8Q4X0Q7N9S6V3W2E1S";

/// Any event the engine might say, also with absent and not finite numbers.
core::Event random_event(std::mt19937& random, core::TimeNs ts) {
    const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    const auto maybe = [&]() -> std::optional<double> {
        if (pick(4) == 0) return std::nullopt;
        if (pick(10) == 0) return std::numeric_limits<double>::quiet_NaN();
        return std::uniform_real_distribution<double>(-1, 1)(random);
    };
    const auto instrument = static_cast<core::InstrumentId>(pick(5));
    switch (pick(13)) {
        case 0: {
            core::PriceSampled e = test::price_sampled(
                ts, instrument, static_cast<core::FeedId>(pick(2)), {10000 + pick(500), -2},
                0.001 * pick(100) - 0.05, maybe(), pick(5) == 0);
            e.return_kind = static_cast<core::ReturnKind>(pick(3));
            e.change_24h = maybe();
            e.taint = static_cast<core::TaintCauses>(pick(16));
            return e;
        }
        case 1:
            return core::SelloffMeasured{ts,          static_cast<core::SeriesId>(pick(6)),
                                         0,           maybe(),
                                         maybe(),     maybe(),
                                         maybe(),     0.5,
                                         pick(3) == 0};
        case 2:
            return core::CorrelationMeasured{ts,
                                             static_cast<core::SeriesId>(pick(6)),
                                             static_cast<core::SeriesId>(2 + pick(2)),
                                             static_cast<std::uint8_t>(pick(2)),
                                             maybe(),
                                             maybe(),
                                             maybe(),
                                             static_cast<std::uint32_t>(pick(100)),
                                             pick(3) == 0};
        case 3:
            return core::TargetAssessed{ts,
                                        static_cast<core::InstrumentId>(2 + pick(2)),
                                        static_cast<core::Regime>(pick(5)),
                                        ts,
                                        maybe(),
                                        static_cast<core::Condition>(pick(8)),
                                        0.25 * pick(5),
                                        pick(5) == 0};
        case 4:
            return core::FeedChanged{ts, static_cast<core::FeedId>(pick(2)),
                                     static_cast<core::FeedState>(pick(2))};
        case 5:
            return episode(pick(2) ? id_a : id_b, static_cast<core::EpisodePhase>(pick(3)), ts);
        case 6:
            return core::PriceDiverged{ts, instrument, static_cast<core::FeedId>(pick(2)), maybe(),
                                       pick(2) == 0};
        case 7:
            return core::TickCorrelationMeasured{ts,
                                                 static_cast<core::SeriesId>(pick(6)),
                                                 static_cast<core::SeriesId>(2 + pick(2)),
                                                 maybe(),
                                                 maybe(),
                                                 static_cast<std::uint32_t>(pick(100)),
                                                 pick(3) == 0};
        case 8:
            return core::LeadMeasured{ts,
                                      static_cast<core::SeriesId>(pick(6)),
                                      static_cast<core::SeriesId>(2 + pick(2)),
                                      static_cast<core::LeadVerdict>(pick(6)),
                                      maybe(),
                                      maybe(),
                                      maybe(),
                                      maybe(),
                                      maybe(),
                                      maybe(),
                                      9,
                                      static_cast<std::uint32_t>(pick(100)),
                                      pick(3) == 0};
        case 9: {
            core::LinkMeasured e{};
            e.ts = ts;
            e.source = us_tech;
            e.target = static_cast<core::InstrumentId>(2 + pick(2));
            e.partial = maybe();
            e.partial_p = maybe();
            e.change_z = maybe();
            e.spillover_received = maybe();
            return e;
        }
        case 10:
            return core::SeriesMeasured{ts,      static_cast<core::SeriesId>(pick(6)),
                                        maybe(), maybe(),
                                        maybe(), maybe(),
                                        maybe(), 1,
                                        false};
        case 11:
            return core::ImpactMeasured{ts, maybe(), maybe(), 1, ts};
        default:
            return core::BarClosed{ts};
    }
}

}  // namespace

TEST_CASE("from the start the state has every row, warming, and no number that is not known") {
    const Bench bench(small_config(), with_notice("all prices are synthetic"));
    const json state = bench.state();
    CHECK(state["schema"] == "contagiond.state/1");
    CHECK(state["mode"] == "demo");
    CHECK(state["notice"] == "all prices are synthetic");
    CHECK(state["now"].is_null());
    CHECK(state["wall"].is_null());  // this bench has none
    CHECK(state["bar_s"] == 10);
    CHECK(state["windows_s"] == json({300, 3600}));
    CHECK(state["thresholds"]["enter"] == 0.8);
    REQUIRE(state["instruments"].size() == 5);
    const char* roles[] = {"source", "source", "target", "target", "control"};
    for (std::size_t i = 0; i < 5; ++i) CHECK(state["instruments"][i]["role"] == roles[i]);
    core::EngineConfig by_proxy = small_config();
    by_proxy.universe.instruments[0].symbol = "NVDA-PROXY";
    const json proxies = Bench(by_proxy, with_notice("")).state();
    CHECK(proxies["instruments"][0]["symbol"] == "NVDA-PROXY");
    CHECK(proxies["instruments"][0]["proxy_of"] == "NVDA");
    CHECK(proxies["instruments"][1]["proxy_of"].is_null());
    CHECK(state["instruments"][0]["price"].is_null());
    CHECK(state["instruments"][0]["return_since_open"].is_null());
    CHECK(state["groups"][0]["members"] == json({"NVDA", "ARM"}));
    REQUIRE(state["targets"].size() == 2);
    CHECK(state["targets"][0] == json{{"symbol", "BTC-USD"},
                                      {"regime", "warming"},
                                      {"since", nullptr},
                                      {"score", nullptr},
                                      {"limiting", "none"},
                                      {"warmup", 0.0},
                                      {"suspended", false},
                                      {"direction", "none"}});
    CHECK(state["correlations"].size() == 3 * 2 * 2);
    CHECK(state["selloff"].size() == 5);
    CHECK(state["feeds"][0] ==
          json{{"name", "stocks"}, {"venue", "alpaca"}, {"state", "down"}, {"since", nullptr}});
    CHECK(state["episodes"].empty());
}

TEST_CASE("events become state") {
    Bench bench;
    bench.say(core::FeedChanged{noon, 1, core::FeedState::up});
    bench.say(test::price_sampled(noon, 0, 0, {11842, -2}, std::log(0.96), {}, false));
    bench.say(test::price_sampled(noon, 2, 1, {9895012, -2}, std::log(1.02), 0.0, true));
    bench.say(core::SelloffMeasured{noon, us_tech, 0, std::log(0.95), -0.05, 4.5, 2.5, 1, true});
    bench.say(core::CorrelationMeasured{noon, us_tech, 3, 1, 0.8123456789, 0.25, {}, 30, true});
    bench.say(core::TargetAssessed{noon, 3, core::Regime::elevated, noon - core::ns_per_min, 0.6,
                                   core::Condition::target_fall, 1, true,
                                   core::Direction::decoupled});
    bench.say(episode(id_a, core::EpisodePhase::opened, noon));
    bench.say(core::BarClosed{noon + 1});
    const json state = bench.state();
    CHECK(state["now"] == "2025-01-27T12:00:00.000000Z");
    CHECK(state["since"] == "2025-01-27T12:00:00.000000Z");
    CHECK(state["instruments"][0] == json{{"symbol", "NVDA"},
                                          {"proxy_of", nullptr},
                                          {"role", "source"},
                                          {"venue", "alpaca"},
                                          {"price", "118.42"},
                                          {"return_since_open", -0.04},
                                          {"change_24h", nullptr},
                                          {"return_kind", "bar"},
                                          {"stale", false},
                                          {"taint", json::array()},
                                          {"feeds_fresh", 1},
                                          {"feeds_agreeing", 1},
                                          {"diverged", json::array()},
                                          {"ts_price", "2025-01-27T12:00:00.000000Z"},
                                          {"ts", "2025-01-27T12:00:00.000000Z"}});
    CHECK(state["instruments"][2]["stale"] == true);
    CHECK(state["instruments"][2]["return_since_open"] == 0.02);
    // ARM has no price: the group is what is alive of it.
    CHECK(state["groups"][0]["return_since_open"] == -0.04);
    CHECK(state["feeds"][1]["state"] == "up");
    CHECK(state["targets"][1]["regime"] == "elevated");
    CHECK(state["targets"][1]["direction"] == "decoupled");
    CHECK(state["targets"][1]["since"] == "2025-01-27T11:59:00.000000Z");
    CHECK(state["targets"][1]["score"] == 0.6);
    CHECK(state["targets"][1]["limiting"] == "target_fall");
    CHECK(state["targets"][1]["suspended"] == true);
    json pair;
    for (const json& row : state["correlations"])
        if (row["source"] == "us_tech" && row["target"] == "ETH-USD" && row["window_s"] == 3600)
            pair = row;
    CHECK(pair["value"] == 0.812346);
    CHECK(pair["baseline"] == 0.25);
    CHECK(pair["standard_error"].is_null());
    CHECK(pair["samples"] == 30);
    CHECK(pair["tainted"] == true);
    CHECK(state["selloff"][0]["series"] == "us_tech");
    CHECK(state["selloff"][0]["return_ratio"] == -0.05);
    CHECK(state["selloff"][0]["sigma"] == 4.5);
    REQUIRE(state["episodes"].size() == 1);
    CHECK(state["episodes"][0]["id"] == id_a);
    CHECK(state["episodes"][0]["leader"] == "NVDA");
    CHECK(state["episodes"][0]["leader_confidence"] == 0.9375);
    CHECK(state["episodes"][0]["targets"] == json({"BTC-USD"}));

    bench.say(episode(id_a, core::EpisodePhase::resolved, noon + 2));
    CHECK(bench.state()["episodes"].empty());
}

TEST_CASE("a group weighs the members that are alive") {
    const core::Group group{"g", {{0, 3.0}, {1, 1.0}, {2, 1.0}}};
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(sinks::group_log_return(group, {-0.04, 0.02, nan}) == Approx(-0.025));
    CHECK(std::isnan(sinks::group_log_return(group, {nan, nan, nan})));
}

TEST_CASE("snapshot and deltas add up to the state, whenever a client came") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    Bench bench;
    struct Viewer {
        std::shared_ptr<sinks::StreamClient> client;
        json state;
    };
    std::vector<Viewer> viewers;
    for (int round = 0; round < 60; ++round) {
        if (round % 10 == 0) viewers.push_back({bench.dashboard->open_stream(""), {}});
        for (int i = 0; i < 20; ++i) bench.say(random_event(random, noon + round * 100 + i));
        if (round % 7 != 3) bench.tick();
        for (Viewer& viewer : viewers) {
            for (const Message& message : take(*viewer.client)) {
                if (message.event == "snapshot") viewer.state = message.data;
                if (message.event == "delta") apply(viewer.state, message.data);
            }
        }
    }
    bench.tick();
    for (Viewer& viewer : viewers) {
        for (const Message& message : take(*viewer.client))
            if (message.event == "delta") apply(viewer.state, message.data);
        CHECK(viewer.state == bench.state());
    }
}

TEST_CASE("an alert is streamed at once, listed newest first, and kept with its revisions") {
    Bench bench;
    bench.say(core::BarClosed{noon});
    const auto client = bench.dashboard->open_stream("");
    take(*client);
    bench.say(episode(id_a, core::EpisodePhase::opened, noon));
    auto messages = take(*client);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].event == "alert");
    CHECK(messages[0].data["data"]["id"] == id_a);
    CHECK(messages[0].data["type"] == "contagion.alert.opened");

    bench.say(episode(id_b, core::EpisodePhase::opened, noon + core::ns_per_min));
    bench.say(episode(id_a, core::EpisodePhase::resolved, noon + 2 * core::ns_per_min, 2));
    const auto ids = [&](core::TimeNs since, std::size_t limit) {
        std::string out;
        for (const json& row : json::parse(bench.dashboard->alerts_json(since, limit)))
            out += std::string(row["data"]["id"]).back() +
                   std::to_string(row["data"]["revision"].get<int>()) + " ";
        return out;
    };
    CHECK(ids(core::no_time, 10) == "R2 S1 ");
    CHECK(ids(core::no_time, 1) == "R2 ");
    CHECK(ids(core::no_time, 0).empty());
    CHECK(ids(noon + core::ns_per_min, 10) == "R2 ");
    CHECK(ids(noon + 2 * core::ns_per_min, 10).empty());
    const json revisions = json::parse(bench.dashboard->alert_json(id_a).value());
    REQUIRE(revisions.size() == 2);
    CHECK(revisions[0]["type"] == "contagion.alert.opened");
    CHECK(revisions[1]["type"] == "contagion.alert.resolved");
    CHECK_FALSE(bench.dashboard->alert_json("nobody"));
}

TEST_CASE("what the desk says is in state and deltas, and alerts carry its marks") {
    std::optional<std::string> desk;
    std::vector<std::string> seen;
    sinks::DashboardSettings settings;
    settings.desk = [&] { return std::exchange(desk, std::nullopt); };
    settings.alert_marks = [](std::string_view id) {
        return id == id_a ? std::string(R"("acknowledged":{"by":"anna"},"silenced_by":null)")
                          : std::string();
    };
    settings.on_episode = [&](const core::Episode& e) { seen.emplace_back(e.id.view()); };
    Bench bench(small_config(), settings);
    CHECK(bench.state()["silences"] == json::array());
    CHECK(bench.state()["silences_active"] == 0);
    const auto client = bench.dashboard->open_stream("");
    json shown = take(*client).at(0).data;
    desk = R"({"silences":[{"id":"S1"}],"silences_active":1,"annotations":[{"text":"a"}],
               "instruments":[],"now":"never"})";
    bench.tick();
    for (const Message& message : take(*client)) apply(shown, message.data);
    CHECK(shown["silences"][0]["id"] == "S1");
    CHECK(shown["silences_active"] == 1);
    CHECK(shown["acknowledged"] == json::array());
    CHECK_FALSE(shown["instruments"].empty());  // is not the desk's to say
    CHECK(shown == bench.state());
    bench.tick();
    CHECK(take(*client).empty());
    for (const char* nonsense : {"", "[]", "{", R"({"silences":{}})"}) {
        desk = nonsense;
        bench.tick();
        CHECK(bench.state()["silences"][0]["id"] == "S1");
    }

    bench.say(episode(id_a, core::EpisodePhase::opened, noon));
    bench.say(episode(id_b, core::EpisodePhase::opened, noon + 1));
    CHECK(seen == std::vector<std::string>{std::string(id_a), std::string(id_b)});
    CHECK(bench.dashboard->alert_ids() ==
          std::vector<std::string>{std::string(id_b), std::string(id_a)});
    const json rows = json::parse(bench.dashboard->alerts_json(core::no_time, 10));
    CHECK(rows[1]["acknowledged"]["by"] == "anna");
    CHECK(rows[1]["data"]["id"] == id_a);
    CHECK(rows[0].count("acknowledged") == 0);
    CHECK(json::parse(*bench.dashboard->alert_json(id_a))[0]["silenced_by"].is_null());
}

TEST_CASE("alerts kept are bounded") {
    sinks::DashboardSettings settings;
    settings.alerts_kept = 3;
    Bench bench(small_config(), settings);
    for (int i = 0; i < 10; ++i) {
        std::string id(26, '0');
        id.back() = static_cast<char>('0' + i);
        bench.say(episode(id, core::EpisodePhase::opened, noon + i));
    }
    const json rows = json::parse(bench.dashboard->alerts_json(core::no_time, 100));
    REQUIRE(rows.size() == 3);
    CHECK(std::string(rows[2]["data"]["id"]).back() == '7');
}

TEST_CASE("a slow page is told of the gap and gets the state anew") {
    sinks::DashboardSettings settings;
    settings.client_queue_bytes = 2000;
    Bench bench(small_config(), settings);
    const auto slow = bench.dashboard->open_stream("");
    take(*slow);
    for (int i = 0; i < 100; ++i) {
        bench.say(test::price_sampled(noon + i, 0, 0, {100 + i, 0}, 0, {}, false));
        bench.tick();
    }
    CHECK(bench.dashboard->stream_dropped() > 50);
    const auto messages = take(*slow);
    REQUIRE(messages.size() >= 2);
    CHECK(messages[0].event == "gap");
    CHECK(messages[1].event == "snapshot");
    CHECK(messages[1].data == bench.state());
}

TEST_CASE("hostile names stay text: one line of JSON, and UTF-8") {
    using namespace std::string_literals;
    const std::string hostile = "<img src=x onerror=alert(1)>\n\n\"\\\0\xe2\x80\xae\xff"s;
    core::EngineConfig config = small_config();
    config.universe.instruments[0].symbol = hostile;
    config.universe.groups[0].name = hostile + "g";
    Bench bench(config, with_notice("notice\nevent: snapshot"));
    const auto client = bench.dashboard->open_stream("");
    std::string text;
    client->take(text);
    // One snapshot: no name can begin a message of its own.
    CHECK(text.find("\nevent: ") == text.rfind("\nevent: "));
    CHECK(text.find('\0') == std::string::npos);
    const std::string mended = "<img src=x onerror=alert(1)>\n\n\"\\\0\xe2\x80\xae\xef\xbf\xbd"s;
    CHECK(bench.state()["instruments"][0]["symbol"] == mended);
    bench.say(core::BarClosed{noon});
    const json history = json::parse(bench.dashboard->history_json(0, noon, 0));
    CHECK(history["instruments"].contains(mended));
    CHECK(history["groups"].contains(mended + "g"));
}

TEST_CASE("ids that no configuration knows are ignored") {
    Bench bench;
    const json before = bench.state();
    bench.say(test::price_sampled(core::no_time, 99, 0, {1, 0}, 0, {}, false));
    bench.say(core::SelloffMeasured{core::no_time, 99, 0, {}, {}, {}, {}, 0, false});
    bench.say(core::SelloffMeasured{core::no_time, 0, 99, {}, {}, {}, {}, 0, false});
    bench.say(core::CorrelationMeasured{core::no_time, 0, 99, 0, {}, {}, {}, 0, false});
    bench.say(core::TargetAssessed{
        core::no_time, 99, core::Regime::calm, 0, {}, core::Condition::none, 0, false});
    bench.say(core::FeedChanged{core::no_time, 99, core::FeedState::up});
    CHECK(bench.state() == before);
}

TEST_CASE("a dashboard without a clock or a configuration is refused") {
    const core::EngineConfig config = small_config();
    sinks::DocumentContext context;
    context.engine = &config;
    CHECK_THROWS_AS(Dashboard({}, context), std::invalid_argument);
    sinks::DashboardSettings settings;
    settings.monotonic_now = [] { return core::DurationNs{0}; };
    CHECK_THROWS_AS(Dashboard(settings, {}), std::invalid_argument);
    CHECK_NOTHROW(Dashboard(settings, context));
}

TEST_CASE("readers of every door while events arrive") {
    Bench bench;
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    std::atomic<int> faults{0};
    for (int r = 0; r < 3; ++r)
        readers.emplace_back([&] {
            auto client = bench.dashboard->open_stream("");
            json state;
            std::string text;
            for (int i = 0; !done || i == 0; ++i) {
                if (!json::accept(bench.dashboard->state_json())) ++faults;
                if (!json::accept(bench.dashboard->history_json(0, 2 * noon, 0))) ++faults;
                if (!json::accept(bench.dashboard->alerts_json(core::no_time, 5))) ++faults;
                client->take(text);
                text.clear();
                if (i % 5 == 0) client = bench.dashboard->open_stream("");
            }
        });
    std::mt19937 random(7);
    for (int i = 0; i < 500; ++i) {
        bench.say(random_event(random, noon + i));
        bench.tick();
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
    bench.dashboard->finish(1);
    CHECK(faults == 0);
}
