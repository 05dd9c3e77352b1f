#include "daemon/sinks/dashboard_sessions.hpp"

#include <catch2/catch.hpp>

using namespace contagiond;
using nlohmann::json;
using sinks::DashboardSessions;

namespace {

// Monday, 27 January 2025; New York is five hours behind.
constexpr core::TimeNs monday = 1'737'936'000 * core::ns_per_s;
constexpr core::TimeNs at(int hour, int minute = 0) {
    return monday + hour * core::ns_per_hour + minute * core::ns_per_min;
}

core::Universe universe() {
    core::Universe universe;
    universe.instruments = {{"NVDA", core::AssetClass::equity, core::Market::us_equities},
                            {"BTC-USD", core::AssetClass::crypto, core::Market::always},
                            {"NQ", core::AssetClass::future, core::Market::cme_globex},
                            {"ARM", core::AssetClass::equity, core::Market::us_equities}};
    return universe;
}

json rows_of(const DashboardSessions& sessions) {
    return json::parse(sessions.rows().dump());
}

}  // namespace

TEST_CASE("a row a calendar, in the order of the instruments, unknown before the clock speaks") {
    const DashboardSessions sessions(universe());
    const json rows = rows_of(sessions);
    REQUIRE(rows.size() == 3);
    CHECK(rows[0] == json{{"calendar", "XNYS"},
                          {"state", nullptr},
                          {"since", nullptr},
                          {"until", nullptr},
                          {"holidays_known", true},
                          {"symbols", {"NVDA", "ARM"}}});
    CHECK(rows[1]["calendar"] == "24/7");
    CHECK(rows[1]["symbols"] == json({"BTC-USD"}));
    CHECK(rows[2]["calendar"] == "CMES");
}

TEST_CASE("sessions follow the clock, each told once") {
    DashboardSessions sessions(universe());
    CHECK(sessions.advance(at(8, 59)));
    json rows = rows_of(sessions);
    CHECK(rows[0]["state"] == "closed");  // since Friday's post-market
    CHECK(rows[0]["since"] == "2025-01-25T01:00:00.000000Z");
    CHECK(rows[0]["until"] == "2025-01-27T09:00:00.000000Z");
    CHECK(rows[1]["state"] == "always");
    CHECK(rows[1]["since"].is_null());
    CHECK(rows[1]["until"].is_null());
    CHECK(rows[2]["state"] == "regular");
    CHECK(rows[2]["since"] == "2025-01-26T23:00:00.000000Z");
    CHECK(rows[2]["until"] == "2025-01-27T22:00:00.000000Z");

    CHECK_FALSE(sessions.advance(at(8, 59)));
    CHECK_FALSE(sessions.advance(at(9) - 1));
    CHECK(sessions.advance(at(9)));
    CHECK(rows_of(sessions)[0]["state"] == "pre");
    CHECK(sessions.advance(at(14, 30)));
    rows = rows_of(sessions);
    CHECK(rows[0]["state"] == "regular");
    CHECK(rows[0]["since"] == "2025-01-27T14:30:00.000000Z");
    CHECK(rows[0]["until"] == "2025-01-27T21:00:00.000000Z");
    CHECK_FALSE(sessions.advance(at(20, 59)));
    CHECK(sessions.advance(at(21)));
    CHECK(rows_of(sessions)[0]["state"] == "post");
    // A clock that is set back.
    CHECK(sessions.advance(at(15)));
    CHECK(rows_of(sessions)[0]["state"] == "regular");
}

TEST_CASE("outside the years of the calendar it is said that holidays are not known") {
    DashboardSessions sessions(universe());
    sessions.advance(4'102'444'800 * core::ns_per_s);  // 2100-01-01
    const json rows = rows_of(sessions);
    CHECK(rows[0]["holidays_known"] == false);
    CHECK(rows[1]["holidays_known"] == true);
    CHECK(rows[2]["holidays_known"] == false);
}
