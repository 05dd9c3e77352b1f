// The layouts of Coinbase Exchange's matches and tickers:
//
//   match, last_match
//            type trade_id maker_order_id taker_order_id side size price product_id sequence time
//   ticker   type sequence product_id price open_24h volume_24h low_24h high_24h volume_30d
//            best_bid best_bid_size best_ask best_ask_size side time trade_id last_size
//
// Tickers of old have no sizes.
#include "feeds/shapes/frame_cursor.hpp"
#include "feeds/shapes/known_shapes.hpp"

namespace contagiond::feeds {
namespace {

/// From behind "trade_id":
bool read_match(FrameCursor& at, IsoClock& clock, Row& row) {
    const auto order_id = [&at] { return at.plain_of_length<36>(); };  // a UUID
    if (!(at.whole(row.trade_id) && at.is(R"(,"maker_order_id":")") && order_id() &&
          at.is(R"(","taker_order_id":")") && order_id() && at.is(R"(","side":")")))
        return false;
    // The maker's turned round.
    if (at.is("buy")) {
        row.side = Side::sell;
    } else if (at.is("sell")) {
        row.side = Side::buy;
    } else {
        return false;
    }
    return at.is(R"(","size":")") && at.decimal(row.size) && at.is(R"(","price":")") &&
           at.decimal(row.price) && at.is(R"(","product_id":")") && at.plain(row.symbol) &&
           at.is(R"(","sequence":)") && at.whole() && at.is(R"(,"time":")") &&
           at.iso_time(clock, row.ts_exchange) && at.is(R"("})");
}

/// From behind "sequence":
bool read_ticker(FrameCursor& at, IsoClock& clock, Row& row) {
    row.kind = RowKind::quote;
    row.channel = "ticker";
    bool has_bid = false;
    bool has_ask = false;
    if (!(at.whole() && at.is(R"(,"product_id":")") && at.plain(row.symbol) &&
          at.is(R"(","price":")") && at.plain() && at.is(R"(","open_24h":")") && at.plain() &&
          at.is(R"(","volume_24h":")") && at.plain() && at.is(R"(","low_24h":")") && at.plain() &&
          at.is(R"(","high_24h":")") && at.plain() && at.is(R"(","volume_30d":")") && at.plain() &&
          at.is(R"(","best_bid":")") && at.price(row.bid_price, has_bid)))
        return false;
    if (at.is(R"(","best_bid_size":")") && !at.decimal(row.bid_size)) return false;
    if (!(at.is(R"(","best_ask":")") && at.price(row.ask_price, has_ask))) return false;
    if (at.is(R"(","best_ask_size":")") && !at.decimal(row.ask_size)) return false;
    if (!has_bid) row.bid_size = {};
    if (!has_ask) row.ask_size = {};
    return at.is(R"(","side":")") && at.plain() && at.is(R"(","time":")") &&
           at.iso_time(clock, row.ts_exchange) && at.is(R"(","trade_id":)") && at.whole() &&
           at.is(R"(,"last_size":")") && at.plain() && at.is(R"("})");
}

}  // namespace

[[gnu::flatten]] bool read_coinbase_exchange_shape(std::string_view frame, IsoClock& clock,
                                                   Decoded& out) {
    FrameCursor at(frame);
    if (!at.is(R"({"type":")")) return false;
    if (at.is(R"(ticker","sequence":)"))
        return read_ticker(at, clock, out.rows.emplace_back()) && at.at_end();
    Row& row = out.rows.emplace_back();
    if (at.is(R"(match","trade_id":)")) {
        row.channel = "match";
    } else if (at.is(R"(last_match","trade_id":)")) {
        row.channel = "last_match";
        row.flags = row_snapshot;
    } else {
        return false;
    }
    return read_match(at, clock, row) && at.at_end();
}

}  // namespace contagiond::feeds
