// Lines of a text file, plain or gzip, as fast as they can be handed on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct gzFile_s;

namespace contagiond::daemon {

/// One thread; blocks on the disk. Memory does not grow with the file.
class LineReader {
  public:
    /// Throws std::runtime_error with one sentence when the file cannot be opened.
    explicit LineReader(std::string path);
    ~LineReader();
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;

    /// The next line without its end (\n or \r\n), valid until the next call; false at the end. A
    /// line of more than 64 kB comes in pieces.
    bool next(std::string_view& line);

    const std::string& path() const { return path_; }
    /// Number of the line told last, from 1.
    std::uint64_t line_number() const { return line_number_; }
    /// Why the file ended early (torn or damaged gzip, I/O); empty if it did not.
    const std::string& error() const { return error_; }

  private:
    bool fill();

    std::string path_;
    gzFile_s* file_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool ended_ = false;
    std::uint64_t line_number_ = 0;
    std::string error_;
};

}  // namespace contagiond::daemon
