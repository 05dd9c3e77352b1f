// Which sale conditions keep a print from setting the last price: every row of the list, written
// down once more.
#include "feeds/sale_conditions.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/feeds/venue_bench.hpp"

namespace contagiond::test {
namespace {

using feeds::ConditionSet;

ConditionSet set_of(std::string_view letters) {
    ConditionSet set;
    for (const char c : letters) set.add(static_cast<unsigned char>(c));
    return set;
}

ConditionSet set_of(const std::vector<unsigned>& numbers) {
    ConditionSet set;
    for (const unsigned n : numbers) set.add(n);
    return set;
}

struct Line {
    std::string_view meaning, cta, utp;  ///< letters, or nothing
    std::vector<unsigned> massive;
    bool sets_last;
};

const std::vector<Line> lines = {
    {"regular", "@", "@", {0}, true},
    {"intermarket sweep", "F", "F", {14}, true},
    {"automatic execution", "E", "", {3}, true},
    {"odd lot", "I", "I", {37}, false},
    {"average price", "B", "W", {2}, false},
    {"bunched", "", "B", {4}, true},
    {"bunched sold", "", "G", {5}, false},
    {"cash sale", "C", "C", {7}, false},
    {"next day", "N", "N", {20}, false},
    {"seller", "R", "R", {29}, false},
    {"price variation", "H", "H", {21}, false},
    {"derivatively priced", "4", "4", {10}, false},
    {"qualified contingent", "7", "7", {53}, false},
    {"contingent", "V", "V", {52}, false},
    {"prior reference price", "P", "P", {22}, false},
    {"sold out of sequence", "Z", "Z", {33}, false},
    {"sold last", "L", "L", {30}, true},
    {"Form T", "T", "T", {12}, false},
    {"extended hours, out of sequence", "U", "U", {13}, false},
    {"official close", "M", "M", {15}, false},
    {"official open", "Q", "Q", {16}, false},
    {"opening", "O", "O", {17, 25}, true},
    {"reopening", "5", "5", {18, 28}, true},
    {"closing", "6", "6", {19, 8}, true},
    {"corrected consolidated close", "9", "9", {38}, true},
    {"cross", "X", "X", {9}, true},
    {"acquisition", "A", "A", {1}, true},
    {"distribution", "D", "D", {11}, true},
    {"Rule 155", "K", "K", {23}, true},
    {"yellow flag", "Y", "Y", {36}, true},
    {"stopped stock", "1", "1", {27}, true},
    {"trade-through exempt", "", "", {41}, true},
};

bool bars(std::string_view venue, const std::string& conditions, const std::string& tape) {
    Bench decode(venue);
    const auto& out = venue == "alpaca"
                          ? decode(R"([{"T":"t","S":"A","p":1,"s":1,"z":")" + tape + R"(","c":)" +
                                   conditions + "}]")
                          : decode(R"([{"ev":"T","sym":"A","p":1,"s":1,"c":)" + conditions + "}]");
    REQUIRE(out.rows.size() == 1);
    CHECK((out.rows[0].flags & ~feeds::row_not_last) == 0);
    return out.rows[0].flags != 0;
}

}  // namespace

TEST_CASE("sale conditions: every row, by tape and by Massive's numbers") {
    for (const Line& line : lines) {
        INFO(line.meaning);
        for (const char c : line.cta) {
            for (const char* const tape : {"A", "B", ""}) {
                CHECK(bars("alpaca", "[\"" + std::string(1, c) + "\"]", tape) == !line.sets_last);
            }
        }
        for (const char c : line.utp) {
            CHECK(bars("alpaca", "[\"@\",\"" + std::string(1, c) + "\"]", "C") == !line.sets_last);
        }
        for (const unsigned n : line.massive) {
            CHECK(bars("massive", "[14," + std::to_string(n) + "]", "") == !line.sets_last);
            CHECK(bars("massive", std::to_string(n), "") == !line.sets_last);
        }
    }
}

TEST_CASE("sale conditions: the table is the rule") {
    CHECK(feeds::not_last_cta == set_of("BCHIMNPQRTUVZ47"));
    CHECK(feeds::not_last_utp == set_of("CGHIMNPQRTUVWZ47"));
    CHECK(feeds::not_last_massive == set_of(std::vector<unsigned>{2, 5, 7, 10, 12, 13, 15, 16, 20,
                                                                  21, 22, 29, 33, 37, 52, 53}));
    // Each row of the list above is in the table, and the table has no other.
    std::size_t codes = 0;
    for (const Line& line : lines) codes += line.massive.size();
    CHECK(std::size(feeds::sale_conditions) == codes);
}

TEST_CASE("sale conditions: what nobody knows does not bar a print") {
    for (const char* const odd :
         {"null", "[]", "[null,{},[37],true,\"\"]", "[\"x37\",-37,37.0,1e2]",
          "[41,6,0,127,128,165]", "[4294967296,18446744073709551653]", "{\"37\":37}", "\"\""}) {
        INFO(odd);
        CHECK_FALSE(bars("massive", odd, ""));
    }
    for (const char* const odd : {"null", "[]", "[null,{\"I\":\"I\"},[\"I\"],true,\"\"]",
                                  "[\" \",\"b\",\"\\u00c9\"]", "73", "[73]"}) {
        INFO(odd);
        CHECK_FALSE(bars("alpaca", odd, "A"));
    }
    // Numbers may stand in strings, letters together, and the last list counts.
    CHECK(bars("massive", R"(["37"])", ""));
    CHECK(bars("alpaca", R"("@F I")", "C"));
    CHECK_FALSE(bars("massive", R"([37],"c":[14])", ""));
    CHECK_FALSE(bars("alpaca", R"(["I"],"c":["@"])", "C"));
}

}  // namespace contagiond::test
