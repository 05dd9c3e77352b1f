// What a session's connection does when the venue says no.
#include <fmt/core.h>

#include "feeds/session_connection.hpp"

namespace contagiond::feeds {

void SessionConnection::take_control(const Control& control, MonotonicNs now) {
    if (control.kind == ControlKind::reply)
        return perform(machine_.control(now, control.kind, control.text));
    // Hidden first: half a key is still half a key.
    const std::string words = quoted(owner_->hidden(control.text));
    const bool is_error =
        control.kind == ControlKind::error_retry || control.kind == ControlKind::error_permanent;
    // What it does not know any more it cannot end; the others are not to pay for the question.
    if (is_error && now < asked_again_ + owner_->settings.timing.answer)
        return owner_->tell(LogLevel::warn, "asking anew was refused: " + words);
    if (control.kind == ControlKind::error_permanent && take_refusal(words, now)) return;
    if (control.kind == ControlKind::subscribed)
        for (const RefusalSearch::Found& one : search_.accepted())
            leave_out(one.listing, one.words);
    perform(machine_.control(now, control.kind, words));
}

/// False if the refusal is not about some of the instruments, but about us.
bool SessionConnection::take_refusal(std::string_view words, MonotonicNs now) {
    if (search_.is_under_way()) return take_answer(words, now);
    const ConnectionRules& rules = owner_->settings.venue->rules;
    const Refusals::Verdict verdict = owner_->refusals.take(words, rules.refuses_alone);
    if (!verdict.names_some) return rules.answers_in_turn && begin_search(words, now);
    for (const std::size_t listing : verdict.added) tell_left_out(listing, words);
    if (!rules.refuses_alone && !verdict.added.empty()) perform(machine_.ask_for_less(now));
    return true;
}

/// The words tell nothing: from the next connection on each instrument is asked for alone.
bool SessionConnection::begin_search(std::string_view words, MonotonicNs now) {
    const std::size_t left = owner_->settings.listings.size() - owner_->refusals.count();
    if (left < 2 || (search_.is_active() && !search_.is_lost())) return false;
    if (search_.is_lost()) {
        owner_->tell(LogLevel::warn, fmt::format("the venue refuses something: {}", words));
        return true;
    }
    owner_->asks_one_by_one = true;
    owner_->tell(LogLevel::warn, fmt::format("the venue does not say which symbol it refuses, so "
                                             "each is asked for alone: {}",
                                             words));
    perform(machine_.ask_for_less(now));
    return true;
}

/// A refusal while each is asked for alone.
bool SessionConnection::take_answer(std::string_view words, MonotonicNs now) {
    for (const RefusalSearch::Found& one : search_.refused(words))
        leave_out(one.listing, one.words);
    if (search_.refuses_us()) return false;
    perform(machine_.refused_one(now));
    return true;
}

void SessionConnection::leave_out(std::size_t listing, std::string_view words) {
    if (owner_->refusals.refuse(listing)) tell_left_out(listing, words);
}

void SessionConnection::tell_left_out(std::size_t listing, std::string_view words) {
    const Listing& one = owner_->settings.listings[listing];
    owner_->tell(LogLevel::error,
                 fmt::format("the venue refuses {}, which is left out until the feed is configured "
                             "anew: {}; see to its symbol, or take it out of the feed's "
                             "instruments",
                             quoted(one.symbol), words));
    owner_->intake.handover().leave_out(one.instrument);
    owner_->intake.watch().leave_out(listing);
    owner_->counters.refused.set(static_cast<double>(owner_->link->add_refused(1)));
    // Whoever was to be found is: the rest may be asked for together again.
    owner_->asks_one_by_one = false;
}

}  // namespace contagiond::feeds
