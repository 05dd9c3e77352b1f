#include "daemon/episode_silences.hpp"

#include <algorithm>
#include <utility>

namespace contagiond::daemon {
namespace {

constexpr std::size_t rows_kept = 1'000;
/// Of one episode; sinks lag by a few.
constexpr std::size_t revisions_kept = 100;

}  // namespace

EpisodeSilences::EpisodeSilences(const DeskBook& book, const core::Clock& clock,
                                 std::vector<std::string> instruments)
    : book_(book), clock_(clock), instruments_(std::move(instruments)) {}

std::string EpisodeSilences::current(const Row& row) const {
    std::vector<std::string_view> targets;
    for (const core::InstrumentId target : row.targets)
        if (target < instruments_.size()) targets.push_back(instruments_[target]);
    return book_.silenced_by(row.rule, targets, clock_.now());
}

void EpisodeSilences::release_if_over(Row& row) {
    if (!row.is_open || row.silence.empty()) return;
    std::string silence = current(row);
    if (silence == row.silence) return;
    row.is_told = silence.empty();
    row.silence = std::move(silence);
    ++version_;
}

std::string EpisodeSilences::decide(const core::Episode& episode) {
    const std::lock_guard lock(mutex_);
    Row& row = rows_[std::string(episode.id.view())];
    if (episode.revision < row.revision) {
        const auto earlier = row.silenced.find(episode.revision);
        return earlier == row.silenced.end() ? std::string() : earlier->second;
    }
    if (episode.revision == row.revision) {
        release_if_over(row);
        return row.silence;
    }
    if (!row.silence.empty()) row.silenced.emplace(row.revision, row.silence);
    if (row.silenced.size() > revisions_kept) row.silenced.erase(row.silenced.begin());
    row.rule = episode.rule;
    row.targets.clear();
    for (const core::EpisodeTarget& target : episode.targets)
        row.targets.push_back(target.instrument);
    row.revision = episode.revision;
    row.is_open = episode.phase != core::EpisodePhase::resolved;
    row.silence = !row.is_open && row.is_told ? std::string() : current(row);
    row.is_told = row.is_told || row.silence.empty();
    ++version_;
    std::string silence = row.silence;
    forget_old();
    return silence;
}

void EpisodeSilences::refresh() {
    const std::lock_guard lock(mutex_);
    for (auto& [id, row] : rows_) release_if_over(row);
}

void EpisodeSilences::forget_old() {
    while (rows_.size() > rows_kept) {
        const auto over = std::find_if(rows_.begin(), rows_.end(),
                                       [](const auto& row) { return !row.second.is_open; });
        rows_.erase(over == rows_.end() ? rows_.begin() : over);
    }
}

std::string EpisodeSilences::silenced_by(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    const auto row = rows_.find(id);
    return row == rows_.end() ? std::string() : row->second.silence;
}

std::vector<std::pair<std::string, std::string>> EpisodeSilences::silenced(
    std::size_t at_most) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::string>> out;
    for (auto row = rows_.rbegin(); row != rows_.rend() && out.size() < at_most; ++row)
        if (!row->second.silence.empty()) out.emplace_back(row->first, row->second.silence);
    return out;
}

std::size_t EpisodeSilences::open_silenced() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(rows_.begin(), rows_.end(), [](const auto& row) {
        return row.second.is_open && !row.second.silence.empty();
    }));
}

std::size_t EpisodeSilences::open_acknowledged() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(rows_.begin(), rows_.end(), [&](const auto& row) {
        return row.second.is_open && book_.acknowledgement(row.first).has_value();
    }));
}

std::uint64_t EpisodeSilences::version() const {
    const std::lock_guard lock(mutex_);
    return version_;
}

}  // namespace contagiond::daemon
