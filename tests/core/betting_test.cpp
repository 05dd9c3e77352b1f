#include "core/estimators/betting.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/core/vector_file.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using core::Betting;
using core::BettingForm;

namespace {

constexpr std::array<double, 3> kappas = {0.2, 0.45, 0.8};

/// The slow, obvious twin: every bet from its own product of factors, all starts tried.
struct Answer {
    double log_e = 0;
    std::size_t onset = 0;
};
Answer all_starts(const std::vector<double>& x, BettingForm form) {
    std::array<long double, 3> best{};
    std::array<std::size_t, 3> onset{};
    for (std::size_t k = 0; k < kappas.size(); ++k) {
        best[k] = -INFINITY;
        long double run = 0;
        // From the last row backwards: the best sum over all starts is the e-CUSUM.
        for (std::size_t i = x.size(); i-- > 0;) {
            run += std::log1p(static_cast<long double>(kappas[k]) *
                              std::tanh(-static_cast<long double>(x[i])));
            if (form == BettingForm::source ? run >= best[k] : i == 0) {
                best[k] = run;
                onset[k] = i;
            }
        }
    }
    long double sum = 0;
    std::size_t leader = 0;
    for (std::size_t k = 0; k < kappas.size(); ++k) {
        sum += std::exp(best[k]);
        if (best[k] > best[leader]) leader = k;
    }
    return {static_cast<double>(std::log(sum / 3)), onset[leader]};
}

}  // namespace

TEST_CASE("a source's fortune is the best over all starts, a receiver's is from its first row") {
    const BettingForm form = GENERATE(BettingForm::source, BettingForm::receiver);
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CAPTURE(static_cast<int>(form), seed);
    test::Random random(seed);
    Betting betting(form, kappas);
    CHECK(betting.log_e() == 0);
    std::vector<double> x;
    for (int i = 0; i < 300; ++i) {
        x.push_back(random.normal() - (i > 200 && i < 250 ? 1 : 0));
        betting.push(x.back());
        const Answer slow = all_starts(x, form);
        CAPTURE(i);
        REQUIRE(betting.log_e() == Approx(slow.log_e).epsilon(1e-12).margin(1e-12));
        if (form == BettingForm::source) REQUIRE(betting.onset_row() == slow.onset);
    }
}

TEST_CASE("the onset is the first row of the fall") {
    Betting betting(BettingForm::source, kappas);
    for (int i = 0; i < 50; ++i) betting.push(i % 2 == 0 ? 0.5 : 0.1);
    betting.push_absent();
    betting.push_absent();
    for (int i = 0; i < 10; ++i) betting.push(-2);
    CHECK(betting.onset_row() == 52);
    CHECK(betting.log_e() > 4);
}

TEST_CASE("rows without a move leave the fortune as it is") {
    Betting betting(BettingForm::source, kappas);
    betting.push_absent();
    CHECK(betting.log_e() == 0);
    betting.push(-1);
    const double before = betting.log_e();
    betting.push_absent();
    betting.push(NAN);
    CHECK(betting.log_e() == before);
    CHECK(betting.onset_row() == 1);
    betting.push(-INFINITY);  // a move beyond all bounds wins the whole stake, no more
    CHECK(betting.log_fortune(2) == Approx(std::log1p(0.8 * std::tanh(1)) + std::log1p(0.8)));
}

TEST_CASE("scale divides the moves, and a restarted receiver is new") {
    test::Random random(6);
    Betting a(BettingForm::receiver, kappas), b(BettingForm::receiver, kappas, 4);
    a.push(-3);
    a.restart();
    for (int i = 0; i < 100; ++i) {
        const double x = random.normal();
        a.push(x);
        b.push(4 * x);
        REQUIRE(a.log_e() == b.log_e());
    }
}

TEST_CASE("symmetric moves rarely make a receiver rich, however wild they are") {
    // Ville: P(sup log_e >= log 20) <= 1/20. Volatility jumps a hundredfold and back.
    test::Random random(77);
    int rich = 0;
    const int paths = 2000;
    for (int path = 0; path < paths; ++path) {
        Betting betting(BettingForm::receiver, kappas);
        bool ever = false;
        for (int i = 0; i < 300; ++i) {
            betting.push(random.normal() * ((i / 50) % 2 == 0 ? 1 : 100));
            ever = ever || betting.log_e() >= std::log(20.0);
        }
        rich += ever ? 1 : 0;
    }
    CAPTURE(rich);
    CHECK(rich <= paths / 20);
    CHECK(rich > paths / 400);  // the bets are real: some do win
}

TEST_CASE("a source's false alarms are as far apart as promised") {
    // Mean time to {log_e >= A} is at least e^A rows; A = 4 is 55 rows.
    test::Random random(78);
    double rows = 0;
    const int alarms = 300;
    for (int alarm = 0; alarm < alarms; ++alarm) {
        Betting betting(BettingForm::source, kappas);
        do {
            betting.push(random.normal());
            ++rows;
        } while (betting.log_e() < 4);
    }
    CHECK(rows / alarms >= std::exp(4.0));
}

TEST_CASE("betting meets the reference vectors") {
    const std::string name = GENERATE("downside_cusum_mixture", "receiver_eprocess");
    const std::string path = "method/vectors/e_detector/" + name + ".json";
    if (!test::have_shared(path)) return;
    const auto vector = test::read_vector(path);
    const auto sizes = vector["params"]["kappa"].get<std::vector<double>>();
    const bool source = name == "downside_cusum_mixture";
    Betting betting(source ? BettingForm::source : BettingForm::receiver, sizes,
                    vector["params"]["scale"]);
    const auto& x = vector["inputs"]["x"];
    const auto& expected = vector["expected"];
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (x[i].is_number())
            betting.push(x[i]);
        else
            betting.push_absent();
        CAPTURE(name, i);
        REQUIRE(test::meets(betting.log_e(), expected["log_e"][i], vector["tolerance"]));
        if (!source) continue;
        REQUIRE(betting.onset_row() == expected["onset_row"][i].get<std::uint64_t>());
        for (std::size_t k = 0; k < sizes.size(); ++k)
            REQUIRE(test::meets(betting.log_fortune(k), expected["per_kappa"][k][i],
                                vector["tolerance"]));
    }
}
