// The live page's files, embedded into the binary at build time by web/embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace contagiond::daemon {

struct WebFile {
    std::string_view name;      ///< file name without a path, as in daemon/web
    std::string_view contents;  ///< its bytes, valid for the life of the process
};

/// All embedded files; any thread, never blocks.
std::span<const WebFile> web_files();

}  // namespace contagiond::daemon
