#include "core/sampler.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::core {
namespace {

/// No asset is quoted beyond these; what is there was misread.
constexpr double price_min = 1e-12;
constexpr double price_max = 1e9;

std::optional<RejectReason> judge_price(std::int64_t mantissa, double value) {
    if (mantissa == 0) return RejectReason::zero_price;
    if (mantissa < 0) return RejectReason::negative_price;
    if (!(value >= price_min && value <= price_max)) return RejectReason::absurd_price;
    return std::nullopt;
}

}  // namespace

Sampler::Sampler(const Universe& universe, DurationNs bar)
    : universe_(universe),
      bar_(bar),
      instruments_(universe.instruments.size()),
      feed_up_(universe.feeds.size(), true) {
    for (std::size_t feed = 0; feed < universe.feeds.size(); ++feed) {
        for (const InstrumentId instrument : universe.feeds[feed].instruments) {
            FeedPrice entry;
            entry.feed = static_cast<FeedId>(feed);
            instruments_[instrument].feeds.push_back(entry);
        }
    }
}

Sampler::FeedPrice* Sampler::find(const Input& tick) {
    if (tick.instrument >= instruments_.size()) return nullptr;
    for (FeedPrice& feed : instruments_[tick.instrument].feeds)
        if (feed.feed == tick.feed) return &feed;
    return nullptr;
}

void Sampler::accept(FeedPrice& feed, Decimal price, double value, TimeNs ts_receive) {
    feed.last = {price, value};
    feed.prints[feed.prints_in_bar % feed.prints.size()] = feed.last;
    ++feed.prints_in_bar;
    feed.ts_price = ts_receive;
    feed.any = true;
}

std::optional<RejectReason> Sampler::take(const Input& tick) {
    FeedPrice* const feed = find(tick);
    if (!feed) return RejectReason::unknown_instrument;
    const bool is_trade = tick.kind == InputKind::trade;
    if (tick.ts_exchange != no_time && !is_plausible_time(tick.ts_exchange))
        return RejectReason::absurd_time;

    // Judge everything before anything is changed.
    Decimal price;
    bool moves_price = (tick.flags & (history | not_last)) == 0;
    if (is_trade) {
        price = {tick.trade.price, tick.price_exponent};
    } else {
        const QuoteBody& quote = tick.quote;
        if (quote.bid < 0 || quote.ask < 0) return RejectReason::negative_price;
        if (quote.bid != 0 && quote.ask != 0) {
            if (quote.bid > quote.ask) return RejectReason::crossed_quote;
            // The middle, exactly: half of a sum is five tenths of it. Ten times the price must
            // still fit.
            if (quote.ask > INT64_MAX / 10) return RejectReason::absurd_price;
            price = {(quote.bid + quote.ask) * 5,
                     static_cast<std::int8_t>(tick.price_exponent - 1)};
        } else {
            moves_price = false;  // no market on one side: there is no middle
        }
    }
    double value = 0;
    if (is_trade || moves_price) {
        value = to_double(price);
        if (const auto reason = judge_price(price.mantissa, value)) return reason;
    }
    TimeNs& ts_exchange_last = is_trade ? feed->ts_exchange_trade : feed->ts_exchange_quote;
    if (tick.ts_exchange != no_time && (tick.flags & history) == 0) {
        if (ts_exchange_last != no_time && tick.ts_exchange < ts_exchange_last)
            return RejectReason::late;
        ts_exchange_last = tick.ts_exchange;
    }

    if (!moves_price) return std::nullopt;
    InstrumentState& state = instruments_[tick.instrument];
    state.ts_last = std::max(state.ts_last, tick.ts_receive);
    if (is_trade) {
        accept(*feed, price, value, tick.ts_receive);
        feed->ts_trade = tick.ts_receive;
        return std::nullopt;
    }
    // A feed's trades and quotes are not ordered against each other: while it trades, its trades
    // are the price.
    const DurationNs bound = universe_.instruments[tick.instrument].staleness_bound;
    if (feed->ts_trade == no_time || tick.ts_receive - feed->ts_trade > bound)
        accept(*feed, price, value, tick.ts_receive);
    return std::nullopt;
}

void Sampler::set_feed_state(FeedId feed, FeedState state) {
    if (feed < feed_up_.size()) feed_up_[feed] = state == FeedState::up;
}

Sampler::Print Sampler::representative(const FeedPrice& feed) {
    // Of three prints the middle one: a single bad print at the end of a bar does not become its
    // close.
    if (feed.prints_in_bar < feed.prints.size()) return feed.last;
    const auto& p = feed.prints;
    const auto less = [](const Print& a, const Print& b) { return a.value < b.value; };
    return std::max(std::min(p[0], p[1], less), std::min(std::max(p[0], p[1], less), p[2], less),
                    less);
}

DurationNs Sampler::MarketHours::open_age(Market market, TimeNs from, TimeNs ts) const {
    if (from >= span.begin) return span.session == Session::closed ? 0 : ts - from;
    return open_time(market, from, ts);
}

void Sampler::close_bar(TimeNs ts, std::span<Sample> out) {
    for (std::size_t m = 0; m < market_count; ++m)
        if (ts < hours_[m].span.begin || ts >= hours_[m].span.end)
            hours_[m].span = session_span(static_cast<Market>(m), ts);
    for (std::size_t i = 0; i < instruments_.size(); ++i) {
        InstrumentState& state = instruments_[i];
        Sample& sample = out[i];
        sample = Sample{};
        const Instrument& instrument = universe_.instruments[i];
        const DurationNs bound = instrument.staleness_bound;
        const MarketHours& hours = hours_[static_cast<std::size_t>(instrument.market)];
        sample.open = hours.span.session != Session::closed;

        FeedPrice* chosen = nullptr;
        for (FeedPrice& feed : state.feeds) {
            if (feed.any && feed_up_[feed.feed] &&
                hours.open_age(instrument.market, feed.ts_price, ts) <= bound) {
                chosen = &feed;
                break;
            }
        }
        const bool fresh = chosen != nullptr;
        if (!chosen) {
            // Nothing is fresh: the old price stays visible, and stale.
            for (FeedPrice& feed : state.feeds)
                if (feed.any && (feed.feed == state.current_feed || state.current_feed == no_id))
                    chosen = &feed;
        }
        if (chosen) {
            const bool printed = chosen->prints_in_bar > 0;
            const Print print = printed ? representative(*chosen) : chosen->last;
            if (chosen->feed != state.current_feed) {
                state.current_feed = chosen->feed;
                state.base = print.value;
                state.ts_base = ts;
            } else if (printed) {
                sample.bar_return = std::log1p((print.value - state.base) / state.base);
                sample.elapsed =
                    static_cast<double>(ts - state.ts_base) / static_cast<double>(bar_);
                state.return_since_open += *sample.bar_return;
                state.base = print.value;
                state.ts_base = ts;
            }
            sample.price = print.price;
            sample.feed = chosen->feed;
            sample.has_price = true;
            sample.stale = sample.open && !fresh;
            sample.alive = sample.open && hours.open_age(instrument.market, chosen->ts_price, ts) <=
                                              std::max(alive_bound, bound);
        }
        sample.ts_last = state.ts_last;
        sample.return_since_open = state.return_since_open;
        for (FeedPrice& feed : state.feeds) feed.prints_in_bar = 0;
    }
}

}  // namespace contagiond::core
