#include "core/level_channel.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double fall(double log_distance) {
    return -elementary::expm1(-log_distance);
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
      window_rows_(std::max<std::uint64_t>(2, rows_of(config.level_window))),
      recent_rows_(std::min(rows_of(config.recent_window), window_rows_)),
      source_(row_length_, window_rows_ + 1),
      targets_(targets, Column(row_length_, window_rows_ + 1)),
      swings_(targets, SwingWindow(recent_rows_ > 0 ? recent_rows_ - 1 : 0)),
      targets_at_mark_(targets, 0.0) {}

LevelChannel::Column::Column(DurationNs row_length, std::uint64_t rows_kept)
    : path(rows_kept),
      usuals(std::bit_ceil(rows_kept)),
      usual_move(static_cast<double>(usual_half_life) / static_cast<double>(row_length),
                 static_cast<std::uint64_t>(std::max<DurationNs>(1, usual_block / row_length))) {}

bool LevelChannel::push(TimeNs ts, double source, std::span<const std::optional<double>> targets) {
    if (ts % row_length_ != 0 && ts_ != no_time && ts - ts_ < row_length_) return false;
    ts_ = ts;
    if (rows_ >= 2) push_swings();
    push(source_, source);
    for (std::size_t i = 0; i < targets_.size(); ++i)
        push(targets_[i], targets[i].value_or(unknown));
    ++rows_;
    slide_ = read_slide({source_, rows_ - 1, 0});
    return true;
}

void LevelChannel::push(Column& column, double level) const {
    if (!std::isnan(level)) column.usual_move.push(level);
    column.path.push(level);
    column.usuals[rows_ & (column.usuals.size() - 1)] =
        column.usual_move.variance().value_or(unknown);
}

/// The row that was the last one until now is not any more: a shift cannot move it again.
void LevelChannel::push_swings() {
    const std::uint64_t row = rows_ - 1;
    const double dx = source_.path.at(row) - source_.path.at(row - 1);
    for (std::size_t i = 0; i < targets_.size(); ++i)
        swings_[i].push(dx, targets_[i].path.at(row) - targets_[i].path.at(row - 1));
}

std::optional<double> LevelChannel::usual(const Column& column, std::uint64_t row) const {
    const double then = column.usuals[row & (column.usuals.size() - 1)];
    return std::isnan(then) ? column.usual_move.variance() : then;
}

std::uint64_t LevelChannel::oldest(std::uint64_t rows_back) const {
    const std::uint64_t last = rows_ - 1;
    return last - std::min({last, rows_back, window_rows_});
}

double LevelChannel::View::highest(std::uint64_t from, std::uint64_t to) const {
    if (to != last || moved == 0) return column.path.highest(from, to);
    double high = from < last ? column.path.highest(from, last - 1)
                              : -std::numeric_limits<double>::infinity();
    // A comparison with NaN is false: a row without a price is passed over.
    if (at(last) > high) high = at(last);
    return high;
}

std::uint64_t LevelChannel::slide_start(const View& view, std::uint64_t first, double high,
                                        double distance) const {
    const double near_high = high - std::min(config_.slide_share * distance, config_.slide_cap);
    // Rows without a price are passed over.
    if (view.at(view.last) >= near_high || view.last == first) return view.last;
    return view.column.path.last_at_least(near_high, first, view.last - 1).value_or(first);
}

LevelChannel::Slide LevelChannel::read_slide(const View& source) const {
    const std::uint64_t first = oldest(window_rows_);
    Slide slide;
    slide.last = source.last;
    const double high = source.highest(first, source.last);
    slide.distance = high - source.at(source.last);
    slide.start = slide_start(source, first, high, slide.distance);
    // While the start stays, a row is added to what was; sums keep their order.
    if (source.moved == 0 && slide_.start == slide.start && slide_.last + 1 == slide.last) {
        slide.low = slide_.low;
        slide.squares = slide_.squares;
        walk(source, slide.last, slide);
    } else {
        slide.low = source.at(slide.start);
        walk(source, slide.start + 1, slide);
    }
    slide.known = slide.start > first ? slide.start - 1 : slide.start;
    slide.usual = usual(source.column, slide.known);
    return slide;
}

/// Adds the rows from `from` to the last.
void LevelChannel::walk(const View& source, std::uint64_t from, Slide& slide) const {
    for (std::uint64_t i = from; i <= slide.last; ++i) {
        const double move = source.at(i) - source.at(i - 1);
        slide.squares += move * move;
        slide.low = std::min(slide.low, source.at(i));
    }
}

std::optional<LevelReading> LevelChannel::read(std::size_t target, LevelShift shift) const {
    if (rows_ == 0) return std::nullopt;
    const std::uint64_t last = rows_ - 1, first = oldest(window_rows_);
    const View source{source_, last, elementary::log1p(shift.source_higher)};
    const View b{targets_[target], last, elementary::log1p(shift.target_higher)};
    const double b_now = b.at(last);
    if (std::isnan(b_now)) return std::nullopt;

    const Slide slide = source.moved == 0 ? slide_ : read_slide(source);
    const std::uint64_t start = slide.start;
    LevelReading r;
    r.source_fall = fall(slide.distance);
    r.slide_age = static_cast<DurationNs>(last - start) * row_length_;
    r.regained = slide.distance > 0 ? (source.at(last) - slide.low) / slide.distance : 0;
    const std::uint64_t with_it = start - std::min(start - first, rows_of(config_.slide_lead));
    const double since = b.highest(with_it, last) - b_now;
    r.target_since = fall(since);
    const double at_start = std::isnan(b.at(start)) ? b_now : b.at(start);
    const double high_before = b.highest(first, start);
    r.before = std::isfinite(high_before) ? fall(high_before - at_start) : 0;
    r.target_fall = r.target_since + config_.before_credit * r.before;
    const std::uint64_t recent = rows_of(config_.recent_window);
    r.recent = std::min(lost(b, recent), lost(b, 2 * recent));

    if (slide.squares > 0) r.one_way = slide.distance / std::sqrt(slide.squares);
    r.one_way_most = std::sqrt(static_cast<double>(last - start));
    const auto usual_target = usual(targets_[target], slide.known);
    if (usual_target && slide.usual && slide.distance > 0)
        r.outrun = (since / std::sqrt(*usual_target)) / (slide.distance / std::sqrt(*slide.usual));
    if (slide.usual) read_swings(source, b, target, *slide.usual, r);
    const double own_high = b.highest(first, last);
    const double own_distance = own_high - b_now;
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

void LevelChannel::read_swings(const View& source, const View& b, std::size_t target,
                               double usual_variance, LevelReading& r) const {
    if (recent_rows_ == 0 || rows_ < 2) return;
    const std::uint64_t last = source.last;
    SwingSums sums = swings_[target].sums();
    sums.add(source.at(last) - source.at(last - 1), b.at(last) - b.at(last - 1));
    if (sums.moves <= moves_min) return;
    const auto n = static_cast<double>(sums.rows);
    r.volatility = std::sqrt(sums.xx / n / usual_variance);
    const double sx = sums.xx - sums.x * sums.x / n, sy = sums.yy - sums.y * sums.y / n;
    if (sx > 0 && sy > 0) r.correlation = (sums.xy - sums.x * sums.y / n) / std::sqrt(sx * sy);
}

void LevelChannel::mark() {
    mark_ = rows_;
    if (rows_ == 0) return;
    source_at_mark_ = source_.path.at(rows_ - 1);
    for (std::size_t i = 0; i < targets_.size(); ++i)
        targets_at_mark_[i] = targets_[i].path.at(rows_ - 1);
}

double LevelChannel::fallen_anew(std::size_t target) const {
    if (mark_ == 0) return 0;
    const std::uint64_t last = rows_ - 1;
    const View source{source_, last, 0}, b{targets_[target], last, 0};
    const std::uint64_t from = oldest(rows_ - mark_);
    // Also false where a price is missing.
    if (!(source.at(last) < source_at_mark_ && b.at(last) < targets_at_mark_[target])) return 0;
    const double source_fall = fall(source.highest(from, last) - source.at(last));
    const double target_fall = fall(b.highest(from, last) - b.at(last));
    const double k = config_.threshold_factor;
    return std::min({ratio(source_fall, k * config_.source_fall),
                     ratio(target_fall, k * config_.target_fall),
                     ratio(joint(source_fall, target_fall), k * config_.joint_fall)});
}

}  // namespace contagiond::core
