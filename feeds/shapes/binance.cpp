// The layouts of Binance's trades and best quotes, as spot and USD-M futures send them:
//
//   spot trade       e E s t p q T m M            futures trade    e E T s t p q X m
//   spot aggregate   e E s a p q f l T m M        futures aggregate  e E a s p q f l T m
//   spot quote       u s b B a A                  futures quote    e u s b B a A T E
//                                                 or               e u E T s b B a A st ps
//
// each alone or as {"stream":"..","data":{..}}. Every field of the general decoder
// (binance_decoder.cpp) is in its place here or in no place: what a stream is called and what `X`
// other than MARKET means is left to it.
#include "feeds/shapes/frame_cursor.hpp"
#include "feeds/shapes/known_shapes.hpp"

namespace contagiond::feeds {
namespace {

bool read_price_and_size(FrameCursor& at, Row& row) {
    return at.is(R"(,"p":")") && at.decimal(row.price) && at.is(R"(","q":")") &&
           at.decimal(row.size) && at.is(R"(")");
}

bool read_side_of_taker(FrameCursor& at, Row& row) {
    if (at.is(R"(,"m":true)")) {
        row.side = Side::sell;  // the buyer was the maker
    } else if (at.is(R"(,"m":false)")) {
        row.side = Side::buy;
    } else {
        return false;
    }
    at.is(R"(,"M":true)");  // spot only; it means nothing
    return true;
}

/// From behind "E":
bool read_trade(FrameCursor& at, Row& row) {
    row.channel = "trade";
    if (!at.whole()) return false;
    const bool futures = at.is(R"(,"T":)");
    if (futures && !at.epoch_ms(row.ts_exchange)) return false;
    if (!(at.is(R"(,"s":")") && at.plain(row.symbol) && at.is(R"(","t":)") &&
          at.whole(row.trade_id) && read_price_and_size(at, row)))
        return false;
    if (futures ? !at.is(R"(,"X":"MARKET")") : !(at.is(R"(,"T":)") && at.epoch_ms(row.ts_exchange)))
        return false;
    return read_side_of_taker(at, row);
}

/// From behind "E":
bool read_aggregate(FrameCursor& at, Row& row) {
    row.channel = "aggTrade";
    if (!at.whole()) return false;
    if (at.is(R"(,"s":")")) {
        if (!(at.plain(row.symbol) && at.is(R"(","a":)") && at.whole(row.trade_id))) return false;
    } else if (!(at.is(R"(,"a":)") && at.whole(row.trade_id) && at.is(R"(,"s":")") &&
                 at.plain(row.symbol) && at.is(R"(")"))) {
        return false;
    }
    return read_price_and_size(at, row) && at.is(R"(,"f":)") && at.whole() && at.is(R"(,"l":)") &&
           at.whole() && at.is(R"(,"T":)") && at.epoch_ms(row.ts_exchange) &&
           read_side_of_taker(at, row);
}

bool read_best(FrameCursor& at, Row& row) {
    row.kind = RowKind::quote;
    row.channel = "bookTicker";
    bool has_bid = false;
    bool has_ask = false;
    if (!(at.is(R"(,"s":")") && at.plain(row.symbol) && at.is(R"(","b":")") &&
          at.price(row.bid_price, has_bid) && at.is(R"(","B":")") && at.decimal(row.bid_size) &&
          at.is(R"(","a":")") && at.price(row.ask_price, has_ask) && at.is(R"(","A":")") &&
          at.decimal(row.ask_size) && at.is(R"(")")))
        return false;
    if (!has_bid) row.bid_size = {};
    if (!has_ask) row.ask_size = {};
    return true;
}

/// From behind "u":
bool read_futures_quote(FrameCursor& at, Row& row) {
    if (!at.whole()) return false;
    if (!at.is(R"(,"E":)")) {
        return read_best(at, row) && at.is(R"(,"T":)") && at.epoch_ms(row.ts_exchange) &&
               at.is(R"(,"E":)") && at.whole();
    }
    return at.whole() && at.is(R"(,"T":)") && at.epoch_ms(row.ts_exchange) && read_best(at, row) &&
           at.is(R"(,"st":)") && at.whole() && at.is(R"(,"ps":")") && at.plain() && at.is(R"(")");
}

bool read_message(FrameCursor& at, Row& row) {
    if (at.is(R"({"u":)")) return at.whole() && read_best(at, row);
    if (!at.is(R"({"e":")")) return false;
    if (at.is(R"(trade","E":)")) return read_trade(at, row);
    if (at.is(R"(bookTicker","u":)")) return read_futures_quote(at, row);
    return at.is(R"(aggTrade","E":)") && read_aggregate(at, row);
}

}  // namespace

[[gnu::flatten]] bool read_binance_shape(std::string_view frame, IsoClock&, Decoded& out) {
    FrameCursor at(frame);
    const bool named = at.is(R"({"stream":")");
    if (named && !(at.plain() && at.is(R"(","data":)"))) return false;
    return read_message(at, out.rows.emplace_back()) && at.is("}") && (!named || at.is("}")) &&
           at.at_end();
}

}  // namespace contagiond::feeds
