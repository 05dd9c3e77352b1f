// contagiond calibrate, from arguments to exit code and document.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/commands/commands.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using nlohmann::json;

namespace {

int calibrate(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"contagiond", "calibrate"});
    std::vector<char*> arguments;
    for (std::string& flag : flags) arguments.push_back(flag.data());
    return daemon::run_command_line(static_cast<int>(arguments.size()), arguments.data());
}

json document(const std::string& path) {
    std::ifstream file(path);
    return json::parse(file);
}

}  // namespace

TEST_CASE("calibrate counts what a configuration's factor spends, and which spends what") {
    const test::TemporaryFolder folder;
    std::string text =
        test::spoiled(test::small_config, "    NVDA: 2\n", "    NVDA: {weight: 2, index: true}\n");
    text = test::spoiled(text, "  bar: 10s\n",
                         "  bar: 5m\n  correlation_windows: [15m, 1h]\n"
                         "  selloff_horizons: [15m, 1h, 4h]\n");
    text = test::spoiled(text,
                         "feeds:\n  - name: binance\n    venue: binance_spot\n"
                         "    instruments:\n      BTC-USD: BTCUSDT\n",
                         "feeds: []\n");
    const std::string config =
        folder.write("desk.yml", text + "detector: {threshold_factor: 0.55}\n");
    const std::string file = folder.path() + "/result.json";
    const std::vector<std::string> flags = {"--config.file=" + config, "--months=6", "--seed=9",
                                            "--json=" + file};
    REQUIRE(calibrate(flags) == daemon::exit_well);
    const json result = document(file);
    CHECK(result["months"] == 6);
    CHECK(result["seed"] == 9);
    CHECK(result["bar_s"] == 300);
    const json& rates = result["rates"];
    REQUIRE(rates.size() > 5);
    bool has_configured = false;
    for (std::size_t i = 0; i < rates.size(); ++i) {
        has_configured = has_configured || rates[i]["factor"] == 0.55;
        CHECK(rates[i]["low"] <= rates[i]["per_30_days"]);
        CHECK(rates[i]["high"] >= rates[i]["per_30_days"]);
        if (i == 0) continue;
        CHECK(rates[i]["factor"] > rates[i - 1]["factor"]);
        CHECK(rates[i]["episodes"] <= rates[i - 1]["episodes"]);
    }
    CHECK(has_configured);
    CHECK(rates.front()["episodes"] > 6);
    REQUIRE_FALSE(result["budgets"].empty());
    for (const json& b : result["budgets"]) CHECK(b["factor"].get<double>() >= 0.5);

    std::vector<std::string> alone = flags;
    alone.push_back("--jobs=1");
    REQUIRE(calibrate(alone) == daemon::exit_well);
    CHECK(document(file) == result);
}

TEST_CASE("calibrate refuses what cannot be counted") {
    CHECK(calibrate({"--months=0"}) == daemon::exit_usage);
    CHECK(calibrate({"--link=1"}) == daemon::exit_usage);
    CHECK(calibrate({"--link=-0.1"}) == daemon::exit_usage);
    CHECK(calibrate({"--table", "--link=0.3"}) == daemon::exit_usage);
    CHECK(calibrate({"--config.file=/nonexistent/desk.yml"}) == daemon::exit_usage);
}
