// decode_lines: recorded wire messages, one a line, to the rows they mean as CSV.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/zstd_file.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::daemon {

/// Messages, one a line, of a file (plain, gzip or zstd) or of standard input. Blocks while
/// reading. Throws std::runtime_error with one sentence if the file cannot be opened or read to its
/// end.
class MessageReader {
  public:
    /// "-" is standard input.
    explicit MessageReader(const std::string& file);
    /// False at the end. `line` is without its line feed, is followed by feeds::frame_padding
    /// readable bytes and is valid until the next call. Of a line longer than line_bytes_max only
    /// that many bytes and one more are kept.
    bool next(std::string_view& line);

    /// After the end: the file is a zstd file that stopped in the middle. Its whole lines were
    /// read.
    bool torn() const { return source_.torn(); }

    /// What a session accepts as one message.
    static constexpr std::size_t line_bytes_max = 1024 * 1024;

  private:
    bool fill();

    ByteSource source_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  ///< of the bytes not yet handed out
    std::size_t end_ = 0;
    bool at_end_ = false;
};

struct DecodeSummary {
    std::uint64_t lines = 0;
    std::uint64_t rows = 0;
    std::uint64_t controls = 0;
    std::uint64_t ignored = 0;
    std::uint64_t taken_back = 0;  ///< trades told before that the venue cancels or corrects
    /// By feeds::DecodeError: frames, or elements of a batch, that gave nothing.
    std::array<std::uint64_t, feeds::decode_error_count> rejected{};
    bool torn = false;  ///< see MessageReader::torn
};

/// Header line of the rows, with its line feed.
extern const std::string_view decode_csv_header;

/// Appends one row with its line feed; fields are quoted where CSV asks for it.
void append_csv_row(std::string& out, std::uint64_t line, const feeds::Row& row);

/// Decodes all lines; header and rows go to `write` in large pieces. Empty lines count, and give
/// nothing.
DecodeSummary decode_lines(MessageReader& lines, const feeds::Venue& venue,
                           const std::function<void(std::string_view)>& write);

/// Two kinds of line for stderr: the totals, and one a reason that occurred.
std::string describe(const DecodeSummary& summary);

}  // namespace contagiond::daemon
