// Files that live in the binary, so that it alone is a full installation. Put there at build time
// by embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace contagiond::daemon {

struct EmbeddedFile {
    std::string_view name;      ///< file name without a path
    std::string_view contents;  ///< its bytes, valid for the life of the process
};

/// The live page: the files of daemon/web. Any thread; never blocks.
std::span<const EmbeddedFile> web_files();
/// The scenarios of config/scenarios. Any thread; never blocks.
std::span<const EmbeddedFile> scenario_files();

}  // namespace contagiond::daemon
