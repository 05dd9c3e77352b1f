// The word somebody probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace contagiond::daemon {

/// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other; letter
/// case, '-', '_' and '.' do not count.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, or empty if none is near enough to be worth naming. Of equally
/// near ones the first.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates);

/// ", did you mean X?", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace contagiond::daemon
