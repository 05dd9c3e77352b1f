// LeadLagStudy: by how many seconds one series leads another, how sure that is, and whether there
// is a lead at all. LeadLag gives the point; this adds the interval and the doubt.
//
//     rho(θ) = HY(x, y shifted by -θ) / sqrt(rv_x·rv_y), over the returns that end in (from, to]
//     theta  = the θ with the largest |rho(θ)|; of equals the smaller |θ|, then the positive one
//     theta* = the same of a window put together from blocks of this one, drawn with replacement
//     interval95 = the 2.5 % and 97.5 % quantiles of theta*, widened by half a step of the grid
//     se²(θ) = (G-1)/G·Σ_g (rho_-g(θ) - mean)², rho_-g(θ) without block g: the jackknife
//     p      = K·P(|T| >= |rho(theta)|/se(theta)), T of Student with G - 1 degrees of freedom
//
// HY is the sum of Hayashi and Yoshida; θ > 0: x leads, what it does now y does θ later. rho(θ) on
// the given lags, and llr, are LeadLag's numbers for the same ticks (see lead_lag.hpp). Sources:
// Hoffmann, Rosenbaum and Yoshida, Bernoulli 19 (2013), for theta; Efron, "The Jackknife, the
// Bootstrap and Other Resampling Plans" (1982); Carlstein, Annals of Statistics 14 (1986), for
// blocks that do not overlap, after Künsch, Annals of Statistics 17 (1989), for those that do.
//
// Lags. In dense series |rho(θ)| is a peak no wider than the intervals between ticks: a grid
// coarser than those passes it by, however strong the lead. So the gaps of the given lags are
// filled in equal steps of at most half the mean interval (weighted by squared returns, of both
// sides together), but not less than `resolution`. Then the two gaps beside the best lag are cut in
// ten each, down to `resolution`. Where `lags_max` is too small for the filling, gaps stay wider:
// `gap` tells.
//
// Below half the mean interval (`finest`) the peak is flat, above all where the stamps of both
// series coincide, and noise alone decides which lag of it is the largest. Such a theta is told but
// is no lead. None at all is shorter than `resolution`: messages of one venue may be some
// milliseconds out of order.
//
// Blocks. The window is cut into equal blocks. A product belongs to the block in which the later of
// its two intervals ends, a squared return to that of its own end. Products are made before the
// blocks are drawn, so no lag is cut by the joint of two blocks, and blocks need only be longer
// than the memory of the products: plain resampling of the same sums that the jackknife uses is
// enough. The draws come from a fixed seed: equal ticks give equal numbers.
//
// Selection. theta is the largest of K lags looked at, so its own p is multiplied by K
// (Bonferroni). K counts the given lags and those that fill the gaps; neighbours are correlated,
// which makes the bound the safe one. Few blocks make a doubtful se, hence Student's T. There is a
// lead when p is at most `p_max`, the interval does not hold zero, and theta is neither finer than
// the ticks nor at the edge of the lags. Resampled windows carry the noise of the blocks a second
// time: the interval is on the wide side, and wide open where the link is weak.
//
// A lead that is spread over much more time than the ticks lie apart (y follows slowly) has a low,
// broad rho, which one window of some minutes seldom lifts above doubt.
//
// Cost: at most n + m steps a lag for n + m ticks, and 0.6·resamples·blocks a lag for the interval.
// Ticks a second apart (900 a side, 480 lags): 1.5 ms. Ticks 0.1 s apart (9,000 a side, 2,400
// lags): 45 ms, of which a quarter at half that rate of ticks and lags. Work for a slower clock
// than the ticks': a coarser tape, or fewer lags_max (300: 6 ms), is what a busy thread should give
// it. Memory: 8 bytes a lag of lags_max and block, 24 a lag, 16 a tick of capacity and side: 0.9 MB
// by default. Error of rho: that of lagged_products.hpp and one more rounding a block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/estimators/lagged_products.hpp"
#include "core/estimators/tick_series.hpp"

namespace contagiond::core {

/// ±{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120} s and 0, ascending.
std::span<const DurationNs> lead_lag_study_grid();

struct LeadLagStudyOptions {
    /// Any order; symmetric for llr to mean something, and with 0 for rho_zero.
    std::span<const DurationNs> lags = lead_lag_study_grid();
    std::size_t ticks_max = 9'002;  ///< newest ticks of each side that count
    std::size_t blocks = 30;        ///< equal parts of the window: 30 s each in 15 minutes
    std::size_t lags_max = 2'450;   ///< lags looked at; bounds the cost
    DurationNs resolution = 100 * ns_per_ms;  ///< smallest step between lags
    std::size_t resamples = 200;
    double p_max = 0.05;
};

/// Why there is no lead to speak of. The first that applies.
enum class NoLead : std::uint8_t {
    none,              ///< there is one
    too_few_ticks,     ///< under 30 returns on a side, or under 8 blocks in which it has any
    no_variance,       ///< a price that never changed
    not_significant,   ///< p above p_max
    spans_zero,        ///< the interval holds zero
    finer_than_ticks,  ///< theta is below `finest`
    at_the_edge        ///< theta is the first or the last lag: the true one may lie beyond
};

/// A span of lags, both ends belong to it.
struct LagInterval {
    DurationNs lower = 0, upper = 0;
    bool operator==(const LagInterval&) const = default;
};

struct LeadLagStudyValue {
    /// One a given lag, ascending; not clipped. All absent without variance on a side. Valid until
    /// the next measurement.
    std::span<const std::optional<double>> rho;
    std::optional<DurationNs> theta;
    /// Holds theta. Absent with too few ticks.
    std::optional<LagInterval> interval95;
    std::optional<double> rho_theta, rho_theta_se;
    /// The Hayashi-Yoshida correlation. Absent, too, when 0 is not among the lags.
    std::optional<double> rho_zero, rho_zero_se;
    /// Of no link at theta, after the selection; 0 to 1.
    std::optional<double> p;
    /// As LeadLag's: above 1, x leads.
    std::optional<double> llr;
    NoLead no_lead = NoLead::too_few_ticks;

    std::size_t returns_x = 0, returns_y = 0;  ///< used
    std::size_t lags_searched = 0;             ///< K
    DurationNs gap = 0;                        ///< longest step between neighbours among them
    /// Shortest lead that these ticks can tell: half the mean interval, at least `resolution`.
    DurationNs finest = 0;
    DroppedTicks dropped_x, dropped_y;
    /// Oldest ticks in the window that found no room and so did not count.
    std::size_t left_out_x = 0, left_out_y = 0;

    bool led() const { return no_lead == NoLead::none; }
    /// Returns of the side that has fewer: rho can know no more than these.
    std::size_t samples() const { return returns_x < returns_y ? returns_x : returns_y; }
};

/// One thread. Never allocates after construction.
class LeadLagStudy {
  public:
    explicit LeadLagStudy(const LeadLagStudyOptions& options = {});

    /// Of the returns that end in (from, to], each side in the order it came; the last tick not
    /// after `from` begins the first one. Later ticks are not looked at.
    LeadLagStudyValue measure(TickSpan x, TickSpan y, TimeNs from, TimeNs to);
    /// The same without an interval where no lag stands out, which by itself leaves no lead: half
    /// the work of most studies.
    LeadLagStudyValue measure_verdict(TickSpan x, TickSpan y, TimeNs from, TimeNs to);

    /// The given lags, ascending, each once.
    std::span<const DurationNs> lags() const { return {lags_.data(), given_}; }
    /// Every lag of the last measurement: the given ones, those that fill the gaps, the fine ones.
    std::span<const DurationNs> lags_looked_at() const { return lags_; }

  private:
    struct Neighbours {
        DurationNs below, above;
    };
    struct BlockSums {
        double rv_x = 0, rv_y = 0;
    };

    void load(TickSpan x, TickSpan y, TimeNs from, TimeNs to);
    void cut_into_blocks(std::int64_t span);
    DurationNs finest_lead() const;
    void fill_gaps(DurationNs step);
    void refine(DurationNs best);
    void add_between(DurationNs near, DurationNs far, std::int64_t parts);
    void multiply_from(std::size_t first_lag);
    DurationNs strongest(std::span<const double> covariances) const;
    Neighbours neighbours(DurationNs lag) const;
    std::size_t place(DurationNs lag) const;
    double rho_at(std::size_t lag) const;
    std::optional<double> jackknife(std::size_t lag) const;
    LagInterval bootstrap(DurationNs theta);
    LeadLagStudyValue measure(TickSpan x, TickSpan y, TimeNs from, TimeNs to, bool any_interval);
    void contrast(LeadLagStudyValue& value, bool any_interval);
    NoLead verdict(const LeadLagStudyValue& value) const;
    const double* row(std::size_t block) const { return products_.data() + block * stride_; }

    std::size_t given_;  ///< the first of lags_
    std::size_t stride_;
    DurationNs resolution_;
    std::size_t resamples_;
    double p_max_;
    /// The given ones, ascending, then those that fill the gaps, then the fine ones.
    std::vector<DurationNs> lags_;
    ReturnIntervals x_;
    ReturnIntervals y_;
    std::vector<PartEnd> parts_;
    std::vector<BlockSums> variances_;
    std::vector<double> products_;      ///< one row of stride_ a block, one place a lag
    std::vector<double> total_;         ///< one a lag
    std::vector<double> drawn_;         ///< one a lag, of a resample
    std::vector<std::uint32_t> full_;   ///< blocks with a return
    std::vector<std::uint32_t> times_;  ///< how often each of them was drawn
    std::vector<DurationNs> thetas_;
    std::vector<std::optional<double>> rho_;
    std::size_t blocks_x_ = 0, blocks_y_ = 0;  ///< in which the side has a return
};

}  // namespace contagiond::core
