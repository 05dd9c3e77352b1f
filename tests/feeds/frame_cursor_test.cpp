// The steps of a cursor against the general readers of the same things.
#include "feeds/shapes/frame_cursor.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "feeds/json_fields.hpp"
#include "tests/feeds/capture_files.hpp"

namespace contagiond::test {
namespace {

using feeds::FrameCursor;

/// A text that mostly looks like a number, of any length.
std::string near_number(std::mt19937_64& random) {
    constexpr std::string_view bytes = "0123456789012345678901234567890123456789.0e-";
    std::string text;
    const std::size_t size = random() % 3 == 0 ? random() % 40 : random() % 14;
    const bool zeros = random() % 4 == 0;
    for (std::size_t i = 0; i < size; ++i)
        text += zeros && random() % 8 != 0 ? '0' : bytes[random() % (random() % 4 ? 40 : 44)];
    if (size > 2 && random() % 2 == 0) text[1 + random() % (size - 1)] = '.';
    return text;
}

}  // namespace

TEST_CASE("sixteen bytes are what they are byte by byte") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int byte = 0; byte < 256; ++byte) {
        for (int round = 0; round < 50; ++round) {
            char bytes[16];
            for (char& c : bytes) c = static_cast<char>(random());
            bytes[random() % 16] = static_cast<char>(byte);
            const feeds::NumberMasks ours = feeds::number_masks(bytes);
            const feeds::NumberMasks plain = feeds::number_masks_plainly(bytes);
            CHECK(ours.digit == plain.digit);
            CHECK(ours.not_zero == plain.not_zero);
            CHECK(ours.point == plain.point);
            CHECK(feeds::plain_mask(bytes) == feeds::plain_mask_plainly(bytes));
        }
    }
}

TEST_CASE("a cursor reads of numbers those that are JSON's without sign and exponent") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    int read = 0;
    for (int round = 0; round < 200'000; ++round) {
        const std::string text = near_number(random);
        const feeds::NumberClass found = feeds::classify_number(text);
        // Something always follows a number in a frame.
        const PaddedFrame frame(text + ",", static_cast<char>(random()));
        const auto whole_text = [](FrameCursor& at) { return at.is(",") && at.at_end(); };
        const bool simple = text.find_first_of("eE-") == std::string::npos;
        const bool good = simple && found != feeds::NumberClass::malformed;

        FrameCursor as_decimal(frame.view());
        std::string_view out;
        const bool is_decimal = as_decimal.decimal(out) && whole_text(as_decimal);
        FrameCursor as_price(frame.view());
        std::string_view price = "none";
        bool is_there = false;
        const bool is_price = as_price.price(price, is_there) && whole_text(as_price);
        FrameCursor as_whole(frame.view());
        std::string_view digits;
        const bool is_whole = as_whole.whole(digits) && whole_text(as_whole);
        if (is_decimal != good || is_price != good) FAIL(text);
        if (is_whole != (good && text.find('.') == std::string::npos)) FAIL(text);
        if (!good) continue;
        ++read;
        if (out.data() != frame.view().data() || out != text) FAIL(text);
        if (is_there != (found == feeds::NumberClass::positive)) FAIL(text);
        if (price != (is_there ? text : "none")) FAIL(text);
        if (is_whole && digits != text) FAIL(text);
    }
    CHECK(read > 10'000);
}

TEST_CASE("a cursor reads times as the general readers do") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    feeds::IsoClock clock;
    int epochs = 0;
    int isos = 0;
    for (int round = 0; round < 200'000; ++round) {
        std::string ms = std::to_string(random() % 10'000'000'000'000);
        if (random() % 8 == 0) ms[random() % ms.size()] = "0.:/9x"[random() % 6];
        const PaddedFrame frame(ms, static_cast<char>(random()));
        FrameCursor at(frame.view());
        core::TimeNs ours = 7;
        core::TimeNs general = 8;
        core::TimeNs in_ms = 9;
        if (at.epoch_ms(ours) && at.at_end()) {
            ++epochs;
            if (!feeds::parse_epoch(ms, general) || ours != general) FAIL(ms);
            if (!feeds::parse_epoch_in(core::ns_per_ms, ms, in_ms) || ours != in_ms) FAIL(ms);
        }
    }
    for (int round = 0; round < 200'000; ++round) {
        std::string text = "2025-01-27T14:3" + std::to_string(random() % 3) + ":";
        text += std::to_string(10 + random() % 52);
        if (random() % 4 != 0) text += "." + std::to_string(random()).substr(0, 1 + random() % 11);
        text += "Z";
        if (random() % 3 == 0) text[random() % text.size()] = "0123456789:-TZ.t +"[random() % 18];
        const PaddedFrame frame(text, static_cast<char>(random()));
        FrameCursor at(frame.view());
        core::TimeNs ours = 7;
        core::TimeNs general = 8;
        if (at.iso_time(clock, ours) && at.at_end()) {
            ++isos;
            if (!feeds::parse_rfc3339(text, general) || ours != general) FAIL(text);
        }
    }
    CHECK(epochs > 50'000);
    CHECK(isos > 50'000);
}

TEST_CASE("a cursor passes of a string what stands for itself") {
    for (int byte = 0; byte < 256; ++byte) {
        for (const std::size_t before : {0U, 1U, 15U, 16U, 17U, 31U, 32U, 40U}) {
            const std::string text = std::string(before, 'x') + static_cast<char>(byte) + "yy\"";
            const PaddedFrame frame(text);
            FrameCursor at(frame.view());
            std::string_view out;
            const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
            const bool passed = at.plain(out);
            INFO(before << " and byte " << byte);
            CHECK(passed == (plain || before > 0));
            CHECK((passed ? out.size() : 0) == before + (plain ? 3 : 0));
        }
    }
    // What stands behind the frame is not its own.
    const PaddedFrame frame("abc", 'd');
    FrameCursor at(frame.view());
    CHECK(!at.plain());
    CHECK(!at.is("abcd"));
    CHECK(at.is("abc"));
    CHECK(at.at_end());
    CHECK(!at.is("d"));
}

}  // namespace contagiond::test
