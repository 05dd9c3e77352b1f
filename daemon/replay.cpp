#include "daemon/replay.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "core/decision_engine.hpp"
#include "daemon/replay_plan.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t batch_inputs = 64;
/// Files are silent this long only between stretches that do not belong together.
constexpr core::DurationNs pause_max = 3 * core::ns_per_day;

/// Of bars, so that a correlation over the shortest window has enough rows to exist.
constexpr core::DurationNs correlation_bars_min = 12;
constexpr core::DurationNs horizon_bars_min = 2;
/// Of bars, so that the slower statistics have something to go by.
constexpr core::DurationNs link_bars_min = 24;
constexpr core::DurationNs link_before_bars_min = 48;
constexpr core::DurationNs study_bars_min = 15;
/// The longest window there may be.
constexpr core::DurationNs link_longest = 7 * core::ns_per_day;
/// A price is stale when this many of its bars are missing.
constexpr core::DurationNs missing_bars_max = 2;

/// Whole bars, at least `bars_min`, rising and each once.
void fit_lengths(std::vector<core::DurationNs>& lengths, core::DurationNs bar,
                 core::DurationNs bars_min) {
    for (core::DurationNs& length : lengths)
        length = std::max(bars_min, (length + bar - 1) / bar) * bar;
    std::sort(lengths.begin(), lengths.end());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
}

/// The same for one length, but never above the longest there may be.
core::DurationNs fitted(core::DurationNs length, core::DurationNs bar, core::DurationNs bars_min) {
    const core::DurationNs whole = std::max(bars_min, (length + bar - 1) / bar) * bar;
    return std::min(whole, link_longest / bar * bar);
}

/// The engine; where nobody listens to its events, the one that tells its decisions alone.
class TellingEngine {
  public:
    TellingEngine(const core::EngineConfig& config, bool tells_measures) {
        if (tells_measures)
            whole_.emplace(config);
        else
            deciding_.emplace(config);
    }
    std::span<const core::Event> step(std::span<const core::Input> inputs) {
        return whole_ ? whole_->step(inputs) : deciding_->step(inputs);
    }
    const core::EngineConfig& config() const {
        return whole_ ? whole_->config() : deciding_->config();
    }

  private:
    std::optional<core::Engine> whole_;
    std::optional<core::DecisionEngine> deciding_;
};

class Replay {
  public:
    Replay(const ReplayOptions& options, const ReplayListener& listener)
        : listener_(listener), plan_(plan_replay(options, result_.report)) {
        result_.has_journal = !plan_->journals.empty();
        result_.config_name = plan_->config.name;
        result_.is_recorded_config = plan_->config.is_recorded;
        result_.differences = plan_->differences;
        start_engine();
        batch_.reserve(batch_inputs);
    }

    ReplayResult run() {
        core::Input input;
        while (!(listener_.enough && listener_.enough()) && plan_->source->next(input)) {
            tell_annotations();
            if (plan_->runs != nullptr) follow_header();
            if (!result_.has_journal) keep_time(input.ts_receive);
            pace(input.ts_receive);
            feed(input);
            ++result_.inputs;
            if (result_.ts_first == core::no_time) result_.ts_first = input.ts_receive;
            result_.ts_last = std::max(result_.ts_last, input.ts_receive);
        }
        if (!result_.has_journal && bar_end_ != core::no_time)
            feed(core::Input::make_clock(bar_end_ + 1));
        flush();
        tell_annotations();
        for (const JournalSource* journal : plan_->journals) {
            result_.journal += journal->reader().statistics();
            result_.journal_unreadable += journal->reader().unreadable();
        }
        return std::move(result_);
    }

  private:
    void start_engine() {
        engine_.emplace(plan_->config.engine, static_cast<bool>(listener_.event));
        context_.engine = &engine_->config();
        context_.mode = "replay";
        context_.version = CONTAGIOND_VERSION;
        context_.config_sha256 = plan_->config.sha256;
        context_.instance = plan_->config.instance;
        context_.external_url = plan_->config.external_url;
        result_.bar = plan_->config.engine.bar;
        bar_end_ = core::no_time;
        start_shadow();
    }

    void start_shadow() {
        shadow_.reset();
        if (!plan_->config.shadow) return;
        result_.shadow_name = plan_->config.shadow->name;
        if (!listener_.shadow_document) return;
        shadow_.emplace(plan_->config.shadow->engine);
        shadow_context_ = context_;
        shadow_context_.engine = &shadow_->config();
        shadow_context_.shadow = plan_->config.shadow->name;
        shadow_context_.config_sha256 = plan_->config.sha256;
        shadow_context_.external_url.clear();
    }

    /// What a recorded process was given is in the header before its inputs. A process that was
    /// started anew had a fresh engine; one that was given another shadow, that one afresh.
    void follow_header() {
        const core::JournalHeader* const header = plan_->runs->header();
        const bool is_new_run = plan_->runs->run_changed();
        const bool is_new_text = header != nullptr && header->config_text != plan_->config.text;
        if (!is_new_run && !is_new_text) return;
        flush();
        const std::string identity = plan_->config.engine.identity;
        if (header != nullptr) plan_->config = recorded_config(*header);
        const bool is_same_engine = plan_->config.engine.identity == identity;
        if (!is_new_run && is_same_engine) {
            start_shadow();
            return;
        }
        // The stretch that is replayed may begin under another header than the journal does.
        if (result_.inputs > 0) {
            ++result_.restarts;
            if (!is_same_engine) ++result_.configs;
        }
        start_engine();
    }

    /// Files hold no clock: time is told at the end of every bar. One nanosecond later, since what
    /// is stamped with the very end still belongs to the bar.
    void keep_time(core::TimeNs ts) {
        const core::DurationNs bar = plan_->config.engine.bar;
        if (bar_end_ != core::no_time && ts - bar_end_ > pause_max) {
            feed(core::Input::make_clock(bar_end_ + 1));
            flush();
            ++result_.restarts;
            start_engine();
        }
        if (bar_end_ == core::no_time) bar_end_ = (ts / bar + 1) * bar;
        for (; ts > bar_end_; bar_end_ += bar) {
            pace(bar_end_ + 1);
            feed(core::Input::make_clock(bar_end_ + 1));
        }
    }

    void pace(core::TimeNs ts) {
        if (!listener_.pace || ts <= paced_) return;
        flush();
        paced_ = ts;
        listener_.pace(ts);
    }

    void feed(const core::Input& input) {
        batch_.push_back(input);
        if (batch_.size() == batch_inputs) flush();
    }

    void flush() {
        if (batch_.empty()) return;
        for (const core::Event& event : engine_->step(batch_)) tell(event);
        if (shadow_)
            for (const core::Event& event : shadow_->step(batch_)) tell_shadow(event);
        batch_.clear();
    }

    /// All that was recorded before them has been fed: nobody is told of a later moment first.
    void tell_annotations() {
        std::vector<core::Annotation>& found = result_.report.annotations;
        if (found.empty()) return;
        flush();
        result_.annotations += found.size();
        if (listener_.annotation)
            for (const core::Annotation& annotation : found) listener_.annotation(annotation);
        found.clear();
    }

    void tell_shadow(const core::Event& event) {
        const auto* changed = std::get_if<core::EpisodeChanged>(&event);
        if (changed == nullptr) return;
        if (changed->episode->phase == core::EpisodePhase::opened) ++result_.shadow_episodes;
        ++result_.shadow_documents;
        listener_.shadow_document(sinks::alert_document(*changed->episode, shadow_context_));
    }

    void tell(const core::Event& event) {
        if (listener_.event) listener_.event(event, engine_->config());
        if (std::holds_alternative<core::BarClosed>(event)) ++result_.bars;
        const auto* changed = std::get_if<core::EpisodeChanged>(&event);
        if (changed == nullptr) return;
        if (changed->episode->phase == core::EpisodePhase::opened) ++result_.episodes;
        ++result_.documents;
        if (listener_.episode) listener_.episode(*changed->episode, context_);
        if (listener_.document)
            listener_.document(sinks::alert_document(*changed->episode, context_));
    }

    const ReplayListener& listener_;
    ReplayResult result_;
    std::unique_ptr<ReplayPlan> plan_;
    std::optional<TellingEngine> engine_;
    sinks::DocumentContext context_;
    std::optional<core::DecisionEngine> shadow_;  ///< of the configuration, if anybody listens
    sinks::DocumentContext shadow_context_;
    std::vector<core::Input> batch_;
    core::TimeNs bar_end_ = core::no_time;  ///< of the bar that is filling
    core::TimeNs paced_ = core::no_time;
};

}  // namespace

void fit_to_files(core::EngineConfig& config) {
    config.lateness = 0;
}

void fit_to_bars(core::EngineConfig& config, core::DurationNs interval,
                 const std::vector<core::DurationNs>& series_intervals) {
    for (std::size_t i = 0; i < series_intervals.size(); ++i) {
        core::DurationNs& bound = config.universe.instruments[i].staleness_bound;
        bound = std::max(bound, missing_bars_max * series_intervals[i]);
    }
    if (interval <= config.bar) return;
    config.bar = interval;
    fit_lengths(config.correlation_windows, interval, correlation_bars_min);
    fit_lengths(config.selloff_horizons, interval, horizon_bars_min);
    config.baseline_half_life = std::max(config.baseline_half_life, interval);
    config.correlation_half_life =
        std::max(config.correlation_half_life, correlation_bars_min * interval);
    config.link_window = fitted(config.link_window, interval, link_bars_min);
    config.link_before = fitted(config.link_before, interval, link_before_bars_min);
    config.study_interval = fitted(config.study_interval, interval, study_bars_min);
}

ReplayResult run_replay(const ReplayOptions& options, const ReplayListener& listener) {
    return Replay(options, listener).run();
}

}  // namespace contagiond::daemon
