#include "core/event.hpp"

namespace contagiond::core {

std::string_view to_string(RejectReason reason) {
    switch (reason) {
        case RejectReason::zero_price:
            return "zero_price";
        case RejectReason::negative_price:
            return "negative_price";
        case RejectReason::absurd_price:
            return "absurd_price";
        case RejectReason::absurd_time:
            return "absurd_time";
        case RejectReason::crossed_quote:
            return "crossed_quote";
        case RejectReason::wide_quote:
            return "wide_quote";
        case RejectReason::unknown_instrument:
            return "unknown_instrument";
        case RejectReason::late:
            return "late";
        case RejectReason::outlier:
            return "outlier";
    }
    return "unknown";
}

std::string_view to_string(Direction direction) {
    switch (direction) {
        case Direction::none:
            return "none";
        case Direction::tech_to_crypto:
            return "tech_to_crypto";
        case Direction::crypto_to_tech:
            return "crypto_to_tech";
        case Direction::common_macro:
            return "common_macro";
        case Direction::decoupled:
            return "decoupled";
    }
    return "unknown";
}

std::string_view to_string(TaintCause cause) {
    switch (cause) {
        case TaintCause::gap:
            return "gap";
        case TaintCause::stale:
            return "stale";
        case TaintCause::divergence:
            return "divergence";
        case TaintCause::clock:
            return "clock";
        case TaintCause::frozen:
            return "frozen";
    }
    return "unknown";
}

std::string_view to_string(ReturnKind kind) {
    switch (kind) {
        case ReturnKind::bar:
            return "bar";
        case ReturnKind::catch_up:
            return "catch_up";
        case ReturnKind::gap:
            return "gap";
    }
    return "unknown";
}

std::string_view to_string(LeadVerdict verdict) {
    switch (verdict) {
        case LeadVerdict::led:
            return "led";
        case LeadVerdict::too_few_ticks:
            return "too_few_ticks";
        case LeadVerdict::no_variance:
            return "no_variance";
        case LeadVerdict::not_significant:
            return "not_significant";
        case LeadVerdict::spans_zero:
            return "spans_zero";
        case LeadVerdict::finer_than_ticks:
            return "finer_than_ticks";
        case LeadVerdict::at_the_edge:
            return "at_the_edge";
    }
    return "unknown";
}

std::string_view to_string(Regime regime) {
    switch (regime) {
        case Regime::warming:
            return "warming";
        case Regime::calm:
            return "calm";
        case Regime::elevated:
            return "elevated";
        case Regime::contagion:
            return "contagion";
        case Regime::over:
            return "over";
    }
    return "unknown";
}

std::string_view to_string(Rule rule) {
    switch (rule) {
        case Rule::tech_to_crypto:
            return "tech_to_crypto";
        case Rule::crypto_to_tech:
            return "crypto_to_tech";
        case Rule::common_macro:
            return "common_macro";
    }
    return "unknown";
}

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::critical:
            return "critical";
    }
    return "unknown";
}

std::string_view to_string(SuppressReason reason) {
    switch (reason) {
        case SuppressReason::cooldown:
            return "cooldown";
        case SuppressReason::hysteresis:
            return "hysteresis";
        case SuppressReason::session:
            return "session";
        case SuppressReason::stale_data:
            return "stale_data";
        case SuppressReason::budget:
            return "budget";
    }
    return "unknown";
}

std::string_view to_string(Attribution attribution) {
    switch (attribution) {
        case Attribution::tech:
            return "tech";
        case Attribution::macro:
            return "macro";
        case Attribution::crypto:
            return "crypto";
        case Attribution::undecided:
            return "undecided";
        case Attribution::unattributed:
            return "unattributed";
    }
    return "unknown";
}

std::string_view to_string(EpisodePhase phase) {
    switch (phase) {
        case EpisodePhase::opened:
            return "opened";
        case EpisodePhase::updated:
            return "updated";
        case EpisodePhase::resolved:
            return "resolved";
    }
    return "unknown";
}

}  // namespace contagiond::core
