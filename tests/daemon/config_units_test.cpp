#include "daemon/config_units.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "daemon/did_you_mean.hpp"
#include "daemon/sha256.hpp"
#include "daemon/text_escape.hpp"

using namespace contagiond;

TEST_CASE("durations are exact and carry a unit") {
    const auto value = [](const char* text) { return daemon::parse_duration(text).value; };
    CHECK(value("1ns") == 1);
    CHECK(value("2us") == 2'000);
    CHECK(value("3ms") == 3'000'000);
    CHECK(value("90s") == 90 * core::ns_per_s);
    CHECK(value("1h30m") == 90 * core::ns_per_min);
    CHECK(value("2d") == 48 * core::ns_per_hour);
    CHECK(value("0.5s") == 500 * core::ns_per_ms);
    CHECK(value("0.000000001s") == 1);
    CHECK(value("1.5d") == 36 * core::ns_per_hour);
    CHECK(value("10 s") == 10 * core::ns_per_s);
    CHECK(value("0s") == 0);
    CHECK(value("106751d") == 106751 * core::ns_per_day);
    for (const char* bad :
         {"", "s", "10", "0", "-1s", "10S", "10min", "1.5ns", "106752d", "1h30", "1h 30m", "s10",
          "1e3s", "10s ", ".5s", "99999999999999999999s", "0.00000000000000000000001s", "1..5s"}) {
        INFO(bad);
        CHECK_FALSE(value(bad).has_value());
        CHECK_FALSE(daemon::parse_duration(bad).problem.empty());
    }
}

TEST_CASE("sizes are exact and carry a unit") {
    const auto value = [](const char* text) { return daemon::parse_bytes(text).value; };
    CHECK(value("512B") == 512);
    CHECK(value("64MiB") == 64ull << 20);
    CHECK(value("1.5GiB") == 3ull << 29);
    CHECK(value("1.5GB") == 1'500'000'000);
    CHECK(value("1kB") == 1000);
    CHECK(value("1KiB") == 1024);
    for (const char* bad : {"64", "64M", "64mb", "0.3B", "1KB", "1GiB2MiB", "99999999TiB"}) {
        INFO(bad);
        CHECK_FALSE(value(bad).has_value());
    }
}

TEST_CASE("numbers and shares are whole texts") {
    CHECK(daemon::parse_number("0.75").value == 0.75);
    CHECK(daemon::parse_number("-1e-3").value == -0.001);
    CHECK(daemon::parse_ratio("0.75%").value == Approx(0.0075).epsilon(1e-15));
    CHECK(daemon::parse_ratio("0.0075").value == 0.0075);
    CHECK(daemon::parse_count("18446744073709551615").value == UINT64_MAX);
    for (const char* bad :
         {"", "x", "1x", "nan", "inf", "-inf", "1e999", "+1", " 1", "0x10", "1,5", "-", "%"}) {
        INFO(bad);
        CHECK_FALSE(daemon::parse_number(bad).value.has_value());
        CHECK_FALSE(daemon::parse_ratio(bad).value.has_value());
    }
    for (const char* bad : {"", "-1", "1.0", "1e3", "18446744073709551616"}) {
        INFO(bad);
        CHECK_FALSE(daemon::parse_count(bad).value.has_value());
    }
}

TEST_CASE("what is written is read back the same") {
    const std::uint64_t seed = 20250127;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 2000; ++i) {
        const auto shift = static_cast<int>(random() % 63);
        const auto n = static_cast<std::int64_t>(random() >> 1) >> shift;
        CHECK(daemon::parse_duration(daemon::format_duration(n)).value == n);
        CHECK(daemon::parse_bytes(daemon::format_bytes(static_cast<std::uint64_t>(n))).value ==
              static_cast<std::uint64_t>(n));
        const double x = static_cast<double>(n) / 3e9;
        CHECK(daemon::parse_number(daemon::format_number(x)).value == x);
    }
    CHECK(daemon::format_duration(90 * core::ns_per_min) == "90m");
    CHECK(daemon::format_duration(0) == "0s");
    CHECK(daemon::format_bytes(64u << 20) == "64MiB");
}

TEST_CASE("the nearest word is found, and no far one") {
    const std::vector<std::string_view> words = {
        "listen_address", "external_url", "name", "venue", "url", "key_file", "secret_file"};
    CHECK(daemon::edit_distance("venue", "venue") == 0);
    CHECK(daemon::edit_distance("venu", "venue") == 1);
    CHECK(daemon::edit_distance("vneue", "venue") == 1);
    CHECK(daemon::edit_distance("ListenAddress", "listen_address") == 0);
    CHECK(daemon::edit_distance("", "abc") == 3);
    CHECK(daemon::nearest_word("listen-adress", words) == "listen_address");
    CHECK(daemon::nearest_word("externalUrl", words) == "external_url");
    CHECK(daemon::nearest_word("secret", words) == "secret_file");
    CHECK(daemon::nearest_word("keyfile", words) == "key_file");
    CHECK(daemon::nearest_word("nmae", words) == "name");
    CHECK(daemon::nearest_word("frequency", words).empty());
    CHECK(daemon::nearest_word("x", words).empty());
    CHECK(daemon::nearest_word(std::string(5000, 'a'), words).empty());
}

TEST_CASE("the digest is SHA-256") {
    // FIPS 180-2, appendix B.1, and the empty text.
    CHECK(daemon::sha256_hex("abc") ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(daemon::sha256_hex("") ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("UTF-8 is taken strictly") {
    CHECK(daemon::find_invalid_utf8("gr\xc3\xbc\xc3\x9f") == std::string::npos);
    for (const char* bad : {"a\x80", "a\xc0\x80", "a\xe0\x80\x80", "a\xed\xa0\x80",
                            "a\xf4\x90\x80\x80", "a\xf0\x80\x80\x80", "a\xc3", "a\xff"}) {
        CHECK(daemon::find_invalid_utf8(bad) == 1);
    }
    CHECK(daemon::printable("a\nb\xe2\x80\xae") == "a\\nb\\u202e");
    CHECK(daemon::printable(std::string(100, 'x'), 10) == "xxxxxxxxxx...");
}
