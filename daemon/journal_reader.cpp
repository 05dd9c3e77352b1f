#include "daemon/journal_reader.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "daemon/sinks/journal_files.hpp"

namespace contagiond::daemon {

JournalReader::JournalReader(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(path, ignored)) {
            files_.push_back(path);
            continue;
        }
        const auto segments = sinks::list_segments(path);
        if (segments.empty())
            throw std::runtime_error(fmt::format("{} holds no segments (*.journal)", path));
        for (const sinks::SegmentFile& segment : segments) files_.push_back(segment.path);
    }
}

bool JournalReader::open_next() {
    std::optional<std::uint64_t> expected;
    if (decoder_) {
        finished_ += decoder_->statistics();
        expected = decoder_->expected();
    }
    decoder_.reset();
    if (file_ == files_.size()) return false;
    bytes_ = sinks::read_file(files_[file_++]);
    decoder_.emplace(bytes_, expected);
    return true;
}

bool JournalReader::next(core::Record& record) {
    if (!decoder_ && (file_ > 0 || !open_next())) return false;
    while (!decoder_->next(record))
        if (!open_next()) return false;
    if (record.kind == core::RecordKind::header) {
        if (auto header = core::read_header(record))
            header_ = std::move(header);
        else
            ++unreadable_;
    }
    return true;
}

bool JournalReader::next(core::Input& input) {
    core::Record record;
    while (next(record)) {
        if (record.kind == core::RecordKind::header || record.kind == core::RecordKind::event)
            continue;
        if (record.kind == core::RecordKind::annotation) {
            const auto annotation = core::read_annotation(record);
            if (!annotation)
                ++unreadable_;
            else if (tell_)
                tell_(*annotation);
            continue;
        }
        if (const auto found = core::read_input(record)) {
            input = *found;
            return true;
        }
        ++unreadable_;
    }
    return false;
}

core::JournalStatistics JournalReader::statistics() const {
    core::JournalStatistics all = finished_;
    if (decoder_) all += decoder_->statistics();
    return all;
}

bool is_journal(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return !sinks::list_segments(path).empty();
    if (path.ends_with(".journal")) return true;
    std::ifstream file(path, std::ios::binary);
    char start[4] = {};
    file.read(start, sizeof start);
    return file.gcount() == sizeof start && std::string_view(start, sizeof start) == "CTJR";
}

}  // namespace contagiond::daemon
