// Numbers that nobody can guess.
#pragma once

#include <string>

namespace contagiond::daemon {

/// 256 random bits of the kernel as 64 hexadecimal digits. Throws std::runtime_error where it gives
/// none.
std::string random_token();

}  // namespace contagiond::daemon
