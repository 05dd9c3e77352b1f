// Signals as events: SIGTERM and SIGINT ask for a stop, SIGHUP for a reload. Waited for on the main
// thread.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace contagiond::daemon {

enum class SignalEvent { stop, reload };

/// One object at a time. Construct before any thread is started: it blocks the signals for all
/// threads.
class Signals {
  public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Sleeps until a signal comes.
    SignalEvent wait();
    /// The same, for at most `timeout`; nothing when it passed.
    std::optional<SignalEvent> wait_for(std::chrono::milliseconds timeout);
    /// As if the signal had come; any thread.
    void raise(SignalEvent event);
    /// The stop has begun: from now on a stop signal ends the process at once, and after `seconds`
    /// it ends by itself with exit code 0, whatever hangs.
    void begin_stop(unsigned seconds);

  private:
    sigset_t set_;
    sigset_t before_;
};

}  // namespace contagiond::daemon
