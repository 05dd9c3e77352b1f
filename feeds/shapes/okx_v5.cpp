// The layouts of OKX's trades and best quotes,
// {"arg":{"channel":"..","instId":".."},"data":[{..},..]} of
//
//   trades    instId tradeId px sz side ts, then count, source and seqId, each or not
//   bbo-tbt   asks bids ts, then seqId or not; a side is one level of four texts, or none
//   tickers   instType instId last lastSz askPx askSz bidPx bidSz open24h high24h low24h, then
//             volCcy24h vol24h sodUtc0 sodUtc8 or sodUtc0 sodUtc8 volCcy24h vol24h, then ts
#include "feeds/shapes/frame_cursor.hpp"
#include "feeds/shapes/known_shapes.hpp"

namespace contagiond::feeds {
namespace {

/// From behind "ts":
bool read_time(FrameCursor& at, Row& row) {
    return at.is(R"(,"ts":")") && at.epoch_ms(row.ts_exchange) && at.is(R"(")");
}

bool read_sequence(FrameCursor& at) {
    return !at.is(R"(,"seqId":)") || at.whole();
}

bool read_trade(FrameCursor& at, Row& row) {
    if (!(at.is(R"({"instId":")") && at.plain(row.symbol) && at.is(R"(","tradeId":")") &&
          at.plain(row.trade_id) && at.is(R"(","px":")") && at.decimal(row.price) &&
          at.is(R"(","sz":")") && at.decimal(row.size) && at.is(R"(","side":")")))
        return false;
    if (at.is(R"(buy")")) {
        row.side = Side::buy;
    } else if (at.is(R"(sell")")) {
        row.side = Side::sell;
    } else {
        return false;
    }
    if (!read_time(at, row)) return false;
    if (at.is(R"(,"count":")") && !(at.plain() && at.is(R"(")"))) return false;
    if (at.is(R"(,"source":")") && !(at.plain() && at.is(R"(")"))) return false;
    return read_sequence(at) && at.is("}");
}

/// What stands behind "asks": or "bids":, one level or none.
bool read_level(FrameCursor& at, std::string_view& price, std::string_view& size) {
    if (at.is("[]")) return true;
    bool is_there = false;
    if (!(at.is(R"([[")") && at.price(price, is_there) && at.is(R"(",")") && at.decimal(size) &&
          at.is(R"(",")") && at.plain() && at.is(R"(",")") && at.plain() && at.is(R"("]])")))
        return false;
    if (!is_there) size = {};
    return true;
}

bool read_best(FrameCursor& at, Row& row) {
    return at.is(R"({"asks":)") && read_level(at, row.ask_price, row.ask_size) &&
           at.is(R"(,"bids":)") && read_level(at, row.bid_price, row.bid_size) &&
           read_time(at, row) && read_sequence(at) && at.is("}");
}

/// A side that may be empty texts: what is no price must end where it begins.
template <std::size_t Size>
bool read_side(FrameCursor& at, std::string_view& price, const char (&size_key)[Size],
               std::string_view& size) {
    bool is_there = false;
    at.price(price, is_there);
    if (!at.is(size_key)) return false;
    at.decimal(size);
    if (!is_there) size = {};
    return true;
}

bool read_ticker(FrameCursor& at, Row& row) {
    const auto text = [&at] {
        at.plain();  // an option may never have traded
        return true;
    };
    if (!(at.is(R"({"instType":")") && text() && at.is(R"(","instId":")") && at.plain(row.symbol) &&
          at.is(R"(","last":")") && text() && at.is(R"(","lastSz":")") && text() &&
          at.is(R"(","askPx":")") && read_side(at, row.ask_price, R"(","askSz":")", row.ask_size) &&
          at.is(R"(","bidPx":")") && read_side(at, row.bid_price, R"(","bidSz":")", row.bid_size) &&
          at.is(R"(","open24h":")") && text() && at.is(R"(","high24h":")") && text() &&
          at.is(R"(","low24h":")") && text()))
        return false;
    const bool day_first = at.is(R"(","sodUtc0":")");
    if (day_first && !(text() && at.is(R"(","sodUtc8":")") && text())) return false;
    if (!(at.is(R"(","volCcy24h":")") && text() && at.is(R"(","vol24h":")") && text()))
        return false;
    if (!day_first && !(at.is(R"(","sodUtc0":")") && text() && at.is(R"(","sodUtc8":")") && text()))
        return false;
    return at.is(R"(")") && read_time(at, row) && at.is("}");
}

}  // namespace

[[gnu::flatten]] bool read_okx_shape(std::string_view frame, IsoClock&, Decoded& out) {
    FrameCursor at(frame);
    std::string_view channel;
    std::string_view instrument;
    if (!at.is(R"({"arg":{"channel":")")) return false;
    const bool trades = at.is("trades", channel);
    const bool best = !trades && at.is("bbo-tbt", channel);
    if (!trades && !best && !at.is("tickers", channel)) return false;
    if (!(at.is(R"(","instId":")") && at.plain(instrument) && at.is(R"("},"data":[)")))
        return false;
    const auto read = [&](FrameCursor& element, Row& row) {
        row.channel = channel;
        if (trades) return read_trade(element, row);
        row.kind = RowKind::quote;
        row.symbol = instrument;
        return best ? read_best(element, row) : read_ticker(element, row);
    };
    return read_rows(at, out, read) && at.is("]}") && at.at_end();
}

}  // namespace contagiond::feeds
