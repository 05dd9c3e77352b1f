#include "core/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contagiond::core {
namespace {

/// A return over a longer closure counts as one over this: two days of variance, not a fortnight of
/// it.
constexpr DurationNs elapsed_max = 2 * ns_per_day;
/// A group is tainted when more of its weight than this is.
constexpr double tainted_weight_max = 0.25;
/// A window says nothing on fewer rows that both sides printed in, nor does what is usual: of two
/// rows anything looks usual.
constexpr std::uint32_t window_rows_min = 10;
constexpr double baseline_rows_min = 10;

std::uint32_t rows_of(DurationNs duration, DurationNs bar) {
    return static_cast<std::uint32_t>(std::max<DurationNs>(1, duration / bar));
}

std::vector<std::uint32_t> rows_of(const std::vector<DurationNs>& durations, DurationNs bar) {
    std::vector<std::uint32_t> rows;
    rows.reserve(durations.size());
    for (const DurationNs d : durations) rows.push_back(rows_of(d, bar));
    return rows;
}

std::uint32_t gap_rows_of(const Instrument& instrument, DurationNs bar) {
    return rows_of(std::max(Sampler::gap_bound, instrument.staleness_bound), bar);
}

LossScaleRules scale_rules(const EngineConfig& config, double gap_rows) {
    LossScaleRules rules;
    rules.half_life_rows =
        static_cast<double>(config.baseline_half_life) / static_cast<double>(config.bar);
    rules.gap_rows = gap_rows;
    return rules;
}

/// Every source against every target, target by target, by their series.
CorrelationLanes lanes_of(const EngineConfig& config) {
    const Universe& universe = config.universe;
    std::vector<CorrelationLanes::Pair> pairs;
    for (const InstrumentId target : config.targets) {
        for (const Member& member : universe.groups[config.source_group].members)
            pairs.push_back({member.instrument, target});
        pairs.push_back({universe.group_series(config.source_group), target});
    }
    std::vector<CorrelationLanes::Window> windows;
    for (const std::uint32_t rows : rows_of(config.correlation_windows, config.bar))
        windows.push_back({std::max(rows, 2u), std::max(window_rows_min, rows / 4)});
    return CorrelationLanes(pairs, windows);
}

}  // namespace

Evidence::Evidence(const EngineConfig& config)
    : config_(config),
      macro_(rows_of(config.selloff_horizons, config.bar),
             scale_rules(config, rows_of(Sampler::gap_bound, config.bar))),
      correlations_(lanes_of(config)),
      row_(config.universe.series_count()),
      elapsed_rows_max_(static_cast<double>(rows_of(elapsed_max, config.bar))),
      window_rows_(rows_of(config.correlation_windows, config.bar)),
      moves_(config.universe.series_count()),
      coverage_(config.universe.series_count(), 0.0),
      printed_(config.universe.series_count(), false),
      taints_(config.universe.instruments.size()) {
    for (Taint& taint : taints_) taint.at.fill(no_time);
    const Universe& universe = config.universe;
    const auto horizons = rows_of(config.selloff_horizons, config.bar);
    for (const Instrument& instrument : universe.instruments)
        series_.emplace_back(horizons, scale_rules(config, gap_rows_of(instrument, config.bar)),
                             LossWindows::Elapsed::whole);
    for (const Group& group : universe.groups) {
        std::uint32_t gap_rows = 1;
        for (const Member& member : group.members)
            gap_rows = std::max(gap_rows,
                                gap_rows_of(universe.instruments[member.instrument], config.bar));
        series_.emplace_back(horizons, scale_rules(config, gap_rows));
    }

    for (const Member& member : universe.groups[config.source_group].members)
        sources_.push_back(member.instrument);
    sources_.push_back(universe.group_series(config.source_group));
    const std::uint32_t longest = *std::max_element(window_rows_.begin(), window_rows_.end());
    const double half_life =
        static_cast<double>(config.correlation_half_life) / static_cast<double>(config.bar);
    for (const InstrumentId target : config.targets) {
        for (const SeriesId source : sources_) {
            Pair pair{source, target, EwmaCorrelation(half_life), {}};
            pair.usual_before.assign(longest + 1, Usual{});
            pairs_.push_back(std::move(pair));
        }
    }
}

void Evidence::taint(InstrumentId instrument, TaintCause cause, TimeNs ts) {
    if (instrument == no_id) {
        for (std::size_t i = 0; i < taints_.size(); ++i)
            taint(static_cast<InstrumentId>(i), cause, ts);
        return;
    }
    Taint& taint = taints_[instrument];
    TimeNs& at = taint.at[static_cast<std::size_t>(cause)];
    at = std::max(at, ts);
    taint.any = std::max(taint.any, ts);
    if (cause != TaintCause::stale) taint.but_stale = std::max(taint.but_stale, ts);
}

TaintCauses Evidence::taint_causes(InstrumentId instrument, DurationNs window) const {
    TaintCauses causes = 0;
    for (std::size_t c = 0; c < taint_cause_count; ++c) {
        const TimeNs at = taints_[instrument].at[c];
        if (at != no_time && at > ts_ - window)
            causes = static_cast<TaintCauses>(causes | taint_bit(static_cast<TaintCause>(c)));
    }
    return causes;
}

void Evidence::push(TimeNs ts, std::span<const Sample> samples) {
    ts_ = ts;
    ++rows_;
    push_instruments(samples);
    push_groups(samples);
    push_macro(samples);
    push_pairs();
}

void Evidence::push_instruments(std::span<const Sample> samples) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Sample& sample = samples[i];
        coverage_[i] = sample.alive ? 1.0 : 0.0;
        printed_[i] = sample.bar_return.has_value();
        moves_[i] = {sample.bar_return, sample.elapsed, sample.kind, sample.synchronous};
        if (sample.bar_return)
            series_[i].push(*sample.bar_return, std::min(sample.elapsed, elapsed_rows_max_));
        else
            series_[i].push_absent();
    }
}

void Evidence::push_groups(std::span<const Sample> samples) {
    const Universe& universe = config_.universe;
    for (std::size_t g = 0; g < universe.groups.size(); ++g) {
        const SeriesId series = universe.group_series(g);
        const bool was_alive = coverage_[series] > 0;
        const GroupReturn move = group_return(universe.groups[g], samples, was_alive);
        coverage_[series] = move.coverage;
        printed_[series] = move.printed >= 0.5;
        const ReturnKind kind = move.gap             ? ReturnKind::gap
                                : move.elapsed > 1.0 ? ReturnKind::catch_up
                                                     : ReturnKind::bar;
        moves_[series] = {move.y, move.elapsed, kind, move.synchronous};
        if (move.y)
            series_[series].push(*move.y, std::min(move.elapsed, elapsed_rows_max_),
                                 move.printed >= 0.5);
        else
            series_[series].push_absent();
    }
}

void Evidence::push_macro(std::span<const Sample> samples) {
    // Controls in their own sigma, so that a dollar index and a gold price weigh the same; down is
    // hawkish.
    double move = 0, elapsed = 0, printed = 0, alive = 0;
    controls_fresh_ = false;
    for (const Control& control : config_.controls) {
        const Sample& sample = samples[control.instrument];
        if (sample.open && !sample.stale) controls_fresh_ = true;
        const auto scale = series_[control.instrument].scale();
        if (!sample.alive || !scale) continue;
        alive += 1;
        if (!sample.bar_return || sample.kind == ReturnKind::gap) continue;
        printed += 1;
        move += control.sign * *sample.bar_return / *scale;
        elapsed += sample.elapsed;
    }
    if (printed > 0)
        macro_.push(move / alive, elapsed / alive, printed >= 0.5 * alive);
    else
        macro_.push_absent();
}

void Evidence::push_pairs() {
    for (std::size_t i = 0; i < row_.size(); ++i)
        row_[i] = moves_[i].synchronous ? *moves_[i].log_return
                                        : std::numeric_limits<double>::quiet_NaN();
    correlations_.push(row_);
    for (Pair& pair : pairs_) {
        const Move& x = moves_[pair.source];
        const Move& y = moves_[pair.target];
        if (x.synchronous && y.synchronous) {
            pair.usual.push(*x.log_return, *y.log_return);
        } else {
            pair.usual.push_absent();
        }
        pair.usual_before[rows_ % pair.usual_before.size()] = {pair.usual.value(),
                                                               pair.usual.effective_rows()};
    }
}

LegMeasure Evidence::leg(SeriesId series, std::size_t horizon) const {
    const LossWindows& windows = series_[series];
    return {windows.log_return(horizon), windows.loss_sigma(horizon),
            windows.loss_one_way(horizon)};
}

LegMeasure Evidence::macro_leg(std::size_t horizon) const {
    return {macro_.log_return(horizon), macro_.loss_sigma(horizon), macro_.loss_one_way(horizon)};
}

std::optional<double> Evidence::control_loss_sigma(std::size_t control, std::size_t horizon) const {
    const Control& c = config_.controls[control];
    const auto loss = series_[c.instrument].loss_sigma(horizon);
    if (!loss) return std::nullopt;
    return c.sign * *loss;
}

std::optional<double> Evidence::drawdown(SeriesId series, std::size_t horizon) const {
    return series_[series].drawdown(horizon);
}

bool Evidence::touched(SeriesId series, DurationNs window, bool stale_counts) const {
    const auto is_touched = [&](InstrumentId instrument) {
        const Taint& taint = taints_[instrument];
        const TimeNs at = stale_counts ? taint.any : taint.but_stale;
        return at != no_time && at > ts_ - window;
    };
    if (!config_.universe.is_group(series)) return is_touched(series);
    double all = 0, touched = 0;
    for (const Member& member : config_.universe.group_of(series).members) {
        all += member.weight;
        if (is_touched(member.instrument)) touched += member.weight;
    }
    return touched > tainted_weight_max * all;
}

CorrelationMeasured Evidence::correlation(std::size_t index, std::size_t window) const {
    const Pair& pair = pairs_[index];
    CorrelationMeasured measured{};
    measured.ts = ts_;
    measured.source = pair.source;
    measured.target = pair.target;
    measured.window = static_cast<std::uint8_t>(window);
    measured.value = correlations_.value(index, window);
    measured.effective_samples = correlations_.rows(index, window);
    measured.standard_error =
        standard_error_of(measured.value, static_cast<double>(measured.effective_samples));
    // What was usual before this window began: the window itself must not enter its own yardstick.
    const std::uint32_t back = window_rows_[window];
    if (rows_ > back) {
        const Usual& usual = pair.usual_before[(rows_ - back) % pair.usual_before.size()];
        if (usual.value && usual.effective_rows >= baseline_rows_min) {
            measured.baseline = usual.value;
            measured.baseline_effective_samples = usual.effective_rows;
        }
    }
    const DurationNs length = config_.correlation_windows[window];
    measured.tainted = pair_tainted(pair.source, pair.target, length);
    return measured;
}

}  // namespace contagiond::core
