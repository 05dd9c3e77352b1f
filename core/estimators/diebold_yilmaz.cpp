#include "core/estimators/diebold_yilmaz.hpp"

#include <algorithm>
#include <cmath>

#include "core/estimators/columns.hpp"

namespace contagiond::core {
namespace {

using Columns = std::vector<std::vector<double>>;

constexpr double reciprocal_condition_min = 1e-12;
/// Residuals below this part of a series' sum of squares are round-off of an exact relation.
constexpr double residual_min = 1e-24;

/// Rows that are finite in every series together with the `lags` rows before them.
std::vector<std::size_t> usable_rows(std::span<const std::vector<double>> series,
                                     std::size_t lags) {
    std::vector<std::size_t> rows;
    std::size_t run = 0;  // finite rows in a row
    for (std::size_t row = 0; row < series.front().size(); ++row) {
        const bool finite = std::all_of(series.begin(), series.end(),
                                        [&](const auto& s) { return std::isfinite(s[row]); });
        run = finite ? run + 1 : 0;
        if (run > lags) rows.push_back(row);
    }
    return rows;
}

/// Columns of one length, centred and brought to unit length.
struct UnitColumns {
    Columns columns;
    std::vector<double> means, lengths;

    /// False when the column is constant.
    bool add(std::vector<double> column) {
        if (is_constant(column)) return false;
        means.push_back(centre(column));
        lengths.push_back(std::sqrt(dot(column, column)));
        if (!(lengths.back() > 0) || !std::isfinite(lengths.back())) return false;
        for (double& value : column) value /= lengths.back();
        columns.push_back(std::move(column));
        return true;
    }
};

std::vector<double> taken(const std::vector<double>& series, const std::vector<std::size_t>& rows,
                          std::size_t back) {
    std::vector<double> column;
    column.reserve(rows.size());
    for (const std::size_t row : rows) column.push_back(series[row - back]);
    return column;
}

struct Autoregression {
    /// slopes[l](i, j): what series j, l + 1 rows ago, adds to i; both in units of i's and j's own
    /// lengths.
    std::vector<SmallMatrix> slopes;
    SmallMatrix sigma;         ///< cross products of the residuals in those units
    SmallMatrix coefficients;  ///< in the series' own units, as in Spillover
};

/// R of the regressors' QR factors; its directions go into `basis`. Absent when singular.
std::optional<SmallMatrix> inverse_factor(const Columns& regressors, OrthogonalBasis& basis) {
    const std::size_t m = regressors.size();
    SmallMatrix r(m, m);
    for (std::size_t k = 0; k < m; ++k) {
        std::vector<double> column = regressors[k];
        const auto shares = basis.remove_from(column);
        for (std::size_t i = 0; i < k; ++i) r(i, k) = shares[i];
        if (!(dot(column, column) > 0)) return std::nullopt;
        r(k, k) = basis.add(column);
    }
    SmallMatrix inverse = inverse_of_upper(r);
    const double condition = (r.transposed() * r).norm() * (inverse * inverse.transposed()).norm();
    if (m > 0 && !(1 / condition >= reciprocal_condition_min)) return std::nullopt;
    return inverse;
}

std::optional<Autoregression> fit(std::span<const std::vector<double>> series, std::size_t lags) {
    const std::size_t n = series.size();
    const auto rows = usable_rows(series, lags);
    if (rows.size() < 2 * (n * lags + 1)) return std::nullopt;

    UnitColumns targets, regressors;
    for (const auto& s : series)
        if (!targets.add(taken(s, rows, 0))) return std::nullopt;
    for (std::size_t lag = 1; lag <= lags; ++lag)
        for (const auto& s : series)
            if (!regressors.add(taken(s, rows, lag))) return std::nullopt;

    OrthogonalBasis basis;
    const auto inverse = inverse_factor(regressors.columns, basis);
    if (!inverse) return std::nullopt;

    Autoregression model;
    model.slopes.assign(lags, SmallMatrix(n, n));
    model.sigma = SmallMatrix(n, n);
    model.coefficients = SmallMatrix(1 + n * lags, n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto projections = basis.remove_from(targets.columns[i]);
        double intercept = targets.means[i];
        for (std::size_t k = 0; k < projections.size(); ++k) {
            double slope = 0;
            for (std::size_t q = k; q < projections.size(); ++q)
                slope += (*inverse)(k, q) * projections[q];
            const double in_units = slope / regressors.lengths[k];
            model.slopes[k / n](i, k % n) = in_units * targets.lengths[k % n];
            model.coefficients(1 + k, i) = in_units * targets.lengths[i];
            intercept -= model.coefficients(1 + k, i) * regressors.means[k];
        }
        model.coefficients(0, i) = intercept;
    }
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            model.sigma(i, j) = dot(targets.columns[i], targets.columns[j]);
    for (std::size_t i = 0; i < n; ++i)
        if (!(model.sigma(i, i) > residual_min)) return std::nullopt;
    return model;
}

/// theta, its rows not yet normalised.
SmallMatrix decompose(const Autoregression& model, std::size_t horizon) {
    const std::size_t n = model.sigma.rows();
    SmallMatrix theta(n, n);
    std::vector<double> variance(n, 0.0);
    std::vector<SmallMatrix> moving_average;
    for (std::size_t h = 0; h < horizon; ++h) {
        SmallMatrix a = h == 0 ? SmallMatrix::identity(n) : SmallMatrix(n, n);
        for (std::size_t l = 0; l < std::min(h, model.slopes.size()); ++l)
            a.add_product(moving_average[h - 1 - l], model.slopes[l]);
        const SmallMatrix response = a * model.sigma;
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                theta(i, j) += response(i, j) * response(i, j);
                variance[i] += response(i, j) * a(i, j);
            }
        }
        moving_average.push_back(std::move(a));
    }
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) theta(i, j) /= model.sigma(j, j) * variance[i];
    return theta;
}

}  // namespace

std::optional<Spillover> diebold_yilmaz(std::span<const std::vector<double>> series,
                                        const SpilloverRules& rules) {
    const std::size_t n = series.size();
    if (n == 0 || rules.horizon == 0) return std::nullopt;
    auto model = fit(series, rules.lags);
    if (!model) return std::nullopt;

    Spillover result;
    result.share = decompose(*model, rules.horizon);
    result.coefficients = std::move(model->coefficients);
    result.from_others.assign(n, 0.0);
    result.to_others.assign(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < n; ++j) sum += result.share(i, j);
        if (!(sum > 0) || !std::isfinite(sum)) return std::nullopt;
        for (std::size_t j = 0; j < n; ++j) {
            result.share(i, j) /= sum;
            if (i == j) continue;
            const double percent = 100 * result.share(i, j);
            result.from_others[i] += percent;
            result.to_others[j] += percent;
        }
        result.total += result.from_others[i] / static_cast<double>(n);
    }
    for (std::size_t i = 0; i < n; ++i)
        result.net.push_back(result.to_others[i] - result.from_others[i]);
    return result;
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
