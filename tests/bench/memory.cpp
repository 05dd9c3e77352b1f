// What the engine and the daemon hold.
//
// bytes counts what operator new gave and did not get back, as malloc rounds it; that of
// memory_resident is the kernel's high-water mark of a whole demo, which has nine sources and two
// targets, so eighteen pairs, and the venues it is fed by in the same process.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>

#include "core/engine.hpp"
#include "tests/bench/market.hpp"
#include "tests/support/allocations.hpp"

namespace contagiond::bench {
namespace {

enum class Part { watched, source };

/// The market of the benchmarks and `more` instruments beside.
core::EngineConfig config_with(int more, Part part) {
    core::EngineConfig config = engine_config();
    for (int i = 0; i < more; ++i) {
        const auto id = static_cast<core::InstrumentId>(config.universe.instruments.size());
        config.universe.instruments.push_back({"MORE" + std::to_string(i), core::AssetClass::equity,
                                               core::Market::us_equities, 90 * core::ns_per_s});
        config.universe.feeds[0].instruments.push_back(id);
        if (part == Part::source) config.universe.groups[0].members.push_back({id, 1.0});
    }
    return config;
}

double bytes_of(const core::EngineConfig& config) {
    const test::AllocationCount count;
    const core::Engine engine(config);
    return static_cast<double>(count.live_bytes());
}

/// Bytes of one instrument more: the mean of eight.
void per_instrument(benchmark::State& state, Part part) {
    constexpr int more = 8;
    bytes_of(config_with(more, part));  // what is made once in a process is nobody's
    double bytes = 0;
    for (auto _ : state)
        bytes = (bytes_of(config_with(more, part)) - bytes_of(config_with(0, part))) / more;
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes"] = bytes;
}
BENCHMARK_CAPTURE(per_instrument, watched, Part::watched)
    ->Name("memory_per_instrument/ours:engine")
    ->Iterations(1);
BENCHMARK_CAPTURE(per_instrument, source, Part::source)
    ->Name("memory_per_source/ours:engine")
    ->Iterations(1);

/// VmHWM of a process, in bytes; 0 when it has none.
double resident_high(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string word; status >> word;) {
        double kilobytes = 0;
        if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
    }
    return 0;
}

void resident(benchmark::State& state) {
    std::string program = CONTAGIOND_PROGRAM, demo = "demo", speed = "--speed=600", once = "--once",
                listen = "--web.listen-address=127.0.0.1:0";
    char* arguments[] = {program.data(), demo.data(),   speed.data(),
                         once.data(),    listen.data(), nullptr};
    posix_spawn_file_actions_t silence;
    posix_spawn_file_actions_init(&silence);
    posix_spawn_file_actions_addopen(&silence, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&silence, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    double bytes = 0;
    for (auto _ : state) {
        pid_t pid = -1;
        if (posix_spawn(&pid, program.c_str(), &silence, nullptr, arguments, environ) != 0) {
            state.SkipWithError("the daemon cannot be started");
            break;
        }
        int ended = 0;
        while (waitpid(pid, &ended, WNOHANG) == 0) {
            bytes = std::max(bytes, resident_high(pid));
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
            state.SkipWithError("the demo did not end well");
    }
    posix_spawn_file_actions_destroy(&silence);
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes"] = bytes;
}
BENCHMARK(resident)->Name("memory_resident/ours:demo")->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace contagiond::bench
