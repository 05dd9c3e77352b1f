// Secrets come from files alone. What goes wrong is told without the path and without a byte of the
// contents: a secret pasted where its file's name belongs must not come back in a message.
#pragma once

#include <string>

namespace contagiond::daemon {

/// What stands in place of a secret wherever configuration is shown.
inline constexpr const char* secret_mark = "<secret>";

struct SecretRead {
    std::string value;    ///< without trailing white space
    std::string problem;  ///< half a sentence, empty if all went well
};

/// `name` with a slash is a path, relative ones from `directory`. Without a slash it is a systemd
/// credential ($CREDENTIALS_DIRECTORY/name) where the service manager passes any, else a file in
/// `directory`. Refused: files that are missing, not regular, empty, larger than 64 KiB, of more
/// than one line, or open to group or others (credentials are in a directory of their own and keep
/// the mode they were given). Blocks on the disk.
SecretRead read_secret(const std::string& name, const std::string& directory);

}  // namespace contagiond::daemon
