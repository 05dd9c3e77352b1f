#include "feeds/normalise.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "core/decimal.hpp"

namespace contagiond::test {
namespace {

using feeds::Listing;
using feeds::Normaliser;
using feeds::Row;
using feeds::RowKind;
using feeds::RowReject;
using feeds::Side;

constexpr core::TimeNs ts_exchange = 1'738'000'000'000'000'000;
constexpr core::TimeNs ts_receive = ts_exchange + 42;

const std::vector<Listing> listings = {{3, "BTCUSDT", true, true},
                                       {5, "ETHUSDT", true, false},
                                       {8, "NVDA", false, true},
                                       {9, "BTCUSDT", true, true},
                                       {11, "\xe5\xb8\x81,\"", true, true}};

Row trade(std::string_view price, std::string_view size = "1") {
    Row row;
    row.symbol = "BTCUSDT";
    row.price = price;
    row.size = size;
    row.ts_exchange = ts_exchange;
    return row;
}

Row quote(std::string_view bid, std::string_view bid_size, std::string_view ask,
          std::string_view ask_size) {
    Row row;
    row.kind = RowKind::quote;
    row.symbol = "BTCUSDT";
    row.bid_price = bid;
    row.bid_size = bid_size;
    row.ask_price = ask;
    row.ask_size = ask_size;
    row.ts_exchange = ts_exchange;
    return row;
}

feeds::Normalised normalise(const Row& row) {
    static const Normaliser normaliser(2, listings);
    return normaliser.normalise(row, ts_receive);
}

bool same_bytes(const core::Input& a, const core::Input& b) {
    return std::memcmp(static_cast<const void*>(&a), static_cast<const void*>(&b), sizeof a) == 0;
}

}  // namespace

TEST_CASE("a trade becomes an input, byte for byte") {
    Row row = trade("61837.63000000", "0.02000000");
    row.trade_id = "3735683259";
    row.side = Side::sell;
    const auto result = normalise(row);
    REQUIRE(result);
    CHECK(result.instrument == 3);
    CHECK(same_bytes(result.input,
                     core::Input::make_trade(3, 2, ts_exchange, ts_receive, {6183763000000, -8},
                                             {2000000, -8}, 3735683259, core::aggressor_sell)));
}

TEST_CASE("a quote's sides are brought to one exponent") {
    struct Case {
        const char* bid;
        const char* bid_size;
        const char* ask;
        const char* ask_size;
        core::QuoteBody body;
        int price_exponent;
        int size_exponent;
    };
    const Case cases[] = {
        {"1.5", "2", "1.625", "0.25", {1500, 1625, 200, 25}, -3, -2},
        {"", "", "1.625", "0.25", {0, 1625, 0, 25}, -3, -2},
        {"1.5", "2", "", "", {15, 0, 2, 0}, -1, 0},
        {"", "", "", "", {0, 0, 0, 0}, 0, 0},
        {"1.5", "", "1.6", "", {15, 16, 0, 0}, -1, 0},
        {"1.5", "0", "1.6", "0.00", {15, 16, 0, 0}, -1, -2},
        {"1E-8", "1", "2e-7", "1", {1, 20, 1, 1}, -8, 0},
        {"5", "1", "5e0", "1", {5, 5, 1, 1}, 0, 0},
        // Only without its idle zeros does the larger one fit.
        {"90000000000.00000000", "1", "0.0000000001", "1", {0, 0, 0, 0}, 0, 0},
        {"9.000000000000000000", "1", "9000.0", "1", {9, 9000, 1, 1}, 0, 0},
    };
    for (const Case& c : cases) {
        INFO(c.bid << " / " << c.ask);
        const auto result = normalise(quote(c.bid, c.bid_size, c.ask, c.ask_size));
        if (std::string_view(c.ask) == "0.0000000001") {
            CHECK(result.reject == RowReject::bad_number);
            continue;
        }
        REQUIRE(result);
        CHECK(same_bytes(result.input,
                         core::Input::make_quote(3, 2, ts_exchange, ts_receive, c.body,
                                                 static_cast<std::int8_t>(c.price_exponent),
                                                 static_cast<std::int8_t>(c.size_exponent))));
    }
}

TEST_CASE("flags tell aggressor, history and condition") {
    struct Case {
        RowKind kind;
        Side side;
        unsigned flags;
        unsigned expected;
    };
    const Case cases[] = {
        {RowKind::trade, Side::unknown, 0, 0},
        {RowKind::trade, Side::buy, 0, core::aggressor_buy},
        {RowKind::trade, Side::sell, 0, core::aggressor_sell},
        {RowKind::trade, Side::buy, feeds::row_snapshot, core::aggressor_buy | core::history},
        {RowKind::trade, Side::unknown, feeds::row_not_last, core::not_last},
        {RowKind::trade, Side::unknown, feeds::row_not_last | feeds::row_snapshot,
         core::not_last | core::history},
        // A quote marked a snapshot is current all the same.
        {RowKind::quote, Side::unknown, feeds::row_snapshot, 0},
    };
    for (const Case& c : cases) {
        Row row = c.kind == RowKind::trade ? trade("1") : quote("1", "1", "2", "1");
        row.side = c.side;
        row.flags = static_cast<std::uint16_t>(c.flags);
        const auto result = normalise(row);
        REQUIRE(result);
        CHECK(unsigned{result.input.flags} == c.expected);
    }
}

TEST_CASE("trade ids that are numbers of 64 bits are kept") {
    const std::pair<const char*, std::uint64_t> cases[] = {
        {"", 0},      {"0", 0},   {"18446744073709551615", 18446744073709551615u},
        {"abc", 0},   {"12x", 0}, {"18446744073709551616", 0},
        {"-1", 0},    {"1.5", 0}, {"1e3", 0},
        {"0042", 42},
    };
    for (const auto& [text, id] : cases) {
        INFO(text);
        Row row = trade("1");
        row.trade_id = text;
        REQUIRE(normalise(row));
        CHECK(normalise(row).input.trade.trade_id == id);
    }
}

TEST_CASE("what is wrong with a row has a name, and the engine's name too") {
    struct Case {
        Row row;
        RowReject reject;
        core::InstrumentId instrument;
        std::optional<core::RejectReason> reason;
    };
    const auto named = [](std::string_view symbol, Row row) {
        row.symbol = symbol;
        return row;
    };
    const auto at = [](core::TimeNs ts, Row row) {
        row.ts_exchange = ts;
        return row;
    };
    using core::RejectReason;
    const Case cases[] = {
        {named("XRPUSDT", trade("1")), RowReject::unknown_symbol, core::no_id,
         RejectReason::unknown_instrument},
        {named("", trade("1")), RowReject::unknown_symbol, core::no_id,
         RejectReason::unknown_instrument},
        {named("btcusdt", trade("1")), RowReject::unknown_symbol, core::no_id,
         RejectReason::unknown_instrument},
        {named("NVDA", trade("1")), RowReject::not_wanted, 8, std::nullopt},
        {named("ETHUSDT", quote("1", "1", "2", "1")), RowReject::not_wanted, 5, std::nullopt},
        {trade(""), RowReject::bad_number, 3, RejectReason::absurd_price},
        {trade("abc"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {trade("NaN"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {trade("12345678901234567891.5"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {trade("1e999"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {trade("1", "x"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {trade("1", "-1"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {trade("0"), RowReject::zero_price, 3, RejectReason::zero_price},
        {trade("0.000e5"), RowReject::zero_price, 3, RejectReason::zero_price},
        {trade("-0"), RowReject::zero_price, 3, RejectReason::zero_price},
        {trade("-37.63"), RowReject::negative_price, 3, RejectReason::negative_price},
        {quote("-1", "1", "2", "1"), RowReject::negative_price, 3, RejectReason::negative_price},
        {quote("1", "1", "0.0", "1"), RowReject::zero_price, 3, RejectReason::zero_price},
        {quote("1", "1", "x", "1"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {quote("1", "-1", "2", "1"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {quote("1", "1", "2", "y"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {quote("1e20", "1", "1e-20", "1"), RowReject::bad_number, 3, RejectReason::absurd_price},
        {at(1'415'348'367'028'459'000, trade("1")), RowReject::absurd_time, 3,
         RejectReason::absurd_time},
        {at(1'738'000'000'000'000, trade("1")), RowReject::absurd_time, 3,
         RejectReason::absurd_time},
        {at(0, quote("1", "1", "2", "1")), RowReject::absurd_time, 3, RejectReason::absurd_time},
        {at(core::plausible_time_max, trade("1")), RowReject::absurd_time, 3,
         RejectReason::absurd_time},
    };
    for (const Case& c : cases) {
        INFO(to_string(c.reject) << " " << c.row.symbol << " " << c.row.price << " "
                                 << c.row.ts_exchange);
        const auto result = normalise(c.row);
        CHECK_FALSE(result);
        CHECK(to_string(result.reject) == to_string(c.reject));
        CHECK(result.instrument == c.instrument);
        CHECK(feeds::reject_reason(result.reject) == c.reason);
    }
    CHECK(normalise(at(core::no_time, trade("1"))));
    CHECK(normalise(at(core::plausible_time_min, trade("1"))));
}

TEST_CASE("every symbol is found, and only those") {
    CHECK(normalise(trade("1")).instrument == 3);  // the first of two
    Row hostile = trade("1");
    hostile.symbol = "\xe5\xb8\x81,\"";
    CHECK(normalise(hostile).instrument == 11);

    std::vector<Listing> many;
    for (core::InstrumentId i = 0; i < 3000; ++i) many.push_back({i, "S" + std::to_string(i)});
    const Normaliser normaliser(0, many);
    for (core::InstrumentId i = 0; i < 6000; ++i) {
        const std::string symbol = "S" + std::to_string(i);
        Row row = trade("1");
        row.symbol = symbol;
        const auto result = normaliser.normalise(row, ts_receive);
        CHECK(result.instrument == (i < 3000 ? i : core::no_id));
    }
    const Normaliser none(0, {});
    CHECK(none.normalise(trade("1"), ts_receive).reject == RowReject::unknown_symbol);
}

TEST_CASE("symbols of any length are told apart by any of their letters") {
    std::vector<Listing> listings_of_all;
    std::vector<std::string> others;
    for (std::size_t size = 1; size <= 40; ++size) {
        const std::string plain(size, 'A');
        listings_of_all.push_back({static_cast<core::InstrumentId>(size), plain});
        for (std::size_t place = 0; place < size; ++place) {
            others.push_back(plain);
            others.back()[place] = 'B';
        }
    }
    const Normaliser normaliser(0, listings_of_all);
    Row row = trade("1");
    for (const Listing& listing : listings_of_all) {
        row.symbol = listing.symbol;
        const auto found = normaliser.normalise(row, ts_receive);
        CHECK(found.instrument == listing.instrument);
        CHECK(found.listing + 1 == listing.instrument);
    }
    for (const std::string& other : others) {
        row.symbol = other;
        REQUIRE(normaliser.normalise(row, ts_receive).reject == RowReject::unknown_symbol);
    }
}

TEST_CASE("rejects have names of their own") {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < feeds::row_reject_count; ++i) {
        const auto name = to_string(static_cast<RowReject>(i));
        CHECK(name != "unknown");
        CHECK(std::find(names.begin(), names.end(), name) == names.end());
        names.push_back(name);
    }
}

}  // namespace contagiond::test
