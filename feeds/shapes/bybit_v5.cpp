// The layouts of Bybit's trades and best quotes. In front stand `topic`, then `type` and `ts` in
// either order:
//
//   derivatives trade   data:[{T s S v p L i BT RPI seq},..]; some have no RPI
//   spot trade          data:[{i T p v S seq s BT RPI},..]
//   best quote          data:{s b a u seq} cts; a side is one level of two texts, or none
#include "feeds/shapes/frame_cursor.hpp"
#include "feeds/shapes/known_shapes.hpp"

namespace contagiond::feeds {
namespace {

bool read_side_of_taker(FrameCursor& at, Row& row) {
    if (at.is(R"(,"S":"Buy")")) {
        row.side = Side::buy;
    } else if (at.is(R"(,"S":"Sell")")) {
        row.side = Side::sell;
    } else {
        return false;
    }
    return true;
}

bool read_flag(FrameCursor& at, RowFlag flag, Row& row) {
    if (at.is("false")) return true;
    row.flags = static_cast<std::uint16_t>(row.flags | flag);
    return at.is("true");
}

/// From behind "T":
bool read_trade_of_derivative(FrameCursor& at, Row& row) {
    if (!(at.epoch_ms(row.ts_exchange) && at.is(R"(,"s":")") && at.plain(row.symbol) &&
          at.is(R"(")") && read_side_of_taker(at, row) && at.is(R"(,"v":")") &&
          at.decimal(row.size) && at.is(R"(","p":")") && at.decimal(row.price) &&
          at.is(R"(","L":")") && at.plain() && at.is(R"(","i":")") && at.plain(row.trade_id) &&
          at.is(R"(","BT":)") && read_flag(at, row_block, row)))
        return false;
    if (at.is(R"(,"RPI":)") && !read_flag(at, row_rpi, row)) return false;
    return at.is(R"(,"seq":)") && at.whole() && at.is("}");
}

/// From behind "i":
bool read_spot_trade(FrameCursor& at, Row& row) {
    return at.plain(row.trade_id) && at.is(R"(","T":)") && at.epoch_ms(row.ts_exchange) &&
           at.is(R"(,"p":")") && at.decimal(row.price) && at.is(R"(","v":")") &&
           at.decimal(row.size) && at.is(R"(")") && read_side_of_taker(at, row) &&
           at.is(R"(,"seq":)") && at.whole() && at.is(R"(,"s":")") && at.plain(row.symbol) &&
           at.is(R"(","BT":)") && read_flag(at, row_block, row) && at.is(R"(,"RPI":)") &&
           read_flag(at, row_rpi, row) && at.is("}");
}

bool read_trade(FrameCursor& at, Row& row) {
    row.channel = "publicTrade";
    if (at.is(R"({"T":)")) return read_trade_of_derivative(at, row);
    return at.is(R"({"i":")") && read_spot_trade(at, row);
}

bool read_level(FrameCursor& at, std::string_view& price, std::string_view& size) {
    if (at.is("[]")) return true;
    bool is_there = false;
    if (!(at.is(R"([[")") && at.price(price, is_there) && at.is(R"(",")") && at.decimal(size) &&
          at.is(R"("]])")))
        return false;
    if (!is_there) size = {};
    return true;
}

/// From behind the envelope; a quote's time stands behind its data.
bool read_best(FrameCursor& at, Row& row) {
    row.kind = RowKind::quote;
    row.channel = "orderbook.1";
    return at.is(R"({"s":")") && at.plain(row.symbol) && at.is(R"(","b":)") &&
           read_level(at, row.bid_price, row.bid_size) && at.is(R"(,"a":)") &&
           read_level(at, row.ask_price, row.ask_size) && at.is(R"(,"u":)") && at.whole() &&
           at.is(R"(,"seq":)") && at.whole() && at.is(R"(},"cts":)") &&
           at.epoch_ms(row.ts_exchange);
}

/// The topic's instrument, type and time of sending. A quote's type other than "snapshot" means
/// something.
bool read_envelope(FrameCursor& at) {
    if (!at.plain()) return false;
    if (at.is(R"(","ts":)")) {
        return at.whole() && at.is(R"(,"type":"snapshot","data":)");
    }
    return at.is(R"(","type":"snapshot","ts":)") && at.whole() && at.is(R"(,"data":)");
}

}  // namespace

[[gnu::flatten]] bool read_bybit_shape(std::string_view frame, IsoClock&, Decoded& out) {
    FrameCursor at(frame);
    if (!at.is(R"({"topic":")")) return false;
    if (at.is("publicTrade."))
        return read_envelope(at) && at.is("[") && read_rows(at, out, read_trade) && at.is("]}") &&
               at.at_end();
    return at.is("orderbook.1.") && read_envelope(at) && read_best(at, out.rows.emplace_back()) &&
           at.is("}") && at.at_end();
}

}  // namespace contagiond::feeds
