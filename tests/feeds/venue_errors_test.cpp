#include "feeds/venue_errors.hpp"

#include <catch2/catch.hpp>

namespace contagiond::test {

using feeds::ControlKind;
using feeds::JsonText;
using feeds::JsonType;

TEST_CASE("an error's text is the venue's words and its code") {
    feeds::VenueErrors errors;
    feeds::Decoded out;
    const auto text = [&](const JsonText& words, const JsonText& code) {
        errors.add(false, words, code, out);
        return out.controls.back().text;
    };
    const JsonText words{JsonType::string, "bad symbol"};
    CHECK(text(words, {JsonType::number, "-2"}) == "bad symbol (code -2)");
    CHECK(text(words, {JsonType::string, "60018"}) == "bad symbol (code 60018)");
    for (const JsonText& code :
         {JsonText{}, JsonText{JsonType::null, "null"}, JsonText{JsonType::object, {}}}) {
        CHECK(text(words, code) == "bad symbol");
    }
    CHECK(text({}, {JsonType::number, "7"}) == "code 7");
    CHECK(text({JsonType::null, "null"}, {}).empty());
}

TEST_CASE("an error's text says what we know of it") {
    feeds::VenueErrors errors;
    feeds::Decoded out;
    const JsonText words{JsonType::string, "no"};
    const JsonText code{JsonType::number, "7"};
    errors.add(true, words, code, out, "wrong key");
    errors.add(true, words, {}, out, "wrong key");
    errors.add(true, {}, {}, out, "wrong key");
    CHECK(out.controls[0].text == "no (code 7: wrong key)");
    CHECK(out.controls[1].text == "no (wrong key)");
    CHECK(out.controls[2].text == "wrong key");
}

TEST_CASE("an error lasts or not, and the texts of all of a frame's errors stay") {
    feeds::VenueErrors errors;
    feeds::Decoded out;
    const std::string words(40, 'w');
    for (int i = 0; i < 50; ++i) {
        errors.add(i % 2 == 0, {JsonType::string, words}, {JsonType::number, "1"}, out);
    }
    for (std::size_t i = 0; i < 50; ++i) {
        CHECK(out.controls[i].text == words + " (code 1)");
        CHECK(out.controls[i].kind ==
              (i % 2 == 0 ? ControlKind::error_permanent : ControlKind::error_retry));
    }
    errors.clear();
    errors.clear();
}

TEST_CASE("words are searched for any of some parts") {
    const JsonText words{JsonType::string, "Currency pair not supported XBT/USD"};
    CHECK(feeds::mentions(words, {"nvalid", "not supported"}));
    CHECK_FALSE(feeds::mentions(words, {"nvalid", "Not supported"}));
    CHECK_FALSE(feeds::mentions(words, {}));
    CHECK_FALSE(feeds::mentions({}, {"a"}));
}

}  // namespace contagiond::test
