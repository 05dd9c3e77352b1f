#include "core/estimators/hayashi_yoshida.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace contagiond::core {

TickVerdict HayashiYoshida::tick(Side side, TimeNs ts, double price, const KnownReturn& known) {
    Series& series = side == Side::x ? x_ : y_;
    const TickVerdict verdict = series.policy.admit(ts, price, ts_open_);
    if (!accepted(verdict)) return verdict;
    if (ts > ts_open_) {
        settle();
        ts_open_ = ts;
        ts_window_ = std::max(ts_window_, ts);
        sums_.advance_to(ts_window_);
    }
    series.price_open = price;
    series.open = true;
    if (series.any)
        series.open_return =
            known.is_of(series.price, price) ? known.value : log_return(series.price, price);
    return verdict;
}

/// What the other side has returned since this side's last stamp, before the open instant.
double HayashiYoshida::other_return(const Series& side, const Series& other) {
    switch (side.other_changes) {
        case 0:
            return 0;
        case 1:
            return other.last_change;
        default:
            return log_return(side.other_base, other.price);
    }
}

HayashiYoshida::Sums::Terms HayashiYoshida::open_terms() const {
    const double dx = x_.open_return;
    const double dy = y_.open_return;
    Sums::Terms terms{};
    terms[rv_x] = dx * dx;
    terms[rv_y] = dy * dy;
    // Returns of the other side that ended before this instant; then the two that end at it.
    if (dx != 0) terms[cov] += dx * other_return(x_, y_);
    if (dy != 0) terms[cov] += dy * other_return(y_, x_);
    terms[cov] += dx * dy;
    if (dx != 0) terms[products] += x_.other_changes;
    if (dy != 0) terms[products] += y_.other_changes;
    if (dx != 0 && dy != 0) terms[products] += 1;
    return terms;
}

void HayashiYoshida::settle() {
    if (x_.open && y_.open)
        settle_both();
    else if (x_.open)
        settle_one(x_, y_, rv_x);
    else if (y_.open)
        settle_one(y_, x_, rv_y);
}

/// An instant at which no price changed adds nothing and needs no place in the sums.
void HayashiYoshida::settle_one(Series& side, Series& other, Term square) {
    if (side.open_return != 0) {
        // Where the other side has not moved meanwhile, which is most often, there is no product.
        if (side.other_changes == 0)
            sums_.add(ts_open_, square, side.open_return * side.open_return);
        else
            sums_.add(ts_open_, open_terms());
        if (other.any) ++other.other_changes;
    }
    side.other_changes = 0;
    if (other.any) {
        side.other_base = other.price;
        if (!side.any) other.other_base = side.price_open;
    }
    side.close();
}

void HayashiYoshida::settle_both() {
    if (x_.open_return != 0 || y_.open_return != 0) sums_.add(ts_open_, open_terms());
    x_.other_changes = y_.other_changes = 0;
    x_.close();
    y_.close();
    x_.other_base = y_.price;
    y_.other_base = x_.price;
}

void HayashiYoshida::restart() {
    settle();
    sums_.advance_to(ts_window_);
    x_.any = y_.any = false;
    x_.other_changes = y_.other_changes = 0;
}

bool HayashiYoshida::open_instant_counts() const {
    return !sums_.windowed() || ts_open_ > add_saturated(ts_window_, -sums_.length());
}

HayashiYoshidaValue HayashiYoshida::value() const {
    const Sums::Terms sums = sums_.sums(open_instant_counts() ? open_terms() : Sums::Terms{});
    HayashiYoshidaValue value;
    value.cov = sums[cov];
    value.products = static_cast<std::uint64_t>(std::llround(sums[products]));
    const auto has_return = [](const Series& s) { return s.returned || (s.any && s.open); };
    if (!has_return(x_) || !has_return(y_)) return value;
    value.rv_x = sums[rv_x];
    value.rv_y = sums[rv_y];
    const double rho = value.cov / (std::sqrt(sums[rv_x]) * std::sqrt(sums[rv_y]));
    if (sums[rv_x] > 0 && sums[rv_y] > 0 && std::isfinite(rho)) value.rho = rho;
    return value;
}

HayashiYoshidaValue HayashiYoshida::value_at(TimeNs ts) {
    ts_window_ = std::max(ts_window_, ts);
    sums_.advance_to(ts_window_);
    return value();
}

namespace {

/// Feeds the ticks with stamps up to `until` and leaves the cursors behind them.
void feed(HayashiYoshida& estimator, std::span<TickCursor> cursors, TimeNs until) {
    merge_ticks(cursors, until, [&](std::size_t k, TimeNs ts, double price) {
        estimator.tick(k == 0 ? HayashiYoshida::Side::x : HayashiYoshida::Side::y, ts, price);
    });
}

HayashiYoshidaDropped dropped_by(const HayashiYoshida& estimator) {
    return {estimator.dropped(HayashiYoshida::Side::x), estimator.dropped(HayashiYoshida::Side::y)};
}

}  // namespace

HayashiYoshidaResult hayashi_yoshida(TickSpan x, TickSpan y) {
    HayashiYoshida estimator;
    std::array cursors{TickCursor(x), TickCursor(y)};
    feed(estimator, cursors, std::numeric_limits<TimeNs>::max());
    return {estimator.value(), dropped_by(estimator)};
}

HayashiYoshidaDropped rolling_hayashi_yoshida(TickSpan x, TickSpan y, DurationNs window,
                                              std::span<const TimeNs> eval_ts,
                                              std::span<HayashiYoshidaValue> out) {
    HayashiYoshida estimator({.length = std::max<DurationNs>(window, 1),
                              .capacity = static_cast<std::uint32_t>(x.size() + y.size())});
    std::array cursors{TickCursor(x), TickCursor(y)};
    std::vector<std::size_t> order(std::min(eval_ts.size(), out.size()));
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return eval_ts[a] < eval_ts[b]; });
    for (const std::size_t i : order) {
        feed(estimator, cursors, eval_ts[i]);
        out[i] = window > 0 ? estimator.value_at(eval_ts[i]) : HayashiYoshidaValue{};
    }
    feed(estimator, cursors, std::numeric_limits<TimeNs>::max());
    return dropped_by(estimator);
}

}  // namespace contagiond::core
