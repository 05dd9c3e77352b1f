#include "core/estimators/tick_grid.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace contagiond::core {

TickVerdict PreviousTick::tick(TimeNs ts, double price) {
    const TickVerdict verdict = policy_.admit(ts, price);
    if (accepted(verdict)) {
        any_ = true;
        ts_ = ts;
        price_ = price;
    }
    return verdict;
}

std::optional<double> PreviousTick::at(TimeNs ts) const {
    if (!any_ || ts < ts_ || subtract_saturated(ts, ts_) > staleness_max_) return std::nullopt;
    return price_;
}

RefreshTime::RefreshTime(std::size_t series) : series_(series), row_(series) {}

RefreshTime::Tick RefreshTime::tick(std::size_t series, TimeNs ts, double price) {
    Series& of = series_[series];
    const TickVerdict verdict = of.policy.admit(ts, price, ts_open_);
    if (!accepted(verdict)) return {verdict, false};
    bool row = false;
    if (ts > ts_open_) {
        row = settle();
        ts_open_ = ts;
    }
    of.price = price;
    // A tick of the same stamp as a refresh time comes before that time is settled, so what is
    // fresh after it is strictly later.
    if (!of.fresh) {
        of.fresh = true;
        ++fresh_count_;
    }
    return {verdict, row};
}

bool RefreshTime::finish() {
    return settle();
}

bool RefreshTime::settle() {
    if (series_.empty() || fresh_count_ < series_.size()) return false;
    ts_row_ = ts_open_;
    for (std::size_t k = 0; k < series_.size(); ++k) {
        row_[k] = series_[k].price;
        series_[k].fresh = false;
    }
    fresh_count_ = 0;
    return true;
}

std::vector<TimeNs> span_grid(std::span<const TickSpan> series, DurationNs step) {
    std::vector<TimeNs> grid;
    std::optional<TimeNs> first, last;
    for (const TickSpan& ticks : series) {
        TickPolicy policy;
        for (std::size_t k = 0; k < ticks.size(); ++k) {
            const TimeNs ts = ticks.ts[k];
            if (!accepted(policy.admit(ts, ticks.price[k]))) continue;
            first = first ? std::min(*first, ts) : ts;
            last = last ? std::max(*last, ts) : ts;
        }
    }
    if (!first || step <= 0) return grid;
    const TimeNs past = *first % step < 0 ? *first % step + step : *first % step;
    for (TimeNs t = add_saturated(*first, -past); t <= *last; t += step) {
        grid.push_back(t);
        if (t > std::numeric_limits<TimeNs>::max() - step) break;
    }
    return grid;
}

DroppedTicks sample_previous_tick(TickSpan ticks, std::span<const TimeNs> grid,
                                  DurationNs staleness_max, std::span<std::optional<double>> out) {
    PreviousTick sampler(staleness_max);
    std::array cursors{TickCursor(ticks)};
    const auto take = [&](std::size_t, TimeNs ts, double price) { sampler.tick(ts, price); };
    for (std::size_t k = 0; k < std::min(grid.size(), out.size()); ++k) {
        merge_ticks(cursors, grid[k], take);
        out[k] = sampler.at(grid[k]);
    }
    merge_ticks(cursors, std::numeric_limits<TimeNs>::max(), take);
    return sampler.dropped();
}

RefreshRows refresh_times(std::span<const TickSpan> series) {
    RefreshTime refresh(series.size());
    RefreshRows rows;
    rows.prices.resize(series.size());
    const auto keep = [&] {
        rows.ts.push_back(refresh.ts());
        for (std::size_t k = 0; k < series.size(); ++k)
            rows.prices[k].push_back(refresh.prices()[k]);
    };
    std::vector<TickCursor> cursors(series.begin(), series.end());
    merge_ticks(cursors, std::numeric_limits<TimeNs>::max(),
                [&](std::size_t k, TimeNs ts, double price) {
                    if (refresh.tick(k, ts, price).row) keep();
                });
    if (refresh.finish()) keep();
    for (std::size_t k = 0; k < series.size(); ++k) rows.dropped.push_back(refresh.dropped(k));
    return rows;
}

}  // namespace contagiond::core
