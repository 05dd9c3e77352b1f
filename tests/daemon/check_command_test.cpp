// contagiond check, from arguments to exit code and both outputs.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/utc_time.hpp"
#include "tests/daemon/config_support.hpp"
#include "tests/support/manual_clock.hpp"

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

/// The small configuration, of whose source some feed delivers a member.
std::string delivered_config() {
    return spoiled(small_config, "      BTC-USD: BTCUSDT\n",
                   "      BTC-USD: BTCUSDT\n      NVDA: NVDAUSDT\n");
}

struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
};

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What `run()` ends with and writes.
template <typename Run>
Outcome caught(const test::TemporaryFolder& folder, Run run) {
    const std::string out = folder.path() + "/out";
    const std::string err = folder.path() + "/err";
    Outcome outcome;
    std::fflush(stdout);
    {
        const Caught caught_out(STDOUT_FILENO, out);
        const Caught caught_err(STDERR_FILENO, err);
        outcome.code = run();
        std::fflush(stdout);
    }
    outcome.out = read_all(out);
    outcome.err = read_all(err);
    return outcome;
}

Outcome check(const test::TemporaryFolder& folder, std::string flag) {
    std::string program = "contagiond";
    std::string command = "check";
    std::array<char*, 3> arguments = {program.data(), command.data(), flag.data()};
    return caught(folder, [&] {
        return daemon::run_command_line(static_cast<int>(arguments.size()), arguments.data());
    });
}

/// The same on a day of the test's choice.
Outcome check_on(const test::TemporaryFolder& folder, const std::string& file, const char* day) {
    const test::ManualClock clock(*daemon::parse_utc(day));
    return caught(folder, [&] {
        CLI::App app;
        int result = daemon::exit_failed;
        daemon::add_check_command(app, result, [&] { return clock.now(); });
        app.parse("check --config.file=" + file);
        return result;
    });
}

}  // namespace

TEST_CASE("check prints what a configuration comes to, and its warnings beside") {
    const test::TemporaryFolder folder;
    const std::string file = folder.write("desk.yml", delivered_config());
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

TEST_CASE("check warns on days whose holidays are not known") {
    const test::TemporaryFolder folder;
    const std::string file = folder.write("desk.yml", delivered_config());
    const Outcome known = check_on(folder, file, "2030-07-04");
    CHECK(known.code == daemon::exit_well);
    CHECK(known.err.find("holidays") == std::string::npos);
    const Outcome unknown = check_on(folder, file, "2031-07-04");
    CHECK(unknown.code == daemon::exit_well);
    CHECK(unknown.out == known.out);
    CHECK(unknown.err.find("contagiond: warning: this version knows no holidays of 2031") !=
          std::string::npos);
}
