#include "daemon/calendar_warning.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "daemon/app.hpp"
#include "daemon/config.hpp"
#include "daemon/log.hpp"
#include "daemon/utc_time.hpp"
#include "tests/daemon/config_support.hpp"
#include "tests/support/manual_clock.hpp"

using namespace contagiond;

namespace {

core::TimeNs at(const char* text) {
    const auto t = daemon::parse_utc(text);
    REQUIRE(t.has_value());
    return *t;
}

}  // namespace

TEST_CASE("outside the known years there is a sentence that names year and calendars") {
    core::Universe universe;
    universe.instruments.resize(4);
    universe.instruments[0].market = core::Market::us_equities;
    universe.instruments[1].market = core::Market::cme_globex;
    universe.instruments[2].market = core::Market::us_equities;
    universe.instruments[3].market = core::Market::always;
    CHECK(daemon::calendar_warning(universe, at("2020-01-02")).empty());
    CHECK(daemon::calendar_warning(universe, at("2030-12-31T12:00:00Z")).empty());
    const std::string late = daemon::calendar_warning(universe, at("2031-01-01T12:00:00Z"));
    CHECK(late.find("holidays of 2031") != std::string::npos);
    CHECK(late.find("XNYS and CMES count") != std::string::npos);
    CHECK_FALSE(daemon::calendar_warning(universe, at("2019-12-31T12:00:00Z")).empty());

    // A market that never closes has no holidays to know.
    for (core::Instrument& instrument : universe.instruments)
        instrument.market = core::Market::always;
    CHECK(daemon::calendar_warning(universe, at("2031-06-01")).empty());
}

TEST_CASE("a daemon started after the known years warns once, and its metrics say so") {
    const test::TemporaryFolder folder;
    daemon::Overrides overrides;
    overrides.listen_address = "127.0.0.1:0";
    overrides.storage_path = folder.path() + "/state";
    test::ManualClock clock(at("2030-12-30T15:00:00Z"));
    const auto covered = [](const daemon::App& app, const std::string& calendar) {
        const std::string start = "\ncontagiond_calendar_covered{calendar=\"" + calendar + "\"} ";
        const std::string page = app.metrics_page();
        const std::size_t found = page.find(start);
        REQUIRE(found != std::string::npos);
        return page.substr(found + start.size(), 1);
    };
    const auto settings = [&] {
        // No feeds: nothing is connected to.
        const std::string text =
            test::spoiled(test::small_config,
                          "  - name: binance\n    venue: binance_spot\n    instruments:\n"
                          "      BTC-USD: BTCUSDT\n",
                          "");
        daemon::AppSettings s;
        s.config = daemon::parse_config(text, "desk.yml", folder.path(), overrides);
        s.clock = &clock;
        return s;
    };
    {
        daemon::App app(settings());
        const std::uint64_t before = daemon::log_count(daemon::LogLevel::warn);
        app.start();
        CHECK(daemon::log_count(daemon::LogLevel::warn) == before);
        CHECK(covered(app, "XNYS") == "1");
        CHECK(covered(app, "24/7") == "1");
        // Years pass while it runs.
        clock.set(at("2031-01-02T15:00:00Z"));
        CHECK(covered(app, "XNYS") == "0");
        CHECK(covered(app, "CMES") == "0");
        CHECK(covered(app, "24/7") == "1");
    }
    daemon::App app(settings());
    const std::uint64_t before = daemon::log_count(daemon::LogLevel::warn);
    app.start();
    CHECK(daemon::log_count(daemon::LogLevel::warn) == before + 1);
}
