#include "daemon/log.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "daemon/clock.hpp"
#include "daemon/log_line.hpp"
#include "daemon/log_secrets.hpp"

namespace contagiond::daemon {
namespace {

struct LogState {
    std::atomic<LogLevel> least{LogLevel::info};
    std::atomic<LogFormat> format{LogFormat::logfmt};
    std::array<std::atomic<std::uint64_t>, 4> counts{};
    std::mutex mutex;  ///< of the limiter, and of the order of lines
    LogLimiter limiter;
};

/// Never destroyed: threads may still log while the process ends.
LogState& state() {
    static LogState* const instance = new LogState;
    return *instance;
}

/// One write where the system takes the line whole. A stderr that is gone or full loses the line:
/// a log must not stop the daemon.
void write_line(std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

void set_log(LogLevel least, LogFormat format) {
    state().least.store(least, std::memory_order_relaxed);
    state().format.store(format, std::memory_order_relaxed);
}

void set_log(std::string_view least, std::string_view format) {
    LogLevel level = LogLevel::info;
    if (least == "debug") level = LogLevel::debug;
    if (least == "warn") level = LogLevel::warn;
    if (least == "error") level = LogLevel::error;
    set_log(level, format == "json" ? LogFormat::json : LogFormat::logfmt);
}

void log(LogLevel level, std::string_view message,
         std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    LogState& shared = state();
    if (level < shared.least.load(std::memory_order_relaxed)) return;
    shared.counts[static_cast<std::size_t>(level)].fetch_add(1, std::memory_order_relaxed);
    const LogFormat format = shared.format.load(std::memory_order_relaxed);
    const std::string body = without_secrets(format_log_body(format, level, message, fields));

    const std::lock_guard lock(shared.mutex);
    // Both clocks are read under the lock, so that the times of the lines rise with their order.
    const core::TimeNs now = monotonic_now();
    const core::TimeNs ts = wall_now();
    for (const LogLimiter::Held& held : shared.limiter.take_held(now)) {
        write_line(format_log_line(format, ts, held.body, held.count));
    }
    if (shared.limiter.allow(body, now)) write_line(format_log_line(format, ts, body, 0));
}

std::uint64_t log_count(LogLevel level) {
    return state().counts[static_cast<std::size_t>(level)].load(std::memory_order_relaxed);
}

}  // namespace contagiond::daemon
