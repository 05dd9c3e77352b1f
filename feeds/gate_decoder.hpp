// What Gate's spot and futures say alike: the envelope, the best quote, replies and notices, and
// the frames we send. `futures.` stands where these say `spot.`.
//
//   {"time":1606293275,"time_ms":1606293275723,"channel":"spot.book_ticker","event":"update",
//    "result":{"t":1606293275123,"u":48733182,"s":"BTC_USDT","b":"19177.79","B":"0.0003341504",
//    "a":"19179.38","A":"0.09"}}
//   {"time":1611541000,"channel":"spot.trades","event":"subscribe","result":{"status":"success"}}
//   {"time":..,"channel":"spot.trades","event":"subscribe","error":{"code":2,"message":"unknown
//    currency pair: XXX_USDT"},"result":null}
//   {"time":1545404023,"channel":"spot.pong","event":"","result":null}
//   {"time":..,"channel":"spot.system","event":"update","result":{"type":"upgrade",..}}
//
// Odd: `result` is an object or an array by channel, and may stand before the channel's name; so
// its elements are collected first and understood at the end. `"error":null` is no error. An update
// may come before the acknowledgement, and one is given for contracts that do not exist. How an
// empty side is written is not certain: "", "0" and 0 are all taken for none. `time_ms` may be
// absent or 0; it is the sending and not used.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/batch.hpp"
#include "feeds/venue_errors.hpp"

namespace contagiond::feeds {

/// `result`, or one element of it.
struct GateElement {
    JsonText seconds, milliseconds, side, internal, quote_time;
    MarketFields market;
};

/// The channels of one of the two, by their full names.
struct GateChannels {
    std::string_view trades, book_ticker, system, ping, pong;
};

class GateDecoder final : public Decoder {
  public:
    /// Side, flags and, where the size tells the side, the size without its sign.
    using TakeSide = void (*)(GateElement&, Row&);
    GateDecoder(const GateChannels& channels, TakeSide take_side)
        : channels_(channels), take_side_(take_side) {}

    void decode(std::string_view frame, core::TimeNs ts_receive, Decoded& out) override;

  private:
    struct Message;
    Walk read(Decoded& out);
    void emit(const Message& m, Decoded& out);
    void emit_rows(bool trades, Decoded& out);

    const GateChannels channels_;
    const TakeSide take_side_;
    JsonReader reader_;
    Batch<GateElement> batch_;
    VenueErrors errors_;
};

std::vector<std::string> gate_subscribe(const GateChannels& channels,
                                        std::span<const Subscription> wanted, core::TimeNs now);
std::string gate_ping(const GateChannels& channels, core::TimeNs now);
ConnectionRules gate_rules();

}  // namespace contagiond::feeds
