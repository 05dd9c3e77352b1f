#include "core/estimators/lead_lag_study.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/estimators/distributions.hpp"

namespace contagiond::core {
namespace {

constexpr std::size_t returns_min = 30;
constexpr std::size_t blocks_min = 8;
/// Into how many steps the refinement cuts a gap, and so how many lags it may add on both sides.
constexpr std::int64_t fine_steps = 10;
constexpr std::size_t fine_lags = 2 * (static_cast<std::size_t>(fine_steps) - 1);
constexpr std::uint64_t seed = 0x1ead'1a90'0000'0001ull;

/// SplitMix64 (Steele, Lea and Flood, 2014).
class Draws {
  public:
    /// In [0, n); n below 2^32.
    std::size_t below(std::size_t n) {
        std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15ull;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebull;
        z ^= z >> 31;
        return static_cast<std::size_t>((z >> 32) * n >> 32);
    }

  private:
    std::uint64_t state_ = seed;
};

std::int64_t parts_of(DurationNs gap, DurationNs step) {
    return gap / step + (gap % step != 0);
}

/// Mean length of the intervals, weighted by squared returns: where the variance is, ticks are
/// dense. In the window alone, whenever the first interval began.
double mean_interval(const ReturnIntervals& side) {
    double weighted = 0;
    std::int64_t begin = std::max<std::int64_t>(side.begin(), 0);
    for (std::size_t k = 0; k < side.size(); ++k) {
        const double r = side.returns()[k];
        weighted += r * r * static_cast<double>(side.ends()[k] - begin);
        begin = side.ends()[k];
    }
    return weighted / side.rv();
}

std::vector<DurationNs> ascending(std::span<const DurationNs> lags) {
    std::vector<DurationNs> sorted(lags.begin(), lags.end());
    for (DurationNs& lag : sorted) lag = std::clamp(lag, -lag_reach, lag_reach);
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    return sorted;
}

}  // namespace

LeadLagStudy::LeadLagStudy(const LeadLagStudyOptions& options)
    : resolution_(std::max<DurationNs>(options.resolution, 1)),
      resamples_(std::max<std::size_t>(options.resamples, 1)),
      p_max_(options.p_max),
      lags_(ascending(options.lags)),
      x_(options.ticks_max),
      y_(options.ticks_max) {
    given_ = lags_.size();
    stride_ = std::max(options.lags_max, given_ + fine_lags);
    lags_.reserve(stride_);
    const std::size_t blocks = std::max<std::size_t>(options.blocks, 1);
    parts_.resize(blocks);
    variances_.resize(blocks);
    full_.reserve(blocks);
    times_.resize(blocks);
    products_.resize(blocks * stride_);
    total_.resize(stride_);
    drawn_.resize(stride_);
    thetas_.resize(resamples_);
    rho_.resize(given_);
}

LeadLagStudyValue LeadLagStudy::measure(TickSpan x, TickSpan y, TimeNs from, TimeNs to) {
    return measure(x, y, from, to, true);
}

LeadLagStudyValue LeadLagStudy::measure_verdict(TickSpan x, TickSpan y, TimeNs from, TimeNs to) {
    return measure(x, y, from, to, false);
}

LeadLagStudyValue LeadLagStudy::measure(TickSpan x, TickSpan y, TimeNs from, TimeNs to,
                                        bool any_interval) {
    lags_.resize(given_);
    load(x, y, from, to);
    LeadLagStudyValue value;
    std::fill(rho_.begin(), rho_.end(), std::nullopt);
    value.rho = rho_;
    value.returns_x = x_.size();
    value.returns_y = y_.size();
    value.dropped_x = x_.dropped();
    value.dropped_y = y_.dropped();
    value.left_out_x = x_.left_out();
    value.left_out_y = y_.left_out();
    if (given_ > 0 && x_.rv() > 0 && y_.rv() > 0) contrast(value, any_interval);
    value.no_lead = verdict(value);
    return value;
}

void LeadLagStudy::load(TickSpan x, TickSpan y, TimeNs from, TimeNs to) {
    x_.load(x, from, from, to);
    y_.load(y, from, from, to);
    cut_into_blocks(std::clamp<std::int64_t>(subtract_saturated(to, from), 1, lag_reach));
}

void LeadLagStudy::cut_into_blocks(std::int64_t span) {
    const std::int64_t length = parts_of(span, static_cast<std::int64_t>(parts_.size()));
    full_.clear();
    blocks_x_ = blocks_y_ = 0;
    PartEnd begin;
    std::int64_t end = 0;
    for (std::size_t b = 0; b < parts_.size(); ++b) {
        end += length;
        parts_[b] = b + 1 == parts_.size() ? PartEnd{x_.size(), y_.size()}
                                           : PartEnd{x_.ended_by(end), y_.ended_by(end)};
        const auto squares = [](const ReturnIntervals& side, std::size_t first, std::size_t last) {
            double sum = 0;
            for (std::size_t k = first; k < last; ++k) sum += side.returns()[k] * side.returns()[k];
            return sum;
        };
        variances_[b] = {squares(x_, begin.x, parts_[b].x), squares(y_, begin.y, parts_[b].y)};
        const bool any_x = parts_[b].x > begin.x, any_y = parts_[b].y > begin.y;
        blocks_x_ += any_x;
        blocks_y_ += any_y;
        if (any_x || any_y) full_.push_back(static_cast<std::uint32_t>(b));
        begin = parts_[b];
    }
}

void LeadLagStudy::contrast(LeadLagStudyValue& value, bool any_interval) {
    value.finest = finest_lead();
    fill_gaps(value.finest);
    multiply_from(0);
    value.lags_searched = lags_.size();
    for (std::size_t k = 0; k < given_; ++k) {
        rho_[k] = rho_at(k);
        if (k > 0) {
            const DurationNs between = lags_[k] - neighbours(lags_[k]).below;
            value.gap = std::max(value.gap, between);
        }
    }
    double x_leads = 0, y_leads = 0;
    for (std::size_t k = 0; k < given_; ++k) {
        if (lags_[k] > 0) x_leads += *rho_[k] * *rho_[k];
        if (lags_[k] < 0) y_leads += *rho_[k] * *rho_[k];
    }
    if (y_leads > 0)
        value.llr = x_leads / y_leads;
    else if (x_leads > 0)
        value.llr = std::numeric_limits<double>::infinity();

    const std::size_t searched = lags_.size();
    refine(strongest(total_));
    multiply_from(searched);
    const DurationNs theta = strongest(total_);
    value.theta = theta;
    value.rho_theta = rho_at(place(theta));
    value.rho_theta_se = jackknife(place(theta));
    if (const std::size_t zero = place(0); zero < lags_.size()) {
        value.rho_zero = rho_at(zero);
        value.rho_zero_se = jackknife(zero);
    }
    if (value.rho_theta_se) {
        // Blocks that agree to the last digit leave no doubt, unless all of them say nothing.
        const double t = *value.rho_theta == 0 ? 0.0 : *value.rho_theta / *value.rho_theta_se;
        const double df = static_cast<double>(full_.size() - 1);
        const double single = std::isinf(t) ? 0.0 : student_t_two_sided(t, df).value_or(1);
        value.p = std::min(1.0, single * static_cast<double>(searched));
    }
    if (!any_interval && (!value.p || *value.p > p_max_)) return;
    if (std::min(blocks_x_, blocks_y_) >= blocks_min) value.interval95 = bootstrap(theta);
}

void LeadLagStudy::add_between(DurationNs near, DurationNs far, std::int64_t parts) {
    // In steps from the end nearer to what matters, so that exchanging the series mirrors each.
    if (parts < 2) return;
    const DurationNs gap = far - near;
    const DurationNs step = gap / parts, rest = gap % parts;
    for (std::int64_t k = 1; k < parts; ++k) {
        // near + gap·k/parts, halves away from near, without leaving whole numbers.
        const DurationNs half = rest < 0 ? -parts : parts;
        lags_.push_back(near + step * k + (2 * rest * k + half) / (2 * parts));
    }
}

DurationNs LeadLagStudy::finest_lead() const {
    const double half_interval = (mean_interval(x_) + mean_interval(y_)) / 4;
    if (half_interval >= static_cast<double>(lag_reach)) return lag_reach;
    return std::max(resolution_, static_cast<DurationNs>(half_interval));
}

void LeadLagStudy::fill_gaps(DurationNs step) {
    const DurationNs range = lags_[given_ - 1] - lags_[0];
    const std::size_t room = stride_ - given_ - fine_lags;
    if (room == 0) return;
    step = std::max(step, parts_of(range, static_cast<std::int64_t>(room)));
    for (std::size_t k = 1; k < given_; ++k) {
        const DurationNs a = lags_[k - 1], b = lags_[k];
        const std::int64_t parts = parts_of(b - a, step);
        if (std::abs(a) < std::abs(b))
            add_between(a, b, parts);
        else
            add_between(b, a, parts);
    }
}

void LeadLagStudy::refine(DurationNs best) {
    const Neighbours beside = neighbours(best);
    for (const DurationNs far : {beside.below, beside.above})
        add_between(best, far, std::min(std::abs(far - best) / resolution_, fine_steps));
}

void LeadLagStudy::multiply_from(std::size_t first_lag) {
    lagged_products(x_, y_, std::span(lags_).subspan(first_lag), parts_,
                    products_.data() + first_lag, stride_);
    std::fill_n(total_.begin() + static_cast<std::ptrdiff_t>(first_lag), lags_.size() - first_lag,
                0.0);
    for (const std::uint32_t b : full_)
        for (std::size_t k = first_lag; k < lags_.size(); ++k) total_[k] += row(b)[k];
}

DurationNs LeadLagStudy::strongest(std::span<const double> covariances) const {
    StrongestLag strongest;
    for (std::size_t k = 0; k < lags_.size(); ++k)
        strongest.offer(lags_[k], std::abs(covariances[k]));
    return strongest.lag().value_or(0);
}

LeadLagStudy::Neighbours LeadLagStudy::neighbours(DurationNs lag) const {
    constexpr DurationNs none_below = std::numeric_limits<DurationNs>::min();
    constexpr DurationNs none_above = std::numeric_limits<DurationNs>::max();
    Neighbours beside{none_below, none_above};
    for (std::size_t k = 0; k < lags_.size(); ++k) {
        if (lags_[k] < lag) beside.below = std::max(beside.below, lags_[k]);
        if (lags_[k] > lag) beside.above = std::min(beside.above, lags_[k]);
    }
    if (beside.below == none_below) beside.below = lag;
    if (beside.above == none_above) beside.above = lag;
    return beside;
}

std::size_t LeadLagStudy::place(DurationNs lag) const {
    return static_cast<std::size_t>(std::find(lags_.begin(), lags_.end(), lag) - lags_.begin());
}

double LeadLagStudy::rho_at(std::size_t lag) const {
    return total_[lag] / (std::sqrt(x_.rv()) * std::sqrt(y_.rv()));
}

std::optional<double> LeadLagStudy::jackknife(std::size_t lag) const {
    if (full_.size() < 2) return std::nullopt;
    // Sums of all other blocks, not the total less one: a block may hold nearly everything.
    double sum = 0, squares = 0;
    const auto without = [&](std::uint32_t g) -> std::optional<double> {
        double cov = 0, rv_x = 0, rv_y = 0;
        for (const std::uint32_t b : full_) {
            if (b == g) continue;
            cov += row(b)[lag];
            rv_x += variances_[b].rv_x;
            rv_y += variances_[b].rv_y;
        }
        if (rv_x <= 0 || rv_y <= 0) return std::nullopt;
        return cov / (std::sqrt(rv_x) * std::sqrt(rv_y));
    };
    const double whole = rho_at(lag);
    for (const std::uint32_t g : full_) {
        const auto rho = without(g);
        if (!rho) return std::nullopt;
        sum += *rho - whole;
        squares += (*rho - whole) * (*rho - whole);
    }
    const auto count = static_cast<double>(full_.size());
    return std::sqrt((count - 1) / count * std::max(0.0, squares - sum * sum / count));
}

LagInterval LeadLagStudy::bootstrap(DurationNs theta) {
    Draws draws;
    for (DurationNs& drawn_theta : thetas_) {
        std::fill(times_.begin(), times_.end(), 0u);
        for (std::size_t k = 0; k < full_.size(); ++k) ++times_[draws.below(full_.size())];
        std::fill_n(drawn_.begin(), lags_.size(), 0.0);
        for (std::size_t g = 0; g < full_.size(); ++g) {
            if (times_[g] == 0) continue;
            const double times = times_[g];
            const double* products = row(full_[g]);
            for (std::size_t k = 0; k < lags_.size(); ++k) drawn_[k] += times * products[k];
        }
        // The variances drawn divide all lags alike.
        drawn_theta = strongest(drawn_);
    }
    std::sort(thetas_.begin(), thetas_.end());
    const std::size_t tail = resamples_ / 40;
    const DurationNs lower = std::min(thetas_[tail], theta);
    const DurationNs upper = std::max(thetas_[resamples_ - 1 - tail], theta);
    return {lower - (lower - neighbours(lower).below) / 2,
            upper + (neighbours(upper).above - upper) / 2};
}

NoLead LeadLagStudy::verdict(const LeadLagStudyValue& value) const {
    if (value.samples() < returns_min || std::min(blocks_x_, blocks_y_) < blocks_min)
        return NoLead::too_few_ticks;
    if (!value.theta) return NoLead::no_variance;
    if (!value.p || *value.p > p_max_) return NoLead::not_significant;
    if (!value.interval95 || (value.interval95->lower <= 0 && value.interval95->upper >= 0))
        return NoLead::spans_zero;
    if (std::abs(*value.theta) < value.finest) return NoLead::finer_than_ticks;
    if (*value.theta == lags_[0] || *value.theta == lags_[given_ - 1]) return NoLead::at_the_edge;
    return NoLead::none;
}

std::span<const DurationNs> lead_lag_study_grid() {
    static constexpr auto grid = both_ways(std::array<DurationNs, 11>{
        100 * ns_per_ms, 200 * ns_per_ms, 500 * ns_per_ms, 1 * ns_per_s, 2 * ns_per_s, 5 * ns_per_s,
        10 * ns_per_s, 20 * ns_per_s, 30 * ns_per_s, 60 * ns_per_s, 120 * ns_per_s});
    return grid;
}

}  // namespace contagiond::core
