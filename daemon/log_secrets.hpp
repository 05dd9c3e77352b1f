// The last net under the log: a venue that repeats our key in its complaint must not bring it into
// a line. Our own messages hold none to begin with.
#pragma once

#include <string>
#include <string_view>

namespace contagiond::daemon {

/// From now on every log line has <secret> in its place. Any thread. Texts below 8 bytes are left
/// alone, as they would blot out words; so is what goes beyond a thousand of them.
void hide_in_log(std::string_view secret);

/// `text` with every hidden secret replaced. Any thread; takes a lock.
std::string without_secrets(std::string text);

}  // namespace contagiond::daemon
