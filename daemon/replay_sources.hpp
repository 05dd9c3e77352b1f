// Where a replay gets its inputs: tick and bar files, each a stream in the order of time, and the
// merge of several.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/annotation.hpp"
#include "core/input.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"

namespace contagiond::daemon {

/// A stream of inputs. One thread; may block on the disk.
class InputSource {
  public:
    virtual ~InputSource() = default;
    /// The next input; false at the end. ts_receive never falls.
    virtual bool next(core::Input& out) = 0;
};

/// Why a row of a file was not believed. Names are those in messages and summaries.
enum class RowReject : std::uint8_t {
    bad_columns,     ///< not as many as the header says
    bad_time,        ///< no time, or none between 2015 and 2100
    time_backwards,  ///< a tick over a second behind one before it, a bar not after the one before
    bad_symbol,      ///< empty, or longer than 64 bytes
    bad_price,       ///< no number, or more digits than can be kept
    zero_price,
    negative_price,
    bad_size,      ///< no number, negative, or more digits than can be kept
    bad_bar,       ///< open or close outside low to high
    damaged_file,  ///< the file ends in the middle of its compression
};
inline constexpr std::size_t row_reject_count = 10;
std::string_view to_string(RowReject reason);

/// What was left out while reading, by name. Shared by the sources of one replay.
struct ReadReport {
    std::array<std::uint64_t, row_reject_count> rejected{};
    std::vector<std::string> examples;  ///< the first ones: "ticks.csv:17: bad_price: 12.x"
    std::map<std::string, std::uint64_t, std::less<>> ignored;  ///< rows by symbol not configured

    /// Passed over in journals since somebody took them from here.
    std::vector<core::Annotation> annotations;

    static constexpr std::size_t examples_max = 10;
    static constexpr std::size_t ignored_symbols_max = 1000;  ///< further ones go under "(others)"

    void reject(RowReject reason, const std::string& file, std::uint64_t line,
                std::string_view text);
    void ignore(std::string_view symbol);
    std::uint64_t rejected_total() const;
};

/// A stretch of time; ticks in [from, to), bars that lie wholly inside.
struct TimeRange {
    core::TimeNs from = std::numeric_limits<core::TimeNs>::min();
    core::TimeNs to = std::numeric_limits<core::TimeNs>::max();
};

/// A tick file: first line `ts_ns,symbol,price,size`, plain or .gz. Each row is a trade that is
/// known at its own time, or, since rows stand in the order of arrival and stamps may cross by up
/// to a second, when the latest before it was. Throws std::runtime_error when the file cannot be
/// opened or has another first line. `universe` and `report` must outlive the source.
std::unique_ptr<InputSource> open_ticks(const std::string& path, const core::Universe& universe,
                                        core::FeedId feed, TimeRange range, ReadReport& report);

/// The symbols of a tick file, sorted; reads all of it.
std::vector<std::string> symbols_of_ticks(const std::string& path);

/// One file of bars: first line `ts_utc,open,high,low,close,volume`, stamped with the START of the
/// bar.
struct BarFile {
    std::string path;
    std::string symbol;             ///< canonical
    std::string venue;              ///< from the name; "file" where it tells none
    core::DurationNs interval = 0;  ///< of one bar
    core::TimeNs first_day = 0;     ///< as its name says; whole range where it says nothing
    core::TimeNs last_day = 0;
};

/// A bar file given by name: the interval is read from the name (`_1m_`, `_60m_`), else it is the
/// smallest step between two rows. Throws std::runtime_error with one sentence.
BarFile describe_bar_file(const std::string& symbol, const std::string& path);

/// Hours that a finer file of the same symbol holds already.
class BarCoverage {
  public:
    /// Reads the times of a whole file. Throws std::runtime_error with one sentence.
    explicit BarCoverage(const BarFile& file);
    /// Whether that file also tells of the moment `end`, at which a coarser bar would be known: it
    /// lies between its first and last bar, on a day of which it has any.
    bool holds(core::TimeNs end) const;

  private:
    core::TimeNs start_ = std::numeric_limits<core::TimeNs>::max();
    core::TimeNs end_ = std::numeric_limits<core::TimeNs>::min();
    std::vector<core::TimeNs> days_;  ///< sorted
};

/// Each bar is a trade at its close that is known at its END, marked as aggregated; its size is the
/// volume. Bars that `finer` holds already are left out. Throws as open_ticks.
std::unique_ptr<InputSource> open_bars(const BarFile& file, core::InstrumentId instrument,
                                       core::FeedId feed, TimeRange range,
                                       std::vector<std::shared_ptr<const BarCoverage>> finer,
                                       ReadReport& report);

/// One stream of all, by ts_receive; where two are equal the earlier source goes first.
std::unique_ptr<InputSource> merge(std::vector<std::unique_ptr<InputSource>> sources);

}  // namespace contagiond::daemon
