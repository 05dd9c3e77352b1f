#include "daemon/demo/null_market.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/calendar.hpp"
#include "daemon/demo/steady_math.hpp"

namespace contagiond::demo {
namespace {

using core::AssetClass;
using core::DurationNs;
using core::Market;
using core::TimeNs;

/// Volatility of a leg on a day, as a fraction, and its jumps. Measured over four hours, because
/// bounces make minutes look wilder than the hours in which an episode grows.
struct Leg {
    double daily;
    double jumps_per_day;
    double jump_sigma;  ///< at the usual volatility
};
constexpr Leg index_leg = {0.0130, 0.15, 0.006};
constexpr Leg coin_leg = {0.0235, 0.30, 0.010};

/// Of the logarithm of volatility. Measured on hours of BTC: sd 0.48 with the noise of measuring
/// it, autocorrelation 0.78 after an hour, 0.50 after 12, 0.45 after a day, 0.25 after five; NVDA
/// and the future alike. Daily volatility of BTC and the future correlates by 0.45.
constexpr double slow_sd = 0.35, fast_sd = 0.28;
constexpr double slow_half_life_h = 120, fast_half_life_h = 2.5;
constexpr double common_share = 0.5;  ///< of the variance of either

/// Correlation of a name with the index: 0.75 (NVDA) and 0.65 (AMD) over half an hour.
constexpr double name_with_index = 0.7;
/// ETH against BTC: 0.74 over half an hour, and half as wide again.
constexpr double coins_together = 0.75;
constexpr double other_coin_width = 1.5;
constexpr double control_daily = 0.004;

/// By the hour in New York, relative to the root mean square over the hours of trading. The hour of
/// the future's break takes part in the gap after it.
constexpr std::array<double, 24> index_hours = {0.40, 0.46, 0.57, 0.95, 0.72, 0.65, 0.63, 0.92,
                                                1.20, 1.75, 1.65, 1.30, 1.20, 1.28, 1.30, 1.53,
                                                0.78, 0.55, 0.60, 0.75, 0.75, 0.60, 0.58, 0.40};
constexpr std::array<double, 24> coin_hours = {0.72, 0.82, 0.79, 0.82, 0.80, 0.78, 0.72, 0.84,
                                               1.18, 1.66, 1.66, 1.37, 1.45, 1.25, 1.20, 1.32,
                                               1.02, 0.96, 0.80, 1.00, 1.08, 1.00, 0.81, 0.74};
constexpr double coin_saturday = 0.55, coin_sunday = 0.90;
/// A weekend of 49 hours moves the future by 0.68 %, half of what a day does.
constexpr double index_closed = 0.35;

/// Prints a minute: a name outside regular hours, and everything else.
constexpr double prints_outside = 1, prints_usual = 30;

constexpr double ln2 = 0.693147180559945309;
constexpr double minutes_a_day = 1440;
constexpr TimeNs first_month = 1'609'718'400 * core::ns_per_s;  // 2021-01-04, a Monday
/// So many different stretches of the calendar, with their holidays and changes of the clock.
constexpr std::uint64_t calendar_months = 60;
constexpr double opening_price = 100;
constexpr int price_exponent = -6;
constexpr double units_of_price = 1e6;

double root_mean_square(const std::array<double, 24>& hours) {
    double sum = 0;
    for (const double h : hours) sum += h * h;
    return std::sqrt(sum / 24);
}

std::uint64_t month_seed(const NullSettings& settings) {
    Random mix(settings.seed);
    const std::uint64_t first = mix.bits();
    Random next(first ^ (0xD1B54A32D192ED03ULL * (settings.month + 1)));
    return next.bits();
}

/// Ornstein-Uhlenbeck with a stationary beginning.
class Wave {
  public:
    Wave(double sd, double half_life_h, double step_h, Shocks& shocks)
        : value_(sd * shocks.normal()),
          keep_(steady_exp(-ln2 * step_h / half_life_h)),
          shock_(sd * std::sqrt(1 - keep_ * keep_)) {}
    void next(Shocks& shocks) { value_ = keep_ * value_ + shock_ * shocks.normal(); }
    double value() const { return value_; }

  private:
    double value_, keep_, shock_;
};

enum class Role : std::uint8_t { index, name, bitcoin, other_coin, control };

struct Line {
    Role role = Role::control;
    core::InstrumentId instrument = core::no_id;
    Market market = Market::always;
    double to_index = 0;  ///< of a name
    double own = 0;       ///< of a name: its own part, in the index's sigma
    double path = 0;      ///< log price
    core::Session session = core::Session::closed;
    TimeNs session_end = core::no_time;
};

}  // namespace

struct NullMarket::State {
    State(const core::EngineConfig& config, const NullSettings& settings);

    double volatility(const Wave& slow, const Wave& fast) const;
    double hour_factor(bool of_coins) const;
    void move_volatility();
    double jump(const Leg& leg, double now);
    void read_clock();
    bool prints(Line& line);
    void step();

    Shocks shocks;
    DurationNs bar;
    double bar_days;
    double link;
    DurationNs volatility_step;
    std::array<Wave, 3> slow, fast;  ///< common, source, targets
    std::vector<Line> lines;
    TimeNs start, end, ts;
    TimeNs volatility_at;
    double index_volatility = 1, coin_volatility = 1;
    core::NewYorkTime new_york;
    TimeNs hour_end = core::no_time;
    core::SessionSpan globex;
};

namespace {

std::array<Wave, 3> waves(double sd, double half_life_h, double step_h, Shocks& shocks) {
    const double common = sd * std::sqrt(common_share), own = sd * std::sqrt(1 - common_share);
    // The order of the draws is that of the list.
    return {Wave(common, half_life_h, step_h, shocks), Wave(own, half_life_h, step_h, shocks),
            Wave(own, half_life_h, step_h, shocks)};
}

double in_hours(DurationNs d) {
    return static_cast<double>(d) / static_cast<double>(core::ns_per_hour);
}

}  // namespace

NullMarket::State::State(const core::EngineConfig& config, const NullSettings& settings)
    : shocks(month_seed(settings)),
      bar(config.bar),
      bar_days(static_cast<double>(config.bar) / static_cast<double>(core::ns_per_day)),
      link(settings.link),
      volatility_step(std::max(config.bar, core::ns_per_min)),
      slow(waves(slow_sd, slow_half_life_h, in_hours(volatility_step), shocks)),
      fast(waves(fast_sd, fast_half_life_h, in_hours(volatility_step), shocks)),
      start(first_month + static_cast<TimeNs>(settings.month % calendar_months) * null_month_days *
                              core::ns_per_day),
      end(start + (null_burn_in_days + null_month_days) * core::ns_per_day),
      ts(start),
      volatility_at(start) {
    const auto line_of = [&](Role role, core::InstrumentId id) {
        Line line;
        line.role = role;
        line.instrument = id;
        line.market = config.universe.instruments[id].market;
        return line;
    };
    for (const core::Member& member : config.universe.groups[config.source_group].members) {
        Line line = line_of(member.is_index ? Role::index : Role::name, member.instrument);
        if (!member.is_index) {
            // No width follows from a beta of 0; a name that moves twice as far is usual.
            const double beta = member.beta > 0 ? member.beta : name_with_index / 2;
            line.to_index = name_with_index * name_with_index / beta;
            line.own = name_with_index / beta * std::sqrt(1 - name_with_index * name_with_index);
        }
        lines.push_back(line);
    }
    for (const core::InstrumentId target : config.targets) {
        const bool is_bitcoin = config.universe.instruments[target].symbol.starts_with("BTC");
        lines.push_back(line_of(is_bitcoin ? Role::bitcoin : Role::other_coin, target));
    }
    for (const core::Control& control : config.controls)
        lines.push_back(line_of(Role::control, control.instrument));
    // Draws go by role, so that a target more does not change the source: names last but one,
    // controls last.
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
        const auto place = [](Role r) {
            constexpr std::array<int, 5> places = {0, 3, 1, 2, 4};
            return places[static_cast<std::size_t>(r)];
        };
        return place(a.role) < place(b.role);
    });
    move_volatility();
}

void NullMarket::State::move_volatility() {
    const double mean = (slow_sd * slow_sd + fast_sd * fast_sd);
    // The square of the whole is 1 in the mean, so that `daily` is what it says.
    index_volatility =
        steady_exp(slow[0].value() + slow[1].value() + fast[0].value() + fast[1].value() - mean);
    coin_volatility =
        steady_exp(slow[0].value() + slow[2].value() + fast[0].value() + fast[2].value() - mean);
    for (Wave& wave : slow) wave.next(shocks);
    for (Wave& wave : fast) wave.next(shocks);
}

void NullMarket::State::read_clock() {
    if (ts <= hour_end && hour_end != core::no_time) return;
    new_york = core::new_york_time(ts - 1);
    hour_end = ((ts - 1) / core::ns_per_hour + 1) * core::ns_per_hour;
}

double NullMarket::State::hour_factor(bool of_coins) const {
    static const double index_rms = root_mean_square(index_hours);
    static const double coin_rms = root_mean_square(coin_hours);
    const auto hour = static_cast<std::size_t>(new_york.of_day / core::ns_per_hour);
    if (of_coins) {
        const double day = new_york.weekday == 6   ? coin_saturday
                           : new_york.weekday == 0 ? coin_sunday
                                                   : 1;
        return coin_hours[hour] / coin_rms * day;
    }
    const bool is_weekend = globex.session == core::Session::closed &&
                            globex.end - globex.begin > 2 * core::ns_per_hour;
    return is_weekend ? index_closed : index_hours[hour] / index_rms;
}

double NullMarket::State::jump(const Leg& leg, double now) {
    if (shocks.uniform() >= leg.jumps_per_day * bar_days) return 0;
    return leg.jump_sigma * now * shocks.normal();
}

bool NullMarket::State::prints(Line& line) {
    // A bar's trades come before its end.
    if (line.session_end == core::no_time || ts - 1 >= line.session_end) {
        const core::SessionSpan span = core::session_span(line.market, ts - 1);
        line.session = span.session;
        line.session_end = span.end;
    }
    if (line.session == core::Session::closed) return false;
    const bool is_outside = line.session != core::Session::regular;
    const double wanted = (is_outside ? prints_outside : prints_usual) * bar_days * minutes_a_day;
    return wanted > 20 || shocks.uniform() < 1 - steady_exp(-wanted);
}

void NullMarket::State::step() {
    const double root = std::sqrt(bar_days);
    const double tech_now = index_volatility * hour_factor(false);
    const double coin_now = coin_volatility * hour_factor(true);
    const double shock = shocks.student();
    const double index_return =
        index_leg.daily * root * tech_now * shock + jump(index_leg, tech_now);
    const double coin_sigma = coin_leg.daily * root * coin_now;
    const double bitcoin =
        coin_sigma * (link * shock + std::sqrt(1 - link * link) * shocks.student()) +
        jump(coin_leg, coin_now);
    for (Line& line : lines) {
        switch (line.role) {
            case Role::index:
                line.path += index_return;
                break;
            case Role::bitcoin:
                line.path += bitcoin;
                break;
            case Role::other_coin:
                line.path += other_coin_width * (coins_together * bitcoin +
                                                 std::sqrt(1 - coins_together * coins_together) *
                                                     coin_sigma * shocks.student());
                break;
            case Role::name:
                line.path += line.to_index * index_return +
                             line.own * index_leg.daily * root * tech_now * shocks.student();
                break;
            case Role::control:
                line.path += control_daily * root * shocks.normal();
                break;
        }
    }
}

core::EngineConfig null_config(core::EngineConfig config) {
    core::Feed feed{"null", "simulated", {}};
    for (std::size_t i = 0; i < config.universe.instruments.size(); ++i)
        feed.instruments.push_back(static_cast<core::InstrumentId>(i));
    config.universe.feeds = {std::move(feed)};
    config.lateness = 0;
    // A price of a bar is as old as the bar when the next one comes.
    for (core::Instrument& instrument : config.universe.instruments)
        instrument.staleness_bound = std::max(instrument.staleness_bound, 3 * config.bar);
    return config;
}

NullMarket::NullMarket(const core::EngineConfig& config, const NullSettings& settings)
    : state_(std::make_unique<State>(config, settings)) {}
NullMarket::~NullMarket() = default;

bool NullMarket::next(std::vector<core::Input>& prints) {
    State& s = *state_;
    prints.clear();
    if (s.ts >= s.end) return false;
    s.ts += s.bar;
    if (s.ts - s.volatility_at >= s.volatility_step) {
        s.volatility_at = s.ts;
        s.move_volatility();
    }
    s.read_clock();
    if (s.globex.end <= s.ts - 1) s.globex = core::session_span(Market::cme_globex, s.ts - 1);
    s.step();
    for (Line& line : s.lines) {
        if (!s.prints(line)) continue;
        const double price = opening_price * steady_exp(line.path);
        const auto mantissa = static_cast<std::int64_t>(std::floor(price * units_of_price + 0.5));
        prints.push_back(core::Input::make_trade(line.instrument, 0, s.ts, s.ts,
                                                 {mantissa, price_exponent}, {1, 0}, 0,
                                                 core::aggregated));
    }
    std::sort(prints.begin(), prints.end(), [](const core::Input& a, const core::Input& b) {
        return a.instrument < b.instrument;
    });
    return true;
}

core::TimeNs NullMarket::ts() const {
    return state_->ts;
}

core::TimeNs NullMarket::counted_from() const {
    return state_->start + null_burn_in_days * core::ns_per_day;
}

}  // namespace contagiond::demo
