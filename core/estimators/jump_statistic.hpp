// JumpTest: is one bar's return too large for the volatility around it?
//
//     q_i = |r_i|/f_i,   sigma_i² = (pi/2)·mean of q_j·q_{j-1} over j = i-K+2 … i-1
//     L_i = (r_i/f_i)/sigma_i
//     C_n = sqrt(2 ln n) - (ln pi + ln ln n)/(2·sqrt(2 ln n)),   S_n = 1/sqrt(2 ln n)
//     xi = (|L_i| - C_n)/S_n,   p = 1 - exp(-exp(-xi))
//
// Lee and Mykland, "Jumps in Financial Markets", Review of Financial Studies 21 (2008); f is the
// intraday factor of the bar, mean square 1. Products of neighbours (bipower variation) keep a
// single jump from entering its own scale, and the tested bar is left out. With pi/2 inside sigma,
// L is standard normal without a jump. p is the chance that the largest of n bars is as large.
//
// Cost: O(1) amortised a bar. Memory: 12·K bytes. Error: the products are not negative and never
// subtracted, so sigma is exact to K·eps whatever went before.
//
// Reference cases `jump_lm`. Params K = window, n_obs = session_bars. Inputs r, season: one push()
// a row, push_absent() where either is null. Expected sigma, L, xi, p: sigma(), value()'s members
// after each push (null where absent); Cn, Sn: centre(), scale().
#pragma once

#include <cstdint>
#include <optional>

#include "core/estimators/window_sum.hpp"

namespace contagiond::core {

struct JumpRules {
    std::uint32_t window = 270;        ///< K, in bars: 270 of one minute, or 78 of five
    std::uint32_t session_bars = 390;  ///< n, over which p is the chance of one false alarm
    /// Products needed for a scale; 0: all K - 2. With fewer, a single missing bar does not silence
    /// the test for a whole window.
    std::uint32_t min_products = 0;
};

struct JumpStatistic {
    double l = 0;              ///< the bar in sigma, signed
    std::optional<double> xi;  ///< absent when session_bars < 2
    std::optional<double> p;   ///< 0 to 1; absent when xi is
};

/// One thread. Never allocates after construction.
class JumpTest {
  public:
    explicit JumpTest(const JumpRules& rules);

    /// A bar: log return and intraday factor. One that is not finite, or a factor that is not above
    /// zero, is an absent bar.
    void push(double log_return, double intraday_factor);
    /// A bar without a return; both products it belongs to are missing.
    void push_absent();

    /// Of the last bar: standard deviation known before it, in units of r/f. Absent before K - 1
    /// bars, when products are missing (see min_products), or when it is zero.
    std::optional<double> sigma() const { return sigma_; }
    /// Of the last bar; absent when it or its sigma is.
    std::optional<JumpStatistic> value() const { return value_; }
    /// C_n and S_n; absent when session_bars < 2.
    std::optional<double> centre() const { return centre_; }
    std::optional<double> scale() const { return scale_; }

  private:
    void advance(std::optional<double> standardised);

    std::uint32_t min_products_;
    std::optional<double> centre_, scale_;
    WindowSum products_;
    std::uint32_t bars_wanted_;  ///< before the first scale: K - 1, counted down
    std::optional<double> q_before_;
    std::optional<double> sigma_;
    std::optional<JumpStatistic> value_;
};

}  // namespace contagiond::core
