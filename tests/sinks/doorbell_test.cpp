#include "daemon/sinks/doorbell.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <thread>

using contagiond::sinks::Doorbell;
using namespace std::chrono_literals;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t rounds = 20'000;
#else
constexpr std::uint64_t rounds = 100'000;
#endif

// Far longer than any round takes: a wake that gets lost costs the test this much, and shows.
constexpr std::chrono::milliseconds lost_wake = 20s;

std::chrono::steady_clock::duration elapsed_of(auto&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - begin;
}

}  // namespace

TEST_CASE("no wake is lost in a ping-pong of many rounds") {
    Doorbell ping_bell, pong_bell;
    std::atomic<std::uint64_t> ping{0}, pong{0};
    std::atomic<std::uint64_t> slow_waits{0};

    // Sleeps until `counter` is `target`; a wait that ran into its timeout is a lost wake.
    const auto wait_for = [&](Doorbell& bell, std::atomic<std::uint64_t>& counter,
                              std::uint64_t target) {
        const auto arrived = [&] { return counter.load(std::memory_order_acquire) >= target; };
        while (!arrived()) {
            const auto waited = elapsed_of([&] { bell.wait(lost_wake, arrived); });
            if (waited >= lost_wake) slow_waits.fetch_add(1);
            if (slow_waits.load() > 0) return;
        }
    };

    std::thread other([&] {
        for (std::uint64_t n = 1; n <= rounds && slow_waits.load() == 0; ++n) {
            wait_for(ping_bell, ping, n);
            pong.store(n, std::memory_order_release);
            pong_bell.ring();
        }
    });
    for (std::uint64_t n = 1; n <= rounds && slow_waits.load() == 0; ++n) {
        // A pause of another length each round, so that the ring sweeps over the moment in which
        // the other side lies down.
        for (std::uint64_t i = n * 7919 % 509; i > 0; --i) pong.load(std::memory_order_acquire);
        ping.store(n, std::memory_order_release);
        ping_bell.ring();
        wait_for(pong_bell, pong, n);
    }
    other.join();
    CHECK(slow_waits.load() == 0);
    CHECK(pong.load() == rounds);
}

TEST_CASE("a wait with work at hand does not sleep, and one without ends at its timeout") {
    Doorbell bell;
    CHECK(elapsed_of([&] { bell.wait(lost_wake, [] { return true; }); }) < lost_wake / 2);
    CHECK(elapsed_of([&] { bell.wait(20ms, [] { return false; }); }) >= 20ms);
    // A negative timeout is none at all, not for ever.
    CHECK(elapsed_of([&] { bell.wait(-1ms, [] { return false; }); }) < lost_wake / 2);
}

TEST_CASE("work that appears while the sleeper lies down is seen without a ring") {
    Doorbell bell;
    int asked = 0;
    // The bell asks after the sleeper has announced itself; ringing from inside that question is
    // what a producer in between would do.
    const auto waited = elapsed_of([&] {
        bell.wait(lost_wake, [&] {
            ++asked;
            bell.ring();
            return false;
        });
    });
    CHECK(asked == 1);
    CHECK(waited < lost_wake / 2);
}

TEST_CASE("rings while nobody sleeps do not pile up") {
    Doorbell bell;
    for (int i = 0; i < 1000; ++i) bell.ring();
    // Nobody had announced itself, so nothing is left over to cut this sleep short.
    CHECK(elapsed_of([&] { bell.wait(20ms, [] { return false; }); }) >= 20ms);
}
