// The files of a journal: NNNNNNNN.journal in one folder, numbered in the order of their making.
// Shared by who writes them and who reads them back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/journal_codec.hpp"

namespace contagiond::sinks {

struct SegmentFile {
    std::uint64_t number = 0;
    std::string path;
    std::uint64_t bytes = 0;
};

/// "/var/lib/contagiond/journal/00000007.journal"
std::string segment_path(const std::string& directory, std::uint64_t number);

/// The segments of a folder by rising number; other files are left aside. Blocks on the disk.
/// Throws std::runtime_error with one sentence when the folder cannot be read.
std::vector<SegmentFile> list_segments(const std::string& directory);

/// A whole file. Blocks. Throws std::runtime_error with one sentence.
core::JournalBytes read_file(const std::string& path);

/// "No space left on device", safe on any thread.
std::string error_text(int error_number);

}  // namespace contagiond::sinks
