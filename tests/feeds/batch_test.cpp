#include "feeds/batch.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/feeds/capture_files.hpp"

namespace contagiond::test {
namespace {

using feeds::DecodeError;
using feeds::JsonText;
using feeds::Walk;

struct Pair {
    JsonText a, b;
};

/// What the batch of a frame's field "data" gives: "a,b" of each element, and what is rejected.
struct Collector {
    std::string operator()(std::string_view text) {
        const PaddedFrame frame(text);
        batch.clear();
        reader.read(frame.view(), out, [&](feeds::Decoded&) {
            return reader.walk([&](std::string_view key, const JsonText& field) {
                if (key != "data") return Walk::on;
                return batch.add(reader, field,
                                 [](Pair& pair, std::string_view k, const JsonText& f) {
                                     (k == "a" ? pair.a : pair.b) = f;
                                     return Walk::on;
                                 });
            });
        });
        if (out.error != DecodeError::none) return std::string(to_string(out.error));
        std::string all;
        batch.emit(out, [&all](const Pair& pair) {
            all += std::string(pair.a.text) + "," + std::string(pair.b.text) + " ";
        });
        return all;
    }
    feeds::JsonReader reader;
    feeds::Batch<Pair> batch;
    feeds::Decoded out;
};

}  // namespace

TEST_CASE("objects of an array are collected, and what is none is rejected alone") {
    Collector collect;
    CHECK(collect(R"({"data":[{"a":1,"b":"x"},7,null,[{"a":3}],{"b":{"a":[4]}},{}],"z":1})") ==
          "1,x , , ");
    CHECK(collect.out.rejected == 3);
    CHECK(collect.out.error == DecodeError::wrong_type);
    // An object in place of the array is its only element.
    CHECK(collect(R"({"data":{"b":2,"a":1}})") == "1,2 ");
    CHECK(collect.out.rejected == 0);
}

TEST_CASE("no data are not the same as none") {
    Collector collect;
    CHECK(collect(R"({"data":[]})").empty());
    CHECK(collect.out.error == DecodeError::none);
    for (const char* const text : {"{}", R"({"data":null})", R"({"data":""})"}) {
        CHECK(collect(text).empty());
        CHECK(collect.out.error == DecodeError::missing_field);
        CHECK(collect.out.rejected == 1);
    }
    for (const char* const text : {R"({"data":5})", R"({"data":"x"})", R"({"data":true})"}) {
        CHECK(collect(text).empty());
        CHECK(collect.out.error == DecodeError::wrong_type);
        CHECK(collect.out.rejected == 1);
    }
    CHECK(collect(R"({"data":[{"a":1},{"a":}]})") == "malformed_json");
}

}  // namespace contagiond::test
