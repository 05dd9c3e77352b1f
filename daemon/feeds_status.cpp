#include "daemon/feeds_status.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/histogram_quantile.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

template <std::size_t N>
std::uint64_t sum(const std::array<core::Counter, N>& counters) {
    std::uint64_t total = 0;
    for (const core::Counter& counter : counters) total += counter.value();
    return total;
}

Json row_of(const FeedStatus& feed, core::TimeNs now, double clock_rate) {
    const feeds::FeedCounters& c = *feed.counters;
    const double last = c.ts_last_message.value();
    Json row{{"name", feed.name},
             {"venue", feed.venue},
             {"state", c.connected.value() != 0 ? "up" : "down"},
             {"last_message", nullptr},
             {"age_s", nullptr},
             {"silence_after_s", nullptr},
             {"market_open", feed.market_open},
             {"latency_p50_s", or_null(quantile(c.latency, .5))},
             {"latency_p99_s", or_null(quantile(c.latency, .99))},
             {"clock_skew_ticks", c.clock_skew_ticks.value()},
             {"messages", c.messages.value()},
             {"received_bytes", c.bytes.value()},
             {"ticks", c.ticks.value()},
             {"parse_errors", sum(c.decode_errors)},
             {"sequence_gaps", c.sequence_gaps.value()},
             {"duplicates", c.duplicates.value()},
             {"reconnects", sum(c.reconnects)},
             {"refused", static_cast<std::uint64_t>(c.refused.value())}};
    if (last > 0) {
        row["last_message"] = sinks::rfc3339(static_cast<core::TimeNs>(last * 1e9));
        // A message may have come since `now` was read.
        row["age_s"] = std::max(0.0, (core::to_seconds(now) - last) / clock_rate);
    }
    // Divided, not multiplied: 60 and not 60.00000000000001.
    if (feed.silence_after > 0)
        row["silence_after_s"] =
            static_cast<double>(feed.silence_after) / static_cast<double>(core::ns_per_s);
    return row;
}

}  // namespace

std::string feeds_status_json(std::span<const FeedStatus> feeds, core::TimeNs now,
                              double clock_rate) {
    Json list = Json::array();
    for (const FeedStatus& feed : feeds) list.push_back(row_of(feed, now, clock_rate));
    return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace contagiond::daemon
