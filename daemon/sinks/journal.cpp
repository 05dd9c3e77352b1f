#include "daemon/sinks/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/journal_codec.hpp"
#include "daemon/sinks/journal_files.hpp"

namespace contagiond::sinks {
namespace {

constexpr core::DurationNs sync_interval = core::ns_per_s;
constexpr core::DurationNs retry_interval = core::ns_per_s;
constexpr std::size_t flush_bytes = std::size_t{256} << 10;

bool means_full(int error_number) {
    return error_number == ENOSPC || error_number == EDQUOT;
}

/// A descriptor that is closed with its owner.
class File {
  public:
    File() = default;
    explicit File(int fd) : fd_(fd) {}
    File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    File& operator=(File&& other) noexcept {
        if (this != &other) {
            close();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~File() { close(); }

    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

/// Writes all of it; tells how far it came, and the error number that stopped it.
std::pair<std::size_t, int> write_all(int fd, std::span<const std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return {done, errno};
        if (n == 0) return {done, ENOSPC};
        done += static_cast<std::size_t>(n);
    }
    return {done, 0};
}

}  // namespace

struct Journal::Impl {
    Impl(JournalSettings s, const core::Clock& c) : settings(std::move(s)), clock(c) {
        // A cap below two segments would leave room for none beside the one being written.
        settings.segment_bytes =
            std::max<std::uint64_t>(1, std::min(settings.segment_bytes, settings.max_bytes / 2));
        take_directory();
        const std::vector<SegmentFile> found = list_segments(settings.directory);
        segments.assign(found.begin(), found.end());
        for (const SegmentFile& old : segments) next_number = std::max(next_number, old.number + 1);
        recover();
        run_start = last_sync = last_space_check = clock.now();
        if (below_free_limit()) {
            stop_recording(run_start, records_dropped_disk,
                           fmt::format("journal stopped: less than {} bytes free in {}",
                                       settings.min_free_bytes, settings.directory));
        } else if (const int error = begin_segment(run_start); error != 0) {
            throw std::runtime_error(fmt::format("journal folder {} cannot be written: {}",
                                                 settings.directory, error_text(error)));
        }
    }

    // ------------------------------------------------------------------ start

    void take_directory() {
        const std::string& directory = settings.directory;
        if (::mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
            throw std::runtime_error(
                fmt::format("journal folder {} cannot be made: {}", directory, error_text(errno)));
        directory_file = File(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (directory_file)
            lock_file =
                File(::openat(directory_file.fd(), "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640));
        if (!lock_file)
            throw std::runtime_error(fmt::format("journal folder {} cannot be written: {}",
                                                 directory, error_text(errno)));
        if (::flock(lock_file.fd(), LOCK_EX | LOCK_NB) != 0)
            throw std::runtime_error(
                fmt::format("journal folder {} is in use by another contagiond", directory));
    }

    /// Finds where the numbering stands and cuts what was torn, from the last segment backwards.
    void recover() {
        std::uint64_t unreadable = 0;
        while (!segments.empty()) {
            SegmentFile& last = segments.back();
            const core::JournalBytes bytes = read_file(last.path);
            core::JournalDecoder decoder(bytes);
            core::Record record;
            while (decoder.next(record))
                if (record.version > core::journal_version(record.kind))
                    throw std::runtime_error(
                        fmt::format("{} was written by a newer version of contagiond", last.path));
            if (decoder.statistics().records == 0) {
                // Not one good record: nothing that a reader could use.
                if (!bytes.empty()) ++unreadable;
                if (::unlink(last.path.c_str()) != 0) fail_start(last.path);
                segments.pop_back();
                continue;
            }
            // One past what was torn, so that the hole in the numbering keeps telling of it.
            next_sequence = *decoder.expected() + unreadable;
            if (decoder.statistics().torn_tail) {
                ++unreadable;
                if (::truncate(last.path.c_str(), static_cast<off_t>(decoder.good_end())) != 0)
                    fail_start(last.path);
                last.bytes = decoder.good_end();
            }
            break;
        }
        records_skipped.add(unreadable);
    }

    [[noreturn]] static void fail_start(const std::string& path) {
        throw std::runtime_error(
            fmt::format("journal segment {} cannot be mended: {}", path, error_text(errno)));
    }

    // ------------------------------------------------------------------ segments

    /// Opens the next segment and writes its header; 0, or the error number.
    int begin_segment(core::TimeNs now) {
        const std::string path = segment_path(settings.directory, next_number);
        File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640));
        if (!file) return errno;
        core::JournalBytes header;
        core::append_record(
            header, next_sequence,
            core::JournalHeader{next_sequence, now, run_start, settings.config_text});
        make_room(header.size());
        const int error = write_all(file.fd(), header).second;
        if (error != 0) {
            ::unlink(path.c_str());
            return error;
        }
        // The name must survive a power cut too.
        ::fsync(directory_file.fd());
        segments.push_back({next_number, path, header.size()});
        segment = std::move(file);
        header_bytes = header.size();
        ++next_number;
        ++next_sequence;
        records_written.add();
        dirty = true;
        return 0;
    }

    /// Removes the oldest segments until `bytes` more fit under the cap.
    void make_room(std::uint64_t bytes) {
        std::uint64_t total = bytes;
        for (const SegmentFile& s : segments) total += s.bytes;
        // The one being written stays.
        const std::size_t keep = segment ? 1 : 0;
        while (total > settings.max_bytes && segments.size() > keep) {
            if (::unlink(segments.front().path.c_str()) != 0 && errno != ENOENT) {
                report(fmt::format("journal segment {} cannot be removed: {}",
                                   segments.front().path, error_text(errno)));
                break;
            }
            total -= segments.front().bytes;
            segments.pop_front();
        }
    }

    bool below_free_limit() const {
        struct statvfs status {};
        if (::fstatvfs(directory_file.fd(), &status) != 0) return false;
        return status.f_bavail * status.f_frsize < settings.min_free_bytes;
    }

    // ------------------------------------------------------------------ trouble

    void report(std::string sentence) {
        errors.add();
        const std::lock_guard lock(error_mutex);
        last_error = std::move(sentence);
    }

    void stop_recording(core::TimeNs now, core::Counter& reason, std::string sentence) {
        segment.close();
        dirty = false;
        dropped = &reason;
        retry_at = now + retry_interval;
        report(std::move(sentence));
    }

    void stop_recording(core::TimeNs now, int error, std::string_view what) {
        stop_recording(now, means_full(error) ? records_dropped_disk : records_dropped_io,
                       fmt::format("journal cannot {} in {}: {}", what, settings.directory,
                                   error_text(error)));
    }

    // ------------------------------------------------------------------ writing

    /// What is due: a retry, a sync, a look at the free space.
    void maintain(core::TimeNs now) {
        if (!segment) {
            if (now < retry_at) return;
            retry_at = now + retry_interval;
            if (below_free_limit()) return;
            if (const int error = begin_segment(now); error != 0)
                stop_recording(now, error, "begin a segment");
            return;
        }
        if (now - last_space_check >= sync_interval) {
            last_space_check = now;
            if (below_free_limit()) {
                sync(now);
                stop_recording(now, records_dropped_disk,
                               fmt::format("journal stopped: less than {} bytes free in {}",
                                           settings.min_free_bytes, settings.directory));
                return;
            }
        }
        if (dirty && now - last_sync >= sync_interval) sync(now);
    }

    void sync(core::TimeNs now) {
        last_sync = now;
        if (!segment || !dirty) return;
        dirty = false;
        // After a failed sync the kernel may have given the pages up: the file is left as it is.
        if (::fdatasync(segment.fd()) != 0) stop_recording(now, errno, "sync");
    }

    /// Before records are numbered: opens the segment they will go to, since its header comes
    /// before them in the numbering too.
    void prepare(core::TimeNs now, std::size_t records) {
        maintain(now);
        if (!segment || segments.back().bytes <= header_bytes) return;
        const std::uint64_t likely_bytes =
            std::min<std::uint64_t>(records * core::input_record_bytes, flush_bytes);
        if (segments.back().bytes + likely_bytes <= settings.segment_bytes) return;
        sync(now);
        segment.close();
        if (const int error = begin_segment(now); error != 0)
            stop_recording(now, error, "begin a segment");
    }

    void flush(core::TimeNs now) {
        if (record_ends.empty()) return;
        if (!segment) {
            dropped->add(record_ends.size());
        } else {
            make_room(batch.size());
            write_batch(now);
        }
        batch.clear();
        record_ends.clear();
    }

    void write_batch(core::TimeNs now) {
        const auto [bytes, error] = write_all(segment.fd(), batch);
        dirty = true;
        const auto whole = static_cast<std::size_t>(
            std::upper_bound(record_ends.begin(), record_ends.end(), bytes) - record_ends.begin());
        records_written.add(whole);
        segments.back().bytes += bytes;
        if (error == 0) return;
        // Take back the half of a record, so that the segment ends well. If that fails too, a
        // reader steps over it.
        const std::size_t good = whole > 0 ? record_ends[whole - 1] : 0;
        const std::uint64_t good_size = segments.back().bytes - (bytes - good);
        if (::ftruncate(segment.fd(), static_cast<off_t>(good_size)) == 0)
            segments.back().bytes = good_size;
        stop_recording(now, error, "write");
        dropped->add(record_ends.size() - whole);
    }

    template <typename Record>
    void append(const Record& record) {
        if (core::append_record(batch, next_sequence++, record))
            record_ends.push_back(batch.size());
        else
            records_dropped_io.add();
    }

    void take_annotations() {
        std::deque<core::Annotation> taken;
        {
            const std::lock_guard lock(annotations_mutex);
            taken.swap(annotations);
            records_dropped_io.add(std::exchange(annotations_lost, 0));
        }
        if (taken.empty()) return;
        prepare(clock.now(), taken.size());
        for (const core::Annotation& annotation : taken) append(annotation);
        flush(clock.now());
    }

    void take(std::span<const Item> items) {
        take_annotations();
        std::size_t left = items.size();
        prepare(clock.now(), left);
        for (const Item& item : items) {
            if (const auto* input = std::get_if<core::Input>(&item))
                append(*input);
            else if (const auto* event = std::get_if<core::Event>(&item))
                append(*event);
            else
                change_config();
            --left;
            if (batch.size() >= flush_bytes) {
                const core::TimeNs now = clock.now();
                flush(now);
                prepare(now, left);
            }
        }
        flush(clock.now());
    }

    /// At a mark: what comes next belongs under another header.
    void change_config() {
        {
            const std::lock_guard lock(config_mutex);
            if (next_config_texts.empty()) return;
            settings.config_text = std::move(next_config_texts.front());
            next_config_texts.pop_front();
        }
        const core::TimeNs now = clock.now();
        flush(now);
        if (!segment) return;
        sync(now);
        if (!segment) return;
        segment.close();
        if (const int error = begin_segment(now); error != 0)
            stop_recording(now, error, "begin a segment");
    }

    JournalSettings settings;
    std::mutex config_mutex;
    std::deque<std::string> next_config_texts;  ///< one a mark
    std::mutex annotations_mutex;
    std::deque<core::Annotation> annotations;  ///< not written yet
    std::uint64_t annotations_lost = 0;        ///< not counted yet: a counter has one writer
    const core::Clock& clock;
    File directory_file;
    File lock_file;  ///< held locked as long as this lives

    File segment;  ///< open while recording
    std::deque<SegmentFile> segments;
    std::uint64_t next_number = 1;
    std::uint64_t next_sequence = 0;
    std::uint64_t header_bytes = 0;
    core::TimeNs run_start = 0;

    core::JournalBytes batch;
    std::vector<std::size_t> record_ends;  ///< where each record of the batch ends

    bool dirty = false;  ///< written since the last sync
    core::TimeNs last_sync = 0;
    core::TimeNs last_space_check = 0;
    core::TimeNs retry_at = 0;                     ///< while not recording
    core::Counter* dropped = &records_dropped_io;  ///< the reason, while not recording

    core::Counter records_written, records_dropped_disk, records_dropped_io, records_skipped,
        errors;
    mutable std::mutex error_mutex;
    std::string last_error;
};

Journal::Journal(JournalSettings settings, const core::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(settings), clock)) {}

Journal::~Journal() {
    impl_->sync(impl_->last_sync);
}

void Journal::change_config_at_mark(std::string config_text) {
    const std::lock_guard lock(impl_->config_mutex);
    impl_->next_config_texts.push_back(std::move(config_text));
}

void Journal::annotate(core::Annotation annotation) {
    // They come by hand: more than this is a disk that takes nothing.
    constexpr std::size_t waiting_max = 1000;
    const std::lock_guard lock(impl_->annotations_mutex);
    if (impl_->annotations.size() >= waiting_max) {
        ++impl_->annotations_lost;
        return;
    }
    impl_->annotations.push_back(std::move(annotation));
}

void Journal::consume(std::span<const Item> items) {
    try {
        impl_->take(items);
    } catch (const std::exception& error) {
        // Only memory can run out here; the batch is given up and counted.
        impl_->records_dropped_io.add(impl_->record_ends.size());
        impl_->record_ends.clear();
        impl_->batch.clear();
        impl_->report(fmt::format("journal gave up a batch: {}", error.what()));
    }
}

void Journal::idle() {
    consume({});
}

void Journal::finish(double) {
    consume({});
    impl_->sync(impl_->clock.now());
}

const core::Counter& Journal::records_written() const {
    return impl_->records_written;
}
const core::Counter& Journal::records_dropped_disk() const {
    return impl_->records_dropped_disk;
}
const core::Counter& Journal::records_dropped_io() const {
    return impl_->records_dropped_io;
}
const core::Counter& Journal::records_skipped() const {
    return impl_->records_skipped;
}
const core::Counter& Journal::errors() const {
    return impl_->errors;
}
std::string Journal::last_error() const {
    const std::lock_guard lock(impl_->error_mutex);
    return impl_->last_error;
}

}  // namespace contagiond::sinks
