// LevelChannel: how far the source and each target stand below their own highs, since when, and in
// which order: what an episode opens on.
//
// T is the source's index path, B a target's log price, both at the end of each minute; falls are
// 1 - exp(-x). Over the last `window`:
//
//     source_fall   T below its high
//     slide start   the last time T stood within min(slide_share·that fall, slide_cap) of the high
//     since         B below its high since (slide start - slide_lead)
//     before        what B had lost at the slide start from its high before it
//     target_fall   since + before_credit·before
//     recent        B's loss over the last recent_window, or over the last two: the smaller one
//     regained      what T has made good since its low after the slide start, of its fall
//     usual         what T and B usually move in a row (usual_move.hpp), by the slide start
//     outrun        since over T's fall, each in what it usually moves
//     volatility    root mean square of T's rows of the last recent_window, over the usual
//     correlation   of T's and B's rows of the last recent_window
//     one_way       T's fall over the root of the sum of its n squared rows since the slide start
//
// Score = enter_score · the least ratio of the conditions below, clipped to 0..1: at enter_score
// every condition holds. The first four are levels, which one factor (threshold_factor) makes
// stricter or milder together; the others say that it is one story.
//
//     source_fall / threshold                the source's fall has begun
//     target_fall / threshold                so has the target's
//     (source_fall/1 % + target_fall/1.5 %) / joint    one may be early when the other is deep
//     recent / threshold                     the target falls now, and is below where it was
//     target_fall / (follow·min(source_fall, follow_cap))    it takes part
//     before_share·target_fall / before      it did not go first
//     slide_age / age of the slide           one slide, not a day's grinding
//     regained_share / regained              the source is still down there
//     outrun_share / outrun                  it is no fall of the target's own
//     one_way / min(burst_one_way, 0.9·sqrt(n))    asked only in a burst, while volatility and
//                                            correlation are above their bounds: it falls as it
//                                            rises
//
// What usually moves is unknown soon after a start, and correlation where fewer than 20 rows of the
// window moved T (a future that prints twice an hour): then nothing is asked.
//
// Falls in per cent, not in sigma: at the onset of the selloffs of 2020 to 2025 the source stood a
// median of 2.9 of its usual sigma below its high and the target 2.5, one-way measures 1.2 and 1.0,
// and by themselves neither told these hours from others. Constants were chosen on odd months of
// those years with the even ones in view, but for the burst's, which are of simulated markets: no
// labelled day has an index by the minute.
//
// Cost: O(log of the window in minutes) a target and minute, and a walk over the slide when its
// start has changed. Memory: 32 bytes a minute of the window (in powers of two) for the source and
// each target, 64 a minute of recent_window for each target. What the source has done is read once
// for all targets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/engine.hpp"
#include "core/event.hpp"
#include "core/level_path.hpp"
#include "core/swing_window.hpp"
#include "core/usual_move.hpp"

namespace contagiond::core {

/// Units of the joint fall: what each leg loses when a selloff has begun.
inline constexpr double joint_source_unit = 0.010;
inline constexpr double joint_target_unit = 0.015;

/// Falls are fractions, positive for a fall.
struct LevelReading {
    double source_fall = 0;
    double target_fall = 0;
    double before = 0;
    double recent = 0;
    double regained = 0;       ///< share of the source's fall
    DurationNs slide_age = 0;  ///< since the source began to slide
    double target_since = 0;   ///< the target's fall since then, without credit for what was before
    Maybe outrun;              ///< its fall since over the source's, each in what it usually moves
    double one_way = 0;        ///< of the source's fall
    double one_way_most = 0;   ///< that of a fall as even as so few rows can show: sqrt(n)
    Maybe volatility;          ///< of the source now, over the usual
    Maybe correlation;         ///< of the rows, now
    double target_below = 0;   ///< the target below its own high of the window
    DurationNs target_age = 0;  ///< since it began to slide, told by the same rule
};

struct LevelScore {
    double value = 0;  ///< 0-1
    Condition limiting = Condition::none;
    LevelReading reading;
    std::array<ConditionReading, level_condition_count>
        conditions{};  ///< in the order of their numbers
};

/// Pure.
LevelScore score_levels(const DetectorConfig& config, const LevelReading& reading);

/// What if a leg stood higher in the last row, by these fractions of its price, and everything
/// before were as it was?
struct LevelShift {
    double source_higher = 0;
    double target_higher = 0;
};

/// One thread. Never allocates after construction.
class LevelChannel {
  public:
    LevelChannel(const DetectorConfig& config, DurationNs bar, std::size_t targets);

    /// The end of a bar: paths as they stand, of the targets where they have a price. True when a
    /// row was taken, which is once a minute (once a bar where bars are longer).
    bool push(TimeNs ts, double source, std::span<const std::optional<double>> targets);

    /// Absent before the first row in which the target has a price.
    std::optional<LevelReading> read(std::size_t target, LevelShift shift = {}) const;

    /// Remembers this moment: an episode opens.
    void mark();
    /// How far both legs have fallen anew since mark(), from their highs since then, against their
    /// thresholds (that of the joint fall included). 0 before a mark, and unless both stand below
    /// where they stood then.
    double fallen_anew(std::size_t target) const;

  private:
    struct Column {
        Column(DurationNs row_length, std::uint64_t rows_kept);
        LevelPath path;              ///< NaN where there was no price
        std::vector<double> usuals;  ///< ring: usual variance of a row after each; NaN: unknown
        UsualMove usual_move;
    };
    std::uint64_t rows_of(DurationNs d) const {
        return static_cast<std::uint64_t>(d / row_length_);
    }
    std::uint64_t oldest(std::uint64_t rows_back) const;
    /// A column's last row moved by so much, in log.
    struct View {
        const Column& column;
        std::uint64_t last;
        double moved;
        double at(std::uint64_t row) const {
            return row == last ? column.path.at(row) + moved : column.path.at(row);
        }
        double highest(std::uint64_t from, std::uint64_t to) const;
    };
    /// What the source has done, whichever target is held against it.
    struct Slide {
        std::uint64_t start = 0;  ///< row
        std::uint64_t last = 0;   ///< row
        double distance = 0;      ///< below the high
        double low = 0;           ///< since the start
        double squares = 0;       ///< sum of its squared rows since then
        std::optional<double> usual;
        std::uint64_t known = 0;  ///< the row after which the usual is asked for
    };
    Slide read_slide(const View& source) const;
    void walk(const View& source, std::uint64_t from, Slide& slide) const;
    /// The last row at which the path was near this high, from which it has slid by `distance`.
    std::uint64_t slide_start(const View& view, std::uint64_t first, double high,
                              double distance) const;
    void push(Column& column, double level) const;
    void push_swings();
    /// Usual variance of a row, known after row `row`, or else now.
    std::optional<double> usual(const Column& column, std::uint64_t row) const;
    double lost(const View& b, std::uint64_t rows_back) const;
    void read_swings(const View& source, const View& b, std::size_t target, double usual_variance,
                     LevelReading& reading) const;

    DetectorConfig config_;
    DurationNs row_length_;
    std::uint64_t window_rows_;
    std::uint64_t recent_rows_;  ///< of recent_window, within the window
    Column source_;
    std::vector<Column> targets_;
    std::vector<SwingWindow> swings_;  ///< by target: recent_rows_ without the last of all
    Slide slide_;                      ///< as of the last row
    std::uint64_t rows_ = 0;
    TimeNs ts_ = no_time;
    std::uint64_t mark_ = 0;  ///< rows at the mark; 0: none
    double source_at_mark_ = 0;
    std::vector<double> targets_at_mark_;
};

}  // namespace contagiond::core
