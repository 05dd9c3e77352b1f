#include "core/composite_price.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "core/estimators/tick_series.hpp"

namespace contagiond::core {

CompositePrice::CompositePrice(std::size_t feeds, CompositeRules rules)
    : rules_(rules), feeds_(feeds) {
    voters_.reserve(feeds);
    scratch_.reserve(feeds);
}

Consensus CompositePrice::update(TimeNs ts, std::span<const FeedQuote> quotes) {
    Consensus out;
    const std::size_t participants = collect(ts, quotes);
    for (const Feed& feed : feeds_) out.fresh += feed.votes;
    if (out.fresh > 0) {
        if (participants > 0) {
            elect(participants);
            out.step = move_level();
        }
        out.rebased = !out.step;
        if (updates_ == 0) {
            const auto first = std::find_if(feeds_.begin(), feeds_.end(),
                                            [](const Feed& feed) { return feed.votes; });
            level_.add(
                elementary::log(quotes[static_cast<std::size_t>(first - feeds_.begin())].value));
        }
        ++updates_;
        ts_last_ = ts;
    }
    const double level = level_.value();
    for (std::size_t f = 0; f < feeds_.size(); ++f) {
        Feed& feed = feeds_[f];
        if (feed.fresh) {
            if (out.rebased) {
                feed.deviation = 0;
                feed.diverged = false;
            } else if (!feed.votes) {
                trail(feed, quotes[f], ts);
            } else if (!feed.takes_part) {
                anchor(feed, quotes[f], ts);
            }
            if (feed.votes) judge(feed, ts);
            feed.any = true;
            feed.value = quotes[f].value;
            feed.level = level;
            feed.ts = ts;
            feed.update = updates_;
            out.agreeing += feed.votes && !feed.diverged;
        }
        feed.divergence = Divergence{};
        if (feed.fresh) {
            feed.divergence.diverged = feed.diverged;
            feed.divergence.ratio = elementary::expm1(feed.deviation);
            if (feed.diverged) feed.divergence.since = feed.ts_since;
        }
    }
    out.log_level = level;
    out.undecided = out.fresh > 1 && 2 * out.agreeing <= out.fresh;
    show(out, quotes);
    return out;
}

std::size_t CompositePrice::collect(TimeNs ts, std::span<const FeedQuote> quotes) {
    const auto stood_last = [&](const Feed& feed) { return feed.any && feed.update == updates_; };
    bool any_stayed = false;
    for (std::size_t f = 0; f < feeds_.size(); ++f) {
        feeds_[f].fresh = quotes[f].fresh;
        feeds_[f].votes = quotes[f].fresh && quotes[f].votes;
        any_stayed = any_stayed || (feeds_[f].votes && stood_last(feeds_[f]));
    }
    double fade = 1;
    if (any_stayed)
        fade = elementary::exp2(-static_cast<double>(ts - ts_last_) /
                                static_cast<double>(rules_.half_life));
    std::size_t participants = 0;
    for (std::size_t f = 0; f < feeds_.size(); ++f) {
        Feed& feed = feeds_[f];
        // The feeds of the last update carry the level on. When all of them are gone, one that
        // went before does, as long as its basis is known.
        const bool linked =
            any_stayed ? stood_last(feed) : feed.any && ts - feed.ts <= rules_.basis_age_max;
        feed.takes_part = feed.votes && linked;
        if (!feed.takes_part) continue;
        ++participants;
        if (any_stayed && !feed.diverged) feed.deviation *= fade;
        const double r = log_return(feed.value, quotes[f].value);
        // Zero to the digit for the feeds of the last update.
        const double level_moved = any_stayed ? 0 : level_.value() - feed.level;
        feed.now = feed.deviation + r - level_moved;
        feed.moved += r;
    }
    return participants;
}

template <typename Member>
void CompositePrice::vote(Member member) {
    voters_.clear();
    for (std::size_t f = 0; f < feeds_.size(); ++f)
        if (feeds_[f].takes_part && member(feeds_[f])) voters_.push_back(f);
}

double CompositePrice::median(Part part, double quiet) {
    scratch_.clear();
    for (const std::size_t f : voters_) scratch_.push_back(feeds_[f].*part);
    std::sort(scratch_.begin(), scratch_.end());
    const std::size_t half = scratch_.size() / 2;
    const double high = scratch_[half];
    if (scratch_.size() % 2 == 1) return high;
    const double low = scratch_[half - 1];
    if (high - low <= rules_.apart) return low + (high - low) / 2;
    return std::abs(low - quiet) <= std::abs(high - quiet) ? low : high;
}

void CompositePrice::elect(std::size_t participants) {
    if (participants == 2) {
        elect_of_two();
        return;
    }
    if (participants == 1)
        vote([](const Feed&) { return true; });
    else
        elect_of_many(participants);
    for (Feed& feed : feeds_) feed.moved = 0;
}

void CompositePrice::elect_of_two() {
    vote([](const Feed&) { return true; });
    Feed& a = feeds_[voters_[0]];
    Feed& b = feeds_[voters_[1]];
    const double distance = std::abs(a.now - b.now);
    std::size_t leader = voters_[0];
    if (a.diverged != b.diverged) {
        if (a.diverged) leader = voters_[1];
    } else if (distance > rules_.apart && std::abs(b.moved) < std::abs(a.moved)) {
        leader = voters_[1];
    }
    if (distance <= rules_.close) a.moved = b.moved = 0;
    voters_.assign(1, leader);
}

void CompositePrice::elect_of_many(std::size_t participants) {
    const auto agreeing_majority = [&] {
        if (2 * voters_.size() <= participants) return false;
        const double middle = median(&Feed::now, 0);
        std::erase_if(voters_, [&](std::size_t f) {
            return std::abs(feeds_[f].now - middle) > rules_.apart;
        });
        return 2 * voters_.size() > participants;
    };
    const auto all = [](const Feed&) { return true; };
    const auto not_diverged = [](const Feed& feed) { return !feed.diverged; };
    vote(not_diverged);
    if (agreeing_majority()) return;
    vote(all);
    if (agreeing_majority()) return;
    vote(not_diverged);
    if (voters_.empty()) vote(all);
}

std::optional<double> CompositePrice::move_level() {
    const bool all_agreed = std::none_of(voters_.begin(), voters_.end(),
                                         [&](std::size_t f) { return feeds_[f].diverged; });
    const double before = all_agreed ? median(&Feed::deviation, 0) : 0;
    // What the voters stood at is zero in all but the first update with these voters: a lone feed's
    // return goes through without a rounding.
    const Feed& first = feeds_[voters_.front()];
    const double step = median(&Feed::now, before) - before;
    if (!all_agreed && voters_.size() == 1 && std::abs(first.now) > rules_.follow_max)
        return std::nullopt;
    for (Feed& feed : feeds_)
        if (feed.takes_part) feed.deviation = feed.now - before - step;
    level_.add(step);
    return step;
}

/// A feed that comes while others carry the level starts at the level, unless it is known to belong
/// elsewhere.
void CompositePrice::anchor(Feed& feed, const FeedQuote& quote, TimeNs ts) {
    if (!feed.any || ts - feed.ts > rules_.basis_age_max) {
        feed.deviation = 0;
        feed.diverged = false;
        return;
    }
    const double deviation = against_level(feed, quote);
    feed.diverged = std::abs(deviation) > rules_.apart;
    feed.deviation = feed.diverged ? deviation : 0;
    feed.ts_since = ts;
}

/// A feed without a vote keeps its basis, however long: it stood still for no reason of the
/// market's.
void CompositePrice::trail(Feed& feed, const FeedQuote& quote, TimeNs ts) {
    feed.deviation = feed.any ? against_level(feed, quote) : 0;
    const double distance = std::abs(feed.deviation);
    const bool was_diverged = feed.diverged;
    feed.diverged = distance > rules_.apart || (was_diverged && distance >= rules_.together);
    if (feed.diverged && !was_diverged) feed.ts_since = ts;
}

double CompositePrice::against_level(const Feed& feed, const FeedQuote& quote) const {
    return feed.deviation + log_return(feed.value, quote.value) - (level_.value() - feed.level);
}

void CompositePrice::judge(Feed& feed, TimeNs ts) {
    const double distance = std::abs(feed.deviation);
    if (!feed.diverged) {
        if (distance <= rules_.apart) return;
        feed.diverged = true;
        feed.ts_since = ts;
    } else if (distance < rules_.together) {
        feed.diverged = false;
    } else if (ts - feed.ts_since >= rules_.settle) {
        feed.diverged = false;
        feed.deviation = 0;
        ++feed.settled;
    }
}

void CompositePrice::show(Consensus& out, std::span<const FeedQuote> quotes) {
    const auto agrees = [&](std::size_t f) { return feeds_[f].votes && !feeds_[f].diverged; };
    TimeNs newest = no_time;
    std::size_t preferred = feeds_.size();
    for (std::size_t f = feeds_.size(); f-- > 0;) {
        if (!agrees(f)) continue;
        preferred = f;
        newest = std::max(newest, quotes[f].ts);
    }
    if (preferred < feeds_.size()) {
        if (!any_shown_ || !agrees(shown_)) shown_ = preferred;
        any_shown_ = true;
        shown_price_ = quotes[shown_].price;
        shown_ts_ = newest;
    }
    out.has_price = any_shown_;
    out.feed = shown_;
    out.price = shown_price_;
    out.ts = shown_ts_;
}

}  // namespace contagiond::core
