#include "core/estimators/betting.hpp"

#include <cmath>

#include "core/elementary.hpp"

namespace contagiond::core {

Betting::Betting(BettingForm form, std::span<const double> kappas, double scale)
    : form_(form), scale_(scale) {
    bets_.reserve(kappas.size());
    for (const double kappa : kappas) bets_.push_back({.kappa = kappa});
}

void Betting::push(double x) {
    if (std::isnan(x)) return push_absent();
    const double stake = elementary::tanh(-x / scale_);
    for (Bet& bet : bets_) {
        if (form_ == BettingForm::source && bet.sum + bet.carry <= 0) {
            bet.sum = bet.carry = 0;
            bet.onset = rows_;
        }
        // Neumaier, 1974: a receiver adds small steps to a large sum for as long as it lives.
        const double step = elementary::log1p(bet.kappa * stake);
        const double sum = bet.sum + step;
        bet.carry +=
            std::abs(bet.sum) >= std::abs(step) ? (bet.sum - sum) + step : (step - sum) + bet.sum;
        bet.sum = sum;
    }
    ++rows_;
}

void Betting::restart() {
    for (Bet& bet : bets_) bet = {.kappa = bet.kappa};
    rows_ = 0;
}

std::size_t Betting::leader() const {
    std::size_t best = 0;
    for (std::size_t k = 1; k < bets_.size(); ++k)
        if (log_fortune(k) > log_fortune(best)) best = k;
    return best;
}

double Betting::log_e() const {
    const double most = log_fortune(leader());
    double sum = 0;
    for (std::size_t k = 0; k < bets_.size(); ++k) sum += elementary::exp(log_fortune(k) - most);
    return most + elementary::log(sum / static_cast<double>(bets_.size()));
}

std::uint64_t Betting::onset_row() const {
    return bets_[leader()].onset;
}

}  // namespace contagiond::core
