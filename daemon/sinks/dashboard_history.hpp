// DashboardHistory: a bounded past of grid rows, by column, for the chart.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/watched.hpp"

namespace contagiond::sinks {

/// One thread at a time. Memory is bounded by `rows` times the columns: per instrument price and
/// return, per target score and regime, per watched pair its correlation.
class DashboardHistory {
  public:
    /// An answer holds at most this many rows; a finer step is widened to it.
    static constexpr std::size_t rows_per_answer = 2000;

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
    ///  "correlations":[{"source","target","window_s","value":[...]}]}
    /// What was unknown at a row is null.
    std::string json(core::TimeNs from, core::TimeNs to, core::DurationNs step) const;

  private:
    void close_bar(core::TimeNs ts);
    std::vector<std::size_t> chosen_rows(core::TimeNs from, core::TimeNs to,
                                         core::DurationNs& step) const;

    const core::EngineConfig& engine_;
    const std::size_t limit_;
    const std::vector<WatchedPair> pairs_;
    std::map<WatchedPair, std::size_t> pair_places_;
    std::map<core::InstrumentId, std::size_t> target_places_;

    /// Columns side by side in a row: returns of instruments, scores of targets, correlations.
    struct Row {
        std::vector<float> numbers;  ///< NaN: unknown
        std::vector<core::Decimal> prices;
        std::vector<core::Regime> regimes;
    };
    Row now_;
    std::size_t scores_at_, correlations_at_;  ///< where the columns begin in Row::numbers

    std::vector<core::TimeNs> ts_;
    std::vector<float> numbers_;
    std::vector<core::Decimal> prices_;
    std::vector<core::Regime> regimes_;
    std::size_t oldest_ = 0;  ///< once full, the place of the oldest row
};

}  // namespace contagiond::sinks
