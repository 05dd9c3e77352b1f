// An outbox whose network, clock, disk and log are in the test's hands. Its workers have no threads
// unless they are started.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/sinks/outbox.hpp"
#include "daemon/sinks/outbox_operator.hpp"
#include "tests/support/temporary_directory.hpp"

namespace contagiond::test {

struct OutboxDesk {
    static constexpr core::TimeNs ts_wall = 1'737'988'927 * core::ns_per_s;

    TemporaryDirectory folder;
    core::EngineConfig config;
    core::DurationNs now = 5 * core::ns_per_s;
    sinks::OutboxSettings settings;
    std::function<std::string(const core::Episode&, core::TimeNs)> silenced;
    /// What a sink answers; by default 200.
    std::function<sinks::PostReply(const std::string& sink, const std::string& id)> answer;
    sinks::PostFn shake_hands;       ///< null: nobody looks at certificates
    std::vector<std::string> posts;  ///< "chat A1": sink, episode's letter, revision
    std::vector<std::string> bodies;
    std::vector<std::string> log;
    mutable std::mutex mutex;  ///< over posts, bodies and log
    std::unique_ptr<sinks::Outbox> outbox;

    explicit OutboxDesk(std::vector<std::string> names = {"chat"}) {
        config.universe.instruments = {{"NVDA", core::AssetClass::equity, {}, {}},
                                       {"BTC-USD", core::AssetClass::crypto, {}, {}}};
        config.universe.groups = {{"us_tech", {{0, 1.0}}}};
        settings.folder = folder.path.string();
        for (const std::string& name : names) settings.webhooks.push_back(webhook(name));
    }
    static sinks::WebhookSettings webhook(const std::string& name) {
        sinks::WebhookSettings out;
        out.name = name;
        out.url = "https://hooks.example/" + name;
        return out;
    }

    static sinks::PostReply status(int code, const std::string& retry_after = {}) {
        sinks::PostReply reply;
        reply.status = code;
        reply.retry_after = retry_after;
        return reply;
    }

    sinks::PostReply post(const sinks::PostRequest& request) {
        const std::string sink = request.url.substr(request.url.rfind('/') + 1);
        std::string id;
        for (const auto& [key, value] : request.headers)
            if (key == "webhook-id") id = value;
        {
            const std::lock_guard lock(mutex);
            posts.push_back(sink + " " + id.substr(0, 1) + id.substr(id.find('_') + 1));
            bodies.push_back(request.body);
        }
        return answer ? answer(sink, id) : status(200);
    }

    /// As a process would that starts.
    void start() {
        sinks::DocumentContext context;
        context.engine = &config;
        context.version = "0.1.0";
        sinks::OutboxDoors doors;
        doors.delivery.post = [this](const sinks::PostRequest& request) { return post(request); };
        doors.delivery.monotonic_now = [this] { return now; };
        doors.delivery.wall_now = [this] { return ts_wall + now; };
        doors.delivery.report = [this](sinks::ReportLevel level, std::string_view sink,
                                       std::string_view line) {
            const std::lock_guard lock(mutex);
            log.push_back((level == sinks::ReportLevel::error ? "error " : "") + std::string(sink) +
                          ": " + std::string(line));
        };
        doors.delivery.shake_hands = shake_hands;
        doors.silenced = silenced;
        doors.jitter_seed = 7;
        outbox = std::make_unique<sinks::Outbox>(settings, context, std::move(doors));
    }
    /// As a process that is killed: what is in memory is gone.
    void kill() { outbox.reset(); }
    void restart() {
        kill();
        start();
    }

    core::EpisodeChanged change(char episode, std::uint32_t revision,
                                core::EpisodePhase phase = core::EpisodePhase::opened,
                                core::Severity severity = core::Severity::critical) const {
        auto e = std::make_shared<core::Episode>();
        e->id.text.fill(episode);
        e->revision = revision;
        e->phase = phase;
        e->severity = severity;
        e->targets.resize(1);
        e->targets[0].instrument = 1;
        return {ts_wall, std::move(e)};
    }
    void say(char episode, std::uint32_t revision,
             core::EpisodePhase phase = core::EpisodePhase::opened,
             core::Severity severity = core::Severity::critical) {
        const sinks::Item item = core::Event(change(episode, revision, phase, severity));
        outbox->consume({&item, 1});
    }

    /// One round of everyone.
    void step() {
        outbox->idle();
        for (std::size_t i = 0; i < outbox->size(); ++i) outbox->worker(i).step();
        outbox->idle();
    }
    void pass(core::DurationNs time, core::DurationNs every = core::ns_per_s / 10) {
        for (const core::DurationNs end = now + time; now < end; now += every) step();
    }

    std::string path() const { return settings.folder + "/outbox.db"; }
    /// What the file says, as another process sees it: "A1 chat pending, A1 mail accepted".
    std::string file() const {
        std::string out;
        for (const sinks::StoredAlert& alert : sinks::read_outbox(path()))
            for (const sinks::StoredDelivery& delivery : alert.deliveries)
                out += (out.empty() ? "" : ", ") + alert.episode.substr(0, 1) +
                       std::to_string(alert.revision) + " " + delivery.sink + " " +
                       std::string(to_string(delivery.state));
        return out;
    }
    std::string posted() const {
        const std::lock_guard lock(mutex);
        std::string out;
        for (const std::string& post : posts) out += (out.empty() ? "" : ", ") + post;
        return out;
    }
    bool logged(const std::string& part) const {
        const std::lock_guard lock(mutex);
        for (const std::string& line : log)
            if (line.find(part) != std::string::npos) return true;
        return false;
    }
    double durable() const { return outbox->counters().durable.value(); }
    double pending(std::size_t i = 0) const { return outbox->counters(i).pending.value(); }
};

}  // namespace contagiond::test
