#include "daemon/raw_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "daemon/frame_line.hpp"
#include "daemon/zstd_file.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::string_view frames_ending = ".jsonl.zst";
constexpr std::string_view times_ending = ".recv_ns.txt.zst";
/// What is repeated at the head of a connection's later segments.
constexpr std::size_t told_bytes_max = std::size_t{1} << 20;

std::uint64_t size_of(const std::string& path) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    return error ? 0 : bytes;
}

/// What stands behind the last '-'; 0 if that is no number.
std::uint64_t number_of(std::string_view stem) {
    const std::string_view digits = stem.substr(stem.rfind('-') + 1);
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number < 1'000'000'000 ? number : 0;
}

}  // namespace

/// The two files of a segment, being written.
class RawFiles::Segment {
  public:
    static std::unique_ptr<Segment> create(const std::string& stem, std::string& error) {
        auto frames = ZstdWriter::create(stem + std::string(frames_ending), error);
        if (!frames) return nullptr;
        auto times = ZstdWriter::create(stem + std::string(times_ending), error);
        if (!times) return nullptr;
        return std::unique_ptr<Segment>(new Segment(stem, std::move(frames), std::move(times)));
    }

    bool add(std::string_view frame, core::TimeNs ts_receive) {
        line_.clear();
        append_frame_line(line_, frame);
        time_ = std::to_string(ts_receive) + '\n';
        return frames_->write(line_) && times_->write(time_);
    }
    bool flush() { return frames_->flush() && times_->flush(); }
    bool finish() {
        const bool well = frames_->finish();
        return times_->finish() && well;
    }
    std::uint64_t bytes() const { return frames_->bytes() + times_->bytes(); }
    const std::string& error() const {
        return frames_->error().empty() ? times_->error() : frames_->error();
    }
    const std::string& stem() const { return stem_; }

    std::uint64_t counted = 0;  ///< of its bytes, in the sum of all files

  private:
    Segment(std::string stem, std::unique_ptr<ZstdWriter> frames, std::unique_ptr<ZstdWriter> times)
        : stem_(std::move(stem)), frames_(std::move(frames)), times_(std::move(times)) {}

    std::string stem_;
    std::unique_ptr<ZstdWriter> frames_;
    std::unique_ptr<ZstdWriter> times_;
    std::string line_;
    std::string time_;
};

RawFiles::RawFiles(RawFileSettings settings) : settings_(std::move(settings)) {
    std::error_code error;
    std::filesystem::create_directories(settings_.folder, error);
    if (error)
        throw std::runtime_error(fmt::format("the folder {} for received frames cannot be made: {}",
                                             settings_.folder, error.message()));
    find_earlier();
    keep_within_limits();
    look_at_disk();
}

RawFiles::~RawFiles() = default;

void RawFiles::find_earlier() {
    namespace fs = std::filesystem;
    struct Found {
        fs::file_time_type written;
        Closed closed;
    };
    std::vector<Found> found;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(settings_.folder, error), end;
         !error && entry != end; entry.increment(error)) {
        const std::string path = entry->path().string();
        if (!entry->path().filename().string().starts_with("captured-") ||
            !path.ends_with(frames_ending))
            continue;
        std::error_code gone;
        Found one{entry->last_write_time(gone),
                  {path.substr(0, path.size() - frames_ending.size()), 0}};
        one.closed.bytes = size_of(path) + size_of(one.closed.stem + std::string(times_ending));
        if (!gone) found.push_back(std::move(one));
    }
    if (error)
        throw std::runtime_error(fmt::format("the folder {} of received frames cannot be read: {}",
                                             settings_.folder, error.message()));
    std::ranges::sort(found, [](const Found& a, const Found& b) {
        return std::tie(a.written, a.closed.stem) < std::tie(b.written, b.closed.stem);
    });
    for (Found& one : found) {
        bytes_ += one.closed.bytes;
        next_number_ = std::max(next_number_, number_of(one.closed.stem) + 1);
        closed_.push_back(std::move(one.closed));
    }
}

std::size_t RawFiles::segments() const {
    return closed_.size() +
           static_cast<std::size_t>(std::ranges::count_if(
               connections_, [](const auto& entry) { return entry.second.segment != nullptr; }));
}

bool RawFiles::open(Connection& connection, std::string_view venue, std::string_view feed,
                    core::TimeNs ts_receive) {
    const std::string folder = fmt::format("{}/{}", settings_.folder, venue);
    std::error_code ignored;  // what matters shows in the next step
    std::filesystem::create_directories(folder, ignored);
    constexpr int tries = 1000;  // another process may write here too
    for (int i = 0; i < tries && !connection.segment; ++i) {
        const std::string stem = fmt::format("{}/captured-{}-{}-{:06}", folder, file_word(feed),
                                             compact_utc(ts_receive), next_number_++);
        error_.clear();
        if (std::filesystem::exists(stem + std::string(frames_ending), ignored)) continue;
        connection.segment = Segment::create(stem, error_);
        if (!connection.segment) break;
    }
    if (!connection.segment) {
        error_ = fmt::format("received frames cannot be written to {}: {}", folder, error_);
        return false;
    }
    for (const Told& told : connection.told)
        if (!connection.segment->add(told.frame, told.ts_receive)) return close(connection);
    return true;
}

/// Always false: for what went wrong, and told by error() if it did.
bool RawFiles::close(Connection& connection) {
    if (!connection.segment) return false;
    Segment& segment = *connection.segment;
    const bool well = segment.finish();
    if (!well)
        error_ = fmt::format("received frames cannot be written to {}: {}", segment.stem(),
                             segment.error());
    bytes_ += segment.bytes() - segment.counted;
    closed_.push_back({segment.stem(), segment.bytes()});
    connection.segment.reset();
    return false;
}

bool RawFiles::add(std::uint32_t number, std::string_view venue, std::string_view feed,
                   std::string_view frame, core::TimeNs ts_receive, bool tells) {
    if (disk_is_low_) return false;
    Connection& connection = connections_[number];
    if (connection.segment && connection.segment->bytes() >= settings_.segment_bytes)
        close(connection);
    if (!connection.segment && !open(connection, venue, feed, ts_receive)) return false;
    if (!connection.segment->add(frame, ts_receive)) return close(connection);
    if (tells && connection.told_bytes + frame.size() <= told_bytes_max) {
        connection.told_bytes += frame.size();
        connection.told.push_back({std::string(frame), ts_receive});
    }
    bytes_ += connection.segment->bytes() - connection.segment->counted;
    connection.segment->counted = connection.segment->bytes();
    keep_within_limits();
    return true;
}

bool RawFiles::flush() {
    bool well = true;
    for (auto& [number, connection] : connections_) {
        if (!connection.segment) continue;
        const bool flushed = connection.segment->flush();
        bytes_ += connection.segment->bytes() - connection.segment->counted;
        connection.segment->counted = connection.segment->bytes();
        if (!flushed) well = close(connection);
    }
    keep_within_limits();
    look_at_disk();
    return well;
}

void RawFiles::look_at_disk() {
    std::error_code error;
    const auto space = std::filesystem::space(settings_.folder, error);
    disk_is_low_ = !error && space.available < settings_.min_free_bytes;
    if (disk_is_low_)
        error_ = fmt::format("the disk of {} is nearly full: no received frames are written",
                             settings_.folder);
}

void RawFiles::end(std::uint32_t number) {
    const auto found = connections_.find(number);
    if (found == connections_.end()) return;
    close(found->second);
    connections_.erase(found);
}

void RawFiles::keep_within_limits() {
    const auto too_much = [this] {
        return bytes_ > settings_.max_bytes || segments() > settings_.max_segments;
    };
    while (too_much()) {
        if (closed_.empty()) {
            // Only open ones are left: the fullest ends and goes, its connection begins another.
            const auto fullest = std::ranges::max_element(connections_, {}, [](const auto& entry) {
                return entry.second.segment ? entry.second.segment->bytes() : 0;
            });
            if (fullest == connections_.end() || !fullest->second.segment) return;
            close(fullest->second);
        }
        std::error_code gone;
        for (const std::string_view ending : {frames_ending, times_ending})
            std::filesystem::remove(closed_.front().stem + std::string(ending), gone);
        bytes_ -= std::min(bytes_, closed_.front().bytes);
        closed_.pop_front();
    }
}

}  // namespace contagiond::daemon
