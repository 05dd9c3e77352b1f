#include "daemon/decode_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace contagiond::daemon {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::size_t write_bytes = 64 * 1024;

void append_number(std::string& out, std::int64_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

void append_field(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::string_view side_name(feeds::Side side) {
    if (side == feeds::Side::buy) return "buy";
    return side == feeds::Side::sell ? "sell" : "";
}

}  // namespace

const std::string_view decode_csv_header =
    "line,kind,symbol,price,size,side,ts_exchange_ns,trade_id,bid_px,bid_sz,ask_px,ask_sz,channel,"
    "flags\n";

MessageReader::MessageReader(const std::string& file)
    : source_(file), buffer_(read_bytes + feeds::frame_padding) {}

bool MessageReader::fill() {
    if (at_end_) return false;
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() - end_ < read_bytes + feeds::frame_padding) {
        buffer_.resize(end_ + read_bytes + feeds::frame_padding);
    }
    const std::size_t got = source_.read(buffer_.data() + end_, read_bytes);
    end_ += got;
    at_end_ = got == 0;
    return got > 0;
}

bool MessageReader::next(std::string_view& line) {
    std::size_t searched = begin_;
    bool too_long = false;
    for (;;) {
        const char* const data = buffer_.data();
        const void* const found =
            end_ == searched ? nullptr : std::memchr(data + searched, '\n', end_ - searched);
        if (found != nullptr) {
            const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - data);
            line = {data + begin_, too_long ? line_bytes_max + 1 : at - begin_};
            begin_ = at + 1;
            return true;
        }
        // What is beyond the limit is read past, not kept.
        if (end_ - begin_ > line_bytes_max + 1) {
            too_long = true;
            end_ = begin_ + line_bytes_max + 1;
        }
        const std::size_t kept = end_ - begin_;
        if (!fill()) break;
        searched = begin_ + kept;
    }
    // Of a torn file the last line is a piece of one.
    if (begin_ == end_ || source_.torn()) return false;
    line = {buffer_.data() + begin_, end_ - begin_};
    begin_ = end_;
    return true;
}

void append_csv_row(std::string& out, std::uint64_t line, const feeds::Row& row) {
    const bool trade = row.kind == feeds::RowKind::trade;
    append_number(out, static_cast<std::int64_t>(line));
    out += trade ? ",trade," : ",quote,";
    append_field(out, row.symbol);
    out += ',';
    append_field(out, row.price);
    out += ',';
    append_field(out, row.size);
    out += ',';
    out += side_name(row.side);
    out += ',';
    if (row.ts_exchange != core::no_time) append_number(out, row.ts_exchange);
    out += ',';
    append_field(out, row.trade_id);
    for (const std::string_view text :
         {row.bid_price, row.bid_size, row.ask_price, row.ask_size, row.channel}) {
        out += ',';
        append_field(out, text);
    }
    out += ',';
    std::string flags;
    feeds::append_flag_names(flags, row);
    append_field(out, flags);
    out += '\n';
}

DecodeSummary decode_lines(MessageReader& lines, const feeds::Venue& venue,
                           const std::function<void(std::string_view)>& write) {
    const auto decoder = venue.make_decoder();
    DecodeSummary summary;
    feeds::Decoded decoded;
    std::string out(decode_csv_header);
    out.reserve(write_bytes * 2);
    std::string_view line;
    while (lines.next(line)) {
        ++summary.lines;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        if (line.size() > MessageReader::line_bytes_max) {
            decoded.clear();
            decoded.error = feeds::DecodeError::too_large;
        } else {
            decoder->decode(line, core::no_time, decoded);
        }
        for (const feeds::Row& row : decoded.rows) append_csv_row(out, summary.lines, row);
        summary.rows += decoded.rows.size();
        summary.controls += decoded.controls.size();
        summary.ignored += decoded.ignored;
        summary.taken_back += decoded.taken_back.size();
        if (decoded.error != feeds::DecodeError::none) {
            summary.rejected[static_cast<std::size_t>(decoded.error)] +=
                std::max<std::uint32_t>(1, decoded.rejected);
        }
        if (out.size() >= write_bytes) {
            write(out);
            out.clear();
        }
    }
    write(out);
    summary.torn = lines.torn();
    return summary;
}

std::string describe(const DecodeSummary& summary) {
    std::uint64_t rejected = 0;
    for (const std::uint64_t n : summary.rejected) rejected += n;
    std::string text =
        fmt::format("{} lines: {} rows, {} control messages, {} ignored, {} rejected\n",
                    summary.lines, summary.rows, summary.controls, summary.ignored, rejected);
    for (std::size_t i = 0; i < summary.rejected.size(); ++i) {
        if (summary.rejected[i] == 0) continue;
        text += fmt::format("rejected {}: {}\n", to_string(static_cast<feeds::DecodeError>(i)),
                            summary.rejected[i]);
    }
    if (summary.taken_back > 0)
        text += fmt::format("trades taken back by the venue: {}\n", summary.taken_back);
    if (summary.torn)
        text += "the file ends in the middle: its writer was killed, or is still at it\n";
    return text;
}

}  // namespace contagiond::daemon
