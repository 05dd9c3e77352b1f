// The walls of the house hold: each rule on the project's own tree, and each rule against a small
// tree in which it is broken. A wrong arrow fails by name.
#include "tests/support/house_rules.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sinks/metric_table.hpp"
#include "feeds/adapter.hpp"

using namespace contagiond;
using test::Complaints;
using test::SourceFile;
using test::SourceTree;

namespace {

const SourceTree& project() {
    static const SourceTree tree = test::read_tree(CONTAGIOND_SOURCE_DIR);
    return tree;
}

std::string joined(const Complaints& complaints) {
    std::string text;
    for (const std::string& complaint : complaints) text += "\n  " + complaint;
    return text;
}

SourceTree tree_of(std::vector<SourceFile> files, std::vector<std::string> top_level = {}) {
    return {std::move(files), std::move(top_level)};
}

/// One complaint, which names the file and the culprit.
void check_caught(const Complaints& complaints, const std::string& file, const std::string& what) {
    INFO(joined(complaints));
    REQUIRE(complaints.size() == 1);
    CHECK(complaints[0].find(file) != std::string::npos);
    CHECK(complaints[0].find(what) != std::string::npos);
}

std::set<std::string> metrics() {
    std::set<std::string> names;
    for (const sinks::MetricInfo& metric : sinks::metric_table) names.emplace(metric.name);
    return names;
}

}  // namespace

#define CHECK_HOLDS(rule)                   \
    do {                                    \
        const Complaints complaints = rule; \
        INFO(joined(complaints));           \
        CHECK(complaints.empty());          \
    } while (false)

TEST_CASE("the tree that is judged is the project's") {
    REQUIRE(test::find_file(project(), "core/spsc_ring.hpp"));
    REQUIRE(test::find_file(project(), "daemon/sinks/sink.hpp"));
    REQUIRE(test::find_file(project(), "tests/CMakeLists.txt"));
    CHECK(project().files.size() > 100);
}

TEST_CASE("rooms include only what lies below them") {
    CHECK_HOLDS(test::include_arrows(project()));

    const auto judge = [](const std::string& path, const std::string& text) {
        return test::include_arrows(tree_of({{"core/engine.hpp", ""},
                                             {"feeds/adapter.hpp", ""},
                                             {"daemon/config.hpp", ""},
                                             {"daemon/sinks/sink.hpp", ""},
                                             {"daemon/demo/market.hpp", ""},
                                             {"tests/support/random.hpp", ""},
                                             {path, text}}));
    };
    check_caught(judge("core/a.cpp", "#include \"feeds/adapter.hpp\"\n"), "core/a.cpp", "feeds");
    check_caught(judge("feeds/a.cpp", "#include \"daemon/config.hpp\"\n"), "feeds/a.cpp", "daemon");
    check_caught(judge("feeds/venues/a.cpp", "\n  # include \"daemon/sinks/sink.hpp\"\n"),
                 "feeds/venues/a.cpp", "daemon/sinks");
    check_caught(judge("daemon/sinks/a.hpp", "#include \"feeds/adapter.hpp\"\n"),
                 "daemon/sinks/a.hpp", "feeds");
    check_caught(judge("daemon/sinks/a.hpp", "#include \"daemon/config.hpp\"\n"),
                 "daemon/sinks/a.hpp", "daemon");
    check_caught(judge("daemon/demo/a.cpp", "#include \"daemon/sinks/sink.hpp\"\n"),
                 "daemon/demo/a.cpp", "daemon/sinks");
    check_caught(judge("daemon/a.cpp", "#include \"tests/support/random.hpp\"\n"), "daemon/a.cpp",
                 "tests");
    check_caught(judge("core/a.cpp", "#include \"engine.hpp\"\n"), "core/a.cpp", "engine.hpp");
    CHECK(judge("daemon/a.cpp",
                "#include \"feeds/adapter.hpp\"\n#include \"daemon/sinks/sink.hpp\"\n"
                "#include \"daemon/demo/market.hpp\"\n#include \"core/engine.hpp\"\n")
              .empty());
}

TEST_CASE("sinks do not know each other") {
    CHECK_HOLDS(test::sinks_are_strangers(project()));
    check_caught(test::sinks_are_strangers(tree_of(
                     {{"daemon/sinks/journal.cpp", "#include \"daemon/sinks/metrics.hpp\"\n"}})),
                 "journal.cpp", "metrics.hpp");
    check_caught(
        test::sinks_are_strangers(tree_of(
            {{"daemon/sinks/webhook/slack.cpp", "#include \"daemon/sinks/dashboard.hpp\"\n"}})),
        "slack.cpp", "dashboard.hpp");
}

TEST_CASE("each library stays in the files that hide it") {
    CHECK_HOLDS(test::libraries_in_their_place(project()));
    const auto judge = [](const std::string& path, const std::string& header) {
        return test::libraries_in_their_place(tree_of({{path, "#include <" + header + ">\n"}}));
    };
    check_caught(judge("daemon/replay.cpp", "simdjson.h"), "daemon/replay.cpp", "simdjson");
    check_caught(judge("daemon/app.cpp", "boost/asio.hpp"), "daemon/app.cpp", "Asio");
    check_caught(judge("feeds/venues/alpaca.cpp", "boost/beast/core.hpp"), "alpaca.cpp", "Beast");
    check_caught(judge("daemon/sinks/journal.cpp", "openssl/evp.h"), "journal.cpp", "OpenSSL");
    check_caught(judge("daemon/app.cpp", "prometheus/counter.h"), "app.cpp", "prometheus");
    check_caught(judge("daemon/sinks/journal.cpp", "sqlite3.h"), "journal.cpp", "SQLite");
    check_caught(judge("core/engine.cpp", "nlohmann/json.hpp"), "engine.cpp", "JSON");
    CHECK(judge("feeds/session.cpp", "boost/asio.hpp").empty());
    CHECK(judge("daemon/http_server.cpp", "boost/beast/http.hpp").empty());
    CHECK(judge("daemon/sinks/metrics.cpp", "prometheus/metric_family.h").empty());
    CHECK(judge("tests/sinks/metrics_test.cpp", "prometheus/counter.h").empty());
}

TEST_CASE("clocks are read in two places") {
    CHECK_HOLDS(test::clock_reads(project()));
    const auto judge = [](const std::string& path, const std::string& text) {
        return test::clock_reads(tree_of({{path, text}}));
    };
    check_caught(judge("daemon/app.cpp", "auto t = std::chrono::system_clock::now();"), "app.cpp",
                 "system_clock::now");
    check_caught(judge("core/a.cpp", "auto t = steady_clock::now();"), "core/a.cpp", "steady");
    check_caught(judge("daemon/a.cpp", "using MyClock = X; auto t = MyClock::now();"),
                 "daemon/a.cpp", "MyClock");
    check_caught(judge("feeds/a.cpp", "clock_gettime(CLOCK_REALTIME, &t);"), "feeds/a.cpp",
                 "clock_gettime");
    check_caught(judge("daemon/a.cpp", "srandom(time(nullptr));"), "daemon/a.cpp", "time(nullptr)");
    CHECK(judge("daemon/clock.cpp", "steady_clock::now();").empty());
    CHECK(judge("feeds/session_connection.cpp", "steady_clock::now();").empty());
    CHECK(judge("tests/a_test.cpp", "steady_clock::now();").empty());
    CHECK(judge("daemon/a.cpp",
                "// steady_clock::now() is not called\n"
                "log(\"steady_clock::now\"); clock.now();")
              .empty());
}

TEST_CASE("core is arithmetic on values") {
    CHECK_HOLDS(test::core_is_pure(project()));
    const auto judge = [](const std::string& text) {
        return test::core_is_pure(tree_of({{"core/a.cpp", text}}));
    };
    check_caught(judge("std::random_device d;"), "core/a.cpp", "random_device");
    check_caught(judge("#include <random>\n"), "core/a.cpp", "random");
    check_caught(judge("#include <chrono>\n"), "core/a.cpp", "chrono");
    check_caught(judge("#include <thread>\n"), "core/a.cpp", "thread");
    check_caught(judge("#include <unistd.h>\n"), "core/a.cpp", "unistd.h");
    check_caught(judge("#include <fmt/core.h>\n"), "core/a.cpp", "fmt");
    check_caught(judge("int x = rand ();"), "core/a.cpp", "rand");
    CHECK(judge("#include <vector>\n#include \"core/units.hpp\"\n// std::thread\n").empty());
}

TEST_CASE("core has its own logarithms") {
    CHECK_HOLDS(test::core_has_its_own_functions(project()));
    const auto judge = [](const std::string& text) {
        return test::core_has_its_own_functions(tree_of({{"core/a.cpp", text}}));
    };
    for (const std::string call :
         {"double y = std::log(x);", "auto f = std::exp2;", "std :: pow(x, 2)", "return log1p(x);",
          "double y = exp(x);", "f(::tanh(x));", "y = 2 * erfc(x);", "std::fma(a, b, c)",
          "__builtin_log(x)", "std::expl(x)", "hypotf(x, y)", "long double x = 1;", "log(x);",
          "double y =\n    atanh(x);", "std::sin(x)"}) {
        INFO(call);
        CHECK_FALSE(judge(call).empty());
    }
    check_caught(judge("double y = std::log(x);"), "core/a.cpp", "std::log");
    for (const std::string call :
         {"elementary::log(x)", "core::elementary::exp(x)", "std::sqrt(x) + std::abs(x)",
          "log_return(a, b)", "watch.log(x)", "watch->exp(x)", "std::floor(x)", "expected(x)",
          "// std::log(x)\n", "double log_e() const;", "std::log_error(x)"}) {
        INFO(call);
        CHECK(judge(call).empty());
    }
    CHECK(test::core_has_its_own_functions(tree_of({{"feeds/a.cpp", "std::log(x)"}})).empty());
}

TEST_CASE("a venue is a file and a line in the table") {
    std::vector<std::string> ids;
    for (const feeds::Venue& venue : feeds::venues()) ids.emplace_back(venue.id);
    REQUIRE(ids.size() >= 3);
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    CHECK_HOLDS(test::venues_on_disk(project(), ids));

    const SourceTree small = tree_of({{"feeds/venues/alpaca.cpp", ""}});
    const std::vector<std::string> both = {"alpaca", "kraken"}, none;
    check_caught(test::venues_on_disk(small, both), "kraken.cpp", "kraken");
    check_caught(test::venues_on_disk(small, none), "feeds/venues/alpaca.cpp", "no line");
}

TEST_CASE("the README's venue table is the one in the code") {
    std::vector<std::pair<std::string, std::string>> table;
    for (const feeds::Venue& venue : feeds::venues()) table.emplace_back(venue.id, venue.name);
    CHECK_HOLDS(test::venues_in_readme(project(), table));

    using Table = std::vector<std::pair<std::string, std::string>>;
    const SourceTree small = tree_of({{"README.md",
                                       "| venue | name |\n|---|---|\n| `alpaca` | Alpaca stocks | "
                                       "x |\n\n| `run` | no venue |\n"}});
    CHECK(test::venues_in_readme(small, Table{{"alpaca", "Alpaca stocks"}}).empty());
    check_caught(
        test::venues_in_readme(small, Table{{"alpaca", "Alpaca stocks"}, {"kraken", "Kraken"}}),
        "README.md", "kraken");
    check_caught(test::venues_in_readme(small, Table{}), "README.md", "alpaca");
    CHECK(test::venues_in_readme(small, Table{{"alpaca", "Alpaca"}}).size() == 2);
    CHECK(test::venues_in_readme(tree_of({}), Table{}).size() == 1);
}

TEST_CASE("documents speak only of metrics that exist") {
    CHECK_HOLDS(test::metric_names(project(), metrics()));
    const auto judge = [](const std::string& path, const std::string& text) {
        return test::metric_names(
            tree_of({{path, text}, {"core/CMakeLists.txt", "add_library(contagiond_core STATIC)"}}),
            metrics());
    };
    check_caught(judge("README.md", "see `contagiond_scores`"), "README.md", "contagiond_scores");
    check_caught(judge("deploy/rules.yml", "expr: contagiond_core > 1"), "deploy/rules.yml",
                 "contagiond_core");
    check_caught(judge("README.md", "contagiond_score_bucket_bucket"), "README.md", "bucket");
    CHECK(judge("README.md",
                "contagiond_score, contagiond_feed_latency_seconds_bucket{le=\"1\"} and the "
                "library contagiond_core")
              .empty());
}

TEST_CASE("the top level is the design's list") {
    CHECK_HOLDS(test::top_level(project()));
    SourceTree tree = tree_of({}, {".ci", "ARCHITECTURE.md", "CHANGELOG.md", "CMakeLists.txt",
                                   "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md",
                                   "config", "core", "daemon", "deploy", "feeds", "tests"});
    CHECK(test::top_level(tree).empty());
    tree.top_level.push_back("utils");
    check_caught(test::top_level(tree), "utils", "not in the design");
    tree.top_level = {"ARCHITECTURE.md",
                      "CHANGELOG.md",
                      "CMakeLists.txt",
                      "CMakePresets.json",
                      "CONTRIBUTING.md",
                      "LICENSE",
                      "README.md",
                      "config",
                      "core",
                      "daemon",
                      "deploy",
                      "feeds"};
    check_caught(test::top_level(tree), "tests", "missing");
}

TEST_CASE("no file is longer than 600 lines") {
    CHECK_HOLDS(test::short_files(project(), 600));
    CHECK(test::short_files(tree_of({{"core/a.cpp", std::string(600, '\n')}}), 600).empty());
    check_caught(test::short_files(tree_of({{"core/a.cpp", std::string(601, '\n')}}), 600),
                 "core/a.cpp", "601");
}

TEST_CASE("the scripts install what the build looks for") {
    CHECK_HOLDS(test::packages_agree(project()));
    const auto judge = [](const std::string& cmake, const std::string& tests_cmake,
                          const std::string& script) {
        return test::packages_agree(tree_of({{"CMakeLists.txt", cmake},
                                             {"tests/CMakeLists.txt", tests_cmake},
                                             {"deploy/common.sh", script}}));
    };
    const std::string script =
        "\nbuild_packages=(\n    g++ libfmt-dev\n)\ntest_packages=(catch2 git)\n";
    CHECK(judge("find_package(fmt REQUIRED)", "find_package(Catch2 2.13)", script).empty());
    check_caught(judge("find_package(fmt)\nfind_package(ZLIB)", "find_package(Catch2)", script),
                 "CMakeLists.txt", "zlib1g-dev");
    check_caught(judge("", "find_package(Catch2)", script), "deploy/common.sh", "libfmt-dev");
    check_caught(judge("find_package(fmt)\nfind_package(Qt)", "find_package(Catch2)", script),
                 "CMakeLists.txt", "Qt");
    // The daemon must not need what only the tests install.
    check_caught(judge("find_package(fmt)\nfind_package(Catch2)", "", script), "CMakeLists.txt",
                 "catch2");
}

TEST_CASE("comments and literals are not code") {
    CHECK(test::code_only("a // b\nc /* d */ e \"f // g\" 'h' 1'000 i") ==
          "a \nc   e \"\" '' 1'000 i");
    CHECK(test::code_only("x(R\"y(z \" // w)y\"); v") == "x(\"\"); v");
    CHECK(test::code_only("\"a\\\"b\" c") == "\"\" c");
}
