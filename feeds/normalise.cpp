#include "feeds/normalise.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "core/decimal.hpp"
#include "core/digits.hpp"

namespace contagiond::feeds {
namespace {

using core::Decimal;

/// An empty text is no market: zero.
bool read_decimal(std::string_view text, Decimal& out) {
    if (text.empty()) {
        out = {};
        return true;
    }
    const core::DecimalResult result = core::parse_decimal(text);
    out = result.value;
    return static_cast<bool>(result);
}

RowReject read_price(std::string_view text, Decimal& out) {
    const core::DecimalResult result = core::parse_decimal(text);
    out = result.value;
    if (!result) return RowReject::bad_number;
    if (out.mantissa < 0) return RowReject::negative_price;
    return out.mantissa == 0 ? RowReject::zero_price : RowReject::none;
}

/// Without zeros at the end, as far as the exponent has room.
Decimal shortest(Decimal value) {
    while (value.mantissa != 0 && value.mantissa % 10 == 0 && value.exponent < 127) {
        value.mantissa /= 10;
        ++value.exponent;
    }
    return value;
}

/// Brings both to one exponent; zero takes any. False if no exponent holds both exactly.
bool to_one_exponent(Decimal& a, Decimal& b, std::int8_t& exponent) {
    const auto attempt = [&](Decimal x, Decimal y) {
        if (x.mantissa == 0) x.exponent = y.exponent;
        if (y.mantissa == 0) y.exponent = x.exponent;
        const std::int8_t common = std::min(x.exponent, y.exponent);
        const core::DecimalResult first = core::rescale(x, common);
        const core::DecimalResult second = core::rescale(y, common);
        if (!first || !second) return false;
        a = first.value;
        b = second.value;
        exponent = common;
        return true;
    };
    return attempt(a, b) || attempt(shortest(a), shortest(b));
}

/// The venue's id where it is a number of 64 bits, else 0.
std::uint64_t numeric_id(std::string_view text) {
    std::uint64_t id = 0;
    if (core::read_short_whole(text, id)) return id;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, id);
    return error == std::errc{} && stop == end ? id : 0;
}

std::uint8_t flags_of(const Row& row) {
    unsigned flags = 0;
    if (row.side == Side::buy) flags |= core::aggressor_buy;
    if (row.side == Side::sell) flags |= core::aggressor_sell;
    // Of a quote the venue's word only says how it was sent; its values are current.
    if (row.kind == RowKind::trade && (row.flags & row_snapshot) != 0) flags |= core::history;
    if ((row.flags & row_moves_no_price) != 0) flags |= core::not_last;
    return static_cast<std::uint8_t>(flags);
}

}  // namespace

std::string_view to_string(RowReject reject) {
    switch (reject) {
        case RowReject::none:
            return "none";
        case RowReject::unknown_symbol:
            return "unknown_symbol";
        case RowReject::not_wanted:
            return "not_wanted";
        case RowReject::bad_number:
            return "bad_number";
        case RowReject::zero_price:
            return "zero_price";
        case RowReject::negative_price:
            return "negative_price";
        case RowReject::absurd_time:
            return "absurd_time";
    }
    return "unknown";
}

std::optional<core::RejectReason> reject_reason(RowReject reject) {
    switch (reject) {
        case RowReject::none:
        case RowReject::not_wanted:
            return std::nullopt;
        case RowReject::unknown_symbol:
            return core::RejectReason::unknown_instrument;
        case RowReject::bad_number:
            return core::RejectReason::absurd_price;
        case RowReject::zero_price:
            return core::RejectReason::zero_price;
        case RowReject::negative_price:
            return core::RejectReason::negative_price;
        case RowReject::absurd_time:
            return core::RejectReason::absurd_time;
    }
    return std::nullopt;
}

Normaliser::Normaliser(core::FeedId feed, std::span<const Listing> listings)
    : feed_(feed), slots_(std::bit_ceil(std::max<std::size_t>(2, listings.size() * 2))) {
    for (std::size_t n = 0; n < listings.size(); ++n) {
        const Listing& listing = listings[n];
        if (listing.instrument == core::no_id || find(listing.symbol) != nullptr) continue;
        const Key key = key_of(listing.symbol);
        std::size_t i = place_of(key);
        while (slots_[i].instrument != core::no_id) i = (i + 1) & (slots_.size() - 1);
        slots_[i] = {key,
                     listing.instrument,
                     static_cast<std::uint32_t>(n),
                     listing.trades,
                     listing.quotes,
                     listing.symbol};
    }
}

Normaliser::Key Normaliser::key_of(std::string_view symbol) {
    const char* const begin = symbol.data();
    const char* const end = begin + symbol.size();
    Key key{.size = symbol.size()};
    if (symbol.size() >= 8) {
        std::memcpy(&key.first, begin, 8);
        std::memcpy(&key.last, end - 8, 8);
    } else if (symbol.size() >= 4) {
        std::memcpy(&key.first, begin, 4);
        std::memcpy(&key.last, end - 4, 4);
    } else {
        for (const char c : symbol) key.first = key.first << 8 | static_cast<unsigned char>(c);
    }
    return key;
}

/// Where the search for it begins. All that is looked up was chosen by configuration, so nobody
/// makes collisions on purpose.
std::size_t Normaliser::place_of(const Key& key) const {
    const std::uint64_t mixed =
        key.first * 0x9e3779b97f4a7c15u + key.last * 0xc2b2ae3d27d4eb4fu + key.size;
    return (mixed ^ mixed >> 32) & (slots_.size() - 1);
}

const Normaliser::Slot* Normaliser::find(std::string_view symbol) const {
    const Key key = key_of(symbol);
    for (std::size_t i = place_of(key);; i = (i + 1) & (slots_.size() - 1)) {
        const Slot& slot = slots_[i];
        if (slot.instrument == core::no_id) return nullptr;
        if (slot.key == key && (key.size <= 16 || slot.symbol == symbol)) return &slot;
    }
}

Normalised Normaliser::normalise(const Row& row, core::TimeNs ts_receive) const {
    Normalised out;
    const Slot* const slot = find(row.symbol);
    if (slot == nullptr) {
        out.reject = RowReject::unknown_symbol;
        return out;
    }
    out.instrument = slot->instrument;
    out.listing = slot->listing;
    const bool is_trade = row.kind == RowKind::trade;
    if (is_trade ? !slot->trades : !slot->quotes) {
        out.reject = RowReject::not_wanted;
    } else if (row.ts_exchange != core::no_time && !core::is_plausible_time(row.ts_exchange)) {
        out.reject = RowReject::absurd_time;
    } else {
        out.reject = is_trade ? make_trade(row, ts_receive, out) : make_quote(row, ts_receive, out);
    }
    return out;
}

RowReject Normaliser::make_trade(const Row& row, core::TimeNs ts_receive, Normalised& out) const {
    Decimal price;
    Decimal size;
    const RowReject reject = read_price(row.price, price);
    if (reject != RowReject::none) return reject;
    if (!read_decimal(row.size, size) || size.mantissa < 0) return RowReject::bad_number;
    out.input = core::Input::make_trade(out.instrument, feed_, row.ts_exchange, ts_receive, price,
                                        size, numeric_id(row.trade_id), flags_of(row));
    return RowReject::none;
}

RowReject Normaliser::make_quote(const Row& row, core::TimeNs ts_receive, Normalised& out) const {
    Decimal bid;
    Decimal ask;
    Decimal bid_size;
    Decimal ask_size;
    for (const auto& [text, price] : {std::pair{row.bid_price, &bid}, {row.ask_price, &ask}}) {
        if (text.empty()) continue;
        const RowReject reject = read_price(text, *price);
        if (reject != RowReject::none) return reject;
    }
    if (!read_decimal(row.bid_size, bid_size) || !read_decimal(row.ask_size, ask_size) ||
        bid_size.mantissa < 0 || ask_size.mantissa < 0) {
        return RowReject::bad_number;
    }
    std::int8_t price_exponent = 0;
    std::int8_t size_exponent = 0;
    if (!to_one_exponent(bid, ask, price_exponent) ||
        !to_one_exponent(bid_size, ask_size, size_exponent)) {
        return RowReject::bad_number;
    }
    out.input =
        core::Input::make_quote(out.instrument, feed_, row.ts_exchange, ts_receive,
                                {bid.mantissa, ask.mantissa, bid_size.mantissa, ask_size.mantissa},
                                price_exponent, size_exponent, flags_of(row));
    return RowReject::none;
}

}  // namespace contagiond::feeds
