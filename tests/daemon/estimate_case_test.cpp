// estimate_case on every reference case, and on cases that cannot be read.
#include "daemon/estimate_case.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/estimate_input.hpp"
#include "tests/support/shared_data.hpp"

using namespace contagiond;
using daemon::Json;

namespace {

/// First place where the result is not the expected one; empty if there is none.
std::string difference(const Json& result, const Json& expected, const Json& tolerance,
                       const std::string& where) {
    if (expected.is_number()) {
        if (!result.is_number()) return where + ": " + result.dump() + " for " + expected.dump();
        const auto got = result.get<double>(), wanted = expected.get<double>();
        const double distance = std::abs(got - wanted);
        if (distance <= tolerance.value("abs", 0.0) ||
            distance <= tolerance.value("rel", 0.0) * std::abs(wanted))
            return "";
        return where + ": " + result.dump() + " for " + expected.dump();
    }
    if (expected.is_array()) {
        if (!result.is_array() || result.size() != expected.size())
            return where + ": not a list of " + std::to_string(expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const std::string found = difference(result[i], expected[i], tolerance,
                                                 where + "[" + std::to_string(i) + "]");
            if (!found.empty()) return found;
        }
        return "";
    }
    if (expected.is_object()) {
        if (!result.is_object() || result.size() != expected.size())
            return where + ": not an object of " + std::to_string(expected.size());
        for (const auto& [name, value] : expected.items()) {
            if (!result.contains(name)) return where + "." + name + ": missing";
            const std::string found =
                difference(result[name], value, tolerance, where + "." + name);
            if (!found.empty()) return found;
        }
        return "";
    }
    return result == expected ? "" : where + ": " + result.dump() + " for " + expected.dump();
}

Json result_of(const Json& root) {
    return Json::parse(daemon::estimate_case(root.dump()));
}

std::string complaint(const std::string& text, bool all_params_known = false) {
    try {
        daemon::estimate_case(text, all_params_known);
    } catch (const daemon::CaseError& error) {
        return error.what();
    }
    return "";
}

Json small_case() {
    return Json::parse(R"({"estimator": "rolling_pearson", "params": {"window": 3, "min_n": 3},
        "inputs": {"x": [1, 2, null, 4, 5.5, 6], "y": [2, 1, 3, 4, 4, "inf"]}})");
}

}  // namespace

TEST_CASE("every reference case is met within its tolerance, nulls exactly") {
    if (!test::have_shared("method/vectors")) return;
    std::size_t cases = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(test::shared_path("method/vectors"))) {
        if (!entry.is_regular_file() || entry.path().filename() == "index.json") continue;
        const auto root = Json::parse(std::ifstream(entry.path()));
        CAPTURE(entry.path().string());
        CHECK(difference(result_of(root), root["expected"], root["tolerance"], "expected") == "");
        ++cases;
    }
    CHECK(cases >= 55);
}

TEST_CASE("nothing but the shape of what is expected is read") {
    Json root = small_case();
    const Json all = result_of(root);
    CHECK(all["rho"].size() == 6);
    CHECK(all["rho"][0].is_null());
    root["expected"] = {{"rho", {7, 7}}};
    CHECK(result_of(root) == all);
    root["expected"] = {{"row", {1, 2}}, {"rho", {7, 7}}};
    CHECK(result_of(root)["rho"] == Json({all["rho"][1], all["rho"][2]}));
    root["expected"] = {{"something", 1}};
    CHECK(result_of(root).empty());
}

TEST_CASE("a case that cannot be read is told by name") {
    CHECK(complaint("{\"estimator\": ") == "not JSON at byte 15");
    CHECK(complaint("[]") == "the case is not an object");
    CHECK(complaint("{}") == "estimator: missing, or not a name");
    CHECK(complaint(R"({"estimator": "rolling_person"})") ==
          "estimator: unknown rolling_person, did you mean rolling_pearson?");
    CHECK(complaint(R"({"estimator": "kalman"})").find("known: grid, rolling_pearson, ") !=
          std::string::npos);
    CHECK(complaint(R"({"estimator": "rolling_pearson"})") == "inputs.x: missing");

    const auto spoiled = [](const char* pointer, Json value) {
        Json root = small_case();
        root[Json::json_pointer(pointer)] = std::move(value);
        return complaint(root.dump());
    };
    CHECK(spoiled("/inputs", 3) == "inputs: 3 is not an object");
    CHECK(spoiled("/inputs/x", 3) == "inputs.x: 3 is not a list");
    CHECK(spoiled("/inputs/x/3", "4") == "inputs.x[3]: \"4\" is neither a number nor null");
    CHECK(spoiled("/inputs/y/6", 1) == "inputs.y: has 7 rows instead of 6");
    CHECK(spoiled("/params/window", 2.5) == "params.window: 2.5 is not a whole number");
    CHECK(spoiled("/params/window", 1) == "params.window: must be at least 2");
    CHECK(spoiled("/params/window", -1) == "params.window: must be at least 2");
    CHECK(spoiled("/params/window", 1e12) == "params.window: must be at most 10000000");
    CHECK(spoiled("/expected/row", {6}) == "expected.row: 6 is not a row of the inputs");
    CHECK(spoiled("/inputs/generator", "dice") ==
          "inputs.generator: unknown \"dice\"; known: portable_pairs");
    CHECK(complaint(R"({"estimator": "ewma_corr", "params": {"half_life_s": 3},
                        "inputs": {"x": [], "y": []}})") == "inputs.ts_ns: missing");
    CHECK(complaint(R"({"estimator": "ewma_corr", "params": {"lam": 1.5},
                        "inputs": {"x": [], "y": []}})") == "params.lam: must not be above 1");
    CHECK(complaint(R"({"estimator": "basket", "params": {"weights": [1, 2]},
                        "inputs": {"r": [[1]]}})") == "params.weights: has 2 weights for 1 series");
    CHECK(complaint(R"({"estimator": "basket", "inputs": {"r": [[1], [1, 2]]}})") ==
          "inputs.r[1]: has 2 rows, the first series 1");
}

TEST_CASE("a parameter that the estimator does not have is told where all are asked to be known") {
    Json root = small_case();
    root["params"]["windw"] = 4;
    CHECK(complaint(root.dump()) == "");
    CHECK(complaint(root.dump(), true) == "params.windw: unknown, did you mean window?");
}

TEST_CASE("made rows that differ from the case's own first rows are refused") {
    Json root = small_case();
    root["inputs"] = {{"generator", "portable_pairs"}, {"seed", 20250127}, {"rows", 100}};
    CHECK(result_of(root)["rho"].size() == 100);
    root["inputs"]["first_x"] = {0.1467111158727339, 0.5};
    CHECK(complaint(root.dump()) ==
          "inputs.first_x[1]: is not what the generator makes of this seed");
}

TEST_CASE("weighted correlation takes late and huge stamps") {
    // The third row is late; the gap before the fourth spans most of the range of the stamps.
    const Json root = Json::parse(R"({"estimator": "ewma_corr",
        "params": {"half_life_s": 30, "demean": true},
        "inputs": {"ts_ns": [-9000000000000000000, -8999999999000000000, -8999999999500000000,
                             9000000000000000000], "x": [1, 2, 50, 7], "y": [1, 3, -5, 2]}})");
    const Json rho = result_of(root)["rho"];
    CHECK(rho[1].get<double>() == Approx(1));
    CHECK(rho[2] == rho[1]);
    CHECK(rho[3].is_number());
}
