// Files that live in the binary, so that it alone is a full installation. Put there at build time
// by embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace contagiond::daemon {

/// The bytes are valid for the life of the process.
struct EmbeddedFile {
    std::string_view name;  ///< with the path inside its folder: "assets/index-1a2b3c.js"
    std::string_view contents;
    std::string_view packed;  ///< the same as gzip; empty where that is not smaller
};

/// The live page, as npm built it from daemon/web; where it was left out, one page that says so.
/// Any thread; never blocks.
std::span<const EmbeddedFile> web_files();
/// The scenarios of config/scenarios, not packed. Any thread; never blocks.
std::span<const EmbeddedFile> scenario_files();

}  // namespace contagiond::daemon
