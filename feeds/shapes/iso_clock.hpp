// IsoClock: RFC 3339 times as venues write most of them, "2025-01-27T14:30:00.123456Z", where the
// minute is mostly the one of the time before.
#pragma once

#include <cstring>
#include <string_view>

#include "core/units.hpp"

namespace contagiond::feeds {

/// What a minute's text means is remembered: dates are reckoned once a minute and not once a trade.
/// An answer depends on the text alone. One thread; never allocates.
class IsoClock {
  public:
    static constexpr std::size_t minute_size = 16;  ///< "2025-01-27T14:30"

    /// The start of the minute that `p` begins with; no_time if it is none, or a placeholder.
    core::TimeNs minute_at(const char* p) {
        if (std::memcmp(p, text_, minute_size) != 0) [[unlikely]]
            reckon(p);
        return start_;
    }

  private:
    void reckon(const char* p);

    char text_[minute_size] = {};
    core::TimeNs start_ = core::no_time;
};

}  // namespace contagiond::feeds
