// Measurements: everything that is measured of the samples and ticks, and when: each bar, each
// minute, or in turn on a slower clock. It says what it measures as events, and decides nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/event.hpp"
#include "core/evidence.hpp"
#include "core/impact.hpp"
#include "core/link_evidence.hpp"
#include "core/sampler.hpp"
#include "core/series_habits.hpp"
#include "core/slow_clock.hpp"
#include "core/tick_evidence.hpp"

namespace contagiond::core {

/// Who listens.
enum class Telling : std::uint8_t {
    everything,
    decisions,  ///< nobody to the measures: what is measured only to be told is left out
};

/// One thread. Never allocates after construction, but for the list of events it is given.
class Measurements {
  public:
    /// `config` must outlive this object.
    explicit Measurements(const EngineConfig& config, Telling telling = Telling::everything);

    /// A tick of an instrument's present stream.
    void tick(const StreamTick& tick) { ticks_.tick(tick); }
    /// The data of this instrument (no_id: of all) are doubtful from `ts` back.
    void taint(InstrumentId instrument, TaintCause cause, TimeNs ts) {
        evidence_.taint(instrument, cause, ts);
    }

    /// Whether something may be going on: then leads are measured ten times as often. From the next
    /// bar on.
    void set_pace(Pace pace) { pace_ = pace; }

    /// One bar; `samples` in order of instruments. Appends what was measured.
    void push(TimeNs ts, std::span<const Sample> samples, std::vector<Event>& events);

    const Evidence& evidence() const { return evidence_; }
    /// Measured anew, as of the last bar.
    LinkMeasured measure_link(std::size_t target_position);
    LeadMeasured measure_lead(std::size_t pair);
    /// As last measured; absent before. Its taint is not told.
    const std::optional<LeadMeasured>& lead(std::size_t pair) const { return ticks_.lead(pair); }
    /// Dollars gone from the members of the source group by these log returns (by instrument).
    Impact impact_of(std::span<const Sample> samples,
                     std::span<const std::optional<double>> log_returns);

  private:
    void push_habits(std::span<const Sample> samples);
    void tell_prices(std::span<const Sample> samples, std::vector<Event>& events) const;
    void tell_habits(std::vector<Event>& events) const;
    void tell_falls(std::vector<Event>& events) const;
    void tell_pairs(std::vector<Event>& events);
    void study(std::vector<Event>& events);
    void study_untold();
    void tell_impact(std::span<const Sample> samples, std::vector<Event>& events);

    const EngineConfig& config_;
    Telling telling_;
    DurationNs longest_window_;
    TimeNs ts_ = 0;
    Evidence evidence_;
    TickEvidence ticks_;
    LinkEvidence links_;
    std::vector<SeriesHabits> habits_;                ///< by series
    std::vector<bool> habits_new_;                    ///< completed a row in this bar
    std::vector<std::optional<double>> group_paths_;  ///< sum of a group's returns so far
    std::vector<std::optional<double>> day_changes_;  ///< by instrument
    Pace pace_ = Pace::calm;
    SlowClock lead_clock_;  ///< a task a pair
    SlowClock link_clock_;  ///< the spillover among all, then a task a target
    bool any_units_ = false;
    std::vector<ImpactMember> impact_members_;
    std::vector<ImpactAsset> impact_assets_;
};

/// A day of the calendar as a time, and back; no_time stands for no day.
TimeNs time_of(std::optional<DayNumber> day);
DayNumber day_of(TimeNs ts);

}  // namespace contagiond::core
