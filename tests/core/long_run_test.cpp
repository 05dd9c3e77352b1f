// Exact after ten million updates: every estimator that runs on is compared with its formula, in
// long double over what its window holds, against the bound of error that its header states.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "core/estimators/basket.hpp"
#include "core/estimators/betting.hpp"
#include "core/estimators/ewma_correlation.hpp"
#include "core/estimators/hayashi_yoshida.hpp"
#include "core/estimators/jump_statistic.hpp"
#include "core/estimators/loss_windows.hpp"
#include "core/estimators/rolling_correlation.hpp"
#include "core/estimators/selloff_z.hpp"
#include "tests/core/tick_twins.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using Wide = long double;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t updates = 1'000'000;
#else
constexpr std::uint64_t updates = 10'000'000;
#endif
constexpr double eps = std::numeric_limits<double>::epsilon();

/// The last values of a series.
template <typename Value>
class Tail {
  public:
    explicit Tail(std::size_t length) : values_(length) {}
    void push(const Value& value) { values_[taken_++ % values_.size()] = value; }
    /// ago(0) is the last one.
    const Value& ago(std::size_t rows) const {
        return values_[(taken_ - 1 - rows) % values_.size()];
    }
    std::size_t size() const { return values_.size(); }

  private:
    std::vector<Value> values_;
    std::size_t taken_ = 0;
};

/// Distances from a twin in units of the bound; the test ends with one check of the worst.
struct Worst {
    double share = 0;
    std::uint64_t compared = 0;
    void take(double value, Wide wanted, Wide bound) {
        ++compared;
        const double distance = static_cast<double>(std::abs(value - wanted) / bound);
        // Not a number is the worst of all.
        if (!(distance <= share)) share = distance;
    }
};

/// A long sum to 2^-60, however far it goes.
class LongSum {
  public:
    void add(Wide step) {
        rest_ += step;
        if (std::abs(rest_) < 8) return;
        const Wide whole = std::trunc(rest_);
        whole_ += whole;
        rest_ -= whole;
    }
    Wide value() const { return whole_ + rest_; }

  private:
    Wide whole_ = 0, rest_ = 0;
};

struct Pair {
    Wide x = 0, y = 0;
};

/// Correlation of the last rows, with weights 1, decay, decay², … backwards, about the weighted
/// means or about zero: two passes.
double slow_correlation(const Tail<Pair>& rows, double decay, bool about_means) {
    Pair mean;
    Wide total = 0, weight = 1;
    for (std::size_t k = 0; about_means && k < rows.size(); ++k, weight *= decay) {
        total += weight;
        mean.x += weight * (rows.ago(k).x - rows.ago(0).x);
        mean.y += weight * (rows.ago(k).y - rows.ago(0).y);
    }
    if (about_means) mean = {rows.ago(0).x + mean.x / total, rows.ago(0).y + mean.y / total};
    Wide sxx = 0, syy = 0, sxy = 0;
    weight = 1;
    for (std::size_t k = 0; k < rows.size(); ++k, weight *= decay) {
        const Wide dx = rows.ago(k).x - mean.x, dy = rows.ago(k).y - mean.y;
        sxx += weight * dx * dx;
        syy += weight * dy * dy;
        sxy += weight * dx * dy;
    }
    return static_cast<double>(sxy / std::sqrt(sxx * syy));
}

/// Correlated noise on a level; about every ten thousandth value is 1e12.
class WildPairs {
  public:
    WildPairs(std::uint64_t seed, double level, double size)
        : random_(seed), level_(level), size_(size) {}
    std::pair<double, double> next() {
        const double x = random_.cheap(), y = 0.6 * x + 0.8 * random_.cheap();
        const double wild = random_.uniform();
        return {wild < 1e-4 ? 1e12 : level_ + size_ * x,
                wild > 0.5e-4 && wild < 1.5e-4 ? -1e12 : level_ + size_ * y};
    }

  private:
    test::Random random_;
    double level_, size_;
};

}  // namespace

TEST_CASE("a rolling correlation is exact after ten million rows") {
    // Noise about zero, and levels that move by 1e-8 of themselves.
    const auto [level, size] = GENERATE(std::pair(0.0, 1.0), std::pair(1e5, 1e-3));
    CAPTURE(level, size);
    constexpr std::uint32_t window = 180;
    core::RollingCorrelation correlation(window, 45);
    WildPairs pairs(71, level, size);
    Tail<Pair> tail(window);
    Worst worst;
    for (std::uint64_t k = 0; k < updates; ++k) {
        const auto [x, y] = pairs.next();
        correlation.push(x, y);
        tail.push({x, y});
        if (k < window || (k % 499 != 0 && k + 1000 < updates)) continue;
        worst.take(*correlation.value(), slow_correlation(tail, 1, true), window * eps);
    }
    CAPTURE(worst.share);
    CHECK(worst.share <= 1);
    CHECK(worst.compared > updates / 500);
}

TEST_CASE("an exponentially weighted correlation is exact after ten million rows") {
    using Mean = core::EwmaCorrelation::Mean;
    const auto [mean, level, size] =
        GENERATE(std::tuple(Mean::zero, 0.0, 1.0), std::tuple(Mean::weighted, 1e5, 1e-3));
    CAPTURE(level, size);
    constexpr double lambda = 0.97;
    auto correlation = core::EwmaCorrelation::with_lambda(lambda, mean);
    WildPairs pairs(72, level, size);
    // Older rows weigh less than 1e-100.
    Tail<Pair> tail(8192);
    Worst worst;
    for (std::uint64_t k = 0; k < updates; ++k) {
        const auto [x, y] = pairs.next();
        correlation.push(x, y);
        tail.push({x, y});
        if (k < tail.size() || (k % (updates / 200) != 0 && k + 1 < updates)) continue;
        worst.take(*correlation.value(), slow_correlation(tail, lambda, mean == Mean::weighted),
                   2 * eps / (1 - lambda));
    }
    CAPTURE(worst.share);
    CHECK(worst.share <= 1);
    CHECK(worst.compared >= 190);
}

TEST_CASE("Hayashi-Yoshida is exact after ten million ticks, with and without a window") {
    using Side = core::HayashiYoshida::Side;
    constexpr core::DurationNs window = 300 * core::ns_per_s;
    core::HayashiYoshida windowed({.length = window, .capacity = 4096}), all;
    test::Random random(73);
    core::TimeNs ts = 1'737'990'000 * core::ns_per_s;
    std::array<double, 2> price = {100, 1e5};
    // The whole: log prices since the start, and the other side's at the own last tick.
    std::array<Wide, 2> path{}, base{}, rv{};
    std::array<bool, 2> ticked{};
    Wide cov = 0, cov_size = 0;
    // The window: two of its lengths of ticks, since its intervals may begin before it.
    std::array<test::Ticks, 2> kept;
    Worst worst, worst_whole;
    for (std::uint64_t k = 0; k < updates; ++k) {
        ts += 1 + static_cast<core::TimeNs>(random.uniform() * 1e9);
        const std::size_t side = random.uniform() < 0.5 ? 0 : 1;
        // A wrong price now and then, and back: returns of nine, and squares that are 1e10 times
        // those of the rest.
        const bool wild = random.uniform() < 1e-4;
        const double step = 1e-4 * random.cheap();
        const double before = price[side];
        price[side] = wild ? before * 1e4 : before > 1e6 ? before * 1e-4 : before * (1 + step);
        windowed.tick(side == 0 ? Side::x : Side::y, ts, price[side]);
        all.tick(side == 0 ? Side::x : Side::y, ts, price[side]);

        // A side's first tick makes no return.
        const Wide r = ticked[side] ? core::log_return(before, price[side]) : 0.0;
        ticked[side] = true;
        path[side] += r;
        rv[side] += r * r;
        const Wide other = path[1 - side] - base[side];
        cov += r * other;
        cov_size += std::abs(r * other);
        base[side] = path[1 - side];

        // Collected ahead of each comparison only.
        const std::uint64_t ahead = updates / 40 - k % (updates / 40);
        if (ahead > 2500) {
            kept[0] = kept[1] = {};
            continue;
        }
        kept[side].add(ts, price[side]);
        if (ahead != 1) continue;
        const auto slow = test::slow_hayashi_yoshida(kept[0], kept[1], 0, ts - window, ts);
        const auto value = windowed.value();
        worst.take(*value.rv_x, slow.rv_x, 8 * eps * slow.rv_x);
        worst.take(*value.rv_y, slow.rv_y, 8 * eps * slow.rv_y);
        worst.take(value.cov, slow.cov, 8 * eps * std::sqrt(slow.rv_x * slow.rv_y));
        const auto whole = all.value();
        worst_whole.take(*whole.rv_x, rv[0], 8 * eps * rv[0]);
        worst_whole.take(*whole.rv_y, rv[1], 8 * eps * rv[1]);
        worst_whole.take(whole.cov, cov, 8 * eps * cov_size);
    }
    CAPTURE(worst.share, worst_whole.share);
    CHECK(windowed.left_early() == 0);
    CHECK(worst.compared == 120);
    CHECK(worst.share <= 1);
    CHECK(worst_whole.share <= 1);
}

TEST_CASE("the z-score of a selloff is exact after ten million bars") {
    const core::SelloffRules rules;
    const double lambda = 1 - 2 / (rules.span + 1);
    core::SelloffZ selloff(rules);
    test::Random random(74);
    Tail<Wide> tail(8192);
    Worst worst;
    for (std::uint64_t k = 0; k < updates; ++k) {
        const double wild = random.uniform() < 1e-4 ? 1e9 : 1;
        const double x = 1e-3 * wild * random.cheap();
        selloff.push(x, 1.25);
        tail.push(Wide(x / 1.25));
        if (k < tail.size() || (k % (updates / 200) != 0 && k + 1 < updates)) continue;
        Wide sum = 0, sizes = 0, weighted = 0, weights = 0, weight = 1;
        for (std::size_t i = 0; i < rules.horizon; ++i) {
            sum += tail.ago(i);
            sizes += std::abs(tail.ago(i));
        }
        for (std::size_t i = rules.horizon; i < tail.size(); ++i, weight *= lambda) {
            weighted += weight * tail.ago(i) * tail.ago(i);
            weights += weight;
        }
        const Wide scale = std::sqrt(rules.horizon * weighted / weights);
        // z has half of the relative error of V, and a few roundings of its own.
        const Wide bound = (eps / (1 - lambda) + 4 * eps) * std::abs(sum / scale) +
                           rules.horizon * eps * sizes / scale;
        worst.take(*selloff.value(), sum / scale, bound);
    }
    CAPTURE(worst.share);
    CHECK(worst.share <= 1);
    CHECK(worst.compared >= 190);
}

TEST_CASE("the jump test is exact after ten million bars") {
    const core::JumpRules rules;
    core::JumpTest jump(rules);
    test::Random random(75);
    Tail<Wide> tail(rules.window);
    Worst worst;
    for (std::uint64_t k = 0; k < updates; ++k) {
        const double wild = random.uniform() < 1e-4 ? 1e9 : 1;
        const double x = 1e-3 * wild * random.cheap();
        jump.push(x, 1.25);
        tail.push(Wide(x / 1.25));
        if (k < rules.window || (k % 499 != 0 && k + 1000 < updates)) continue;
        Wide products = 0;
        for (std::size_t i = 1; i + 1 < rules.window; ++i)
            products += std::abs(tail.ago(i) * tail.ago(i + 1));
        const Wide sigma = std::sqrt(std::acos(Wide(-1)) / 2 * products / (rules.window - 2));
        worst.take(*jump.sigma(), sigma, rules.window * eps * sigma);
        const Wide l = tail.ago(0) / sigma;
        worst.take(jump.value()->l, l, rules.window * eps * std::abs(l));
    }
    CAPTURE(worst.share);
    CHECK(worst.share <= 1);
    CHECK(worst.compared > updates / 500);
}

TEST_CASE("bets are exact after ten million moves") {
    using core::BettingForm;
    const BettingForm form = GENERATE(BettingForm::source, BettingForm::receiver);
    const std::array<double, 3> kappas = {0.2, 0.45, 0.8};
    core::Betting betting(form, kappas);
    // Moves from a list, so that each step is computed once. In turn they lean up and down.
    struct Move {
        double x = 0;
        std::array<double, 3> steps{};
    };
    test::Random random(76);
    std::array<std::vector<Move>, 2> moves;
    double worst_step = 0;
    for (std::size_t lean = 0; lean < 2; ++lean) {
        for (int i = 0; i < 1024; ++i) {
            Move move{random.cheap() + (lean == 0 ? 0.1 : -0.4), {}};
            for (std::size_t b = 0; b < kappas.size(); ++b) {
                move.steps[b] = std::log1p(kappas[b] * std::tanh(-move.x));
                const Wide exact = std::log1p(kappas[b] * std::tanh(Wide(-move.x)));
                worst_step =
                    std::max(worst_step,
                             static_cast<double>(std::abs((move.steps[b] - exact) / exact)) / eps);
            }
            moves[lean].push_back(move);
        }
    }
    std::array<LongSum, 3> sums{};
    Wide largest = 0;
    Worst worst;
    for (std::uint64_t k = 0; k < updates; ++k) {
        const Move& move = moves[k >> 16 & 1][random.below(1024)];
        betting.push(move.x);
        for (std::size_t b = 0; b < kappas.size(); ++b) {
            if (form == BettingForm::source && sums[b].value() <= 0) sums[b] = {};
            sums[b].add(move.steps[b]);
            largest = std::max(largest, std::abs(sums[b].value()));
        }
        if (k % 499 != 0 && k + 1000 < updates) continue;
        Wide mean = 0, most = sums[0].value();
        for (const LongSum& sum : sums) most = std::max(most, sum.value());
        for (std::size_t b = 0; b < kappas.size(); ++b) {
            worst.take(betting.log_fortune(b), sums[b].value(), eps * largest);
            mean += std::exp(sums[b].value() - most) / 3;
        }
        worst.take(betting.log_e(), most + std::log(mean), 2 * eps * (largest + 1));
    }
    CAPTURE(worst.share, worst_step, static_cast<double>(largest));
    CHECK(worst_step <= 4);
    CHECK(worst.share <= 1);
    CHECK(largest > 1000);
}

TEST_CASE("a basket's index and drawdown are exact after ten million bars") {
    const std::array<double, 4> weights = {0.4, 0.3, 0.2, 0.1};
    core::Basket basket(weights, {});
    const core::BasketRules rules;
    test::Random random(77);
    Tail<Wide> paths(rules.drawdown_rows);
    Wide path = 0, furthest = 0;
    Worst worst, worst_return;
    for (std::uint64_t k = 0; k < updates; ++k) {
        std::array<std::optional<double>, 4> returns;
        Wide sum = 0, sizes = 0, alive = 0;
        for (std::size_t leg = 0; leg < returns.size(); ++leg) {
            const double draw = random.uniform();
            if (draw < 0.1) continue;
            returns[leg] = 1e-3 * (draw - 0.54);  // drifts away for ever
            sum += Wide(weights[leg]) * *returns[leg];
            sizes += std::abs(weights[leg] * *returns[leg]);
            alive += weights[leg];
        }
        basket.push(returns);
        if (basket.log_return()) {
            worst_return.take(*basket.log_return(), sum / alive, 4 * eps * sizes / alive);
            path += *basket.log_return();
        }
        paths.push(path);
        furthest = std::max(furthest, std::abs(path));
        if (k < paths.size() || (k % 499 != 0 && k + 1000 < updates)) continue;
        Wide high = path;
        for (std::size_t i = 0; i < paths.size(); ++i) high = std::max(high, paths.ago(i));
        const Wide bound = 2 * eps * (furthest + 1);
        worst.take(basket.index(), std::exp(path), bound * std::exp(path));
        worst.take(basket.drawdown(), std::expm1(path - high), bound);
    }
    CAPTURE(worst.share, worst_return.share, static_cast<double>(furthest));
    CHECK(worst.share <= 1);
    CHECK(worst_return.share <= 1);
    CHECK(furthest > 0.1);
}

TEST_CASE("falls over several horizons are exact after ten million bars") {
    const std::array<std::uint32_t, 2> horizons = {30, 360};
    core::LossWindows losses(horizons, {});
    test::Random random(78);
    Tail<Wide> tail(512);
    Worst worst;
    for (std::uint64_t k = 0; k < updates; ++k) {
        const double y = 1e-3 * random.cheap() + 1e-4;  // drifts away for ever
        losses.push(y, 1);
        tail.push(y);
        if (k < tail.size() || (k % 499 != 0 && k + 1000 < updates)) continue;
        Wide sum = 0, squares = 0, sizes = 0;
        // The ring holds 512 rows: no running sum in it is larger than all of them together.
        for (std::size_t i = 0; i < tail.size(); ++i) sizes += std::abs(tail.ago(i));
        for (std::size_t h = 0, i = 0; h < horizons.size(); ++h) {
            for (; i < horizons[h]; ++i) {
                sum += tail.ago(i);
                squares += tail.ago(i) * tail.ago(i);
            }
            worst.take(*losses.log_return(h), sum, horizons[h] * eps * sizes);
            worst.take(*losses.loss_one_way(h), -sum / std::sqrt(squares),
                       horizons[h] * eps * sizes / std::sqrt(squares));
        }
    }
    CAPTURE(worst.share);
    CHECK(worst.share <= 1);
}
