// The local token: who may read the state folder may change what the daemon does. New at each
// start, and never shown.
#pragma once

#include <string>

namespace contagiond::daemon {

/// Where it lies.
std::string api_token_file(const std::string& storage_path);

/// Writes it beside and renames, mode 0600 from the first byte on. Throws std::runtime_error with
/// one sentence. Blocks on the disk.
void write_api_token(const std::string& storage_path, const std::string& token);

/// Throws std::runtime_error with one sentence: no daemon has run there, or one may not read it.
std::string read_api_token(const std::string& storage_path);

}  // namespace contagiond::daemon
