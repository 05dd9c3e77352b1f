// How strong an event came out: drift and noise together, in normal sigma.
#include <algorithm>
#include <cmath>

#include "daemon/demo/scenario_script.hpp"

namespace contagiond::demo {
namespace {

using Weights = std::array<double, symbol_count>;

// As an engine weighs them: names 70 %, QQQ 30 %; the coins half each. The controls are taken
// against their own volatility, down is hawkish.
constexpr Weights tech_weights = {0.14, 0.14, 0.14, 0.14, 0.14, 0.3, 0, 0, 0, 0, 0};
constexpr Weights index_weights = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
constexpr Weights crypto_weights = {0, 0, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0};

Weights macro_weights() {
    Weights w{};
    w[symbol::dxy] = -1 / minute_volatility(symbol::dxy);
    w[symbol::zn] = 1 / minute_volatility(symbol::zn);
    w[symbol::gc] = 1 / minute_volatility(symbol::gc);
    return w;
}

constexpr std::size_t shortest_min = 5, longest_min = 120;

Strength strength_of(const Weights& weights, double sigma, int onset_s, int end_s,
                     const std::array<std::vector<double>, symbol_count>& log_price) {
    constexpr std::size_t minutes = path_seconds / 60;
    std::vector<double> level(minutes + 1), squares(minutes + 1);
    for (std::size_t m = 0; m <= minutes; ++m) {
        for (std::size_t i = 0; i < symbol_count; ++i)
            if (weights[i] != 0) level[m] += weights[i] * log_price[i][m * 60];
        if (m == 0) continue;
        const double r = level[m] - level[m - 1];
        squares[m] = squares[m - 1] + r * r;
    }
    Strength best;
    bool any = false;
    for (std::size_t w = shortest_min; w <= longest_min; ++w) {
        for (std::size_t m = std::max(w, static_cast<std::size_t>(onset_s / 60 + 1));
             m <= std::min(minutes, static_cast<std::size_t>(end_s / 60)); ++m) {
            const double loss = level[m - w] - level[m];
            const double s = loss / (sigma * std::sqrt(static_cast<double>(w)));
            if (any && s <= best.sigma) continue;
            any = true;
            best = {s, loss / std::sqrt(squares[m] - squares[m - w])};
        }
    }
    return best;
}

}  // namespace

double normal_minute_sigma(const Weights& weights, double global_exposure) {
    FactorLoadings sum{0, 0, 0, 0};
    double own = 0;
    for (std::size_t i = 0; i < symbol_count; ++i) {
        const double scale = weights[i] * minute_volatility(i);
        const FactorLoadings l = loadings_of(i, global_exposure);
        sum.global += scale * l.global;
        sum.tech += scale * l.tech;
        sum.crypto += scale * l.crypto;
        sum.macro += scale * l.macro;
        own += scale * scale * own_loading(l) * own_loading(l);
    }
    // The usual size of the volatility all symbols share: the root of its mean square.
    constexpr double log_variance =
        volatility_shock * volatility_shock / (1 - volatility_persistence * volatility_persistence);
    return steady_exp(log_variance) *
           std::sqrt(sum.global * sum.global + sum.tech * sum.tech + sum.crypto * sum.crypto +
                     sum.macro * sum.macro + own);
}

void measure_strength(const PathScript& script,
                      const std::array<std::vector<double>, symbol_count>& log_price,
                      Truth& truth) {
    if (!truth.onset_s || script.sparse != 0) return;
    const int onset = *truth.onset_s, end = *truth.end_s;
    // While the names are closed the index is all of tech that can be seen.
    const bool names_closed = truth.scenario == Scenario::deepseek_like;
    const auto measure = [&](const Weights& weights) {
        return strength_of(weights, normal_minute_sigma(weights, script.global_exposure), onset,
                           end, log_price);
    };
    truth.strength = {measure(names_closed ? index_weights : tech_weights), measure(crypto_weights),
                      measure(macro_weights())};
}

}  // namespace contagiond::demo
