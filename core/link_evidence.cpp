#include "core/link_evidence.hpp"

#include <algorithm>
#include <cmath>

namespace contagiond::core {
namespace {

constexpr SpilloverRules spillover_rules{1, 10};
/// A spillover is told until it is this many study rounds old.
constexpr DurationNs spillover_rounds = 2;
/// Lags looked at on either side of 0: four minutes of ten-second bars.
constexpr DurationNs asymmetry_reach = 4 * ns_per_min;
/// Of the source's rows. A series that has fewer would take most of them with it.
constexpr double shared_rows_min = 0.5;

std::size_t rows_of(DurationNs window, DurationNs bar) {
    return static_cast<std::size_t>(std::max<DurationNs>(2, window / bar));
}

LagAsymmetryRules asymmetry_rules(const EngineConfig& config) {
    LagAsymmetryRules rules;
    const std::size_t lags = rows_of(asymmetry_reach, config.bar);
    rules.lags = static_cast<std::uint32_t>(
        std::clamp<std::size_t>(lags, 1, rows_of(config.link_window, config.bar) / 4 + 1));
    return rules;
}

/// Both of one length.
bool shares_rows(std::span<const double> source, std::span<const double> other) {
    double rows = 0, shared = 0;
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (!std::isfinite(source[i])) continue;
        rows += 1;
        if (std::isfinite(other[i])) shared += 1;
    }
    return shared >= shared_rows_min * rows;
}

}  // namespace

LinkEvidence::LinkEvidence(const EngineConfig& config)
    : config_(config),
      rows_now_(rows_of(config.link_window, config.bar)),
      rows_before_(rows_of(config.link_before, config.bar)),
      source_(config.universe.group_series(config.source_group), rows_now_ + rows_before_,
              config.bar),
      partial_(rows_now_, std::max<std::size_t>(config.controls.size(), 1)),
      asymmetry_(asymmetry_rules(config), rows_now_),
      asymmetry_x_(rows_now_),
      asymmetry_y_(rows_now_),
      received_(config.targets.size()),
      given_(config.targets.size()) {
    targets_.reserve(config.targets.size());
    for (const InstrumentId target : config.targets)
        targets_.emplace_back(target, rows_now_ + rows_before_, config.bar);
    controls_.reserve(config.controls.size());
    for (const Control& control : config.controls)
        controls_.emplace_back(control.instrument, rows_now_, config.bar);
    kept_controls_.reserve(config.controls.size());
    spillovers_.reserve(targets_.size());
    for (std::size_t n = 1; n <= targets_.size(); ++n)
        spillovers_.emplace_back(n + 1, spillover_rows, spillover_rules);
    kept_series_.reserve(config.controls.size());
    spillover_columns_.reserve(targets_.size() + 1);
    spillover_targets_.reserve(targets_.size());
}

LinkEvidence::Watched::Watched(SeriesId id, std::size_t row_count, DurationNs bar)
    : series(id), rows(row_count), rollup(bar, ns_per_min), minutes(spillover_rows) {}

void LinkEvidence::Watched::push(TimeNs ts, const Evidence& evidence) {
    const Evidence::Move& move = evidence.move(series);
    rows.push(move.synchronous ? move.log_return : std::nullopt);
    if (const auto row =
            rollup.push(ts, move.log_return, move.elapsed, move.kind == ReturnKind::gap))
        minutes.push(row->own_return());
}

void LinkEvidence::push(TimeNs ts, const Evidence& evidence) {
    ts_ = ts;
    source_.push(ts, evidence);
    for (Watched& target : targets_) target.push(ts, evidence);
    for (Watched& control : controls_) control.push(ts, evidence);
}

LinkMeasured LinkEvidence::measure(std::size_t target_position, const Evidence& evidence) {
    const Watched& target = targets_[target_position];
    LinkMeasured link{};
    link.ts = ts_;
    link.source = source_.series;
    link.target = config_.targets[target_position];
    measure_partial(target, link);
    measure_change(target, link);
    measure_asymmetry(target, evidence, link);
    const DurationNs round = std::max(config_.study_interval, config_.bar);
    if (ts_spillover_ != no_time && ts_ - ts_spillover_ <= spillover_rounds * round) {
        link.spillover_received = received_[target_position];
        link.spillover_given = given_[target_position];
    }
    link.tainted = tainted(link, evidence);
    return link;
}

bool LinkEvidence::tainted(const LinkMeasured& link, const Evidence& evidence) const {
    const bool any_spillover = link.spillover_received || link.spillover_given;
    const DurationNs spillover = any_spillover ? spillover_window(config_.bar) : 0;
    const DurationNs longest = std::max(config_.link_window + config_.link_before, spillover);
    if (evidence.pair_tainted(link.source, link.target, longest)) return true;
    if (any_spillover)
        for (const std::size_t target : spillover_targets_)
            if (evidence.tainted(targets_[target].series, spillover)) return true;
    return std::any_of(kept_series_.begin(), kept_series_.end(), [&](SeriesId control) {
        return evidence.tainted(control, config_.link_window);
    });
}

void LinkEvidence::measure_partial(const Watched& target, LinkMeasured& link) {
    const std::span<const double> x = source_.rows.last(rows_now_);
    const std::span<const double> y = target.rows.last(rows_now_);
    kept_controls_.clear();
    kept_series_.clear();
    for (const Watched& control : controls_) {
        const std::span<const double> rows = control.rows.last(x.size());
        if (rows.size() != x.size() || !shares_rows(x, rows)) continue;
        kept_controls_.push_back(rows);
        kept_series_.push_back(control.series);
    }
    // With nothing to take out it would be the plain correlation under a better name.
    if (kept_controls_.empty() || x.size() != y.size()) return;
    const PartialCorrelationValue value = partial_.measure(x, y, kept_controls_);
    link.partial_samples = static_cast<std::uint32_t>(value.n);
    link.controls_kept = static_cast<std::uint8_t>(std::min<std::uint64_t>(value.k_eff, 255));
    if (value.k_eff == 0) return;
    link.partial = value.rho;
    link.partial_p = value.p;
    if (value.rho && value.df)
        link.partial_standard_error =
            (1 - *value.rho * *value.rho) / std::sqrt(static_cast<double>(*value.df));
}

void LinkEvidence::measure_change(const Watched& target, LinkMeasured& link) const {
    const std::span<const double> x = source_.rows.last(rows_now_ + rows_before_);
    const std::span<const double> y = target.rows.last(rows_now_ + rows_before_);
    if (x.size() != y.size() || x.size() <= rows_now_) return;
    const std::size_t before = x.size() - rows_now_;
    const SourceWindow low = source_window(x.first(before), y.first(before));
    const SourceWindow high = source_window(x.last(rows_now_), y.last(rows_now_));
    const ForbesRigobon change = forbes_rigobon(low, high);
    link.rho_before = low.rho;
    link.rho_now = high.rho;
    link.rho_adjusted = change.rho_adjusted;
    link.change_z = change.z;
    link.change_p = change.p;
    link.samples_before = static_cast<std::uint32_t>(low.n.value_or(0));
    link.samples_now = static_cast<std::uint32_t>(high.n.value_or(0));
}

void LinkEvidence::measure_asymmetry(const Watched& target, const Evidence& evidence,
                                     LinkMeasured& link) {
    const auto scale_x = evidence.scale(source_.series), scale_y = evidence.scale(target.series);
    const std::span<const double> x = source_.rows.last(rows_now_);
    const std::span<const double> y = target.rows.last(rows_now_);
    if (!scale_x || !scale_y || x.size() != y.size()) return;
    for (std::size_t i = 0; i < x.size(); ++i) {
        asymmetry_x_[i] = std::isfinite(x[i]) ? std::optional(x[i] / *scale_x) : std::nullopt;
        asymmetry_y_[i] = std::isfinite(y[i]) ? std::optional(y[i] / *scale_y) : std::nullopt;
    }
    asymmetry_.measure(std::span(asymmetry_x_).first(x.size()),
                       std::span(asymmetry_y_).first(x.size()));
    link.asymmetry_samples = static_cast<std::uint32_t>(asymmetry_.rows());
    // Fewer rows than lags on both sides together say nothing of an order.
    if (asymmetry_.rows() > 2 * std::size_t{asymmetry_rules(config_).lags})
        link.asymmetry = asymmetry_.asymmetry();
}

void LinkEvidence::measure_spillover() {
    ts_spillover_ = ts_;
    const std::span<const double> source = source_.minutes.last(spillover_rows);
    spillover_targets_.clear();
    spillover_columns_.clear();
    spillover_columns_.push_back(source);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const std::span<const double> rows = targets_[i].minutes.last(spillover_rows);
        if (rows.size() != source.size() || !shares_rows(source, rows)) continue;
        spillover_targets_.push_back(i);
        spillover_columns_.push_back(rows);
    }
    std::fill(received_.begin(), received_.end(), std::nullopt);
    std::fill(given_.begin(), given_.end(), std::nullopt);
    if (spillover_targets_.empty()) return;
    const Spillover* const spillover =
        spillovers_[spillover_targets_.size() - 1].measure(spillover_columns_);
    if (!spillover) return;
    for (std::size_t k = 0; k < spillover_targets_.size(); ++k) {
        received_[spillover_targets_[k]] = spillover->share(k + 1, 0);
        given_[spillover_targets_[k]] = spillover->share(0, k + 1);
    }
}

}  // namespace contagiond::core
