// SpscRing: the lock-free hand-over between exactly one producing and one consuming thread.
//
// Each slot carries a sequence stamp beside its payload. The consumer learns from the stamp that a
// slot is filled, the producer from the consumer's published head that one is free, so that in the
// usual case one cache line moves per item instead of three (payload, head, tail). The head is
// published every quarter of the ring.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace contagiond::core {

/// Bounded queue of `T`. try_push: producer thread only. pop: consumer thread only. Neither ever
/// waits, locks or allocates. Capacity is rounded up to a power of two, at least 8.
template <typename T>
class SpscRing {
    static_assert(std::is_nothrow_move_assignable_v<T> && std::is_default_constructible_v<T>);

  public:
    explicit SpscRing(std::size_t capacity)
        : mask_(round_up(capacity) - 1),
          publish_mask_((mask_ + 1) / 4 - 1),
          slots_(std::make_unique<Slot[]>(mask_ + 1)) {}

    SpscRing(const SpscRing&) = delete;
    SpscRing& operator=(const SpscRing&) = delete;

    std::size_t capacity() const { return mask_ + 1; }

    /// Producer. Whether the next push will be taken.
    bool has_room() {
        if (tail_ - head_seen_ <= mask_) return true;
        head_seen_ = head_published_.load(std::memory_order_acquire);
        return tail_ - head_seen_ <= mask_;
    }

    /// Producer. False when full: nothing was taken and `value` is unchanged.
    bool try_push(T&& value) {
        if (!has_room()) return false;
        Slot& slot = slots_[tail_ & mask_];
        slot.value = std::move(value);
        // Release: whoever sees the stamp sees the value.
        slot.stamp.store(++tail_, std::memory_order_release);
        return true;
    }
    bool try_push(const T& value) {
        if (!has_room()) return false;
        Slot& slot = slots_[tail_ & mask_];
        slot.value = value;
        slot.stamp.store(++tail_, std::memory_order_release);
        return true;
    }

    /// Consumer. Moves up to out.size() items into `out` and tells how many.
    std::size_t pop(std::span<T> out) {
        std::size_t n = 0;
        while (n < out.size()) {
            Slot& slot = slots_[head_ & mask_];
            if (slot.stamp.load(std::memory_order_acquire) != head_ + 1) break;
            out[n++] = std::move(slot.value);
            ++head_;
            if ((head_ & publish_mask_) == 0) publish();
        }
        // An emptied ring is published whole, so that a producer that found it full gets all of it
        // back.
        if (n < out.size() && published_ != head_) publish();
        return n;
    }

    /// Consumer. Whether the next pop would give nothing.
    bool empty() const {
        return slots_[head_ & mask_].stamp.load(std::memory_order_acquire) != head_ + 1;
    }

    /// Consumer. Items waiting; exact for the consumer at some moment during the call, O(log n).
    std::size_t used() const {
        std::size_t low = 0, high = mask_ + 1;  // slots [head, head + low) are filled
        while (low < high) {
            const std::size_t mid = (low + high + 1) / 2;
            const std::uint64_t position = head_ + mid;
            if (slots_[(position - 1) & mask_].stamp.load(std::memory_order_acquire) == position)
                low = mid;
            else
                high = mid - 1;
        }
        return low;
    }

  private:
    /// A payload of up to 56 bytes shares its line with the stamp; larger ones start on a line of
    /// their own.
    struct alignas(64) Slot {
        std::atomic<std::uint64_t> stamp{0};  ///< position + 1 once filled
        T value{};
    };

    static std::size_t round_up(std::size_t n) {
        std::size_t power = 8;
        while (power < n) power *= 2;
        return power;
    }

    void publish() {
        published_ = head_;
        head_published_.store(head_, std::memory_order_release);
    }

    // 128 bytes apart: the adjacent-line prefetcher pulls lines in pairs.
    const std::uint64_t mask_;
    const std::uint64_t publish_mask_;
    const std::unique_ptr<Slot[]> slots_;
    alignas(128) std::uint64_t tail_ = 0;  ///< producer: next position to fill
    std::uint64_t head_seen_ = 0;          ///< producer: last published head it read
    alignas(128) std::uint64_t head_ = 0;  ///< consumer: next position to take
    std::uint64_t published_ = 0;          ///< consumer: head it published last
    alignas(128) std::atomic<std::uint64_t> head_published_{0};
};

}  // namespace contagiond::core
