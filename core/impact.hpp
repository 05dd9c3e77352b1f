// Impact: the dollars gone from a group of companies, and their share of the value of crypto.
//
//     lost  = Σ shares·price·(exp(-r) - 1)       over members; the value before minus the value now
//     value = Σ supply·price                     over crypto assets, now
//     share = lost/value
//
// r is the log return over the horizon, so price·exp(-r) is the price before. A member that rose
// counts negative, and so may the whole. Share counts and supplies come from configuration and have
// a date; the oldest one used is told, because a count may be a quarter old. A quantity counts as
// known if it is finite and above zero.
//
// Source: arithmetic. Market capitalisation is shares outstanding times price; what a company's
// fall took from its owners is the difference of two of them.
//
// Cost: O(members + assets), on demand; allocates nothing. Error: a few eps of the sum of absolute
// terms (expm1 keeps the digits of small moves).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace contagiond::core {

/// Days since 1970-01-01.
using DayNumber = std::int32_t;
/// "Nobody said when." Older than any day, so that what rests on it has no date either.
inline constexpr DayNumber no_day = std::numeric_limits<DayNumber>::min();

/// One company of the group.
struct ImpactMember {
    std::optional<double> shares_outstanding;
    DayNumber shares_as_of = no_day;
    std::optional<double> price_usd;   ///< now
    std::optional<double> log_return;  ///< over the horizon, up to now
    double weight = 0;                 ///< in its group, not below 0
};

/// One crypto asset.
struct ImpactAsset {
    std::optional<double> supply;  ///< in coins
    DayNumber supply_as_of = no_day;
    std::optional<double> price_usd;  ///< now
};

struct Impact {
    /// Above 0: lost. Absent when no member has shares, a price and a return.
    std::optional<double> lost_usd;
    /// Of the crypto assets that have a supply and a price; absent when none has.
    std::optional<double> crypto_value_usd;
    /// Fraction of the crypto value, signed like the loss; absent when either is.
    std::optional<double> share;
    std::size_t members = 0;
    std::size_t members_covered = 0;  ///< of them counted in the loss
    double weight_covered = 0;        ///< their part of the group's weight, 0-1
    std::size_t assets = 0;
    std::size_t assets_covered = 0;
    /// Oldest date among the share counts and supplies used; absent when nothing was used or one of
    /// them has none.
    std::optional<DayNumber> as_of;
};

/// Pure; any thread.
Impact impact(std::span<const ImpactMember> members, std::span<const ImpactAsset> assets);

}  // namespace contagiond::core
