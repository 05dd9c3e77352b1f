#include "core/estimators/diebold_yilmaz.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::core {
namespace {

constexpr double reciprocal_condition_min = 1e-12;
/// Residuals below this part of a series' sum of squares are round-off of an exact relation.
constexpr double residual_min = 1e-24;

std::vector<SmallMatrix> square_matrices(std::size_t count, std::size_t size) {
    std::vector<SmallMatrix> matrices;
    matrices.reserve(count);
    while (matrices.size() < count) matrices.emplace_back(size, size);
    return matrices;
}

}  // namespace

DieboldYilmaz::DieboldYilmaz(std::size_t series, std::size_t rows_max, SpilloverRules rules)
    : rows_max_(rows_max),
      rules_(rules),
      rows_(rows_max),
      targets_(series * rows_max),
      target_units_(series),
      regressor_(rows_max),
      regressor_units_(series * rules.lags),
      basis_(rows_max, series * rules.lags),
      factor_(series * rules.lags, series * rules.lags),
      inverse_factor_(series * rules.lags, series * rules.lags),
      slopes_(square_matrices(rules.lags, series)),
      sigma_(series, series),
      moving_average_(square_matrices(rules.lags + 1, series)),
      response_(series, series),
      variance_(series) {
    spillover_.share = SmallMatrix(series, series);
    spillover_.coefficients = SmallMatrix(1 + series * rules.lags, series);
    spillover_.from_others.resize(series);
    spillover_.to_others.resize(series);
    spillover_.net.resize(series);
}

/// Rows that are finite in every series together with the p rows before them.
bool DieboldYilmaz::find_usable_rows(std::span<const std::span<const double>> series) {
    used_ = 0;
    std::size_t run = 0;  // finite rows in a row
    for (std::size_t row = 0; row < series.front().size(); ++row) {
        const bool finite = std::all_of(series.begin(), series.end(),
                                        [&](const auto& s) { return std::isfinite(s[row]); });
        run = finite ? run + 1 : 0;
        if (run > rules_.lags) rows_[used_++] = row;
    }
    return used_ >= 2 * (n() * rules_.lags + 1);
}

/// Absent when the column is constant.
std::optional<DieboldYilmaz::Unit> DieboldYilmaz::take_unit(std::span<const double> series,
                                                            std::size_t back,
                                                            std::span<double> column) const {
    take_rows(series, std::span(rows_).first(used_), back, column);
    if (is_constant(column)) return std::nullopt;
    Unit unit;
    unit.mean = centre(column);
    unit.length = std::sqrt(dot(column, column));
    if (!(unit.length > 0) || !std::isfinite(unit.length)) return std::nullopt;
    for (double& value : column) value /= unit.length;
    return unit;
}

/// The regressors' directions go into the basis, R and its inverse into their places. False when
/// singular.
bool DieboldYilmaz::factorise(std::span<const std::span<const double>> series) {
    basis_.clear();
    const std::size_t m = regressor_units_.size();
    const std::span column = std::span(regressor_).first(used_);
    for (std::size_t k = 0; k < m; ++k) {
        const auto unit = take_unit(series[k % n()], 1 + k / n(), column);
        if (!unit) return false;
        regressor_units_[k] = *unit;
        const auto shares = basis_.remove_from(column);
        for (std::size_t i = 0; i < k; ++i) factor_(i, k) = shares[i];
        if (!(dot(column, column) > 0)) return false;
        factor_(k, k) = basis_.add(column);
    }
    invert_upper(factor_, inverse_factor_);
    const double condition = norm_of_square(factor_) * norm_of_outer_square(inverse_factor_);
    return m == 0 || 1 / condition >= reciprocal_condition_min;
}

bool DieboldYilmaz::fit(std::span<const std::span<const double>> series) {
    for (std::size_t i = 0; i < n(); ++i) {
        const auto unit = take_unit(series[i], 0, target(i));
        if (!unit) return false;
        target_units_[i] = *unit;
    }
    if (!factorise(series)) return false;

    SmallMatrix& coefficients = spillover_.coefficients;
    for (std::size_t i = 0; i < n(); ++i) {
        const auto projections = basis_.remove_from(target(i));
        double intercept = target_units_[i].mean;
        for (std::size_t k = 0; k < projections.size(); ++k) {
            double slope = 0;
            for (std::size_t q = k; q < projections.size(); ++q)
                slope += inverse_factor_(k, q) * projections[q];
            const double in_units = slope / regressor_units_[k].length;
            slopes_[k / n()](i, k % n()) = in_units * target_units_[k % n()].length;
            coefficients(1 + k, i) = in_units * target_units_[i].length;
            intercept -= coefficients(1 + k, i) * regressor_units_[k].mean;
        }
        coefficients(0, i) = intercept;
    }
    for (std::size_t i = 0; i < n(); ++i)
        for (std::size_t j = 0; j < n(); ++j) sigma_(i, j) = dot(target(i), target(j));
    for (std::size_t i = 0; i < n(); ++i)
        if (!(sigma_(i, i) > residual_min)) return false;
    return true;
}

/// theta into the place of the shares, its rows not yet normalised.
void DieboldYilmaz::decompose() {
    SmallMatrix& theta = spillover_.share;
    theta.set_zero();
    std::fill(variance_.begin(), variance_.end(), 0.0);
    const std::size_t kept = moving_average_.size();
    for (std::size_t h = 0; h < rules_.horizon; ++h) {
        SmallMatrix& a = moving_average_[h % kept];
        if (h == 0)
            a.set_identity();
        else
            a.set_zero();
        for (std::size_t l = 0; l < std::min(h, rules_.lags); ++l)
            a.add_product(moving_average_[(h - 1 - l) % kept], slopes_[l]);
        response_.set_zero();
        response_.add_product(a, sigma_);
        for (std::size_t i = 0; i < n(); ++i) {
            for (std::size_t j = 0; j < n(); ++j) {
                theta(i, j) += response_(i, j) * response_(i, j);
                variance_[i] += response_(i, j) * a(i, j);
            }
        }
    }
    for (std::size_t i = 0; i < n(); ++i)
        for (std::size_t j = 0; j < n(); ++j) theta(i, j) /= sigma_(j, j) * variance_[i];
}

/// Shares and their sums; false when they are no numbers.
bool DieboldYilmaz::conclude() {
    auto& [share, total, from_others, to_others, net, coefficients] = spillover_;
    total = 0;
    std::fill(from_others.begin(), from_others.end(), 0.0);
    std::fill(to_others.begin(), to_others.end(), 0.0);
    for (std::size_t i = 0; i < n(); ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < n(); ++j) sum += share(i, j);
        if (!(sum > 0) || !std::isfinite(sum)) return false;
        for (std::size_t j = 0; j < n(); ++j) {
            share(i, j) /= sum;
            if (i == j) continue;
            const double percent = 100 * share(i, j);
            from_others[i] += percent;
            to_others[j] += percent;
        }
        total += from_others[i] / static_cast<double>(n());
    }
    for (std::size_t i = 0; i < n(); ++i) net[i] = to_others[i] - from_others[i];
    return true;
}

const Spillover* DieboldYilmaz::measure(std::span<const std::span<const double>> series) {
    if (series.size() != n() || n() == 0 || rules_.horizon == 0) return nullptr;
    const std::size_t length = series.front().size();
    if (length > rows_max_ || std::any_of(series.begin(), series.end(),
                                          [&](const auto& s) { return s.size() != length; }))
        return nullptr;
    if (!find_usable_rows(series) || !fit(series)) return nullptr;
    decompose();
    return conclude() ? &spillover_ : nullptr;
}

std::optional<Spillover> diebold_yilmaz(std::span<const std::vector<double>> series,
                                        const SpilloverRules& rules) {
    if (series.empty()) return std::nullopt;
    const std::vector<std::span<const double>> views(series.begin(), series.end());
    DieboldYilmaz workspace(series.size(), views.front().size(), rules);
    const Spillover* spillover = workspace.measure(views);
    if (!spillover) return std::nullopt;
    return *spillover;
}

std::optional<double> group_spillover(const Spillover& spillover,
                                      std::span<const std::size_t> sources,
                                      std::span<const std::size_t> targets) {
    if (sources.empty() || targets.empty()) return std::nullopt;
    const std::size_t n = spillover.share.rows();
    double sum = 0;
    for (const std::size_t target : targets) {
        for (const std::size_t source : sources) {
            if (target >= n || source >= n) return std::nullopt;
            sum += spillover.share(target, source);
        }
    }
    return 100 * sum / static_cast<double>(targets.size());
}

}  // namespace contagiond::core
