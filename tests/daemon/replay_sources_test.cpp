#include "daemon/replay_sources.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/bar_folder.hpp"
#include "daemon/utc_time.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/temporary_directory.hpp"

namespace contagiond::daemon {
namespace {

using Catch::Matchers::Contains;
using test::TemporaryDirectory;

core::TimeNs at(std::string_view text) {
    const auto t = parse_utc(text);
    REQUIRE(t.has_value());
    return *t;
}

core::Universe universe_of(const std::vector<std::string>& symbols) {
    core::Universe universe;
    for (const std::string& symbol : symbols) {
        core::Instrument instrument;
        instrument.symbol = symbol;
        universe.instruments.push_back(instrument);
    }
    return universe;
}

std::vector<core::Input> all_of(InputSource& source) {
    std::vector<core::Input> inputs;
    core::Input input;
    while (source.next(input)) inputs.push_back(input);
    return inputs;
}

std::vector<core::TimeNs> times_of(const std::vector<core::Input>& inputs) {
    std::vector<core::TimeNs> times;
    for (const core::Input& input : inputs) times.push_back(input.ts_receive);
    return times;
}

std::uint64_t rejected(const ReadReport& report, RowReject reason) {
    return report.rejected[static_cast<std::size_t>(reason)];
}

std::string gzip(std::string_view text) {
    z_stream stream{};
    REQUIRE(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
    std::string in(text);
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

/// Rows of one minute each, from `start`, all at one price.
std::string bars(std::string_view start, int rows, int minutes) {
    std::string text = "ts_utc,open,high,low,close,volume\n";
    const core::TimeNs first = at(start);
    for (int i = 0; i < rows; ++i) {
        const core::TimeNs t = first + i * minutes * core::ns_per_min;
        const auto minute = (t - day_of(t)) / core::ns_per_min;
        char row[80];
        std::snprintf(row, sizeof row, "%.10sT%02d:%02d:00Z,10,10,10,10,1\n", start.data(),
                      static_cast<int>(minute / 60), static_cast<int>(minute % 60));
        text += row;
    }
    return text;
}

}  // namespace

TEST_CASE("times are read exactly, and only in UTC") {
    CHECK(parse_utc("1970-01-01T00:00:00Z") == 0);
    for (const char* day : {"1970-01-01", "2015-01-01", "2024-02-29", "2099-12-31"})
        CHECK(format_date(*parse_utc(day) + core::ns_per_day - 1) == day);
    CHECK(format_date(-1) == "1969-12-31");
    CHECK(parse_utc("2025-01-27") == 1'737'936'000 * core::ns_per_s);
    CHECK(parse_utc("2025-01-27T14:42:07.123456Z") ==
          1'737'988'927 * core::ns_per_s + 123'456 * core::ns_per_us);
    CHECK(parse_utc("2024-02-29T23:59:59.000000001Z") == 1'709'251'199 * core::ns_per_s + 1);
    for (const char* text :
         {"", "2025", "2025-1-27", "2025-02-29", "2025-13-01", "2025-01-27 14:00:00Z",
          "2025-01-27T14:00:00", "2025-01-27T14:00:00+01:00", "2025-01-27T24:00:00Z",
          "2025-01-27T14:60:00Z", "2025-01-27T14:00:00.Z", "2025-01-27T14:00:00.1234567890Z",
          "2025-01-27T14:00:00Zx", "x2025-01-27"})
        CHECK_FALSE(parse_utc(text).has_value());
}

TEST_CASE("tick rows become trades, with the digits they were written in") {
    const TemporaryDirectory directory;
    const auto universe = universe_of({"NVDA", "BTC-USD"});
    const std::string text =
        "ts_ns,symbol,price,size\r\n"
        "1737988927123456789,BTC-USD,98950.10,0.00120000\r\n"
        "1737988927123456789,NVDA,122.81,186\r\n"
        "1737988928000000000,PG,1,1\n"
        "1737988929000000000,NVDA,1e2,0";
    for (const bool compressed : {false, true}) {
        const std::string path =
            directory.file(compressed ? "t.csv.gz" : "t.csv", compressed ? gzip(text) : text);
        ReadReport report;
        const auto inputs = all_of(*open_ticks(path, universe, 7, {}, report));
        REQUIRE(inputs.size() == 3);
        CHECK(inputs[0].kind == core::InputKind::trade);
        CHECK(inputs[0].instrument == 1);
        CHECK(inputs[0].feed == 7);
        CHECK(inputs[0].ts_exchange == 1737988927123456789);
        CHECK(inputs[0].ts_receive == 1737988927123456789);
        CHECK(inputs[0].trade.price == 9895010);
        CHECK(inputs[0].price_exponent == -2);
        CHECK(inputs[0].trade.size == 120000);
        CHECK(inputs[0].size_exponent == -8);
        CHECK(inputs[1].instrument == 0);
        CHECK(inputs[2].ts_receive == 1737988929000000000);
        CHECK(report.rejected_total() == 0);
        CHECK(report.ignored == decltype(report.ignored){{"PG", 1}});
    }
}

TEST_CASE(
    "rows of ticks stand in the order of arrival: one that was overtaken is known with the rest") {
    const TemporaryDirectory directory;
    const auto universe = universe_of({"NVDA", "BTC-USD"});
    const std::string path = directory.file("t.csv",
                                            "ts_ns,symbol,price,size\n"
                                            "1737988927000000000,NVDA,1,1\n"
                                            "1737988926999000000,BTC-USD,2,1\n"
                                            "1737988926000000000,NVDA,3,1\n"
                                            "1737988925999999999,NVDA,4,1\n"
                                            "1737988927000000001,NVDA,5,1\n");
    ReadReport report;
    const auto inputs = all_of(*open_ticks(path, universe, 0, {}, report));
    REQUIRE(inputs.size() == 4);
    CHECK(inputs[1].ts_exchange == 1737988926999000000);
    CHECK(inputs[1].ts_receive == 1737988927000000000);
    CHECK(inputs[2].ts_exchange == 1737988926000000000);
    CHECK(inputs[2].ts_receive == 1737988927000000000);
    CHECK(inputs[3].trade.price == 5);
    CHECK(inputs[3].ts_receive == 1737988927000000001);
    CHECK(rejected(report, RowReject::time_backwards) == 1);
    CHECK(report.rejected_total() == 1);
}

TEST_CASE("symbols of a tick file are found among thousands, whatever they begin and end with") {
    const TemporaryDirectory directory;
    std::vector<std::string> names = {"A", "AB", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                      "ABCDEFGH-JKLMNOPQRSTUVWXYZ", std::string(64, 'x')};
    for (int i = 0; i < 900; ++i) names.push_back(fmt::format("{}-{}-SAME-END", "S", i));
    const auto universe = universe_of({names.begin(), names.end()});
    std::string text = "ts_ns,symbol,price,size\n";
    for (std::size_t i = 0; i < names.size(); ++i)
        text += fmt::format("1737988927000000000,{},{},1\n", names[i], i + 1);
    const std::string path = directory.file("t.csv", text);
    ReadReport report;
    const auto inputs = all_of(*open_ticks(path, universe, 0, {}, report));
    REQUIRE(inputs.size() == names.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        CHECK(inputs[i].instrument == i);
        CHECK(inputs[i].trade.price == static_cast<std::int64_t>(i + 1));
    }
    std::sort(names.begin(), names.end());
    CHECK(symbols_of_ticks(path) == names);
}

TEST_CASE("bad tick rows are refused by name and place, and the next row is unharmed") {
    const TemporaryDirectory directory;
    const auto universe = universe_of({"NVDA"});
    struct Case {
        const char* row;
        RowReject reason;
    };
    const std::vector<Case> cases = {
        {"1737988927000000000,NVDA,122.81", RowReject::bad_columns},
        {"1737988927000000000,NVDA,122.81,1,1", RowReject::bad_columns},
        {"1737988927,NVDA,122.81,1", RowReject::bad_time},
        {"17379889270000000000,NVDA,122.81,1", RowReject::bad_time},
        {"x,NVDA,122.81,1", RowReject::bad_time},
        {"1737988927000000000 ,NVDA,122.81,1", RowReject::bad_time},
        {"1737988925999999999,NVDA,122.81,1", RowReject::time_backwards},
        {"1737988928000000000,,122.81,1", RowReject::bad_symbol},
        {"1737988928000000000,NVDA,,1", RowReject::bad_price},
        {"1737988928000000000,NVDA,12.2.1,1", RowReject::bad_price},
        {"1737988928000000000,NVDA,nan,1", RowReject::bad_price},
        {"1737988928000000000,NVDA,99999999999999999999,1", RowReject::bad_price},
        {"1737988928000000000,NVDA,0.00,1", RowReject::zero_price},
        {"1737988928000000000,NVDA,-1,1", RowReject::negative_price},
        {"1737988928000000000,NVDA,1,-1", RowReject::bad_size},
        {"1737988928000000000,NVDA,1,", RowReject::bad_size},
        {"1737988928000000000,NVDA,1,one", RowReject::bad_size},
    };
    for (const Case& c : cases) {
        INFO(c.row);
        const std::string path = directory.file(
            "t.csv", std::string("ts_ns,symbol,price,size\n1737988927000000000,NVDA,1,1\n") +
                         c.row + "\n1737988927000000001,NVDA,2,1\n");
        ReadReport report;
        const auto inputs = all_of(*open_ticks(path, universe, 0, {}, report));
        // The row after it is taken although a refused one was stamped later.
        CHECK(times_of(inputs) ==
              std::vector<core::TimeNs>{1737988927000000000, 1737988927000000001});
        CHECK(report.rejected_total() == 1);
        CHECK(rejected(report, c.reason) == 1);
        REQUIRE(report.examples.size() == 1);
        CHECK(report.examples[0] ==
              path + ":3: " + std::string(to_string(c.reason)) + ": " + c.row);
    }
}

TEST_CASE("a row that is hostile text is quoted without its control characters") {
    const TemporaryDirectory directory;
    const std::string path = directory.file(
        "t.csv", "ts_ns,symbol,price,size\n\x1b[2J" + std::string(100'000, 'x') + "\n");
    ReadReport report;
    CHECK(all_of(*open_ticks(path, universe_of({"NVDA"}), 0, {}, report)).empty());
    CHECK(rejected(report, RowReject::bad_columns) >= 1);
    REQUIRE_FALSE(report.examples.empty());
    CHECK_THAT(report.examples[0], Contains("?[2J"));
    CHECK(report.examples[0].size() < 1000);
}

TEST_CASE("a file of another kind is no tick file, and a missing one says so") {
    const TemporaryDirectory directory;
    ReadReport report;
    const auto universe = universe_of({"NVDA"});
    const std::string other = directory.file("o.csv", "a,b\n1,2\n");
    CHECK_THROWS_WITH(open_ticks(other, universe, 0, {}, report), Contains("o.csv:1: "));
    CHECK_THROWS_WITH(open_ticks(directory.file("e.csv", ""), universe, 0, {}, report),
                      Contains("ts_ns,symbol,price,size"));
    CHECK_THROWS_WITH(open_ticks((directory.path / "none").string(), universe, 0, {}, report),
                      Contains("cannot be read"));
}

TEST_CASE("a torn gzip file gives its whole rows and is reported") {
    const TemporaryDirectory directory;
    std::string text = "ts_ns,symbol,price,size\n";
    for (int i = 0; i < 20'000; ++i)
        text += std::to_string(1737988927000000000 + i * 1'000'003LL) + ",NVDA," +
                std::to_string(100 + i * 7919 % 1000) + "," + std::to_string(i * 31 % 977) + "\n";
    const std::string whole = gzip(text);
    const std::string path = directory.file("t.csv.gz", whole.substr(0, whole.size() / 2));
    ReadReport report;
    const auto inputs = all_of(*open_ticks(path, universe_of({"NVDA"}), 0, {}, report));
    CHECK(inputs.size() > 1000);
    CHECK(inputs.size() < 20'000);
    CHECK(rejected(report, RowReject::damaged_file) == 1);
    CHECK(report.rejected_total() == 1);
}

TEST_CASE("ticks are fed from the first moment up to the end, which is not included") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("t.csv",
                                            "ts_ns,symbol,price,size\n"
                                            "1737988927000000000,NVDA,1,1\n"
                                            "1737988928000000000,NVDA,1,1\n"
                                            "1737988929000000000,NVDA,1,1\n");
    ReadReport report;
    const auto inputs = all_of(*open_ticks(path, universe_of({"NVDA"}), 0,
                                           {1737988928000000000, 1737988929000000000}, report));
    CHECK(times_of(inputs) == std::vector<core::TimeNs>{1737988928000000000});
}

TEST_CASE("a bar is known at its end, at its close") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("nvda_us_5m_2025-01-27_2025-01-27.csv",
                                            "ts_utc,open,high,low,close,volume\n"
                                            "2025-01-27T14:30:00Z,10,12.5,9,11.25,100\n"
                                            "2025-01-27T14:35:00Z,10,12,9,10,\n");
    const BarFile file = describe_bar_file("NVDA", path);
    CHECK(file.interval == 5 * core::ns_per_min);
    ReadReport report;
    const auto inputs = all_of(*open_bars(file, 3, 4, {}, {}, report));
    REQUIRE(inputs.size() == 2);
    CHECK(inputs[0].ts_exchange == at("2025-01-27T14:35:00Z"));
    CHECK(inputs[0].ts_receive == at("2025-01-27T14:35:00Z"));
    CHECK(inputs[0].instrument == 3);
    CHECK(inputs[0].feed == 4);
    CHECK(inputs[0].trade.price == 1125);
    CHECK(inputs[0].price_exponent == -2);
    CHECK(inputs[0].trade.size == 100);
    CHECK(inputs[1].trade.size == 0);
    for (const core::Input& input : inputs) CHECK(input.flags == core::aggregated);
    CHECK(report.rejected_total() == 0);
}

TEST_CASE("where the name tells no interval, the smallest step does") {
    const TemporaryDirectory directory;
    const std::string row = ",1,1,1,1,1\n";
    const std::string path =
        directory.file("mine.csv", "ts_utc,open,high,low,close,volume\n2025-01-27T14:00:00Z" + row +
                                       "2025-01-27T15:30:00Z" + row + "2025-01-27T16:00:00Z" + row);
    CHECK(describe_bar_file("X", path).interval == 30 * core::ns_per_min);
    const std::string one =
        directory.file("one.csv", "ts_utc,open,high,low,close,volume\n2025-01-27T14:00:00Z" + row);
    CHECK_THROWS_WITH(describe_bar_file("X", one), Contains("how long a bar is"));
}

TEST_CASE("bad bars are refused by name") {
    const TemporaryDirectory directory;
    struct Case {
        const char* row;
        RowReject reason;
    };
    const std::vector<Case> cases = {
        {"2025-01-27T14:31:00Z,10,12,9,11", RowReject::bad_columns},
        {"2025-01-27,10,12,9,11,1", RowReject::bad_time},
        {"2025-01-27T14:3:00Z,10,12,9,11,1", RowReject::bad_time},
        {"2025-01-27T14:3x:00Z,10,12,9,11,1", RowReject::bad_time},
        {"2025-01-27T24:31:00Z,10,12,9,11,1", RowReject::bad_time},
        {"1980-01-27T14:31:00Z,10,12,9,11,1", RowReject::bad_time},
        {"2025-01-27T14:30:00Z,10,12,9,11,1", RowReject::time_backwards},
        {"2025-01-27T14:31:00Z,10,12,9,,1", RowReject::bad_price},
        {"2025-01-27T14:31:00Z,10,12,0,11,1", RowReject::zero_price},
        {"2025-01-27T14:31:00Z,10,12,-9,11,1", RowReject::negative_price},
        {"2025-01-27T14:31:00Z,10,10.5,9,11,1", RowReject::bad_bar},
        {"2025-01-27T14:31:00Z,8.9,12,9,11,1", RowReject::bad_bar},
        {"2025-01-27T14:31:00Z,10,12,9,11,-1", RowReject::bad_size},
    };
    for (const Case& c : cases) {
        INFO(c.row);
        const std::string path =
            directory.file("x_y_1m_z.csv", std::string("ts_utc,open,high,low,close,volume\n"
                                                       "2025-01-27T14:30:00Z,10,12,9,11,1\n") +
                                               c.row + "\n2025-01-27T14:32:00Z,10,12,9,11,1\n");
        ReadReport report;
        const auto inputs = all_of(*open_bars(describe_bar_file("X", path), 0, 0, {}, {}, report));
        CHECK(inputs.size() == 2);
        CHECK(report.rejected_total() == 1);
        CHECK(rejected(report, c.reason) == 1);
    }
}

TEST_CASE("bars are fed that lie wholly inside the stretch of time") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("x_y_30m_z.csv", bars("2025-01-27T10:00:00Z", 6, 30));
    ReadReport report;
    const auto inputs =
        all_of(*open_bars(describe_bar_file("X", path), 0, 0,
                          {at("2025-01-27T10:30:00Z"), at("2025-01-27T12:00:00Z")}, {}, report));
    CHECK(times_of(inputs) == std::vector<core::TimeNs>{at("2025-01-27T11:00:00Z"),
                                                        at("2025-01-27T11:30:00Z"),
                                                        at("2025-01-27T12:00:00Z")});
}

TEST_CASE("a moment that a finer file holds is not fed again from a coarser one") {
    const TemporaryDirectory directory;
    // The fine file begins at 02:00 and ends at 04:10; the coarse one has the whole morning.
    directory.file("nq_a_5m_2025-01-27_2025-01-27.csv", bars("2025-01-27T02:00:00Z", 26, 5));
    directory.file("nq_b_30m_2025-01-27_2025-01-27.csv.gz",
                   gzip(bars("2025-01-27T01:00:00Z", 8, 30)));
    directory.file("nq_b_30m_2025-01-28_2025-01-28.csv", bars("2025-01-28T01:00:00Z", 1, 30));
    directory.file("README.md", "no bars");
    const auto files = list_bar_files(directory.path.string(), {});
    REQUIRE(files.size() == 3);
    CHECK(files[0].interval == 5 * core::ns_per_min);
    CHECK(files[0].venue == "a");
    CHECK(files[1].symbol == "NQ");
    const auto finer = find_finer(files);
    CHECK(finer[0].empty());
    REQUIRE(finer[1].size() == 1);
    CHECK(finer[2].empty());
    ReadReport report;
    const auto coarse = all_of(*open_bars(files[1], 0, 0, {}, finer[1], report));
    CHECK(times_of(coarse) ==
          std::vector<core::TimeNs>{at("2025-01-27T01:30:00Z"), at("2025-01-27T02:00:00Z"),
                                    at("2025-01-27T04:30:00Z"), at("2025-01-27T05:00:00Z")});
}

TEST_CASE("a day on which the finer file has nothing is fed from the coarser one") {
    const TemporaryDirectory directory;
    directory.file(
        "x_a_1m_2025-01-27_2025-01-29.csv",
        bars("2025-01-27T10:00:00Z", 5, 1) + bars("2025-01-29T10:00:00Z", 5, 1).substr(34));
    std::string coarse = bars("2025-01-27T10:00:00Z", 1, 5);
    coarse += bars("2025-01-28T10:00:00Z", 2, 5).substr(34);
    coarse += bars("2025-01-29T10:00:00Z", 1, 5).substr(34);
    directory.file("x_a_5m_2025-01-27_2025-01-29.csv", coarse);
    const auto files = list_bar_files(directory.path.string(), {});
    REQUIRE(files.size() == 2);
    ReadReport report;
    const auto inputs = all_of(*open_bars(files[1], 0, 0, {}, find_finer(files)[1], report));
    CHECK(times_of(inputs) ==
          std::vector<core::TimeNs>{at("2025-01-28T10:05:00Z"), at("2025-01-28T10:10:00Z")});
    CHECK(report.rejected_total() == 0);
}

TEST_CASE("bar files go by the names the daemon knows, and only those of the days asked for") {
    CHECK(canonical_symbol("btcusdt") == "BTC-USD");
    CHECK(canonical_symbol("ethusdt") == "ETH-USD");
    CHECK(canonical_symbol("nq") == "NQ");
    CHECK(canonical_symbol("mnq") == "NQ");
    CHECK(canonical_symbol("nvda") == "NVDA");
    const TemporaryDirectory directory;
    CHECK_THROWS_WITH(list_bar_files(directory.path.string(), {}), Contains("holds no bars"));
    CHECK_THROWS_WITH(list_bar_files((directory.path / "none").string(), {}),
                      Contains("cannot be read"));
    for (const char* name :
         {"nvda_us_1m_2025-01-02_2025-01-31.csv.gz", "nvda_us_1m_2025-02-01_2025-02-28.csv.gz",
          "nvda_us_1m_2025-03-01_2025-03-31.csv.gz", "nvda_us_soon_2025-03-01_2025-03-31.csv"})
        directory.file(name, "");
    const auto files =
        list_bar_files(directory.path.string(), {at("2025-02-10"), at("2025-02-20")});
    REQUIRE(files.size() == 1);
    CHECK_THAT(files[0].path, Contains("2025-02-01"));
}

TEST_CASE("streams are merged by time, and equal times keep the order of the sources") {
    const TemporaryDirectory directory;
    const auto universe = universe_of({"NVDA"});
    std::vector<std::string> paths;
    // Source s tells at seconds s, s+3, s+6, ... and all of them at 100.
    for (int s = 0; s < 3; ++s) {
        std::string text = "ts_ns,symbol,price,size\n";
        for (int t = s; t < 60; t += 3)
            text += std::to_string(1737988000 + t) + "000000000,NVDA,1,1\n";
        text += "1737988100000000000,NVDA,1,1\n1737988100000000000,NVDA,1,1\n";
        paths.push_back(directory.file("s" + std::to_string(s) + ".csv", text));
    }
    ReadReport report;
    std::vector<std::unique_ptr<InputSource>> sources;
    for (std::size_t s = 0; s < paths.size(); ++s)
        sources.push_back(open_ticks(paths[s], universe, static_cast<core::FeedId>(s), {}, report));
    const auto inputs = all_of(*merge(std::move(sources)));
    REQUIRE(inputs.size() == 66);
    for (std::size_t i = 0; i < 60; ++i) {
        CHECK(inputs[i].ts_receive == (1737988000 + static_cast<std::int64_t>(i)) * core::ns_per_s);
        CHECK(inputs[i].feed == i % 3);
    }
    std::vector<core::FeedId> last;
    for (std::size_t i = 60; i < 66; ++i) last.push_back(inputs[i].feed);
    CHECK(last == std::vector<core::FeedId>{0, 0, 1, 1, 2, 2});
}

TEST_CASE("the recorded bars are all read, each moment once and never before its end") {
    if (!test::have_shared("data/bars")) return;
    const TimeRange range{at("2025-06-18"), at("2025-06-24")};
    const auto files = list_bar_files(test::shared_path("data/bars").string(), range);
    const auto finer = find_finer(files);
    ReadReport report;
    std::map<std::string, std::map<core::TimeNs, int>> told;
    std::map<std::string, core::TimeNs> first_of_venue;
    for (std::size_t i = 0; i < files.size(); ++i) {
        auto source = open_bars(files[i], 0, 0, range, finer[i], report);
        for (const core::Input& input : all_of(*source)) {
            ++told[files[i].symbol][input.ts_receive];
            CHECK(input.ts_receive % files[i].interval == 0);
            if (files[i].symbol == "NQ")
                first_of_venue.try_emplace(files[i].venue, input.ts_receive);
        }
    }
    CHECK(report.rejected_total() == 0);
    for (const char* symbol : {"BTC-USD", "ETH-USD", "NVDA", "AMD", "NQ", "QQQ", "SMH"})
        CHECK(told[symbol].size() > 100);
    CHECK(told["BTC-USD"].size() == 6 * 1440);
    for (const auto& [symbol, moments] : told)
        for (const auto& [moment, times] : moments)
            if (times != 1) FAIL_CHECK(symbol << " is told " << times << " times at " << moment);
    // The micro future begins on 20 June at 04:05 and takes over from the 30-minute bars.
    CHECK(first_of_venue["cme"] < at("2025-06-20T04:00:00Z"));
    CHECK(first_of_venue["yahoo"] == at("2025-06-20T04:10:00Z"));
}

}  // namespace contagiond::daemon
