// A chat that answers in every unpleasant way over a real socket, and a worker that must get its
// alert there all the same, once, no sooner than it was asked to.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/http_client.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/outbox_worker.hpp"
#include "tests/support/http_receiver.hpp"

using namespace contagiond;
using core::ns_per_hour;
using core::ns_per_min;
using core::ns_per_s;
using sinks::NotifyFailure;

namespace {

constexpr core::TimeNs ts_wall = 1'737'988'927 * ns_per_s;  // Mon, 27 Jan 2025 14:42:07 GMT

/// One unpleasant answer, what it counts as, and how long the worker then waits at least and at
/// most.
struct Trouble {
    std::string what;
    test::ScriptedReply reply;
    NotifyFailure reason;
    core::DurationNs wait_min, wait_max;
};

test::ScriptedReply told_to_wait(std::string retry_after) {
    test::ScriptedReply reply;
    reply.status = 429;
    reply.body = "rate_limited";
    reply.headers = {{"Retry-After", std::move(retry_after)}};
    return reply;
}

std::vector<Trouble> troubles() {
    test::ScriptedReply bare = told_to_wait("");
    bare.headers.clear();
    test::ScriptedReply broken, page, silent, gone, cut;
    broken.status = 500;
    page.body = "<html>a proxy's page</html>";
    silent.stall = true;
    gone.hang_up = true;
    cut.raw = "HTTP/1.1 200 OK\r\nContent-Le";
    const core::DurationNs backoff = 5 * ns_per_min;  // at most, whatever the try
    return {
        {"seconds", told_to_wait("7"), NotifyFailure::rate_limited, 7 * ns_per_s, 8 * ns_per_s},
        {"a date", told_to_wait("Mon, 27 Jan 2025 14:42:40 GMT"), NotifyFailure::rate_limited,
         27 * ns_per_s, 29 * ns_per_s},
        {"a fraction", told_to_wait("2.5"), NotifyFailure::rate_limited, 2 * ns_per_s,
         4 * ns_per_s},
        {"absurd seconds", told_to_wait("999999999"), NotifyFailure::rate_limited, ns_per_hour,
         ns_per_hour + ns_per_s},
        {"no time at all", bare, NotifyFailure::rate_limited, 0, backoff},
        {"words", told_to_wait("soon"), NotifyFailure::rate_limited, 0, backoff},
        {"a server's error", broken, NotifyFailure::server_error, 0, backoff},
        {"success with another body", page, NotifyFailure::server_error, 0, backoff},
        {"a connection that ends", gone, NotifyFailure::network, 0, backoff},
        {"an answer that ends in the middle", cut, NotifyFailure::network, 0, backoff},
        {"silence", silent, NotifyFailure::timeout, 0, backoff},
    };
}

}  // namespace

TEST_CASE("an alert gets through a chat that fails in every way, once and not too soon") {
    const std::vector<Trouble> all = troubles();
    for (const Trouble& trouble : all) {
        INFO(trouble.what);
        test::HttpReceiver chat([&](const test::Received&, std::size_t number) {
            return number == 0 ? trouble.reply : test::ScriptedReply{};
        });
        core::DurationNs now = 5 * ns_per_s;
        std::vector<std::string> log;
        sinks::DeliveryDoors doors;
        doors.post = [](const sinks::PostRequest& request) {
            sinks::PostRequest hurried = request;
            hurried.timeout = std::chrono::milliseconds(500);
            return daemon::http_post(hurried);
        };
        doors.monotonic_now = [&] { return now; };
        doors.wall_now = [&] { return ts_wall + now; };
        doors.report = [&](sinks::ReportLevel, std::string_view, std::string_view line) {
            log.emplace_back(line);
        };
        sinks::WebhookSettings settings;
        settings.name = "chat";
        settings.format = "slack";
        settings.url = chat.url("services/T0KEN");
        settings.allow_private = true;
        sinks::OutboxWorker worker(settings, "0.1.0", doors, 7);

        core::EngineConfig config;
        config.universe.instruments = {{"NVDA", core::AssetClass::equity, {}, {}},
                                       {"BTC-USD", core::AssetClass::crypto, {}, {}}};
        config.universe.groups = {{"us_tech", {{0, 1.0}}}};
        core::Episode episode;
        episode.id.text.fill('A');
        episode.targets.resize(1);
        episode.targets[0].instrument = 1;
        sinks::DocumentContext context;
        context.engine = &config;
        sinks::Notification notification;
        notification.seq = 1;
        notification.episode = episode.id.view();
        notification.document =
            std::make_shared<const std::string>(sinks::alert_document(episode, context));
        notification.enqueued = now;
        worker.take(std::move(notification));

        worker.step();
        REQUIRE(chat.received().size() == 1);
        CHECK(worker.counters().failed[static_cast<std::size_t>(trouble.reason)].value() == 1);
        CHECK(worker.counters().accepted.value() == 0);
        const core::DurationNs failed_at = now;
        if (trouble.reply.stall) {
            // This chat stays silent; what matters is that it is asked again.
            const auto& timeouts =
                worker.counters().failed[static_cast<std::size_t>(trouble.reason)];
            while (timeouts.value() < 2 && now - failed_at <= trouble.wait_max) {
                now += ns_per_s / 2;
                worker.step();
            }
            CHECK(timeouts.value() == 2);
            continue;
        }
        while (chat.received().size() < 2 && now - failed_at <= trouble.wait_max) {
            now += ns_per_s / 2;
            worker.step();
        }
        REQUIRE(chat.received().size() == 2);
        CHECK(now - failed_at >= trouble.wait_min);
        CHECK(now - failed_at <= trouble.wait_max);
        CHECK(worker.counters().accepted.value() == 1);
        now += ns_per_hour;
        worker.step();
        CHECK(chat.received().size() == 2);
        CHECK(chat.received()[0].body == chat.received()[1].body);
        CHECK_FALSE(log.empty());
        for (const std::string& line : log) CHECK(line.find("T0KEN") == std::string::npos);
    }
}
