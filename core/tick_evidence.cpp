#include "core/tick_evidence.hpp"

#include <algorithm>

#include "core/elementary.hpp"

namespace contagiond::core {
namespace {

constexpr std::size_t no_place = static_cast<std::size_t>(-1);
/// Finest step in time of a lead. Several ticks a second each side would make a study of it that
/// takes longer than a bar may wait.
constexpr DurationNs lead_resolution = 500 * ns_per_ms;
constexpr DurationNs lead_block = 30 * ns_per_s;
constexpr std::size_t lead_blocks_min = 15;
/// Places of the window's sums begin so far apart at least.
constexpr DurationNs sums_resolution = ns_per_s;
/// A standard error is told with the correlation until it is this many study rounds old.
constexpr DurationNs error_rounds = 2;

LeadLagStudyOptions study_options(const EngineConfig& config) {
    LeadLagStudyOptions options;
    options.resolution = lead_resolution;
    options.ticks_max = static_cast<std::size_t>(config.tick_window / lead_resolution) + 2;
    options.blocks =
        std::max(static_cast<std::size_t>(config.tick_window / lead_block), lead_blocks_min);
    return options;
}

LeadVerdict verdict_of(NoLead reason) {
    switch (reason) {
        case NoLead::none:
            return LeadVerdict::led;
        case NoLead::too_few_ticks:
            return LeadVerdict::too_few_ticks;
        case NoLead::no_variance:
            return LeadVerdict::no_variance;
        case NoLead::not_significant:
            return LeadVerdict::not_significant;
        case NoLead::spans_zero:
            return LeadVerdict::spans_zero;
        case NoLead::at_the_edge:
            return LeadVerdict::at_the_edge;
        case NoLead::finer_than_ticks:
            return LeadVerdict::finer_than_ticks;
    }
    return LeadVerdict::too_few_ticks;
}

}  // namespace

TickEvidence::TickEvidence(const EngineConfig& config, std::span<const SeriesId> sources,
                           bool correlates)
    : config_(config),
      place_of_(config.universe.instruments.size(), no_place),
      member_of_(config.universe.instruments.size()),
      group_place_(sources.size() - 1),
      study_(study_options(config)) {
    const auto add = [&](SeriesId series, bool is_source) {
        if (!config.universe.is_group(series)) place_of_[series] = series_.size();
        series_.push_back({series, TickTape({config.tick_window, lead_resolution}), {}, is_source});
    };
    for (const SeriesId source : sources) add(source, true);
    for (const InstrumentId target : config.targets) add(target, false);

    const Group& group = config.universe.groups[config.source_group];
    double all = 0;
    for (const Member& member : group.members) all += member.weight;
    for (const Member& member : group.members)
        member_of_[member.instrument].weight += member.weight / all;

    TimeWindow window;
    window.length = config.tick_window;
    window.resolution = sums_resolution;
    pairs_.reserve(config.targets.size() * sources.size());
    for (std::size_t target = sources.size(); target < series_.size(); ++target) {
        for (std::size_t source = 0; source < sources.size(); ++source) {
            if (correlates) {
                series_[source].pairs.push_back(pairs_.size());
                series_[target].pairs.push_back(pairs_.size());
            }
            pairs_.push_back(
                {source, target, HayashiYoshida(window), std::nullopt, std::nullopt, no_time});
        }
    }
}

void TickEvidence::tick(const StreamTick& tick) {
    const std::size_t place = place_of_[tick.instrument];
    const KnownReturn none{};
    const KnownReturn& known =
        place != no_place ? push(place, tick.ts, tick.price, tick.restarts) : none;
    if (member_of_[tick.instrument].weight > 0) move_index(tick.instrument, tick, known);
}

const KnownReturn& TickEvidence::push(std::size_t place, TimeNs ts, double price, bool restarts) {
    Series& series = series_[place];
    if (restarts) {
        series.tape.restart();
        series.price = 0;
    }
    series.tape.push(ts, price);
    // A pair that did not take every tick has another return, and finds that the prices differ.
    if (ts != series.ts) series.price_before = series.price;
    series.ts = ts;
    series.price = price;
    series.last = {};
    if (series.price_before > 0)
        series.last = {series.price_before, price, log_return(series.price_before, price)};
    const auto side = series.is_source ? HayashiYoshida::Side::x : HayashiYoshida::Side::y;
    for (const std::size_t pair : series.pairs) {
        if (restarts) pairs_[pair].correlation.restart();
        pairs_[pair].correlation.tick(side, ts, price, series.last);
    }
    return series.last;
}

void TickEvidence::move_index(InstrumentId instrument, const StreamTick& tick,
                              const KnownReturn& known) {
    MemberState& member = member_of_[instrument];
    const double before = tick.restarts ? 0 : member.price;
    member.price = tick.price;
    if (before <= 0) return;
    index_path_ += member.weight *
                   (known.is_of(before, tick.price) ? known.value : log_return(before, tick.price));
    ts_index_ = std::max(ts_index_, tick.ts);
    push(group_place_, ts_index_, elementary::exp(index_path_), false);
}

bool TickEvidence::enough_returns(const Series& series, TimeNs ts) const {
    return series.tape.view(ts).size() > returns_min;
}

TickCorrelationMeasured TickEvidence::correlation(std::size_t index, TimeNs ts) {
    Pair& pair = pairs_[index];
    const HayashiYoshidaValue value = pair.correlation.value_at(ts);
    TickCorrelationMeasured measured{};
    measured.ts = ts;
    measured.source = series_[pair.source].series;
    measured.target = series_[pair.target].series;
    measured.effective_samples = static_cast<std::uint32_t>(value.products);
    if (!enough_returns(series_[pair.source], ts) || !enough_returns(series_[pair.target], ts))
        return measured;
    measured.value = value.rho;
    if (pair.ts_study != no_time && ts - pair.ts_study <= error_rounds * config_.study_interval)
        measured.standard_error = pair.standard_error;
    return measured;
}

const LeadMeasured& TickEvidence::measure_lead(std::size_t index, TimeNs ts) {
    const Pair& pair = pairs_[index];
    return keep_lead(
        index, ts,
        study_.measure(series_[pair.source].tape.view(ts), series_[pair.target].tape.view(ts),
                       ts - config_.tick_window, ts));
}

const LeadMeasured& TickEvidence::measure_verdict(std::size_t index, TimeNs ts) {
    const Pair& pair = pairs_[index];
    return keep_lead(
        index, ts,
        study_.measure_verdict(series_[pair.source].tape.view(ts),
                               series_[pair.target].tape.view(ts), ts - config_.tick_window, ts));
}

const LeadMeasured& TickEvidence::keep_lead(std::size_t index, TimeNs ts,
                                            const LeadLagStudyValue& value) {
    Pair& pair = pairs_[index];
    LeadMeasured measured{};
    measured.ts = ts;
    measured.source = series_[pair.source].series;
    measured.target = series_[pair.target].series;
    measured.verdict = verdict_of(value.no_lead);
    if (value.theta) measured.seconds = to_seconds(*value.theta);
    if (value.interval95) {
        measured.seconds_low = to_seconds(value.interval95->lower);
        measured.seconds_high = to_seconds(value.interval95->upper);
    }
    measured.correlation = value.rho_theta;
    measured.correlation_standard_error = value.rho_theta_se;
    measured.ratio = value.llr;
    measured.ticks_source = static_cast<std::uint32_t>(value.returns_x);
    measured.ticks_target = static_cast<std::uint32_t>(value.returns_y);
    pair.standard_error = value.rho_zero_se;
    pair.ts_study = ts;
    pair.lead = measured;
    return *pair.lead;
}

}  // namespace contagiond::core
