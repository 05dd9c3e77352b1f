#include "core/impact.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

bool is_known(const std::optional<double>& quantity) {
    return quantity && std::isfinite(*quantity) && *quantity > 0;
}

/// The oldest of what was used so far.
class OldestDay {
  public:
    void use(DayNumber day) { oldest_ = std::min(oldest_.value_or(day), day); }
    std::optional<DayNumber> value() const { return oldest_ == no_day ? std::nullopt : oldest_; }

  private:
    std::optional<DayNumber> oldest_;
};

}  // namespace

Impact impact(std::span<const ImpactMember> members, std::span<const ImpactAsset> assets) {
    Impact result;
    result.members = members.size();
    result.assets = assets.size();
    OldestDay oldest;

    double lost = 0, weight = 0, weight_covered = 0;
    for (const ImpactMember& member : members) {
        weight += member.weight;
        if (!is_known(member.shares_outstanding) || !is_known(member.price_usd)) continue;
        if (!member.log_return || !std::isfinite(*member.log_return)) continue;
        lost +=
            *member.shares_outstanding * *member.price_usd * elementary::expm1(-*member.log_return);
        weight_covered += member.weight;
        ++result.members_covered;
        oldest.use(member.shares_as_of);
    }
    if (weight > 0) result.weight_covered = weight_covered / weight;
    if (result.members_covered > 0) result.lost_usd = lost;

    double value = 0;
    for (const ImpactAsset& asset : assets) {
        if (!is_known(asset.supply) || !is_known(asset.price_usd)) continue;
        value += *asset.supply * *asset.price_usd;
        ++result.assets_covered;
        oldest.use(asset.supply_as_of);
    }
    if (result.assets_covered > 0) result.crypto_value_usd = value;
    if (result.lost_usd && result.crypto_value_usd)
        result.share = *result.lost_usd / *result.crypto_value_usd;
    result.as_of = oldest.value();
    return result;
}

}  // namespace contagiond::core
