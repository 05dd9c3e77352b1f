#include "daemon/decode_lines.hpp"

#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace contagiond::test {
namespace {

using daemon::DecodeSummary;
using daemon::MessageReader;

/// A file of its own that is gone at the end.
class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& bytes, const char* ending = ".jsonl") {
        static int count = 0;
        path_ = std::filesystem::temp_directory_path() /
                ("decode_lines_test." + std::to_string(::getpid()) + "." + std::to_string(++count) +
                 ending);
        std::ofstream(path_, std::ios::binary) << bytes;
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    std::string path() const { return path_; }

  private:
    std::filesystem::path path_;
};

std::string gzip(const std::string& text) {
    const TemporaryFile file("", ".gz");
    const gzFile out = gzopen(file.path().c_str(), "wb");
    gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    gzclose_w(out);
    std::ifstream in(file.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> read_all(const std::string& path) {
    MessageReader reader(path);
    std::vector<std::string> lines;
    std::string_view line;
    while (reader.next(line)) {
        // The slack is there to be read.
        volatile char last = line.data()[line.size() + feeds::frame_padding - 1];
        static_cast<void>(last);
        lines.emplace_back(line);
    }
    return lines;
}

struct Result {
    std::string csv;
    DecodeSummary summary;
};

Result decode(const std::string& bytes, const char* venue = "alpaca") {
    const TemporaryFile file(bytes);
    MessageReader reader(file.path());
    Result result;
    result.summary =
        daemon::decode_lines(reader, *feeds::find_venue(venue),
                             [&result](std::string_view piece) { result.csv += piece; });
    return result;
}

std::string message_of(const std::string& path) {
    try {
        read_all(path);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("lines are the same from a plain and from a gzip file") {
    const std::vector<std::string> expected = {"a", "", "b\r", std::string(300'000, 'x'), "last"};
    std::string text;
    for (const std::string& line : expected) text += line + "\n";
    CHECK(read_all(TemporaryFile(text).path()) == expected);
    CHECK(read_all(TemporaryFile(gzip(text)).path()) == expected);
    text.pop_back();  // a last line without its line feed is a line
    CHECK(read_all(TemporaryFile(text).path()) == expected);
    CHECK(read_all(TemporaryFile("").path()).empty());
    CHECK(read_all(TemporaryFile("\n\n").path()).size() == 2);
}

TEST_CASE("lines that end at the edge of a read are whole") {
    for (const std::size_t size : {262'142u, 262'143u, 262'144u, 262'145u, 524'288u}) {
        const std::string line(size, 'y');
        const auto lines = read_all(TemporaryFile(line + "\nz\n" + line + "\n").path());
        REQUIRE(lines.size() == 3);
        CHECK(lines[0] == line);
        CHECK(lines[1] == "z");
        CHECK(lines[2] == line);
    }
}

TEST_CASE("an endless line is cut down, and the next one is found") {
    const std::string endless(5'000'000, '[');
    for (const char* const tail : {"\n{}\n", ""}) {
        const auto lines = read_all(TemporaryFile(endless + tail).path());
        REQUIRE(lines.size() == (std::string_view(tail).empty() ? 1 : 2));
        CHECK(lines[0].size() > MessageReader::line_bytes_max);
        CHECK(lines[0].size() < 2 * MessageReader::line_bytes_max);
        if (lines.size() == 2) CHECK(lines[1] == "{}");
    }
    const auto result = decode(endless + "\n" + R"([{"T":"t","S":"A","p":1,"s":1}])" + "\n");
    CHECK(result.summary.rejected[static_cast<std::size_t>(feeds::DecodeError::too_large)] == 1);
    CHECK(result.summary.rows == 1);
    CHECK(result.csv.find("\n2,trade,A,1,1,") != std::string::npos);
}

TEST_CASE("what cannot be read is said in one sentence") {
    CHECK(message_of("/nonexistent/x.jsonl") ==
          "cannot read /nonexistent/x.jsonl: No such file or directory");
    const std::string folder = std::filesystem::temp_directory_path();
    CHECK(message_of(folder) == "cannot read " + folder + ": Is a directory");
    std::string noise;
    for (unsigned i = 0; i < 400'000; ++i) {
        noise += static_cast<char>('a' + (i * i * 7919u >> 7) % 26);
    }
    const std::string whole = gzip(noise);
    const TemporaryFile torn(whole.substr(0, whole.size() / 2), ".gz");
    CHECK(message_of(torn.path()).ends_with("the gzip file ends in the middle"));
    std::string damaged_bytes = whole;
    damaged_bytes[damaged_bytes.size() / 2] ^= 0x55;
    damaged_bytes[damaged_bytes.size() / 2 + 1] ^= 0x55;
    const TemporaryFile damaged(damaged_bytes, ".gz");
    CHECK(message_of(damaged.path()).starts_with("cannot read " + damaged.path() + ": "));
}

TEST_CASE("rows are CSV, rejects are counted by reason") {
    const auto result = decode(
        R"([{"T":"success","msg":"connected"}])"
        "\n\n"
        R"([{"T":"t","S":"A,\"B\"","i":7,"p":1.50,"s":1E2,"t":"2021-02-22T15:51:44.208Z","c":["I"],"z":"A"},{"T":"t","S":"C","p":"abc","s":1}])"
        "\n"
        R"([{"T":"q","S":"D","bp":0,"bs":5,"ap":2.0,"as":3}])"
        "\n"
        R"([{"T":"t","S":"BTC/USD","p":1,"s":2,"tks":"B"}])"
        "\r\n"
        "{\"torn\n"
        "   \n"
        R"([{"T":"b"}])");
    CHECK(result.csv ==
          "line,kind,symbol,price,size,side,ts_exchange_ns,trade_id,bid_px,bid_sz,ask_px,ask_sz,"
          "channel,flags\n"
          "3,trade,\"A,\"\"B\"\"\",1.50,1E2,,1614009104208000000,7,,,,,trades,not_last\n"
          "4,quote,D,,,,,,,,2.0,3,quotes,\n"
          "5,trade,BTC/USD,1,2,buy,,,,,,,trades,\n");
    CHECK(result.summary.lines == 8);
    CHECK(result.summary.rows == 3);
    CHECK(result.summary.controls == 1);
    CHECK(result.summary.ignored == 1);
    CHECK(describe(result.summary) ==
          "8 lines: 3 rows, 1 control messages, 1 ignored, 2 rejected\n"
          "rejected malformed_json: 1\n"
          "rejected bad_number: 1\n");
    const auto match =
        decode(R"({"type":"last_match","product_id":"X","price":"1","size":"2","side":"buy"})",
               "coinbase_exchange");
    CHECK(match.csv.ends_with("\n1,trade,X,1,2,sell,,,,,,,last_match,snapshot\n"));
    CHECK(decode("").csv.ends_with("channel,flags\n"));
}

}  // namespace contagiond::test
