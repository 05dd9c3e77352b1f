#include "feeds/json_fields.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/feeds/capture_files.hpp"

namespace contagiond::test {
namespace {

using feeds::Decoded;
using feeds::DecodeError;
using feeds::JsonReader;
using feeds::JsonText;
using feeds::JsonType;
using feeds::NumberClass;
using feeds::Walk;

struct Seen {
    std::vector<std::pair<std::string, std::string>> fields;
    int messages = 0;
    Decoded out;
};

Seen read(std::string_view text, char slack = '\0') {
    static JsonReader reader;
    const PaddedFrame frame(text, slack);
    Seen seen;
    reader.read(frame.view(), seen.out, [&seen](Decoded&) {
        ++seen.messages;
        return reader.walk([&](std::string_view key, const JsonText& field) {
            seen.fields.emplace_back(key, field.text);
            return Walk::on;
        });
    });
    return seen;
}

bool is_json(std::string_view text) {
    bool well = true;
    for (const char slack : {'\0', '}', ']', ',', ':', '"', '1', ' ', '{', '['}) {
        const Seen seen = read(text, slack);
        const bool ok = seen.out.error != DecodeError::malformed_json;
        if (slack != '\0') CHECK(ok == well);
        well = ok;
    }
    return well;
}

}  // namespace

TEST_CASE("fields are seen once each, in order, as text") {
    const Seen seen = read(
        R"( {"a" : "x" , "b":-1.50e3 ,"c":true,"d":null,"e":{"n":[1,{"m":2}]},"f":[],"":"" } )");
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(seen.out.error == DecodeError::none);
    CHECK(seen.fields == Pairs{{"a", "x"},
                               {"b", "-1.50e3"},
                               {"c", "true"},
                               {"d", "null"},
                               {"e", ""},
                               {"f", ""},
                               {"", ""}});
}

TEST_CASE("escapes are resolved in keys and values") {
    const Seen seen = read(R"({"\u0070":"A\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","s":"plain"})");
    REQUIRE(seen.fields.size() == 2);
    CHECK(seen.fields[0].first == "p");
    CHECK(seen.fields[0].second == "A\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
    CHECK(seen.fields[1].second == "plain");
}

TEST_CASE("each object of an array is a message, and what is none is rejected alone") {
    const Seen seen = read(R"([{"a":1}, 5, {"b":2}, [{"c":3}], "x", {}])");
    CHECK(seen.messages == 3);
    CHECK(seen.fields.size() == 2);
    CHECK(seen.out.rejected == 3);
    CHECK(seen.out.error == DecodeError::wrong_type);
}

TEST_CASE("reading stops at the first structural error") {
    // Looking for another field after this one reads freed state in the library.
    CHECK(read(R"({"x"::"b"})").out.error == DecodeError::malformed_json);
    CHECK(read(R"({"x"::"b","y":"c"})").fields.empty());
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        const auto decoder = venue.make_decoder();
        Decoded out;
        for (const char* const text : {R"({"x"::"b"})", R"([{"x"::"b"}])", R"({"e"::"trade"})",
                                       R"({"type":"match","price"::"1"})", R"([{"T":"q","c":[:]}])",
                                       R"({"stream":"a@b","data":{"e"::"trade"}})"}) {
            decoder->decode(PaddedFrame(text).view(), 0, out);
            CHECK(out.error == DecodeError::malformed_json);
            CHECK(out.rows.empty());
            // The decoder is as good as new.
            decoder->decode(PaddedFrame("{}").view(), 0, out);
            CHECK(out.error == DecodeError::none);
            CHECK(out.ignored == 1);
        }
    }
}

TEST_CASE("only JSON is read, whatever stands behind the frame") {
    const std::vector<std::string> good = {
        "{}",
        "[]",
        " {} ",
        "\t[\r\n]\n",
        R"({"a":0,"b":-0,"c":1.5,"d":1E+9,"e":0e0,"f":-0.0e-0})",
        R"({"a":[[],[[]],{},{"x":[{}]}]})",
        R"({"a":"\u0000","b":"\uD834\uDD1E"})",
        R"({"a":123456789012345678901234567890.5})",
        "{\"a\":\"\x7f\xc2\x80\"}",
        R"({"a":1,"a":2})",
        R"([{"a":[1,2,3]},{"b":{"c":null}}])",
        R"({"a":{"b":"\"\\"}})",
    };
    const std::vector<std::string> bad = {
        "",
        " ",
        "1",
        "\"a\"",
        "null",
        "{",
        "}",
        "[",
        "]",
        "{]",
        "[}",
        "{}{}",
        "{} x",
        "{},",
        "[] []",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[1 2]",
        R"({"a"})",
        R"({"a":})",
        R"({"a":1,})",
        R"({,"a":1})",
        R"({"a":1 "b":2})",
        R"({"a":1,,"b":2})",
        R"({"a" "b"})",
        R"({a:1})",
        R"({1:1})",
        R"({'a':1})",
        R"({"a":'x'})",
        R"({"a":1)",
        R"({"a":[1})",
        R"({"a":[1,{"b":2]})",
        R"({"a":{"b":1])",
        R"({"a":{"b":1,}})",
        R"({"a":{"b"}})",
        R"({"a":{"b":[1,]}})",
        R"({"a":{"b":tru}})",
        R"({"a":"b":"c"})",
        R"({"a":tru})",
        R"({"a":True})",
        R"({"a":truex})",
        R"({"a":nul})",
        R"({"a":nan})",
        R"({"a":NaN})",
        R"({"a":-})",
        R"({"a":+1})",
        R"({"a":01})",
        R"({"a":1.})",
        R"({"a":.1})",
        R"({"a":1e})",
        R"({"a":1e+})",
        R"({"a":0x1})",
        R"({"a":1a})",
        R"({"a":1.2.3})",
        R"({"a":--1})",
        R"({"a":Infinity})",
        R"({"a":"\x"})",
        R"({"a":"\u12"})",
        R"({"a":"\uD800"})",
        R"({"a":"\uDC00"})",
        R"({"a":"\uD83D\u0041"})",
        R"({"a":"\uD83D\uD83D"})",
        R"({"a":"\uD83D\uE000"})",
        R"({"a":"\uD83Dxxxxxx"})",
        R"({"a":"\uD83D\n12345"})",
        R"({"a":"\u-123"})",
        R"({"a":"\u 123"})",
        R"({"\q":1})",
        R"({"a":["\x"]})",
        R"({"a":{"\q":1}})",
        R"({"a":"x)",
        R"({"a":"x\"})",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xc3\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\xc0\x80\"}",
        "\xef\xbb\xbf{}",
        std::string("{}\0", 3),
        std::string("{\"a\":1\0}", 8),
        "{\"a\":1}/* x */",
        "{\"a\":1 // x\n}",
        "\x0c{}",
    };
    for (const std::string& text : good) {
        INFO(text);
        CHECK(nlohmann::json::accept(text));
        CHECK(is_json(text));
    }
    for (const std::string& text : bad) {
        INFO(text);
        CHECK_FALSE(is_json(text));
    }
    // Deeper than any venue nests, and deep enough to end a stack.
    const std::string deep(100'000, '[');
    CHECK_FALSE(is_json(R"({"a":)" + deep));
    CHECK_FALSE(is_json(R"({"a":)" + deep + std::string(100'000, ']') + "}"));
    CHECK(is_json(R"({"a":)" + std::string(200, '[') + std::string(200, ']') + "}"));
}

TEST_CASE("numbers are told apart by grammar, sign and zero") {
    struct Row {
        const char* text;
        NumberClass expected;
    };
    const Row rows[] = {
        {"0", NumberClass::zero},
        {"-0", NumberClass::zero},
        {"0.00000000", NumberClass::zero},
        {"0.0000000000000000000", NumberClass::zero},
        {"0e5", NumberClass::zero},
        {"-0.0E-12345678", NumberClass::zero},
        {"1", NumberClass::positive},
        {"0.00000001", NumberClass::positive},
        {"61837.63000000", NumberClass::positive},
        {"123456789012345678901234567890", NumberClass::positive},
        {"1E-8", NumberClass::positive},
        {"1e+12345678", NumberClass::positive},
        {"-1", NumberClass::negative},
        {"-0.000000001", NumberClass::negative},
        {"", NumberClass::malformed},
        {"-", NumberClass::malformed},
        {"00", NumberClass::malformed},
        {"01", NumberClass::malformed},
        {"0.", NumberClass::malformed},
        {".0", NumberClass::malformed},
        {"1.e1", NumberClass::malformed},
        {"1e", NumberClass::malformed},
        {"1e-", NumberClass::malformed},
        {"NaN", NumberClass::malformed},
        {"12345678x", NumberClass::malformed},
        {"1234567:", NumberClass::malformed},
        {"1234567/", NumberClass::malformed},
        {"12345678 ", NumberClass::malformed},
        {"0.0000000:", NumberClass::malformed},
        {"\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8", NumberClass::malformed},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        CHECK(feeds::classify_number(row.text) == row.expected);
    }
    // Every byte at every place of a run of digits: only digits pass.
    for (std::size_t length = 1; length <= 20; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(length, '7');
                text[at] = static_cast<char>(byte);
                bool number = byte >= (at == 0 && length > 1 ? '1' : '0') && byte <= '9';
                number |= byte == '-' && at == 0 && length > 1;
                number |= (byte == '.' || byte == 'e' || byte == 'E') && at > 0 && at + 1 < length;
                const bool ours = feeds::classify_number(text) != NumberClass::malformed;
                if (ours != number) FAIL(text);
            }
        }
    }
}

TEST_CASE("times by RFC 3339, to the nanosecond") {
    struct Row {
        const char* text;
        core::TimeNs expected;
    };
    const Row rows[] = {
        {"2021-02-22T15:51:44.208Z", 1614009104208000000},
        {"2021-02-22T15:51:45.3355677Z", 1614009105335567700},
        {"2021-02-22T15:51:45.335689322Z", 1614009105335689322},
        {"2021-02-22T15:51:45.3356893229999Z", 1614009105335689322},
        {"2024-10-14T14:21:45.8Z", 1728915705800000000},
        {"2022-12-19T12:04:12Z", 1671451452000000000},
        {"2022-12-19t12:04:12z", 1671451452000000000},
        {"2022-12-19 12:04:12Z", 1671451452000000000},
        {"2022-12-19T12:04:12+00:00", 1671451452000000000},
        {"2022-12-19T07:04:12.5-05:00", 1671451452500000000},
        {"2022-12-20T01:34:12+13:30", 1671451452000000000},
        {"2016-12-31T23:59:60Z", 1483228800000000000},
        {"2024-02-29T00:00:00Z", 1709164800000000000},
        {"2000-02-29T00:00:00Z", 951782400000000000},
        {"0001-01-01T00:00:00Z", core::no_time},
        {"0001-01-01T00:00:00.000000Z", core::no_time},
        {"1970-01-01T00:00:00Z", core::no_time},
        {"1970-01-02T00:00:00Z", 86400000000000},
        {"2261-12-31T23:59:59.999999999Z", 9214646399999999999},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        core::TimeNs ts = 42;
        CHECK(feeds::parse_rfc3339(row.text, ts));
        CHECK(ts == row.expected);
    }
    for (const char* const text : {"",
                                   "Z",
                                   "2021-02-22",
                                   "2021-02-22T15:51:44",
                                   "2021-02-22T15:51Z",
                                   "2021-02-22T15:51:44.Z",
                                   "2021-02-22T15:51:44.1",
                                   "2021-02-22T15:51:44,1Z",
                                   "2021-02-30T00:00:00Z",
                                   "2023-02-29T00:00:00Z",
                                   "1900-02-29T00:00:00Z",
                                   "2021-13-01T00:00:00Z",
                                   "2021-00-01T00:00:00Z",
                                   "2021-01-00T00:00:00Z",
                                   "2021-01-32T00:00:00Z",
                                   "2021-01-01T24:00:00Z",
                                   "2021-01-01T00:60:00Z",
                                   "2021-01-01T00:00:61Z",
                                   "2021-01-01T00:00:00ZZ",
                                   "2021-01-01T00:00:00+0000",
                                   "2021-01-01T00:00:00+24:00",
                                   "2021-01-01T00:00:00+00:60",
                                   "2021/01/01T00:00:00Z",
                                   "+021-01-01T00:00:00Z",
                                   "2021-01-01T00:00:-1Z",
                                   "20210101T000000Z......",
                                   "9999-01-01T00:00:00Z",
                                   "2262-01-01T00:00:00Z",
                                   "1969-12-31T23:59:59Z",
                                   "0000-00-00T00:00:00Z",
                                   "2021-01-01T00:00:00.123456789",
                                   "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa1-01-01T00:00:00Z"}) {
        INFO(text);
        core::TimeNs ts = 42;
        CHECK_FALSE(feeds::parse_rfc3339(text, ts));
    }
}

TEST_CASE("every day from 1970 to 2261 is where the calendar has it") {
    using namespace std::chrono;
    int days = 0;
    for (sys_days day = sys_days{year{1970} / 1 / 2}; day < sys_days{year{2262} / 1 / 1};
         day += std::chrono::days{1}) {
        const year_month_day date(day);
        char text[32];
        std::snprintf(text, sizeof text, "%04d-%02u-%02uT01:02:03Z", int(date.year()),
                      unsigned(date.month()), unsigned(date.day()));
        core::TimeNs ts = 0;
        const auto seconds = day.time_since_epoch().count() * std::int64_t{86400} + 3723;
        if (!feeds::parse_rfc3339(text, ts) || ts != seconds * core::ns_per_s) FAIL(text);
        ++days;
    }
    CHECK(days == 106'650);
}

TEST_CASE("epochs in ms or us by magnitude, other units refused") {
    struct Row {
        const char* text;
        core::TimeNs expected;
    };
    const Row rows[] = {
        {"1723161255342", 1723161255342000000},
        {"1723161255342123", 1723161255342123000},
        {"0", core::no_time},
        {"9223372036854", 9223372036854000000},
        {"9223372036854775", 9223372036854775000},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        core::TimeNs ts = 42;
        CHECK(feeds::parse_epoch(row.text, ts));
        CHECK(ts == row.expected);
    }
    for (const char* const text :
         {"", "-1", "-0", "1723161255", "1723161255.342", "1723161255342123456", "9223372036855",
          "9223372036854776", "1e12", "1723161255342 ", " 1723161255342", "+1723161255342",
          "99999999999999999999", "x"}) {
        INFO(text);
        core::TimeNs ts = 42;
        CHECK_FALSE(feeds::parse_epoch(text, ts));
    }
}

TEST_CASE("times in a known unit, with a fraction or without") {
    struct Row {
        core::DurationNs unit;
        const char* text;
        core::TimeNs expected;
    };
    const Row rows[] = {
        {core::ns_per_s, "1619093543", 1619093543000000000},
        {core::ns_per_s, "1534614057.321597", 1534614057321597000},
        {core::ns_per_ms, "1619093543708.2642", 1619093543708264200},
        {core::ns_per_ms, "1619093543708.26420001", 1619093543708264200},
        {core::ns_per_us, "1661330400123456", 1661330400123456000},
        {1, "1784834423123456789", 1784834423123456789},
        {1, "1784834423123456789.9", 1784834423123456789},
        {core::ns_per_s, "0", core::no_time},
        {core::ns_per_ms, "0.000", core::no_time},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        core::TimeNs ts = 42;
        CHECK(feeds::parse_epoch_in(row.unit, row.text, ts));
        CHECK(ts == row.expected);
    }
    // Each of them would be right in another unit, or is no number of this form.
    const Row wrong[] = {
        {core::ns_per_s, "1619093543708", 0},
        {core::ns_per_ms, "1619093543", 0},
        {core::ns_per_ms, "1619093543708264", 0},
        {core::ns_per_us, "1619093543708", 0},
        {1, "1784834423123456", 0},
        {1, "9223372036854775807", 0},
        {core::ns_per_s, "1619093543.", 0},
        {core::ns_per_s, "-1619093543", 0},
        {core::ns_per_s, "1.6e9", 0},
        {core::ns_per_s, "", 0},
        {core::ns_per_s, " 1619093543", 0},
    };
    for (const Row& row : wrong) {
        INFO(row.text);
        core::TimeNs ts = 42;
        CHECK_FALSE(feeds::parse_epoch_in(row.unit, row.text, ts));
        CHECK(ts == 42);
    }
}

TEST_CASE("a signed size gives its side and loses its sign") {
    struct Row {
        const char* text;
        const char* size;
        feeds::Side side;
    };
    for (const Row& row :
         {Row{"-5", "5", feeds::Side::sell}, Row{"0.5", "0.5", feeds::Side::buy},
          Row{"-1e-8", "1e-8", feeds::Side::sell}, Row{"0", "0", feeds::Side::unknown},
          Row{"-0.0", "0.0", feeds::Side::unknown}, Row{"x", "x", feeds::Side::unknown}}) {
        INFO(row.text);
        JsonText size{JsonType::number, row.text};
        CHECK(feeds::take_sign(size) == row.side);
        CHECK(size.text == row.size);
    }
}

TEST_CASE("a frame of any shape is walked once, to its end, or gives nothing") {
    const auto best_of = [](std::string_view text) {
        static JsonReader reader;
        const PaddedFrame frame(text);
        Decoded out;
        JsonText price, size;
        reader.read_any(frame.view(), out, [&](const JsonText& root, Decoded& to) {
            if (root.type != JsonType::array) {
                ++to.ignored;
                return Walk::stop;
            }
            to.controls.push_back({feeds::ControlKind::heartbeat, {}});
            return feeds::read_best_level(reader, price, size);
        });
        if (out.error != DecodeError::none) CHECK(out.controls.empty());
        return std::string(to_string(out.error)) + " " + std::string(price.text) + " " +
               std::string(size.text);
    };
    CHECK(best_of(R"([["1.5","2"],["1.4","7"]])") == "none 1.5 2");
    CHECK(best_of(R"([[1.5,2,"0",4],[]])") == "none 1.5 2");
    CHECK(best_of(R"([["1.5"]])") == "none 1.5 ");
    CHECK(best_of("[]") == "none  ");
    CHECK(best_of("[[],[3,4]]") == "none  ");
    CHECK(best_of(R"({"a":1})") == "none  ");
    for (const char* const text : {R"([["1.5","2"])", R"([["1.5" "2"]])", R"([["1.5","2"]]])",
                                   R"([["1.5","2"],[1,}])", "5", R"("a")", "", "null"}) {
        INFO(text);
        CHECK(best_of(text).starts_with("malformed_json"));
    }
}

TEST_CASE("topics are sent in parts") {
    const std::vector<std::string> topics = {"a", "b\"", "c"};
    CHECK(feeds::list_frames(topics, 2, "[", "]") ==
          std::vector<std::string>{R"(["a","b\""])", R"(["c"])"});
    CHECK(feeds::list_frames({}, 2, "[", "]").empty());
    const std::vector<feeds::Subscription> wanted = {{"x", true, false}, {"y", true, true}};
    CHECK(feeds::symbols_of(wanted, &feeds::Subscription::trades) ==
          std::vector<std::string>{"x", "y"});
    CHECK(feeds::symbols_of(wanted, &feeds::Subscription::quotes) == std::vector<std::string>{"y"});
}

TEST_CASE("what is written as a JSON string reads back the same") {
    std::string all;
    for (int byte = 0; byte < 128; ++byte) all += static_cast<char>(byte);
    all += "\xe6\xaf\x94";
    std::string out = "x";
    feeds::append_json_string(out, all);
    CHECK(nlohmann::json::parse(out.substr(1)).get<std::string>() == all);
}

}  // namespace contagiond::test
