// DashboardHistory: a bounded past of grid rows, by column, for the charts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/event.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/watched.hpp"

namespace contagiond::sinks {

/// Which parts of the past are asked for. The fewer, the finer may its step be.
struct HistoryParts {
    bool instruments = true, groups = true, targets = true, correlations = true, leads = true;
};

/// One thread at a time. Memory is taken at the start and bounded: `rows` times 8 bytes for the
/// time, 20 an instrument (price and return), 5 a target (score and regime), 16 a watched pair and
/// window (correlation, its baseline, error and samples) and 13 a source and target (lead,
/// interval, verdict). A day of 10 s bars with 8 sources, 2 targets and 3 windows is 11 MB, with 12
/// sources and 4 targets 28 MB.
class DashboardHistory {
  public:
    /// An answer holds at most this many rows, and this many values; a finer step is widened to it,
    /// so that whoever answers is not held up. 400,000 values are 3 MB: about 11 ms to write and 24
    /// to pack.
    static constexpr std::size_t rows_per_answer = 2000;
    static constexpr std::size_t values_per_answer = 400'000;

    /// `engine` must outlive this object.
    DashboardHistory(const core::EngineConfig& engine, std::size_t rows);

    /// Remembers the latest; a closed bar makes it a row.
    void take(const core::Event& event);
    std::size_t rows() const { return ts_.size(); }
    std::size_t memory_bytes() const;  ///< of the columns

    /// Rows in (from, to], at least `step` apart:
    /// {"bar_s":10,"step_s":60,"ts":[time,...],
    ///  "instruments":{"NVDA":{"price":["118.42",...],"return_since_open":[-0.01,...]}},
    ///  "groups":{"us_tech":{"return_since_open":[...]}},
    ///  "targets":{"BTC-USD":{"score":[...],"regime":["calm",...]}},
    ///  "correlations":[{"source","target","window_s","value":[...],"baseline":[...],
    ///                   "standard_error":[...],"samples":[...],"tainted":[...]}],
    ///  "leads":[{"source","target","seconds":[...],"low":[...],"high":[...],"verdict":[...],
    ///            "tainted":[...]}]}
    /// Each column says what the state said when the bar closed; what was unknown then is null.
    /// Parts that were not asked for are not there.
    std::string json(core::TimeNs from, core::TimeNs to, core::DurationNs step,
                     const HistoryParts& parts = {}) const;

  private:
    using Lead = std::pair<core::SeriesId, core::SeriesId>;
    class Writer;

    void take_correlation(const core::CorrelationMeasured& event);
    void take_lead(const core::LeadMeasured& event);
    void close_bar(core::TimeNs ts);
    std::size_t values_a_row(const HistoryParts& parts) const;
    std::vector<std::size_t> chosen_rows(core::TimeNs from, core::TimeNs to, core::DurationNs& step,
                                         std::size_t limit) const;

    const core::EngineConfig& engine_;
    const std::size_t limit_;
    const std::vector<WatchedPair> pairs_;
    std::vector<Lead> leads_;
    std::map<WatchedPair, std::size_t> pair_places_;
    std::map<Lead, std::size_t> lead_places_;
    std::map<core::InstrumentId, std::size_t> target_places_;

    /// Several rows, one behind the other.
    struct Columns {
        /// Returns of instruments, scores of targets, then three a pair (value, baseline, standard
        /// error) and three a lead (seconds, low, high). NaN: unknown.
        std::vector<float> numbers;
        std::vector<core::Decimal> prices;
        std::vector<core::Regime> regimes;
        std::vector<std::uint32_t> samples;  ///< of pairs: twice, and 1 where tainted
        std::vector<std::uint8_t> verdicts;  ///< of leads: twice, and 1 where tainted
    };
    Columns now_;                                  ///< one row
    std::size_t scores_at_, pairs_at_, leads_at_;  ///< where they begin in a row's numbers

    std::vector<core::TimeNs> ts_;
    Columns past_;
    std::size_t oldest_ = 0;  ///< once full, the place of the oldest row
};

}  // namespace contagiond::sinks
