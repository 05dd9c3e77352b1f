#include "daemon/frame_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "daemon/frame_line.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::string_view frames_name = "/captured.jsonl";
constexpr std::string_view reasons_name = "/reasons.txt";

std::optional<feeds::DecodeError> reason_named(std::string_view name) {
    for (std::size_t i = 1; i < feeds::decode_error_count; ++i)
        if (to_string(static_cast<feeds::DecodeError>(i)) == name)
            return static_cast<feeds::DecodeError>(i);
    return {};
}

/// A line of reasons.txt: "2026-11-26T04:30:00.5Z wrong_type kraken 133".
bool parse_reason(const std::string& text, FrameSample& out) {
    std::istringstream in(text);
    std::string time, reason;
    if (!(in >> time >> reason >> out.feed >> out.bytes)) return false;
    const auto ts = parse_utc(time);
    const auto known = reason_named(reason);
    if (!ts || !known) return false;
    out.ts_receive = *ts;
    out.reason = *known;
    return true;
}

bool write_file(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    {
        std::ofstream out(beside, std::ios::binary | std::ios::trunc);
        out << text;
        if (!out.flush()) return false;
    }
    std::error_code error;
    std::filesystem::rename(beside, path, error);
    return !error;
}

}  // namespace

void FrameSamples::add(FrameSample sample) {
    samples_.push_back(std::move(sample));
    make_room();
}

void FrameSamples::make_room() {
    const auto too_much = [this] {
        std::size_t bytes = 0;
        for (const FrameSample& sample : samples_) bytes += sample.line.size();
        return samples_.size() > samples_max || bytes > samples_bytes_max;
    };
    while (too_much()) {
        const auto is_first = [this](std::size_t i) {
            const auto before = samples_.begin() + static_cast<std::ptrdiff_t>(i);
            return std::none_of(samples_.begin(), before, [&](const FrameSample& other) {
                return other.reason == samples_[i].reason;
            });
        };
        std::size_t goes = 0;
        while (goes + 1 < samples_.size() && is_first(goes)) ++goes;
        samples_.erase(samples_.begin() + static_cast<std::ptrdiff_t>(goes));
    }
}

FrameSamples FrameSamples::load(const std::string& folder) {
    FrameSamples out;
    std::ifstream frames(folder + std::string(frames_name), std::ios::binary);
    std::ifstream reasons(folder + std::string(reasons_name));
    FrameSample sample;
    std::string reason;
    while (std::getline(frames, sample.line) && std::getline(reasons, reason)) {
        sample.line.resize(std::min(sample.line.size(), 3 * sample_bytes_max));
        if (parse_reason(reason, sample)) out.add(sample);
    }
    return out;
}

bool FrameSamples::save(const std::string& folder) const {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    std::string frames;
    std::string reasons;
    for (const FrameSample& sample : samples_) {
        append_frame_line(frames, sample.line);
        fmt::format_to(std::back_inserter(reasons), "{} {} {} {}\n",
                       sinks::rfc3339(sample.ts_receive), to_string(sample.reason),
                       file_word(sample.feed), sample.bytes);
    }
    return write_file(folder + std::string(frames_name), frames) &&
           write_file(folder + std::string(reasons_name), reasons);
}

std::string sample_line(std::string_view frame, feeds::DecodeError reason) {
    std::string line;
    if (reason != feeds::DecodeError::unexpected_binary) {
        append_frame_line(line, frame.substr(0, sample_bytes_max));
        line.pop_back();
        return line;
    }
    line = "\"hex:";
    for (const char c : frame.substr(0, sample_bytes_max / 2 - 4))
        fmt::format_to(std::back_inserter(line), "{:02x}", static_cast<unsigned char>(c));
    return line + '"';
}

}  // namespace contagiond::daemon
