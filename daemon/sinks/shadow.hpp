// Shadow: a second configuration that runs beside the live one on the same inputs. What it would
// have said is counted and listed, and never sent.
//
// It is a sink, and so has a queue and a thread of its own: the engine's thread copies it each
// input, as to the journal, and waits for nothing. A shadow that is slow loses inputs, counted; one
// that throws is stopped, and says so.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/counters.hpp"
#include "core/engine.hpp"
#include "core/event.hpp"
#include "daemon/sinks/alert_list.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::sinks {

struct ShadowSettings {
    std::string name;
    core::EngineConfig engine;             ///< of the live engine's universe
    std::vector<std::string> differences;  ///< from the live configuration, for people
    std::string config_sha256;             ///< of the configuration that holds both
};

/// An engine as the shadow drives it: as core::Engine::step.
using ShadowStep = std::function<std::span<const core::Event>(std::span<const core::Input>)>;

/// What a shadow meets of the process. All are called on its own thread; each may be empty.
struct ShadowDoors {
    std::function<std::uint64_t()> inputs_lost;  ///< for want of room in its queue, so far
    /// Each of its episodes when it changes, and why it was stopped (then without an episode).
    std::function<void(std::string_view name, const core::Episode*, std::string_view sentence)>
        report;
    std::function<ShadowStep(const core::EngineConfig&)> make_engine;  ///< empty: core::Engine
};

/// consume on the sink's thread; everything else from any thread, briefly locked.
class Shadow final : public Sink {
  public:
    /// Without settings nothing runs until some come. Of `context` the engine, the shadow's name
    /// and the digest are filled in here; its documents have no links, since the page lists live
    /// alerts.
    Shadow(std::optional<ShadowSettings> settings, DocumentContext context, ShadowDoors doors = {});
    ~Shadow() override;

    std::string_view name() const override { return "shadow"; }
    bool wants_inputs() const override { return wants_inputs_.load(std::memory_order_relaxed); }
    bool wants(const core::Event& event) const override;
    void consume(std::span<const Item> items) override;

    /// From the next mark that is published (FanOut::mark) another shadow runs, with a fresh
    /// engine, or none. Once before each mark, on the engine thread.
    void replace_at_mark(std::optional<ShadowSettings> settings);

    /// null where there is no shadow, else {"name","differences","since","warm","error",
    /// "inputs_lost","alerts","alerts_open","last_opened_at","alerts_live"}: counts of episodes
    /// since `since`, its first input; the last is the live engine's of the same time.
    std::string status_json() const;
    /// As Dashboard::alerts_json.
    std::string alerts_json(core::TimeNs since, std::size_t limit) const;

    // Any thread.
    bool running() const { return running_.load(std::memory_order_relaxed); }
    const core::Counter& alerts(core::Rule rule, core::Severity severity) const;
    const core::Gauge& active(core::Rule rule, core::Severity severity) const;

  private:
    struct Run;
    struct Tally {
        core::Counter opened;
        core::Gauge active;
    };
    using Tallies = std::array<std::array<Tally, core::severity_count>, core::rule_count>;

    Tally& tally(core::Rule rule, core::Severity severity);
    void start(std::optional<ShadowSettings> settings);
    void take_mark();
    void feed();
    void tell_gap(Run& run);
    void tell(Run& run, const core::Episode& episode);
    void fail(Run& run, std::string_view why);

    const DocumentContext context_;
    const ShadowDoors doors_;
    std::atomic<bool> wants_inputs_{false};
    std::atomic<bool> running_{false};
    Tallies tallies_;
    std::vector<core::Input> batch_;  ///< inputs of the items at hand
    std::uint64_t lost_seen_ = 0;

    mutable std::mutex mutex_;                        ///< of all below
    std::unique_ptr<Run> run_;                        ///< null: there is no shadow
    std::deque<std::optional<ShadowSettings>> next_;  ///< one a mark
};

}  // namespace contagiond::sinks
