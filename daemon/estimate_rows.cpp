// Estimators of rows: one push a row, one answer a row.
#include <algorithm>
#include <array>
#include <cmath>

#include "core/estimators/basket.hpp"
#include "core/estimators/betting.hpp"
#include "core/estimators/ewma_correlation.hpp"
#include "core/estimators/jump_statistic.hpp"
#include "core/estimators/lag_asymmetry.hpp"
#include "core/estimators/loss_windows.hpp"
#include "core/estimators/rolling_correlation.hpp"
#include "core/estimators/selloff_z.hpp"
#include "daemon/estimate_methods.hpp"

namespace contagiond::daemon {
namespace {

using Answers = std::vector<std::optional<double>>;

/// rho of every row, or of the rows that `expected.row` asks for.
Json rho_of_rows(const EstimateInput& input, const Answers& rho) {
    const Json* const wanted = input.expected("row");
    if (!wanted || !wanted->is_array()) return {{"rho", to_json(rho)}};
    Json at = Json::array();
    for (const Json& row : *wanted) {
        if (!row.is_number_unsigned() || row.get<std::uint64_t>() >= rho.size())
            throw CaseError("expected.row: " + row.dump() + " is not a row of the inputs");
        at.push_back(to_json(rho[row.get<std::size_t>()]));
    }
    return {{"row", *wanted}, {"rho", std::move(at)}};
}

/// Input season: the intraday factor of every bar; 1 if there is none.
Column season_of(const EstimateInput& input, std::size_t rows) {
    if (!input.has_input("season")) return Column(rows, 1.0);
    Column season = input.column("season");
    need_rows(season.size(), rows, "season");
    return season;
}

Json move_scale(const EstimateInput& input) {
    const Column y = input.column("y");
    const Column elapsed =
        input.has_input("elapsed") ? input.column("elapsed") : Column(y.size(), 1.0);
    need_rows(elapsed.size(), y.size(), "elapsed");
    core::LossScaleRules rules;
    rules.half_life_rows = input.positive_param("half_life_rows", rules.half_life_rows);
    rules.clip = input.positive_param("clip", rules.clip);
    rules.min_weight = input.param("min_weight", rules.min_weight);
    rules.gap_rows = input.param("gap_rows", rules.gap_rows);
    const std::array<std::uint32_t, 1> horizons = {input.rows_param("h", 30)};
    core::LossWindows windows(horizons, rules);
    Answers scale, s, sn;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (std::isfinite(y[i]) && elapsed[i] > 0)
            windows.push(y[i], elapsed[i]);
        else
            windows.push_absent();
        scale.push_back(windows.scale());
        s.push_back(windows.loss_sigma(0));
        sn.push_back(windows.loss_one_way(0));
    }
    return {{"scale", to_json(scale)}, {"s", to_json(s)}, {"sn", to_json(sn)}};
}

Json move_lag_asymmetry(const EstimateInput& input) {
    const PairRows rows = input.pair_rows();
    core::LagAsymmetryRules rules;
    rules.lags = input.rows_param("max_lag_rows", rules.lags);
    rules.clip = input.positive_param("clip", rules.clip);
    core::LagAsymmetry asymmetry(rules, rows.x.size());
    asymmetry.measure(maybe(rows.x), maybe(rows.y));
    Json result = {{"n", asymmetry.rows()},
                   {"asym", to_json(asymmetry.asymmetry())},
                   {"pos", nullptr},
                   {"neg", nullptr}};
    if (asymmetry.asymmetry()) {
        result["pos"] = Json(asymmetry.x_first());
        result["neg"] = Json(asymmetry.y_first());
    }
    return result;
}

}  // namespace

Json estimate_rolling_pearson(const EstimateInput& input) {
    const PairRows rows = input.pair_rows();
    const std::uint32_t window = input.rows_param("window", 180, 2);
    const std::uint32_t min_rows = input.rows_param("min_n", std::max(10u, window / 4), 0);
    core::RollingCorrelation correlation(window, min_rows);
    Answers rho;
    rho.reserve(rows.x.size());
    for (std::size_t i = 0; i < rows.x.size(); ++i) {
        if (rows.both(i))
            correlation.push(rows.x[i], rows.y[i]);
        else
            correlation.push_absent();
        rho.push_back(correlation.value());
    }
    return rho_of_rows(input, rho);
}

Json estimate_ewma_corr(const EstimateInput& input) {
    using core::EwmaCorrelation;
    const PairRows rows = input.pair_rows();
    const auto mean = input.flag_param("demean", false) ? EwmaCorrelation::Mean::weighted
                                                        : EwmaCorrelation::Mean::zero;
    const bool timed = input.has_param("half_life_s");
    const double half_life_s = input.positive_param("half_life_s", 1800);
    const double lambda = input.positive_param("lam", 0.94);
    if (lambda > 1) throw CaseError("params.lam: must not be above 1");
    std::vector<core::TimeNs> ts;
    if (timed) {
        ts = input.stamps("ts_ns");
        need_rows(ts.size(), rows.x.size(), "ts_ns");
    }
    auto correlation = timed ? EwmaCorrelation(half_life_s * 1e9, mean)
                             : EwmaCorrelation::with_lambda(lambda, mean);
    Answers rho;
    rho.reserve(rows.x.size());
    core::TimeNs before = ts.empty() ? 0 : ts[0];
    for (std::size_t i = 0; i < rows.x.size(); ++i) {
        if (!timed && rows.both(i)) {
            correlation.push(rows.x[i], rows.y[i]);
        } else if (!timed) {
            correlation.push_absent();
        } else if (ts[i] >= before) {  // a row below the last stamp is late and counts for nothing
            const auto elapsed = static_cast<double>(static_cast<std::uint64_t>(ts[i]) -
                                                     static_cast<std::uint64_t>(before));
            before = ts[i];
            if (rows.both(i))
                correlation.push_after(elapsed, rows.x[i], rows.y[i]);
            else
                correlation.push_absent_after(elapsed);
        }
        rho.push_back(correlation.value());
    }
    return rho_of_rows(input, rho);
}

Json estimate_basket(const EstimateInput& input) {
    const std::vector<Column> legs = input.columns("r");
    const std::vector<double> weights =
        input.list_param("weights", std::vector<double>(legs.size(), 1.0));
    if (weights.size() != legs.size())
        throw CaseError("params.weights: has " + std::to_string(weights.size()) + " weights for " +
                        std::to_string(legs.size()) + " series");
    double total = 0;
    for (const double weight : weights) {
        if (weight < 0) throw CaseError("params.weights: a weight is below 0");
        total += weight;
    }
    if (!(total > 0)) throw CaseError("params.weights: no weight is above 0");
    core::BasketRules rules;
    rules.min_coverage = input.param("min_coverage", rules.min_coverage);
    rules.drawdown_rows = input.rows_param("dd_window", rules.drawdown_rows);
    core::Basket basket(weights, rules);
    Answers ret, index, drawdown, row(legs.size());
    for (std::size_t i = 0; i < legs[0].size(); ++i) {
        for (std::size_t leg = 0; leg < legs.size(); ++leg) row[leg] = maybe(legs[leg][i]);
        basket.push(row);
        ret.push_back(basket.log_return());
        index.emplace_back(basket.index());
        drawdown.emplace_back(basket.drawdown());
    }
    return {{"ret", to_json(ret)}, {"index", to_json(index)}, {"drawdown", to_json(drawdown)}};
}

Json estimate_e_detector(const EstimateInput& input) {
    const Column x = input.column("x");
    const std::vector<double> kappas = input.list_param("kappa", {0.2, 0.45, 0.8});
    for (const double kappa : kappas)
        if (!(kappa > 0 && kappa < 1)) throw CaseError("params.kappa: must lie between 0 and 1");
    const double scale = input.positive_param("scale", 1);
    // Both forms have the same parameters; a case tells its form by its name, or by what it asks.
    const bool receiver = input.flag_param("receiver", false) ||
                          input.name().find("receiver") != std::string::npos ||
                          (input.has_expected() && !input.expected("onset_row"));
    core::Betting betting(receiver ? core::BettingForm::receiver : core::BettingForm::source,
                          kappas, scale);
    Answers log_e;
    std::vector<Answers> fortunes(kappas.size());
    Json onset = Json::array();
    for (const double move : x) {
        if (std::isfinite(move))
            betting.push(move);
        else
            betting.push_absent();
        log_e.emplace_back(betting.log_e());
        onset.push_back(betting.onset_row());
        for (std::size_t k = 0; k < kappas.size(); ++k)
            fortunes[k].emplace_back(betting.log_fortune(k));
    }
    Json per_kappa = Json::array();
    for (const Answers& fortune : fortunes) per_kappa.push_back(to_json(fortune));
    Json result = {{"log_e", to_json(log_e)}, {"per_kappa", std::move(per_kappa)}};
    if (!receiver) result["onset_row"] = std::move(onset);
    return result;
}

Json estimate_move_channel(const EstimateInput& input) {
    return input.has_input("x") ? move_lag_asymmetry(input) : move_scale(input);
}

Json estimate_jump_lm(const EstimateInput& input) {
    const Column r = input.column("r");
    const Column season = season_of(input, r.size());
    core::JumpRules rules;
    rules.window = input.rows_param("K", rules.window, 3);
    rules.session_bars = input.rows_param("n_obs", rules.session_bars);
    core::JumpTest test(rules);
    Answers l, sigma, xi, p;
    for (std::size_t i = 0; i < r.size(); ++i) {
        if (std::isfinite(r[i]) && std::isfinite(season[i]))
            test.push(r[i], season[i]);
        else
            test.push_absent();
        const auto value = test.value();
        l.push_back(value ? std::optional(value->l) : std::nullopt);
        xi.push_back(value ? value->xi : std::nullopt);
        p.push_back(value ? value->p : std::nullopt);
        sigma.push_back(test.sigma());
    }
    return {{"L", to_json(l)}, {"sigma", to_json(sigma)},      {"xi", to_json(xi)},
            {"p", to_json(p)}, {"Cn", to_json(test.centre())}, {"Sn", to_json(test.scale())}};
}

Json estimate_selloff_z(const EstimateInput& input) {
    const Column r = input.column("r");
    const Column season = season_of(input, r.size());
    core::SelloffRules rules;
    rules.horizon = input.rows_param("h", rules.horizon);
    rules.span = input.positive_param("span", rules.span);
    if (rules.span < 1) throw CaseError("params.span: must be at least 1");
    rules.warmup = input.rows_param("warmup", rules.warmup, 0);
    core::SelloffZ selloff(rules);
    Answers z, sigma2;
    for (std::size_t i = 0; i < r.size(); ++i) {
        if (std::isfinite(r[i]) && std::isfinite(season[i]))
            selloff.push(r[i], season[i]);
        else
            selloff.push_absent();
        z.push_back(selloff.value());
        sigma2.push_back(selloff.variance());
    }
    return {{"z", to_json(z)}, {"sigma2", to_json(sigma2)}};
}

}  // namespace contagiond::daemon
