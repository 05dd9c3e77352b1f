#include "core/level_channel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contagiond::core {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double fall(double log_distance) {
    return -std::expm1(-log_distance);
}

/// value / threshold; without a threshold nothing is asked.
double ratio(double value, double threshold) {
    return threshold > 0 ? value / threshold : std::numeric_limits<double>::infinity();
}

Maybe part_of(double part, double whole) {
    return whole > 0 ? Maybe(part / whole) : Maybe();
}

double seconds_of(DurationNs duration) {
    return static_cast<double>(duration) / static_cast<double>(ns_per_s);
}

/// Half life of what a path usually moves: five sessions.
constexpr DurationNs usual_half_life = 32 * ns_per_hour;
constexpr DurationNs usual_block = 30 * ns_per_min;
/// A fall of a few rows is one-way when it is so near to an even one: 2.5 cannot be seen in five.
constexpr double even_share = 0.9;
/// On fewer moves of the source there is no correlation: it is one print against another.
constexpr std::size_t moves_min = 20;

double joint(double source_fall, double target_fall) {
    return source_fall / joint_source_unit + target_fall / joint_target_unit;
}

}  // namespace

LevelScore score_levels(const DetectorConfig& d, const LevelReading& r) {
    using enum Condition;
    using enum ConditionUnit;
    const auto level = [&](Condition condition, ConditionUnit unit, double value,
                           double threshold) {
        ConditionReading reading = at_least(condition, unit, value, d.threshold_factor * threshold);
        reading.scaled = true;
        return reading;
    };
    const bool bursts = r.volatility && *r.volatility > d.burst_volatility && r.correlation &&
                        *r.correlation > d.burst_correlation;
    LevelScore score;
    score.reading = r;
    score.conditions = {
        level(source_fall, fraction, r.source_fall, d.source_fall),
        level(target_fall, fraction, r.target_fall, d.target_fall),
        level(joint_fall, number, joint(r.source_fall, r.target_fall), d.joint_fall),
        level(recent_fall, fraction, r.recent, d.recent_fall),
        at_least(target_follows, share,
                 part_of(r.target_fall, std::min(r.source_fall, d.follow_cap)), d.follow_share),
        at_most(target_first, share, part_of(r.before, r.target_fall), d.before_share),
        at_most(slide_age, seconds, seconds_of(r.slide_age), seconds_of(d.slide_age)),
        at_most(regained, share, r.regained, d.regained_share),
        at_most(target_outruns, share, r.outrun, d.outrun_share),
        at_least(burst, number, bursts ? Maybe(r.one_way) : Maybe(),
                 std::min(d.burst_one_way, even_share * r.one_way_most)),
    };
    double least = std::numeric_limits<double>::infinity();
    for (const ConditionReading& reading : score.conditions) {
        if (reading.ratio >= least) continue;
        least = reading.ratio;
        score.limiting = reading.condition;
    }
    score.value = std::clamp(d.enter_score * least, 0.0, 1.0);
    return score;
}

LevelChannel::LevelChannel(const DetectorConfig& config, DurationNs bar, std::size_t targets)
    : config_(config),
      row_length_(std::max(bar, ns_per_min)),
      window_rows_(
          static_cast<std::uint64_t>(std::max<DurationNs>(2, config.level_window / row_length_))),
      source_(row_length_),
      targets_(targets, Column(row_length_)),
      targets_at_mark_(targets, 0.0) {
    const auto size = [&](Column& column) {
        column.rows.resize(window_rows_ + 1);
        column.usuals.resize(window_rows_ + 1);
    };
    size(source_);
    for (Column& target : targets_) size(target);
}

bool LevelChannel::push(TimeNs ts, double source, std::span<const std::optional<double>> targets) {
    if (ts % row_length_ != 0 && ts_ != no_time && ts - ts_ < row_length_) return false;
    ts_ = ts;
    push(source_, source);
    for (std::size_t i = 0; i < targets_.size(); ++i)
        push(targets_[i], targets[i].value_or(unknown));
    ++rows_;
    return true;
}

LevelChannel::Column::Column(DurationNs row_length)
    : usual_move(static_cast<double>(usual_half_life) / static_cast<double>(row_length),
                 static_cast<std::uint64_t>(std::max<DurationNs>(1, usual_block / row_length))) {}

void LevelChannel::push(Column& column, double level) const {
    if (!std::isnan(level)) column.usual_move.push(level);
    column.rows[rows_ % column.rows.size()] = level;
    column.usuals[rows_ % column.usuals.size()] = column.usual_move.variance().value_or(unknown);
}

std::optional<double> LevelChannel::usual(const Column& column, std::uint64_t row) const {
    const double then = column.usuals[row % column.usuals.size()];
    return std::isnan(then) ? column.usual_move.variance() : then;
}

std::uint64_t LevelChannel::oldest(std::uint64_t rows_back) const {
    const std::uint64_t last = rows_ - 1;
    return last - std::min({last, rows_back, window_rows_});
}

double LevelChannel::highest(const View& view, std::uint64_t from, std::uint64_t to) {
    double high = -std::numeric_limits<double>::infinity();
    // A comparison with NaN is false: rows without a price are passed over.
    for (std::uint64_t i = from; i <= to; ++i)
        if (view.at(i) > high) high = view.at(i);
    return high;
}

std::uint64_t LevelChannel::slide_start(const View& view, std::uint64_t first, double high,
                                        double distance) const {
    const double near_high = high - std::min(config_.slide_share * distance, config_.slide_cap);
    std::uint64_t start = rows_ - 1;
    // Rows without a price are passed over.
    while (start > first && !(view.at(start) >= near_high)) --start;
    return start;
}

std::optional<LevelReading> LevelChannel::read(std::size_t target, LevelShift shift) const {
    if (rows_ == 0) return std::nullopt;
    const std::uint64_t last = rows_ - 1, first = oldest(window_rows_);
    const View source{source_, last, std::log1p(shift.source_higher)};
    const View b{targets_[target], last, std::log1p(shift.target_higher)};
    if (std::isnan(b.at(last))) return std::nullopt;
    const auto rows = [&](DurationNs d) { return static_cast<std::uint64_t>(d / row_length_); };

    const double source_now = source.at(last);
    const double source_high = highest(source, first, last);
    const double distance = source_high - source_now;
    const std::uint64_t start = slide_start(source, first, source_high, distance);
    double source_low = source_now;
    for (std::uint64_t i = start; i <= last; ++i) source_low = std::min(source_low, source.at(i));

    LevelReading r;
    r.source_fall = fall(distance);
    r.slide_age = static_cast<DurationNs>(last - start) * row_length_;
    r.regained = distance > 0 ? (source_now - source_low) / distance : 0;
    const std::uint64_t lead = rows(config_.slide_lead);
    const std::uint64_t with_it = start - std::min(start - first, lead);
    const double since = highest(b, with_it, last) - b.at(last);
    r.target_since = fall(since);
    const double at_start = std::isnan(b.at(start)) ? b.at(last) : b.at(start);
    const double high_before = highest(b, first, start);
    r.before = std::isfinite(high_before) ? fall(high_before - at_start) : 0;
    r.target_fall = r.target_since + config_.before_credit * r.before;
    const std::uint64_t recent = rows(config_.recent_window);
    r.recent = std::min(lost(b, recent), lost(b, 2 * recent));

    double squares = 0;
    for (std::uint64_t i = start + 1; i <= last; ++i) {
        const double move = source.at(i) - source.at(i - 1);
        squares += move * move;
    }
    if (squares > 0) r.one_way = distance / std::sqrt(squares);
    r.one_way_most = std::sqrt(static_cast<double>(last - start));
    const std::uint64_t known = start > first ? start - 1 : start;
    const auto usual_source = usual(source_, known), usual_target = usual(targets_[target], known);
    if (usual_target && usual_source && distance > 0)
        r.outrun = (since / std::sqrt(*usual_target)) / (distance / std::sqrt(*usual_source));
    if (usual_source) read_swings(source, b, *usual_source, r);
    const double own_high = highest(b, first, last);
    const double own_distance = own_high - b.at(last);
    r.target_below = fall(own_distance);
    r.target_age =
        static_cast<DurationNs>(last - slide_start(b, first, own_high, own_distance)) * row_length_;
    return r;
}

double LevelChannel::lost(const View& b, std::uint64_t rows_back) const {
    // Of a shorter history the first price there is.
    std::uint64_t then = oldest(rows_back);
    while (std::isnan(b.at(then))) ++then;
    return fall(b.at(then) - b.at(b.last));
}

void LevelChannel::read_swings(const View& source, const View& b, double usual_variance,
                               LevelReading& r) const {
    const std::uint64_t last = source.last;
    const std::uint64_t from =
        oldest(static_cast<std::uint64_t>(config_.recent_window / row_length_));
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    std::size_t rows = 0, moves = 0;
    for (std::uint64_t i = from + 1; i <= last; ++i) {
        const double dx = source.at(i) - source.at(i - 1), dy = b.at(i) - b.at(i - 1);
        if (std::isnan(dy)) continue;
        ++rows;
        if (dx != 0) ++moves;
        x += dx, y += dy, xx += dx * dx, yy += dy * dy, xy += dx * dy;
    }
    if (moves <= moves_min) return;
    const auto n = static_cast<double>(rows);
    r.volatility = std::sqrt(xx / n / usual_variance);
    const double sx = xx - x * x / n, sy = yy - y * y / n;
    if (sx > 0 && sy > 0) r.correlation = (xy - x * y / n) / std::sqrt(sx * sy);
}

void LevelChannel::mark() {
    mark_ = rows_;
    if (rows_ == 0) return;
    source_at_mark_ = source_.at(rows_ - 1);
    for (std::size_t i = 0; i < targets_.size(); ++i)
        targets_at_mark_[i] = targets_[i].at(rows_ - 1);
}

double LevelChannel::fallen_anew(std::size_t target) const {
    if (mark_ == 0) return 0;
    const std::uint64_t last = rows_ - 1;
    const View source{source_, last, 0}, b{targets_[target], last, 0};
    const std::uint64_t from = oldest(rows_ - mark_);
    // Also false where a price is missing.
    if (!(source.at(last) < source_at_mark_ && b.at(last) < targets_at_mark_[target])) return 0;
    const double source_fall = fall(highest(source, from, last) - source.at(last));
    const double target_fall = fall(highest(b, from, last) - b.at(last));
    const double k = config_.threshold_factor;
    return std::min({ratio(source_fall, k * config_.source_fall),
                     ratio(target_fall, k * config_.target_fall),
                     ratio(joint(source_fall, target_fall), k * config_.joint_fall)});
}

}  // namespace contagiond::core
