#include "core/estimators/correlation_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

// Inlined into each of the functions below, which say what registers they are compiled for.
#define CONTAGIOND_LANES __attribute__((always_inline)) inline

namespace contagiond::core {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double largest = std::numeric_limits<double>::max();

CONTAGIOND_LANES void extend(const PairLanes& __restrict row, RunLanes& __restrict runs) {
    for (std::size_t l = 0; l < lanes_a_group; ++l) {
        const double x = row.x[l], y = row.y[l];
        const bool present = !__builtin_isunordered(x, y);
        const double run_x = x == runs.last.x[l] ? runs.rows.x[l] + 1 : 1;
        const double run_y = y == runs.last.y[l] ? runs.rows.y[l] + 1 : 1;
        runs.rows.x[l] = present ? run_x : runs.rows.x[l];
        runs.rows.y[l] = present ? run_y : runs.rows.y[l];
        runs.last.x[l] = present ? x : runs.last.x[l];
        runs.last.y[l] = present ? y : runs.last.y[l];
    }
}

CONTAGIOND_LANES void take_lanes(std::size_t groups, const PairLanes* row, RunLanes* runs) {
    for (std::size_t g = 0; g < groups; ++g) extend(row[g], runs[g]);
}

// Masks, and quotients of counts, are much of the work, as vector units divide slowly. Where all
// rows so far are full (every pair has its values), lanes need no mask and have one count between
// them, so that quotients are known beforehand. The results are the same: `full` saves work.

/// merge(newer, single(row)). An absent row has distances of 0, which leave means and sums alone.
/// The first row is never told as full.
template <bool full>
CONTAGIOND_LANES void add_row(const PairLanes& __restrict row, MomentLanes& __restrict newer,
                              PairLanes& __restrict anchor, const FullQuotients& known) {
    for (std::size_t l = 0; l < lanes_a_group; ++l) {
        const double x = row.x[l], y = row.y[l], n = newer.n[l];
        const bool present = full || !__builtin_isunordered(x, y);
        const bool first = !full && present & (n == 0);
        const double anchor_x = first ? x : anchor.x[l];
        const double anchor_y = first ? y : anchor.y[l];
        const double from_mean_x = (x - anchor_x) - newer.mean_x[l];
        const double from_mean_y = (y - anchor_y) - newer.mean_y[l];
        const double dx = present ? from_mean_x : 0;
        const double dy = present ? from_mean_y : 0;
        const double weight = full ? known.weight : n / (n + 1);
        const double share = full ? known.share : 1 / (n + 1);
        anchor.x[l] = anchor_x;
        anchor.y[l] = anchor_y;
        newer.mean_x[l] += dx * share;
        newer.mean_y[l] += dy * share;
        newer.sxx[l] += dx * dx * weight;
        newer.syy[l] += dy * dy * weight;
        newer.sxy[l] += dx * dy * weight;
        newer.n[l] = present ? n + 1 : n;
    }
}

/// merge(older, newer) and its correlation. A block without rows has no distance: `full` ones have
/// some.
template <bool full>
CONTAGIOND_LANES void correlate(const MomentLanes& older, const PairLanes& older_anchor,
                                const MomentLanes& newer, const PairLanes& newer_anchor,
                                const RunLanes& runs, const FullQuotients& known, double rows_min,
                                ResultLanes& __restrict result) {
    for (std::size_t l = 0; l < lanes_a_group; ++l) {
        const double n = older.n[l] + newer.n[l];
        const bool both = full || ((older.n[l] > 0) & (newer.n[l] > 0));
        const double shift_x = newer_anchor.x[l] - older_anchor.x[l];
        const double shift_y = newer_anchor.y[l] - older_anchor.y[l];
        const double between_x = (newer.mean_x[l] + shift_x) - older.mean_x[l];
        const double between_y = (newer.mean_y[l] + shift_y) - older.mean_y[l];
        const double dx = both ? between_x : 0;
        const double dy = both ? between_y : 0;
        const double weight = full ? known.between : older.n[l] * newer.n[l] / n;
        const double sxx = older.sxx[l] + newer.sxx[l] + dx * dx * weight;
        const double syy = older.syy[l] + newer.syy[l] + dy * dy * weight;
        const double sxy = older.sxy[l] + newer.sxy[l] + dx * dy * weight;
        const double rho = sxy / (std::sqrt(sxx) * std::sqrt(syy));
        const bool defined = (n >= rows_min) & (runs.rows.x[l] < n) & (runs.rows.y[l] < n) &
                             (std::abs(rho) <= largest);
        const double at_least = rho < -1 ? -1 : rho;
        const double clipped = at_least > 1 ? 1 : at_least;
        result.rho[l] = defined ? clipped : none;
        result.rows[l] = n;
    }
}

CONTAGIOND_LANES void step_lanes(const StepWork& work) {
    for (std::size_t g = 0; g < work.groups; ++g) {
        if (work.full_row)
            add_row<true>(work.row[g], work.newer[g], work.newer_anchor[g], work.known);
        else
            add_row<false>(work.row[g], work.newer[g], work.newer_anchor[g], work.known);
        if (work.full_window)
            correlate<true>(work.older[g], work.older_anchor[g], work.newer[g],
                            work.newer_anchor[g], work.runs[g], work.known, work.rows_min,
                            work.results[g]);
        else
            correlate<false>(work.older[g], work.older_anchor[g], work.newer[g],
                             work.newer_anchor[g], work.runs[g], work.known, work.rows_min,
                             work.results[g]);
    }
}

/// merge(single(row), behind).
template <bool full>
CONTAGIOND_LANES void put_before(const PairLanes& row, const PairLanes& anchor,
                                 const MomentLanes& behind, double known_weight,
                                 MomentLanes& __restrict to) {
    for (std::size_t l = 0; l < lanes_a_group; ++l) {
        const double x = row.x[l], y = row.y[l], n = behind.n[l];
        const bool present = full || !__builtin_isunordered(x, y);
        const double own_x = x - anchor.x[l], own_y = y - anchor.y[l];
        const double from_x = behind.mean_x[l] - own_x, from_y = behind.mean_y[l] - own_y;
        const double dx = present ? from_x : 0;
        const double dy = present ? from_y : 0;
        // Which is also the share of what lies behind.
        const double weight = full ? known_weight : n / (n + 1);
        const double mean_x = own_x + dx * weight, mean_y = own_y + dy * weight;
        to.mean_x[l] = present ? mean_x : behind.mean_x[l];
        to.mean_y[l] = present ? mean_y : behind.mean_y[l];
        to.sxx[l] = behind.sxx[l] + dx * dx * weight;
        to.syy[l] = behind.syy[l] + dy * dy * weight;
        to.sxy[l] = behind.sxy[l] + dx * dy * weight;
        to.n[l] = present ? n + 1 : n;
    }
}

CONTAGIOND_LANES void go_back_lanes(const BackWork& work) {
    const MomentLanes* behind = work.behind;
    MomentLanes* to = work.to;
    std::size_t row = work.last;
    for (std::size_t done = 0; done < work.count; ++done) {
        const PairLanes* const lanes = work.ring + row * work.groups;
        const double weight = work.weights[done];
        if (done < work.full)
            for (std::size_t g = 0; g < work.groups; ++g)
                put_before<true>(lanes[g], work.anchor[g], behind[g], weight, to[g]);
        else
            for (std::size_t g = 0; g < work.groups; ++g)
                put_before<false>(lanes[g], work.anchor[g], behind[g], weight, to[g]);
        behind = to;
        if (done + 1 < work.count) to -= work.groups;
        row = row > 0 ? row - 1 : work.ring_rows - 1;
    }
}

void take_two(std::size_t groups, const PairLanes* row, RunLanes* runs) {
    take_lanes(groups, row, runs);
}
void step_two(const StepWork& work) {
    step_lanes(work);
}
void go_back_two(const BackWork& work) {
    go_back_lanes(work);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void take_four(std::size_t groups, const PairLanes* row,
                                               RunLanes* runs) {
    take_lanes(groups, row, runs);
}
__attribute__((target("avx2"))) void step_four(const StepWork& work) {
    step_lanes(work);
}
__attribute__((target("avx2"))) void go_back_four(const BackWork& work) {
    go_back_lanes(work);
}
__attribute__((target("avx512f"))) void take_eight(std::size_t groups, const PairLanes* row,
                                                   RunLanes* runs) {
    take_lanes(groups, row, runs);
}
__attribute__((target("avx512f"))) void step_eight(const StepWork& work) {
    step_lanes(work);
}
__attribute__((target("avx512f"))) void go_back_eight(const BackWork& work) {
    go_back_lanes(work);
}
constexpr CorrelationKernel kernels[] = {{take_two, step_two, go_back_two},
                                         {take_four, step_four, go_back_four},
                                         {take_eight, step_eight, go_back_eight}};
#else
constexpr CorrelationKernel kernels[] = {{take_two, step_two, go_back_two}};
#endif

}  // namespace

bool has_lanes(LaneWidth width) {
#if defined(__x86_64__)
    switch (width) {
        case LaneWidth::two:
            return true;
        case LaneWidth::four:
            return __builtin_cpu_supports("avx2") > 0;
        case LaneWidth::eight:
            return __builtin_cpu_supports("avx512f") > 0;
    }
    return false;
#else
    return width == LaneWidth::two;
#endif
}

LaneWidth widest_lanes() {
    LaneWidth widest = LaneWidth::two;
    for (const LaneWidth width : lane_widths)
        if (has_lanes(width)) widest = width;
    return widest;
}

const CorrelationKernel& correlation_kernel(LaneWidth width) {
    return kernels[std::min(static_cast<std::size_t>(width), std::size(kernels) - 1)];
}

}  // namespace contagiond::core
