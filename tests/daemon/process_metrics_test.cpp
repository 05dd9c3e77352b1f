#include "daemon/process_metrics.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "daemon/clock.hpp"

using namespace contagiond;

TEST_CASE("the process knows its descriptors") {
    const double before = daemon::process_open_fds();
    CHECK(before >= 3);
    const int fd = open("/dev/null", O_RDONLY);
    REQUIRE(fd >= 0);
    CHECK(daemon::process_open_fds() == before + 1);
    close(fd);
    CHECK(daemon::process_open_fds() == before);
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(daemon::process_max_fds() == static_cast<double>(limit.rlim_cur));
}

TEST_CASE("the process knows its time and memory") {
    const double cpu = daemon::process_cpu_seconds();
    const double memory = daemon::process_resident_bytes();
    // Fresh pages from the system: what the allocator hands out may be resident already.
    constexpr std::size_t mapped = std::size_t{32} << 20;
    void* const map =
        mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(map != MAP_FAILED);
    char* const pages = static_cast<char*>(map);
    for (std::size_t i = 0; i < mapped; i += 1024) pages[i] = static_cast<char>(i >> 10);
    CHECK(daemon::process_resident_bytes() > memory + double(std::size_t{24} << 20));
    munmap(map, mapped);
    // Written to above: the time that took is CPU time, however little.
    CHECK(daemon::process_cpu_seconds() > cpu);
    const double now = core::to_seconds(daemon::wall_now());
    const double age = now - daemon::process_start_seconds();
    CHECK(age > -2);  // the boot time is known to the second
    CHECK(age < 3600);
}

TEST_CASE("process metrics are on the page") {
    const core::EngineConfig config;
    sinks::Metrics metrics(config);
    daemon::add_process_metrics(metrics);
    const std::string page = metrics.render(false);
    for (const char* name :
         {"\nprocess_cpu_seconds_total ", "\nprocess_resident_memory_bytes ", "\nprocess_open_fds ",
          "\nprocess_max_fds ", "\nprocess_start_time_seconds "})
        CHECK(page.find(name) != std::string::npos);
}
