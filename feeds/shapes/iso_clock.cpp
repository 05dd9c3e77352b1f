#include "feeds/shapes/iso_clock.hpp"

#include <string>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {

void IsoClock::reckon(const char* p) {
    std::memcpy(text_, p, minute_size);
    constexpr std::string_view rest = ":00Z";
    char whole[minute_size + rest.size()];
    std::memcpy(whole, p, minute_size);
    std::memcpy(whole + minute_size, rest.data(), rest.size());
    if (!parse_rfc3339({whole, sizeof whole}, start_)) start_ = core::no_time;
}

}  // namespace contagiond::feeds
