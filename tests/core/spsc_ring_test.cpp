#include "core/spsc_ring.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "core/input.hpp"

using contagiond::core::Input;
using contagiond::core::SpscRing;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t two_thread_items = 300'000;
#else
constexpr std::uint64_t two_thread_items = 4'000'000;
#endif

/// One word that depends on every item and on the order of all of them.
struct Checksum {
    std::uint64_t value = 0xcbf29ce484222325;
    void add(std::uint64_t item) { value = (value ^ item) * 0x100000001b3; }
};

/// A value whose fields all depend on its number: a slot read while it was written shows itself.
Input numbered_input(std::uint64_t n) {
    const auto i = static_cast<std::int64_t>(n);
    return Input::make_trade(static_cast<std::uint16_t>(n % 9), 2, i * 3, i * 5, {i * 7, -2},
                             {i * 11, -8}, n * 13);
}

bool is_numbered(const Input& input, std::uint64_t n) {
    const Input expected = numbered_input(n);
    return input.ts_exchange == expected.ts_exchange && input.ts_receive == expected.ts_receive &&
           input.trade.price == expected.trade.price && input.trade.size == expected.trade.size &&
           input.trade.trade_id == expected.trade.trade_id &&
           input.instrument == expected.instrument;
}

}  // namespace

TEST_CASE("capacity is the next power of two, at least 8") {
    CHECK(SpscRing<int>(0).capacity() == 8);
    CHECK(SpscRing<int>(1).capacity() == 8);
    CHECK(SpscRing<int>(8).capacity() == 8);
    CHECK(SpscRing<int>(9).capacity() == 16);
    CHECK(SpscRing<int>(1000).capacity() == 1024);
    CHECK(SpscRing<int>(16384).capacity() == 16384);
}

TEST_CASE("an empty ring gives nothing and says so") {
    SpscRing<int> ring(8);
    std::vector<int> out(4, -1);
    CHECK(ring.empty());
    CHECK(ring.used() == 0);
    CHECK(ring.pop(out) == 0);
    CHECK(out == std::vector<int>(4, -1));
    CHECK(ring.pop({}) == 0);
}

TEST_CASE("a full ring refuses, keeps the refused value whole and takes it after a pop") {
    SpscRing<std::unique_ptr<int>> ring(8);
    for (int i = 0; i < 8; ++i) REQUIRE(ring.try_push(std::make_unique<int>(i)));
    auto refused = std::make_unique<int>(8);
    CHECK_FALSE(ring.try_push(std::move(refused)));
    REQUIRE(refused != nullptr);  // NOLINT(bugprone-use-after-move): the promise under test
    CHECK(*refused == 8);
    CHECK(ring.used() == 8);

    std::vector<std::unique_ptr<int>> out(16);
    REQUIRE(ring.pop(out) == 8);
    for (int i = 0; i < 8; ++i) CHECK(*out[static_cast<std::size_t>(i)] == i);
    CHECK(ring.empty());
    CHECK(ring.try_push(std::move(refused)));
    REQUIRE(ring.pop(out) == 1);
    CHECK(*out[0] == 8);
}

TEST_CASE("an emptied ring is given back to the producer whole, at every offset") {
    SpscRing<std::uint64_t> ring(32);
    std::vector<std::uint64_t> out(32 + 1);
    std::uint64_t next = 0, expected = 0;
    for (int round = 0; round < 200; ++round) {
        // Leaves the head at another place of the ring each time.
        REQUIRE(ring.try_push(next++));
        REQUIRE(ring.pop(out) == 1);
        REQUIRE(out[0] == expected++);
        std::size_t taken = 0;
        while (ring.try_push(next)) {
            ++next;
            ++taken;
        }
        REQUIRE(taken == 32);
        REQUIRE(ring.used() == 32);
        REQUIRE(ring.pop(out) == 32);
        for (std::size_t i = 0; i < 32; ++i) REQUIRE(out[i] == expected++);
    }
}

TEST_CASE("room comes back at least by quarters while the ring is never empty") {
    SpscRing<int> ring(64);
    int next = 0;
    while (ring.try_push(next)) ++next;
    std::vector<int> one(1);
    for (int popped = 1; popped <= 48; ++popped) {
        REQUIRE(ring.pop(one) == 1);
        REQUIRE(one[0] == popped - 1);
        REQUIRE(ring.used() == static_cast<std::size_t>(64 - popped));
    }
    int room = 0;
    while (ring.try_push(next)) {
        ++next;
        ++room;
    }
    CHECK(room == 48);
}

TEST_CASE("it behaves like a bounded deque under any mix of pushes and odd batches") {
    const std::uint64_t seed = GENERATE(std::uint64_t{1}, 2, 3, 4, 5);
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    SpscRing<std::uint64_t> ring(16);
    std::deque<std::uint64_t> twin;
    std::vector<std::uint64_t> out(23);
    std::uint64_t next = 0;
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 2 == 0) {
            for (std::uint64_t n = random() % 13; n > 0; --n) {
                const bool taken = ring.try_push(next);
                // Full may be said up to a quarter early, never late.
                if (taken)
                    REQUIRE(twin.size() < 16);
                else
                    REQUIRE(twin.size() > 16 - 16 / 4);
                if (taken) twin.push_back(next++);
            }
        } else {
            const std::size_t batch = random() % (out.size() + 1);
            const std::size_t n = ring.pop({out.data(), batch});
            REQUIRE(n == std::min(batch, twin.size()));
            for (std::size_t i = 0; i < n; ++i) {
                REQUIRE(out[i] == twin.front());
                twin.pop_front();
            }
        }
        REQUIRE(ring.used() == twin.size());
        REQUIRE(ring.empty() == twin.empty());
    }
}

TEST_CASE("shared values are copied in, moved out, and not kept by the ring") {
    SpscRing<std::shared_ptr<int>> ring(8);
    const auto value = std::make_shared<int>(7);
    std::vector<std::shared_ptr<int>> out(3);
    for (int lap = 0; lap < 5; ++lap) {
        for (int i = 0; i < 3; ++i) REQUIRE(ring.try_push(value));
        REQUIRE(value.use_count() == 4);
        REQUIRE(ring.pop(out) == 3);
        REQUIRE(value.use_count() == 4);
        for (auto& p : out) p.reset();
        REQUIRE(value.use_count() == 1);
    }
    {
        SpscRing<std::shared_ptr<int>> dying(8);
        REQUIRE(dying.try_push(value));
        REQUIRE(value.use_count() == 2);
    }
    CHECK(value.use_count() == 1);
}

TEST_CASE("two threads hand over every input once and in order") {
    const std::size_t capacity = GENERATE(std::size_t{8}, 64, 16384);
    CAPTURE(capacity);
    SpscRing<Input> ring(capacity);
    // A ring of 8 changes threads for every few items where cores are scarce.
    const std::uint64_t items = capacity < 64 ? two_thread_items / 16 : two_thread_items;

    Checksum sent;
    std::thread producer([&] {
        for (std::uint64_t n = 0; n < items; ++n) {
            const Input input = numbered_input(n);
            while (!ring.try_push(input)) std::this_thread::yield();
            sent.add(input.trade.trade_id);
        }
    });

    // Batch sizes that share no factor with the ring, so that every phase of the ring is met.
    constexpr std::size_t batches[] = {1, 3, 7, 13, 64, 129};
    std::vector<Input> out(129);
    Checksum received;
    std::uint64_t n = 0, torn = 0, round = 0;
    while (n < items) {
        const std::size_t got = ring.pop({out.data(), batches[round++ % std::size(batches)]});
        if (got == 0) std::this_thread::yield();
        for (std::size_t i = 0; i < got; ++i, ++n) {
            if (!is_numbered(out[i], n)) ++torn;
            received.add(out[i].trade.trade_id);
        }
    }
    producer.join();
    CHECK(n == items);
    CHECK(torn == 0);
    CHECK(received.value == sent.value);
    CHECK(ring.empty());
}

TEST_CASE("two threads: what is refused and what is taken add up to what was offered") {
    SpscRing<Input> ring(8);
    constexpr std::uint64_t offered = two_thread_items / 4;
    std::uint64_t refused = 0;
    std::atomic<bool> done{false};
    std::thread producer([&] {
        for (std::uint64_t n = 0; n < offered; ++n)
            if (!ring.try_push(numbered_input(n))) ++refused;
        done.store(true, std::memory_order_release);
    });
    std::uint64_t taken = 0, disordered = 0, last = 0;
    std::vector<Input> out(5);
    for (;;) {
        const bool last_round = done.load(std::memory_order_acquire);
        const std::size_t got = ring.pop(out);
        for (std::size_t i = 0; i < got; ++i) {
            const std::uint64_t n = out[i].trade.trade_id / 13;
            if (!is_numbered(out[i], n) || (taken > 0 && n <= last)) ++disordered;
            last = n;
            ++taken;
        }
        if (last_round && got == 0) break;
    }
    producer.join();
    CHECK(disordered == 0);
    CHECK(taken + refused == offered);
    CHECK(taken > 0);
}
