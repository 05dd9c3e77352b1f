// contagiond check, from arguments to exit code and both outputs.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "tests/daemon/config_support.hpp"

using namespace contagiond;
using test::small_config;
using test::spoiled;

namespace {

/// A descriptor's output goes into a file for as long as this lives.
class Caught {
  public:
    Caught(int fd, std::string path) : fd_(fd), saved_(::dup(fd)), path_(std::move(path)) {
        const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        REQUIRE(file >= 0);
        ::dup2(file, fd_);
        ::close(file);
    }
    ~Caught() {
        ::dup2(saved_, fd_);
        ::close(saved_);
    }
    Caught(const Caught&) = delete;
    Caught& operator=(const Caught&) = delete;

  private:
    int fd_;
    int saved_;
    std::string path_;
};

struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
};

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Outcome check(const test::TemporaryFolder& folder, std::string flag) {
    std::string program = "contagiond";
    std::string command = "check";
    std::array<char*, 3> arguments = {program.data(), command.data(), flag.data()};
    const std::string out = folder.path() + "/out";
    const std::string err = folder.path() + "/err";
    Outcome outcome;
    std::fflush(stdout);
    {
        const Caught caught_out(STDOUT_FILENO, out);
        const Caught caught_err(STDERR_FILENO, err);
        outcome.code =
            daemon::run_command_line(static_cast<int>(arguments.size()), arguments.data());
        std::fflush(stdout);
    }
    outcome.out = read_all(out);
    outcome.err = read_all(err);
    return outcome;
}

}  // namespace

TEST_CASE("check prints what a configuration comes to, and its warnings beside") {
    const test::TemporaryFolder folder;
    const std::string file = folder.write("desk.yml", small_config);
    const Outcome outcome = check(folder, "--config.file=" + file);
    CHECK(outcome.code == daemon::exit_well);
    const daemon::Config config = daemon::load_config(file);
    CHECK(outcome.out == config.resolved);
    REQUIRE_FALSE(config.warnings.empty());
    for (const std::string& warning : config.warnings) {
        CHECK(outcome.err.find(warning + "\n") != std::string::npos);
    }
}

TEST_CASE("check ends with 2 and one line when something is wrong") {
    const test::TemporaryFolder folder;
    const std::string file =
        folder.write("desk.yml", spoiled(small_config, "    venue:", "    venu:"));
    const Outcome outcome = check(folder, "--config.file=" + file);
    CHECK(outcome.code == daemon::exit_usage);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.find(file + ":15: feeds[0].venu: ") != std::string::npos);
    CHECK(outcome.err.find("did you mean venue?") != std::string::npos);
    CHECK(outcome.err.find('\n') == outcome.err.size() - 1);
    CHECK(check(folder, "--config.file=/nonexistent/desk.yml").code == daemon::exit_usage);
    CHECK(check(folder, "--config.fiel=x").code == daemon::exit_usage);
}
