#include "daemon/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>

namespace contagiond::daemon {
namespace {

SignalEvent event_of(int signal) {
    return signal == SIGHUP ? SignalEvent::reload : SignalEvent::stop;
}

}  // namespace

Signals::Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    // A client that hangs up must not end the process; writes report it.
    std::signal(SIGPIPE, SIG_IGN);
    // Nor must a file that may not grow any more: the write fails, and is said.
    std::signal(SIGXFSZ, SIG_IGN);
}

Signals::~Signals() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

SignalEvent Signals::wait() {
    for (;;)
        if (const auto event = wait_for(std::chrono::hours(24))) return *event;
}

std::optional<SignalEvent> Signals::wait_for(std::chrono::milliseconds timeout) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
    const timespec limit{seconds.count(),
                         static_cast<long>((timeout - seconds).count()) * 1'000'000};
    const int signal = sigtimedwait(&set_, nullptr, &limit);
    if (signal < 0)
        return std::nullopt;  // the time passed, or a signal that is not ours interrupted
    return event_of(signal);
}

void Signals::raise(SignalEvent event) {
    ::kill(::getpid(), event == SignalEvent::reload ? SIGHUP : SIGTERM);
}

void Signals::begin_stop(unsigned seconds) {
    // What was to be kept is on disk by then: an orderly end is better than being killed later.
    std::signal(SIGALRM, [](int) { ::_exit(0); });
    ::alarm(seconds);
    // The handlers are the default ones again: the kernel ends the process.
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
}

}  // namespace contagiond::daemon
