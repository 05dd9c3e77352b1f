// What a WebSocket server says, made without the code that is tested.
#pragma once

#include <string>

namespace contagiond::test {

/// One text message in a frame; shorter than 64 KiB.
std::string text_frame(const std::string& text);
/// The whole head of the answer to an upgrade.
std::string upgrade_answer(const std::string& request);

}  // namespace contagiond::test
