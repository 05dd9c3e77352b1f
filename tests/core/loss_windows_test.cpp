#include "core/estimators/loss_windows.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/elementary.hpp"
#include "tests/support/random.hpp"
#include "tests/support/shared_data.hpp"

using namespace contagiond;
using core::LossScaleRules;
using core::LossWindows;

namespace {

struct Row {
    std::optional<double> y;
    double elapsed = 1;
};

/// The slow, obvious twin: everything from the rows, anew.
class Twin {
  public:
    explicit Twin(LossScaleRules rules) : rules_(rules) {}

    void push(Row row) {
        rows_.push_back(row);
        const double decay = std::exp2(-1 / rules_.half_life_rows);
        if (row.y && row.elapsed <= rules_.gap_rows) {
            double a = std::abs(*row.y) / std::sqrt(row.elapsed);
            if (!scales_.empty() && scales_.back() > 0)
                a = std::min(a, rules_.clip * scales_.back());
            weighted_ = decay * weighted_ + a;
            weight_ = decay * weight_ + 1;
        }
        scales_.push_back(weight_ > rules_.min_weight ? 1.2533 * weighted_ / weight_ : 0);
    }

    std::optional<double> loss_sigma(std::size_t h) const {
        const auto [total, square, elapsed, returns] = sums(h);
        if (rows_.size() <= h || returns == 0) return std::nullopt;
        const double scale = scales_[rows_.size() - h - 1];
        if (scale <= 0) return std::nullopt;
        return -total / (scale * std::sqrt(elapsed));
    }
    std::optional<double> one_way(std::size_t h) const {
        const auto [total, square, elapsed, returns] = sums(h);
        if (rows_.size() <= h || square <= 0) return std::nullopt;
        return -total / std::sqrt(square);
    }
    std::optional<double> drawdown(std::size_t h) const {
        if (rows_.size() <= h) return std::nullopt;
        std::vector<double> path = {0};
        double level = 0;
        for (const Row& row : rows_) path.push_back(level += row.y.value_or(0));
        const double high =
            *std::max_element(path.end() - static_cast<std::ptrdiff_t>(h) - 1, path.end());
        return std::expm1(path.back() - high);
    }

  private:
    std::tuple<double, double, double, int> sums(std::size_t h) const {
        double total = 0, square = 0, elapsed = 0;
        int returns = 0;
        for (std::size_t i = rows_.size() - std::min(h, rows_.size()); i < rows_.size(); ++i) {
            if (!rows_[i].y) continue;
            total += *rows_[i].y;
            square += *rows_[i].y * *rows_[i].y;
            elapsed += rows_[i].elapsed;
            ++returns;
        }
        return {total, square, elapsed, returns};
    }

    LossScaleRules rules_;
    std::vector<Row> rows_;
    std::vector<double> scales_;
    double weighted_ = 0, weight_ = 0;
};

void require_close(std::optional<double> fast, std::optional<double> slow) {
    REQUIRE(fast.has_value() == slow.has_value());
    if (fast) REQUIRE(*fast == Approx(*slow).epsilon(1e-9).margin(1e-12));
}

}  // namespace

TEST_CASE("loss windows agree with their slow twin at every row") {
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    test::Random random(seed);
    const std::array<std::uint32_t, 3> horizons = {5, 17, 60};
    const LossScaleRules rules{.half_life_rows = 90, .clip = 3.5, .min_weight = 20, .gap_rows = 5};
    LossWindows fast(horizons, rules);
    Twin slow(rules);
    for (int i = 0; i < 700; ++i) {
        Row row;
        if (random.uniform() > 0.15) row.y = 1e-4 * random.normal() * (i == 400 ? 300 : 1);
        if (random.uniform() < 0.1) row.elapsed = 1 + static_cast<double>(random.below(12));
        if (row.y)
            fast.push(*row.y, row.elapsed);
        else
            fast.push_absent();
        slow.push(row);
        for (std::size_t h = 0; h < horizons.size(); ++h) {
            CAPTURE(i, h);
            require_close(fast.loss_sigma(h), slow.loss_sigma(horizons[h]));
            require_close(fast.loss_one_way(h), slow.one_way(horizons[h]));
            require_close(fast.drawdown(h), slow.drawdown(horizons[h]));
            if (fast.log_return(h))
                REQUIRE(*fast.drawdown(h) <= core::elementary::expm1(*fast.log_return(h)));
        }
    }
}

TEST_CASE("the size channel meets its reference vector") {
    const std::string path = "method/vectors/move_channel/scale_loss_selfnorm.json";
    if (!test::have_shared(path)) return;
    const auto vector = nlohmann::json::parse(std::ifstream(test::shared_path(path)));
    const auto& p = vector["params"];
    const std::array<std::uint32_t, 1> horizons = {p["h"].get<std::uint32_t>()};
    LossWindows windows(horizons, {p["half_life_rows"], p["clip"], p["min_weight"], p["gap_rows"]});
    const auto close = [&](std::optional<double> value, const nlohmann::json& expected) {
        REQUIRE(value.has_value() == expected.is_number());
        if (value) REQUIRE(*value == Approx(expected.get<double>()).epsilon(1e-9).margin(1e-9));
    };
    const auto& y = vector["inputs"]["y"];
    for (std::size_t i = 0; i < y.size(); ++i) {
        CAPTURE(i);
        if (y[i].is_number())
            windows.push(y[i], vector["inputs"]["elapsed"][i]);
        else
            windows.push_absent();
        close(windows.scale(), vector["expected"]["scale"][i]);
        close(windows.loss_sigma(0), vector["expected"]["s"][i]);
        close(windows.loss_one_way(0), vector["expected"]["sn"][i]);
    }
}

TEST_CASE("a series that never moves has no loss in sigma") {
    const std::array<std::uint32_t, 1> horizons = {4};
    LossWindows windows(horizons, {.half_life_rows = 50, .min_weight = 3});
    for (int i = 0; i < 40; ++i) windows.push(0, 1);
    CHECK_FALSE(windows.loss_sigma(0));
    CHECK_FALSE(windows.loss_one_way(0));
    CHECK_FALSE(windows.scale());
    CHECK(*windows.log_return(0) == 0);
}

TEST_CASE("a fall that began with the window is all of it a drawdown") {
    const std::array<std::uint32_t, 1> horizons = {10};
    LossWindows windows(horizons, {.half_life_rows = 50, .min_weight = 3});
    for (int i = 0; i < 20; ++i) windows.push(1e-3, 1);
    for (int i = 0; i < 10; ++i) windows.push(-1e-3, 1);
    CHECK(*windows.log_return(0) == Approx(-0.01));
    CHECK(*windows.drawdown(0) == Approx(std::expm1(-0.01)));
    windows.push(-1e-3, 1);  // the high has left
    CHECK(*windows.drawdown(0) == Approx(std::expm1(-0.01)));
}

TEST_CASE("one return alone is all its path, also after a crash") {
    const std::array<std::uint32_t, 2> horizons = {8, 500};
    LossWindows windows(horizons, {.half_life_rows = 50, .min_weight = 3});
    test::Random random(5);
    for (int i = 0; i < 400; ++i) windows.push(0.02 * random.normal(), 1);
    for (int i = 0; i < 2000; ++i) {
        for (int k = 0; k < 7; ++k) windows.push_absent();
        windows.push(1e-7, 1);
        CAPTURE(i);
        REQUIRE(*windows.loss_one_way(0) == Approx(-1).epsilon(1e-8).margin(0));
    }
}

TEST_CASE("running sums keep their digits over millions of rows") {
    test::Random random(99);
    const std::array<std::uint32_t, 1> horizons = {30};
    LossWindows windows(horizons, {.half_life_rows = 1000});
    std::array<double, 30> last{};
    double total = 0, square = 0;
    for (std::size_t i = 0; i < 3'000'000; ++i) {
        const double y = 1e-4 * random.cheap() + 1e-6;  // drifts away for ever
        last[i % last.size()] = y;
        windows.push(y, 1);
    }
    for (const double y : last) {
        total += y;
        square += y * y;
    }
    CHECK(*windows.log_return(0) == Approx(total).epsilon(1e-11));
    CHECK(*windows.loss_one_way(0) == Approx(-total / std::sqrt(square)).epsilon(1e-9));
}
