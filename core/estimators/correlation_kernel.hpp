// The inner loops of CorrelationLanes, compiled once a width of the machine's registers.
//
// A group is eight pairs, each quantity of theirs in eight doubles side by side. Every loop is over
// the eight, without a branch, so that the compiler makes vectors of it: four of two lanes, two of
// four or one of eight. The results are the same to the bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace contagiond::core {

inline constexpr std::size_t lanes_a_group = 8;
using LaneValues = double[lanes_a_group];

/// Width of the registers the loops are compiled for.
enum class LaneWidth : std::uint8_t {
    two,   ///< any machine
    four,  ///< AVX2
    eight  ///< AVX-512
};
inline constexpr LaneWidth lane_widths[] = {LaneWidth::two, LaneWidth::four, LaneWidth::eight};
bool has_lanes(LaneWidth width);
/// The widest this machine has.
LaneWidth widest_lanes();

/// A value of either side: a row (NaN where there is none), or what a block is centred on.
struct alignas(64) PairLanes {
    LaneValues x{}, y{};
};

/// Count, means and centred sums of some rows, relative to their block's anchor.
struct alignas(64) MomentLanes {
    LaneValues n{}, mean_x{}, mean_y{}, sxx{}, syy{}, sxy{};
};

/// The latest values of a pair, and for how many rows with values each has stood.
struct RunLanes {
    PairLanes last, rows;
};

struct alignas(64) ResultLanes {
    LaneValues rho{};   ///< NaN where it is undefined
    LaneValues rows{};  ///< of the window, with both values
};

/// Quotients of counts when every pair has values in every row: n of the newer block before a row,
/// then a of the older rows and b of the newer with it.
struct FullQuotients {
    double weight;   ///< n/(n+1)
    double share;    ///< 1/(n+1)
    double between;  ///< a·b/(a+b)
};

/// One row into the newer block of a window, and the window's correlations after it.
struct StepWork {
    std::size_t groups;
    const PairLanes* row;
    const RunLanes* runs;  ///< with this row
    MomentLanes* newer;
    PairLanes* newer_anchor;
    const MomentLanes* older;  ///< of the rows of the older block still in the window
    const PairLanes* older_anchor;
    bool full_row;     ///< every pair has both values in this row and in all of the newer block
    bool full_window;  ///< and in the older rows too, of which there are some
    FullQuotients known;
    double rows_min;
    ResultLanes* results;
};

/// Backwards over rows of the older block: to each the moments of all behind it are merged.
struct BackWork {
    std::size_t groups;
    const PairLanes* ring;  ///< `groups` a row
    std::size_t ring_rows;
    std::size_t last;   ///< row of the ring to begin with
    std::size_t count;  ///< of rows, backwards
    std::size_t full;   ///< of the first so many of them, and of all behind, every pair has values
    const double* weights;  ///< n/(n+1) for each row, n of the rows behind it, when all are full
    const PairLanes* anchor;
    const MomentLanes* behind;  ///< moments of what lies behind the last row
    MomentLanes* to;  ///< moments from the last row on; those of a row before stand before
};

struct CorrelationKernel {
    void (*take)(std::size_t groups, const PairLanes* row, RunLanes* runs);
    void (*step)(const StepWork&);
    void (*go_back)(const BackWork&);
};

/// `width` must be one the machine has.
const CorrelationKernel& correlation_kernel(LaneWidth width);

}  // namespace contagiond::core
