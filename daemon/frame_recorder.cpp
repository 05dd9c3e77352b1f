#include "daemon/frame_recorder.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/clock.hpp"
#include "daemon/frame_queue.hpp"
#include "daemon/frame_samples.hpp"
#include "feeds/secret_filter.hpp"

namespace contagiond::daemon {
namespace {

using namespace std::chrono_literals;
using feeds::DecodeError;

/// Half a minute of a busy market, and more than one of the largest frames.
constexpr std::size_t raw_queue_bytes = std::size_t{16} << 20;
constexpr std::size_t sample_queue_bytes = std::size_t{256} << 10;
/// The queue is looked into so often: a wake from the feed thread would cost it a system call.
constexpr auto look_interval = 100ms;
constexpr core::DurationNs flush_interval = core::ns_per_s;
constexpr core::DurationNs disk_pause = 5 * core::ns_per_s;
constexpr core::DurationNs report_interval = 60 * core::ns_per_s;
constexpr std::size_t longest_key = 4096;
/// Between two looks at the clock.
constexpr int frames_in_a_row = 1000;

bool is_text(DecodeError error) {
    return error != DecodeError::too_large && error != DecodeError::unexpected_binary;
}

struct Connection {
    std::string venue;
    std::string feed;
    feeds::SecretFilter hidden;
};

}  // namespace

struct FrameRecorder::Impl {
    explicit Impl(FrameRecorderSettings s)
        : settings(std::move(s)),
          queue(settings.queue_bytes != 0 ? settings.queue_bytes
                : settings.raw            ? raw_queue_bytes
                                          : sample_queue_bytes) {
        if (settings.raw) raw.emplace(*settings.raw);
    }

    void run();
    void drain();
    void take(const QueuedFrame& frame, const std::string& text);
    void write_raw(const QueuedFrame& frame, const Connection& from, std::string_view text);
    void keep_sample(const QueuedFrame& frame, const Connection& from, std::string_view text);
    void flush();
    void disk_refuses(std::string_view why);
    std::shared_ptr<const Connection> connection(std::uint32_t number);

    const FrameRecorderSettings settings;
    FrameQueue queue;
    FrameRecorderCounters counters;

    std::mutex mutex;
    std::condition_variable wake;
    bool stopping = false;
    std::uint32_t next_connection = 1;
    std::map<std::uint32_t, std::shared_ptr<const Connection>> connections;
    std::vector<std::uint32_t> ended;

    // Of the recorder's thread.
    std::optional<RawFiles> raw;
    std::map<std::string, FrameSamples> samples;  ///< by venue
    std::vector<std::string> unsaved;             ///< venues with new samples
    std::uint64_t unflushed = 0;                  ///< frames
    core::DurationNs next_flush = 0;              ///< on the monotonic clock, as the next two
    core::DurationNs disk_rests_until = 0;
    core::DurationNs next_report = 0;
    std::thread thread;
};

/// Of one connection.
class FrameRecorder::Tap final : public feeds::FrameTap {
  public:
    Tap(Impl& recorder, std::uint32_t connection) : recorder_(recorder), connection_(connection) {}
    ~Tap() override {
        const std::lock_guard lock(recorder_.mutex);
        recorder_.ended.push_back(connection_);
    }

    void see(std::string_view frame, core::TimeNs ts_receive,
             const feeds::Decoded& decoded) noexcept override {
        const bool text = is_text(decoded.error);
        const bool whole = recorder_.settings.raw.has_value() && text;
        if (recorder_.settings.raw && !text) recorder_.counters.not_text.add();
        if (!whole &&
            (decoded.error == DecodeError::none || recorder_.settings.samples_folder.empty()))
            return;
        QueuedFrame queued;
        queued.ts_receive = ts_receive;
        queued.connection = connection_;
        queued.error = decoded.error;
        queued.tells = decoded.remembered ||
                       std::ranges::any_of(decoded.controls, [](const feeds::Control& control) {
                           return control.kind == feeds::ControlKind::subscribed;
                       });
        // Cut for good only after keys are hidden: half a key is still half a key.
        const std::size_t taken =
            whole ? frame.size() : std::min(frame.size(), sample_bytes_max + longest_key);
        queued.bytes_cut = static_cast<std::uint32_t>(frame.size() - taken);
        if (!recorder_.queue.try_push(queued, frame.substr(0, taken)))
            recorder_.counters.queue_full.add();
    }

  private:
    Impl& recorder_;
    std::uint32_t connection_;
};

FrameRecorder::FrameRecorder(FrameRecorderSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}

FrameRecorder::~FrameRecorder() {
    stop();
}

void FrameRecorder::start() {
    impl_->thread = std::thread([this] { impl_->run(); });
}

void FrameRecorder::stop() {
    if (!impl_->thread.joinable()) return;
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wake.notify_one();
    impl_->thread.join();
}

feeds::MakeFrameTap FrameRecorder::taps_of(const feeds::SessionSettings& feed) {
    const auto from = std::make_shared<const Connection>(
        Connection{std::string(feed.venue->id), feed.name, feeds::SecretFilter(feed.credentials)});
    return [impl = impl_.get(), from]() -> std::unique_ptr<feeds::FrameTap> {
        const std::lock_guard lock(impl->mutex);
        const std::uint32_t number = impl->next_connection++;
        impl->connections.emplace(number, from);
        return std::make_unique<Tap>(*impl, number);
    };
}

const FrameRecorderCounters& FrameRecorder::counters() const {
    return impl_->counters;
}

void FrameRecorder::Impl::run() {
    for (bool last = false; !last;) {
        std::vector<std::uint32_t> gone;
        {
            std::unique_lock lock(mutex);
            wake.wait_for(lock, look_interval, [this] { return stopping; });
            last = stopping;
            // Before the queue is emptied: what they had to say is in it.
            gone.swap(ended);
        }
        drain();
        for (const std::uint32_t number : gone) {
            if (raw) raw->end(number);
            const std::lock_guard lock(mutex);
            connections.erase(number);
        }
        if (last || monotonic_now() >= next_flush) flush();
    }
}

void FrameRecorder::Impl::drain() {
    QueuedFrame frame;
    std::string text;
    for (int taken = 0; queue.pop(frame, text);) {
        take(frame, text);
        if (++taken % frames_in_a_row == 0 && monotonic_now() >= next_flush) flush();
    }
}

std::shared_ptr<const Connection> FrameRecorder::Impl::connection(std::uint32_t number) {
    const std::lock_guard lock(mutex);
    return connections.at(number);
}

void FrameRecorder::Impl::take(const QueuedFrame& frame, const std::string& text) {
    const auto from = connection(frame.connection);
    const std::string shown = from->hidden(text);
    if (raw && is_text(frame.error)) write_raw(frame, *from, shown);
    if (frame.error != DecodeError::none && !settings.samples_folder.empty())
        keep_sample(frame, *from, shown);
}

void FrameRecorder::Impl::write_raw(const QueuedFrame& frame, const Connection& from,
                                    std::string_view text) {
    if (monotonic_now() < disk_rests_until) return counters.disk_refused.add();
    if (raw->add(frame.connection, from.venue, from.feed, text, frame.ts_receive, frame.tells)) {
        ++unflushed;
        counters.frames.add();
        return;
    }
    counters.disk_refused.add();
    disk_refuses(raw->error());
}

void FrameRecorder::Impl::keep_sample(const QueuedFrame& frame, const Connection& from,
                                      std::string_view text) {
    auto found = samples.find(from.venue);
    if (found == samples.end())
        found =
            samples
                .emplace(from.venue, FrameSamples::load(settings.samples_folder + '/' + from.venue))
                .first;
    found->second.add({frame.ts_receive, frame.error, from.feed,
                       std::size_t{frame.bytes} + frame.bytes_cut, sample_line(text, frame.error)});
    if (std::ranges::find(unsaved, from.venue) == unsaved.end()) unsaved.push_back(from.venue);
}

void FrameRecorder::Impl::flush() {
    const core::DurationNs now = monotonic_now();
    next_flush = now + flush_interval;
    if (raw && !raw->flush()) {
        counters.disk_refused.add(unflushed);
        disk_refuses(raw->error());
    }
    unflushed = 0;
    const auto save = [this](const std::string& venue) {
        return samples.at(venue).save(settings.samples_folder + '/' + venue);
    };
    std::erase_if(unsaved, save);
    if (!unsaved.empty())
        disk_refuses("samples of undecodable frames cannot be written to " +
                     settings.samples_folder);
}

void FrameRecorder::Impl::disk_refuses(std::string_view why) {
    const core::DurationNs now = monotonic_now();
    disk_rests_until = now + disk_pause;
    if (now < next_report || !settings.report) return;
    next_report = now + report_interval;
    settings.report(why);
}

}  // namespace contagiond::daemon
