#include "feeds/request_frames.hpp"

#include <catch2/catch.hpp>

namespace contagiond::feeds {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("what a person typed becomes a JSON string") {
    CHECK(json_string("BTC-USD") == R"("BTC-USD")");
    CHECK(json_string("a\"b\\\n") == R"("a\"b\\\u000a")");
    CHECK(json_string("") == R"("")");
}

TEST_CASE("one frame a stream, of each symbol what is wanted") {
    const std::vector<Subscription> wanted = {
        {"A", true, true}, {"B", false, true}, {"C\"", true, false}, {"D", false, false}};
    CHECK(frame_a_stream(wanted, "t:", "q:", "!") ==
          Texts{R"(t:"A"!)", R"(q:"A"!)", R"(q:"B"!)", R"(t:"C\""!)"});
    CHECK(frame_a_stream({}, "t:", "q:", "!").empty());
}

TEST_CASE("topics in one text, no more than a frame may hold") {
    const Texts topics = {"a", "b", "c", "d", "e"};
    CHECK(comma_lists(topics, 2) == Texts{"a,b", "c,d", "e"});
    CHECK(comma_lists(topics, 5) == Texts{"a,b,c,d,e"});
    CHECK(comma_lists({}, 2).empty());
    CHECK(joined({"a"}, {"b", "c"}) == Texts{"a", "b", "c"});
    CHECK(joined({}, {}).empty());
}

}  // namespace
}  // namespace contagiond::feeds
