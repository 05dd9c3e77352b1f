// What the headers of the estimators, and of the rooms that feed them, promise of memory, counted:
// nothing is allocated after construction, and construction takes what the header says.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "core/composite_price.hpp"
#include "core/estimators/bar_rollup.hpp"
#include "core/estimators/basket.hpp"
#include "core/estimators/betting.hpp"
#include "core/estimators/day_change.hpp"
#include "core/estimators/diebold_yilmaz.hpp"
#include "core/estimators/ewma_correlation.hpp"
#include "core/estimators/forbes_rigobon.hpp"
#include "core/estimators/hayashi_yoshida.hpp"
#include "core/estimators/intraday_factor.hpp"
#include "core/estimators/jump_statistic.hpp"
#include "core/estimators/lag_asymmetry.hpp"
#include "core/estimators/lead_lag.hpp"
#include "core/estimators/lead_lag_study.hpp"
#include "core/estimators/loss_windows.hpp"
#include "core/estimators/partial_correlation.hpp"
#include "core/estimators/rolling_correlation.hpp"
#include "core/estimators/selloff_z.hpp"
#include "core/estimators/series_history.hpp"
#include "core/estimators/tick_grid.hpp"
#include "core/estimators/tick_tape.hpp"
#include "core/event_queue.hpp"
#include "core/impact.hpp"
#include "core/price_guard.hpp"
#include "core/slow_clock.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::ns_per_s;
using test::AllocationCount;

namespace {

/// Blocks taken while `step(k)` runs `times` times.
template <typename Step>
std::uint64_t blocks_taken(int times, Step&& step) {
    const AllocationCount count;
    for (int k = 0; k < times; ++k) step(k);
    return count.count();
}

/// What one estimator holds: itself and the blocks it has taken.
struct Held {
    double bytes = 0;
    bool spare_blocks = false;  ///< something was taken in construction and given back
};

template <typename Estimator, typename... Arguments>
Held held_by(Arguments&&... arguments) {
    const AllocationCount count;
    const auto estimator = std::make_unique<Estimator>(std::forward<Arguments>(arguments)...);
    const auto asked = count.bytes();
    return {static_cast<double>(asked), count.live_bytes() < static_cast<std::int64_t>(asked)};
}

/// What `more` holds above `less`, for each of the units that it has more. Whatever does not grow
/// with the size cancels.
double bytes_each(const Held& less, const Held& more, double units) {
    CHECK_FALSE(less.spare_blocks);
    CHECK_FALSE(more.spare_blocks);
    return (more.bytes - less.bytes) / units;
}

std::vector<double> noise(std::uint64_t seed, std::size_t rows) {
    test::Random random(seed);
    std::vector<double> column(rows);
    for (double& v : column) v = random.cheap();
    return column;
}

constexpr int many = 20'000;

}  // namespace

TEST_CASE("the counter counts blocks and bytes of its own thread, of every kind of new") {
    const AllocationCount count;
    {
        const std::vector<double> column(1000);
        CHECK(count.count() >= 1);
    }
    AllocationCount fresh;
    CHECK(fresh.count() == 0);
    void* const plain = ::operator new(100);
    void* const aligned = ::operator new(100, std::align_val_t(64));
    void* const none = ::operator new(100, std::nothrow);
    const auto blocks = fresh.count();
    const auto bytes = fresh.bytes();
    const auto live = fresh.live_bytes();
    CHECK(blocks == 3);
    CHECK(bytes == 300);
    CHECK(live >= 300);
    CHECK(live < 500);
    CHECK(reinterpret_cast<std::uintptr_t>(aligned) % 64 == 0);
    fresh = AllocationCount();
    ::operator delete(plain);
    ::operator delete(aligned, std::align_val_t(64));
    ::operator delete(none, std::nothrow);
    const auto freed = fresh.live_bytes();
    CHECK(freed == -live);

    std::vector<double> elsewhere;
    std::uint64_t there = 0;
    std::thread thread;
    fresh = AllocationCount();
    thread = std::thread([&] {
        const AllocationCount own;
        elsewhere.resize(100'000);
        there = own.bytes();
    });
    thread.join();
    const auto here = fresh.bytes();
    CHECK(there == 800'000);
    CHECK(here < 10'000);
}

TEST_CASE("estimators of rows allocate nothing after construction") {
    test::Random random(1);
    core::RollingCorrelation rolling(180, 45);
    core::EwmaCorrelation ewma(60), demeaned(60, core::EwmaCorrelation::Mean::weighted);
    const std::array<std::uint32_t, 3> horizons = {6, 30, 360};
    core::LossWindows losses(horizons, {});
    const std::array<double, 4> weights = {0.4, 0.3, 0.2, 0.1};
    core::Basket basket(weights, {});
    const std::array<double, 3> kappas = {0.2, 0.45, 0.8};
    core::Betting source(core::BettingForm::source, kappas);
    core::Betting receiver(core::BettingForm::receiver, kappas);
    core::JumpTest jump({});
    core::SelloffZ selloff({});
    double answers = 0;
    const auto answer = [&](const std::optional<double>& value) { answers += value.has_value(); };

    const auto taken = blocks_taken(many, [&](int k) {
        const double x = random.cheap(), y = x + random.cheap();
        if (random.uniform() < 0.05) {
            rolling.push_absent();
            ewma.push_absent();
            demeaned.push_absent_after(2);
            losses.push_absent();
            source.push_absent();
            receiver.push_absent();
            jump.push_absent();
            selloff.push_absent();
        } else {
            rolling.push(x, y);
            ewma.push(x, y);
            demeaned.push_after(0.5, x, y);
            losses.push(1e-3 * x, 1, k % 7 != 0);
            source.push(x);
            receiver.push(x);
            jump.push(x, 1);
            selloff.push(x, 1);
        }
        const std::array<std::optional<double>, 4> returns = {1e-3 * x, std::nullopt, 1e-3 * y, x};
        basket.push(returns);
        answer(rolling.value());
        answer(ewma.value());
        answer(demeaned.value());
        for (std::size_t h = 0; h < horizons.size(); ++h) {
            answer(losses.loss_sigma(h));
            answer(losses.loss_one_way(h));
            answer(losses.drawdown(h));
        }
        answer(losses.scale());
        answer(basket.log_return());
        answers += basket.index() + basket.drawdown() + source.log_e() + receiver.log_e();
        answers += static_cast<double>(source.onset_row());
        if (k % 5000 == 0) receiver.restart();
        answer(jump.sigma());
        answers += jump.value().has_value();
        answer(selloff.value());
        answer(selloff.variance());
    });
    CHECK(taken == 0);
    CHECK(std::isfinite(answers));
    CHECK(answers > 10.0 * many);
}

TEST_CASE("estimators of ticks allocate nothing after construction") {
    using Side = core::HayashiYoshida::Side;
    test::Random random(2);
    core::HayashiYoshida all;
    core::HayashiYoshida exact({.length = 600 * ns_per_s, .capacity = 500});
    core::HayashiYoshida coarse({.length = 600 * ns_per_s, .resolution = ns_per_s});
    core::PreviousTick previous(60 * ns_per_s);
    core::RefreshTime refresh(3);
    core::TimeNs ts = 1'737'990'000 * ns_per_s;
    std::array<double, 3> prices = {100, 200, 1e5};
    int answers = 0;
    const auto taken = blocks_taken(many, [&](int k) {
        ts += static_cast<core::TimeNs>(random.below(3'000'000'000));
        const std::size_t series = random.below(3);
        prices[series] *= 1 + 1e-4 * random.cheap();
        // A few ticks are late or no price at all.
        const core::TimeNs stamp = ts - (random.uniform() < 0.02 ? 60 * ns_per_s : 0);
        const double price = random.uniform() < 0.02 ? std::nan("") : prices[series];
        previous.tick(stamp, price);
        answers += previous.at(ts).has_value();
        if (refresh.tick(series, stamp, price).row) answers += refresh.prices()[2] > 0;
        if (series == 2) return;
        for (core::HayashiYoshida* const estimator : {&all, &exact, &coarse}) {
            estimator->tick(series == 0 ? Side::x : Side::y, stamp, price);
            answers += estimator->value().rho.has_value();
            answers += estimator->value_at(ts).rho.has_value();
            if (k % 5000 == 0) estimator->restart();
        }
    });
    CHECK(taken == 0);
    CHECK(answers > 2 * many);
    CHECK(exact.left_early() == 0);
}

TEST_CASE("measurements on demand allocate nothing after construction") {
    constexpr std::size_t rows = 240;
    test::Random random(3);
    core::LeadLag lead_lag(core::lead_lag_default_grid(), rows);
    core::LagAsymmetry asymmetry({}, rows);
    core::PartialCorrelation partial(rows, 3);
    core::DieboldYilmaz spillover(5, rows, {2, 10});
    std::array<std::vector<double>, 5> series;
    for (auto& s : series) s = noise(4, rows);
    std::vector<std::optional<double>> x(rows), y(rows);
    std::vector<core::TimeNs> stamps(rows);
    std::vector<double> price_x(rows), price_y(rows);
    const std::array<std::size_t, 2> tech = {0, 1}, crypto = {2, 3};
    int answers = 0;
    const auto taken = blocks_taken(300, [&](int k) {
        // Any length up to the one foreseen, and some rows without a value.
        const std::size_t length = rows - random.below(100);
        for (std::size_t row = 0; row < length; ++row) {
            for (auto& s : series) s[row] = random.uniform() < 0.002 ? NAN : random.cheap();
            stamps[row] = static_cast<core::TimeNs>(row) * ns_per_s;
            price_x[row] = 100 + random.cheap();
            price_y[row] = 100 + random.cheap();
            x[row] = series[0][row];
            y[row] = series[1][row];
        }
        if (k % 10 == 0) std::fill(series[2].begin(), series[2].end(), 1.0);
        std::array<std::span<const double>, 5> views;
        for (std::size_t i = 0; i < views.size(); ++i)
            views[i] = std::span(series[i]).first(length);
        const std::span all(views);

        answers += partial.measure(views[0], views[1], all.last(3)).rho.has_value();
        answers += partial.measure(views[0], views[1], all.last(1)).p.has_value();
        if (const core::Spillover* const found = spillover.measure(all))
            answers += core::group_spillover(*found, tech, crypto).has_value();
        const auto low = core::source_window(views[0].first(length / 2), views[1]);
        const auto high = core::source_window(views[0].last(length / 2), views[1]);
        answers += core::forbes_rigobon(low, high).z.has_value();
        asymmetry.measure(std::span(x).first(length), std::span(y).first(length));
        answers += asymmetry.asymmetry().has_value();
        const std::span when = std::span<const core::TimeNs>(stamps).first(length);
        answers += lead_lag.measure({when, price_x}, {when, price_y}).theta.has_value();
    });
    CHECK(taken == 0);
    CHECK(answers > 6 * 250);
}

TEST_CASE("histories and habits of a series allocate nothing after construction") {
    test::Random random(5);
    core::IntradayFactor factor;
    core::DayChange day;
    core::BarRollup rollup(10 * ns_per_s, core::ns_per_min);
    core::SeriesHistory history(360);
    core::SlowClock clock(18, 6);
    core::TimeNs ts = 1'737'990'000 * ns_per_s;
    double path = 0, answers = 0;
    const auto taken = blocks_taken(many, [&](int k) {
        ts += (k % 3000 == 0 ? 500 : 10) * ns_per_s;  // a hole now and then
        const double x = 1e-4 * random.cheap();
        path += x;
        day.push(ts, path);
        answers += day.value(ts).has_value();
        const auto row =
            rollup.push(ts, random.uniform() < 0.1 ? std::nullopt : std::optional(x), 1, false);
        if (row && row->log_return) {
            answers += factor.factor(row->ts);
            factor.push(row->ts, *row->log_return, 1);
        }
        history.push(x);
        answers += static_cast<double>(history.last(100).size());
        if (k % 7000 == 0) day.restart();
        clock.tick(k % 100 < 50 ? core::Pace::calm : core::Pace::attentive,
                   [&](std::size_t task) { answers += static_cast<double>(task); });
    });
    CHECK(taken == 0);
    CHECK(answers > 100.0 * many);
}

TEST_CASE("tapes and studies of a lead allocate nothing after construction") {
    test::Random random(6);
    core::LeadLagStudyOptions options;
    options.ticks_max = 500;
    options.lags_max = 300;
    options.resolution = 500 * core::ns_per_ms;
    core::LeadLagStudy study(options);
    const core::TickTapeOptions recent{300 * ns_per_s, 500 * core::ns_per_ms};
    core::TickTape x(recent), y(recent);
    core::TimeNs ts = 1'737'990'000 * ns_per_s;
    int answers = 0;
    const auto taken = blocks_taken(3000, [&](int k) {
        ts += static_cast<core::TimeNs>(random.below(1'000'000'000));
        const core::TimeNs stamp = ts - (random.uniform() < 0.02 ? 60 * ns_per_s : 0);
        const double price = random.uniform() < 0.02 ? std::nan("") : 100 + random.cheap();
        (k % 2 == 0 ? x : y).push(stamp, price);
        if (k % 1000 == 999) x.restart();
        if (k % 100 != 0) return;
        const auto value = study.measure(x.view(ts), y.view(ts), ts - 300 * ns_per_s, ts);
        answers += value.theta.has_value();
    });
    CHECK(taken == 0);
    CHECK(answers > 10);
}

TEST_CASE("ticks on their way to a price allocate nothing after construction") {
    constexpr std::size_t feeds = 3;
    test::Random random(7);
    core::EventQueue queue(feeds, 64);
    core::PriceGuard guard(feeds);
    core::CompositePrice composite(feeds);
    std::array<core::FeedQuote, feeds> quotes;
    std::array<core::ImpactMember, 4> members;
    std::array<core::ImpactAsset, 2> assets;
    core::TimeNs ts = 1'737'990'000 * ns_per_s;
    double answers = 0;
    const auto taken = blocks_taken(many, [&](int k) {
        ts += static_cast<core::TimeNs>(random.below(200'000'000));
        const auto feed = static_cast<core::FeedId>(random.below(feeds));
        // Some jump, so that prints are held, and a crash moves all of them for a while.
        const double jump = random.uniform() < 0.05 ? 0.5 : k % 4000 < 200 ? 0.9 : 1;
        const double price = 100 * jump * (1 + 1e-4 * random.cheap());
        const auto mantissa = static_cast<std::int64_t>(price * 100);
        const core::TimeNs stamp = ts - static_cast<core::TimeNs>(random.below(300'000'000));
        const auto input = core::Input::make_trade(0, feed, stamp, ts, {mantissa, -2}, {1, 0});
        if (queue.full()) answers += static_cast<double>(queue.pop().input.feed);
        queue.push(queue.event_time(input), input);
        if (k % 5000 == 0) queue.forget_offsets();
        guard.take({feed, ts, {mantissa, -2}, price, false});
        answers += static_cast<double>(guard.released().size() + guard.dropped().size());
        if (k % 3000 == 0) guard.restart(feed);
        if (k % 10 == 0) guard.advance(ts);
        quotes[feed] = {random.uniform() < 0.9, ts, price, {mantissa, -2}};
        answers += composite.update(ts, quotes).has_price;
        members[random.below(4)] = {1e9, 20'000, price, 1e-4 * random.cheap(), 1};
        assets[random.below(2)] = {2e7, 20'000, 1000 * price};
        answers += core::impact(members, assets).share.has_value();
    });
    CHECK(taken == 0);
    CHECK(answers > 2.5 * many);
}

TEST_CASE("what ticks pass on their way to a price holds what its headers say") {
    const auto queue = [](std::size_t feeds, std::size_t capacity) {
        return held_by<core::EventQueue>(feeds, capacity);
    };
    CHECK(bytes_each(queue(3, 1000), queue(3, 3000), 2000) == 84);
    CHECK(bytes_each(queue(10, 100), queue(50, 100), 40) == 72);
    const auto told_of = [](std::size_t instruments) {
        return held_by<core::EventQueue>(std::size_t{1}, std::size_t{100}, instruments);
    };
    CHECK(bytes_each(told_of(10), told_of(50), 40) == 16);
    // Beside it a byte for each pair of feeds: who may judge whom.
    const auto guard = [](std::size_t feeds) { return held_by<core::PriceGuard>(feeds); };
    CHECK(bytes_each(guard(2), guard(4), 2) == Approx(1550).margin(50));
    const auto composite = [](std::size_t feeds) { return held_by<core::CompositePrice>(feeds); };
    CHECK(bytes_each(composite(2), composite(4), 2) == 128);
}

TEST_CASE("what watches one series holds what its headers say") {
    CHECK(sizeof(core::BarRollup) == 48);
    CHECK(sizeof(core::SlowClock) == 32);
    CHECK(held_by<core::BarRollup>(10 * ns_per_s, core::ns_per_min).bytes == 48);
    const auto history = [](std::size_t rows) { return held_by<core::SeriesHistory>(rows); };
    CHECK(bytes_each(history(1000), history(3000), 2000) == 16);
    CHECK(held_by<core::DayChange>().bytes == Approx(23'000).margin(200));
    CHECK(held_by<core::IntradayFactor>().bytes == Approx(3'400).margin(100));
    const auto tape = [](core::DurationNs seconds) {
        return held_by<core::TickTape>(core::TickTapeOptions{seconds * ns_per_s, ns_per_s});
    };
    CHECK(bytes_each(tape(1000), tape(3000), 2000) == 18);
}

TEST_CASE("estimators of rows hold what their headers say") {
    using core::BettingForm;
    CHECK(bytes_each(held_by<core::RollingCorrelation>(1000u, 10u),
                     held_by<core::RollingCorrelation>(3000u, 10u), 2000) == 96);
    CHECK(sizeof(core::EwmaCorrelation) == 104);
    CHECK(bytes_each(held_by<core::WindowSum>(1000u), held_by<core::WindowSum>(3000u), 2000) == 12);
    CHECK(bytes_each(held_by<core::JumpTest>(core::JumpRules{.window = 1000}),
                     held_by<core::JumpTest>(core::JumpRules{.window = 3000}), 2000) == 12);
    CHECK(bytes_each(held_by<core::SelloffZ>(core::SelloffRules{.horizon = 1000}),
                     held_by<core::SelloffZ>(core::SelloffRules{.horizon = 3000}), 2000) == 28);
    const std::vector<double> some(10, 0.5), more(50, 0.5);
    CHECK(bytes_each(held_by<core::Basket>(some, core::BasketRules{.drawdown_rows = 1000}),
                     held_by<core::Basket>(some, core::BasketRules{.drawdown_rows = 3000}),
                     2000) == 16);
    CHECK(bytes_each(held_by<core::Basket>(some, core::BasketRules{}),
                     held_by<core::Basket>(more, core::BasketRules{}), 40) == 8);
    CHECK(bytes_each(held_by<core::Betting>(BettingForm::source, some),
                     held_by<core::Betting>(BettingForm::source, more), 40) == 32);

    using Elapsed = core::LossWindows::Elapsed;
    const auto losses = [](std::vector<std::uint32_t> horizons, Elapsed elapsed = Elapsed::any) {
        return held_by<core::LossWindows>(horizons, core::LossScaleRules{}, elapsed);
    };
    // And a bit a row for the highs, up to a power of two.
    CHECK(bytes_each(losses({1000}), losses({4000}), 3000) == Approx(24.13).margin(0.05));
    CHECK(bytes_each(losses({1000}, Elapsed::whole), losses({4000}, Elapsed::whole), 3000) ==
          Approx(20.13).margin(0.05));
    CHECK(bytes_each(losses({4000}), losses({4000, 500}), 1) == 88);
}

TEST_CASE("estimators of ticks hold what their headers say") {
    const auto windowed = [](core::DurationNs seconds) {
        return held_by<core::HayashiYoshida>(
            core::TimeWindow{.length = seconds * ns_per_s, .resolution = ns_per_s});
    };
    // A place a resolution and four to spare, up to a power of two.
    CHECK(bytes_each(windowed(1000), windowed(4000), 4096 - 1024) == 40);
    CHECK(held_by<core::HayashiYoshida>().bytes == sizeof(core::HayashiYoshida));

    const auto refresh = [](std::size_t series) { return held_by<core::RefreshTime>(series); };
    CHECK(bytes_each(refresh(10), refresh(50), 40) == 64);
    CHECK(held_by<core::PreviousTick>(ns_per_s).bytes == 72);
}

TEST_CASE("measurements on demand hold what their headers say") {
    const auto asymmetry = [](std::uint32_t lags, std::size_t rows) {
        return held_by<core::LagAsymmetry>(core::LagAsymmetryRules{.lags = lags}, rows);
    };
    CHECK(bytes_each(asymmetry(24, 1000), asymmetry(24, 3000), 2000) == 16);
    CHECK(bytes_each(asymmetry(24, 1000), asymmetry(64, 1000), 40) == 16);
}

TEST_CASE("workspaces for columns hold what their headers say") {
    const std::size_t controls = GENERATE(0u, 1u, 6u);
    CAPTURE(controls);
    const auto partial = [&](std::size_t rows) {
        return held_by<core::PartialCorrelation>(rows, controls);
    };
    CHECK(bytes_each(partial(1000), partial(3000), 2000) ==
          8.0 * (static_cast<double>(controls) + 4));
}

TEST_CASE("the workspace of a spillover holds what its header says") {
    const std::size_t n = GENERATE(1u, 5u), p = GENERATE(0u, 1u, 3u);
    CAPTURE(n, p);
    const auto spillover = [&](std::size_t rows) {
        return held_by<core::DieboldYilmaz>(n, rows, core::SpilloverRules{.lags = p});
    };
    const std::size_t m = n * p;
    CHECK(bytes_each(spillover(1000), spillover(3000), 2000) ==
          8.0 * static_cast<double>(n + m + 2));
    // The matrices, and a margin for the words a series, a regressor and a matrix take.
    const double matrices = 8.0 * static_cast<double>(2 * m * m + m * n + n * n * (2 * p + 4));
    const double words = 48.0 * static_cast<double>(2 * n + m + 2 * p + 2);
    const double held = spillover(0).bytes - static_cast<double>(sizeof(core::DieboldYilmaz));
    CHECK(held >= matrices);
    CHECK(held <= matrices + words);
}
