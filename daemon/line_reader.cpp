#include "daemon/line_reader.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace contagiond::daemon {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{256} << 10;
constexpr std::size_t line_bytes_max = std::size_t{64} << 10;

}  // namespace

LineReader::LineReader(std::string path)
    : path_(std::move(path)), file_(::gzopen(path_.c_str(), "rb")), buffer_(buffer_bytes) {
    if (file_ == nullptr)
        throw std::runtime_error(
            fmt::format("{} cannot be read: {}", path_, std::generic_category().message(errno)));
    ::gzbuffer(file_, static_cast<unsigned>(buffer_bytes));
}

LineReader::~LineReader() {
    ::gzclose(file_);
}

bool LineReader::fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const int n =
        ::gzread(file_, buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
    if (n > 0) {
        end_ += static_cast<std::size_t>(n);
        return true;
    }
    ended_ = true;
    int code = Z_OK;
    const char* text = ::gzerror(file_, &code);
    if (code == Z_ERRNO) text = std::strerror(errno);
    // A gzip file that ends before its end is a buffer error here.
    if (code != Z_OK && code != Z_STREAM_END)
        error_ = code == Z_BUF_ERROR ? "unexpected end of the file" : text;
    return false;
}

bool LineReader::next(std::string_view& line) {
    for (std::size_t searched = 0;;) {
        const char* start = buffer_.data() + begin_;
        const std::size_t size = end_ - begin_;
        const auto* newline =
            static_cast<const char*>(std::memchr(start + searched, '\n', size - searched));
        if (newline != nullptr || size >= line_bytes_max || (ended_ && size > 0)) {
            std::size_t length = newline != nullptr ? static_cast<std::size_t>(newline - start)
                                                    : std::min(size, line_bytes_max);
            begin_ += length + (newline != nullptr ? 1 : 0);
            ++line_number_;
            // The rest of a file that was torn is no whole line.
            if (newline == nullptr && !error_.empty()) return false;
            if (length > 0 && start[length - 1] == '\r') --length;
            line = {start, length};
            return true;
        }
        if (ended_) return false;
        searched = size;
        fill();
    }
}

}  // namespace contagiond::daemon
