#include "feeds/utf8_check.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace contagiond::feeds {
namespace {

TEST_CASE("a character beyond ASCII is seen wherever it stands, and judged") {
    for (std::size_t size = 1; size <= 150; ++size)
        for (std::size_t place = 0; place < size; ++place) {
            std::string text(size, 'a');
            CAPTURE(size, place);
            REQUIRE(is_utf8(text));
            text[place] = '\x80';  // goes on where nothing began
            REQUIRE_FALSE(is_utf8(text));
            text.replace(place, 1, "\xc3\xa9");
            REQUIRE(is_utf8(text));
            REQUIRE_FALSE(is_utf8(std::string_view(text).substr(0, place + 1)));
        }
    CHECK(is_utf8(""));
}

TEST_CASE("however a text is cut, the verdict is the same") {
    const std::string good = std::string(70, 'x') + "\xf0\x9f\x93\x88" + std::string(9, 'y') +
                             "\xe2\x82\xac\xc3\xa9" + std::string(65, 'z');
    for (std::size_t cut = 0; cut <= good.size(); ++cut) {
        CAPTURE(cut);
        Utf8Check check;
        REQUIRE(check.add(std::string_view(good).substr(0, cut)));
        REQUIRE(check.complete() == is_utf8(std::string_view(good).substr(0, cut)));
        REQUIRE(check.add(std::string_view(good).substr(cut)));
        REQUIRE(check.complete());
    }
}

}  // namespace
}  // namespace contagiond::feeds
