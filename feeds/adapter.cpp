#include "feeds/adapter.hpp"

#include <array>
#include <utility>

#include "feeds/feed_counters.hpp"

namespace contagiond::feeds {

void append_flag_names(std::string& out, const Row& row) {
    struct Name {
        RowFlag flag;
        std::string_view name;
    };
    constexpr std::array names = {
        Name{row_snapshot, "snapshot"},
        Name{row_block, "block"},
        Name{row_combo, "combo"},
        Name{row_liquidation, "liquidation"},
        Name{row_internal, "internal"},
        Name{row_rpi, "rpi"},
        Name{row_not_market, "x_"},
        Name{row_not_last, "not_last"},
        Name{row_size_is_sum, "size_is_sum_of_25"},
    };
    bool first = true;
    for (const auto& [flag, name] : names) {
        if ((row.flags & flag) == 0) continue;
        if (!std::exchange(first, false)) out += ';';
        out += name;
        if (flag == row_not_market) out += row.mark;
    }
}

std::string_view to_string(DecodeError error) {
    switch (error) {
        case DecodeError::none:
            return "none";
        case DecodeError::malformed_json:
            return "malformed_json";
        case DecodeError::wrong_type:
            return "wrong_type";
        case DecodeError::missing_field:
            return "missing_field";
        case DecodeError::bad_time:
            return "bad_time";
        case DecodeError::too_large:
            return "too_large";
        case DecodeError::unexpected_binary:
            return "unexpected_binary";
        case DecodeError::bad_number:
            return "bad_number";
    }
    return "unknown";
}

std::string_view to_string(ReconnectReason reason) {
    switch (reason) {
        case ReconnectReason::stale:
            return "stale";
        case ReconnectReason::closed:
            return "closed";
        case ReconnectReason::error:
            return "error";
        case ReconnectReason::dns:
            return "dns";
        case ReconnectReason::tls:
            return "tls";
        case ReconnectReason::handshake:
            return "handshake";
        case ReconnectReason::rate_limited:
            return "rate_limited";
        case ReconnectReason::scheduled:
            return "scheduled";
    }
    return "unknown";
}

}  // namespace contagiond::feeds
