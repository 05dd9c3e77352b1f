// What real venues sent, against rows that somebody else made of it: every row, every field.
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "core/decimal.hpp"
#include "feeds/adapter.hpp"
#include "tests/feeds/capture_files.hpp"

namespace contagiond::test {
namespace {

std::vector<std::string> csv_fields(const std::string& line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted) {
            if (c != '"') {
                fields.back() += c;
            } else if (i + 1 < line.size() && line[i + 1] == '"') {
                fields.back() += line[++i];
            } else {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',') {
            fields.emplace_back();
        } else if (c != '\r') {
            fields.back() += c;
        }
    }
    return fields;
}

bool same_number(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return a.empty() && b.empty();
    const auto x = core::parse_decimal(a);
    const auto y = core::parse_decimal(b);
    if (!x || !y) return false;
    const auto low = std::min(x.value.exponent, y.value.exponent);
    const auto p = core::rescale(x.value, low);
    const auto q = core::rescale(y.value, low);
    return p && q && p.value == q.value;
}

std::vector<std::string> fields_of(std::size_t line, const feeds::Row& row) {
    std::string flags;
    feeds::append_flag_names(flags, row);
    return {std::to_string(line),
            row.kind == feeds::RowKind::trade ? "trade" : "quote",
            std::string(row.symbol),
            std::string(row.price),
            std::string(row.size),
            row.side == feeds::Side::buy    ? "buy"
            : row.side == feeds::Side::sell ? "sell"
                                            : "",
            row.ts_exchange == core::no_time ? "" : std::to_string(row.ts_exchange),
            std::string(row.trade_id),
            std::string(row.bid_price),
            std::string(row.bid_size),
            std::string(row.ask_price),
            std::string(row.ask_size),
            std::string(row.channel),
            flags};
}

bool is_number_column(std::size_t column) {
    return column == 3 || column == 4 || (column >= 8 && column <= 11);
}

void compare(const feeds::Venue& venue, const CaptureFile& file) {
    INFO(file.messages.string());
    const auto expected = lines_of(read_whole(file.expected));
    REQUIRE(!expected.empty());
    const std::vector<std::string> names = csv_fields(expected.front());
    REQUIRE(names.size() == 14);

    const auto decoder = venue.make_decoder();
    feeds::Decoded decoded;
    std::size_t next = 1;
    std::size_t line = 0;
    for (const std::string& message : lines_of(read_whole(file.messages))) {
        ++line;
        const PaddedFrame frame(message);
        decoder->decode(frame.view(), core::no_time, decoded);
        if (decoded.error != feeds::DecodeError::none) {
            INFO("line " << line << ": " << message.substr(0, 300));
            FAIL(to_string(decoded.error));
        }
        for (const feeds::Row& row : decoded.rows) {
            const auto ours = fields_of(line, row);
            INFO("line " << line << ": " << message.substr(0, 300));
            REQUIRE(next < expected.size());
            const auto theirs = csv_fields(expected[next++]);
            REQUIRE(theirs.size() == ours.size());
            for (std::size_t i = 0; i < ours.size(); ++i) {
                const bool same =
                    is_number_column(i) ? same_number(ours[i], theirs[i]) : ours[i] == theirs[i];
                if (!same) FAIL(names[i] << ": \"" << ours[i] << "\", not \"" << theirs[i] << "\"");
            }
        }
    }
    CHECK(line > 0);
    CHECK(next == expected.size());
}

}  // namespace

TEST_CASE("every captured and documented message gives exactly the expected rows") {
    if (!have_shared("feeds/captures")) return;
    std::size_t compared = 0;
    for (const feeds::Venue& venue : feeds::venues()) {
        const std::vector<CaptureFile> files = capture_files(venue.id);
        // A line of its own, not the one by which all of a test counts as skipped.
        if (files.empty()) std::printf("no expected rows for %s\n", std::string(venue.id).c_str());
        for (const CaptureFile& file : files) compare(venue, file);
        compared += files.size();
    }
    CHECK(compared > 0);
}

}  // namespace contagiond::test
