// Compares a decoder with its twin on one frame.
#pragma once

#include <string>
#include <string_view>

#include "core/decimal.hpp"
#include "feeds/adapter.hpp"
#include "tests/feeds/capture_files.hpp"
#include "tests/feeds/dom_twin.hpp"

namespace contagiond::test {

/// As numbers where both are some that 64 bits hold, else as text.
inline bool same_value(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const auto x = core::parse_decimal(a);
    const auto y = core::parse_decimal(b);
    if (!x || !y) {
        // The twin's library writes whole numbers anew; what is too long for it, it passes on.
        return x.error == y.error && x.error == core::DecimalError::overflow;
    }
    const auto low = std::min(x.value.exponent, y.value.exponent);
    const auto p = core::rescale(x.value, low);
    const auto q = core::rescale(y.value, low);
    return p && q ? p.value == q.value : core::to_double(x.value) == core::to_double(y.value);
}

/// Empty if the decoder did what its twin does, else what differs.
inline std::string twin_difference(const feeds::Decoded& ours, const TwinDecoded& twin) {
    if (ours.error != feeds::DecodeError::none &&
        ours.error != feeds::DecodeError::malformed_json && ours.rejected == 0) {
        return "an error without a rejected element";
    }
    if (ours.error == feeds::DecodeError::malformed_json) {
        if (!ours.rows.empty() || !ours.controls.empty()) return "rows from a malformed frame";
        return twin.json ? "malformed_json, but it is JSON" : "";
    }
    if (!twin.json) {
        // A frame that was recognised as none of ours need not have been read to its end.
        if (twin.uncertain || (ours.rows.empty() && ours.rejected == 0 && ours.controls.empty())) {
            return "";
        }
        return "something came from what is no JSON";
    }
    if (!twin.knows_rows) return "";
    if (ours.rejected != twin.rejected) {
        return "rejected " + std::to_string(ours.rejected) + ", not " +
               std::to_string(twin.rejected);
    }
    if (ours.rows.size() != twin.rows.size()) {
        return std::to_string(ours.rows.size()) + " rows, not " + std::to_string(twin.rows.size());
    }
    for (std::size_t i = 0; i < ours.rows.size(); ++i) {
        const feeds::Row& a = ours.rows[i];
        const TwinRow& b = twin.rows[i];
        std::string flags;
        feeds::append_flag_names(flags, a);
        const char* const side = a.side == feeds::Side::buy    ? "buy"
                                 : a.side == feeds::Side::sell ? "sell"
                                                               : "";
        if ((a.kind == feeds::RowKind::trade) != b.trade) return "kind";
        if (a.symbol != b.symbol) return "symbol";
        if (a.channel != b.channel) return "channel";
        if (b.side != side) return "side";
        if (flags != b.flags) return "flags";
        if (!same_value(a.trade_id, b.trade_id)) return "trade_id";
        if (!same_value(a.price, b.price)) return "price";
        if (!same_value(a.size, b.size)) return "size";
        if (!same_value(a.bid_price, b.bid)) return "bid";
        if (!same_value(a.bid_size, b.bid_size)) return "bid_size";
        if (!same_value(a.ask_price, b.ask)) return "ask";
        if (!same_value(a.ask_size, b.ask_size)) return "ask_size";
        if ((a.ts_exchange == core::no_time) != !b.ts) return "time present";
        if (b.ts && a.ts_exchange != *b.ts) return "time";
    }
    return "";
}

}  // namespace contagiond::test
