#include "daemon/desk_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "daemon/sinks/journal_files.hpp"

namespace contagiond::daemon {
namespace {

int open_retrying(const std::string& path, int flags) {
    for (;;) {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
        if (fd >= 0 || errno != EINTR) return fd;
    }
}

/// 0, or the error number.
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return ENOSPC;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
}

int sync_folder(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const int fd = open_retrying(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return errno;
    const int error = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    return error;
}

[[noreturn]] void fail(const std::string& path, int error) {
    throw std::runtime_error(fmt::format("{} cannot be used: {}", path, sinks::error_text(error)));
}

}  // namespace

DeskFile::DeskFile(std::string path, const std::function<void(std::string_view)>& line)
    : path_(std::move(path)) {
    fd_ = open_retrying(path_, O_RDWR | O_CREAT | O_APPEND);
    if (fd_ < 0) fail(path_, errno);
    try {
        const core::JournalBytes bytes = sinks::read_file(path_);
        std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const std::size_t last = text.rfind('\n');
        bytes_ = last == std::string_view::npos ? 0 : last + 1;
        was_torn_ = bytes_ < text.size();
        if (was_torn_ && ::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) fail(path_, errno);
        text = text.substr(0, bytes_);
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            line(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
        if (const int error = sync_folder(path_); error != 0) fail(path_, error);
    } catch (...) {
        ::close(fd_);
        throw;
    }
}

DeskFile::~DeskFile() {
    ::close(fd_);
}

std::string DeskFile::append(std::string_view lines, const std::function<std::string()>& mended) {
    if (is_doubtful_) {
        if (std::string problem = rewrite(mended()); !problem.empty()) return problem;
    }
    int error = write_all(fd_, lines);
    if (error == 0 && ::fdatasync(fd_) != 0) error = errno;
    if (error == 0) {
        bytes_ += lines.size();
        return {};
    }
    // Half a line, or lines nobody was promised, must not come back at the next start. Where even
    // that fails, the file is written anew before the next line.
    is_doubtful_ = true;
    if (::ftruncate(fd_, static_cast<off_t>(bytes_)) == 0) ::fdatasync(fd_);
    return sinks::error_text(error);
}

std::string DeskFile::rewrite(std::string_view contents) {
    const std::string next_path = path_ + ".next";
    const int next = open_retrying(next_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND);
    if (next < 0) return sinks::error_text(errno);
    int error = write_all(next, contents);
    if (error == 0 && ::fsync(next) != 0) error = errno;
    if (error == 0 && ::rename(next_path.c_str(), path_.c_str()) != 0) error = errno;
    if (error != 0) {
        ::close(next);
        ::unlink(next_path.c_str());
        return sinks::error_text(error);
    }
    ::close(std::exchange(fd_, next));
    bytes_ = contents.size();
    is_doubtful_ = false;
    if (const int folder_error = sync_folder(path_); folder_error != 0) {
        // The name may still be the old file's after a power cut.
        is_doubtful_ = true;
        return sinks::error_text(folder_error);
    }
    return {};
}

}  // namespace contagiond::daemon
