// DieboldYilmaz: who spills over onto whom, from a vector autoregression of several series.
//
//     r_t = c + B_1 r_{t-1} + … + B_p r_{t-p} + e_t by least squares,   Sigma = Σ_t e_t e_t'
//     A_0 = I,  A_h = Σ_l A_{h-l} B_l
//     theta_ij = (1/Sigma_jj)·Σ_h (e_i' A_h Sigma e_j)² / Σ_h (e_i' A_h Sigma A_h' e_i),  h = 0…H-1
//     share_ij = theta_ij / Σ_j theta_ij
//
// Diebold and Yilmaz, "Better to Give than to Receive", International Journal of Forecasting 28
// (2012), with the generalised variance decomposition of Pesaran and Shin (1998), which does not
// depend on the order of the series. share_ij is the part of the variance of i's forecast error
// that comes from shocks to j. The divisor of Sigma cancels.
//
// Cost: O(T·(N·p)² + H·p·N³), work for a slow clock (once a minute): about 50 µs for five series of
// 240 rows, one lag and H = 10. Memory, with m = N·p regressors: 8·(N + m + 2) bytes a row, 8·(2·m²
// + m·N) for the fit and 8·N²·(2·p + 4), and some doubles a series and regressor. Error: least
// squares by orthogonal projections on centred columns of unit length, so results do not depend on
// the units of the series; the slopes carry eps·(condition of the columns), at most 1e-10 at the
// limit below.
//
// Reference cases `diebold_yilmaz`. Params lags = p, horizon = H. Input columns: a list of series
// (null stands for NaN). Expected theta_norm, total, from_others, to_others, net, coef are share,
// total, from_others, to_others, net, coefficients; all null when there is no result. groups.tech,
// groups.crypto are places of series: tech_to_crypto = group_spillover(result, tech, crypto).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/estimators/columns.hpp"
#include "core/estimators/small_matrix.hpp"

namespace contagiond::core {

struct SpilloverRules {
    std::size_t lags = 1;      ///< p, in rows
    std::size_t horizon = 10;  ///< H, in rows, at least 1
};

struct Spillover {
    SmallMatrix share;                ///< N x N, fractions; every row sums to one
    double total = 0;                 ///< percent of all variance that comes from other series
    std::vector<double> from_others;  ///< percent: what series i receives
    std::vector<double> to_others;    ///< percent: what series j gives
    std::vector<double> net;          ///< to - from
    SmallMatrix coefficients;  ///< (1 + N·p) x N: intercepts, then lag by lag; column = target
};

/// One thread. Never allocates after construction.
class DieboldYilmaz {
  public:
    /// Of `series` series (N, at least 1) with at most `rows_max` rows (T).
    DieboldYilmaz(std::size_t series, std::size_t rows_max, SpilloverRules rules);

    /// Series of one length, as many as told. A row is used when it and the p rows before it are
    /// finite in every series. Null when fewer than 2·(N·p + 1) rows are left, a series is constant
    /// or follows from the others' past without error, or the regressors are collinear: the
    /// reciprocal condition (1-norm) of the normal matrix of the centred regressors, scaled to unit
    /// length, is below 1e-12. Null as well when the series are not N of one length, or longer than
    /// there is room for. The result is the workspace's own, valid until the next call.
    const Spillover* measure(std::span<const std::span<const double>> series);

  private:
    /// What was taken off a column to centre it and bring it to unit length.
    struct Unit {
        double mean = 0, length = 0;
    };

    std::size_t n() const { return sigma_.rows(); }
    std::span<double> target(std::size_t i) {
        return std::span(targets_).subspan(i * rows_max_, used_);
    }
    bool find_usable_rows(std::span<const std::span<const double>> series);
    std::optional<Unit> take_unit(std::span<const double> series, std::size_t back,
                                  std::span<double> column) const;
    bool factorise(std::span<const std::span<const double>> series);
    bool fit(std::span<const std::span<const double>> series);
    void decompose();
    bool conclude();

    std::size_t rows_max_;
    SpilloverRules rules_;
    std::size_t used_ = 0;           ///< usable rows of this measurement
    std::vector<std::size_t> rows_;  ///< those
    std::vector<double> targets_;    ///< a column a series; residuals once fitted
    std::vector<Unit> target_units_;
    std::vector<double> regressor_;  ///< one column at a time
    std::vector<Unit> regressor_units_;
    OrthogonalBasis basis_;       ///< of the regressors
    SmallMatrix factor_;          ///< R of their QR factors
    SmallMatrix inverse_factor_;  ///< of R
    /// slopes_[l](i, j): what series j, l + 1 rows ago, adds to i; both in units of i's and j's own
    /// lengths.
    std::vector<SmallMatrix> slopes_;
    SmallMatrix sigma_;                        ///< cross products of the residuals in those units
    std::vector<SmallMatrix> moving_average_;  ///< A_h at h mod (p + 1)
    SmallMatrix response_;                     ///< A_h·Sigma
    std::vector<double> variance_;
    Spillover spillover_;
};

/// The same once, of whole series. Allocates.
std::optional<Spillover> diebold_yilmaz(std::span<const std::vector<double>> series,
                                        const SpilloverRules& rules);

/// Percent of the targets' forecast-error variance, on average, that comes from the sources: 100 ·
/// mean over targets of Σ over sources of their share. Absent without a target or source, or when a
/// place is not below N.
std::optional<double> group_spillover(const Spillover& spillover,
                                      std::span<const std::size_t> sources,
                                      std::span<const std::size_t> targets);

}  // namespace contagiond::core
