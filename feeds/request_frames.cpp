#include "feeds/request_frames.hpp"

#include <iterator>
#include <utility>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::vector<std::string> joined(std::vector<std::string> first, std::vector<std::string> second) {
    first.insert(first.end(), std::make_move_iterator(second.begin()),
                 std::make_move_iterator(second.end()));
    return first;
}

std::vector<std::string> frame_a_stream(std::span<const Subscription> wanted,
                                        std::string_view trades, std::string_view quotes,
                                        std::string_view after) {
    std::vector<std::string> frames;
    const auto ask = [&](std::string_view before, const std::string& symbol) {
        append_json_string(frames.emplace_back(before), symbol);
        frames.back() += after;
    };
    for (const Subscription& s : wanted) {
        if (s.trades) ask(trades, s.symbol);
        if (s.quotes) ask(quotes, s.symbol);
    }
    return frames;
}

std::vector<std::string> comma_lists(std::span<const std::string> topics, std::size_t most) {
    std::vector<std::string> lists;
    for (std::size_t i = 0; i < topics.size(); ++i) {
        if (i % most == 0)
            lists.push_back(topics[i]);
        else
            (lists.back() += ',') += topics[i];
    }
    return lists;
}

}  // namespace contagiond::feeds
