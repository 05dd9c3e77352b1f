// The layouts of Kraken's trades and tickers, {"channel":"..","type":"..","data":[{..},..]} of
//
//   trade    symbol side price qty ord_type trade_id timestamp
//   ticker   symbol bid bid_qty ask ask_qty timestamp
//            with last volume vwap low high change change_pct before the time, or without
//
// where `ord_type` may be missing.
#include "feeds/shapes/frame_cursor.hpp"
#include "feeds/shapes/known_shapes.hpp"

namespace contagiond::feeds {
namespace {

bool read_end(FrameCursor& at, IsoClock& clock, Row& row) {
    return at.is(R"(,"timestamp":")") && at.iso_time(clock, row.ts_exchange) && at.is(R"("})");
}

bool read_trade(FrameCursor& at, IsoClock& clock, Row& row) {
    if (!(at.is(R"({"symbol":")") && at.plain(row.symbol) && at.is(R"(","side":")"))) return false;
    if (at.is("buy")) {
        row.side = Side::buy;
    } else if (at.is("sell")) {
        row.side = Side::sell;
    } else {
        return false;
    }
    if (!(at.is(R"(","price":)") && at.decimal(row.price) && at.is(R"(,"qty":)") &&
          at.decimal(row.size)))
        return false;
    if (at.is(R"(,"ord_type":")") && !(at.plain() && at.is(R"(")"))) return false;
    return at.is(R"(,"trade_id":)") && at.whole(row.trade_id) && read_end(at, clock, row);
}

/// From behind "last": up to the time.
bool read_day(FrameCursor& at) {
    const auto change = [&at] {
        at.is("-");
        return at.decimal();
    };
    return at.decimal() && at.is(R"(,"volume":)") && at.decimal() && at.is(R"(,"vwap":)") &&
           at.decimal() && at.is(R"(,"low":)") && at.decimal() && at.is(R"(,"high":)") &&
           at.decimal() && at.is(R"(,"change":)") && change() && at.is(R"(,"change_pct":)") &&
           change();
}

bool read_ticker(FrameCursor& at, IsoClock& clock, Row& row) {
    row.kind = RowKind::quote;
    bool has_bid = false;
    bool has_ask = false;
    if (!(at.is(R"({"symbol":")") && at.plain(row.symbol) && at.is(R"(","bid":)") &&
          at.price(row.bid_price, has_bid) && at.is(R"(,"bid_qty":)") && at.decimal(row.bid_size) &&
          at.is(R"(,"ask":)") && at.price(row.ask_price, has_ask) && at.is(R"(,"ask_qty":)") &&
          at.decimal(row.ask_size)))
        return false;
    if (!has_bid) row.bid_size = {};
    if (!has_ask) row.ask_size = {};
    if (at.is(R"(,"last":)") && !read_day(at)) return false;
    return read_end(at, clock, row);
}

}  // namespace

[[gnu::flatten]] bool read_kraken_shape(std::string_view frame, IsoClock& clock, Decoded& out) {
    FrameCursor at(frame);
    std::string_view channel;
    if (!at.is(R"({"channel":")")) return false;
    const bool trades = at.is("trade", channel);
    if (!trades && !at.is("ticker", channel)) return false;
    std::uint16_t flags = 0;
    if (at.is(R"(","type":"snapshot","data":[)")) {
        flags = row_snapshot;
    } else if (!at.is(R"(","type":"update","data":[)")) {
        return false;
    }
    return read_rows(at, out,
                     [&](FrameCursor& element, Row& row) {
                         row.channel = channel;
                         row.flags = flags;
                         return trades ? read_trade(element, clock, row)
                                       : read_ticker(element, clock, row);
                     }) &&
           at.is("]}") && at.at_end();
}

}  // namespace contagiond::feeds
