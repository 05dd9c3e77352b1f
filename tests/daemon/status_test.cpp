// What the pages of status say of feeds and of the daemon itself.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/engine_status.hpp"
#include "daemon/feeds_status.hpp"
#include "daemon/histogram_quantile.hpp"

using namespace contagiond;
using nlohmann::json;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;  // 2025-01-27T12:00:00Z

json feed_row(const daemon::FeedStatus& feed, core::TimeNs now, double clock_rate = 1) {
    return json::parse(daemon::feeds_status_json({&feed, 1}, now, clock_rate)).at(0);
}

}  // namespace

TEST_CASE("a quantile lies in its bucket as far in as its rank") {
    core::Histogram<3> histogram({1.0, 2.0, 4.0});
    CHECK_FALSE(daemon::quantile(histogram, .5));
    histogram.observe(0.5);
    CHECK(daemon::quantile(histogram, .5) == Approx(0.5));   // half of the first bucket
    CHECK(daemon::quantile(histogram, 1.0) == Approx(1.0));  // its end
    for (int i = 0; i < 3; ++i) histogram.observe(3);
    CHECK(daemon::quantile(histogram, .25) == Approx(1.0));
    // Rank 2 of 4 is the first of three between 2 and 4.
    CHECK(daemon::quantile(histogram, .5) == Approx(2 + 2.0 / 3));
    CHECK(daemon::quantile(histogram, 1.0) == Approx(4.0));
    CHECK(daemon::count_of(histogram) == 4);
}

TEST_CASE("what lies above the last bound is not known, and not guessed") {
    core::Histogram<2> histogram({1.0, 2.0});
    histogram.observe(1.5);
    histogram.observe(100);
    histogram.observe(100);
    CHECK(daemon::quantile(histogram, .3) == Approx(1.9));
    CHECK_FALSE(daemon::quantile(histogram, .5));
    CHECK_FALSE(daemon::quantile(histogram, .99));
}

TEST_CASE("a feed that never spoke has no age and no latency") {
    const feeds::FeedCounters counters;
    const json row = feed_row({"crypto", "coinbase", 60 * core::ns_per_s, false, &counters}, noon);
    CHECK(row["state"] == "down");
    CHECK(row["last_message"].is_null());
    CHECK(row["age_s"].is_null());
    CHECK(row["latency_p50_s"].is_null());
    CHECK(row["latency_p99_s"].is_null());
    CHECK(row["silence_after_s"] == 60);
    CHECK(row["market_open"] == false);
    CHECK(row["messages"] == 0);
}

TEST_CASE("a feed's row tells its age by the daemon's clock, in real seconds") {
    feeds::FeedCounters counters;
    counters.connected.set(1);
    counters.ts_last_message.set(core::to_seconds(noon));
    counters.bytes.add(1234);
    counters.clock_skew_ticks.add(7);
    counters.reconnects[0].add(2);
    counters.reconnects[1].add(3);
    for (int i = 0; i < 99; ++i) counters.latency.observe(.003);
    counters.latency.observe(.4);
    const daemon::FeedStatus feed{"stocks", "alpaca", 0, true, &counters};
    const json row = feed_row(feed, noon + 12 * core::ns_per_s);
    CHECK(row["name"] == "stocks");
    CHECK(row["venue"] == "alpaca");
    CHECK(row["state"] == "up");
    CHECK(row["last_message"] == "2025-01-27T12:00:00.000000Z");
    CHECK(row["age_s"].get<double>() == Approx(12));
    CHECK(row["silence_after_s"].is_null());  // quiet hours are normal there
    CHECK(row["received_bytes"] == 1234);
    CHECK(row["clock_skew_ticks"] == 7);
    CHECK(row["reconnects"] == 5);
    CHECK(row["latency_p50_s"].get<double>() == Approx(.0025 + .0025 * 50 / 99));
    CHECK(row["latency_p99_s"].get<double>() == Approx(.005));
    // A demo of sixty times the pace: twelve seconds of its clock are a fifth of a real one.
    CHECK(feed_row(feed, noon + 12 * core::ns_per_s, 60)["age_s"].get<double>() == Approx(.2));
    // A message that came after the clock was read is not from the future.
    CHECK(feed_row(feed, noon - core::ns_per_s)["age_s"] == 0);
}

TEST_CASE("the engine's status: decisions, ring, loop, clock, configuration, process") {
    daemon::EngineCounters counters(1);
    daemon::EngineStatus status;
    status.counters = &counters;
    status.ring_slots = 16;
    status.now = noon;
    status.wall = noon + core::ns_per_hour;
    status.monotonic_now = 100 * core::ns_per_s;
    const json before = json::parse(daemon::engine_status_json(status));
    CHECK(before["tick_to_decision"] == json{{"count", 0}, {"p50_s", nullptr}, {"p99_s", nullptr}});
    CHECK(before["last_loop"].is_null());
    CHECK(before["loop_age_s"].is_null());
    CHECK(before["config"]["loaded_at"].is_null());
    CHECK(before["config"]["last_reload_ok"].is_null());
    CHECK(before["config"]["last_reload_at"].is_null());

    for (int i = 0; i < 10; ++i) counters.tick_to_decision.observe(2e-6);
    counters.ring_used.set(3);
    counters.ts_last_loop.set(core::to_seconds(noon));
    counters.monotonic_last_loop.set(97.5);
    counters.clock_steps.add(2);
    status.ring_dropped = 5;
    status.skewed_ticks = 9;
    status.config = {noon, false, noon + core::ns_per_min, "abc", {"a key is <legal> and odd"}};
    const json after = json::parse(daemon::engine_status_json(status));
    CHECK(after["tick_to_decision"]["count"] == 10);
    CHECK(after["tick_to_decision"]["p50_s"].get<double>() == Approx(1e-6 + 1.5e-6 / 2));
    CHECK(after["rings"] ==
          json::array({{{"name", "feed"}, {"slots", 16}, {"used", 3}, {"dropped", 5}}}));
    CHECK(after["last_loop"] == "2025-01-27T12:00:00.000000Z");
    CHECK(after["loop_age_s"].get<double>() == Approx(2.5));
    CHECK(after["clock"] == json{{"now", "2025-01-27T12:00:00.000000Z"},
                                 {"wall", "2025-01-27T13:00:00.000000Z"},
                                 {"steps", 2},
                                 {"skewed_ticks", 9}});
    CHECK(after["config"] == json{{"loaded_at", "2025-01-27T12:00:00.000000Z"},
                                  {"last_reload_ok", false},
                                  {"last_reload_at", "2025-01-27T12:01:00.000000Z"},
                                  {"sha256", "abc"},
                                  {"warnings", {"a key is <legal> and odd"}}});
    CHECK(after["started_at"].is_string());
    CHECK(after["process"]["cpu_s"].get<double>() > 0);
    CHECK(after["process"]["resident_bytes"].get<std::uint64_t>() > 1'000'000);
    CHECK(after["process"]["open_fds"].get<std::uint64_t>() > 2);
}
