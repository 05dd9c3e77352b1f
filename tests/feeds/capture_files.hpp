// The recorded and documented messages of a venue, as they lie beside the project.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/adapter.hpp"
#include "tests/support/shared_data.hpp"

namespace contagiond::test {

/// All of a file, plain or gzip.
inline std::string read_whole(const std::filesystem::path& file) {
    const gzFile in = gzopen(file.c_str(), "rb");
    if (in == nullptr) throw std::runtime_error("cannot open " + file.string());
    std::string text;
    char buffer[1 << 16];
    int got = 0;
    while ((got = gzread(in, buffer, sizeof buffer)) > 0) {
        text.append(buffer, static_cast<std::size_t>(got));
    }
    const bool well = got == 0;
    gzclose_r(in);
    if (!well) throw std::runtime_error("cannot read " + file.string());
    return text;
}

inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

struct CaptureFile {
    std::filesystem::path messages;
    std::filesystem::path expected;
};

/// Every captured*.jsonl and documented.jsonl of a venue that has expected rows, plain or gzip.
inline std::vector<CaptureFile> capture_files(std::string_view venue) {
    const std::filesystem::path folder = shared_path("feeds/captures") / venue;
    std::vector<CaptureFile> files;
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename();
        const std::size_t dot = name.find(".jsonl");
        if (dot == std::string::npos) continue;
        const std::string stem = name.substr(0, dot);
        const std::string tag = stem.starts_with("captured") ? stem.substr(8) : "-" + stem;
        for (const char* const ending : {".csv", ".csv.gz"}) {
            const std::filesystem::path expected = folder / ("expected" + tag + ending);
            if (std::filesystem::exists(expected)) files.push_back({entry.path(), expected});
        }
    }
    std::ranges::sort(files, {}, &CaptureFile::messages);
    return files;
}

/// A frame in a heap block of its own with exactly the slack a decoder may read, so that a
/// sanitizer sees one byte more. The slack is filled with a byte of the caller's choice.
class PaddedFrame {
  public:
    explicit PaddedFrame(std::string_view text, char slack = '\0')
        : block_(text.size() + feeds::frame_padding, slack), size_(text.size()) {
        block_.shrink_to_fit();
        std::ranges::copy(text, block_.begin());
    }
    std::string_view view() const { return {block_.data(), size_}; }

  private:
    std::vector<char> block_;
    std::size_t size_;
};

}  // namespace contagiond::test
