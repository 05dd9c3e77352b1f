#include "daemon/secret_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace contagiond::daemon {
namespace {

constexpr std::size_t largest_secret = 64 * 1024;

class File {
  public:
    explicit File(const std::filesystem::path& path)
        // Non-blocking, so that a pipe without a writer is refused instead of waited for.
        : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int fd() const { return fd_; }

  private:
    int fd_;
};

std::string cannot_read() {
    return fmt::format("the file it names cannot be read: {}", std::strerror(errno));
}

}  // namespace

SecretRead read_secret(const std::string& name, const std::string& directory) {
    if (name.empty()) return {{}, "names no file"};
    std::filesystem::path path = std::filesystem::path(directory) / name;
    bool is_credential = false;
    if (name.find('/') == std::string::npos) {
        const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
        if (credentials != nullptr && *credentials != '\0') {
            path = std::filesystem::path(credentials) / name;
            is_credential = true;
        }
    }
    const File file(path);
    if (file.fd() < 0) return {{}, cannot_read()};
    // The descriptor is asked, not the path: what is checked is what is read.
    struct stat info {};
    if (::fstat(file.fd(), &info) != 0) return {{}, cannot_read()};
    if (!S_ISREG(info.st_mode)) return {{}, "names something that is no regular file"};
    if (!is_credential && (info.st_mode & 077u) != 0) {
        return {{},
                fmt::format("the file it names is open to others (mode {:04o}), wanted 0600: "
                            "chmod go= makes it so",
                            info.st_mode & 07777u)};
    }
    std::string value(largest_secret + 1, '\0');
    std::size_t size = 0;
    while (size < value.size()) {
        const ssize_t n = ::read(file.fd(), value.data() + size, value.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return {{}, cannot_read()};
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    if (size > largest_secret) return {{}, "the file it names is larger than 64 KiB"};
    value.resize(size);
    while (!value.empty() && std::strchr(" \t\r\n", value.back()) != nullptr) value.pop_back();
    if (value.empty()) return {{}, "the file it names is empty"};
    for (const char c : value) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            return {{}, "the file it names holds more than one line, or control characters"};
        }
    }
    return {std::move(value), {}};
}

}  // namespace contagiond::daemon
