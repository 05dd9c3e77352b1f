// Latent prices of a scenario, second by second.
#include <array>
#include <cmath>

#include "daemon/demo/scenario_script.hpp"

namespace contagiond::demo {
namespace {

using Row = std::array<double, symbol_count>;

constexpr double garch_reaction = 0.08;
constexpr double garch_memory = 0.90;

/// The volatility of one source of noise, by the minute.
class Volatility {
  public:
    Volatility(bool is_garch, Shocks& shocks) : is_garch_(is_garch) {
        const double stationary =
            volatility_shock / std::sqrt(1 - volatility_persistence * volatility_persistence);
        log_ = stationary * shocks.normal();
        value_ = is_garch ? 1 : steady_exp(log_);
    }

    double value() const { return value_; }
    /// The noise of a second, in units of value(): for the GARCH feedback.
    void note(double innovation) { minute_sum_ += innovation * value_; }

    void next_minute(Shocks& shocks) {
        if (is_garch_) {
            const double move = minute_sum_ * minute_sum_ / 60;
            const double variance = (1 - garch_reaction - garch_memory) + garch_reaction * move +
                                    garch_memory * value_ * value_;
            value_ = std::sqrt(variance);
            minute_sum_ = 0;
            return;
        }
        log_ = volatility_persistence * log_ + volatility_shock * shocks.normal();
        value_ = steady_exp(log_);
    }

  private:
    bool is_garch_;
    double log_ = 0;
    double value_ = 1;
    double minute_sum_ = 0;
};

/// A causal exponential response with a mean lag of whole or broken seconds; 0: at once.
class Response {
  public:
    explicit Response(double lag_s = 0) : share_(1 / (1 + lag_s)) {}
    double next(double x) {
        held_ += share_ * (x - held_);
        return held_;
    }

  private:
    double share_;
    double held_ = 0;
};

/// Increments of total·(1 - exp(-(t - onset)/tau)).
class Drift {
  public:
    Drift() = default;
    Drift(double total, double tau_s)
        : next_(total * (1 - steady_exp(-1 / tau_s))), decay_(steady_exp(-1 / tau_s)) {}
    /// The increment of the next second after the onset.
    double next() {
        const double now = next_;
        next_ *= decay_;
        return now;
    }

  private:
    double next_ = 0;
    double decay_ = 0;
};

class Walk {
  public:
    Walk(const PathScript& script, Shocks& shocks)
        : script_(script),
          shocks_(shocks),
          common_(false, shocks),
          leader_drift_(script.leader_total, script.leader_tau_s),
          follow_drift_(script.follow_lag_s),
          follow_noise_(script.follow_lag_s) {
        for (std::size_t f = 0; f < factor_count; ++f)
            factors_.emplace_back(script.is_garch, shocks);
        for (std::size_t i = 0; i < symbol_count; ++i) {
            if (script.is_garch) own_volatility_.emplace_back(true, shocks);
            loadings_[i] = loadings_of(i, script.global_exposure);
            own_[i] = own_loading(loadings_[i]);
            second_[i] = minute_volatility(i) / std::sqrt(60.0);
            drift_[i] = Drift(script.own[i].total, script.own[i].tau_s);
            response_[i] = Response(script.own[i].lag_s);
        }
    }

    std::array<std::vector<double>, symbol_count> run() {
        std::array<std::vector<double>, symbol_count> path;
        for (std::size_t i = 0; i < symbol_count; ++i) {
            path[i].reserve(path_seconds + 1);
            path[i].push_back(steady_log(simulated_symbols()[i].open));
        }
        for (int t = 0; t < path_seconds; ++t) {
            if (t > 0 && t % 60 == 0) next_minute();
            const Row returns = step(t);
            for (std::size_t i = 0; i < symbol_count; ++i)
                path[i].push_back(path[i].back() + returns[i]);
        }
        return path;
    }

  private:
    void next_minute() {
        common_.next_minute(shocks_);
        for (Volatility& v : factors_) v.next_minute(shocks_);
        for (Volatility& v : own_volatility_) v.next_minute(shocks_);
    }

    /// D(t): above 1 at both ends of the path where it is a U.
    double time_of_day(int t) const {
        const double u = 2.0 * t / path_seconds - 1;
        return 1 + script_.u_shape * u * u;
    }

    /// Returns of the second from t to t + 1.
    Row step(int t) {
        const bool in_window = t >= script_.onset_s && t < script_.window_end_s;
        Row r = noise(t, in_window);
        const double leader_noise = in_window ? leader_of(r) : 0;
        const bool started = t >= script_.onset_s;
        const double followed_drift = follow_drift_.next(started ? leader_drift_.next() : 0);
        const double followed_noise = follow_noise_.next(leader_noise);
        for (std::size_t i = 0; i < symbol_count; ++i) {
            const Following& f = script_.following[i];
            r[i] += response_[i].next(started ? drift_[i].next() : 0);
            r[i] += f.drift_gain * followed_drift + f.noise_gain * followed_noise;
        }
        return r;
    }

    Row noise(int t, bool in_window) {
        std::array<double, factor_count> factor{};
        for (std::size_t f = 0; f < factor_count; ++f) {
            const double innovation = shocks_.student();
            factor[f] = innovation * factors_[f].value();
            factors_[f].note(innovation);
        }
        if (in_window) factor[0] *= script_.global_volatility;
        const double all = time_of_day(t) * (script_.is_garch ? 1 : common_.value());
        Row r;
        for (std::size_t i = 0; i < symbol_count; ++i) {
            const FactorLoadings& l = loadings_[i];
            double own = shocks_.student();
            if (script_.is_garch) {
                own_volatility_[i].note(own);
                own *= own_volatility_[i].value();
            }
            const double sum = l.global * factor[0] + l.tech * factor[1] + l.crypto * factor[2] +
                               l.macro * factor[3] + own_[i] * own;
            r[i] = second_[i] * all * (in_window ? script_.volatility[i] : 1) * sum;
        }
        return r;
    }

    /// The leading group's noise: the names' average, or BTC.
    double leader_of(const Row& r) const {
        if (script_.leader == SymbolGroup::crypto) return r[symbol::btc];
        return (r[symbol::nvda] + r[symbol::avgo] + r[symbol::tsm] + r[symbol::amd] +
                r[symbol::mu]) /
               5;
    }

    const PathScript& script_;
    Shocks& shocks_;
    Volatility common_;
    std::vector<Volatility> factors_;
    std::vector<Volatility> own_volatility_;  ///< GARCH only
    std::array<FactorLoadings, symbol_count> loadings_{};
    Row own_{};
    Row second_{};
    std::array<Drift, symbol_count> drift_;
    std::array<Response, symbol_count> response_;
    Drift leader_drift_;
    Response follow_drift_;
    Response follow_noise_;
};

}  // namespace

double minute_volatility(std::size_t symbol) {
    return simulated_symbols()[symbol].minute_volatility_bp * 1e-4;
}

std::array<std::vector<double>, symbol_count> walk(const PathScript& script, Shocks& shocks) {
    return Walk(script, shocks).run();
}

}  // namespace contagiond::demo
