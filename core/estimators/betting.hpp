// Betting: a fortune won by betting against a series that is told to be symmetric. If each move is
// symmetric given the past, no bet can win on average, so a large fortune is evidence of a fall, at
// any time one looks and without a model of volatility.
//
//     L_k <- max(L_k, 0) + log1p(kappa_k·tanh(-x/scale));    log_e = log mean_k exp(L_k)
//
// With the restart at 0 (source: e-CUSUM; Shin, Ramdas, Rinaldo, "E-detectors", 2023) the mean time
// to a false alarm of {log_e >= A} is at least e^A rows. Without it (receiver: Shafer and Vovk's
// e-process) log_e ever exceeds log(1/α) with probability at most α (Ville, 1939).
//
// Cost: O(kappas) a row. Memory: 32 bytes a kappa. Error: each step is good to four eps of
// itself; their sum is compensated and adds at most eps of the largest L ever held, whatever the
// number of rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace contagiond::core {

enum class BettingForm : std::uint8_t {
    source,    ///< restarts from 0 whenever a bet has lost all it won: finds when a fall began
    receiver,  ///< never restarts: tests one series from one moment on
};

/// One thread. Never allocates after construction.
class Betting {
  public:
    /// Bet sizes between 0 and 1, at least one; `scale` > 0 in the unit of the moves.
    Betting(BettingForm form, std::span<const double> kappas, double scale = 1);

    /// The standardised move of one row.
    void push(double x);
    /// A row without a move: the fortune stands. A move that is not a number counts as absent.
    void push_absent() { ++rows_; }
    /// Back to the state before the first row: a receiver begins at its source's onset.
    void restart();

    /// Log e-value in nats; 0 before the first row.
    double log_e() const;
    /// Log fortune of one bet size, in nats.
    double log_fortune(std::size_t kappa) const { return bets_[kappa].sum + bets_[kappa].carry; }
    std::size_t kappa_count() const { return bets_.size(); }
    /// Row, from 0, at which the bet that leads now last began from 0 (of equal leaders the first);
    /// that row is the first of the run.
    std::uint64_t onset_row() const;

  private:
    struct Bet {
        double kappa = 0;
        double sum = 0;
        double carry = 0;  ///< what the sum has lost so far
        std::uint64_t onset = 0;
    };
    std::size_t leader() const;

    std::vector<Bet> bets_;
    BettingForm form_;
    double scale_;
    std::uint64_t rows_ = 0;
};

}  // namespace contagiond::core
