// A real Alertmanager takes our alerts, makes one group of them, and lets them go.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>

#include "daemon/http_client.hpp"
#include "daemon/sinks/outbox_worker.hpp"
#include "tests/sinks/format_cases.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/http_receiver.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using namespace contagiond::test;
using sinks::Verdict;

namespace {

constexpr const char* program = "prometheus-alertmanager";

core::TimeNs wall_now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// One on a free port of loopback, which tells `receiver` what it makes of its alerts.
struct Alertmanager {
    TemporaryDirectory folder;
    HttpReceiver receiver;
    std::unique_ptr<ChildProcess> process;
    std::uint16_t port = 0;

    Alertmanager() {
        const std::string config =
            folder.file("alertmanager.yml",
                        "route: {receiver: desk, group_by: [alertname, rule], group_wait: 0s, "
                        "group_interval: 1s, repeat_interval: 1h}\n"
                        "receivers:\n  - name: desk\n    webhook_configs:\n      - url: " +
                            receiver.url() + "\n        send_resolved: true\n");
        process = std::make_unique<ChildProcess>(std::vector<std::string>{
            program, "--config.file=" + config, "--storage.path=" + (folder.path / "data").string(),
            "--web.listen-address=127.0.0.1:0", "--cluster.listen-address="});
        const std::string mark = "address=127.0.0.1:";
        const std::string said = process->said_until(mark);
        if (const std::size_t at = said.find(mark); at != said.npos)
            port = static_cast<std::uint16_t>(std::stoi(said.substr(at + mark.size())));
    }

    sinks::WebhookSettings settings() const {
        sinks::WebhookSettings settings;
        settings.name = "am";
        settings.format = "alertmanager";
        settings.url = "http://127.0.0.1:" + std::to_string(port);
        settings.allow_private = true;
        return settings;
    }

    Verdict post(const std::string& document) const {
        const sinks::Format& format = *sinks::find_format("alertmanager");
        const sinks::Attempt attempt{"0.1.0", wall_now(), {}};
        const auto message = sinks::parse_alert(document);
        const auto reply =
            daemon::http_post(format.request(settings(), {document, message.value()}, attempt));
        INFO(reply.status << " " << reply.reason << " " << reply.body);
        return format.outcome(reply, attempt).verdict;
    }

    json alerts() const {
        // By HTTP/1.0, so that the body comes in one piece.
        RawClient client(port);
        client.send("GET /api/v2/alerts?active=true HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
        return json::parse(body_of(client.read_all()));
    }

    /// Waits until a notification says `status` of alerts of exactly these severities.
    json notified(const std::string& status, const std::set<std::string>& severities) const {
        for (std::size_t n = 0; receiver.wait_for(n + 1, std::chrono::seconds(30)); ++n) {
            const json body = json::parse(receiver.received()[n].body);
            std::set<std::string> seen;
            for (const json& alert : body["alerts"])
                if (alert["status"] == status) seen.insert(alert["labels"]["severity"]);
            if (seen == severities) return body;
        }
        return nullptr;
    }
};

/// An episode of just now; two of different severity are two alerts of one rule.
core::Episode current(core::Episode e, core::Severity severity, core::TimeNs now) {
    e.severity = severity;
    e.id.text.fill(severity == core::Severity::critical ? 'C' : 'W');
    e.started_at = now - 6 * core::ns_per_min;
    e.detected_at = now - core::ns_per_s;
    e.ts = now;
    if (e.phase == core::EpisodePhase::resolved) e.ended_at = now;
    return e;
}

}  // namespace

TEST_CASE("a real Alertmanager accepts, groups and resolves our alerts") {
    if (!has_program(program)) {
        std::printf("\nSKIPPED: %s not present\n", program);
        return;
    }
    const Alertmanager alertmanager;
    REQUIRE(alertmanager.port != 0);
    const Desk desk = linked_desk();
    sinks::DocumentContext context = desk.context;
    context.engine = &desk.config;
    const std::vector<core::Severity> both = {core::Severity::critical, core::Severity::warning};

    for (const core::Severity severity : both)
        CHECK(alertmanager.post(sinks::alert_document(current(told_episode(), severity, wall_now()),
                                                      context)) == Verdict::accepted);
    const json firing = alertmanager.notified("firing", {"critical", "warning"});
    REQUIRE(firing.is_object());
    CHECK(firing["groupLabels"] ==
          json({{"alertname", "ContagionDetected"}, {"rule", "tech_to_crypto"}}));
    CHECK(firing["commonLabels"]["source"] == "us_tech");
    CHECK(firing["alerts"][0]["annotations"]["summary"].get<std::string>().find(
              "us_tech → BTC-USD −3.1 %") != std::string::npos);
    CHECK(firing["alerts"][0]["generatorURL"].get<std::string>().rfind(
              "https://desk.example/contagion/#/alerts/", 0) == 0);
    CHECK(alertmanager.alerts().size() == 2);

    // Said again, and an update of it, are the same alert.
    for (const auto& again : {told_episode(), updated_episode()})
        CHECK(alertmanager.post(sinks::alert_document(
                  current(again, core::Severity::warning, wall_now()), context)) ==
              Verdict::accepted);
    CHECK(alertmanager.alerts().size() == 2);

    // What it refuses is dead at once, and names like these are none of it.
    std::mt19937_64 random(7);
    for (int i = 0; i < 20; ++i) {
        const core::Episode e = current(told_episode(), core::Severity::info, wall_now());
        CHECK(alertmanager.post(spoiled(sinks::alert_document(e, context), random)) ==
              Verdict::accepted);
    }
    CHECK(alertmanager.post(sinks::test_document(wall_now(), context)) == Verdict::accepted);

    for (const core::Severity severity : both)
        CHECK(alertmanager.post(sinks::alert_document(
                  current(resolved_episode(), severity, wall_now()), context)) ==
              Verdict::accepted);
    const json resolved = alertmanager.notified("resolved", {"critical", "warning"});
    REQUIRE(resolved.is_object());
    for (const json& alert : alertmanager.alerts()) CHECK(alert["labels"]["severity"] == "info");
}

TEST_CASE("to a real Alertmanager an episode is one alert, however its severity changes") {
    if (!has_program(program)) {
        std::printf("\nSKIPPED: %s not present\n", program);
        return;
    }
    const Alertmanager alertmanager;
    REQUIRE(alertmanager.port != 0);
    const Desk desk = linked_desk();
    sinks::DocumentContext context = desk.context;
    context.engine = &desk.config;
    const sinks::DeliveryDoors doors{daemon::http_post, [] { return core::ns_per_s; }, wall_now,
                                     [](sinks::ReportLevel, std::string_view, std::string_view) {},
                                     nullptr};
    sinks::OutboxWorker worker(alertmanager.settings(), "0.1.0", doors, 7);
    std::uint64_t seq = 0;
    const core::TimeNs began = wall_now();
    const auto say = [&](core::Episode e, core::Severity severity) {
        e = current(e, severity, wall_now());
        e.id.text.fill('E');
        e.detected_at = began;
        e.revision = static_cast<std::uint32_t>(++seq);
        sinks::Notification notification;
        notification.seq = seq;
        notification.episode = e.id.view();
        notification.revision = e.revision;
        notification.phase = e.phase;
        notification.severity = severity;
        notification.document =
            std::make_shared<const std::string>(sinks::alert_document(e, context));
        worker.take(std::move(notification));
        worker.step();
        CHECK(worker.counters().accepted.value() == seq);
    };
    const auto firing = [&] {
        std::vector<std::string> out;
        for (const json& alert : alertmanager.alerts()) out.push_back(alert["labels"]["severity"]);
        return out;
    };
    using Severities = std::vector<std::string>;
    say(told_episode(), core::Severity::warning);
    CHECK(eventually([&] { return firing() == Severities{"warning"}; }));
    REQUIRE(alertmanager.notified("firing", {"warning"}).is_object());
    for (const core::Severity severity :
         {core::Severity::critical, core::Severity::warning, core::Severity::critical}) {
        say(updated_episode(), severity);
        CHECK(eventually(
            [&] { return firing() == Severities{std::string(core::to_string(severity))}; }));
    }
    // Who reads the chat sees the one end as the other begins.
    REQUIRE(alertmanager.notified("resolved", {"warning"}).is_object());
    say(resolved_episode(), core::Severity::critical);
    CHECK(eventually([&] { return firing().empty(); }));
    CHECK(alertmanager.notified("resolved", {"critical"}).is_object());
}
