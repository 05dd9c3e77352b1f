#include "core/estimators/lagged_products.hpp"

#include <algorithm>
#include <array>

namespace contagiond::core {
namespace {

constexpr std::size_t lanes = 4;

std::int64_t within_reach(std::int64_t t) {
    return std::clamp(t, -lag_reach, lag_reach);
}

/// Both series, as bare arrays: four walks need every register there is.
struct Arrays {
    const std::int64_t *x_ends, *y_ends;
    const double *dx, *dy;
};

/// A place in both series, with x shifted forward by the lag (which equals y shifted back).
struct Walk {
    std::size_t i = 0;
    std::size_t j = 0;
    std::int64_t lag = 0;
    double sum = 0;

    /// At the first pair of intervals that overlap; from there on every step meets another one.
    static Walk start(const ReturnIntervals& x, const ReturnIntervals& y, DurationNs theta) {
        Walk walk;
        walk.lag = within_reach(theta);
        walk.i = x.ended_by(y.begin() - walk.lag);
        walk.j = y.ended_by(x.begin() + walk.lag);
        return walk;
    }
    bool inside(const PartEnd& end) const { return i < end.x && j < end.y; }
    /// Steps that surely stay inside: each passes one interval of either side at most.
    std::size_t sure_steps(const PartEnd& end) const {
        return inside(end) ? std::min(end.x - i, end.y - j) : 0;
    }
    void step(const Arrays& of) {
        sum += of.dx[i] * of.dy[j];
        // Without a branch: which of the two ends first is as good as random. And without a sign
        // (both are within 2^62 of zero): the carry of such a comparison is what is added.
        constexpr std::uint64_t bias = std::uint64_t{1} << 63;
        const std::uint64_t x_end = static_cast<std::uint64_t>(of.x_ends[i] + lag) + bias;
        const std::uint64_t y_end = static_cast<std::uint64_t>(of.y_ends[j]) + bias;
        i += x_end <= y_end;
        j += y_end <= x_end;
    }
};

}  // namespace

ReturnIntervals::ReturnIntervals(std::size_t ticks_max)
    : ticks_max_(std::max<std::size_t>(ticks_max, 2)) {
    ends_.reserve(ticks_max_);
    returns_.reserve(ticks_max_);
}

void ReturnIntervals::load(TickSpan ticks, TimeNs origin, TimeNs after, TimeNs until) {
    ends_.clear();
    returns_.clear();
    begin_ = 0;
    rv_ = 0;
    left_out_ = 0;
    std::size_t count = ticks.size();
    while (count > 0 && ticks.ts[count - 1] > until) --count;
    const std::size_t oldest = count > ticks_max_ ? count - ticks_max_ : 0;
    TickPolicy policy;
    double price = 0, price_before = 0;  // of the last stamp and of the one before
    TimeNs ts_last = 0;
    bool any = false;
    for (std::size_t k = 0; k < count; ++k) {
        if (ticks.ts[k] > until) continue;
        const TickVerdict verdict = policy.admit(ticks.ts[k], ticks.price[k]);
        if (k < oldest) left_out_ += ticks.ts[k] > after;
        if (!accepted(verdict) || k < oldest) continue;
        const std::int64_t ts = within_reach(subtract_saturated(ticks.ts[k], origin));
        if (any && ticks.ts[k] > ts_last && ticks.ts[k] > after) {
            price_before = price;
            ends_.push_back(ts);
            returns_.push_back(0);
        } else if (returns_.empty()) {
            begin_ = ts;
        }
        any = true;
        ts_last = ticks.ts[k];
        price = ticks.price[k];
        if (!returns_.empty()) returns_.back() = log_return(price_before, price);
    }
    for (const double r : returns_) rv_ += r * r;
    dropped_ = policy.dropped();
}

std::size_t ReturnIntervals::ended_by(std::int64_t t) const {
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), t) -
                                    ends_.begin());
}

void lagged_products(const ReturnIntervals& x, const ReturnIntervals& y,
                     std::span<const DurationNs> lags, std::span<const PartEnd> parts, double* out,
                     std::size_t stride) {
    const Arrays of{x.ends().data(), y.ends().data(), x.returns().data(), y.returns().data()};
    for (std::size_t first = 0; first < lags.size(); first += lanes) {
        const std::size_t count = std::min(lanes, lags.size() - first);
        std::array<Walk, lanes> walks{};
        for (std::size_t k = 0; k < lanes; ++k) {
            // Lanes to spare repeat the last lag.
            walks[k] = Walk::start(x, y, lags[first + std::min(k, count - 1)]);
        }
        for (std::size_t p = 0; p < parts.size(); ++p) {
            const PartEnd end = parts[p];
            Walk a = walks[0], b = walks[1], c = walks[2], d = walks[3];
            const auto sure_steps = [&] {
                return std::min(
                    {a.sure_steps(end), b.sure_steps(end), c.sure_steps(end), d.sure_steps(end)});
            };
            for (std::size_t steps = sure_steps(); steps > 0; steps = sure_steps()) {
                for (; steps > 0; --steps) {
                    a.step(of);
                    b.step(of);
                    c.step(of);
                    d.step(of);
                }
            }
            walks = {a, b, c, d};
            for (std::size_t k = 0; k < count; ++k) {
                Walk& walk = walks[k];
                while (walk.inside(end)) walk.step(of);
                out[p * stride + first + k] = walk.sum;
                walk.sum = 0;
            }
        }
    }
}

}  // namespace contagiond::core
