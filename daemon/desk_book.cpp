#include "daemon/desk_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "daemon/desk_file.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

constexpr core::TimeNs to_us(core::TimeNs t) {
    return t - t % core::ns_per_us;
}

/// The number in an id of this file: 12 of "S12"; 0 if there is none.
std::uint64_t number_of(std::string_view id) {
    std::uint64_t number = 0;
    if (id.empty()) return 0;
    const auto [end, error] = std::from_chars(id.data() + 1, id.data() + id.size(), number);
    return error == std::errc{} && end == id.data() + id.size() ? number : 0;
}

std::uint64_t number_of(const DeskRecord& record) {
    if (const auto* silence = std::get_if<Silence>(&record)) return number_of(silence->id);
    if (const auto* note = std::get_if<core::Annotation>(&record)) return number_of(note->id);
    return 0;
}

template <typename T>
DeskResult<T> refused(DeskTrouble trouble, std::string sentence) {
    return {std::nullopt, trouble, std::move(sentence)};
}

}  // namespace

struct DeskBook::Impl {
    Impl(DeskBookSettings s, const core::Clock& c)
        : settings(std::move(s)), clock(c), state(settings.limits) {
        bool any = false;
        file = std::make_unique<DeskFile>(settings.path, [&](std::string_view line) {
            any = true;
            ++lines;
            take_line(line);
        });
        if (file->was_torn()) ++lines_skipped;
        if (any) return;
        if (const std::string problem = file->rewrite(desk_header_line(next)); !problem.empty())
            throw std::runtime_error(
                fmt::format("{} cannot be written: {}", settings.path, problem));
        lines = 1;
    }

    void take_line(std::string_view text) {
        const DeskLine line = read_desk_line(text);
        if (line.is_newer)
            throw std::runtime_error(
                fmt::format("{} was written by a newer version of contagiond", settings.path));
        if (!line.good) {
            ++lines_skipped;
            return;
        }
        next = std::max(next, line.next);
        if (!line.record) return;
        next = std::max(next, number_of(*line.record) + 1);
        state.apply(*line.record);
    }

    std::string contents() const {
        std::string text = desk_header_line(next);
        for (const DeskRecord& record : state.records()) text += desk_line(record);
        return text;
    }

    /// On disk first, then in the state. Why not; empty when done.
    std::string commit(const DeskRecord& record) {
        const std::string problem = file->append(desk_line(record), [this] { return contents(); });
        if (!problem.empty()) {
            ++writes_failed;
            return fmt::format("not recorded, nothing has changed: {}: {}", settings.path, problem);
        }
        ++lines;
        {
            const std::lock_guard lock(mutex);
            state.apply(record);
        }
        ++version;
        next = std::max(next, number_of(record) + 1);
        compact_if_due();
        return {};
    }

    void compact_if_due() {
        if (file->bytes() <= settings.compact_bytes || lines < 2 * (state.record_count() + 1))
            return;
        // What could not be written anew is still there as it was.
        if (!file->rewrite(contents()).empty()) {
            ++writes_failed;
            return;
        }
        lines = state.record_count() + 1;
    }

    const DeskBookSettings settings;
    const core::Clock& clock;
    std::mutex changing;       ///< one change at a time, and all of the file
    mutable std::mutex mutex;  ///< of `state`, which changes only under both
    DeskState state;
    std::unique_ptr<DeskFile> file;
    std::uint64_t next = 1;   ///< number of the next id
    std::uint64_t lines = 0;  ///< of the file
    std::uint64_t lines_skipped = 0;
    std::atomic<std::uint64_t> version{1};
    std::atomic<std::uint64_t> annotations_made{0};
    std::atomic<std::uint64_t> writes_failed{0};
};

DeskBook::DeskBook(DeskBookSettings settings, const core::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(settings), clock)) {}
DeskBook::~DeskBook() = default;

DeskResult<Silence> DeskBook::add_silence(Silence asked) {
    const std::lock_guard lock(impl_->changing);
    const core::TimeNs now = to_us(impl_->clock.now());
    asked.starts_at = std::max(to_us(asked.starts_at), now);
    asked.ends_at = to_us(asked.ends_at);
    if (asked.ends_at <= asked.starts_at)
        return refused<Silence>(
            DeskTrouble::wrong,
            fmt::format("the silence would end at {}, before it begins at {}",
                        sinks::rfc3339(asked.ends_at), sinks::rfc3339(asked.starts_at)));
    if (impl_->state.silences_full(now))
        return refused<Silence>(DeskTrouble::no_room,
                                fmt::format("there are {} silences that are not over; end some",
                                            impl_->settings.limits.silences));
    asked.id = fmt::format("S{}", impl_->next);
    asked.ts_made = now;
    asked.ended_by.clear();
    if (std::string problem = impl_->commit(asked); !problem.empty())
        return refused<Silence>(DeskTrouble::not_written, std::move(problem));
    return {std::move(asked), DeskTrouble::none, {}};
}

DeskResult<Silence> DeskBook::end_silence(std::string_view id, std::string by) {
    const std::lock_guard lock(impl_->changing);
    const core::TimeNs now = to_us(impl_->clock.now());
    const Silence* const found = impl_->state.silence(id);
    if (!found)
        return refused<Silence>(DeskTrouble::not_found,
                                fmt::format("no silence {} is known", printable(id)));
    if (found->ends_at <= now)
        return refused<Silence>(
            DeskTrouble::wrong,
            fmt::format("silence {} ended at {} already", id, sinks::rfc3339(found->ends_at)));
    if (std::string problem = impl_->commit(SilenceEnd{std::string(id), std::move(by), now});
        !problem.empty())
        return refused<Silence>(DeskTrouble::not_written, std::move(problem));
    return {*impl_->state.silence(id), DeskTrouble::none, {}};
}

DeskResult<Acknowledgement> DeskBook::acknowledge(std::string episode, std::string by,
                                                  std::string comment) {
    const std::lock_guard lock(impl_->changing);
    Acknowledgement made{std::move(episode), std::move(by), std::move(comment),
                         to_us(impl_->clock.now())};
    if (std::string problem = impl_->commit(made); !problem.empty())
        return refused<Acknowledgement>(DeskTrouble::not_written, std::move(problem));
    return {std::move(made), DeskTrouble::none, {}};
}

DeskResult<AcknowledgementEnd> DeskBook::end_acknowledgement(std::string_view episode,
                                                             std::string by) {
    const std::lock_guard lock(impl_->changing);
    if (!impl_->state.acknowledgement(episode))
        return refused<AcknowledgementEnd>(
            DeskTrouble::not_found,
            fmt::format("the alert {} is not acknowledged", printable(episode)));
    AcknowledgementEnd end{std::string(episode), std::move(by), to_us(impl_->clock.now())};
    if (std::string problem = impl_->commit(end); !problem.empty())
        return refused<AcknowledgementEnd>(DeskTrouble::not_written, std::move(problem));
    return {std::move(end), DeskTrouble::none, {}};
}

DeskResult<core::Annotation> DeskBook::annotate(core::Annotation asked) {
    const std::lock_guard lock(impl_->changing);
    asked.id = fmt::format("A{}", impl_->next);
    asked.ts = to_us(asked.ts);
    asked.ts_made = to_us(impl_->clock.now());
    if (std::string problem = impl_->commit(asked); !problem.empty())
        return refused<core::Annotation>(DeskTrouble::not_written, std::move(problem));
    ++impl_->annotations_made;
    return {std::move(asked), DeskTrouble::none, {}};
}

std::string DeskBook::silenced_by(core::Rule rule, std::span<const std::string_view> targets,
                                  core::TimeNs t) const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->state.silenced_by(rule, targets, t);
}

std::size_t DeskBook::silences_active(core::TimeNs t) const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->state.silences_active(t);
}

std::optional<Acknowledgement> DeskBook::acknowledgement(std::string_view episode) const {
    const std::lock_guard lock(impl_->mutex);
    const Acknowledgement* const found = impl_->state.acknowledgement(episode);
    return found ? std::optional(*found) : std::nullopt;
}

void DeskBook::look_at(const std::function<void(const DeskState&)>& look) const {
    const std::lock_guard lock(impl_->mutex);
    look(impl_->state);
}

std::uint64_t DeskBook::version() const {
    return impl_->version;
}
std::uint64_t DeskBook::annotations_made() const {
    return impl_->annotations_made;
}
std::uint64_t DeskBook::lines_skipped() const {
    return impl_->lines_skipped;
}
std::uint64_t DeskBook::writes_failed() const {
    return impl_->writes_failed;
}

}  // namespace contagiond::daemon
