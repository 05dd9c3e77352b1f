// LatestValue: a few words that one thread at a time writes and any thread reads whole. A
// sequence lock (Boehm 2012, "Can seqlocks get along with programming language memory models?"):
// the writer never waits, and a reader who met it half done looks again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace contagiond::sinks {

template <typename T>
class LatestValue {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    /// Writer only; never blocks, allocates nothing.
    void store(const T& value) {
        Words words{};
        std::memcpy(words.data(), &value, sizeof value);
        const std::uint64_t before = sequence_.load(std::memory_order_relaxed);
        sequence_.store(before + 1, std::memory_order_relaxed);  // odd: half done
        // Each word is released, so that whoever reads a new one finds the odd number too.
        for (std::size_t i = 0; i < words.size(); ++i)
            words_[i].store(words[i], std::memory_order_release);
        sequence_.store(before + 2, std::memory_order_release);
    }

    /// Any thread. Absent before the first store, and where the writer was at it each time: it may
    /// have been put to sleep half-way, and nobody is to wait for that.
    std::optional<T> load() const {
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            const std::uint64_t before = sequence_.load(std::memory_order_acquire);
            if (before == 0) return std::nullopt;
            Words words;
            for (std::size_t i = 0; i < words.size(); ++i)
                words[i] = words_[i].load(std::memory_order_acquire);
            if (before % 2 == 0 && sequence_.load(std::memory_order_relaxed) == before) {
                T value;
                std::memcpy(static_cast<void*>(&value), words.data(), sizeof value);
                return value;
            }
        }
        return std::nullopt;
    }

  private:
    static constexpr int attempts_max = 100;
    using Words = std::array<std::uint64_t, (sizeof(T) + 7) / 8>;
    std::atomic<std::uint64_t> sequence_{0};
    std::array<std::atomic<std::uint64_t>, std::tuple_size_v<Words>> words_{};
};

}  // namespace contagiond::sinks
