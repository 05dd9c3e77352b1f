#include "core/leader.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace contagiond::core {
namespace {

constexpr std::size_t blocks_max = 8;
constexpr std::size_t blocks_min = 4;

std::optional<std::size_t> lowest(std::span<const double> sums) {
    const auto found = std::min_element(sums.begin(), sums.end());
    if (found == sums.end() || !(*found < 0)) return std::nullopt;
    return static_cast<std::size_t>(found - sums.begin());
}

}  // namespace

std::optional<Leader> find_leader(std::span<const std::span<const double>> columns) {
    if (columns.empty()) return std::nullopt;
    const std::size_t rows = columns.front().size();
    std::size_t blocks = blocks_max;
    while (blocks > rows) blocks -= 2;
    if (blocks < blocks_min) return std::nullopt;

    std::vector<std::array<double, blocks_max>> parts(columns.size());
    std::vector<double> sums(columns.size(), 0.0);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        parts[i].fill(0);
        for (std::size_t row = 0; row < rows; ++row)
            parts[i][row * blocks / rows] += columns[i][row];
        for (std::size_t b = 0; b < blocks; ++b) sums[i] += parts[i][b];
    }
    const auto leader = lowest(sums);
    if (!leader) return std::nullopt;

    unsigned halves = 0, led = 0;
    for (unsigned kept = 0; kept < 1u << blocks; ++kept) {
        if (static_cast<std::size_t>(std::popcount(kept)) != blocks / 2) continue;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            sums[i] = 0;
            for (std::size_t b = 0; b < blocks; ++b)
                if ((kept >> b & 1u) != 0) sums[i] += parts[i][b];
        }
        ++halves;
        if (lowest(sums) == leader) ++led;
    }
    return Leader{*leader, static_cast<double>(led) / static_cast<double>(halves)};
}

LeaderWatch::LeaderWatch(const EngineConfig& config)
    : row_length_(std::max(config.bar, ns_per_min)),
      rows_max_(static_cast<std::size_t>(
          std::max<DurationNs>(blocks_max, config.selloff_horizons.back() / row_length_))) {
    const std::vector<Member>& members = config.universe.groups[config.source_group].members;
    const bool any_name = std::any_of(members.begin(), members.end(),
                                      [](const Member& member) { return !member.is_index; });
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (any_name && members[i].is_index) continue;
        names_.push_back(
            {i, members[i].instrument, members[i].weight, 0, std::vector<double>(rows_max_, 0.0)});
    }
}

void LeaderWatch::push(TimeNs ts, const Evidence& evidence) {
    for (Name& name : names_)
        name.filling += name.weight * evidence.move(name.instrument).log_return.value_or(0);
    if (ts % row_length_ != 0) return;
    for (Name& name : names_) {
        name.rows[rows_ % rows_max_] = name.filling;
        name.filling = 0;
    }
    ++rows_;
}

std::optional<Leader> LeaderWatch::find(DurationNs span) const {
    const auto wanted = static_cast<std::size_t>(std::max<DurationNs>(0, span / row_length_));
    const std::size_t rows = std::min({wanted, rows_max_, static_cast<std::size_t>(rows_)});
    std::vector<std::vector<double>> columns;
    std::vector<std::span<const double>> views;
    columns.reserve(names_.size());
    for (const Name& name : names_) {
        std::vector<double>& column = columns.emplace_back();
        for (std::uint64_t row = rows_ - rows; row < rows_; ++row)
            column.push_back(name.rows[row % rows_max_]);
        views.emplace_back(column);
    }
    std::optional<Leader> leader = find_leader(views);
    if (leader) leader->place = names_[leader->place].place;
    return leader;
}

}  // namespace contagiond::core
