// FeedLink: what the connections of one feed have in common. A feed is one stream to the engine,
// however many connections it takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/input.hpp"
#include "feeds/connect_budget.hpp"
#include "feeds/trade_sequence.hpp"

namespace contagiond::feeds {

/// Feed thread only.
class FeedLink {
  public:
    explicit FeedLink(std::size_t connections) : connections_(connections) {}

    /// A connection has begun or ceased to deliver, each in turn. What that makes of the feed, if
    /// it changes anything: up with its first connection, down with its last. While some are up
    /// the instruments of the others go stale by their own bounds.
    std::optional<core::FeedState> tell(core::FeedState state) {
        if (state == core::FeedState::up) return ++up_ == 1 ? std::optional(state) : std::nullopt;
        return --up_ == 0 ? std::optional(state) : std::nullopt;
    }
    bool all_up() const { return up_ == connections_; }
    /// So many more instruments are refused by the venue; how many in all.
    std::size_t add_refused(std::size_t n) { return refused_ += n; }
    /// The one budget of all connections; who asks first says what it is.
    std::shared_ptr<ConnectBudget> budget(std::uint32_t burst, core::DurationNs refill,
                                          std::uint32_t per_minute) {
        if (!budget_)
            budget_ = std::make_shared<ConnectBudget>(
                ConnectBudget::of_feed(burst, refill, connections_, per_minute));
        return budget_;
    }
    /// More than one: what one connection lost concerns its own instruments only.
    bool is_split() const { return connections_ > 1; }

    /// Of a symbol that the venue numbers; the same for all connections.
    TradeSequence& sequence(std::string_view symbol) {
        const auto found = sequences_.find(symbol);
        if (found != sequences_.end()) return found->second;
        return sequences_.emplace(symbol, TradeSequence{}).first->second;
    }

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    const std::size_t connections_;
    std::size_t up_ = 0;
    std::size_t refused_ = 0;
    std::shared_ptr<ConnectBudget> budget_;
    std::unordered_map<std::string, TradeSequence, Hash, std::equal_to<>> sequences_;
};

}  // namespace contagiond::feeds
