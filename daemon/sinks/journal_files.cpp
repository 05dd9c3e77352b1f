#include "daemon/sinks/journal_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace contagiond::sinks {
namespace {

constexpr std::string_view extension = ".journal";
constexpr std::size_t digits_min = 8;

/// The number in "00000007.journal"; 0 for any other name.
std::uint64_t segment_number(const std::string& name) {
    if (name.size() < digits_min + extension.size() || !name.ends_with(extension)) return 0;
    const char* end = name.data() + name.size() - extension.size();
    std::uint64_t number = 0;
    const auto result = std::from_chars(name.data(), end, number);
    return result.ec == std::errc{} && result.ptr == end ? number : 0;
}

}  // namespace

std::string error_text(int error_number) {
    return std::generic_category().message(error_number);
}

std::string segment_path(const std::string& directory, std::uint64_t number) {
    return fmt::format("{}/{:08}{}", directory, number, extension);
}

std::vector<SegmentFile> list_segments(const std::string& directory) {
    std::vector<SegmentFile> segments;
    std::error_code error;
    std::filesystem::directory_iterator entry(directory, error), end;
    for (; !error && entry != end; entry.increment(error)) {
        const std::uint64_t number = segment_number(entry->path().filename().string());
        if (number == 0) continue;
        std::error_code gone;
        const std::uint64_t bytes = entry->file_size(gone);
        if (!gone) segments.push_back({number, entry->path().string(), bytes});
    }
    if (error)
        throw std::runtime_error(
            fmt::format("journal folder {} cannot be read: {}", directory, error.message()));
    std::sort(segments.begin(), segments.end(),
              [](const SegmentFile& a, const SegmentFile& b) { return a.number < b.number; });
    return segments;
}

core::JournalBytes read_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) {
        const int error = errno;
        if (fd >= 0) ::close(fd);
        throw std::runtime_error(fmt::format("{} cannot be read: {}", path, error_text(error)));
    }
    core::JournalBytes bytes(static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)));
    std::size_t filled = 0;
    int error = 0;
    while (filled < bytes.size()) {
        const ssize_t n = ::read(fd, bytes.data() + filled, bytes.size() - filled);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) error = errno;
        if (n <= 0) break;
        filled += static_cast<std::size_t>(n);
    }
    ::close(fd);
    if (error != 0)
        throw std::runtime_error(fmt::format("{} cannot be read: {}", path, error_text(error)));
    // A file that is being written may have been cut meanwhile.
    bytes.resize(filled);
    return bytes;
}

}  // namespace contagiond::sinks
