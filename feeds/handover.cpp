#include "feeds/handover.hpp"

#include <algorithm>
#include <utility>

namespace contagiond::feeds {

Handover::Handover(std::span<const core::InstrumentId> instruments, const Timing& timing)
    : together_max_(timing.together), after_max_(timing.together) {
    for (const core::InstrumentId instrument : instruments) streams_.try_emplace(instrument);
}

void Handover::leave_out(core::InstrumentId instrument) {
    const auto found = streams_.find(instrument);
    if (found == streams_.end()) return;
    if (!found->second.seen && unseen_ != 0) --unseen_;
    if (found->second.awaited != 0) --awaited_;
    streams_.erase(found);
}

void Handover::begin() {
    end();
    stage_ = Stage::connecting;
}

void Handover::second_up(MonotonicNs now) {
    if (stage_ != Stage::connecting) return;
    stage_ = Stage::together;
    until_ = now + together_max_;
}

void Handover::second_down() {
    if (stage_ != Stage::together) return;
    forget_second();
    stage_ = Stage::connecting;
}

void Handover::end() {
    stage_ = Stage::none;
    forget_second();
    for (auto& [instrument, stream] : streams_) stream.ts_quote = core::no_time;
    went_on_.clear();
    order_.clear();
}

void Handover::forget_second() {
    for (auto& [instrument, stream] : streams_) {
        stream.seen = stream.has_trade = false;
        stream.awaited = 0;
        stream.quote.reset();
    }
    unseen_ = streams_.size();
    awaited_ = 0;
    overlaps_ = false;
    held_.clear();
    until_ = never;
}

bool Handover::take(const core::Input& input, std::uint64_t key, MonotonicNs now) {
    if (stage_ == Stage::after && now >= until_) end();
    if (stage_ == Stage::none) return true;
    const auto found = streams_.find(input.instrument);
    if (found == streams_.end()) return true;
    Stream& stream = found->second;
    if (input.kind == core::InputKind::quote) {
        // The second connection may run behind the first. Where the venue gives quotes no time,
        // their order cannot be told, and the one that came last counts as everywhere.
        if (stage_ == Stage::after) return input.ts_exchange >= stream.ts_quote;
        stream.ts_quote = std::max(stream.ts_quote, input.ts_exchange);
        return true;
    }
    if (key == 0) return true;
    // Once only: a venue that repeats itself on one connection is to be told from this.
    if (stage_ == Stage::after) return went_on_.erase(key) == 0;
    remember(key);
    if (stream.awaited == key) {
        stream.awaited = 0;
        --awaited_;
        overlaps_ = true;
    }
    return true;
}

void Handover::remember(std::uint64_t key) {
    if (!went_on_.insert(key).second) return;
    order_.push_back(key);
    if (order_.size() <= keys_max) return;
    went_on_.erase(order_.front());
    order_.pop_front();
}

void Handover::hold(const core::Input& input, std::uint64_t key, TradeSequence* sequence,
                    std::uint64_t number) {
    if (stage_ != Stage::together) return;
    const auto found = streams_.find(input.instrument);
    if (found == streams_.end()) return;
    Stream& stream = found->second;
    if (!std::exchange(stream.seen, true)) --unseen_;
    if (input.kind == core::InputKind::quote) {
        stream.quote = input;
        return;
    }
    // History was news to the first connection, when it was news.
    if (key == 0 || (input.flags & core::history) != 0) return;
    if (!std::exchange(stream.has_trade, true)) {
        if (went_on_.count(key) == 0) {
            stream.awaited = key;
            ++awaited_;
        } else {
            overlaps_ = true;
        }
    }
    if (held_.size() < held_max) held_.push_back({input, key, sequence, number});
    if (held_.size() == held_max) until_ = 0;  // no room for patience
}

bool Handover::has_caught_up() const {
    return stage_ == Stage::together && unseen_ == 0 && awaited_ == 0 && overlaps_;
}

bool Handover::is_due(MonotonicNs now) const {
    return stage_ == Stage::together && (now >= until_ || has_caught_up());
}

MonotonicNs Handover::deadline() const {
    return stage_ == Stage::together ? until_ : never;
}

std::vector<Handover::Held> Handover::take_over(MonotonicNs now) {
    std::vector<Held> news;
    for (const Held& one : held_)
        if (went_on_.erase(one.key) == 0) news.push_back(one);
    for (const auto& [instrument, stream] : streams_)
        if (stream.quote && (stream.quote->ts_exchange >= stream.ts_quote))
            news.push_back({*stream.quote, 0, nullptr, 0});
    std::stable_sort(news.begin(), news.end(), [](const Held& a, const Held& b) {
        return a.input.ts_receive < b.input.ts_receive;
    });
    forget_second();
    stage_ = Stage::after;
    until_ = now + after_max_;
    return news;
}

}  // namespace contagiond::feeds
