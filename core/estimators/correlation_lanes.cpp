#include "core/estimators/correlation_lanes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contagiond::core {
namespace {

std::size_t groups_of(std::size_t pairs) {
    return (pairs + lanes_a_group - 1) / lanes_a_group;
}

/// Up to this many rows all suffixes of a block are at hand: they take little, and going over the
/// block a second time is saved.
constexpr std::uint32_t rows_at_hand = 96;

std::uint32_t stride_of(std::uint32_t rows) {
    if (rows <= rows_at_hand) return rows;
    std::uint32_t root = 1;
    while (static_cast<std::uint64_t>(root) * root < rows) ++root;
    return root;
}

}  // namespace

CorrelationLanes::CorrelationLanes(std::span<const Pair> pairs, std::span<const Window> windows,
                                   LaneWidth width)
    : pair_count_(pairs.size()),
      places_(pairs.begin(), pairs.end()),
      groups_(groups_of(pairs.size())),
      kernel_(correlation_kernel(width)),
      runs_(groups_),
      no_rows_(groups_) {
    if (!pairs.empty()) places_.resize(groups_ * lanes_a_group, pairs.back());
    windows_.reserve(windows.size());
    for (const Window& window : windows) {
        ring_rows_ = std::max<std::size_t>(ring_rows_, window.rows);
        WindowLanes& lanes = windows_.emplace_back();
        lanes.rows = window.rows;
        lanes.stride = stride_of(window.rows);
        lanes.rows_min = static_cast<double>(std::max(window.rows_min, 2u));
        lanes.between.reserve(window.rows + 1);
        for (std::uint32_t newer = 0; newer <= window.rows; ++newer)
            lanes.between.push_back(static_cast<double>(window.rows - newer) * newer / window.rows);
        lanes.newer.resize(groups_);
        lanes.newer_anchor.resize(groups_);
        lanes.older_anchor.resize(groups_);
        lanes.behind.resize(groups_ * ((lanes.rows + lanes.stride - 1) / lanes.stride));
        lanes.suffixes.resize(groups_ * lanes.stride);
    }
    ring_.resize(ring_rows_ * groups_);
    ResultLanes none;
    std::fill_n(none.rho, lanes_a_group, std::numeric_limits<double>::quiet_NaN());
    results_.resize(windows.size() * groups_, none);
    weights_.reserve(ring_rows_ + 1);
    shares_.reserve(ring_rows_ + 1);
    for (std::size_t n = 0; n <= ring_rows_; ++n) {
        const auto count = static_cast<double>(n);
        weights_.push_back(count / (count + 1));
        shares_.push_back(1 / (count + 1));
    }
}

void CorrelationLanes::make_suffixes(WindowLanes& window, std::uint32_t stride,
                                     std::uint32_t age) const {
    const std::uint32_t first = stride * window.stride;
    const std::uint32_t end = std::min(first + window.stride, window.rows);
    const std::size_t back = age + (window.rows - end);
    kernel_.go_back({groups_, ring_.data(), ring_rows_,
                     newest_ >= back ? newest_ - back : newest_ + ring_rows_ - back, end - first,
                     end - std::clamp(window.older_gap, first, end),
                     weights_.data() + (window.rows - end), window.older_anchor.data(),
                     window.behind.data() + stride * groups_,
                     window.suffixes.data() + (end - first - 1) * groups_});
}

void CorrelationLanes::flip(WindowLanes& window) {
    // The last value is what the block is centred on from here: it stays in the window for as long
    // as any of the block does.
    for (std::size_t g = 0; g < groups_; ++g) window.older_anchor[g] = runs_[g].last;
    window.have_older = true;
    window.newer_count = 0;
    window.older_gap = window.newer_gap;
    window.newer_gap = 0;
    std::fill(window.newer.begin(), window.newer.end(), MomentLanes{});
    std::fill(window.newer_anchor.begin(), window.newer_anchor.end(), PairLanes{});
    // From the last stride, behind which there is nothing, to the first, which is needed next.
    for (std::uint32_t stride = (window.rows - 1) / window.stride; stride > 0; --stride) {
        make_suffixes(window, stride, 0);
        std::copy_n(window.suffixes.begin(), groups_,
                    window.behind.begin() + static_cast<std::ptrdiff_t>((stride - 1) * groups_));
    }
    make_suffixes(window, 0, 0);
}

void CorrelationLanes::push(std::span<const double> row) {
    if (groups_ == 0 || windows_.empty()) return;
    for (WindowLanes& window : windows_)
        if (window.newer_count == window.rows) flip(window);

    newest_ = newest_ + 1 < ring_rows_ ? newest_ + 1 : 0;
    PairLanes* const newest = ring_.data() + newest_ * groups_;
    std::size_t present = 0;
    for (std::size_t g = 0; g < groups_; ++g) {
        const Pair* const places = places_.data() + g * lanes_a_group;
        for (std::size_t l = 0; l < lanes_a_group; ++l) {
            const double x = row[places[l].x], y = row[places[l].y];
            newest[g].x[l] = x;
            newest[g].y[l] = y;
            present += !std::isunordered(x, y);
        }
    }
    const bool full = present == lanes();
    kernel_.take(groups_, newest, runs_.data());

    ResultLanes* results = results_.data();
    for (WindowLanes& window : windows_) {
        const std::uint32_t count = ++window.newer_count;
        const bool older = window.have_older && count < window.rows;
        const std::uint32_t in_stride = count % window.stride;
        if (older && in_stride == 0) make_suffixes(window, count / window.stride, count);
        if (!full) window.newer_gap = count;
        const bool newer_full = window.newer_gap == 0;
        const bool older_full = older && count >= window.older_gap;
        kernel_.step({groups_,
                      newest,
                      runs_.data(),
                      window.newer.data(),
                      window.newer_anchor.data(),
                      older ? window.suffixes.data() + in_stride * groups_ : no_rows_.data(),
                      window.older_anchor.data(),
                      newer_full && count > 1,
                      newer_full && older_full,
                      {weights_[count - 1], shares_[count - 1], window.between[count]},
                      window.rows_min,
                      results});
        results += groups_;
    }
}

}  // namespace contagiond::core
