#include "daemon/demo/market.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <stdexcept>

#include "daemon/demo/random.hpp"

namespace contagiond::demo {
namespace {

// The script, in seconds after the start. One table, so that the story can be read in one place.
constexpr core::TimeNs start_time = 1'737'988'200 * core::ns_per_s;  // 2025-01-27T14:30:00Z
// Calm until a daemon that warms up for five minutes knows what is usual, of the controls too.
constexpr int selloff_start = 8 * 60;
constexpr int selloff_end = 23 * 60;   // the published figures are reached
constexpr int recovery_end = 31 * 60;  // a third of the fall is made good
constexpr int macro_start = 54 * 60;   // long after the fall has left every window
constexpr int macro_end = 64 * 60;
constexpr int script_end = 82 * 60;
constexpr int lag_max = 60;         // the slowest follower of the selloff
constexpr int macro_fall = 6 * 60;  // length of the macro fall

constexpr double crisis_volatility = 1.25;  // of every return, in both episodes, against calm
constexpr double link_gain = 1.0;  // crypto on tech's common noise, lag later, in the selloff

/// Loadings on the common factors; what remains of the variance is the asset's own.
struct Loadings {
    double global, tech, crypto, macro;  // macro: positive is dovish
};
constexpr Loadings tech_name{0.50, 0.62, 0.0, 0.15};
constexpr Loadings tech_index{0.68, 0.55, 0.0, 0.25};
constexpr Loadings bitcoin{0.34, 0.0, 0.80, 0.11};
constexpr Loadings ether{0.36, 0.0, 0.78, 0.11};
constexpr Loadings defensive{0.35, 0.0, 0.0, 0.10};
constexpr Loadings dollar{-0.12, 0.0, 0.0, -0.62};
constexpr Loadings treasury{-0.22, 0.0, 0.0, 0.62};
constexpr Loadings gold{0.02, 0.0, 0.0, 0.52};

struct Asset {
    std::string_view symbol;
    int ticks_per_unit;
    int price_digits;
    double open;
    double selloff_low;
    double recovered;
    double macro_low;
    double published_change;
    int lag_s;        // behind the start of the selloff
    int macro_lag_s;  // behind the start of the macro episode: its controls move first
    double minute_volatility_bp;
    double half_spread_bp;
    Loadings loadings;
    bool linked;  // follows tech's noise in the selloff, lag_s later
    double typical_size;
    int size_digits;
};

// Opening prices are near those of the day. BTC and ETH open where the published change over 24
// hours leads to the published level; so their whole change is shown within the script.
// clang-format off
constexpr std::array<Asset, 14> assets = {{
    // symbol   ticks/1 digits open    low       after    macro low  source    lag macro-lag vol spread
    {"NVDA",    100, 2, 142.62,    135.06,    137.58,    133.87,    -0.053,   0, 32, 11.0, 0.40, tech_name,  false, 120, 0},
    {"ARM",     100, 2, 162.00,    153.09,    156.06,    151.69,    -0.055,   0, 33, 11.0, 0.90, tech_name,  false,  60, 0},
    {"AVGO",    100, 2, 244.70,    232.71,    236.71,    230.79,    -0.049,   0, 33, 10.0, 0.80, tech_name,  false,  60, 0},
    {"TSM",     100, 2, 221.90,    211.91,    215.24,    210.07,    -0.045,   0, 32,  9.0, 0.80, tech_name,  false,  60, 0},
    {"MU",      100, 2, 103.20,     98.86,    100.31,     97.70,     0.0,     0, 34, 11.0, 0.80, tech_name,  false,  80, 0},
    {"AMD",     100, 2, 122.80,    118.13,    119.69,    116.70,     0.0,     0, 33, 11.0, 0.60, tech_name,  false, 100, 0},
    {"INTC",    100, 2,  20.80,     20.22,     20.41,     19.98,     0.0,     0, 35,  9.0, 2.40, tech_name,  false, 200, 0},
    {"PG",      100, 2, 164.00,    164.66,    164.44,    162.80,     0.0,     0, 36,  4.0, 0.50, defensive,  false,  60, 0},
    {"NQ",        4, 2, 21850.00,  21450.00,  21583.25,  21151.50,   0.0,     0, 30,  5.5, 0.08, tech_index, false,   3, 0},
    {"BTC-USD", 100, 2, 105192.63, 100480.00, 102050.88,  99601.66, -0.0448, 45, 34,  6.5, 0.05, bitcoin,    true,  0.08, 5},
    {"ETH-USD", 100, 2, 3323.80,   3196.50,   3238.93,   3154.72,   -0.0383, 60, 36,  8.5, 0.15, ether,      true,  1.20, 4},
    {"DXY",     200, 3, 107.450,   107.395,   107.415,   107.900,    0.0,     0,  0,  0.9, 0.25, dollar,     false,  10, 0},
    {"ZN",       64, 6, 108.750,   108.96875, 108.90625, 108.359375, 0.0,     0,  0,  1.3, 0.35, treasury,   false,  40, 0},
    {"GC",       10, 1, 2777.0,    2775.0,    2775.5,    2747.5,     0.0,     0,  4,  2.6, 0.25, gold,       false,   6, 0},
}};
// clang-format on

constexpr std::size_t asset_named(std::string_view symbol) {
    for (std::size_t i = 0; i < assets.size(); ++i)
        if (assets[i].symbol == symbol) return i;
    return assets.size();
}

/// A listing as the market keeps it.
struct Quoted {
    std::size_t asset;
    Listing as;
    double premium_bp;  // against the asset's price
    std::uint64_t first_trade_id;
};

// The future and the controls come over the stock dialect, because no futures venue is spoken.
constexpr std::array<Quoted, 16> usual_listings = [] {
    struct Numbered {
        Listing listing;
        double premium_bp;
        std::uint64_t first_trade_id;
    };
    constexpr std::array<Numbered, 4> coins = {{
        {{"BTC-USD", "binance_spot", "BTCUSDT"}, 0.0, 4'482'113'870},
        {{"ETH-USD", "binance_spot", "ETHUSDT"}, 0.0, 2'127'440'118},
        {{"BTC-USD", "coinbase_exchange", "BTC-USD"}, 1.0, 768'204'455},
        {{"ETH-USD", "coinbase_exchange", "ETH-USD"}, 1.0, 611'905'321},
    }};
    constexpr std::array<std::string_view, 12> stocks = {"NVDA", "ARM", "AVGO", "TSM", "MU", "AMD",
                                                         "INTC", "PG",  "NQ",   "DXY", "ZN", "GC"};
    std::array<Quoted, coins.size() + stocks.size()> out{};
    std::size_t n = 0;
    for (const Numbered& coin : coins)
        out[n++] = {asset_named(coin.listing.symbol), coin.listing, coin.premium_bp,
                    coin.first_trade_id};
    for (const std::string_view stock : stocks)
        out[n++] = {asset_named(stock), {stock, "alpaca", stock}, 0.0, 1};
    return out;
}();

std::vector<Quoted> quote_all(std::span<const Listing> more) {
    std::vector<Quoted> out(usual_listings.begin(), usual_listings.end());
    for (const Listing& listing : more) {
        const std::size_t asset = asset_named(listing.symbol);
        if (asset == assets.size())
            throw std::invalid_argument("the market knows no " + std::string(listing.symbol));
        // No two exchanges agree on the last basis point, nor on where to begin to count.
        const std::size_t place = out.size();
        out.push_back({asset, listing, 0.5 * static_cast<double>(place % 5) - 1,
                       std::uint64_t{1'000'000} * place + 1});
    }
    return out;
}

/// Share of a fall that is done when the share u of its time is: steepest at once, then slower and
/// slower.
double fall_shape(double u) {
    if (u <= 0) return 0;
    if (u >= 1) return 1;
    const double left = 1 - u;
    return 0.5 * (1 - left * left * left) + (1 - 0.5) * u;
}

/// Slow, quick, slow.
double recovery_shape(double u) {
    if (u <= 0) return 0;
    if (u >= 1) return 1;
    return u * u * (3 - 2 * u);
}

/// The price without noise at a whole second.
double scripted_level(const Asset& a, int second) {
    const auto progress = [&](int from, int length) {
        return static_cast<double>(second - from) / static_cast<double>(length);
    };
    // Followers fall just as the leaders do, lag later; lag_max before the end all of it is done.
    const double fall =
        fall_shape(progress(selloff_start + a.lag_s, selloff_end - selloff_start - lag_max));
    const double recovery =
        recovery_shape(progress(selloff_end + a.lag_s, recovery_end - selloff_end - lag_max));
    const double macro = fall_shape(progress(macro_start + a.macro_lag_s, macro_fall));
    return a.open + fall * (a.selloff_low - a.open) + recovery * (a.recovered - a.selloff_low) +
           macro * (a.macro_low - a.recovered);
}

double volatility_multiplier(int second) {
    const bool crisis = (second > selloff_start && second <= selloff_end) ||
                        (second > macro_start && second <= macro_end);
    return crisis ? crisis_volatility : 1.0;
}

/// Correlated returns, second by second.
class Noise {
  public:
    explicit Noise(std::uint64_t seed) : random_(seed) {
        for (std::size_t i = 0; i < assets.size(); ++i) {
            const Loadings& l = assets[i].loadings;
            own_[i] = std::sqrt(1 - l.global * l.global - l.tech * l.tech - l.crypto * l.crypto -
                                l.macro * l.macro);
            second_volatility_[i] = assets[i].minute_volatility_bp * 1e-4 / std::sqrt(60.0);
        }
    }

    /// Returns of the second that ends at `second`; to be called for 1, 2, 3, ...
    const std::array<double, assets.size()>& next(int second) {
        const double global = random_.normal();
        const double tech = random_.normal();
        const double crypto = random_.normal();
        const double macro = random_.normal();
        const double volatility = volatility_multiplier(second);
        const auto slot = static_cast<std::size_t>(second) % tech_past_.size();
        tech_past_[slot] = tech_index.global * global + tech_index.tech * tech;
        for (std::size_t i = 0; i < assets.size(); ++i) {
            const Asset& a = assets[i];
            double r = a.loadings.global * global + a.loadings.tech * tech +
                       a.loadings.crypto * crypto + a.loadings.macro * macro +
                       own_[i] * random_.normal();
            if (a.linked && second > selloff_start + a.lag_s && second <= selloff_end) {
                const auto past = static_cast<std::size_t>(second - a.lag_s) % tech_past_.size();
                r += link_gain * tech_past_[past];
            }
            returns_[i] = second_volatility_[i] * volatility * r;
        }
        return returns_;
    }

  private:
    Random random_;
    std::array<double, assets.size()> own_{};
    std::array<double, assets.size()> second_volatility_{};
    std::array<double, assets.size()> returns_{};
    std::array<double, lag_max + 1> tech_past_{};
};

using Row = std::array<double, assets.size()>;

/// Latent prices at whole seconds. Within the script the noise is tied down at both published ends,
/// after it, it is pulled back to the last level.
class Latent {
  public:
    explicit Latent(std::uint64_t seed) : noise_(seed), noise_rows_(script_end + 1) {
        for (int s = 1; s <= script_end; ++s) {
            const Row& r = noise_.next(s);
            for (std::size_t i = 0; i < assets.size(); ++i)
                noise_rows_[at(s)][i] = noise_rows_[at(s - 1)][i] + r[i];
        }
        tie_down(0, selloff_end);
        tie_down(selloff_end, macro_end);
        // The rest of the walk starts from zero at the last tie.
        for (int s = macro_end + 1; s <= script_end; ++s)
            for (std::size_t i = 0; i < assets.size(); ++i)
                noise_rows_[at(s)][i] -= walk_at_tie_[i];
        beyond_ = noise_rows_[at(script_end)];
    }

    /// Prices at the end of `second`; to be asked for in rising order.
    Row prices(int second) {
        if (second > script_end) {
            const Row& r = noise_.next(second);
            for (std::size_t i = 0; i < assets.size(); ++i)
                beyond_[i] += r[i] - beyond_[i] / half_hour;
        }
        const Row& noise = second > script_end ? beyond_ : noise_rows_[at(second)];
        Row out;
        for (std::size_t i = 0; i < assets.size(); ++i)
            out[i] = scripted_level(assets[i], second) + assets[i].open * noise[i];
        return out;
    }

  private:
    static constexpr double half_hour = 1800;
    static std::size_t at(int second) { return static_cast<std::size_t>(second); }

    /// Subtracts the straight line through both ends, so that the walk is zero at both. Ties are
    /// made in order of time.
    void tie_down(int from, int to) {
        const Row first = walk_at_tie_;
        const Row last = noise_rows_[at(to)];
        for (int s = from + 1; s <= to; ++s) {
            const double u = static_cast<double>(s - from) / static_cast<double>(to - from);
            for (std::size_t i = 0; i < assets.size(); ++i)
                noise_rows_[at(s)][i] -= first[i] + u * (last[i] - first[i]);
        }
        walk_at_tie_ = last;
    }

    Noise noise_;
    std::vector<Row> noise_rows_;
    Row walk_at_tie_{};  ///< the untied walk at the latest tie
    Row beyond_{};       ///< the noise after the script
};

Script make_script() {
    const auto at = [](int second) { return start_time + second * core::ns_per_s; };
    Script s;
    s.start = at(0);
    s.selloff_start = at(selloff_start);
    s.selloff_end = at(selloff_end);
    s.macro_start = at(macro_start);
    s.macro_end = at(macro_end);
    s.end = at(script_end);
    for (const Asset& a : assets)
        s.moves.push_back({std::string(a.symbol), a.open, a.selloff_low, a.macro_low,
                           a.published_change, a.lag_s * core::ns_per_s});
    s.us_value_lost_usd = 1e12;
    s.crypto_total_value_usd = 3e12;
    return s;
}

}  // namespace

std::string_view demo_notice() {
    return "Synthetic re-enactment of 27 January 2025: the changes at the end of the selloff are "
           "the published figures (NVDA -5.3 %, ARM -5.5 %, AVGO -4.9 %, TSM -4.5 %, NASDAQ-100 "
           "future -400 points, BTC -4.48 % to below 100,500, ETH -3.83 % to below 3,200); opening "
           "levels are approximate, and every price in between, the other names, the controls and "
           "the macro episode are invented from a seed. BTC follows tech 45 s later and ETH 60 s "
           "later because the script says so.";
}

struct Market::Impl {
    /// What one listing remembers from print to print.
    struct Tape {
        Random random{0};
        std::uint64_t trade_id = 0;
        std::uint64_t sequence = 0;
        core::TimeNs ts_last = 0;
    };

    Impl(std::uint64_t seed, std::span<const Listing> more)
        : script(make_script()), listings(quote_all(more)), latent(seed), tapes(listings.size()) {
        for (const Quoted& listing : listings) names.push_back(listing.as);
        for (std::size_t i = 0; i < listings.size(); ++i) {
            // A sequence of its own a listing: what one prints does not depend on the others.
            tapes[i].random = Random(Random(seed ^ (0xD1B54A32D192ED03ULL * (i + 1))).bits());
            tapes[i].trade_id = listings[i].first_trade_id - 1;
            tapes[i].sequence = 12 * listings[i].first_trade_id;
        }
        before = latent.prices(0);
    }

    /// All prints of [second, second + 1) go to `pending`, in time order.
    void generate() {
        const Row after = latent.prices(second + 1);
        const core::TimeNs ts = script.start + second * core::ns_per_s;
        const bool exact = second == 0 || second == selloff_end || second == macro_end;
        pending.clear();
        pending_next = 0;
        for (std::size_t i = 0; i < listings.size(); ++i) {
            Random& random = tapes[i].random;
            if (exact) {
                quote(i, ts, before[listings[i].asset]);
                trade(i, ts, before[listings[i].asset], true);
            }
            // About one trade and half a quote a second, at random moments of it.
            const double dice = random.uniform();
            const std::size_t trades = dice < 0.2 ? 0 : dice < 0.8 ? 1 : 2;
            const std::size_t prints = trades + (random.uniform() < 0.5 ? 1 : 0);
            std::array<double, 3> moments{1, 1, 1};  // the unused ones sort behind the others
            for (std::size_t n = 0; n < prints; ++n) moments[n] = random.uniform();
            std::sort(moments.begin(), moments.end());
            const std::size_t quote_at = prints == trades ? prints : random.bits() % prints;
            for (std::size_t n = 0; n < prints; ++n) {
                const double from = before[listings[i].asset], to = after[listings[i].asset];
                const double mid = from + moments[n] * (to - from);
                const auto offset =
                    static_cast<core::DurationNs>(moments[n] * static_cast<double>(core::ns_per_s));
                const core::TimeNs t = std::max(tapes[i].ts_last + 1, ts + offset);
                if (n == quote_at)
                    quote(i, t, mid);
                else
                    trade(i, t, mid, false);
            }
        }
        std::stable_sort(pending.begin(), pending.end(),
                         [](const Print& a, const Print& b) { return a.ts < b.ts; });
        before = after;
        ++second;
    }

    /// The book around `mid`, on the tick grid and never crossed.
    Print book(std::size_t i, core::TimeNs ts, double mid) {
        const Quoted& l = listings[i];
        const Asset& a = assets[l.asset];
        const double centre = mid * (1 + l.premium_bp * 1e-4);
        const double half = centre * a.half_spread_bp * 1e-4;
        const double per_unit = a.ticks_per_unit;
        const double bid = std::floor((centre - half) * per_unit);
        const double ask = std::max(bid + 1, std::ceil((centre + half) * per_unit));
        Print p;
        p.ts = ts;
        p.symbol = a.symbol;
        p.venue = l.as.venue;
        p.venue_symbol = l.as.venue_symbol;
        p.sequence = ++tapes[i].sequence;
        p.bid = bid / per_unit;
        p.ask = ask / per_unit;
        p.bid_size = size(i, 4);
        p.ask_size = size(i, 4);
        p.price_digits = a.price_digits;
        p.size_digits = a.size_digits;
        tapes[i].ts_last = ts;
        return p;
    }

    void quote(std::size_t i, core::TimeNs ts, double mid) {
        pending.push_back(book(i, ts, mid));
        pending.back().kind = Print::Kind::quote;
    }

    /// An exact trade prints the latent price itself, on the tick, rather than a side of the book.
    void trade(std::size_t i, core::TimeNs ts, double mid, bool exact) {
        Print p = book(i, ts, mid);
        const Quoted& l = listings[i];
        const double per_unit = assets[l.asset].ticks_per_unit;
        p.kind = Print::Kind::trade;
        p.buyer_aggressive = (tapes[i].random.bits() & 1) != 0;
        p.price = p.buyer_aggressive ? p.ask : p.bid;
        if (exact) p.price = std::round(mid * (1 + l.premium_bp * 1e-4) * per_unit) / per_unit;
        p.size = size(i, 1);
        p.trade_id = ++tapes[i].trade_id;
        pending.push_back(p);
    }

    /// Up to 2 * times the typical size, at least one unit of the last digit.
    double size(std::size_t i, double times) {
        const Asset& a = assets[listings[i].asset];
        double units = 1;  // per 1
        for (int d = 0; d < a.size_digits; ++d) units *= 10;
        const double u = tapes[i].random.uniform();
        return std::floor(1 + 2 * u * times * a.typical_size * units) / units;
    }

    const Script script;
    const std::vector<Quoted> listings;
    std::vector<Listing> names;  ///< of the listings
    Latent latent;
    std::vector<Tape> tapes;  ///< by listing
    Row before{};
    int second = 0;  ///< the next to be generated
    std::vector<Print> pending;
    std::size_t pending_next = 0;
    std::vector<Print> out;
};

Market::Market(std::uint64_t seed, std::span<const Listing> more)
    : impl_(std::make_unique<Impl>(seed, more)) {}
Market::~Market() = default;

const Script& Market::script() const {
    return impl_->script;
}

std::span<const Listing> Market::listings() const {
    return impl_->names;
}

std::span<const Print> Market::advance(core::TimeNs until) {
    Impl& m = *impl_;
    m.out.clear();
    for (;;) {
        while (m.pending_next < m.pending.size() && m.pending[m.pending_next].ts <= until)
            m.out.push_back(m.pending[m.pending_next++]);
        if (m.pending_next < m.pending.size()) break;
        if (m.script.start + m.second * core::ns_per_s > until) break;
        m.generate();
    }
    return m.out;
}

}  // namespace contagiond::demo
