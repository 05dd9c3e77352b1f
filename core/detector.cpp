#include "core/detector.hpp"

#include <algorithm>

namespace contagiond::core {
namespace {

/// A revision for a grown score alone needs this much more than was last told.
constexpr double score_step = 0.05;
/// Or the strongest target's fall must have grown by this factor: the score has a ceiling, a crash
/// has not.
constexpr double loss_growth = 1.5;
/// A class that was chosen stays so long: what made it lasts, and a desk hears it once.
constexpr DurationNs class_lock = 60 * ns_per_min;
/// A spillover may follow a fall of crypto's own when the balance is no longer for crypto: far from
/// where that opened.
constexpr double balance_to_follow = 0;
/// `over` is shown so long; the cooldown itself is no state to watch.
constexpr DurationNs over_shown = 60 * ns_per_min;

bool for_tech(const TargetReading& target) {
    return target.balance.value_or(balance_to_follow) >= balance_to_follow;
}

}  // namespace

Detector::Detector(const DetectorConfig& config, std::size_t targets)
    : config_(config), targets_(targets) {}

const TargetReading* Detector::judged(const Reading& reading) const {
    for (const TargetReading& target : reading.targets)
        if (target.score && target.warmup >= 1) return &target;
    return nullptr;
}

bool Detector::anew(const Hold& hold, TimeNs ts, const TargetReading& target) const {
    return ts - hold.opened_at >= config_.reopen_after &&
           target.fallen_anew >= config_.reopen_factor;
}

bool Detector::join_targets(const Reading& reading) {
    bool joined = false;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const TargetReading& target = reading.targets[i];
        if (targets_[i].in_episode || !target.score || target.warmup < 1) continue;
        if (score_of(target, episode_.rule) < config_.exit_score) continue;
        targets_[i].in_episode = joined = true;
    }
    return joined;
}

Rule Detector::claimed(const Reading& reading, const TargetReading& target) const {
    if (reading.attribution == Attribution::macro) return Rule::common_macro;
    const bool own = target.target_led || target.score->value < config_.enter_score;
    return own && target.reverse >= config_.enter_score ? Rule::crypto_to_tech
                                                        : Rule::tech_to_crypto;
}

/// Tech has taken over: a spillover that would be told if nothing were open.
bool Detector::followed(const Reading& reading, const TargetReading& target) const {
    return reading.ts - episode_.detected_at >= config_.minimum_hold && !target.tainted &&
           target.score->value >= config_.enter_score &&
           claimed(reading, target) != Rule::crypto_to_tech && for_tech(target);
}

/// True when the class has changed. It may firm up while the episode runs, to one that is decided;
/// the rule it opened under stays.
bool Detector::attribute_anew(const Reading& reading) {
    const bool decided =
        reading.attribution == Attribution::tech || reading.attribution == Attribution::macro;
    if (!decided || reading.attribution == episode_.attribution) return false;
    if (episode_.rule == Rule::crypto_to_tech || episode_.score < config_.enter_score) return false;
    const bool was_decided =
        episode_.attribution == Attribution::tech || episode_.attribution == Attribution::macro;
    if (was_decided && reading.ts - attributed_at_ < class_lock) return false;
    episode_.attribution = reading.attribution;
    attributed_at_ = reading.ts;
    return true;
}

void Detector::watch_closed(const Reading& reading, Verdict& verdict) {
    const TargetReading* const candidate = judged(reading);
    const Rule rule = candidate ? claimed(reading, *candidate) : Rule::tech_to_crypto;
    const double score = candidate ? score_of(*candidate, rule) : 0;
    if (!candidate || score < config_.exit_score) {
        // A candidate that fades before it is confirmed was a false start.
        if (candidate_since_ != no_time && !candidate_told_ && candidate)
            verdict.suppressed = Suppression{rule, SuppressReason::hysteresis};
        if (candidate) candidate_since_ = no_time;
        return;
    }
    if (score < config_.enter_score) return;
    if (candidate_since_ == no_time) {
        candidate_since_ = reading.ts;
        candidate_told_ = false;
    }
    if (reading.ts - candidate_since_ < config_.confirm) return;

    Hold& hold = holds_[static_cast<std::size_t>(rule)];
    std::optional<SuppressReason> reason;
    if (candidate->tainted) reason = SuppressReason::stale_data;
    const TimeNs cooldown_until = held(hold, reading.ts) ? hold.on_at + config_.cooldown : no_time;
    if (cooldown_until != no_time) {
        hold.on_at = reading.ts;
        if (rule == Rule::crypto_to_tech || !anew(hold, reading.ts, *candidate))
            reason = SuppressReason::cooldown;
    }
    // What follows a story of another rule within its cooldown is that story's aftermath.
    if (rule == Rule::crypto_to_tech &&
        std::any_of(holds_.begin(), holds_.end(),
                    [&](const Hold& other) { return held(other, reading.ts); }))
        reason = SuppressReason::cooldown;
    // Nor does tech take over at once from a fall of crypto's own.
    const Hold& own = holds_[static_cast<std::size_t>(Rule::crypto_to_tech)];
    if (rule == Rule::tech_to_crypto && own.on_at != no_time &&
        reading.ts < own.on_at + class_lock && !for_tech(*candidate))
        reason = SuppressReason::cooldown;
    if (reason) {
        if (!candidate_told_) verdict.suppressed = Suppression{rule, *reason};
        candidate_told_ = true;
        return;
    }

    const std::uint32_t number = episode_.number + 1;
    episode_ = EpisodeState{};
    episode_.open = true;
    episode_.number = number;
    episode_.revision = 1;
    episode_.rule = rule;
    episode_.attribution = rule == Rule::crypto_to_tech ? Attribution::crypto : reading.attribution;
    episode_.detected_at = attributed_at_ = reading.ts;
    episode_.score = episode_.score_peak = score;
    episode_.severity =
        episode_.score >= config_.critical_score ? Severity::critical : Severity::warning;
    episode_.reached_at = candidate_since_;
    episode_.cooldown_until = cooldown_until;
    if (cooldown_until != no_time) episode_.fallen_anew = candidate->fallen_anew;
    for (TargetState& target : targets_) target.in_episode = false;
    join_targets(reading);
    below_since_ = no_time;
    candidate_since_ = no_time;
    told_at_ = reading.ts;
    told_score_ = episode_.score;
    told_loss_ = candidate->score->loss;
    hold = {reading.ts, reading.ts};
    verdict.change = EpisodePhase::opened;
}

void Detector::end(TimeNs ts) {
    episode_.open = false;
    episode_.ended_at = ts;
    ++episode_.revision;
}

void Detector::watch_open(const Reading& reading, Verdict& verdict) {
    const TargetReading* const strongest = judged(reading);
    if (!strongest) {
        // Nothing can be judged: the episode is held, and what is told of it says so.
        episode_.degraded = true;
        below_since_ = no_time;
        return;
    }
    episode_.score = score_of(*strongest, episode_.rule);
    episode_.score_peak = std::max(episode_.score_peak, episode_.score);
    if (strongest->tainted) episode_.degraded = true;

    Hold& hold = holds_[static_cast<std::size_t>(episode_.rule)];
    const bool reverse = episode_.rule == Rule::crypto_to_tech;
    if (reverse && followed(reading, *strongest)) {
        end(reading.ts);
        verdict.change = EpisodePhase::resolved;
        return;
    }
    if (episode_.score >= config_.enter_score) {
        hold.on_at = reading.ts;
        if (!reverse && !strongest->tainted && anew(hold, reading.ts, *strongest)) {
            // Another fall of its own: this story ends, and the next begins with the next bar.
            end(reading.ts);
            verdict.change = EpisodePhase::resolved;
            return;
        }
    }
    if (episode_.score < config_.exit_score) {
        if (strongest->tainted) {
            below_since_ = no_time;  // doubtful evidence never ends an episode
            return;
        }
        if (below_since_ == no_time) below_since_ = reading.ts;
        if (reading.ts - below_since_ >= config_.calm_before_over &&
            reading.ts - episode_.detected_at >= config_.minimum_hold) {
            end(reading.ts);
            verdict.change = EpisodePhase::resolved;
        }
        return;
    }
    below_since_ = no_time;

    const bool attributed = attribute_anew(reading);
    const bool joined = join_targets(reading);
    const bool escalated =
        episode_.severity != Severity::critical && episode_.score >= config_.critical_score;
    if (escalated) episode_.severity = Severity::critical;
    const double loss = strongest->score->loss;
    const bool grown =
        reading.ts - told_at_ >= config_.update_interval &&
        (episode_.score >= told_score_ + score_step || loss >= loss_growth * told_loss_);
    if (!joined && !escalated && !grown && !attributed && !reading.led) return;
    told_at_ = reading.ts;
    told_score_ = episode_.score;
    told_loss_ = std::max(told_loss_, loss);
    ++episode_.revision;
    verdict.change = EpisodePhase::updated;
}

void Detector::set_regimes(const Reading& reading) {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        TargetState& state = targets_[i];
        const TargetReading& target = reading.targets[i];
        Regime regime = state.regime;
        const bool spillover = episode_.rule == Rule::tech_to_crypto && state.in_episode;
        const bool shown = episode_.ended_at != no_time &&
                           reading.ts < episode_.ended_at + std::min(over_shown, config_.cooldown);
        if (target.warmup < 1) {
            regime = Regime::warming;
        } else if (episode_.open && spillover) {
            regime = Regime::contagion;
        } else if (!episode_.open && spillover && shown) {
            regime = Regime::over;
        } else if (target.score && !reading.suspended) {
            const double bound = state.regime == Regime::elevated ? config_.elevated_exit_score
                                                                  : config_.elevated_score;
            regime = target.score->value >= bound ? Regime::elevated : Regime::calm;
        } else if (state.regime == Regime::warming || state.regime == Regime::over) {
            regime = Regime::calm;
        }
        if (regime != state.regime || state.since == 0) {
            state.regime = regime;
            state.since = reading.ts;
        }
    }
}

Verdict Detector::step(const Reading& reading) {
    Verdict verdict;
    if (reading.suspended) {
        if (episode_.open) {
            episode_.degraded = true;
            below_since_ = no_time;
        }
    } else if (episode_.open) {
        watch_open(reading, verdict);
    } else {
        watch_closed(reading, verdict);
    }
    set_regimes(reading);
    return verdict;
}

}  // namespace contagiond::core
