// What the libraries that build a document have in common: `Value` is one of theirs, with
//   Value at(const char* key), first() of an array, each element of one by `each(Value, fn)`,
//   std::string_view text(), bool truth(), std::uint64_t whole(), double number().
#pragma once

#include <charconv>

#include "feeds/json_fields.hpp"
#include "feeds/sale_conditions.hpp"
#include "tests/bench/decode_peers.hpp"

namespace contagiond::bench {

template <class Value>
class DocumentReader {
  public:
    explicit DocumentReader(std::vector<Told>& told) : told_(told) {}

    void read(BenchVenue venue, Value root) {
        switch (venue) {
            case BenchVenue::alpaca:
                root.each([this](Value element) { alpaca(element); });
                break;
            case BenchVenue::binance:
                binance(root.at("stream").text(), root.at("data"));
                break;
            case BenchVenue::bybit:
                bybit(root);
                break;
            case BenchVenue::coinbase:
                coinbase(root);
                break;
            case BenchVenue::kraken:
                kraken(root);
                break;
            case BenchVenue::okx:
                okx(root);
                break;
        }
    }

  private:
    static Figure quoted(Value from, const char* key) { return {from.at(key).text(), 0, 0}; }
    static Figure bare(Value from, const char* key) { return {{}, from.at(key).number(), 0}; }
    static Figure id(Value from, const char* key) { return {{}, 0, from.at(key).whole()}; }
    static core::TimeNs ms(std::uint64_t value) {
        return static_cast<core::TimeNs>(value) * core::ns_per_ms;
    }
    static core::TimeNs iso(std::string_view text) {
        core::TimeNs time = core::no_time;
        feeds::parse_rfc3339(text, time);
        return time;
    }
    static feeds::Side side(std::string_view word, std::string_view buy) {
        return word == buy ? feeds::Side::buy : feeds::Side::sell;
    }

    Told& trade(std::string_view symbol) {
        Told& out = told_.emplace_back();
        out.symbol = symbol;
        return out;
    }
    Told& quote(std::string_view symbol) {
        Told& out = trade(symbol);
        out.kind = feeds::RowKind::quote;
        return out;
    }

    void binance(std::string_view stream, Value data) {
        if (stream.ends_with("@trade")) {
            Told& out = trade(data.at("s").text());
            out.id = id(data, "t");
            out.bid = quoted(data, "p");
            out.bid_size = quoted(data, "q");
            out.ts_exchange = ms(data.at("T").whole());
            out.side = data.at("m").truth() ? feeds::Side::sell : feeds::Side::buy;
            return;
        }
        Told& out = quote(data.at("s").text());
        out.bid = quoted(data, "b");
        out.bid_size = quoted(data, "B");
        out.ask = quoted(data, "a");
        out.ask_size = quoted(data, "A");
    }

    void coinbase(Value root) {
        const bool match = root.at("type").text() == "match";
        const std::string_view product = root.at("product_id").text();
        Told& out = match ? trade(product) : quote(product);
        out.ts_exchange = iso(root.at("time").text());
        if (match) {
            out.id = id(root, "trade_id");
            out.side = side(root.at("side").text(), "sell");
            out.bid = quoted(root, "price");
            out.bid_size = quoted(root, "size");
            return;
        }
        out.bid = quoted(root, "best_bid");
        out.bid_size = quoted(root, "best_bid_size");
        out.ask = quoted(root, "best_ask");
        out.ask_size = quoted(root, "best_ask_size");
    }

    void kraken(Value root) {
        const bool trades = root.at("channel").text() == "trade";
        root.at("data").each([&](Value element) {
            const std::string_view symbol = element.at("symbol").text();
            Told& out = trades ? trade(symbol) : quote(symbol);
            out.ts_exchange = iso(element.at("timestamp").text());
            if (trades) {
                out.id = id(element, "trade_id");
                out.side = side(element.at("side").text(), "buy");
                out.bid = bare(element, "price");
                out.bid_size = bare(element, "qty");
                return;
            }
            out.bid = bare(element, "bid");
            out.bid_size = bare(element, "bid_qty");
            out.ask = bare(element, "ask");
            out.ask_size = bare(element, "ask_qty");
        });
    }

    static void level(Value levels, Figure& price, Figure& size) {
        std::size_t place = 0;
        levels.first().each([&](Value part) {
            if (place == 0) price.text = part.text();
            if (place == 1) size.text = part.text();
            ++place;
        });
    }

    void okx(Value root) {
        const bool trades = root.at("arg").at("channel").text() == "trades";
        const std::string_view symbol = root.at("arg").at("instId").text();
        root.at("data").each([&](Value element) {
            Told& out = trades ? trade(symbol) : quote(symbol);
            const std::string_view digits = element.at("ts").text();
            std::uint64_t time = 0;
            std::from_chars(digits.data(), digits.data() + digits.size(), time);
            out.ts_exchange = ms(time);
            if (trades) {
                out.id = quoted(element, "tradeId");
                out.side = side(element.at("side").text(), "buy");
                out.bid = quoted(element, "px");
                out.bid_size = quoted(element, "sz");
                return;
            }
            level(element.at("asks"), out.ask, out.ask_size);
            level(element.at("bids"), out.bid, out.bid_size);
        });
    }

    void bybit(Value root) {
        const Value data = root.at("data");
        if (root.at("topic").text().starts_with("orderbook.1.")) {
            Told& out = quote(data.at("s").text());
            level(data.at("b"), out.bid, out.bid_size);
            level(data.at("a"), out.ask, out.ask_size);
            out.ts_exchange = ms(root.at("cts").whole());
            return;
        }
        data.each([&](Value element) {
            Told& out = trade(element.at("s").text());
            out.id = quoted(element, "i");
            out.side = side(element.at("S").text(), "Buy");
            out.bid = quoted(element, "p");
            out.bid_size = quoted(element, "v");
            out.ts_exchange = ms(element.at("T").whole());
            if (element.at("BT").truth()) out.flags |= feeds::row_block;
            if (element.at("RPI").truth()) out.flags |= feeds::row_rpi;
        });
    }

    void alpaca(Value element) {
        const bool trades = element.at("T").text() == "t";
        const std::string_view symbol = element.at("S").text();
        Told& out = trades ? trade(symbol) : quote(symbol);
        out.ts_exchange = iso(element.at("t").text());
        if (!trades) {
            out.bid = bare(element, "bp");
            out.bid_size = bare(element, "bs");
            out.ask = bare(element, "ap");
            out.ask_size = bare(element, "as");
            return;
        }
        out.id = id(element, "i");
        out.bid = bare(element, "p");
        out.bid_size = bare(element, "s");
        feeds::ConditionSet conditions;
        element.at("c").each([&conditions](Value letter) {
            for (const char c : letter.text()) conditions.add(static_cast<unsigned char>(c));
        });
        const bool tape_c = element.at("z").text() == "C";
        if (conditions.meets(tape_c ? feeds::not_last_utp : feeds::not_last_cta))
            out.flags = feeds::row_not_last;
    }

    std::vector<Told>& told_;
};

}  // namespace contagiond::bench
