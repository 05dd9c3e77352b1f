#include "daemon/sinks/shadow.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/decision_engine.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::size_t alerts_kept = 500;

ShadowStep make_engine(const core::EngineConfig& config) {
    // A function must be copyable, an engine is not.
    return [engine = std::make_shared<core::DecisionEngine>(config)](
               std::span<const core::Input> inputs) { return engine->step(inputs); };
}

nlohmann::ordered_json time_json(core::TimeNs ts) {
    if (ts == core::no_time) return nullptr;
    return rfc3339(ts);
}

}  // namespace

/// One shadow from its start to its replacement.
struct Shadow::Run {
    ShadowSettings settings;
    DocumentContext context;
    ShadowStep step;  ///< empty once it has failed
    std::string error;
    bool warm = false;  ///< some target can be judged
    core::TimeNs since = core::no_time;
    core::TimeNs last_opened_at = core::no_time;
    core::TimeNs ts = core::no_time;  ///< of the last input
    std::uint64_t alerts = 0, alerts_live = 0, inputs_lost = 0;
    AlertList list{alerts_kept};
    using Kind = std::pair<core::Rule, core::Severity>;
    std::map<std::string, Kind, std::less<>> open;  ///< by episode id
};

Shadow::Shadow(std::optional<ShadowSettings> settings, DocumentContext context, ShadowDoors doors)
    : context_(std::move(context)), doors_(std::move(doors)) {
    wants_inputs_ = settings.has_value();
    start(std::move(settings));
}
Shadow::~Shadow() = default;

Shadow::Tally& Shadow::tally(core::Rule rule, core::Severity severity) {
    return tallies_[static_cast<std::size_t>(rule)][static_cast<std::size_t>(severity)];
}
const core::Counter& Shadow::alerts(core::Rule rule, core::Severity severity) const {
    return tallies_[static_cast<std::size_t>(rule)][static_cast<std::size_t>(severity)].opened;
}
const core::Gauge& Shadow::active(core::Rule rule, core::Severity severity) const {
    return tallies_[static_cast<std::size_t>(rule)][static_cast<std::size_t>(severity)].active;
}

bool Shadow::wants(const core::Event& event) const {
    return wants_inputs() && std::holds_alternative<core::EpisodeChanged>(event);
}

void Shadow::start(std::optional<ShadowSettings> settings) {
    std::unique_ptr<Run> run;
    if (settings) {
        run = std::make_unique<Run>();
        run->settings = *std::move(settings);
        run->context = context_;
        run->context.engine = &run->settings.engine;
        run->context.shadow = run->settings.name;
        run->context.config_sha256 = run->settings.config_sha256;
        run->context.external_url.clear();
        run->step = doors_.make_engine ? doors_.make_engine(run->settings.engine)
                                       : make_engine(run->settings.engine);
    }
    for (auto& of_rule : tallies_)
        for (Tally& tally : of_rule) tally.active.set(0);
    const std::lock_guard lock(mutex_);
    run_ = std::move(run);
    running_ = run_ != nullptr;
}

void Shadow::replace_at_mark(std::optional<ShadowSettings> settings) {
    const std::lock_guard lock(mutex_);
    wants_inputs_ = settings.has_value();
    next_.push_back(std::move(settings));
}

void Shadow::take_mark() {
    std::optional<ShadowSettings> next;
    {
        const std::lock_guard lock(mutex_);
        if (next_.empty()) return;
        next = std::move(next_.front());
        next_.pop_front();
    }
    start(std::move(next));
}

void Shadow::consume(std::span<const Item> items) {
    for (const Item& item : items) {
        if (const auto* input = std::get_if<core::Input>(&item)) {
            batch_.push_back(*input);
        } else if (const auto* event = std::get_if<core::Event>(&item)) {
            const auto* change = std::get_if<core::EpisodeChanged>(event);
            const std::lock_guard lock(mutex_);
            if (run_ && change && change->episode->phase == core::EpisodePhase::opened)
                ++run_->alerts_live;
        } else {
            feed();
            take_mark();
        }
    }
    feed();
}

void Shadow::feed() {
    // Only this thread replaces the run.
    Run* const run = run_.get();
    if (run == nullptr || !run->step || batch_.empty()) {
        batch_.clear();
        return;
    }
    try {
        tell_gap(*run);
        const std::span<const core::Event> events = run->step(batch_);
        const std::lock_guard lock(mutex_);
        if (run->since == core::no_time) run->since = batch_.front().ts_receive;
        run->ts = std::max(run->ts, batch_.back().ts_receive);
        for (const core::Event& event : events) {
            if (const auto* change = std::get_if<core::EpisodeChanged>(&event))
                tell(*run, *change->episode);
            else if (const auto* target = std::get_if<core::TargetAssessed>(&event))
                run->warm = run->warm || target->warmup >= 1;
        }
    } catch (const std::exception& error) {
        fail(*run, error.what());
    } catch (...) {
        fail(*run, "an unknown error");
    }
    batch_.clear();
}

/// Inputs that were lost on the way are holes in every feed, so that what rests on them says so.
void Shadow::tell_gap(Run& run) {
    if (!doors_.inputs_lost) return;
    const std::uint64_t lost = doors_.inputs_lost();
    const std::uint64_t more = lost - std::exchange(lost_seen_, lost);
    if (more == 0) return;
    {
        const std::lock_guard lock(mutex_);
        run.inputs_lost += more;
    }
    const core::TimeNs ts = batch_.front().ts_receive;
    std::vector<core::Input> gaps;
    for (std::size_t feed = 0; feed < run.settings.engine.universe.feeds.size(); ++feed)
        gaps.push_back(
            core::Input::make_gap(static_cast<core::FeedId>(feed), core::no_id, ts,
                                  core::GapBody{ts, ts, more, core::GapReason::ring_full, {}}));
    batch_.insert(batch_.begin(), gaps.begin(), gaps.end());
}

void Shadow::tell(Run& run, const core::Episode& episode) {
    const Run::Kind now{episode.rule, episode.severity};
    const auto shift = [&](const Run::Kind& kind, double by) {
        core::Gauge& active = tally(kind.first, kind.second).active;
        active.set(active.value() + by);
    };
    const auto before = run.open.find(episode.id.view());
    if (before != run.open.end()) shift(before->second, -1);
    if (episode.phase == core::EpisodePhase::resolved) {
        if (before != run.open.end()) run.open.erase(before);
    } else {
        shift(now, +1);
        run.open.insert_or_assign(std::string(episode.id.view()), now);
    }
    if (episode.phase == core::EpisodePhase::opened) {
        tally(now.first, now.second).opened.add();
        ++run.alerts;
        run.last_opened_at = episode.ts;
    }
    run.list.add(episode.id.view(), episode.ts, alert_document(episode, run.context));
    if (doors_.report) doors_.report(run.settings.name, &episode, summary(episode, run.context));
}

void Shadow::fail(Run& run, std::string_view why) {
    wants_inputs_ = false;
    running_ = false;
    {
        const std::lock_guard lock(mutex_);
        run.step = nullptr;
        run.error = why;
        // One that was asked for in the meantime runs all the same.
        if (!next_.empty()) wants_inputs_ = next_.back().has_value();
    }
    if (doors_.report) doors_.report(run.settings.name, nullptr, why);
}

std::string Shadow::status_json() const {
    const std::lock_guard lock(mutex_);
    if (!run_) return "null";
    const Run& run = *run_;
    nlohmann::ordered_json status{{"name", run.settings.name},
                                  {"differences", run.settings.differences},
                                  {"since", time_json(run.since)},
                                  {"warm", run.warm},
                                  {"error", nullptr},
                                  {"inputs_lost", run.inputs_lost},
                                  {"alerts", run.alerts},
                                  {"alerts_open", run.open.size()},
                                  {"last_opened_at", time_json(run.last_opened_at)},
                                  {"alerts_live", run.alerts_live}};
    if (!run.error.empty()) status["error"] = run.error;
    return status.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string Shadow::alerts_json(core::TimeNs since, std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    return run_ ? run_->list.json(since, limit) : "[]";
}

}  // namespace contagiond::sinks
