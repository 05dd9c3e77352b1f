#include "core/price_guard.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "core/estimators/tick_series.hpp"

namespace contagiond::core {
namespace {

bool within(double a, double b, double ratio) {
    return a <= b * ratio && b <= a * ratio;
}

double distance(double a, double b) {
    return std::abs(log_return(a, b));
}

}  // namespace

PriceGuard::PriceGuard(std::size_t feeds, GuardRules rules)
    : rules_(rules),
      // log1p(r) <= r, so no logarithm is needed below the least bound; the margin is for rounding.
      sure_ratio_(0.99 * std::min(rules.jump, rules.jump_max)),
      witness_ratio_(elementary::exp(rules.witness)),
      same_price_ratio_(elementary::exp(rules.same_price)),
      feeds_(feeds),
      judges_(feeds * feeds, 0) {
    // A call releases or drops what was held and the print itself.
    const std::size_t capacity = feeds * held_max + 1;
    released_.reserve(capacity);
    released_arrival_.reserve(capacity);
    dropped_.reserve(capacity);
}

double PriceGuard::bound(DurationNs dt) const {
    return std::min(rules_.jump_max, rules_.jump * std::sqrt(std::max(1.0, to_seconds(dt))));
}

bool PriceGuard::near(double a, double b, DurationNs dt) const {
    if (std::abs(a - b) <= sure_ratio_ * std::min(a, b)) return true;
    return distance(a, b) <= bound(dt);
}

void PriceGuard::begin(TimeNs now) {
    now_ = std::max(now_, now);
    released_.clear();
    released_arrival_.clear();
    dropped_.clear();
}

GuardVerdict PriceGuard::take(const GuardedPrint& print) {
    begin(print.ts);
    const std::uint64_t arrival = ++arrivals_;
    verdict_ = GuardVerdict::held;
    Feed& feed = feeds_[print.feed];

    if (!feed.has_reference) {
        hold(feed, print, arrival);
        if (agrees_with_fresh_feed(print)) believe_from(feed, feed.count - 1);
    } else {
        // What the bound has grown to while prints are held may reach them too. Then the nearer
        // one decides.
        bool back = near(feed.reference, print.value, print.ts - feed.ts_reference);
        if (back && feed.count > 0)
            back = distance(feed.reference, print.value) <=
                   distance(feed.held[feed.count - 1].value, print.value);
        if (back) {
            if (feed.count > 0) drop_held(feed);
            feed.dislocated = false;
            believe(feed, print, arrival);
        } else {
            hold(feed, print, arrival);
        }
    }
    settle_all();
    return verdict_;
}

void PriceGuard::take_confirmed(const GuardedPrint& print) {
    begin(print.ts);
    Feed& feed = feeds_[print.feed];
    hold(feed, print, ++arrivals_);
    believe_from(feed, feed.count - 1);
    settle_all();
}

void PriceGuard::advance(TimeNs now) {
    begin(now);
    settle_all();
}

void PriceGuard::restart(std::size_t feed) {
    begin(now_);
    drop_held(feeds_[feed]);
    feeds_[feed] = Feed{};
    settle_all();
}

bool PriceGuard::agrees_with_fresh_feed(const GuardedPrint& print) const {
    for (std::size_t g = 0; g < feeds_.size(); ++g) {
        const Feed& other = feeds_[g];
        if (g != print.feed && other.has_reference && now_ - other.ts_reference <= rules_.fresh &&
            within(other.reference, print.value, same_price_ratio_))
            return true;
    }
    return false;
}

void PriceGuard::believe(Feed& feed, const GuardedPrint& print, std::uint64_t arrival) {
    feed.has_reference = true;
    feed.reference = print.value;
    feed.ts_reference = print.ts;
    for (std::size_t g = 0; g < feeds_.size(); ++g)
        judges_[print.feed * feeds_.size() + g] =
            feeds_[g].has_reference && within(feeds_[g].reference, print.value, same_price_ratio_);
    if (arrival == arrivals_) verdict_ = GuardVerdict::accepted;

    released_.push_back(print);
    released_arrival_.push_back(arrival);
    for (std::size_t i = released_.size() - 1; i > 0; --i) {
        const bool later = released_[i - 1].ts > released_[i].ts ||
                           (released_[i - 1].ts == released_[i].ts &&
                            released_arrival_[i - 1] > released_arrival_[i]);
        if (!later) break;
        std::swap(released_[i - 1], released_[i]);
        std::swap(released_arrival_[i - 1], released_arrival_[i]);
    }
}

void PriceGuard::drop(const GuardedPrint& print, std::uint64_t arrival) {
    if (arrival == arrivals_) verdict_ = GuardVerdict::dropped;
    dropped_.push_back(print);
}

void PriceGuard::drop_held(Feed& feed) {
    Fates fates;
    fates.fill(Fate::drop);
    apply(feed, fates);
}

void PriceGuard::hold(Feed& feed, const GuardedPrint& print, std::uint64_t arrival) {
    if (feed.count == held_max) {
        drop(feed.held[0], feed.arrival[0]);
        std::move(feed.held.begin() + 1, feed.held.end(), feed.held.begin());
        std::move(feed.arrival.begin() + 1, feed.arrival.end(), feed.arrival.begin());
        --feed.count;
        --held_total_;
    }
    const double value = print.value;
    if (feed.count == 0) {
        feed.ts_jump = print.ts;
        feed.ts_consistent = print.ts;
        feed.run_prints = 0;
    } else {
        const GuardedPrint& before = feed.held[feed.count - 1];
        if (!near(before.value, value, print.ts - before.ts)) feed.ts_consistent = print.ts;
    }
    const double low = std::min(feed.run_low, value);
    const double high = std::max(feed.run_high, value);
    if (feed.run_prints > 0 && within(low, high, witness_ratio_)) {
        // The run is kept as numbers, for it may be longer than what is kept of it.
        feed.run_low = low;
        feed.run_high = high;
        ++feed.run_prints;
    } else {
        feed.run_low = feed.run_high = value;
        feed.ts_run = print.ts;
        feed.run_prints = 1;
        for (std::size_t i = feed.count; i-- > 0;) {
            const GuardedPrint& earlier = feed.held[i];
            const double lower = std::min(feed.run_low, earlier.value);
            const double higher = std::max(feed.run_high, earlier.value);
            if (!within(lower, higher, witness_ratio_)) break;
            feed.run_low = lower;
            feed.run_high = higher;
            feed.ts_run = earlier.ts;
            ++feed.run_prints;
        }
    }
    feed.held[feed.count] = print;
    feed.arrival[feed.count] = arrival;
    ++feed.count;
    ++held_total_;
}

void PriceGuard::apply(Feed& feed, const Fates& fates) {
    const auto held = feed.held;
    const auto arrival = feed.arrival;
    const std::size_t count = feed.count;
    held_total_ -= count;
    feed.count = 0;
    feed.dislocated = false;
    for (std::size_t i = 0; i < count; ++i) {
        switch (fates[i]) {
            case Fate::release:
                believe(feed, held[i], arrival[i]);
                break;
            case Fate::drop:
                drop(held[i], arrival[i]);
                break;
            case Fate::keep:
                hold(feed, held[i], arrival[i]);
                break;
        }
    }
}

void PriceGuard::release_like(const Feed& feed, std::size_t k, Fates& fates) const {
    fates[k] = Fate::release;
    const GuardedPrint* next = &feed.held[k];
    for (std::size_t i = k; i-- > 0;) {
        const GuardedPrint& print = feed.held[i];
        const bool like = near(print.value, next->value, next->ts - print.ts);
        fates[i] = like ? Fate::release : Fate::drop;
        if (like) next = &print;
    }
}

/// The k-th held print is believed: those before it that lead up to it go with it, and those after
/// it are judged by it as if they came now.
void PriceGuard::believe_from(Feed& feed, std::size_t k) {
    Fates fates;
    fates.fill(Fate::keep);
    release_like(feed, k, fates);
    const GuardedPrint* reference = &feed.held[k];
    for (std::size_t i = k + 1; i < feed.count; ++i) {
        const GuardedPrint& print = feed.held[i];
        if (!near(reference->value, print.value, print.ts - reference->ts)) continue;
        // It has come back: what was held in between was bad.
        for (std::size_t j = k + 1; j < i; ++j)
            if (fates[j] == Fate::keep) fates[j] = Fate::drop;
        fates[i] = Fate::release;
        reference = &print;
    }
    apply(feed, fates);
}

void PriceGuard::settle_all() {
    bool changed = held_total_ > 0;
    while (changed) {
        changed = false;
        for (std::size_t f = 0; f < feeds_.size(); ++f)
            if (feeds_[f].count > 0 && settle(f)) changed = true;
    }
}

/// Whether something held by the feed was released.
bool PriceGuard::settle(std::size_t f) {
    if (settle_by_witness(f)) return true;
    Feed& feed = feeds_[f];
    const bool sure = own_word(feed);
    // Without a reference two prints that differ leave open which of them is bad.
    const bool late = now_ - feed.ts_jump >= rules_.hold_max &&
                      feed.held[feed.count - 1].ts - feed.ts_jump >= rules_.run_span &&
                      feed.count >= (feed.has_reference ? 2u : 3u);
    if (!sure && !late) return false;
    if (contradicted(f)) {
        feed.dislocated = true;
        if (!sure || now_ - feed.ts_consistent < rules_.dislocation_max) return false;
    }
    if (!sure) return settle_wild(feed);
    believe_from(feed, feed.count - 1);
    return true;
}

bool PriceGuard::settle_by_witness(std::size_t f) {
    Feed& feed = feeds_[f];
    for (std::size_t k = feed.count; k-- > 0;) {
        for (std::size_t g = 0; g < feeds_.size(); ++g) {
            Feed& other = feeds_[g];
            if (g == f || !is_witness(other, feed, feed.held[k].value)) continue;
            believe_from(feed, k);
            // Two that are held confirm each other.
            if (other.count > 0) believe_from(other, other.count - 1);
            return true;
        }
    }
    return false;
}

bool PriceGuard::is_witness(const Feed& other, const Feed& feed, double value) const {
    if (other.count == 0 && !other.has_reference) return false;
    const GuardedPrint* const held = other.count > 0 ? &other.held[other.count - 1] : nullptr;
    const double latest = held ? held->value : other.reference;
    const TimeNs ts_latest = held ? held->ts : other.ts_reference;
    if (ts_latest < feed.ts_jump - rules_.witness_age) return false;
    if (!within(latest, value, witness_ratio_)) return false;
    // A jump just over the bound lies within the witness's bound of where it came from.
    const bool before = ts_latest < feed.ts_jump;
    return !(before && feed.has_reference && within(latest, feed.reference, witness_ratio_));
}

bool PriceGuard::own_word(const Feed& feed) const {
    const GuardedPrint& last = feed.held[feed.count - 1];
    if (feed.run_prints >= rules_.run_prints && last.ts - feed.ts_run >= rules_.run_span)
        return true;
    for (std::size_t i = feed.count - 1; i-- > 0;) {
        const GuardedPrint& print = feed.held[i];
        if (!feed.has_reference) {
            if (near(print.value, last.value, last.ts - print.ts)) return true;
        } else if (print.is_quote != last.is_quote && last.ts - print.ts <= rules_.witness_age &&
                   within(print.value, last.value, witness_ratio_)) {
            return true;
        }
    }
    return false;
}

/// Prints that do not agree, but none of which has come back: the latest three are believed, save
/// what lies far from their middle.
bool PriceGuard::settle_wild(Feed& feed) {
    const std::size_t n = std::min<std::size_t>(feed.count, 3);
    const std::size_t first = feed.count - n;
    double middle = feed.held[first].value;
    if (n == 3) {
        const double a = feed.held[first].value, b = feed.held[first + 1].value;
        const double c = feed.held[first + 2].value;
        middle = std::max(std::min(a, b), std::min(std::max(a, b), c));
    } else if (distance(middle, feed.held[first + 1].value) > rules_.wild) {
        return false;  // one against one: the next print will tell
    }
    std::size_t earliest = feed.count;
    Fates fates;
    fates.fill(Fate::drop);
    for (std::size_t i = feed.count; i-- > first;) {
        if (distance(middle, feed.held[i].value) > rules_.wild) continue;
        fates[i] = Fate::release;
        earliest = i;
    }
    Fates before = fates;
    release_like(feed, earliest, before);
    std::copy_n(before.begin(), first, fates.begin());
    apply(feed, fates);
    return true;
}

bool PriceGuard::contradicted(std::size_t f) const {
    const Feed& feed = feeds_[f];
    for (std::size_t g = 0; g < feeds_.size(); ++g) {
        if (g == f || !feeds_[g].has_reference) continue;
        if (feed.has_reference && !judges_[f * feeds_.size() + g]) continue;
        if (stands_against(feeds_[g], feed)) return true;
    }
    return false;
}

bool PriceGuard::stands_against(const Feed& other, const Feed& feed) const {
    const double value = feed.held[feed.count - 1].value;
    double tolerance = rules_.same_price;
    if (feed.has_reference) {
        const double jump = distance(feed.reference, value);
        tolerance =
            std::max(rules_.witness, std::min(rules_.disorder_max, rules_.disorder_share * jump));
    }
    if (distance(other.reference, value) <= tolerance) return false;

    // One whose prints are held may be on its way too, or have one bad print. At first the
    // direction speaks for it; against a feed that has stood alone for long only time does.
    const bool settled = now_ - feed.ts_jump > rules_.hold_max;
    if (other.count > 0) {
        const double last = other.held[other.count - 1].value;
        const bool same_way =
            feed.has_reference && (last < other.reference) == (value < feed.reference);
        if (now_ - other.ts_jump >= rules_.hold_max || (!settled && same_way)) return false;
    }
    if (!feed.has_reference) return now_ - other.ts_reference <= rules_.fresh;
    if (other.ts_reference > feed.ts_jump) {
        const bool kept_speaking = other.ts_reference - feed.ts_jump >= rules_.hold_max;
        return now_ - other.ts_reference <= (kept_speaking ? rules_.fresh : rules_.fresh_silent);
    }
    // It was live and has not spoken since: it is waited for.
    return other.ts_reference >= feed.ts_jump - rules_.witness_age &&
           now_ - feed.ts_jump < rules_.hold_max;
}

}  // namespace contagiond::core
