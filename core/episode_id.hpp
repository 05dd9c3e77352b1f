// Ids of episodes: ULID's form and order, without its random part, so that a replay names the same
// episode the same.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/event.hpp"

namespace contagiond::core {

/// 48 bits of milliseconds of `detected_at`, then 80 bits mixed from the rest. Pure.
EpisodeId make_episode_id(TimeNs detected_at, std::string_view identity, std::uint32_t number);

}  // namespace contagiond::core
