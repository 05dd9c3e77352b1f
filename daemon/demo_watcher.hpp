// DemoWatcher: a sink that tells the demo on the terminal, line by line, and judges at the end
// whether the story was understood.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "daemon/demo/market.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/sink.hpp"

namespace contagiond::daemon {

class DemoWatcher final : public sinks::Sink {
  public:
    /// References must outlive the watcher. `speed`: market seconds in a real one.
    DemoWatcher(const core::EngineConfig& engine, const demo::Script& script, double speed);

    /// Says what is played, that it is synthetic, and where the page is.
    void greet(const std::string& page_url);

    std::string_view name() const override { return "demo_watcher"; }
    bool wants(const core::Event& event) const override;
    void consume(std::span<const sinks::Item> items) override;

    /// After the end: prints what was flagged against what was played; true if the tech selloff was
    /// flagged as tech_to_crypto with both coins as targets, and the macro episode was not.
    bool summarise();

  private:
    void tell(const core::Event& event);
    void line(core::TimeNs ts, const std::string& text);

    const core::EngineConfig& engine_;
    const demo::Script& script_;
    const double speed_;
    sinks::DocumentContext context_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<const core::Episode>> episodes_;  ///< latest revision of each
    std::vector<core::Regime> regimes_;
    bool first_alert_told_ = false;
    core::DurationNs started_at_;
};

}  // namespace contagiond::daemon
