// BitfinexChannels: what the numbers of one connection's channels mean. Only its `subscribed`
// events tell, once each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {

enum class BitfinexContent : std::uint8_t { other, trades, ticker };

struct BitfinexChannel {
    std::string number;
    std::string symbol;
    BitfinexContent content = BitfinexContent::other;
};

/// What stands in an event.
struct BitfinexEvent {
    JsonText event, channel, number, symbol, code, text;
};
inline JsonText* bitfinex_field(BitfinexEvent& e, std::string_view key) {
    if (key == "event") return &e.event;
    if (key == "channel") return &e.channel;
    if (key == "chanId") return &e.number;
    if (key == "symbol") return &e.symbol;
    if (key == "code") return &e.code;
    return key == "msg" ? &e.text : nullptr;
}

/// One thread. Pointers are valid until the next bind().
class BitfinexChannels {
  public:
    /// Null for a number that nobody told.
    const BitfinexChannel* find(std::string_view number) const {
        const auto found = std::ranges::find(channels_, number, &BitfinexChannel::number);
        return found != channels_.end() ? &*found : nullptr;
    }

    /// Whether a `subscribed` event tells what it must.
    static DecodeError check(const BitfinexEvent& e) {
        if (e.channel.missing() || e.number.missing() || e.symbol.missing())
            return DecodeError::missing_field;
        const bool well = e.symbol.type == JsonType::string && e.number.type == JsonType::number;
        return well ? DecodeError::none : DecodeError::wrong_type;
    }

    /// A number that was told before means something else from now on. Beyond the most a connection
    /// can have, new ones are left out. `e` was checked.
    void bind(const BitfinexEvent& e) {
        const std::string_view number = e.number.text;
        auto found = std::ranges::find(channels_, number, &BitfinexChannel::number);
        if (found == channels_.end()) {
            if (channels_.size() == channels_max) return;
            found = channels_.insert(found, {std::string(number), {}, {}});
        }
        found->symbol.assign(e.symbol.text);
        found->content = content_of(e.symbol.text, e.channel.text);
    }

  private:
    static BitfinexContent content_of(std::string_view symbol, std::string_view channel) {
        // Funding has symbols with an f, and other things in the same places.
        if (!symbol.starts_with('t')) return BitfinexContent::other;
        if (channel == "trades") return BitfinexContent::trades;
        return channel == "ticker" ? BitfinexContent::ticker : BitfinexContent::other;
    }

    static constexpr std::size_t channels_max = 256;  // the venue allows some thirty
    std::vector<BitfinexChannel> channels_;
};

}  // namespace contagiond::feeds
