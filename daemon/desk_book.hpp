// DeskBook: what people at the desk told the monitor, kept on disk and asked from every thread.
// Each change is on the disk before it is answered for; one that cannot be written does not happen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "daemon/desk_state.hpp"

namespace contagiond::daemon {

struct DeskBookSettings {
    std::string path;  ///< of the file; its folder must be there
    DeskLimits limits;
    /// The file is written anew once it is longer than this and mostly past.
    std::uint64_t compact_bytes = 1u << 20;
};

/// Why something was not done.
enum class DeskTrouble : std::uint8_t {
    none,
    wrong,        ///< what was asked makes no sense
    not_found,    ///< nothing is known by this id
    no_room,      ///< a limit is reached
    not_written,  ///< the disk took it not
};

/// A value, or one sentence for people.
template <typename T>
struct DeskResult {
    std::optional<T> value;
    DeskTrouble trouble = DeskTrouble::none;
    std::string sentence;
};

/// Any thread; changes come one at a time and take as long as the disk does. Text is taken as it
/// is: who lets strangers write cleans it first (typed_text.hpp). Times are cut to the microsecond.
class DeskBook {
  public:
    /// Reads what an earlier run left behind. `clock` says when something was said; it must outlive
    /// the book. Throws std::runtime_error with one sentence when the file cannot be used or was
    /// written by a newer version.
    DeskBook(DeskBookSettings settings, const core::Clock& clock);
    ~DeskBook();
    DeskBook(const DeskBook&) = delete;
    DeskBook& operator=(const DeskBook&) = delete;

    /// `asked` without id and time of making. It may begin later, and must end later than now.
    DeskResult<Silence> add_silence(Silence asked);
    /// Ends it now, also where it has not begun.
    DeskResult<Silence> end_silence(std::string_view id, std::string by);
    /// A second one takes the place of the first.
    DeskResult<Acknowledgement> acknowledge(std::string episode, std::string by,
                                            std::string comment);
    DeskResult<AcknowledgementEnd> end_acknowledgement(std::string_view episode, std::string by);
    /// `asked` without id and time of making.
    DeskResult<core::Annotation> annotate(core::Annotation asked);

    // Never wait for the disk.
    /// As DeskState::silenced_by.
    std::string silenced_by(core::Rule rule, std::span<const std::string_view> targets,
                            core::TimeNs t) const;
    std::size_t silences_active(core::TimeNs t) const;
    std::optional<Acknowledgement> acknowledgement(std::string_view episode) const;
    /// `look` sees all of it, under the lock: it must be quick, and not call the book.
    void look_at(const std::function<void(const DeskState&)>& look) const;

    /// Rises with every change.
    std::uint64_t version() const;
    std::uint64_t annotations_made() const;  ///< in this run
    std::uint64_t lines_skipped() const;     ///< that were damaged, when the file was opened
    std::uint64_t writes_failed() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::daemon
