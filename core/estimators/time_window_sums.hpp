// TimeWindowSums: sums of N terms over the time window (t - length, t], of which nothing is ever
// subtracted.
//
// The entries are a queue of two parts. The older part holds, in place of its values, the sums from
// each entry to the part's end; of the newer part there is one running sum. The window is the first
// of the older plus that running sum. When the older part has left the window entirely, the newer
// one becomes it: its values are replaced by suffix sums, from the end. So a large term that leaves
// takes all of itself along. (The queue of two stacks; see Tangwongsan, Hirzel and Schneider,
// "Low-latency sliding-window aggregation", 2017.)
//
// Cost: O(1) amortised an entry, with O(entries) work when the parts change. Memory: 8·(N+1) bytes
// an entry. Error: a few eps of the sum of absolute values in the window, whatever went before.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/estimators/compensated_sum.hpp"
#include "core/estimators/tick_series.hpp"

namespace contagiond::core {

struct TimeWindow {
    DurationNs length = 0;  ///< 0: no window, everything since the start
    /// Entries less than this apart share a place and leave with the last of them, so that the
    /// window reaches back by up to so much more. 0: every entry leaves on its own.
    DurationNs resolution = 0;
    /// Entries held when resolution is 0; otherwise it follows from the two lengths.
    std::uint32_t capacity = 0;
};

/// One thread. Never allocates after construction.
template <std::size_t N>
class TimeWindowSums {
  public:
    using Terms = std::array<double, N>;

    explicit TimeWindowSums(const TimeWindow& window) : length_(window.length) {
        if (!windowed()) return;
        std::uint64_t entries = window.capacity;
        if (window.resolution > 0) {
            resolution_ = window.resolution;
            // Places begin at least a resolution apart; the change of parts cuts two short.
            entries = static_cast<std::uint64_t>(length_ / resolution_) + 4;
        }
        ring_.resize(std::bit_ceil(std::max<std::uint64_t>(entries, 2)));
        mask_ = ring_.size() - 1;
    }

    /// `ts` not below that of the entry before.
    void add(TimeNs ts, const Terms& terms) {
        if (windowed()) {
            if (!shares_newest(ts)) open_place(ts);
            Entry& newest = at(tail_ - 1);
            newest.ts = ts;
            for (std::size_t i = 0; i < N; ++i) newest.terms[i] += terms[i];
        }
        // Adding zero changes nothing, and most terms are zero.
        for (std::size_t i = 0; i < N; ++i)
            if (terms[i] != 0) newer_[i].add(terms[i]);
    }

    /// An entry all of whose terms are zero but one.
    void add(TimeNs ts, std::size_t term, double value) {
        if (windowed()) {
            if (!shares_newest(ts)) open_place(ts);
            Entry& newest = at(tail_ - 1);
            newest.ts = ts;
            newest.terms[term] += value;
        }
        newer_[term].add(value);
    }

    /// Entries with stamps up to ts - length leave.
    void advance_to(TimeNs ts) {
        if (!windowed()) return;
        const TimeNs left = add_saturated(ts, -length_);
        while (head_ != tail_ && at(head_).ts <= left) drop_oldest();
    }

    /// Of the window, with one more entry as if it had been added.
    Terms sums(const Terms& more = {}) const {
        Terms sums{};
        for (std::size_t i = 0; i < N; ++i) {
            CompensatedSum newer = newer_[i];
            newer.add(more[i]);
            sums[i] = newer.value();
            if (head_ != middle_) sums[i] += ring_[head_ & mask_].terms[i];
        }
        return sums;
    }

    /// Entries that had to leave before their time because the ring was full. The sums are then
    /// those of a shorter window.
    std::uint64_t left_early() const { return left_early_; }
    std::size_t capacity() const { return ring_.size(); }
    bool windowed() const { return length_ > 0; }
    DurationNs length() const { return length_; }

  private:
    struct Entry {
        TimeNs ts = 0;
        Terms terms{};  ///< its own in the newer part, from here to the part's end in the older
    };

    Entry& at(std::uint64_t position) { return ring_[position & mask_]; }

    bool shares_newest(TimeNs ts) const {
        return tail_ != middle_ && subtract_saturated(ts, ts_place_) < resolution_;
    }

    void open_place(TimeNs ts) {
        if (tail_ - head_ == ring_.size()) {
            drop_oldest();
            ++left_early_;
        }
        at(tail_++) = {ts, {}};
        ts_place_ = ts;
    }

    void drop_oldest() {
        if (head_ == middle_) change_parts();
        ++head_;
    }

    void change_parts() {
        std::array<CompensatedSum, N> suffix{};
        for (std::uint64_t p = tail_; p-- > head_;) {
            for (std::size_t i = 0; i < N; ++i) {
                suffix[i].add(at(p).terms[i]);
                at(p).terms[i] = suffix[i].value();
            }
        }
        middle_ = tail_;
        newer_ = {};
    }

    DurationNs length_ = 0;
    DurationNs resolution_ = 0;
    std::vector<Entry> ring_;  ///< a power of two
    std::uint64_t mask_ = 0;
    std::uint64_t head_ = 0;    ///< oldest entry
    std::uint64_t middle_ = 0;  ///< first of the newer part
    std::uint64_t tail_ = 0;    ///< behind the newest
    std::array<CompensatedSum, N> newer_{};
    TimeNs ts_place_ = 0;  ///< first stamp of the newest place
    std::uint64_t left_early_ = 0;
};

}  // namespace contagiond::core
