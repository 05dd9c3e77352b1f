// A received frame as a line of a file, and the words of the file's name.
#pragma once

#include <string>
#include <string_view>

#include "core/units.hpp"

namespace contagiond::daemon {

/// Appends the frame and a line feed. Line breaks within become blanks: between the values of a
/// JSON text they mean the same, and in a string they may not stand.
void append_frame_line(std::string& out, std::string_view frame);

/// A feed's name where a file's name has room for it: other than letters, digits, '_' and '.'
/// become
/// '_'.
std::string file_word(std::string_view name);

/// "20261126T043000Z"
std::string compact_utc(core::TimeNs t);

}  // namespace contagiond::daemon
