// What a command writes to standard output and standard error.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace contagiond::test {

/// A descriptor's output goes into a file for as long as this lives.
class CaughtDescriptor {
  public:
    CaughtDescriptor(int fd, const std::filesystem::path& path) : fd_(fd), saved_(::dup(fd)) {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (file < 0) throw std::runtime_error(path.string() + " cannot be opened");
        ::dup2(file, fd_);
        ::close(file);
    }
    ~CaughtDescriptor() {
        ::dup2(saved_, fd_);
        ::close(saved_);
    }
    CaughtDescriptor(const CaughtDescriptor&) = delete;
    CaughtDescriptor& operator=(const CaughtDescriptor&) = delete;

  private:
    int fd_;
    int saved_;
};

struct CaughtOutput {
    int code = -1;
    std::string out, err;
};

/// What `run()` answers and writes; `folder` holds it meanwhile.
template <typename Run>
CaughtOutput caught_output(const std::filesystem::path& folder, Run&& run) {
    const auto text = [](const std::filesystem::path& path) {
        std::ifstream file(path, std::ios::binary);
        return std::string{std::istreambuf_iterator<char>(file), {}};
    };
    CaughtOutput caught;
    std::fflush(stdout);
    {
        const CaughtDescriptor out(STDOUT_FILENO, folder / "out"),
            err(STDERR_FILENO, folder / "err");
        caught.code = run();
        std::fflush(stdout);
    }
    caught.out = text(folder / "out");
    caught.err = text(folder / "err");
    return caught;
}

}  // namespace contagiond::test
