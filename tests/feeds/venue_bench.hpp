// What the tests of venue files share: a decoder fed frame by frame, and questions about what it
// gave.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/adapter.hpp"
#include "tests/feeds/capture_files.hpp"

namespace contagiond::test {

using feeds::ControlKind;
using feeds::DecodeError;
using feeds::Side;

/// One venue's decoder, and what its last frame gave.
struct Bench {
    explicit Bench(std::string_view venue) : decoder(feeds::find_venue(venue)->make_decoder()) {}

    const feeds::Decoded& operator()(std::string_view text) {
        frame = std::make_unique<PaddedFrame>(text);
        decoder->decode(frame->view(), 0, out);
        return out;
    }
    std::unique_ptr<feeds::Decoder> decoder;
    std::unique_ptr<PaddedFrame> frame;
    feeds::Decoded out;
};

inline bool is_quote(const feeds::Row& row, std::string_view bid, std::string_view bid_size,
                     std::string_view ask, std::string_view ask_size) {
    return row.kind == feeds::RowKind::quote && row.bid_price == bid && row.bid_size == bid_size &&
           row.ask_price == ask && row.ask_size == ask_size;
}

inline bool only_control(const feeds::Decoded& out, ControlKind kind, std::string_view text = {}) {
    return out.rows.empty() && out.error == DecodeError::none && out.controls.size() == 1 &&
           out.controls[0].kind == kind && out.controls[0].text == text;
}

inline bool only_ignored(const feeds::Decoded& out) {
    return out.rows.empty() && out.controls.empty() && out.error == DecodeError::none &&
           out.ignored == 1;
}

inline bool only_error(const feeds::Decoded& out, DecodeError error) {
    return out.rows.empty() && out.controls.empty() && out.error == error;
}

/// The frames that subscribe to `wanted`, parsed.
inline std::vector<nlohmann::json> subscription_frames(
    std::string_view venue, const std::vector<feeds::Subscription>& wanted) {
    std::vector<nlohmann::json> parsed;
    for (const std::string& text : feeds::find_venue(venue)->subscribe(wanted, 0)) {
        parsed.push_back(nlohmann::json::parse(text));
    }
    return parsed;
}

}  // namespace contagiond::test
