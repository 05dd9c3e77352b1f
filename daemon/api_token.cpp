#include "daemon/api_token.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "daemon/secret_file.hpp"

namespace contagiond::daemon {

std::string api_token_file(const std::string& storage_path) {
    return storage_path + "/api-token";
}

void write_api_token(const std::string& storage_path, const std::string& token) {
    const std::string file = api_token_file(storage_path);
    const std::string beside = file + ".new";
    const auto fail = [&](int error) {
        ::unlink(beside.c_str());
        throw std::runtime_error(fmt::format(
            "the token of local commands, {}, cannot be written: {}", file, std::strerror(error)));
    };
    // What a killed daemon left, or what somebody put in the way: never written through.
    ::unlink(beside.c_str());
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                          S_IRUSR | S_IWUSR);
    if (fd < 0) fail(errno);
    const std::string line = token + '\n';
    const ssize_t written = ::write(fd, line.data(), line.size());
    const int write_error = written < 0 ? errno : ENOSPC;
    ::close(fd);
    if (written != static_cast<ssize_t>(line.size())) fail(write_error);
    if (std::rename(beside.c_str(), file.c_str()) != 0) fail(errno);
}

std::string read_api_token(const std::string& storage_path) {
    const std::string file = api_token_file(storage_path);
    SecretRead read = read_secret(file, "/");
    if (!read.problem.empty()) {
        std::string_view problem = read.problem;
        constexpr std::string_view subject = "the file it names ";
        if (problem.starts_with(subject)) problem.remove_prefix(subject.size());
        throw std::runtime_error(
            fmt::format("{} {}; the daemon writes it when it starts", file, problem));
    }
    return std::move(read.value);
}

}  // namespace contagiond::daemon
