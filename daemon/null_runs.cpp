#include "daemon/null_runs.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "core/detector.hpp"
#include "core/group_return.hpp"
#include "core/index_path.hpp"
#include "core/level_channel.hpp"
#include "core/sampler.hpp"
#include "daemon/evaluate_runs.hpp"

namespace contagiond::daemon {
namespace {

using core::TimeNs;

/// One factor's detector.
struct Judge {
    Judge(const core::EngineConfig& c, double factor)
        : config(with_factor(c.detector, factor)), detector(config, c.targets.size()) {}

    static core::DetectorConfig with_factor(core::DetectorConfig d, double factor) {
        d.threshold_factor = factor;
        return d;
    }

    core::DetectorConfig config;
    core::Detector detector;
    /// The channel as it stood at the last opening, which it has marked, and carried on while the
    /// cooldown lasts: what has fallen anew since is asked of it.
    std::optional<core::LevelChannel> since_opening;
    TimeNs on_at = 0;  ///< last moment at the enter score
    std::vector<TimeNs> openings;
};

/// One configuration at every factor.
class Bench {
  public:
    Bench(const core::EngineConfig& config, const std::vector<double>& factors)
        : config_(config),
          source_(config_.universe.groups[config_.source_group]),
          index_(config_.universe, source_, config_.bar),
          channel_(Judge::with_factor(config_.detector, factors.front()), config_.bar,
                   config_.targets.size()),
          paths_(config_.targets.size()),
          levels_(config_.targets.size()),
          readings_(config_.targets.size()),
          warm_rows_(config_.targets.size(), 0),
          warmup_rows_(
              static_cast<double>(std::max<std::int64_t>(1, config_.warmup / config_.bar))),
          window_rows_(static_cast<std::uint64_t>(config_.detector.level_window /
                                                  std::max(config_.bar, core::ns_per_min))) {
        judges_.reserve(factors.size());
        for (const double factor : factors) judges_.emplace_back(config_, factor);
    }

    void push(TimeNs ts, std::span<const core::Sample> samples) {
        index_.push(ts, samples);
        const core::GroupReturn group = core::group_return(source_, samples, was_alive_);
        was_alive_ = group.coverage > 0;
        const bool suspended = !index_.alive() || group.coverage < core::source_coverage_min;
        for (std::size_t i = 0; i < paths_.size(); ++i) {
            const core::Sample& sample = samples[config_.targets[i]];
            paths_[i] = sample.has_price ? std::optional(sample.return_since_open) : std::nullopt;
            if (!suspended && sample.bar_return) ++warm_rows_[i];
        }
        // Levels change with a row alone, so that nothing opens in between.
        if (!channel_.push(ts, index_.path(), paths_)) return;
        for (Judge& judge : judges_) {
            if (!judge.since_opening) continue;
            judge.since_opening->push(ts, index_.path(), paths_);
            if (ts - judge.on_at > judge.config.cooldown) judge.since_opening.reset();
        }
        judge_row(ts, samples, suspended);
    }

    std::vector<Judge>& judges() { return judges_; }

  private:
    /// Whether the source stands so far below its high that the mildest factor could see more than
    /// the exit score. Reading a row costs a walk over the window; most rows can be spared it.
    bool source_fell(double source) {
        while (!highs_.empty() && highs_.back().second <= source) highs_.pop_back();
        highs_.emplace_back(row_, source);
        if (highs_.front().first + window_rows_ < row_) highs_.pop_front();
        ++row_;
        const core::DetectorConfig& d = judges_.front().config;
        const double score_per_fall = d.enter_score / (d.threshold_factor * d.source_fall);
        return (highs_.front().second - source) * score_per_fall >= d.exit_score;
    }

    void judge_row(TimeNs ts, std::span<const core::Sample> samples, bool suspended) {
        const bool fallen = source_fell(index_.path());
        for (std::size_t i = 0; i < paths_.size(); ++i) {
            const core::Sample& sample = samples[config_.targets[i]];
            const bool judgeable = sample.open && !sample.stale && sample.has_price;
            levels_[i] = std::nullopt;
            readings_[i] = {};
            readings_[i].warmup = std::min(1.0, static_cast<double>(warm_rows_[i]) / warmup_rows_);
            if (suspended || !judgeable) continue;
            // Any score below the exit is as good as another.
            readings_[i].score = core::Score{};
            if (!fallen) continue;
            levels_[i] = channel_.read(i);
            if (!levels_[i]) readings_[i].score = std::nullopt;
            if (!levels_[i]) continue;
            // The mildest comes first: where it sees nothing, no stricter one does.
            set_score(readings_[i], judges_.front().config, *levels_[i]);
        }
        core::Reading reading;
        reading.ts = ts;
        reading.suspended = suspended;
        reading.targets = readings_;
        for (Judge& judge : judges_) {
            for (std::size_t i = 0; i < readings_.size(); ++i) {
                core::TargetReading& r = readings_[i];
                if (!levels_[i] || r.score->value < judge.config.exit_score) continue;
                set_score(r, judge.config, *levels_[i]);
                if (r.score->value < judge.config.enter_score) continue;
                judge.on_at = ts;
                // The channel is the mildest factor's; what has fallen is told against thresholds.
                r.fallen_anew = 0;
                if (judge.since_opening)
                    r.fallen_anew = judge.since_opening->fallen_anew(i) *
                                    judges_.front().config.threshold_factor /
                                    judge.config.threshold_factor;
            }
            const core::Verdict verdict = judge.detector.step(reading);
            if (verdict.change != core::EpisodePhase::opened) continue;
            judge.since_opening.emplace(channel_);
            judge.since_opening->mark();
            judge.openings.push_back(ts);
        }
    }

    static void set_score(core::TargetReading& r, const core::DetectorConfig& config,
                          const core::LevelReading& levels) {
        const core::LevelScore score = core::score_levels(config, levels);
        r.score = core::Score{score.value, score.limiting, levels.target_fall};
    }

    core::EngineConfig config_;
    const core::Group& source_;
    core::IndexPath index_;
    core::LevelChannel channel_;
    std::vector<Judge> judges_;
    std::vector<std::optional<double>> paths_;
    std::vector<std::optional<core::LevelReading>> levels_;
    std::vector<core::TargetReading> readings_;
    std::vector<std::uint64_t> warm_rows_;
    double warmup_rows_;
    std::deque<std::pair<std::uint64_t, double>> highs_;  ///< falling: rows that may be the highest
    std::uint64_t row_ = 0;
    std::uint64_t window_rows_;
    bool was_alive_ = false;
};

/// One month through all benches; openings before it counts are left out.
void run_month(const core::EngineConfig& market_config, const demo::NullSettings& settings,
               std::span<Bench* const> benches) {
    demo::NullMarket market(market_config, settings);
    core::Sampler sampler(market_config.universe, market_config.bar);
    std::vector<core::Sample> samples(market_config.universe.instruments.size());
    std::vector<core::Input> prints;
    while (market.next(prints)) {
        for (const core::Input& print : prints) sampler.take(print, market.ts(), false);
        sampler.close_bar(market.ts(), samples);
        for (Bench* bench : benches) bench->push(market.ts(), samples);
    }
    for (Bench* bench : benches)
        for (Judge& judge : bench->judges())
            std::erase_if(judge.openings, [&](TimeNs t) { return t <= market.counted_from(); });
}

}  // namespace

std::vector<std::vector<std::uint64_t>> count_null_episodes(const NullRun& run) {
    const core::EngineConfig market = demo::null_config(run.market);
    std::vector<core::EngineConfig> configs;
    for (const core::EngineConfig& config : run.configs)
        configs.push_back(demo::null_config(config));
    std::vector<std::vector<std::uint64_t>> counts(
        configs.size(), std::vector<std::uint64_t>(run.factors.size(), 0));
    std::mutex lock;
    in_parallel(run.months, run.jobs, [&](std::size_t month) {
        std::vector<std::unique_ptr<Bench>> benches;
        std::vector<Bench*> pointers;
        for (const core::EngineConfig& config : configs) {
            benches.push_back(std::make_unique<Bench>(config, run.factors));
            pointers.push_back(benches.back().get());
        }
        run_month(market, {run.seed, run.first_month + month, run.link}, pointers);
        const std::lock_guard hold(lock);
        for (std::size_t c = 0; c < benches.size(); ++c)
            for (std::size_t f = 0; f < run.factors.size(); ++f)
                counts[c][f] += benches[c]->judges()[f].openings.size();
    });
    return counts;
}

std::vector<std::vector<TimeNs>> null_openings(const core::EngineConfig& config,
                                               const std::vector<double>& factors,
                                               const demo::NullSettings& settings) {
    const core::EngineConfig fitted = demo::null_config(config);
    Bench bench(fitted, factors);
    const std::array<Bench*, 1> benches = {&bench};
    run_month(fitted, settings, benches);
    std::vector<std::vector<TimeNs>> openings;
    for (Judge& judge : bench.judges()) openings.push_back(std::move(judge.openings));
    return openings;
}

}  // namespace contagiond::daemon
