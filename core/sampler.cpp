#include "core/sampler.hpp"

#include <algorithm>
#include <cmath>

#include "core/decimal_double.hpp"

namespace contagiond::core {
namespace {

/// No asset is quoted beyond these; what is there was misread.
constexpr double price_min = 1e-12;
constexpr double price_max = 1e9;
/// Of the middle. A wider book is empty or asleep, and its middle moves with whoever stands alone.
constexpr double spread_max = 0.02;
/// A stamp further ahead of our clock than this was not read from a clock that others of its feed
/// are to be held against.
constexpr DurationNs ahead_max = 5 * ns_per_s;

std::optional<RejectReason> judge_price(std::int64_t mantissa, double value) {
    if (mantissa == 0) return RejectReason::zero_price;
    if (mantissa < 0) return RejectReason::negative_price;
    if (!(value >= price_min && value <= price_max)) return RejectReason::absurd_price;
    return std::nullopt;
}

/// What a tick says of the price.
struct Reading {
    bool moves_price = false;
    Decimal price;
    double value = 0;
};

/// Answers why the tick is refused. Fills `reading` field by field: as a value of its own it went
/// through memory, in pieces that the next load has to wait for.
std::optional<RejectReason> read(const Input& tick, Reading& reading) {
    reading.moves_price = (tick.flags & (history | not_last)) == 0;
    const bool is_trade = tick.kind == InputKind::trade;
    if (is_trade) {
        reading.price.mantissa = tick.trade.price;
        reading.price.exponent = tick.price_exponent;
    } else {
        const QuoteBody& quote = tick.quote;
        if (quote.bid < 0 || quote.ask < 0) return RejectReason::negative_price;
        if (quote.bid == 0 || quote.ask == 0) {
            reading.moves_price = false;  // no market on one side: there is no middle
            return std::nullopt;
        }
        if (quote.bid > quote.ask) return RejectReason::crossed_quote;
        // The middle, exactly: half of a sum is five tenths of it. Ten times the price must still
        // fit.
        if (quote.ask > INT64_MAX / 10) return RejectReason::absurd_price;
        const std::int64_t sum = quote.bid + quote.ask;
        if (static_cast<double>(quote.ask - quote.bid) > spread_max / 2 * static_cast<double>(sum))
            return RejectReason::wide_quote;
        reading.price.mantissa = sum * 5;
        reading.price.exponent = static_cast<std::int8_t>(tick.price_exponent - 1);
    }
    if (!is_trade && !reading.moves_price) return std::nullopt;
    reading.value = to_double(reading.price.mantissa, reading.price.exponent);
    return judge_price(reading.price.mantissa, reading.value);
}

}  // namespace

Sampler::Sampler(const Universe& universe, DurationNs bar)
    : universe_(universe), bar_(bar), feed_up_(universe.feeds.size(), true) {
    std::vector<std::vector<FeedId>> feeds(universe.instruments.size());
    for (std::size_t feed = 0; feed < universe.feeds.size(); ++feed)
        for (const InstrumentId instrument : universe.feeds[feed].instruments)
            feeds[instrument].push_back(static_cast<FeedId>(feed));
    std::size_t feeds_most = 0, decided_most = 0;
    instruments_.reserve(feeds.size());
    for (const std::vector<FeedId>& list : feeds) {
        InstrumentState& state = instruments_.emplace_back(list.size());
        for (const FeedId feed : list) state.feeds.emplace_back().feed = feed;
        feeds_most = std::max(feeds_most, list.size());
        decided_most += list.size() * PriceGuard::held_max + 1;
    }
    quotes_.resize(feeds_most);
    // A call decides about everything that is held, at most, and the print itself.
    outliers_.reserve(decided_most);
    outlier_instruments_.reserve(decided_most);
    stream_.reserve(decided_most);
}

Sampler::FeedPrice* Sampler::find(const Input& tick, std::size_t& place) {
    if (tick.instrument >= instruments_.size()) return nullptr;
    std::vector<FeedPrice>& feeds = instruments_[tick.instrument].feeds;
    for (place = 0; place < feeds.size(); ++place)
        if (feeds[place].feed == tick.feed) return &feeds[place];
    return nullptr;
}

std::optional<RejectReason> Sampler::take(const Input& tick, TimeNs ts_event, bool late) {
    outliers_.clear();
    outlier_instruments_.clear();
    stream_.clear();
    std::size_t place = 0;
    FeedPrice* const feed = find(tick, place);
    if (!feed) return RejectReason::unknown_instrument;
    if (tick.ts_exchange != no_time && !is_plausible_time(tick.ts_exchange))
        return RejectReason::absurd_time;

    // Judge everything before anything is changed.
    Reading reading;
    if (const auto refused = read(tick, reading)) return refused;
    InstrumentState& state = instruments_[tick.instrument];
    const bool is_delayed =
        state.ts_guard != no_time &&
        state.ts_guard - ts_event >
            std::max(universe_.instruments[tick.instrument].staleness_bound, bar_);
    if (reading.moves_price && is_delayed) return RejectReason::late;
    const bool is_trade = tick.kind == InputKind::trade;
    TimeNs& ts_exchange_last = is_trade ? feed->ts_exchange_trade : feed->ts_exchange_quote;
    if (tick.ts_exchange != no_time && (tick.flags & history) == 0) {
        if (ts_exchange_last != no_time && tick.ts_exchange < ts_exchange_last)
            return RejectReason::late;
        // One stamp of the far future must not make everything after it late.
        if (tick.ts_exchange - tick.ts_receive <= ahead_max) ts_exchange_last = tick.ts_exchange;
    }
    if (!reading.moves_price) return std::nullopt;

    state.ts_guard = std::max(state.ts_guard, ts_event);
    const GuardedPrint print{place,     state.ts_guard, reading.price, reading.value,
                             !is_trade, late,           ts_event};
    if ((tick.flags & aggregated) != 0)
        state.guard.take_confirmed(print);
    else
        state.guard.take(print);
    collect(tick.instrument);
    return std::nullopt;
}

void Sampler::collect(InstrumentId instrument) {
    InstrumentState& state = instruments_[instrument];
    for (const GuardedPrint& print : state.guard.dropped()) {
        outliers_.push_back(state.feeds[print.feed].feed);
        outlier_instruments_.push_back(instrument);
    }
    for (const GuardedPrint& print : state.guard.released()) believe(instrument, print);
}

void Sampler::believe(InstrumentId instrument, const GuardedPrint& print) {
    InstrumentState& state = instruments_[instrument];
    FeedPrice& feed = state.feeds[print.feed];
    if (hours_of(universe_.instruments[instrument]).open_at(print.ts_event))
        (print.is_quote ? feed.quote_watch : feed.trade_watch).take(print.ts_event, print.value);
    if (print.is_quote) {
        // A feed's trades and quotes are not ordered against each other: while it trades, its
        // trades are the price, and its quotes were heard as witnesses only.
        const DurationNs bound = universe_.instruments[instrument].staleness_bound;
        if (feed.ts_trade != no_time && print.ts_event - feed.ts_trade <= bound) return;
    } else {
        feed.ts_trade = print.ts_event;
    }
    const Print last{print.price, print.value};
    feed.prints[feed.prints_in_bar % feed.prints.size()] = last;
    feed.last = last;
    ++feed.prints_in_bar;
    feed.ts_price = print.ts_event;
    feed.is_quote = print.is_quote;
    feed.late = feed.late || print.late;
    feed.any = true;

    if (feed.feed != state.current_feed || print.late) return;
    if (print.is_quote != state.stream_is_quote) {
        state.stream_is_quote = print.is_quote;
        state.stream_restarts = true;
    }
    if (print.ts_event < state.ts_stream) return;
    // What lies over a closure or a long silence is no return of ticks.
    if (state.ts_stream != no_time &&
        is_gap(universe_.instruments[instrument], state.ts_stream, print.ts_event))
        state.stream_restarts = true;
    stream_.push_back({instrument, print.ts_event, print.value, state.stream_restarts});
    state.ts_stream = print.ts_event;
    state.stream_restarts = false;
}

void Sampler::set_feed_state(FeedId feed, FeedState state) {
    if (feed < feed_up_.size()) feed_up_[feed] = state == FeedState::up;
}

bool Sampler::stands_behind(InstrumentId instrument, FeedId feed) const {
    const InstrumentState& state = instruments_[instrument];
    for (std::size_t place = 0; place < state.feeds.size(); ++place)
        if (state.feeds[place].feed == feed)
            return state.feeds[place].any && !state.composite.divergence(place).diverged;
    return false;
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

bool Sampler::is_gap(const Instrument& instrument, TimeNs from, TimeNs to) const {
    return to - from > std::max({gap_bound, instrument.staleness_bound, bar_}) ||
           hours_of(instrument).open_age(from, to) < to - from;
}

void Sampler::tell_old(const InstrumentState& state, Sample& sample) {
    for (const FeedPrice& feed : state.feeds) {
        if (!feed.any || (sample.only_old && feed.ts_price <= sample.ts_price)) continue;
        sample.only_old = true;
        sample.price = feed.last.price;
        sample.feed = feed.feed;
        sample.ts_price = feed.ts_price;
    }
}

void Sampler::follow_stream(InstrumentState& state, const Consensus& consensus) {
    const FeedPrice& shown = state.feeds[consensus.feed];
    if (shown.feed == state.current_feed) return;
    state.current_feed = shown.feed;
    state.stream_is_quote = shown.is_quote;
    state.stream_restarts = true;
}

void Sampler::take_return(const Instrument& instrument, InstrumentState& state, TimeNs ts,
                          const Consensus& consensus, Sample& sample) {
    bool printed = false, late = false;
    for (std::size_t place = 0; place < state.feeds.size(); ++place) {
        const FeedPrice& feed = state.feeds[place];
        if (feed.prints_in_bar == 0 || !quotes_[place].fresh || !quotes_[place].votes ||
            state.composite.divergence(place).diverged)
            continue;
        printed = true;
        late = late || feed.late;
    }
    if (consensus.rebased || !state.based) {
        sample.linked = false;
        state.pending = 0;
        state.based = true;
        state.ts_base = ts;
        return;
    }
    if (consensus.step) state.pending += *consensus.step;
    if (!printed || !consensus.step) return;
    const DurationNs covered = ts - state.ts_base;
    sample.bar_return = state.pending;
    sample.elapsed = static_cast<double>(covered) / static_cast<double>(bar_);
    sample.kind = is_gap(instrument, state.ts_base, ts) ? ReturnKind::gap
                  : covered > bar_                      ? ReturnKind::catch_up
                                                        : ReturnKind::bar;
    sample.synchronous = sample.kind == ReturnKind::bar && !late;
    state.return_since_open += state.pending;
    state.pending = 0;
    state.ts_base = ts;
}

/// Fills quotes_. True if there are fresh feeds, and all of them are frozen.
bool Sampler::read_feeds(const Instrument& instrument, InstrumentState& state, TimeNs ts) {
    // What printed within the bar is fresh at its end, however long the bar.
    const DurationNs bound = std::max(instrument.staleness_bound, bar_);
    const MarketHours& hours = hours_of(instrument);
    bool any_fresh = false, any_live = false;
    for (std::size_t place = 0; place < state.feeds.size(); ++place) {
        FeedPrice& feed = state.feeds[place];
        FeedQuote& quote = quotes_[place];
        quote = FeedQuote{};
        if (hours.changed()) {
            feed.trade_watch.pause();
            feed.quote_watch.pause();
        }
        if (!feed.any) continue;
        const Print print = representative(feed);
        quote.fresh = feed_up_[feed.feed] && hours.open_age(feed.ts_price, ts) <= bound;
        quote.ts = feed.ts_price;
        quote.value = print.value;
        quote.price = print.price;
        any_fresh = any_fresh || quote.fresh;
        any_live = any_live || (quote.fresh && !feed.frozen());
    }
    if (!any_live) return any_fresh;
    for (std::size_t place = 0; place < state.feeds.size(); ++place)
        quotes_[place].votes = !state.feeds[place].frozen();
    return false;
}

void Sampler::close_bar(TimeNs ts, std::span<Sample> out) {
    outliers_.clear();
    outlier_instruments_.clear();
    stream_.clear();
    // The bar is right-closed: one that ends when its market closes is a bar of open hours.
    const TimeNs within = ts - 1;
    for (MarketHours& hours : hours_) hours.move_to(within);
    for (std::size_t i = 0; i < instruments_.size(); ++i) {
        InstrumentState& state = instruments_[i];
        Sample& sample = out[i];
        sample = Sample{};
        const Instrument& instrument = universe_.instruments[i];
        const MarketHours& hours = hours_of(instrument);
        sample.open = hours.open();
        state.guard.advance(std::max(ts, state.ts_guard));
        collect(static_cast<InstrumentId>(i));

        const bool all_frozen = read_feeds(instrument, state, ts);
        const Consensus consensus =
            state.composite.update(ts, std::span(quotes_).first(state.feeds.size()));
        if (consensus.has_price) {
            follow_stream(state, consensus);
            take_return(instrument, state, ts, consensus, sample);
            sample.price = consensus.price;
            sample.feed = state.current_feed;
            sample.ts_price = consensus.ts;
            sample.feeds_fresh = static_cast<std::uint8_t>(std::min(consensus.fresh, 255u));
            sample.feeds_agreeing = static_cast<std::uint8_t>(std::min(consensus.agreeing, 255u));
            sample.undecided = consensus.undecided;
            sample.frozen = sample.open && all_frozen;
            sample.has_price = true;
            sample.stale = sample.open && consensus.fresh == 0;
            sample.alive =
                sample.open && hours.open_age(consensus.ts, ts) <=
                                   std::max({alive_bound, instrument.staleness_bound, bar_});
        }
        if (!sample.has_price && sample.open) tell_old(state, sample);
        sample.return_since_open = state.return_since_open;
        for (FeedPrice& feed : state.feeds) {
            feed.prints_in_bar = 0;
            feed.late = false;
        }
    }
}

}  // namespace contagiond::core
