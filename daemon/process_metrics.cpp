#include "daemon/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace contagiond::daemon {
namespace {

double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

/// Seconds since the epoch at which the machine came up.
double boot_seconds() {
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    throw std::runtime_error("/proc/stat has no btime");
}

/// Clock ticks after boot at which this process began: field 22 of /proc/self/stat.
double start_ticks() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    // The second field is the program's name in parentheses and may hold anything.
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) throw std::runtime_error("/proc/self/stat is unreadable");
    std::istringstream fields(line.substr(name_end + 1));
    std::string field;
    for (int number = 3; number <= 22; ++number)
        if (!(fields >> field)) throw std::runtime_error("/proc/self/stat is short");
    return std::stod(field);
}

}  // namespace

double process_cpu_seconds() {
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) != 0) throw std::runtime_error("getrusage failed");
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double process_resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double total_pages = 0, resident_pages = 0;
    if (!(file >> total_pages >> resident_pages))
        throw std::runtime_error("/proc/self/statm is unreadable");
    return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double process_open_fds() {
    std::error_code error;
    double n = 0;
    for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
         it.increment(error))
        ++n;
    if (error) throw std::runtime_error("/proc/self/fd is unreadable");
    return n - 1;  // the one this look itself needed
}

double process_max_fds() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::runtime_error("getrlimit failed");
    if (limit.rlim_cur == RLIM_INFINITY) return std::numeric_limits<double>::infinity();
    return static_cast<double>(limit.rlim_cur);
}

double process_start_seconds() {
    return boot_seconds() + start_ticks() / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void add_process_metrics(sinks::Metrics& metrics) {
    using sinks::Metric;
    metrics.add(Metric::process_cpu_seconds_total, {}, process_cpu_seconds);
    metrics.add(Metric::process_resident_memory_bytes, {}, process_resident_bytes);
    metrics.add(Metric::process_open_fds, {}, process_open_fds);
    metrics.add(Metric::process_max_fds, {}, process_max_fds);
    metrics.add(Metric::process_start_time_seconds, {}, process_start_seconds);
}

}  // namespace contagiond::daemon
