#include "daemon/sinks_status.hpp"

#include <nlohmann/json.hpp>

namespace contagiond::daemon {

std::string sinks_status_json(const sinks::FanOut& fan_out, const sinks::Outbox* outbox) {
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (std::size_t i = 0; i < fan_out.size(); ++i) {
        Json sink{{"name", fan_out.sink(i).name()}, {"dropped", fan_out.dropped(i).value()}};
        if (outbox != nullptr && fan_out.sink(i).name() == outbox->name()) {
            const bool durable = outbox->counters().durable.value() != 0;
            const bool reaches_somebody = outbox->counters().sinks_working.value() > 0;
            sink["durable"] = durable;
            sink["warning"] = nullptr;
            if (!durable)
                sink["warning"] = "alerts are not on disk: they are lost if the process ends";
            if (!reaches_somebody)
                sink["warning"] =
                    "alerts reach nobody: no webhook is configured, or all are broken";
        }
        list.push_back(std::move(sink));
    }
    for (std::size_t i = 0; outbox != nullptr && i < outbox->size(); ++i) {
        const sinks::OutboxWorker& worker = outbox->worker(i);
        const sinks::DeliveryCounters& sent = worker.counters();
        const sinks::OutboxSinkCounters& kept = outbox->counters(i);
        const double oldest = kept.ts_oldest.value();
        Json sink{{"name", worker.name()},
                  {"format", worker.format()},
                  {"state", sent.broken.value() != 0 ? "broken" : "working"},
                  {"reason", nullptr},
                  {"accepted", sent.accepted.value()},
                  {"attempts", sent.attempts.value()},
                  {"dead", kept.dead.value()},
                  {"silenced", kept.silenced.value()},
                  {"pending", static_cast<std::uint64_t>(kept.pending.value())},
                  {"oldest", nullptr},
                  {"last_error", nullptr},
                  {"last_error_at", nullptr},
                  {"throttled_until", nullptr}};
        if (const std::string trouble = worker.trouble(); !trouble.empty())
            sink["reason"] = trouble;
        if (const sinks::DeliveryTrouble last = worker.last_trouble(); !last.error.empty()) {
            sink["last_error"] = last.error;
            sink["last_error_at"] = sinks::rfc3339(last.ts_error);
            if (last.ts_throttled_until > 0)
                sink["throttled_until"] = sinks::rfc3339(last.ts_throttled_until);
        }
        if (oldest > 0) sink["oldest"] = sinks::rfc3339(static_cast<core::TimeNs>(oldest * 1e9));
        list.push_back(std::move(sink));
    }
    return list.dump();
}

}  // namespace contagiond::daemon
