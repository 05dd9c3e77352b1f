#include "core/estimators/lead_lag.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace contagiond::core {

LeadLag::LeadLag(std::span<const DurationNs> lags, std::size_t ticks_max)
    : lags_(lags.begin(), lags.end()), x_(ticks_max), y_(ticks_max) {
    covariances_.resize(lags_.size());
    rho_.resize(lags_.size());
}

LeadLagValue LeadLag::measure(TickSpan x, TickSpan y) {
    // The first price's stamp: that of a tick to be dropped may be anything.
    std::size_t first = 0;
    while (first < x.size() && !is_price(x.price[first])) ++first;
    const TimeNs origin = first < x.size() ? x.ts[first] : 0;
    x_.load(x, origin);
    y_.load(y, origin);
    std::fill(rho_.begin(), rho_.end(), std::nullopt);
    LeadLagValue value;
    value.rho = rho_;
    value.dropped_x = x_.dropped();
    value.dropped_y = y_.dropped();
    value.left_out_x = x_.left_out();
    value.left_out_y = y_.left_out();
    if (x_.rv() <= 0 || y_.rv() <= 0) return value;
    const PartEnd all{x_.size(), y_.size()};
    lagged_products(x_, y_, lags_, {&all, 1}, covariances_.data(), lags_.size());
    const double scale = std::sqrt(x_.rv()) * std::sqrt(y_.rv());
    for (std::size_t k = 0; k < lags_.size(); ++k) rho_[k] = covariances_[k] / scale;
    conclude(value);
    return value;
}

void LeadLag::conclude(LeadLagValue& value) const {
    double x_leads = 0, y_leads = 0;
    StrongestLag strongest;
    for (std::size_t k = 0; k < lags_.size(); ++k) {
        const double rho = *rho_[k];
        if (lags_[k] > 0) x_leads += rho * rho;
        if (lags_[k] < 0) y_leads += rho * rho;
        strongest.offer(lags_[k], std::abs(rho));
    }
    value.theta = strongest.lag();
    if (y_leads > 0) {
        value.llr = x_leads / y_leads;
    } else if (x_leads > 0) {
        value.llr = std::numeric_limits<double>::infinity();
    }
}

std::span<const DurationNs> lead_lag_default_grid() {
    static constexpr auto grid = both_ways(std::array<DurationNs, 12>{
        50 * ns_per_ms, 100 * ns_per_ms, 200 * ns_per_ms, 500 * ns_per_ms, 1 * ns_per_s,
        2 * ns_per_s, 5 * ns_per_s, 10 * ns_per_s, 20 * ns_per_s, 30 * ns_per_s, 60 * ns_per_s,
        120 * ns_per_s});
    return grid;
}

}  // namespace contagiond::core
