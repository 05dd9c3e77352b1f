// estimate_desk: CSV files of a desk, to the same numbers as a case of the same rows.
#include "daemon/estimate_desk.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "daemon/desk_series.hpp"
#include "daemon/estimate_case.hpp"
#include "daemon/estimate_input.hpp"
#include "tests/support/random.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using daemon::DeskRequest;
using daemon::Json;

namespace {

constexpr core::TimeNs start = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z

std::string row(core::TimeNs ts, const std::string& value) {
    return std::to_string(ts) + "," + value + "\n";
}

std::string number(double value) {
    return Json(value).dump();
}

Json answer(const DeskRequest& request) {
    return Json::parse(daemon::estimate_desk(request).text);
}

std::string complaint(const DeskRequest& request) {
    try {
        daemon::estimate_desk(request);
    } catch (const daemon::CaseError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("returns are joined by time, with null where a file has no row") {
    const test::TemporaryDirectory folder;
    const std::string a =
        folder.file("a.csv", "time,ret\n2025-01-27T14:30:00Z,1\n" + row(start + 2, "2,x") +
                                 row(start + 3, "4") + row(start + 1, "99") +
                                 row(start + 4, "NaN") + row(start + 5, "5"));
    const std::string b =
        folder.file("b.csv", "# no header\n\n" + row(start, "1") + row(start + 1, "7") +
                                 row(start + 2, "3") + row(start + 3, "5") + row(start + 3, "3") +
                                 row(start + 4, "1") + row(start + 5, "2"));
    const DeskRequest request{
        .method = "rolling_pearson", .files = {a, b}, .params = {"window=3", "min_n=2"}};
    const Json got = answer(request);
    const std::string same_rows = R"({"estimator": "rolling_pearson",
        "params": {"window": 3, "min_n": 2},
        "inputs": {"x": [1, null, 2, 4, null, 5], "y": [1, 7, 3, 3, 1, 2]}})";
    CHECK(got["rho"] == Json::parse(daemon::estimate_case(same_rows))["rho"]);
    CHECK(got["rho"][2].get<double>() == Approx(1));
    REQUIRE(got["ts_ns"].size() == 6);
    CHECK(got["ts_ns"][0] == start);
    const auto notes = daemon::estimate_desk(request).notes;
    REQUIRE(notes.size() == 1);
    CHECK(notes[0] == a + ": 1 rows left out, late or without a price above 0");
}

TEST_CASE("prices become log returns on a common clock") {
    const test::TemporaryDirectory folder;
    test::Random random(3);
    std::string a_text, b_text, rows_text;
    double a = 100, b = 2000;
    Json x = Json::array({nullptr}), y = Json::array({nullptr});
    const auto step = 10 * core::ns_per_s;
    for (int i = 0; i < 40; ++i) {
        const double a_next = std::round(1e4 * a * std::exp(1e-3 * random.normal())) / 1e4;
        const double b_next = std::round(1e4 * b * std::exp(1e-3 * random.normal())) / 1e4;
        if (i > 0) {
            x.push_back(std::log1p((a_next - a) / a));
            y.push_back(std::log1p((b_next - b) / b));
        }
        a = a_next;
        b = b_next;
        // Just before the step, and a passing price well before it.
        a_text += row(start + i * step - 5, "1") + row(start + i * step - 1, number(a));
        b_text += row(start + i * step, number(b));
    }
    const DeskRequest request{.method = "rolling_pearson",
                              .files = {folder.file("a.csv", a_text), folder.file("b.csv", b_text)},
                              .params = {"window=20"},
                              .values = "prices",
                              .step = step,
                              .staleness_max = core::ns_per_s};
    const Json same_rows = {{"estimator", "rolling_pearson"},
                            {"params", {{"window", 20}}},
                            {"inputs", {{"x", x}, {"y", y}}}};
    const Json wanted = Json::parse(daemon::estimate_case(same_rows.dump()))["rho"];
    Json got = answer(request);
    // The clock begins one step earlier, with the first tick before it.
    REQUIRE(got["ts_ns"][1] == start);
    got["rho"].erase(0);
    REQUIRE(got["rho"].size() == wanted.size());
    CHECK(wanted[39].is_number());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        CAPTURE(i);
        REQUIRE(got["rho"][i].is_number() == wanted[i].is_number());
        if (wanted[i].is_number())
            REQUIRE(got["rho"][i].get<double>() == Approx(wanted[i].get<double>()).epsilon(1e-12));
    }
}

TEST_CASE("every method takes a desk's files") {
    const test::TemporaryDirectory folder;
    test::Random random(4);
    std::string returns_a, returns_b, returns_c, prices_a, prices_b;
    double price = 100;
    for (int i = 0; i < 500; ++i) {
        const core::TimeNs ts = start + i * core::ns_per_s;
        const double common = random.normal();
        returns_a += row(ts, number(common + random.normal()));
        returns_b += row(ts, number(common + random.normal()));
        returns_c += row(ts, number(random.normal()));
        prices_a += row(ts, number(price *= std::exp(1e-4 * random.normal())));
        prices_b += row(ts + 3 * core::ns_per_s, number(price));
    }
    const std::string ra = folder.file("ra.csv", returns_a), rb = folder.file("rb.csv", returns_b),
                      rc = folder.file("rc.csv", returns_c), pa = folder.file("pa.csv", prices_a),
                      pb = folder.file("pb.csv", prices_b);
    const auto last = [](const Json& list) { return list[list.size() - 1]; };

    CHECK(last(answer(
                   {.method = "ewma_corr", .files = {ra, rb}, .params = {"half_life_s=60"}})["rho"])
              .get<double>() == Approx(0.5).margin(0.25));
    const Json partial = answer({.method = "partial_corr", .files = {ra, rb, rc}});
    CHECK(partial["k_eff"] == 1);
    CHECK(partial["rho"].get<double>() == Approx(0.5).margin(0.15));
    CHECK_FALSE(partial.contains("ts_ns"));
    CHECK(answer({.method = "diebold_yilmaz", .files = {ra, rb, rc}})["total"].is_number());
    CHECK(last(answer({.method = "basket", .files = {ra, rb}, .params = {"weights=[3,1]"}})["ret"])
              .is_number());
    CHECK(last(answer({.method = "e_detector", .files = {ra}})["log_e"]).is_number());
    CHECK(last(answer({.method = "jump_lm", .files = {ra}, .params = {"K=60"}})["p"]).is_number());
    CHECK(last(answer({.method = "selloff_z", .files = {ra}})["z"]).is_number());
    CHECK(last(answer({.method = "move_channel", .files = {ra}})["s"]).is_number());
    CHECK(answer({.method = "move_channel", .files = {ra, rb}})["asym"].is_number());
    const Json rigobon = answer(
        {.method = "forbes_rigobon", .files = {ra, rb}, .split = start + 300 * core::ns_per_s});
    CHECK(rigobon["rho_low"].get<double>() == Approx(0.5).margin(0.15));
    CHECK(rigobon["z"].is_number());

    CHECK(answer({.method = "lead_lag",
                  .files = {pa, pb},
                  .params = {"lags_ns=[-3000000000,0,3000000000]"}})["theta_ns"] ==
          3 * core::ns_per_s);
    const Json led = answer({.method = "lead_lag_study", .files = {pa, pb}});
    CHECK(led["verdict"] == "led");
    CHECK(led["interval95_ns"][0].get<core::DurationNs>() <= 3 * core::ns_per_s);
    CHECK(led["interval95_ns"][1].get<core::DurationNs>() >= 3 * core::ns_per_s);
    CHECK(led["interval95_ns"][0].get<core::DurationNs>() > 0);
    CHECK(answer({.method = "lead_lag_study", .files = {pa, pa}})["verdict"] != "led");
    CHECK(answer({.method = "hayashi_yoshida", .files = {pa, pa}})["rho"].get<double>() ==
          Approx(1));
    const Json window = answer({.method = "hayashi_yoshida",
                                .files = {pa, pa},
                                .params = {"window_ns=1m"},
                                .step = 10 * core::ns_per_s});
    CHECK(last(window["rho"]).get<double>() == Approx(1));
    CHECK(window["ts_ns"].size() == window["rho"].size());
    CHECK(answer({.method = "grid", .files = {pa, pb}, .step = 10 * core::ns_per_s})["y"].size() >
          49);
    CHECK(answer({.method = "grid", .files = {pa, pb}})["ts"].size() == 497);
}

TEST_CASE("a desk's request that cannot be met is told in its own words") {
    const test::TemporaryDirectory folder;
    const std::string good = folder.file("good.csv", row(start, "1"));
    const auto of_file = [&](const std::string& text) {
        return complaint({.method = "e_detector", .files = {folder.file("bad.csv", text)}});
    };
    const std::string bad = (folder.path / "bad.csv").string();
    CHECK(of_file("time,value\nsoon,1\n") ==
          bad + ":2: the time is neither nanoseconds nor UTC text");
    CHECK(of_file("1737988200,1\n") ==
          bad + ":1: the time is not in nanoseconds, or not of 2015 to 2100");
    CHECK(of_file(row(start, "1.5x")) == bad + ":1: the value is not a number");
    CHECK(of_file("") == "");
    CHECK(complaint({.method = "rolling_person", .files = {good, good}}) ==
          "unknown method rolling_person, did you mean rolling_pearson?");
    CHECK(complaint({.method = "rolling_pearson", .files = {good}}) ==
          "rolling_pearson takes 2 files: x and y");
    CHECK(complaint({.method = "e_detector", .files = {good}, .params = {"kapa=[0.1]"}}) ==
          "params.kapa: unknown, did you mean kappa?");
    CHECK(complaint({.method = "e_detector", .files = {good}, .params = {"kappa"}}) ==
          "--param=kappa: is not NAME=VALUE");
    CHECK(complaint({.method = "e_detector", .files = {good}, .params = {"scale=2x"}}) ==
          "--param=scale=2x: the value is not JSON");
    CHECK(complaint({.method = "e_detector", .files = {good}, .values = "prices"}) ==
          "e_detector takes rows: prices need --step, their common clock");
    CHECK(complaint({.method = "e_detector", .files = {good}, .step = 5}) ==
          "--step is for prices: say --values=prices");
    CHECK(complaint({.method = "lead_lag", .files = {good, good}, .values = "returns"}) ==
          "lead_lag takes ticks: --values must be prices");
    CHECK(complaint({.method = "forbes_rigobon", .files = {good, good}}) ==
          "forbes_rigobon needs --split, where the calm rows end");
}

TEST_CASE("the desk's methods are the estimators of cases") {
    const std::string listed = daemon::desk_methods();
    for (const std::string_view name : daemon::estimator_names())
        CHECK(listed.find("  " + std::string(name) + " ") != std::string::npos);
}
