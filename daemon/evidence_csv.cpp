#include "daemon/evidence_csv.hpp"

#include <fmt/format.h>

#include "daemon/sinks/event_json.hpp"

namespace contagiond::daemon {
namespace {

std::string text(const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : std::string();
}

std::int64_t seconds(core::DurationNs duration) {
    return duration / core::ns_per_s;
}

std::string row(const core::CorrelationMeasured& e, const core::EngineConfig& config) {
    return fmt::format("{},correlation,{},{},{},{},{},{},{},,,,,,{}", sinks::rfc3339(e.ts),
                       config.universe.series_name(e.source), config.universe.series_name(e.target),
                       seconds(config.correlation_windows[e.window]), text(e.value),
                       text(e.baseline), text(e.standard_error), e.effective_samples,
                       e.tainted ? 1 : 0);
}

std::string row(const core::SelloffMeasured& e, const core::EngineConfig& config) {
    return fmt::format("{},selloff,{},,{},,,,,{},{},{},{},{},{}", sinks::rfc3339(e.ts),
                       config.universe.series_name(e.series),
                       seconds(config.selloff_horizons[e.horizon]), text(e.log_return),
                       text(e.drawdown), text(e.loss_sigma), text(e.loss_one_way), e.coverage,
                       e.tainted ? 1 : 0);
}

}  // namespace

std::string evidence_header() {
    return "ts,statistic,source,target,window_s,correlation,baseline,standard_error,"
           "effective_samples,log_return,drawdown,loss_sigma,loss_one_way,coverage,tainted";
}

std::string evidence_row(const core::Event& event, const core::EngineConfig& config) {
    if (const auto* e = std::get_if<core::CorrelationMeasured>(&event)) return row(*e, config);
    if (const auto* e = std::get_if<core::SelloffMeasured>(&event)) return row(*e, config);
    return {};
}

}  // namespace contagiond::daemon
