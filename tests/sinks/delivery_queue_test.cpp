#include "daemon/sinks/delivery_queue.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace contagiond;
using core::EpisodePhase;
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_s;
using sinks::DeliveryLimits;
using sinks::DeliveryQueue;
using sinks::Notification;
using sinks::NotifyFailure;
using sinks::Verdict;

namespace {

Notification note(const std::string& episode, std::uint32_t revision,
                  EpisodePhase phase = EpisodePhase::opened, core::DurationNs now = 0) {
    Notification n;
    n.episode = episode;
    n.revision = revision;
    n.phase = phase;
    n.enqueued = now;
    return n;
}

DeliveryLimits plenty() {
    DeliveryLimits limits;
    limits.rate = 1e6;
    limits.burst = 1e6;
    return limits;
}

std::string name(const Notification& n) {
    return n.episode + "_" + std::to_string(n.revision);
}
/// "none", "a_1", or of a digest "a_1 b_1".
std::string name(std::span<const Notification* const> due) {
    std::string out;
    for (const Notification* n : due) out += (out.empty() ? "" : " ") + name(*n);
    return out.empty() ? "none" : out;
}

sinks::Outcome outcome(Verdict verdict, std::optional<core::DurationNs> retry_after = {},
                       NotifyFailure failure = NotifyFailure::server_error) {
    sinks::Outcome out;
    out.verdict = verdict;
    if (verdict != Verdict::accepted) out.failure = failure;
    out.retry_after = retry_after;
    return out;
}

std::optional<Notification> settle(DeliveryQueue& queue, Verdict verdict,
                                   std::optional<core::DurationNs> retry_after,
                                   core::DurationNs now) {
    auto gone = queue.settle(outcome(verdict, retry_after), now);
    if (gone.empty()) return {};
    CHECK(gone.size() == 1);
    return std::move(gone.front());
}

}  // namespace

TEST_CASE("what is accepted leaves, in the order it came") {
    DeliveryQueue queue(plenty(), 1);
    CHECK(queue.next(0).empty());
    queue.push(note("a", 1));
    queue.push(note("b", 1));
    CHECK(name(queue.next(0)) == "a_1");
    const auto gone = settle(queue, Verdict::accepted, {}, 0);
    REQUIRE(gone);
    CHECK(gone->episode == "a");
    CHECK(name(queue.next(0)) == "b_1");
    settle(queue, Verdict::accepted, {}, 0);
    CHECK(queue.next(0).empty());
    CHECK(queue.size() == 0);
}

TEST_CASE("a receiver that says that nothing more fits is left alone until it does") {
    DeliveryLimits limits = plenty();
    limits.digest_above = 2;
    DeliveryQueue queue(limits, 1);
    queue.push(note("a", 1));
    queue.push(note("b", 1));
    queue.next(0);
    auto taken = outcome(Verdict::accepted);
    taken.pause = 2 * ns_per_s;
    CHECK(queue.settle(taken, 0).size() == 1);
    CHECK(queue.next(2 * ns_per_s - 1).empty());
    CHECK(name(queue.next(2 * ns_per_s)) == "b_1");
    // The longer of pause and wait counts, whichever of them it is.
    auto refused = outcome(Verdict::retry, 5 * ns_per_s, NotifyFailure::rate_limited);
    refused.pause = 3 * ns_per_s;
    queue.settle(refused, 2 * ns_per_s);
    queue.push(note("c", 1));
    CHECK(queue.next(7 * ns_per_s - 1).empty());
    CHECK(name(queue.next(7 * ns_per_s)) == "b_1");
    refused.pause = 9 * ns_per_s;
    queue.settle(refused, 7 * ns_per_s);
    CHECK(queue.next(16 * ns_per_s - 1).empty());
    // Of a digest too, and never for longer than any receiver may ask for.
    queue.push(note("d", 1));
    CHECK(queue.next(16 * ns_per_s).size() == 3);
    taken.pause = 100 * ns_per_hour;
    CHECK(queue.settle(taken, 16 * ns_per_s).size() == 3);
    queue.push(note("e", 1));
    CHECK(queue.next(16 * ns_per_s + ns_per_hour - 1).empty());
    CHECK(name(queue.next(16 * ns_per_s + ns_per_hour)) == "e_1");
}

TEST_CASE("resolved never overtakes opened, other episodes do") {
    DeliveryQueue queue(plenty(), 1);
    queue.push(note("a", 1));
    queue.push(note("a", 2, EpisodePhase::resolved));
    queue.push(note("b", 1));
    CHECK(name(queue.next(0)) == "a_1");
    CHECK_FALSE(settle(queue, Verdict::retry, 30 * ns_per_s, 0));
    CHECK(name(queue.next(0)) == "b_1");
    settle(queue, Verdict::accepted, {}, 0);
    CHECK(queue.next(30 * ns_per_s - 1).empty());
    CHECK(name(queue.next(30 * ns_per_s)) == "a_1");
    settle(queue, Verdict::dead, {}, 30 * ns_per_s);
    CHECK(name(queue.next(30 * ns_per_s)) == "a_2");
}

TEST_CASE("the receiver's time goes before ours, within a second and an hour") {
    DeliveryQueue queue(plenty(), 1);
    queue.push(note("a", 1));
    core::DurationNs now = 0;
    for (const auto& [said, kept] : std::map<core::DurationNs, core::DurationNs>{
             {0, ns_per_s}, {90 * ns_per_s, 90 * ns_per_s}, {24 * ns_per_hour, ns_per_hour}}) {
        REQUIRE_FALSE(queue.next(now).empty());
        settle(queue, Verdict::retry, said, now);
        CHECK(queue.last_delay() == kept);
        CHECK(queue.next(now + kept - 1).empty());
        now += kept;
    }
}

TEST_CASE("our own backoff doubles to five minutes, fully jittered") {
    std::map<int, std::vector<core::DurationNs>> delays;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        DeliveryQueue queue(plenty(), seed);
        queue.push(note("a", 1));
        core::DurationNs now = 0;
        for (int attempt = 0; attempt < 12; ++attempt) {
            REQUIRE_FALSE(queue.next(now).empty());
            settle(queue, Verdict::retry, {}, now);
            delays[attempt].push_back(queue.last_delay());
            now += queue.last_delay();
        }
    }
    for (const auto& [attempt, all] : delays) {
        const core::DurationNs limit = std::min(5 * ns_per_min, ns_per_s << attempt);
        const auto [least, most] = std::minmax_element(all.begin(), all.end());
        CHECK(*least >= 0);
        CHECK(*least < limit / 10);
        CHECK(*most > limit * 9 / 10);
        CHECK(*most <= limit);
    }
}

TEST_CASE("after a day a notification is given up") {
    DeliveryQueue queue(plenty(), 1);
    queue.push(note("a", 1, EpisodePhase::opened, 0));
    queue.push(note("b", 1, EpisodePhase::opened, ns_per_hour));
    CHECK(queue.expire(24 * ns_per_hour - 1).empty());
    REQUIRE(name(queue.next(24 * ns_per_hour - 1)) == "a_1");
    CHECK_FALSE(settle(queue, Verdict::retry, {}, 24 * ns_per_hour - 1));
    const auto gone = queue.expire(24 * ns_per_hour);
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].episode == "a");
    CHECK(name(queue.next(24 * ns_per_hour)) == "b_1");
    CHECK(settle(queue, Verdict::retry, {}, 25 * ns_per_hour));  // its day ended in the attempt
    CHECK(queue.size() == 0);
}

TEST_CASE("a broken sink attempts nothing more") {
    DeliveryQueue queue(plenty(), 1);
    queue.push(note("a", 1));
    queue.push(note("b", 1));
    queue.next(0);
    CHECK(settle(queue, Verdict::broken, {}, 0));
    CHECK(queue.broken());
    CHECK(queue.next(ns_per_hour).empty());
    CHECK(queue.size() == 1);
}

TEST_CASE("the bucket limits bursts and the long run") {
    DeliveryLimits limits;
    limits.rate = 2;
    limits.burst = 3;
    DeliveryQueue queue(limits, 1);
    for (std::uint32_t i = 0; i < 100; ++i) queue.push(note("e" + std::to_string(i), 1));
    const auto attempts = [&](core::DurationNs now) {
        int n = 0;
        while (!queue.next(now).empty()) {
            settle(queue, Verdict::accepted, {}, now);
            ++n;
        }
        return n;
    };
    CHECK(attempts(0) == 3);
    CHECK(attempts(ns_per_s / 2) == 1);
    CHECK(attempts(ns_per_s) == 1);
    CHECK(attempts(3 * ns_per_s) == 3);  // four were earned, three are kept
    int n = 0;
    for (core::DurationNs t = 3 * ns_per_s; t <= 13 * ns_per_s; t += ns_per_s / 10)
        n += attempts(t);
    CHECK(n == 20);
}

TEST_CASE("too many messages is said of every episode, a failed one is not") {
    DeliveryQueue queue(plenty(), 1);
    queue.push(note("a", 1));
    queue.push(note("b", 1));
    REQUIRE(name(queue.next(0)) == "a_1");
    queue.settle(outcome(Verdict::retry, 30 * ns_per_s, NotifyFailure::rate_limited), 0);
    CHECK(queue.next(30 * ns_per_s - 1).empty());
    CHECK(name(queue.next(30 * ns_per_s)) == "a_1");
}

TEST_CASE("a withdrawn notification is gone, and nobody waits for it") {
    DeliveryQueue queue(plenty(), 1);
    Notification first = note("a", 1);
    first.seq = 7;
    queue.push(first);
    queue.push(note("a", 2));
    REQUIRE(name(queue.next(0)) == "a_1");
    settle(queue, Verdict::retry, ns_per_hour, 0);
    CHECK_FALSE(queue.withdraw(8));
    CHECK(queue.next(0).empty());
    const auto gone = queue.withdraw(7);
    REQUIRE(gone);
    CHECK(name(*gone) == "a_1");
    CHECK(name(queue.next(0)) == "a_2");
}

TEST_CASE("attempts of a chat lie apart, within a burst too") {
    DeliveryLimits limits = plenty();
    limits.spacing = 3 * ns_per_s;
    DeliveryQueue queue(limits, 1);
    queue.push(note("a", 1));
    queue.push(note("b", 1));
    REQUIRE(name(queue.next(0)) == "a_1");
    settle(queue, Verdict::accepted, {}, 0);
    CHECK(queue.next(3 * ns_per_s - 1).empty());
    CHECK(name(queue.next(3 * ns_per_s)) == "b_1");
}

namespace {

DeliveryQueue six_for_a_chat() {
    DeliveryLimits limits = plenty();
    limits.digest_above = 5;
    DeliveryQueue queue(limits, 1);
    for (std::uint32_t i = 0; i < 5; ++i)
        queue.push(note(std::string(1, static_cast<char>('a' + i)), 1));
    CHECK(name(queue.next(0)) == "a_1");
    settle(queue, Verdict::retry, 10 * ns_per_s, 0);
    queue.push(note("a", 2));
    return queue;
}
const std::string all_six = "a_1 b_1 c_1 d_1 e_1 a_2";

}  // namespace

TEST_CASE("more than five for a chat are one digest, and all of them are settled by it") {
    DeliveryQueue queue = six_for_a_chat();
    CHECK(name(queue.next(0)) == all_six);
    CHECK(queue.settle(outcome(Verdict::accepted), 0).size() == 6);
    CHECK(queue.size() == 0);
    queue.push(note("f", 1));
    CHECK(name(queue.next(0)) == "f_1");
}

TEST_CASE("a digest that is put off is put off as a whole") {
    DeliveryQueue queue = six_for_a_chat();
    REQUIRE(name(queue.next(0)) == all_six);
    CHECK(queue.settle(outcome(Verdict::retry, 60 * ns_per_s, NotifyFailure::rate_limited), 0)
              .empty());
    queue.push(note("g", 1));
    CHECK(queue.next(60 * ns_per_s - 1).empty());
    CHECK(name(queue.next(60 * ns_per_s)) == all_six + " g_1");
}

TEST_CASE("no alert dies of a digest") {
    SECTION("that is refused") {
        DeliveryQueue queue = six_for_a_chat();
        REQUIRE(name(queue.next(0)) == all_six);
        CHECK(queue.settle(outcome(Verdict::dead, {}, NotifyFailure::client_error), 0).empty());
        CHECK(queue.size() == 6);
        CHECK(name(queue.next(0)) == "b_1");  // a waits, as it was told to
    }
    SECTION("on which the server fails again and again") {
        DeliveryQueue queue = six_for_a_chat();
        core::DurationNs now = 0;
        for (int i = 0; i < 3; ++i) {
            REQUIRE(name(queue.next(now)) == all_six);
            CHECK(queue.settle(outcome(Verdict::retry, 20 * ns_per_s), now).empty());
            now += 20 * ns_per_s;
        }
        CHECK(name(queue.next(now)) == "a_1");
    }
    SECTION("that shows that the address is wrong") {
        DeliveryQueue queue = six_for_a_chat();
        REQUIRE(name(queue.next(0)) == all_six);
        CHECK(queue.settle(outcome(Verdict::broken, {}, NotifyFailure::client_error), 0).empty());
        CHECK(queue.next(ns_per_hour).empty());
        queue.mend();
        CHECK(name(queue.next(ns_per_hour)) == all_six);
    }
}

TEST_CASE("whatever happens, nothing is lost or doubled and each episode stays in order") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        DeliveryLimits limits;
        if (seed % 2 == 0) limits.digest_above = 5;
        DeliveryQueue queue(limits, seed);
        std::map<std::string, std::uint32_t> pushed, left;
        std::size_t total = 0, out = 0;
        core::DurationNs now = 0;
        const auto leave = [&](const Notification& n) { ++out, left[n.episode] = n.revision; };
        for (int step = 0; step < 500; ++step) {
            now += static_cast<core::DurationNs>(random() % (20 * ns_per_s));
            if (random() % 2) {
                const std::string episode(1, static_cast<char>('a' + random() % 4));
                const auto revision = ++pushed[episode];
                ++total;
                const auto phase = static_cast<EpisodePhase>(random() % 3);
                queue.push(note(episode, revision, phase, now));
            }
            std::vector<Notification> due;
            for (const Notification* each : queue.next(now)) due.push_back(*each);
            if (!due.empty()) {
                const auto verdict = static_cast<Verdict>(random() % 3);
                const auto gone = queue.settle(outcome(verdict), now);
                const bool leaves =
                    verdict == Verdict::accepted || (verdict == Verdict::dead && due.size() == 1);
                CHECK(gone.size() == (leaves ? due.size() : 0));
                for (const Notification& each : gone) {
                    CHECK(each.revision > left[each.episode]);
                    leave(each);
                }
            }
            CHECK(total == out + queue.size());
        }
        for (const Notification& n : queue.waiting()) {
            CHECK(n.revision > left[n.episode]);
            left[n.episode] = n.revision;
        }
    }
}
