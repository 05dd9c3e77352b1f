#include "daemon/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/log_line.hpp"
#include "daemon/log_secrets.hpp"
#include "daemon/text_escape.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using daemon::LogFormat;
using daemon::LogLevel;

namespace {

// A newline, a quote, a NUL, markup, an override of the reading direction, a tag character, an
// escape of terminals, bytes that are no UTF-8, and honest text of other scripts.
constexpr char hostile_bytes[] =
    "a\nb\"c\\d\0e<img src=x>\xe2\x80\xae\xf3\xa0\x80\x81\x1b[2J\xff\xc0\xaf\xed\xa0\x80"
    "\xc3\xa9\xe6\xb1\x89\xf0\x9f\x93\x89";
const std::string hostile(hostile_bytes, sizeof hostile_bytes - 1);

std::string body(LogFormat format) {
    return daemon::format_log_body(format, LogLevel::warn, hostile,
                                   {{"feed", "binance"}, {"why", hostile}, {"bad key=", ""}});
}

bool is_one_harmless_line(std::string_view text) {
    while (!text.empty()) {
        const daemon::CodePoint c = daemon::first_code_point(text);
        if (!c.valid || !daemon::is_visible(c.value)) return false;
        text.remove_prefix(c.length);
    }
    return true;
}

/// stderr goes into a file for as long as this lives.
class CaughtStderr {
  public:
    explicit CaughtStderr(std::string path) : path_(std::move(path)), saved_(::dup(2)) {
        const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
        REQUIRE(file >= 0);
        ::dup2(file, 2);
        ::close(file);
    }
    ~CaughtStderr() { release(); }
    CaughtStderr(const CaughtStderr&) = delete;
    CaughtStderr& operator=(const CaughtStderr&) = delete;

    std::vector<std::string> lines() {
        release();
        std::ifstream file(path_);
        std::vector<std::string> out;
        for (std::string line; std::getline(file, line);) out.push_back(line);
        return out;
    }

  private:
    void release() {
        if (saved_ < 0) return;
        ::dup2(saved_, 2);
        ::close(saved_);
        saved_ = -1;
    }
    std::string path_;
    int saved_;
};

}  // namespace

TEST_CASE("times are RFC 3339 in UTC") {
    CHECK(daemon::rfc3339(0) == "1970-01-01T00:00:00.000Z");
    CHECK(daemon::rfc3339(1'737'988'927'123'999'999) == "2025-01-27T14:42:07.123Z");
    CHECK(daemon::rfc3339(1'709'164'800'000'000'000) == "2024-02-29T00:00:00.000Z");
    CHECK(daemon::rfc3339(-1) == "1969-12-31T23:59:59.999Z");
    CHECK(daemon::rfc3339(core::no_time) == "1677-09-21T00:12:43.145Z");
}

TEST_CASE("a logfmt line names its parts and quotes only where it must") {
    const std::string text = daemon::format_log_line(
        LogFormat::logfmt, 1'737'988'927'123'000'000,
        daemon::format_log_body(
            LogFormat::logfmt, LogLevel::info, "feed is up",
            {{"feed", "binance"}, {"text", "a b"}, {"none", ""}, {"eq", "a=b"}}),
        0);
    CHECK(text ==
          "ts=2025-01-27T14:42:07.123Z level=info msg=\"feed is up\" feed=binance text=\"a b\" "
          "none=\"\" eq=\"a=b\"\n");
}

TEST_CASE("hostile text stays inside its quotation marks") {
    for (const LogFormat format : {LogFormat::logfmt, LogFormat::json}) {
        const std::string line = daemon::format_log_line(format, 0, body(format), 3);
        REQUIRE(line.back() == '\n');
        CHECK(is_one_harmless_line(std::string_view(line).substr(0, line.size() - 1)));
        CHECK(line.find("\\u202e") != std::string::npos);
        CHECK(line.find("\xc3\xa9\xe6\xb1\x89\xf0\x9f\x93\x89") != std::string::npos);
    }
    const std::string logfmt = body(LogFormat::logfmt);
    CHECK(
        logfmt.find("a\\nb\\\"c\\\\d\\u0000e<img src=x>\\u202e\\U000e0001\\u001b[2J\\xff\\xc0\\xaf"
                    "\\xed\\xa0\\x80") != std::string::npos);
    CHECK(logfmt.find("bad_key_=\"\"") != std::string::npos);
}

TEST_CASE("a JSON line is JSON and says the same") {
    const std::string line = daemon::format_log_line(LogFormat::json, 0, body(LogFormat::json), 3);
    const nlohmann::json json = nlohmann::json::parse(line);
    CHECK(json["ts"] == "1970-01-01T00:00:00.000Z");
    CHECK(json["level"] == "warn");
    CHECK(json["feed"] == "binance");
    CHECK(json["repeated"] == 3);
    const std::string message = json["msg"];
    CHECK(message == json["why"]);
    CHECK(message.substr(0, 9) == std::string("a\nb\"c\\d\0e", 9));
    CHECK(message.find("\xe2\x80\xae\xf3\xa0\x80\x81\x1b[2J\xef\xbf\xbd") != std::string::npos);
}

TEST_CASE("a value is cut between characters, and says so") {
    const std::string long_text = "x" + [] {
        std::string out;
        for (int i = 0; i < 5000; ++i) out += "\xc3\xa9";
        return out;
    }();
    const std::string text =
        daemon::format_log_body(LogFormat::logfmt, LogLevel::info, long_text, {{"k", long_text}});
    CHECK(text.size() < 8400);
    CHECK(is_one_harmless_line(text));
    CHECK(text.find("...\" k=\"") != std::string::npos);
}

TEST_CASE("equal lines are held down and their number is told") {
    daemon::LogLimiter limiter;
    const core::TimeNs start = 1'000 * core::ns_per_s;
    int passed = 0;
    for (int i = 0; i < 100; ++i) passed += limiter.allow("hot", start + i) ? 1 : 0;
    CHECK(passed == static_cast<int>(daemon::LogLimiter::burst));
    CHECK(limiter.allow("other", start));
    CHECK(limiter.take_held(start + daemon::LogLimiter::window - 1).empty());
    const auto held = limiter.take_held(start + daemon::LogLimiter::window);
    REQUIRE(held.size() == 1);
    CHECK(held[0].body == "hot");
    CHECK(held[0].count == 95);
    CHECK(limiter.take_held(start + 2 * daemon::LogLimiter::window).empty());
    CHECK(limiter.allow("hot", start + daemon::LogLimiter::window));
}

TEST_CASE("lines never equal pass without end") {
    daemon::LogLimiter limiter;
    for (int i = 0; i < 1000; ++i) CHECK(limiter.allow("line " + std::to_string(i), i));
    // Every slot owes a count: what comes then is written all the same.
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 64; ++i) limiter.allow("owing " + std::to_string(i), 1000);
    }
    CHECK(limiter.allow("late comer", 1001));
}

TEST_CASE("lines of several threads come out whole, above the level, and counted") {
    const test::TemporaryFolder folder;
    const std::uint64_t warned = daemon::log_count(LogLevel::warn);
    const std::uint64_t informed = daemon::log_count(LogLevel::info);
    daemon::set_log(LogLevel::warn, LogFormat::json);
    CaughtStderr caught(folder.path() + "/log");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([t] {
            for (int i = 0; i < 250; ++i) {
                const std::string id = std::to_string(t * 250 + i);
                daemon::log(LogLevel::warn, "a line", {{"id", id}});
                daemon::log(LogLevel::info, "below the level");
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::set<std::string> ids;
    std::string last;
    const std::vector<std::string> lines = caught.lines();
    daemon::set_log(LogLevel::info, LogFormat::logfmt);
    REQUIRE(lines.size() == 1000);
    for (const std::string& line : lines) {
        const nlohmann::json json = nlohmann::json::parse(line);
        CHECK(json["level"] == "warn");
        ids.insert(json["id"].get<std::string>());
        CHECK(json["ts"].get<std::string>() >= last);
        last = json["ts"];
    }
    CHECK(ids.size() == 1000);
    CHECK(daemon::log_count(LogLevel::warn) == warned + 1000);
    CHECK(daemon::log_count(LogLevel::info) == informed);
}

TEST_CASE("a secret that a stranger repeats is blotted out of the line") {
    daemon::hide_in_log("key-of-the-desk");
    daemon::hide_in_log("key-of-the-desk-and-more");
    daemon::hide_in_log("key-of-the-desk");
    daemon::hide_in_log("level");  // too short: it would blot out words
    daemon::hide_in_log("");
    CHECK(daemon::without_secrets("auth failed for key-of-the-desk: key-of-the-desk-and-more.") ==
          "auth failed for <secret>: <secret>.");
    CHECK(daemon::without_secrets("level key-of-the-des") == "level key-of-the-des");
}
