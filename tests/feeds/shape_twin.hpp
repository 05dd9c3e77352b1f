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
                    // A number all of zeros, or a long one.
                    for (std::size_t i = at; i < text.size() && is_digit(text[i]); ++i)
                        text[i] = '0';
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

/// Frames of known shapes and, where they lie beside the project, up to `most` of each file of
/// captures: the first and some from all over it.
inline std::vector<std::string> frames_to_change(std::string_view venue, std::size_t most) {
    std::vector<std::string> frames = frames_of_known_shapes(venue);
    for (const CaptureFile& file : capture_files(venue)) {
        const std::vector<std::string> lines = lines_of(read_whole(file.messages));
        const std::size_t step = std::max<std::size_t>(1, lines.size() / most);
        for (std::size_t i = 0; i < lines.size(); i += step)
            if (!lines[i].empty() && lines[i].size() < 2048) frames.push_back(lines[i]);
    }
    return frames;
}

}  // namespace contagiond::test
