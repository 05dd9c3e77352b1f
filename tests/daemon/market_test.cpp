// The scripted market: exact at its published ends, equal from equal seeds, tidy in between.
#include "daemon/demo/market.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "daemon/demo/random.hpp"

using namespace contagiond;
using core::ns_per_min;
using core::ns_per_s;
using demo::Market;
using demo::Print;

namespace {

/// FNV-1a over what a print says.
class Digest {
  public:
    void add(const Print& p) {
        add(static_cast<double>(p.kind));
        add(p.ts);
        add(p.venue_symbol);
        for (const double v : {p.price, p.size, p.bid, p.ask, p.bid_size, p.ask_size}) add(v);
        add(p.trade_id);
        add(static_cast<std::uint64_t>(p.buyer_aggressive));
    }
    std::uint64_t value() const { return value_; }

  private:
    template <typename T>
    void add(const T& v) {
        add(std::string_view(reinterpret_cast<const char*>(&v), sizeof v));
    }
    void add(std::string_view bytes) {
        for (const char c : bytes)
            value_ = (value_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
    std::uint64_t value_ = 14695981039346656037ULL;
};

std::vector<Print> whole_script(std::uint64_t seed) {
    Market market(seed);
    const auto prints = market.advance(market.script().end);
    return {prints.begin(), prints.end()};
}

std::uint64_t digest(const std::vector<Print>& prints) {
    Digest d;
    for (const Print& p : prints) d.add(p);
    return d.value();
}

const demo::ScriptedMove& move_of(const demo::Script& script, std::string_view symbol) {
    for (const auto& m : script.moves)
        if (m.symbol == symbol) return m;
    FAIL("no move of " << symbol);
    return script.moves.front();
}

/// Price of the trade of `symbol` stamped exactly `ts`, on the exchange that lists it first.
double price_at(const std::vector<Print>& prints, std::string_view symbol, core::TimeNs ts) {
    for (const Print& p : prints)
        if (p.kind == Print::Kind::trade && p.symbol == symbol && p.ts == ts &&
            p.venue != "coinbase_exchange")
            return p.price;
    FAIL("no trade of " << symbol << " at " << ts);
    return 0;
}

/// First time at which `share` of the scripted fall of a symbol is reached by the last trade.
core::TimeNs time_of_share(const std::vector<Print>& prints, const demo::ScriptedMove& m,
                           double share) {
    for (const Print& p : prints)
        if (p.kind == Print::Kind::trade && p.symbol == m.symbol &&
            p.venue != "coinbase_exchange" && p.price <= m.open + share * (m.selloff_low - m.open))
            return p.ts;
    FAIL(m.symbol << " never fell by " << share);
    return 0;
}

}  // namespace

TEST_CASE("equal seeds give equal prints, other seeds give others") {
    const std::uint64_t first = digest(whole_script(20250127));
    CHECK(first == digest(whole_script(20250127)));
    CHECK(first != digest(whole_script(20250128)));
}

TEST_CASE("prints do not depend on how the market is advanced") {
    const std::uint64_t seed = 99;
    INFO("seed " << seed);
    const std::vector<Print> at_once = whole_script(seed);

    Market market(seed);
    demo::Random steps(seed + 1);
    std::vector<Print> in_steps;
    core::TimeNs t = market.script().start - ns_per_s;
    while (t < market.script().end) {
        // From no time at all to some seven seconds.
        t = std::min(
            market.script().end,
            t + static_cast<core::DurationNs>(steps.bits() % 7 * steps.bits() % (7 * ns_per_s)));
        for (const Print& p : market.advance(t)) {
            REQUIRE(p.ts <= t);
            in_steps.push_back(p);
        }
    }
    CHECK(in_steps.size() == at_once.size());
    CHECK(digest(in_steps) == digest(at_once));
}

TEST_CASE("what happens at the very moment advanced to is told, and told once") {
    Market market(6);
    const core::TimeNs start = market.script().start;
    const core::TimeNs end = market.script().selloff_end;
    CHECK(market.advance(start - 1).empty());
    // Each of the sixteen listings opens with a quote and a trade.
    CHECK(market.advance(start).size() == 32);
    CHECK(market.advance(start).empty());
    (void)market.advance(end - 1);
    const auto prints = market.advance(end);
    CHECK(prints.size() == 32);
    for (const Print& p : prints) CHECK(p.ts == end);
}

TEST_CASE("the published figures are met exactly at the end of the selloff") {
    const auto seed = GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{20250127});
    INFO("seed " << seed);
    Market market(seed);
    const demo::Script& script = market.script();
    const auto span = market.advance(script.end);
    const std::vector<Print> prints(span.begin(), span.end());

    for (const auto& m : script.moves) {
        CAPTURE(m.symbol);
        CHECK(price_at(prints, m.symbol, script.start) == m.open);
        CHECK(price_at(prints, m.symbol, script.selloff_end) == m.selloff_low);
        CHECK(price_at(prints, m.symbol, script.macro_end) == m.macro_low);
    }

    const std::pair<const char*, double> published[] = {
        {"NVDA", -0.053}, {"ARM", -0.055},      {"AVGO", -0.049},
        {"TSM", -0.045},  {"BTC-USD", -0.0448}, {"ETH-USD", -0.0383},
    };
    for (const auto& [symbol, change] : published) {
        CAPTURE(symbol);
        const auto& m = move_of(script, symbol);
        CHECK(m.published_change == change);
        // To the last digit the source gives, and to a tick.
        CHECK(std::abs(m.selloff_low / m.open - 1 - change) < 0.01 / m.open + 1e-9);
    }
    CHECK(move_of(script, "NQ").selloff_low == move_of(script, "NQ").open - 400);
    CHECK(move_of(script, "BTC-USD").selloff_low < 100'500);
    CHECK(move_of(script, "ETH-USD").selloff_low < 3'200);
    CHECK(script.us_value_lost_usd / script.crypto_total_value_usd == Approx(1.0 / 3));

    // Other chip makers fall too, each by its own amount; the defensive placebo does not.
    const auto change_of = [&](const char* symbol) {
        const auto& m = move_of(script, symbol);
        return m.selloff_low / m.open - 1;
    };
    CHECK(change_of("MU") < change_of("AMD"));
    CHECK(change_of("AMD") < change_of("INTC"));
    CHECK(change_of("INTC") < -0.02);
    CHECK(change_of("PG") > 0);
    // Flight to quality: nothing that presses on both legs.
    CHECK(change_of("ZN") > 0);
    CHECK(change_of("DXY") < 0.0005);
}

TEST_CASE("time, trade numbers, the book and the tick grid are in order") {
    const std::uint64_t seed = 4;
    INFO("seed " << seed);
    const std::map<std::string_view, double> ticks_per_unit = {
        {"NQ", 4}, {"DXY", 200}, {"ZN", 64}, {"GC", 10}};
    std::map<std::pair<std::string_view, std::string_view>, Print> last_trade;
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> trades, quotes;
    core::TimeNs t = 0;
    for (const Print& p : whole_script(seed)) {
        CAPTURE(p.symbol, p.ts);
        REQUIRE(p.ts >= t);
        t = p.ts;
        REQUIRE(p.bid > 0);
        REQUIRE(p.bid < p.ask);
        REQUIRE(p.bid_size > 0);
        REQUIRE(p.ask_size > 0);
        const auto found = ticks_per_unit.find(p.symbol);
        const double per_unit = found == ticks_per_unit.end() ? 100 : found->second;
        REQUIRE(std::round(p.bid * per_unit) / per_unit == p.bid);
        REQUIRE(std::round(p.ask * per_unit) / per_unit == p.ask);
        const std::pair key(p.venue, p.venue_symbol);
        if (p.kind == Print::Kind::quote) {
            ++quotes[key];
            continue;
        }
        ++trades[key];
        REQUIRE(std::round(p.price * per_unit) / per_unit == p.price);
        REQUIRE(p.size > 0);
        const auto before = last_trade.find(key);
        if (before != last_trade.end()) {
            REQUIRE(p.trade_id == before->second.trade_id + 1);
            // No asset jumps by as much as a third of a per cent from trade to trade.
            REQUIRE(std::abs(p.price / before->second.price - 1) < 0.0033);
        }
        last_trade[key] = p;
    }
    // Fourteen assets, two of them on two exchanges; about a trade a second and half a quote.
    const double seconds = 82 * 60;
    CHECK(trades.size() == 16);
    for (const auto& [key, n] : trades) {
        CAPTURE(key.second);
        CHECK(static_cast<double>(n) / seconds == Approx(1.0).margin(0.05));
        CHECK(static_cast<double>(quotes[key]) / seconds == Approx(0.5).margin(0.05));
    }
}

TEST_CASE("every asset trades in every bar of ten seconds") {
    const std::uint64_t seed = 11;
    INFO("seed " << seed);
    Market market(seed);
    std::map<std::string_view, core::TimeNs> last;
    for (const Print& p : market.advance(market.script().end)) {
        if (p.kind != Print::Kind::trade) continue;
        const auto before = last.find(p.symbol);
        if (before != last.end()) REQUIRE(p.ts - before->second < 10 * ns_per_s);
        last[p.symbol] = p.ts;
    }
}

TEST_CASE("crypto follows tech after the lag that the script states") {
    // Noise moves a single crossing by several seconds; its mean over shares and seeds is the lag.
    for (const char* symbol : {"BTC-USD", "ETH-USD"}) {
        double sum = 0;
        int n = 0;
        core::DurationNs lag = 0;
        for (std::uint64_t seed = 1; seed <= 12; ++seed) {
            Market market(seed);
            const demo::Script script = market.script();
            const auto span = market.advance(script.selloff_end);
            const std::vector<Print> prints(span.begin(), span.end());
            lag = move_of(script, symbol).lag;
            for (const double share : {0.25, 0.35, 0.45, 0.55}) {
                double tech = 0;
                const char* const leaders[] = {"NVDA", "ARM", "AVGO", "TSM", "MU", "AMD", "NQ"};
                for (const char* leader : leaders)
                    tech += core::to_seconds(time_of_share(prints, move_of(script, leader), share) -
                                             script.start);
                tech /= static_cast<double>(std::size(leaders));
                const core::TimeNs t = time_of_share(prints, move_of(script, symbol), share);
                sum += core::to_seconds(t - script.start) - tech;
                ++n;
            }
        }
        CAPTURE(symbol, sum / n);
        CHECK(lag > 0);
        CHECK(sum / n == Approx(core::to_seconds(lag)).margin(15));
    }
}

TEST_CASE("the selloff is steepest at its start and the macro episode is led by its controls") {
    Market market(3);
    const demo::Script& script = market.script();
    CHECK(script.selloff_start == script.start + 8 * ns_per_min);
    CHECK(script.end - script.start <= 105 * ns_per_min);
    const auto span = market.advance(script.end);
    const std::vector<Print> prints(span.begin(), span.end());
    const auto last_before = [&](std::string_view symbol, core::TimeNs ts) {
        double price = 0;
        for (const Print& p : prints) {
            if (p.ts > ts) break;
            if (p.kind == Print::Kind::trade && p.symbol == symbol) price = p.price;
        }
        return price;
    };
    const auto& nvda = move_of(script, "NVDA");
    const double after_four = last_before("NVDA", script.selloff_start + 4 * ns_per_min);
    CHECK(after_four / nvda.open - 1 < -0.02);

    const core::TimeNs head_start = script.macro_start + 25 * ns_per_s;
    const auto change = [&](std::string_view symbol, core::TimeNs from, core::TimeNs to) {
        return last_before(symbol, to) / last_before(symbol, from) - 1;
    };
    CHECK(change("DXY", script.macro_start, head_start) > 0.0002);
    CHECK(change("ZN", script.macro_start, head_start) < -0.0002);
    for (const char* symbol : {"NQ", "NVDA", "BTC-USD", "ETH-USD"}) {
        CAPTURE(symbol);
        CHECK(std::abs(change(symbol, script.macro_start, head_start)) < 0.004);
        CHECK(change(symbol, script.macro_start, script.macro_end) < -0.012);
    }
}

TEST_CASE("after the script the market stays calm and alive") {
    Market market(8);
    const demo::Script& script = market.script();
    (void)market.advance(script.end);
    std::size_t trades = 0;
    double least = 1e9, most = 0;
    for (const Print& p : market.advance(script.end + 6 * core::ns_per_hour)) {
        if (p.kind != Print::Kind::trade || p.symbol != "NVDA") continue;
        ++trades;
        least = std::min(least, p.price);
        most = std::max(most, p.price);
    }
    CHECK(trades > 6 * 3600 - 2000);
    const double low = move_of(script, "NVDA").macro_low;
    CHECK(least > low * 0.97);
    CHECK(most < low * 1.03);
}

TEST_CASE("the notice says what is published and what is invented") {
    const std::string notice(demo::demo_notice());
    for (const char* words :
         {"Synthetic", "published", "invented", "seed", "45 s", "60 s", "-5.3 %"}) {
        CAPTURE(words);
        CHECK(notice.find(words) != std::string::npos);
    }
}
