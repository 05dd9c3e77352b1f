// What the hand-over between feed and engine costs, beside boost's queue and the bare cache lines.
// Between two threads a figure is the median of many short chunks: on a shared machine a thread
// that loses its core for a moment spoils a chunk, and not the figure.
#include <benchmark/benchmark.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "core/spsc_ring.hpp"
#include "tests/bench/market.hpp"

namespace contagiond::bench {
namespace {

using core::Input;

constexpr std::size_t ring_slots = 16384;
constexpr std::size_t batch_size = 64;
constexpr std::int64_t chunk_items = 1 << 15;
constexpr std::int64_t chunks = 300;

/// Both queues under one name.
struct OurRing {
    core::SpscRing<Input> ring{ring_slots};
    bool push(const Input& input) { return ring.try_push(input); }
    bool pop_one(Input& out) { return ring.pop({&out, 1}) == 1; }
    /// One after the other, as a feed's thread publishes them.
    std::size_t push(std::span<const Input> inputs) {
        std::size_t n = 0;
        while (n < inputs.size() && ring.try_push(inputs[n])) ++n;
        return n;
    }
    std::size_t pop(std::span<Input> out) { return ring.pop(out); }
};
struct BoostRing {
    boost::lockfree::spsc_queue<Input, boost::lockfree::capacity<ring_slots>> ring;
    bool push(const Input& input) { return ring.push(input); }
    bool pop_one(Input& out) { return ring.pop(out); }
    std::size_t push(std::span<const Input> inputs) {
        return ring.push(inputs.data(), inputs.size());
    }
    std::size_t pop(std::span<Input> out) { return ring.pop(out.data(), out.size()); }
};

/// Spins, each time a little longer: looking without a pause takes the line away from whoever is
/// about to write it. Gives the core away after long waiting, where there is none for both.
struct Patience {
    int failures = 0;
    void again() {
        for (int pauses = 1 << std::min(failures, 4); pauses > 0; --pauses) __builtin_ia32_pause();
        if (++failures % 1024 == 0) std::this_thread::yield();
    }
    /// Where latency is asked: looks again at once.
    void soon() {
        if (++failures % 65'536 == 0) std::this_thread::yield();
    }
    void enough() { failures = 0; }
};

/// How often this thread has lost its core so far.
std::int64_t switches() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

/// While it lives the calling thread stays on the n-th of the cores this process may use, and,
/// where that is allowed, goes before other work: for the fraction of a second that it takes.
class OnCore {
  public:
    explicit OnCore(std::size_t n) {
        ::sched_getaffinity(0, sizeof before_, &before_);
        static const cpu_set_t all = before_;
        const sched_param first{.sched_priority = 1};
        (void)::sched_setscheduler(0, SCHED_RR, &first);
        for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
            if (!CPU_ISSET(core, &all) || n-- > 0) continue;
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(core, &one);
            ::sched_setaffinity(0, sizeof one, &one);
            return;
        }
    }
    ~OnCore() {
        const sched_param usual{.sched_priority = 0};
        (void)::sched_setscheduler(0, SCHED_OTHER, &usual);
        ::sched_setaffinity(0, sizeof before_, &before_);
    }
    OnCore(const OnCore&) = delete;
    OnCore& operator=(const OnCore&) = delete;

  private:
    cpu_set_t before_{};
};

/// What one side noted at the beginning of each chunk.
struct Notes {
    std::vector<std::int64_t> switches_at = std::vector<std::int64_t>(chunks + 1, -1);
    std::vector<double> seconds_at = std::vector<double>(chunks + 1, 0);

    void note(std::int64_t chunk) {
        const auto at = static_cast<std::size_t>(chunk);
        switches_at[at] = switches();
        seconds_at[at] =
            std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
                .count();
    }
};

/// Seconds of the median chunk among those before, in and after which neither side lost its core; 0
/// where there are hardly any.
double undisturbed(const Notes& here, const Notes& there) {
    std::vector<double> times;
    for (std::size_t chunk = 1; chunk + 2 <= static_cast<std::size_t>(chunks); ++chunk)
        if (here.switches_at[chunk - 1] == here.switches_at[chunk + 1] &&
            there.switches_at[chunk - 1] == there.switches_at[chunk + 2])
            times.push_back(here.seconds_at[chunk + 1] - here.seconds_at[chunk]);
    if (times.size() < 3) return 0;
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

void report(benchmark::State& state, const Notes& here, const Notes& there, std::int64_t items) {
    const double seconds = undisturbed(here, there);
    if (seconds == 0)
        state.SkipWithError("there were never two cores free: leave the machine alone");
    state.SetIterationTime(seconds / static_cast<double>(items));
}

/// Order matters to it, and so does every item: what the checksum is made of. Below 2^53.
struct Digest {
    std::uint64_t value = 0;
    void add(const Input& input) {
        value = (value * 31 + static_cast<std::uint64_t>(input.ts_receive)) & ((1ull << 52) - 1);
    }
};

/// One thread pushes, this one pops; both through `Hand` (singly, or in batches).
template <typename Ring, typename Hand>
void two_threads(benchmark::State& state) {
    Digest digest;
    for (auto _ : state) {
        digest = {};
        const auto ring = std::make_unique<Ring>();
        Notes given, taken;
        std::thread producer([&] {
            const OnCore core(1);
            Hand hand;
            for (std::int64_t n = 0; n < chunks * chunk_items;) {
                const std::int64_t before = n;
                n = hand.give(*ring, n);
                if (n != before && n % chunk_items == 0) given.note(n / chunk_items);
            }
        });
        const OnCore core(0);
        Hand hand;
        taken.note(0);
        std::int64_t n = 0;
        for (std::int64_t chunk = 1; chunk <= chunks; ++chunk) {
            while (n < chunk * chunk_items) n += hand.take(*ring, digest);
            taken.note(chunk);
        }
        producer.join();
        report(state, taken, given, chunk_items);
    }
    // The time is that of one item.
    state.SetItemsProcessed(state.iterations());
    state.counters["checksum"] = static_cast<double>(digest.value);
}

struct Singly {
    Patience patience;
    Input input = walk_trade(0, market_open);

    template <typename Ring>
    std::int64_t give(Ring& ring, std::int64_t n) {
        input.ts_receive = n;
        if (!ring.push(input)) {
            patience.again();
            return n;
        }
        patience.enough();
        return n + 1;
    }
    template <typename Ring>
    std::int64_t take(Ring& ring, Digest& digest) {
        if (!ring.pop_one(input)) {
            patience.again();
            return 0;
        }
        patience.enough();
        digest.add(input);
        return 1;
    }
};

struct Batches {
    Patience patience;
    std::vector<Input> inputs = std::vector<Input>(batch_size, walk_trade(0, market_open));

    template <typename Ring>
    std::int64_t give(Ring& ring, std::int64_t n) {
        for (std::size_t i = 0; i < batch_size; ++i)
            inputs[i].ts_receive = n + static_cast<std::int64_t>(i);
        for (std::span<const Input> left = inputs; !left.empty();) {
            const std::size_t pushed = ring.push(left);
            left = left.subspan(pushed);
            pushed == 0 ? patience.again() : patience.enough();
        }
        return n + static_cast<std::int64_t>(batch_size);
    }
    template <typename Ring>
    std::int64_t take(Ring& ring, Digest& digest) {
        const std::size_t n = ring.pop(inputs);
        n == 0 ? patience.again() : patience.enough();
        for (std::size_t i = 0; i < n; ++i) digest.add(inputs[i]);
        return static_cast<std::int64_t>(n);
    }
};

void between_threads(benchmark::internal::Benchmark* one) {
    one->UseManualTime()->Iterations(1);
}
BENCHMARK(two_threads<BoostRing, Singly>)
    ->Name("ring_single/yardstick:boost_lockfree")
    ->Apply(between_threads);
BENCHMARK(two_threads<OurRing, Singly>)->Name("ring_single/ours:ring")->Apply(between_threads);
BENCHMARK(two_threads<BoostRing, Batches>)
    ->Name("ring_batch/yardstick:boost_lockfree")
    ->Apply(between_threads);
BENCHMARK(two_threads<OurRing, Batches>)->Name("ring_batch/ours:ring")->Apply(between_threads);

/// Push and pop by one thread, turn by turn: the cost without any cache line changing cores.
template <typename Ring>
void one_thread_single(benchmark::State& state) {
    const auto ring = std::make_unique<Ring>();
    Input input = walk_trade(0, market_open), out = input;
    Digest digest;
    for (std::int64_t n = 0; n < 1000; ++n) {
        input.ts_receive = n;
        if (!ring->push(input) || !ring->pop_one(out)) state.SkipWithError("an item was lost");
        digest.add(out);
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(ring->push(input));
        benchmark::DoNotOptimize(ring->pop_one(out));
        benchmark::DoNotOptimize(out);
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["checksum"] = static_cast<double>(digest.value);
}
BENCHMARK(one_thread_single<BoostRing>)->Name("ring_single_one_thread/yardstick:boost_lockfree");
BENCHMARK(one_thread_single<OurRing>)->Name("ring_single_one_thread/ours:ring");

template <typename Ring>
void one_thread_batch(benchmark::State& state) {
    const auto ring = std::make_unique<Ring>();
    std::vector<Input> inputs(batch_size, walk_trade(0, market_open)), out(batch_size);
    Digest digest;
    for (std::int64_t n = 0; n < 1000; ++n) {
        for (std::size_t i = 0; i < batch_size; ++i)
            inputs[i].ts_receive = n * 64 + static_cast<std::int64_t>(i);
        if (ring->push(std::span<const Input>(inputs)) != batch_size ||
            ring->pop(out) != batch_size)
            state.SkipWithError("items were lost");
        for (const Input& input : out) digest.add(input);
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(ring->push(std::span<const Input>(inputs)));
        benchmark::DoNotOptimize(ring->pop(out));
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_size));
    state.counters["checksum"] = static_cast<double>(digest.value);
}
BENCHMARK(one_thread_batch<BoostRing>)->Name("ring_batch_one_thread/yardstick:boost_lockfree");
BENCHMARK(one_thread_batch<OurRing>)->Name("ring_batch_one_thread/ours:ring");

// ---- there and back ----

/// Two cache lines and nothing else: each side writes its own and waits for the other's.
struct CacheLines {
    struct alignas(128) Line {
        std::atomic<std::int64_t> value{-1};
        std::int64_t seen = -1;
    };
    std::array<Line, 2> lines;
    void send(std::size_t way, const Input& input) {
        lines[way].value.store(input.ts_receive, std::memory_order_release);
    }
    bool receive(std::size_t way, Input& input) {
        const std::int64_t now = lines[way].value.load(std::memory_order_acquire);
        if (now == input.ts_receive) return false;
        input.ts_receive = now;
        return true;
    }
};
template <typename Ring>
struct TwoRings {
    std::array<Ring, 2> rings;
    void send(std::size_t way, const Input& input) { rings[way].push(input); }
    bool receive(std::size_t way, Input& input) { return rings[way].pop_one(input); }
};

template <typename Wire>
void round_trip(benchmark::State& state) {
    constexpr std::int64_t trips = 2'000;
    Digest digest;
    for (auto _ : state) {
        digest = {};
        const auto wire = std::make_unique<Wire>();
        Notes there, here;
        std::thread echo([&] {
            const OnCore core(1);
            Input input = walk_trade(0, market_open);
            input.ts_receive = -1;
            Patience patience;
            for (std::int64_t n = 0; n < trips * chunks; ++n) {
                if (n % trips == 0) there.note(n / trips);
                while (!wire->receive(0, input)) patience.soon();
                patience.enough();
                wire->send(1, input);
            }
            there.note(chunks);
        });
        const OnCore core(0);
        Input input = walk_trade(0, market_open), back = input;
        back.ts_receive = -1;
        Patience patience;
        for (std::int64_t n = 0; n < trips * chunks; ++n) {
            if (n % trips == 0) here.note(n / trips);
            input.ts_receive = n;
            wire->send(0, input);
            while (!wire->receive(1, back)) patience.soon();
            patience.enough();
            digest.add(back);
        }
        here.note(chunks);
        echo.join();
        report(state, here, there, trips);
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["checksum"] = static_cast<double>(digest.value);
}
BENCHMARK(round_trip<CacheLines>)
    ->Name("ring_round_trip/floor:cache_lines")
    ->Apply(between_threads);
BENCHMARK(round_trip<TwoRings<BoostRing>>)
    ->Name("ring_round_trip/yardstick:boost_lockfree")
    ->Apply(between_threads);
BENCHMARK(round_trip<TwoRings<OurRing>>)->Name("ring_round_trip/ours:ring")->Apply(between_threads);

}  // namespace
}  // namespace contagiond::bench
