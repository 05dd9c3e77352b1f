// The two ways of a decoder that knows shapes, side by side, and frames to try them on.
#pragma once

#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/shapes/shaped_decoder.hpp"
#include "tests/feeds/capture_files.hpp"

namespace contagiond::test {

/// One frame of each layout that a venue's decoder knows.
inline std::vector<std::string> frames_of_known_shapes(std::string_view venue) {
    if (venue == "binance_spot")
        return {
            R"({"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true})",
            R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":false,"M":true}})",
            R"({"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,"T":1672515782136,"m":true,"M":true})",
            R"({"stream":"veteth@aggTrade","data":{"e":"aggTrade","E":1618677386671,"s":"VETETH","a":5580639,"p":"0.00009405","q":"17620.00000000","f":6849497,"l":6849497,"T":1618677386670,"m":false,"M":true}})",
            R"({"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"})",
            R"({"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"1053788.26000000","a":"0.00000000","A":"0.00000000"}})"};
    if (venue == "binance_usdm")
        return {
            R"({"stream":"yfiusdt@aggTrade","data":{"e":"aggTrade","E":1618677448238,"a":52599685,"s":"YFIUSDT","p":"49966.7","q":"0.001","f":64902163,"l":64902163,"T":1618677448084,"m":false}})",
            R"({"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false})",
            R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","T":1723161256321,"m":true}})",
            R"({"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256313}})",
            R"({"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT","b":"0","B":"31.21000000","a":"25.36520000","A":"40.66000000","st":1,"ps":"BNBUSDT"})"};
    if (venue == "coinbase_exchange")
        return {
            R"({"type":"match","trade_id":1100243521,"maker_order_id":"fe46feac-51bf-4cb7-8b03-074ecbcde74b","taker_order_id":"1b7ab681-ccd4-4927-af62-f4475bb5250a","side":"buy","size":"0.00000004","price":"83432.17","product_id":"BTC-USD","sequence":136999334655,"time":"2026-09-30T02:03:22.285778Z"})",
            R"({"type":"ticker","sequence":137212619516,"product_id":"BTC-USD","price":"84737.58","open_24h":"84430.55","volume_24h":"1836.96781750","low_24h":"84400","high_24h":"85021.57","volume_30d":"175984.53012145","best_bid":"84737.58","best_bid_size":"0.19921154","best_ask":"84737.59","best_ask_size":"0.05223077","side":"sell","time":"2026-10-03T20:58:31.127510Z","trade_id":1102042811,"last_size":"0.00000025"})",
            R"({"type":"ticker","sequence":1,"product_id":"X-USD","price":"1","open_24h":"1","volume_24h":"1","low_24h":"1","high_24h":"1","volume_30d":"1","best_bid":"0.00","best_bid_size":"0.5","best_ask":"0","best_ask_size":"7","side":"buy","time":"2026-10-03T20:58:31Z","trade_id":2,"last_size":"1"})",
            R"({"type":"last_match","trade_id":846151671,"maker_order_id":"abd8a89e-03f9-47a1-963e-0ce3a2c92819","taker_order_id":"a54cd56a-05a4-4930-b371-d4763d250239","side":"sell","size":"0.00370659","price":"2671.33","product_id":"ETH-USD","sequence":103492697192,"time":"2026-09-30T02:03:12.257184Z"})",
            R"({"type":"ticker","sequence":201390042,"product_id":"SKL-USD","price":"0.7904","open_24h":"0.7055","volume_24h":"34220028.50000000","low_24h":"0.6915","high_24h":"0.8098","volume_30d":"948647381.20000000","best_bid":"0","best_ask":"0.7911","side":"buy","time":"2021-04-17T16:43:37.056746Z","trade_id":1568267,"last_size":"1338.3"})"};
    if (venue == "kraken_v2")
        return {
            R"({"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":77120.0,"qty":0.00048389,"ord_type":"limit","trade_id":105702534,"timestamp":"2026-08-22T17:30:53.355059Z"}]})",
            R"({"channel":"trade","type":"snapshot","data":[{"symbol":"BTC/USD","side":"sell","price":100.1,"qty":0.25,"trade_id":122,"timestamp":"2026-07-10T00:00:00.023456Z"},{"symbol":"ETH/USD","side":"buy","price":2284.15,"qty":0.001,"trade_id":62886870,"timestamp":"2026-05-14T15:03:41.748964Z"}]})",
            R"({"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":105944.20,"bid_qty":2.5,"ask":105944.30,"ask_qty":3.2,"last":105899.40,"volume":163.28908096,"vwap":105904.39279,"low":104711.00,"high":106613.10,"change":-250.00,"change_pct":0.24,"timestamp":"2022-12-25T09:30:59.123456Z"}]})",
            R"({"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":0,"bid_qty":0,"ask":100.1,"ask_qty":2.3,"timestamp":"2026-07-10T00:00:02.123456Z"}]})"};
    if (venue == "alpaca")
        return {
            R"([{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208Z","c":["@","I"],"z":"C"}])",
            R"([{"T":"t","S":"AAPL","i":2195,"x":"V","p":143.42,"s":100,"c":["@"],"z":"A","t":"2021-10-08T15:13:03.13396615Z"}])",
            R"([{"T":"t","S":"BTC/USDT","i":16665956,"p":16729.76,"s":0.017615,"t":"2022-12-19T12:04:12.843Z","tks":"S"}])",
            R"([{"T":"t","S":"AVAX/USD","p":47.299,"s":29.205707815,"t":"2024-03-12T10:27:48.858228144Z","i":3447222699101865076,"tks":"B"}])",
            R"([{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"X","ap":0,"as":1,"t":"2021-02-22T15:51:45.3355677Z","c":["R"],"z":"C"},{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208Z","c":[],"z":"B"},{"T":"q","S":"FAKEPACA","bx":"O","bp":133.85,"bs":4,"ax":"R","ap":135.77,"as":5,"c":["R"],"z":"A","t":"2024-07-24T07:56:53.639713735Z"}])",
            R"([{"T":"q","S":"BTC/USDT","bp":16732.72,"bs":0.198865,"ap":16736.19,"as":0.05584,"t":"2022-12-19T12:01:39.142886888Z"}])"};
    if (venue == "okx_v5")
        return {
            R"({"arg":{"channel":"trades","instId":"BTC-USD"},"data":[{"instId":"BTC-USD","tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1630048897897","count":"3"}]})",
            R"({"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"338476307","px":"30236","sz":"0.0002","side":"sell","ts":"1652459224818"},{"instId":"BTC-USDT","tradeId":"338476309","px":"30236","sz":"0.0002","side":"buy","ts":"1652459224818","count":"3","source":"0","seqId":1234}]})",
            R"({"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["8476.98","415","0","13"]],"bids":[["8476.97","256","0","12"]],"ts":"1597026383085","seqId":123456}]})",
            R"({"arg":{"channel":"bbo-tbt","instId":"BTC-USDT-SWAP"},"data":[{"asks":[],"bids":[["0","256","0","12"]],"ts":"1597026383085","seqId":123457}]})",
            R"({"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","last":"9999.99","lastSz":"0.1","askPx":"9999.99","askSz":"11","bidPx":"8888.88","bidSz":"5","open24h":"9000","high24h":"10000","low24h":"8888.88","volCcy24h":"2222","vol24h":"2222","sodUtc0":"2222","sodUtc8":"2222","ts":"1597026383085"}]})",
            R"({"arg":{"channel":"tickers","instId":"ETH-USD-220624-20000-C"},"data":[{"instType":"OPTION","instId":"ETH-USD-220624-20000-C","last":"","lastSz":"0","askPx":"0.002","askSz":"20","bidPx":"","bidSz":"","open24h":"0.0025","high24h":"0.0025","low24h":"0.0025","sodUtc0":"0.0025","sodUtc8":"0.0025","volCcy24h":"0","vol24h":"0","ts":"1646003643199"}]})"};
    if (venue == "bybit_v5")
        return {
            R"({"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1758841135824,"data":[{"T":1758841135823,"s":"BTCUSDT","S":"Buy","v":"0.020","p":"109378.90","L":"ZeroPlusTick","i":"2a74ac78-691c-5b54-9dbe-5aafe8364627","BT":true,"RPI":false,"seq":457514743450},{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":1783284617}]})",
            R"({"topic":"publicTrade.BTCUSDT","ts":1789299671085,"type":"snapshot","data":[{"i":"2100000000188691535","T":1789299671049,"p":"77140.1","v":"0.00008","S":"Sell","seq":2189232213,"s":"BTCUSDT","BT":false,"RPI":true}]})",
            R"({"topic":"orderbook.1.BTCUSDT","ts":1789299671094,"type":"snapshot","data":{"s":"BTCUSDT","b":[["77140.1","0.127871"]],"a":[["77140.7","0.240088"]],"u":1980710,"seq":2189232213},"cts":1789299671049})",
            R"({"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT","b":[["16493.50","0.006"]],"a":[],"u":18521288,"seq":7961638724},"cts":1672304484976})"};
    return {};
}

/// A decoder's quick and its general way.
class BothWays {
  public:
    explicit BothWays(const feeds::Venue& venue) : quick_(venue.make_decoder()) {
        shaped_ = dynamic_cast<feeds::ShapedDecoder*>(quick_.get());
    }

    /// The venue has a quick way at all.
    bool has_shapes() const { return shaped_ != nullptr; }

    /// Decodes both ways. Empty if they agree, else what differs. `was_quick` tells whether the
    /// frame took the quick way.
    std::string difference(std::string_view text, bool& was_quick, char slack = '\0') {
        const PaddedFrame frame(text, slack);
        const std::uint64_t before = shaped_->frames_of_shape();
        shaped_->decode(frame.view(), 0, quick);
        was_quick = shaped_->frames_of_shape() != before;
        // Else it was the general way that both went.
        if (!was_quick) return "";
        shaped_->general().decode(frame.view(), 0, general);
        return difference_of(quick, general, frame.view());
    }

    feeds::Decoded quick;
    feeds::Decoded general;

  private:
    /// The same bytes, and where they stand in the frame they are the very same.
    static bool same(std::string_view a, std::string_view b, std::string_view frame) {
        const auto within = [frame](std::string_view text) {
            return text.data() >= frame.data() && text.data() <= frame.data() + frame.size();
        };
        return a == b && (a.empty() || within(a) == within(b)) &&
               (a.empty() || !within(a) || a.data() == b.data());
    }

    static std::string difference_of(const feeds::Decoded& a, const feeds::Decoded& b,
                                     std::string_view frame) {
        if (a.error != b.error) return "error " + std::string(to_string(b.error));
        if (a.rejected != b.rejected || a.ignored != b.ignored || a.remembered != b.remembered ||
            a.number != b.number || a.controls.size() != b.controls.size() ||
            a.taken_back.size() != b.taken_back.size())
            return "what is no row";
        if (!a.controls.empty() || !a.taken_back.empty()) return "more than rows";
        if (a.rows.size() != b.rows.size()) return "number of rows";
        for (std::size_t i = 0; i < a.rows.size(); ++i) {
            const feeds::Row& x = a.rows[i];
            const feeds::Row& y = b.rows[i];
            if (x.kind != y.kind) return "kind";
            if (x.side != y.side) return "side";
            if (x.flags != y.flags) return "flags";
            if (x.ts_exchange != y.ts_exchange) return "time";
            struct Text {
                const char* name;
                std::string_view feeds::Row::*view;
            };
            for (const Text& text : {
                     Text{"symbol", &feeds::Row::symbol},
                     Text{"channel", &feeds::Row::channel},
                     Text{"trade_id", &feeds::Row::trade_id},
                     Text{"sequence", &feeds::Row::sequence},
                     Text{"mark", &feeds::Row::mark},
                     Text{"price", &feeds::Row::price},
                     Text{"size", &feeds::Row::size},
                     Text{"bid_price", &feeds::Row::bid_price},
                     Text{"bid_size", &feeds::Row::bid_size},
                     Text{"ask_price", &feeds::Row::ask_price},
                     Text{"ask_size", &feeds::Row::ask_size},
                 })
                if (!same(x.*text.view, y.*text.view, frame)) return text.name;
        }
        return "";
    }

    std::unique_ptr<feeds::Decoder> quick_;
    feeds::ShapedDecoder* shaped_ = nullptr;
};

/// Changes frames: about half of the changes keep a frame's layout, the others break it in all the
/// ways that a venue or a wire could.
class FrameChanger {
  public:
    explicit FrameChanger(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    /// `frame` with one to three changes; `other` lends parts.
    std::string changed(const std::string& frame, const std::string& other) {
        std::string text = frame;
        const bool keep_layout = below(5) < 3;
        for (auto changes = 1 + below(3); changes > 0 && !text.empty(); --changes)
            keep_layout ? change_within(text) : change_any(text, other);
        return text;
    }

  private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    /// Another digit, a digit more or less, another letter.
    void change_within(std::string& text) {
        const std::size_t at = below(text.size());
        char& c = text[at];
        const auto digit = static_cast<char>('0' + below(10));
        if (is_digit(c)) {
            switch (below(8)) {
                case 0:
                    text.insert(at, 1 + below(3), digit);
                    break;
                case 1:
                    text.erase(at, 1);
                    break;
                case 2:
                    exchange_number(text, at);
                    break;
                default:
                    c = digit;
            }
        } else if (c >= 'A' && c <= 'Z' && at > 0 && text[at - 1] >= 'A' && text[at - 1] <= 'Z') {
            if (below(4) == 0)
                text.insert(at, 1 + below(20), static_cast<char>('A' + below(26)));
            else
                c = static_cast<char>('A' + below(26));
        }
    }

    /// For one that no single digit leads to.
    void exchange_number(std::string& text, std::size_t at) {
        constexpr std::string_view digits = "0123456789.";
        constexpr std::string_view numbers[] = {
            "0",  "0.0", "0.00000000", "0.000000000000000000001",
            "1.", "00",  "1e-8",       "123456789012345.6",
            "-1", "",    ".5",         "12345678901234567890123.45678901234567890",
        };
        std::size_t first = at;
        while (first > 0 && digits.find(text[first - 1]) != std::string_view::npos) --first;
        const std::size_t end = std::min(text.find_first_not_of(digits, at), text.size());
        text.replace(first, end - first, numbers[below(std::size(numbers))]);
    }

    void change_any(std::string& text, const std::string& other) {
        constexpr std::string_view meaning = "{}[]:,\"\\ 0123456789.-+eEtfnuTZ\x7f\x80\x1f\n";
        const std::size_t at = below(text.size());
        const auto byte = [&] {
            return below(3) == 0 ? static_cast<char>(random_()) : meaning[below(meaning.size())];
        };
        switch (below(10)) {
            case 0:
            case 1:
                text[at] = byte();
                break;
            case 2:
                text.insert(at, 1, byte());
                break;
            case 3:
                text.erase(at, 1 + below(4));
                break;
            case 4:
                text.resize(at);
                break;
            case 5:
                text += below(2) == 0 ? std::string(1, byte()) : text.substr(at);
                break;
            case 6:
                swap_members(text, at);
                break;
            case 7:
                double_member(text, at);
                break;
            case 8:  // the head of one frame and the tail of another
                text =
                    text.substr(0, at) + other.substr(std::min(other.size(), below(text.size())));
                break;
            default:
                text[at] =
                    static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << below(8)));
        }
    }

    /// The commas around: a member stands between two of them.
    void swap_members(std::string& text, std::size_t at) {
        const std::size_t a = text.find(',', at);
        if (a == std::string::npos) return;
        const std::size_t b = text.find(',', a + 1);
        if (b == std::string::npos) return;
        const std::size_t c = std::min(text.find_first_of(",}]", b + 1), text.size());
        text = text.substr(0, a) + text.substr(b, c - b) + text.substr(a, b - a) + text.substr(c);
    }
    void double_member(std::string& text, std::size_t at) {
        const std::size_t a = text.find(',', at);
        if (a == std::string::npos) return;
        const std::size_t b = std::min(text.find_first_of(",}]", a + 1), text.size());
        text.insert(b, text.substr(a, b - a));
    }

    std::mt19937_64 random_;
};

/// What a venue's frames are changed from: half of the time a frame of a known shape, a quarter of
/// it what the venue sent in one, else another.
class FramesToChange {
  public:
    /// Frames of known shapes, `others`, and up to `most` from all over each file of captures,
    /// where those lie beside the project.
    FramesToChange(std::string_view venue, BothWays& ways, std::vector<std::string> others,
                   std::size_t most)
        : known_(frames_of_known_shapes(venue)), quick_(known_), slow_(std::move(others)) {
        for (const CaptureFile& file : capture_files(venue)) {
            std::vector<std::string> quick;
            std::vector<std::string> slow;
            for (std::string& line : lines_of(read_whole(file.messages))) {
                bool was_quick = false;
                if (line.empty() || line.size() > longest) continue;
                if (!ways.difference(line, was_quick).empty()) continue;
                (was_quick ? quick : slow).push_back(std::move(line));
            }
            add(quick_, quick, most);
            add(slow_, slow, most);
        }
    }

    const std::string& any(FrameChanger& changer) const {
        const std::uint64_t chance = changer.below(4);
        const auto& from = chance < 2 || slow_.empty() ? known_ : chance == 2 ? quick_ : slow_;
        return from[changer.below(from.size())];
    }

  private:
    static constexpr std::size_t longest = 2048;

    static void add(std::vector<std::string>& to, const std::vector<std::string>& from,
                    std::size_t most) {
        const std::size_t step = std::max<std::size_t>(1, from.size() / most);
        for (std::size_t i = 0; i < from.size(); i += step) to.push_back(from[i]);
    }

    std::vector<std::string> known_;
    std::vector<std::string> quick_;
    std::vector<std::string> slow_;
};

}  // namespace contagiond::test
