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
using core::Severity;
using sinks::DeliveryLimits;
using sinks::DeliveryQueue;
using sinks::Notification;
using sinks::Verdict;

namespace {

Notification note(const std::string& episode, std::uint32_t revision,
                  EpisodePhase phase = EpisodePhase::opened, core::DurationNs now = 0,
                  Severity severity = Severity::warning) {
    Notification n;
    n.episode = episode;
    n.revision = revision;
    n.phase = phase;
    n.severity = severity;
    n.enqueued = now;
    return n;
}

DeliveryLimits plenty() {
    DeliveryLimits limits;
    limits.rate = 1e6;
    limits.burst = 1e6;
    return limits;
}

std::string name(const Notification* n) {
    return n ? n->episode + "_" + std::to_string(n->revision) : "none";
}

}  // namespace

TEST_CASE("what is accepted leaves, in the order it came") {
    DeliveryQueue queue(plenty(), 1);
    CHECK(queue.next(0) == nullptr);
    queue.push(note("a", 1));
    queue.push(note("b", 1));
    CHECK(name(queue.next(0)) == "a_1");
    const auto gone = queue.settle(Verdict::accepted, {}, 0);
    REQUIRE(gone);
    CHECK(gone->episode == "a");
    CHECK(name(queue.next(0)) == "b_1");
    queue.settle(Verdict::accepted, {}, 0);
    CHECK(queue.next(0) == nullptr);
    CHECK(queue.size() == 0);
}

TEST_CASE("resolved never overtakes opened, other episodes do") {
    DeliveryQueue queue(plenty(), 1);
    queue.push(note("a", 1));
    queue.push(note("a", 2, EpisodePhase::resolved));
    queue.push(note("b", 1));
    CHECK(name(queue.next(0)) == "a_1");
    CHECK_FALSE(queue.settle(Verdict::retry, 30 * ns_per_s, 0));
    CHECK(name(queue.next(0)) == "b_1");
    queue.settle(Verdict::accepted, {}, 0);
    CHECK(queue.next(30 * ns_per_s - 1) == nullptr);
    CHECK(name(queue.next(30 * ns_per_s)) == "a_1");
    queue.settle(Verdict::dead, {}, 30 * ns_per_s);
    CHECK(name(queue.next(30 * ns_per_s)) == "a_2");
}

TEST_CASE("the receiver's time goes before ours, within a second and an hour") {
    DeliveryQueue queue(plenty(), 1);
    queue.push(note("a", 1));
    core::DurationNs now = 0;
    for (const auto& [said, kept] : std::map<core::DurationNs, core::DurationNs>{
             {0, ns_per_s}, {90 * ns_per_s, 90 * ns_per_s}, {24 * ns_per_hour, ns_per_hour}}) {
        REQUIRE(queue.next(now) != nullptr);
        queue.settle(Verdict::retry, said, now);
        CHECK(queue.last_delay() == kept);
        CHECK(queue.next(now + kept - 1) == nullptr);
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
            REQUIRE(queue.next(now) != nullptr);
            queue.settle(Verdict::retry, {}, now);
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
    CHECK_FALSE(queue.settle(Verdict::retry, {}, 24 * ns_per_hour - 1));
    const auto gone = queue.expire(24 * ns_per_hour);
    REQUIRE(gone.size() == 1);
    CHECK(gone[0].episode == "a");
    CHECK(name(queue.next(24 * ns_per_hour)) == "b_1");
    CHECK(queue.settle(Verdict::retry, {}, 25 * ns_per_hour));  // its day ended in the attempt
    CHECK(queue.size() == 0);
}

TEST_CASE("a broken sink attempts nothing more") {
    DeliveryQueue queue(plenty(), 1);
    queue.push(note("a", 1));
    queue.push(note("b", 1));
    queue.next(0);
    CHECK(queue.settle(Verdict::broken, {}, 0));
    CHECK(queue.broken());
    CHECK(queue.next(ns_per_hour) == nullptr);
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
        while (queue.next(now)) {
            queue.settle(Verdict::accepted, {}, now);
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

TEST_CASE("a full queue gives up what matters least, oldest first, and says what") {
    DeliveryLimits limits = plenty();
    limits.capacity = 4;
    DeliveryQueue queue(limits, 1);
    queue.push(note("a", 1, EpisodePhase::opened, 0, Severity::critical));
    queue.push(note("b", 1));
    queue.push(note("b", 2, EpisodePhase::updated));
    CHECK_FALSE(queue.push(note("c", 2, EpisodePhase::resolved)));
    const auto pushed_out = [&](Notification n) {
        const auto gone = queue.push(std::move(n));
        return name(gone ? &*gone : nullptr);
    };
    CHECK(pushed_out(note("d", 2, EpisodePhase::resolved)) == "c_2");
    CHECK(pushed_out(note("e", 1)) == "d_2");
    CHECK(pushed_out(note("f", 1, EpisodePhase::opened, 0, Severity::critical)) == "b_2");
    CHECK(pushed_out(note("g", 1, EpisodePhase::opened, 0, Severity::critical)) == "b_1");
    CHECK(pushed_out(note("h", 1)) == "e_1");
    CHECK(pushed_out(note("i", 3, EpisodePhase::updated)) == "i_3");  // least of all present
    CHECK(pushed_out(note("j", 1, EpisodePhase::opened, 0, Severity::critical)) == "h_1");
    // Nothing but critical ones: the oldest goes, and is told.
    CHECK(pushed_out(note("k", 1, EpisodePhase::opened, 0, Severity::critical)) == "a_1");
    CHECK(queue.size() == 4);
}

TEST_CASE("whatever happens, nothing is lost or doubled and each episode stays in order") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        DeliveryLimits limits;
        limits.capacity = 20;
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
                if (queue.push(note(episode, revision, phase, now))) ++out;
            }
            if (const Notification* due = queue.next(now)) {
                const Notification copy = *due;
                CHECK(copy.revision > left[copy.episode]);
                const auto verdict = static_cast<Verdict>(random() % 3);
                const auto gone = queue.settle(verdict, {}, now);
                CHECK(gone.has_value() == (verdict != Verdict::retry));
                if (gone) {
                    CHECK(name(&*gone) == name(&copy));
                    leave(*gone);
                }
            }
            CHECK(queue.size() <= 20);
            CHECK(total == out + queue.size());
        }
        const auto rest = queue.drain();
        CHECK(total == out + rest.size());
        for (const Notification& n : rest) {
            CHECK(n.revision > left[n.episode]);
            left[n.episode] = n.revision;
        }
    }
}
