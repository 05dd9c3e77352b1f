// What others would write to get trades and best quotes out of the benchmark's messages: with
// simdjson's on-demand loop, and with the documents of nlohmann and rapidjson.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "feeds/adapter.hpp"
#include "tests/bench/decode_frames.hpp"

namespace contagiond::bench {

/// A number or an id as a peer has it: as text or, where the venue writes it bare and the peer
/// reads numbers, as a double or a whole number.
struct Figure {
    std::string_view text;
    double number = 0;
    std::uint64_t whole = 0;
};

/// One trade or best quote. A trade has its price and size in `bid` and `bid_size`.
struct Told {
    feeds::RowKind kind = feeds::RowKind::trade;
    feeds::Side side = feeds::Side::unknown;
    std::uint16_t flags = 0;
    core::TimeNs ts_exchange = core::no_time;
    std::string_view symbol;
    Figure id;
    Figure bid, bid_size, ask, ask_size;
};

/// A peer; `told` is replaced, and valid until the next call. False if it made nothing of a frame.
class Peer {
  public:
    virtual ~Peer() = default;
    virtual bool read(const BenchFrame& frame, std::vector<Told>& told) = 0;
};

/// Looks for each field where the venue is known to have it, and passes over the rest unread.
std::unique_ptr<Peer> make_on_demand_peer();
std::unique_ptr<Peer> make_nlohmann_peer();
/// Null where the library was not there at build time.
std::unique_ptr<Peer> make_rapidjson_peer();

}  // namespace contagiond::bench
