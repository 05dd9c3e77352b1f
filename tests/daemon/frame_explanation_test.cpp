// What was read from where: for each venue's own frames and for all captured ones, each text of
// each row stands at the place that is named.
#include "daemon/frame_explanation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/feeds/capture_files.hpp"
#include "tests/feeds/own_frames.hpp"

namespace contagiond::test {
namespace {

using daemon::ExplainedFact;
using daemon::ExplainedRow;
using daemon::ExplainedText;
using daemon::FrameExplainer;
using daemon::FrameExplanation;
using daemon::TextOrigin;

/// The text of the other library's value at a pointer: of a string its characters.
std::optional<std::string> at_pointer(const nlohmann::json& root, const std::string& pointer) {
    const auto& value = root.at(nlohmann::json::json_pointer(pointer));
    if (value.is_string()) return value.get<std::string>();
    return std::nullopt;  // a number's digits are the frame's own, and it has forgotten them
}

const ExplainedText& text_of(const ExplainedRow& row, std::string_view name) {
    const auto found = std::ranges::find(row.texts, name, &ExplainedText::name);
    REQUIRE(found != row.texts.end());
    return *found;
}

std::vector<std::string> deciders(const FrameExplanation& about, const ExplainedRow& row,
                                  std::string_view name) {
    const auto found = std::ranges::find(row.facts, name, &ExplainedFact::name);
    REQUIRE(found != row.facts.end());
    std::vector<std::string> pointers;
    for (const std::size_t place : found->decided_by)
        pointers.push_back(about.places[place].pointer);
    return pointers;
}

std::vector<std::string> pointers_of(const FrameExplanation& about,
                                     const std::vector<std::size_t>& places) {
    std::vector<std::string> pointers;
    for (const std::size_t place : places) pointers.push_back(about.places[place].pointer);
    return pointers;
}

/// What no venue can do without: true of every frame that gives rows.
void check_frame(const FrameExplanation& about) {
    if (about.rows.empty()) return;
    // The other library has no room for some numbers; then only the bytes are compared.
    const auto root = nlohmann::json::parse(about.frame, nullptr, false);
    for (const ExplainedRow& row : about.rows) {
        for (const ExplainedText& text : row.texts) {
            INFO(text.name << " " << text.value);
            const daemon::TextSource& source = text.source;
            const bool in_frame =
                source.origin == TextOrigin::value || source.origin == TextOrigin::part;
            if (in_frame)
                REQUIRE(about.frame.substr(source.begin, source.end - source.begin) == text.value);
            if (!root.is_discarded() && (in_frame || source.origin == TextOrigin::escaped)) {
                const auto value = at_pointer(root, source.pointer);
                if (value && source.origin == TextOrigin::value) REQUIRE(*value == text.value);
                if (value) REQUIRE(value->find(text.value) != std::string::npos);
            }
            // Whatever is a number of the market stands in the frame, whole but for a sign.
            if (text.name != "channel" && text.name != "symbol" && text.name != "mark")
                REQUIRE((in_frame || source.origin == TextOrigin::escaped));
            if (text.name == "symbol") REQUIRE(source.origin != TextOrigin::decoders_own);
        }
        for (const ExplainedFact& fact : row.facts) {
            INFO(fact.name << " " << fact.value);
            if (about.tried && !fact.value.empty() && fact.name != "flags")
                REQUIRE(!fact.decided_by.empty());
        }
        REQUIRE((!about.tried || !row.needs.empty()));
    }
}

}  // namespace

TEST_CASE("what is explained of each venue's own frames stands where it is said to") {
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        FrameExplainer explainer(venue);
        std::size_t rows = 0;
        for (const std::string& frame : own_frames(venue.id)) {
            INFO(frame);
            const FrameExplanation about = explainer.explain(frame);
            rows += about.rows.size();
            check_frame(about);
        }
        CHECK(rows > 0);
    }
}

TEST_CASE("what is explained of each captured frame stands where it is said to") {
    if (!have_shared("feeds/captures")) return;
    for (const feeds::Venue& venue : feeds::venues()) {
        for (const CaptureFile& file : capture_files(venue.id)) {
            INFO(file.messages.string());
            FrameExplainer explainer(venue);
            const auto decoder = venue.make_decoder();
            feeds::Decoded decoded;
            std::size_t line = 0;
            for (const std::string& frame : lines_of(read_whole(file.messages))) {
                INFO("line " << ++line);
                const FrameExplanation about = explainer.explain(frame);
                // What was tried before leaves no trace in what the decoder makes of this frame.
                const PaddedFrame padded(frame);
                decoder->decode(padded.view(), core::no_time, decoded);
                REQUIRE(about.rows.size() == decoded.rows.size());
                for (std::size_t i = 0; i < about.rows.size(); ++i) {
                    std::string flags;
                    feeds::append_flag_names(flags, decoded.rows[i]);
                    REQUIRE(about.rows[i].facts[2].value == flags);
                    REQUIRE(text_of(about.rows[i], "symbol").value == decoded.rows[i].symbol);
                }
                check_frame(about);
            }
        }
    }
}

TEST_CASE("a trade's time, side and flags are explained by the values that decide them") {
    FrameExplainer alpaca(*feeds::find_venue("alpaca"));
    const auto about = alpaca.explain(
        R"([{"T":"t","i":96921,"S":"AAPL","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208Z",)"
        R"("c":["@","I"],"z":"C"},{"T":"b","S":"AAPL","o":1}])");
    REQUIRE(about.rows.size() == 1);
    const ExplainedRow& row = about.rows[0];
    CHECK(text_of(row, "price").source.pointer == "/0/p");
    CHECK(text_of(row, "price").source.begin == 35);
    CHECK(text_of(row, "channel").source.origin == TextOrigin::decoders_own);
    CHECK(deciders(about, row, "ts_exchange_ns") == std::vector<std::string>{"/0/t"});
    CHECK(deciders(about, row, "flags") == std::vector<std::string>{"/0/c/1"});
    const auto needs = pointers_of(about, row.needs);
    CHECK(std::ranges::find(needs, "/0/T") != needs.end());
    CHECK(std::ranges::find(needs, "/0/z") == needs.end());

    FrameExplainer binance(*feeds::find_venue("binance_spot"));
    const auto sold = binance.explain(
        R"({"e":"trade","s":"X","t":9,"p":"1.50","q":"2","T":1723161255342,"m":true,"M":true})");
    REQUIRE(sold.rows.size() == 1);
    CHECK(deciders(sold, sold.rows[0], "side") == std::vector<std::string>{"/m"});
    CHECK(deciders(sold, sold.rows[0], "ts_exchange_ns") == std::vector<std::string>{"/T"});
}

TEST_CASE("what an earlier frame bound is explained by that frame") {
    FrameExplainer bitfinex(*feeds::find_venue("bitfinex"));
    bitfinex.explain(
        R"({"event":"subscribed","channel":"trades","chanId":7,"symbol":"tBTCUSD","pair":"BTCUSD"})");
    const auto about = bitfinex.explain(R"([7,"te",[637771131,1615232733899,-0.5,51350]])");
    REQUIRE(about.rows.size() == 1);
    const daemon::TextSource& symbol = text_of(about.rows[0], "symbol").source;
    CHECK(symbol.origin == TextOrigin::earlier);
    CHECK(symbol.line == 1);
    CHECK(symbol.pointer == "/symbol");
    CHECK(deciders(about, about.rows[0], "side") == std::vector<std::string>{"/2/2"});
    const auto needs = pointers_of(about, about.rows[0].needs);
    CHECK(std::ranges::find(needs, "/0") != needs.end());
}

TEST_CASE("a refusal is explained by its place") {
    FrameExplainer alpaca(*feeds::find_venue("alpaca"));
    const auto number =
        alpaca.explain(R"([{"T":"t","S":"A","p":1,"s":1,"t":"2021-02-22T15:51:44Z"},)"
                       R"({"T":"t","S":"B","p":{},"s":1,"t":"2021-02-22T15:51:44Z"}])");
    CHECK(number.rows.size() == 1);
    REQUIRE(number.refusals.size() == 1);
    CHECK(number.places[number.refusals[0].place].pointer == "/1/p");
    CHECK_FALSE(number.refusals[0].whole);

    const auto time = alpaca.explain(R"([{"T":"t","S":"A","p":1,"s":1,"t":"yesterday"}])");
    REQUIRE(time.refusals.size() == 1);
    CHECK(time.places[time.refusals[0].place].pointer == "/0/t");

    const auto absent = alpaca.explain(
        R"([{"T":"q","S":"A","bp":1,"t":"2021-02-22T15:51:44Z"},{"T":"t","S":"B","s":1}])");
    REQUIRE(absent.refusals.size() == 1);
    CHECK(absent.places[absent.refusals[0].place].pointer == "/1");
    CHECK(absent.refusals[0].whole);

    const auto torn = alpaca.explain(R"([{"T":"t","S":"A",,"p":1}])");
    CHECK(torn.error == feeds::DecodeError::malformed_json);
    CHECK(torn.broken_at == 18);
    CHECK(daemon::describe(torn, 3).find("byte 18") != std::string::npos);
}

TEST_CASE("broken frames are explained too, and never end the explaining") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        FrameExplainer explainer(venue);
        for (const std::string& frame : own_frames(venue.id)) {
            for (int round = 0; round < 20; ++round) {
                std::string text = frame;
                for (int flips = 0; flips < 2; ++flips)
                    text[random() % text.size()] = R"({}[]:,"\ 019.-eEtfnu)"[random() % 20];
                INFO(text);
                const FrameExplanation about = explainer.explain(text);
                CHECK(!daemon::describe(about, 1).empty());
                const bool torn = about.error == feeds::DecodeError::malformed_json;
                if (torn) CHECK(about.broken_at <= text.size());
                if (!torn) check_frame(about);
            }
        }
    }
}

TEST_CASE("places of a text are those the other library knows") {
    const std::string text =
        R"( {"a/b":[1, {"~":"x\u0041"},[]],"":-1.5e-3 , "c":{"d":null,"e":true}} )";
    const daemon::JsonPlaces found = daemon::json_places(text);
    REQUIRE_FALSE(found.broken_at);
    const auto root = nlohmann::json::parse(text);
    std::set<std::string> pointers;
    for (const daemon::JsonPlace& place : found.values) {
        INFO(place.pointer);
        CHECK(nlohmann::json::parse(text.substr(place.begin, place.end - place.begin)) ==
              root.at(nlohmann::json::json_pointer(place.pointer)));
        pointers.insert(place.pointer);
    }
    CHECK(pointers == std::set<std::string>{"", "/a~1b", "/a~1b/0", "/a~1b/1", "/a~1b/1/~0",
                                            "/a~1b/2", "/", "/c", "/c/d", "/c/e"});
    CHECK(daemon::json_places("{\"a\":tru}").broken_at == 8);
    CHECK(daemon::json_places("[1] 2").broken_at == 4);
    CHECK(daemon::json_places("").broken_at == 0);
    CHECK(daemon::json_places(std::string(300, '[')).broken_at.has_value());
    CHECK(daemon::json_places("\"\xff\"").broken_at == 1);
}

}  // namespace contagiond::test
