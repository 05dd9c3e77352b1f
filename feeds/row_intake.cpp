#include "feeds/row_intake.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace contagiond::feeds {
namespace {

std::vector<core::InstrumentId> instruments_of(std::span<const Listing> listings) {
    std::vector<core::InstrumentId> instruments;
    for (const Listing& listing : listings)
        if (listing.trades || listing.quotes) instruments.push_back(listing.instrument);
    return instruments;
}

/// Of a trade by its instrument and the venue's id, which need not be a number: FNV-1a. 0: no id.
std::uint64_t key_of(const core::Input& input, const Row& row) {
    if (row.trade_id.empty()) return 0;
    constexpr std::uint64_t prime = 0x100000001b3u;
    std::uint64_t hash = (0xcbf29ce484222325u ^ input.instrument) * prime;
    for (const char c : row.trade_id) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
    return hash == 0 ? 1 : hash;
}

/// The number that rises by one a symbol; 0: there is none.
std::uint64_t number_of(const core::Input& input, const Row& row) {
    if (input.kind != core::InputKind::trade) return 0;
    if (row.sequence.empty()) return input.trade.trade_id;
    std::uint64_t number = 0;
    const char* const end = row.sequence.data() + row.sequence.size();
    const auto [stop, error] = std::from_chars(row.sequence.data(), end, number);
    return error == std::errc() && stop == end ? number : 0;
}

/// The first trade of an instrument on a connection, if it is older than the subscription. The
/// venue's clock may be behind ours by as much as the allowance.
bool is_resent(const core::Input& input, RowIntake::Origin& origin) {
    constexpr core::DurationNs allowance = core::ns_per_s;
    if (std::ranges::find(origin.met, input.instrument) != origin.met.end()) return false;
    origin.met.push_back(input.instrument);
    return input.ts_exchange != core::no_time &&
           input.ts_exchange + allowance < origin.ts_subscribed;
}

}  // namespace

RowIntake::RowIntake(const SessionSettings& settings, std::shared_ptr<FeedLink> link,
                     const core::Clock& clock, InputPublisher& publisher, FeedCounters& counters)
    : settings_(settings),
      link_(std::move(link)),
      clock_(clock),
      publisher_(publisher),
      counters_(counters),
      normaliser_(settings.feed, settings.listings),
      handover_(instruments_of(settings.listings), settings.timing),
      watch_(settings.listings, settings.timing) {
    // Made now, so that nothing is allocated or looked up for a trade.
    for (const Listing& listing : settings.listings)
        sequences_.push_back(&link_->sequence(listing.symbol));
}

void RowIntake::take(std::span<const Row> rows, core::TimeNs ts_receive, MonotonicNs now,
                     bool leads, Origin& origin) {
    for (const Row& row : rows) take_row(row, ts_receive, now, leads, origin);
    if (leads) ts_last_data_ = ts_receive;
}

void RowIntake::take_row(const Row& row, core::TimeNs ts_receive, MonotonicNs now, bool leads,
                         Origin& origin) {
    Normalised normalised = normaliser_.normalise(row, ts_receive);
    if (!normalised) {
        if (const auto reason = reject_reason(normalised.reject))
            counters_.rows_rejected[static_cast<std::size_t>(*reason)].add();
        else
            counters_.ignored.add();
        return;
    }
    core::Input& input = normalised.input;
    if (settings_.venue->rules.resends_last_trade && input.kind == core::InputKind::trade &&
        is_resent(input, origin))
        input.flags |= core::history;
    const std::uint64_t number = number_of(input, row);
    if (leads) watch_.seen(input.instrument, now);
    if (handover_.is_active()) {
        const std::uint64_t key = input.kind == core::InputKind::trade ? key_of(input, row) : 0;
        if (!leads) return handover_.hold(input, key, sequence_of(normalised), number);
        if (!handover_.take(input, key, now)) return counters_.ignored.add();
    }
    pass(input, sequence_of(normalised), number);
}

void RowIntake::take_lost(std::uint64_t missing, core::TimeNs ts_receive) {
    counters_.sequence_gaps.add();
    publish_gaps(ts_receive, core::GapReason::sequence, missing);
}

void RowIntake::take_back(std::string_view symbol, core::TimeNs ts_receive) {
    counters_.taken_back.add();
    for (const Listing& listing : settings_.listings) {
        if (!listing.trades || listing.symbol != symbol) continue;
        // When it was told is not said. It leaves every window before this moment does.
        return publisher_.publish(core::Input::make_gap(settings_.feed, listing.instrument,
                                                        ts_receive,
                                                        {.ts_receive_first = ts_receive,
                                                         .ts_receive_last = ts_receive,
                                                         .count = 1,
                                                         .reason = core::GapReason::taken_back,
                                                         .padding = {}}));
    }
}

void RowIntake::take_over(MonotonicNs now) {
    for (const Handover::Held& one : handover_.take_over(now)) {
        pass(one.input, one.sequence, one.number);
        ts_last_data_ = one.input.ts_receive;
    }
    publisher_.flush();
}

TradeSequence* RowIntake::sequence_of(const Normalised& row) const {
    if (!settings_.venue->rules.contiguous_trade_ids || row.input.kind != core::InputKind::trade)
        return nullptr;
    return sequences_[row.listing];
}

void RowIntake::pass(const core::Input& input, TradeSequence* sequence, std::uint64_t number) {
    if (sequence != nullptr && !check(*sequence, number, input)) return;
    const bool is_history = (input.flags & core::history) != 0;
    if (is_history) counters_.backfilled.add();
    if (input.ts_exchange != core::no_time && !is_history) {
        const core::DurationNs latency = input.ts_receive - input.ts_exchange;
        if (latency < 0)
            counters_.clock_skew_ticks.add();
        else
            counters_.latency.observe(core::to_seconds(latency));
    }
    counters_.ticks.add();
    publisher_.publish(input);
}

/// False if the trade was seen before.
bool RowIntake::check(TradeSequence& sequence, std::uint64_t number, const core::Input& input) {
    const auto [kind, missing] = sequence.see(number, input.ts_exchange);
    if (kind == TradeSequence::Kind::next) return true;
    if (kind == TradeSequence::Kind::duplicate) {
        counters_.duplicates.add();
        return false;
    }
    counters_.sequence_gaps.add();
    publisher_.publish(core::Input::make_gap(
        settings_.feed, input.instrument, input.ts_receive,
        {.ts_receive_first = ts_last_data_ == core::no_time ? input.ts_receive : ts_last_data_,
         .ts_receive_last = input.ts_receive,
         .count = missing,
         .reason = core::GapReason::sequence,
         .padding = {}}));
    return true;
}

void RowIntake::publish_gap() {
    publish_gaps(clock_.now(), core::GapReason::reconnect, 0);
    publisher_.flush();
}

void RowIntake::publish_gaps(core::TimeNs now, core::GapReason reason, std::uint64_t missing) {
    const auto publish = [&](core::InstrumentId instrument) {
        publisher_.publish(core::Input::make_gap(
            settings_.feed, instrument, now,
            {.ts_receive_first = ts_last_data_ == core::no_time ? now : ts_last_data_,
             .ts_receive_last = now,
             .count = missing,
             .reason = reason,
             .padding = {}}));
    };
    if (!link_->is_split()) return publish(core::no_id);
    for (const Listing& listing : settings_.listings) publish(listing.instrument);
}

}  // namespace contagiond::feeds
