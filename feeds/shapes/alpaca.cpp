// The layouts of Alpaca's trades and quotes, in arrays of one or more, mixed as they come:
//
//   share   trade   T i S x p s, or T S i x p s         quote   T S bx bp bs ax ap as
//           then t c z or c z t                                 then t c z or c z t
//   coin    trade   T S i p s t tks, or T S p s t i tks quote   T S bp bs ap as t
#include "feeds/sale_conditions.hpp"
#include "feeds/shapes/frame_cursor.hpp"
#include "feeds/shapes/known_shapes.hpp"

namespace contagiond::feeds {
namespace {

bool read_time(FrameCursor& at, IsoClock& clock, Row& row) {
    return at.is(R"(,"t":")") && at.iso_time(clock, row.ts_exchange) && at.is(R"(")");
}

/// From behind "c": up to the tape's letter.
bool read_conditions(FrameCursor& at, ConditionSet& conditions, std::string_view& tape) {
    if (!at.is(R"(,"c":[)")) return false;
    if (!at.is("]")) {
        do {
            std::string_view letters;
            if (!(at.is(R"(")") && at.plain(letters) && at.is(R"(")"))) return false;
            for (const char letter : letters) conditions.add(static_cast<unsigned char>(letter));
        } while (at.is(","));
        if (!at.is("]")) return false;
    }
    return at.is(R"(,"z":")") && at.plain(tape) && at.is(R"(")");
}

bool read_time_and_conditions(FrameCursor& at, IsoClock& clock, Row& row, ConditionSet& conditions,
                              std::string_view& tape) {
    return read_time(at, clock, row)
               ? read_conditions(at, conditions, tape)
               : read_conditions(at, conditions, tape) && read_time(at, clock, row);
}

bool read_price_and_size(FrameCursor& at, Row& row) {
    return at.is(R"(,"p":)") && at.decimal(row.price) && at.is(R"(,"s":)") && at.decimal(row.size);
}

/// From behind the venue's letter.
bool read_share_trade(FrameCursor& at, IsoClock& clock, Row& row) {
    ConditionSet conditions;
    std::string_view tape;
    if (!(at.plain() && at.is(R"(")") && read_price_and_size(at, row) &&
          read_time_and_conditions(at, clock, row, conditions, tape)))
        return false;
    if (conditions.meets(tape == "C" ? not_last_utp : not_last_cta)) row.flags = row_not_last;
    return true;
}

bool read_side_of_taker(FrameCursor& at, Row& row) {
    if (at.is(R"(,"tks":"B")")) {
        row.side = Side::buy;
    } else if (at.is(R"(,"tks":"S")")) {
        row.side = Side::sell;
    } else {
        return false;
    }
    return true;
}

/// From behind "T":"t"
bool read_trade(FrameCursor& at, IsoClock& clock, Row& row) {
    row.channel = "trades";
    if (at.is(R"(,"i":)"))
        return at.whole(row.trade_id) && at.is(R"(,"S":")") && at.plain(row.symbol) &&
               at.is(R"(","x":")") && read_share_trade(at, clock, row);
    if (!(at.is(R"(,"S":")") && at.plain(row.symbol) && at.is(R"(")"))) return false;
    if (!at.is(R"(,"i":)"))
        return read_price_and_size(at, row) && read_time(at, clock, row) && at.is(R"(,"i":)") &&
               at.whole(row.trade_id) && read_side_of_taker(at, row);
    if (!at.whole(row.trade_id)) return false;
    if (at.is(R"(,"x":")")) return read_share_trade(at, clock, row);
    return read_price_and_size(at, row) && read_time(at, clock, row) && read_side_of_taker(at, row);
}

/// From behind "T":"q"
bool read_quote(FrameCursor& at, IsoClock& clock, Row& row) {
    row.kind = RowKind::quote;
    row.channel = "quotes";
    bool has_bid = false;
    bool has_ask = false;
    if (!(at.is(R"(,"S":")") && at.plain(row.symbol) && at.is(R"(")"))) return false;
    const bool share = at.is(R"(,"bx":")");
    if (share && !(at.plain() && at.is(R"(")"))) return false;
    if (!(at.is(R"(,"bp":)") && at.price(row.bid_price, has_bid) && at.is(R"(,"bs":)") &&
          at.decimal(row.bid_size)))
        return false;
    if (share && !(at.is(R"(,"ax":")") && at.plain() && at.is(R"(")"))) return false;
    if (!(at.is(R"(,"ap":)") && at.price(row.ask_price, has_ask) && at.is(R"(,"as":)") &&
          at.decimal(row.ask_size)))
        return false;
    if (!has_bid) row.bid_size = {};
    if (!has_ask) row.ask_size = {};
    if (!share) return read_time(at, clock, row);
    ConditionSet conditions;
    std::string_view tape;
    return read_time_and_conditions(at, clock, row, conditions, tape);
}

}  // namespace

[[gnu::flatten]] bool read_alpaca_shape(std::string_view frame, IsoClock& clock, Decoded& out) {
    FrameCursor at(frame);
    const auto read = [&clock](FrameCursor& element, Row& row) {
        if (element.is(R"({"T":"q")")) return read_quote(element, clock, row) && element.is("}");
        return element.is(R"({"T":"t")") && read_trade(element, clock, row) && element.is("}");
    };
    return at.is("[") && read_rows(at, out, read) && at.is("]") && at.at_end();
}

}  // namespace contagiond::feeds
