// Episodes on recorded days against labelled windows. Definitions:
//
//   hit          an episode opens in [onset - 30 min, window end] of a spillover; the first counts
//   early        it opens in a spillover's window before that: neither hit nor false alarm
//   false alarm  it opens in a window in which tech did not spill: tech_only, crypto_only,
//                crypto_led, calm. Those less than 60 min apart are one cluster
//   recall       spillovers hit; major ones fell by 3 % (tech) and 5 % (BTC)
//   delay        opening minus onset, in minutes; median, and 90 % by nearest rank
//   direction    of the episodes in hit zones and crypto_led windows, those whose class is right
//
// An episode of the class crypto_to_tech claims no spillover: it is neither hit nor false alarm.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/episode_log.hpp"
#include "daemon/replay_sources.hpp"

namespace contagiond::daemon {

enum class EventLabel : std::uint8_t { spillover, mixed, tech_only, crypto_only, crypto_led, calm };
inline constexpr std::array<std::string_view, 6> event_label_names = {
    "spillover", "mixed", "tech_only", "crypto_only", "crypto_led", "calm"};

struct LabelledEvent {
    std::string id;
    EventLabel label = EventLabel::calm;
    core::TimeNs start = 0;
    core::TimeNs onset = core::no_time;
    core::TimeNs end = 0;
    bool is_major = false;
};

/// The windows of a file, cut to `range` and in order of time. A spillover stays only with its
/// whole hit zone inside. Throws ConfigError with one sentence and the line.
std::vector<LabelledEvent> read_events(const std::string& file, const TimeRange& range);

/// Where one episode opened.
enum class Verdict : std::uint8_t { hit, early, false_alarm, mixed, unlisted, other_direction };
inline constexpr std::size_t verdict_count = 6;
inline constexpr std::array<std::string_view, verdict_count> verdict_names = {
    "hit", "early", "false", "mixed", "unlisted", "other_direction"};

struct PlacedEpisode {
    std::string id;
    core::TimeNs ts = 0;
    std::string target;
    core::Severity severity = core::Severity::warning;
    Verdict verdict = Verdict::unlisted;
    std::string event;  ///< empty: in no window
};

struct EventOutcome {
    std::string id;
    core::TimeNs onset = 0;
    std::optional<core::TimeNs> detected;
    bool is_major = false;
    bool open_from_before = false;
};

struct LabelCount {
    double days = 0;
    std::uint64_t false_alarms = 0;
};

struct EventScore {
    std::uint64_t spillovers = 0, hits = 0, major = 0, major_hits = 0, open_from_before = 0;
    std::vector<double> delays_min;  ///< sorted
    std::array<std::uint64_t, verdict_count> verdicts{};
    std::uint64_t episodes = 0;
    double listed_days = 0;
    double negative_days = 0;  ///< in which a spillover would be a false alarm
    std::uint64_t false_alarms = 0, clusters = 0;
    std::array<LabelCount, event_label_names.size()> by_label{};
    std::uint64_t direction_right = 0, direction_n = 0;
    std::vector<EventOutcome> events;
    std::vector<PlacedEpisode> placed;
};

/// `events` as read_events gives them. Pure.
EventScore score_events(std::span<const LoggedEpisode> episodes,
                        std::span<const LabelledEvent> events, const TimeRange& range);

}  // namespace contagiond::daemon
