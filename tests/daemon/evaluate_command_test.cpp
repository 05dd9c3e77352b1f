// contagiond evaluate, from arguments to exit code, tables, JSON and drawing.
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/decimal.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/demo/scenario.hpp"
#include "daemon/evaluate_report.hpp"
#include "daemon/evaluate_sweep.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using namespace contagiond::daemon;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

struct Outcome {
    int code = -1;
    std::string out, err;
};

std::string read_all(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Sends a descriptor into a file while it lives.
class Redirected {
  public:
    Redirected(int fd, const std::filesystem::path& path) : fd_(fd), saved_(::dup(fd)) {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(file, fd_);
        ::close(file);
    }
    ~Redirected() {
        ::dup2(saved_, fd_);
        ::close(saved_);
    }
    Redirected(const Redirected&) = delete;
    Redirected& operator=(const Redirected&) = delete;

  private:
    int fd_;
    int saved_;
};

Outcome evaluate(std::vector<std::string> flags) {
    const test::TemporaryDirectory folder;
    flags.insert(flags.begin(), {"contagiond", "evaluate"});
    std::vector<char*> arguments;
    for (std::string& flag : flags) arguments.push_back(flag.data());
    Outcome outcome;
    std::fflush(stdout);
    {
        const Redirected out(STDOUT_FILENO, folder.path / "out");
        const Redirected err(STDERR_FILENO, folder.path / "err");
        outcome.code = run_command_line(static_cast<int>(arguments.size()), arguments.data());
        std::fflush(stdout);
    }
    outcome.out = read_all(folder.path / "out");
    outcome.err = read_all(folder.path / "err");
    return outcome;
}

/// Wrong input: one sentence, nothing printed, exit code 2.
void check_refused(const std::vector<std::string>& flags, const std::string& sentence) {
    const Outcome outcome = evaluate(flags);
    INFO(outcome.err);
    CHECK(outcome.code == exit_usage);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains(sentence));
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
}

void write_gz(const std::filesystem::path& path, const std::string& text) {
    gzFile file = ::gzopen(path.c_str(), "wb");
    REQUIRE(file != nullptr);
    REQUIRE(::gzwrite(file, text.data(), static_cast<unsigned>(text.size())) > 0);
    REQUIRE(::gzclose(file) == Z_OK);
}

/// A simulated path as a tick file.
std::string tick_text(const demo::SimulatedPath& path) {
    std::string text = "ts_ns,symbol,price,size\n";
    for (const core::Input& input : path.inputs) {
        char price[64];
        std::snprintf(price, sizeof price, "%.6f",
                      core::to_double({input.trade.price, input.price_exponent}));
        text += std::to_string(input.ts_exchange) + ',' +
                std::string(demo::symbol_names()[input.instrument]) + ',' + price + ",1\n";
    }
    return text;
}

json label_of(const demo::SimulatedPath& path, const std::string& file) {
    json label = {{"file", file},
                  {"scenario", "mine"},
                  {"type", path.truth.type},
                  {"direction", demo::to_string(path.truth.direction)},
                  {"expect_alert", path.truth.expect_alert},
                  {"onset_ts_ns", nullptr}};
    if (path.truth.onset_s)
        label["onset_ts_ns"] = demo::path_start + *path.truth.onset_s * core::ns_per_s;
    return label;
}

}  // namespace

TEST_CASE("evaluate tells how good the detector is on simulated markets") {
    const test::TemporaryDirectory folder;
    const std::string file = (folder.path / "result.json").string();
    const std::vector<std::string> flags = {"--simulate", "--scenario=lagged_transmission",
                                            "--paths=2", "--seed=5"};
    std::vector<std::string> with_json = flags;
    with_json.push_back("--json=" + file);
    const Outcome outcome = evaluate(with_json);
    REQUIRE(outcome.code == exit_well);
    CHECK_THAT(outcome.out, Contains("2 paths each, seed 5, quarter rate, built-in settings"));
    const json result = json::parse(read_all(file));
    CHECK(result["evaluated"] == "simulations");
    CHECK(result["seed"] == 5);
    REQUIRE(result["scenarios"].size() == 1);
    CHECK(result["scenarios"][0]["recall"]["of"] == 2);
    CHECK(result["all"]["false_alarms_per_month"]["value"].is_null());
    std::vector<std::string> more_jobs = flags;
    more_jobs.push_back("--jobs=3");
    CHECK(evaluate(more_jobs).out == outcome.out);
}

TEST_CASE("a folder of tick files gives what the same paths give from the simulator") {
    const test::TemporaryDirectory folder;
    json labels = json::array();
    for (const auto scenario : {demo::Scenario::lagged_transmission, demo::Scenario::calm}) {
        const demo::SimulatedPath path = demo::simulate(scenario, 5, 0, demo::TickRate::quarter);
        const std::string name = std::to_string(labels.size()) + ".csv.gz";
        write_gz(folder.path / name, tick_text(path));
        labels.push_back(label_of(path, name));
    }
    folder.file("labels.json", labels.dump());
    const std::string file = (folder.path / "result.json").string();
    const Outcome outcome = evaluate({"--ticks=" + folder.path.string(), "--json=" + file});
    REQUIRE(outcome.code == exit_well);
    const json result = json::parse(read_all(file));
    CHECK(result["files"] == 2);
    REQUIRE(result["scenarios"].size() == 1);
    CHECK(result["all"]["recall"]["of"] == 1);
    CHECK(result["all"]["false_paths"]["of"] == 1);
    CHECK(result["all"]["false_alarms_per_month"]["exposure"].get<double>() ==
          Approx(2.5 / (21 * 6.5)).epsilon(0.01));
}

TEST_CASE("a sweep gives a table, a document and a drawing") {
    const test::TemporaryDirectory folder;
    const std::string plot = (folder.path / "curve.svg").string();
    const std::string file = (folder.path / "result.json").string();
    const Outcome outcome = evaluate({"--simulate", "--scenario=lagged_transmission", "--paths=2",
                                      "--sweep=threshold_factor", "--from=0.4", "--to=6",
                                      "--steps=3", "--plot=" + plot, "--json=" + file});
    INFO(outcome.err);
    REQUIRE(outcome.code == exit_well);
    const json points = json::parse(read_all(file))["sweep"]["points"];
    REQUIRE(points.size() == 3);
    CHECK(points[0]["value"] == "0.4");
    CHECK(points[1]["value"] == "3.2");
    CHECK(points[2]["value"] == "6");
    CHECK(points[0]["recall"]["of"] == 2);
    CHECK(points[0]["recall"]["count"] >= points[2]["recall"]["count"]);
    CHECK_THAT(outcome.out, Contains("threshold_factor"));
    CHECK_THAT(read_all(plot), Contains("<svg"));
}

TEST_CASE("the drawing has both axes with units, and every value that has a place") {
    Sweep sweep;
    sweep.key = "enter_score";
    sweep.period = "30 days";
    sweep.subject = "bars of <here> & there";
    for (int i = 0; i < 3; ++i) {
        SweepPoint point;
        point.value = "0." + std::to_string(7 + i);
        point.events = 10;
        point.hits = static_cast<std::uint64_t>(9 - 3 * i);
        point.exposure = 2;
        point.false_alarms = static_cast<std::uint64_t>(8 - 4 * i);
        sweep.points.push_back(point);
    }
    const std::string svg = sweep_plot(sweep);
    CHECK_THAT(svg, Contains("false alarms per 30 days"));
    CHECK_THAT(svg, Contains("recall (share of spillovers found)"));
    CHECK_THAT(svg, Contains("&lt;here> &amp; there"));
    for (const char* label : {">0.7<", ">0.8<", ">0.9<"}) CHECK_THAT(svg, Contains(label));
    std::size_t circles = 0;
    for (std::size_t at = svg.find("<circle"); at != std::string::npos;
         at = svg.find("<circle", at + 1))
        ++circles;
    CHECK(circles == 3);
    CHECK_THAT(svg, Contains("class=\"interval\""));
    sweep.subject.assign(300, 'x');
    CHECK_THAT(sweep_plot(sweep), Contains("x ...<"));
    // Without exposure there is no rate and no place.
    for (SweepPoint& point : sweep.points) point.exposure = 0;
    CHECK(sweep_plot(sweep).find("<circle") == std::string::npos);
}

TEST_CASE("every key of the detector can be swept, in its own unit") {
    core::DetectorConfig detector;
    const auto values = sweep_values("detector.confirm", "30s", "2m", 4);
    REQUIRE(values.size() == 4);
    CHECK(values[1].text == "1m");
    values[3].set(detector);
    CHECK(detector.confirm == 2 * core::ns_per_min);
    const auto shares = sweep_values("source_fall", "0.5%", "0.01", 3);
    CHECK(shares[1].text == "0.0075");
    shares[0].set(detector);
    CHECK(detector.source_fall == 0.005);
    // Falling is allowed.
    CHECK(sweep_values("joint_fall", "4", "2", 3)[2].text == "2");
}

TEST_CASE("wrong input is answered in one sentence") {
    check_refused({}, "one of --simulate, --ticks and --bars");
    check_refused({"--simulate", "--ticks=."}, "one of --simulate, --ticks and --bars");
    check_refused({"--simulate", "--scenario=clam"}, "clam is no scenario, did you mean calm?");
    check_refused({"--simulate", "--paths=0"}, "--paths is 1 to");
    check_refused({"--simulate", "--rate=half"}, "--rate is quarter or full");
    check_refused({"--simulate", "--from=2025-01-01"}, "--from and --to are for --bars");
    check_refused({"--simulate", "--sweep=enter_scor", "--from=0.7", "--to=0.9"},
                  "enter_scor is no key of the detector, did you mean enter_score?");
    check_refused({"--simulate", "--sweep=enter_score", "--from=0.7"}, "a sweep has two ends");
    check_refused({"--simulate", "--sweep=enter_score", "--from=x", "--to=1"}, "enter_score: x");
    check_refused({"--simulate", "--sweep=enter_score", "--from=0.7", "--to=7"},
                  "7 is outside 0.01 to 1");
    check_refused({"--simulate", "--sweep=enter_score", "--from=0.7", "--to=0.9", "--steps=1"},
                  "a sweep has 2 to 200 steps, not 1");
    check_refused({"--simulate", "--sweep=enter_score", "--from=0.1", "--to=0.9"},
                  "with 0.1 it cannot run");
    check_refused({"--simulate", "--plot=x.svg"}, "belong to a --sweep");
    check_refused({"--simulate", "--config.file=absent.yml"}, "absent.yml");
    check_refused({"--bars=."}, "--bars needs --events");

    const test::TemporaryDirectory folder;
    const std::string here = folder.path.string();
    const std::string windows = folder.file(
        "events.csv",
        "id,label,window_start_utc,onset_utc,window_end_utc,tech_drop_pct,btc_drop_pct\n"
        "c,calm,2025-01-06T00:00:00Z,,2025-01-16T00:00:00Z,,\n");
    check_refused({"--bars=" + here, "--events=" + windows}, "holds no bars");
    check_refused({"--bars=" + here, "--events=" + here + "/absent.csv"}, "absent.csv");
    check_refused({"--bars=" + here, "--events=" + windows, "--from=yesterday"},
                  "yesterday is no time");
    check_refused({"--ticks=" + here}, "labels.json cannot be read");
    folder.file("labels.json", "[{\"scenario\": 1}]");
    check_refused({"--ticks=" + here}, "entry 1 is no label");
    folder.file("labels.json", "{");
    check_refused({"--ticks=" + here}, "is no label");
    folder.file("labels.json", "[]");
    check_refused({"--ticks=" + here}, "labels no file");
    const json label = {
        {"file", "a.csv.gz"}, {"scenario", "calm"}, {"direction", "none"}, {"expect_alert", false}};
    folder.file("labels.json", json::array({label}).dump());
    check_refused({"--ticks=" + here}, "which is not there");
    const demo::SimulatedPath path =
        demo::simulate(demo::Scenario::calm, 1, 0, demo::TickRate::quarter);
    write_gz(folder.path / "a.csv.gz", tick_text(path));
    const std::string whole = read_all(folder.path / "a.csv.gz");
    folder.file("a.csv.gz", std::string_view(whole).substr(0, whole.size() / 2));
    check_refused({"--ticks=" + here}, "unexpected end of the file");
    folder.file("a.csv.gz", "ts_ns,symbol,price,size\n1741012200015979346,AMD,12x.81,186\n");
    check_refused({"--ticks=" + here}, "a.csv.gz:2: a time, a price or a size is none");
    folder.file("a.csv.gz", "time,price\n");
    check_refused({"--ticks=" + here}, "the first line is not");
}

TEST_CASE("recorded days: bars and windows of one stretch") {
    if (!test::have_shared("data/bars") || !test::have_shared("data/events.csv")) return;
    const test::TemporaryDirectory folder;
    const std::string file = (folder.path / "result.json").string();
    const Outcome outcome = evaluate({"--bars=" + test::shared_path("data/bars").string(),
                                      "--events=" + test::shared_path("data/events.csv").string(),
                                      "--from=2025-01-20", "--to=2025-02-01", "--json=" + file});
    INFO(outcome.err);
    REQUIRE(outcome.code == exit_well);
    const json result = json::parse(read_all(file));
    CHECK(result["spillover_events"].get<int>() >= 1);
    CHECK(result["listed_days"].get<double>() > 8);
    CHECK(result["listed_days"].get<double>() <= 12);
    CHECK_THAT(outcome.out, Contains("false alarms per 30 days"));
}
