// kill -9 at random instants: what the outbox accepted is delivered. A child process accepts
// notifications and delivers them; the parent is the receiver, which sometimes answers late or not
// well, and the killer.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "daemon/sinks/outbox.hpp"
#include "daemon/sinks/outbox_operator.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kills = 1000;
const std::vector<std::string> sinks_named = {"one", "two"};

/// One fixed message each way, so that none is ever half there.
struct Message {
    enum Kind : char { accepted, attempt, answer } kind;
    char sink;
    char status;
    std::array<char, 26> episode;
    std::uint32_t revision;
    std::uint64_t digest;  ///< of the body
};

core::DurationNs monotonic() {
    return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}
core::TimeNs wall() {
    return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string letters(std::uint64_t n) {
    std::string id(26, '0');
    for (std::size_t i = 26; i-- > 0; n /= 10) id[i] = static_cast<char>('0' + n % 10);
    return id;
}

/// The child: takes up what waits, then accepts one alert after the other from number `first` on,
/// until it is killed. With `first` 0 it only delivers, and ends when nothing waits.
[[noreturn]] void run_child(const std::string& folder, int to_parent, std::array<int, 2> posts,
                            std::uint64_t first) {
    core::EngineConfig config;
    config.universe.instruments = {{"NVDA", core::AssetClass::equity, {}, {}},
                                   {"BTC-USD", core::AssetClass::crypto, {}, {}}};
    config.universe.groups = {{"us_tech", {{0, 1.0}}}};
    sinks::DocumentContext context;
    context.engine = &config;
    sinks::OutboxSettings settings;
    settings.folder = folder;
    settings.webhooks.resize(2);
    for (std::size_t i = 0; i < 2; ++i) {
        settings.webhooks[i].name = sinks_named[i];
        settings.webhooks[i].url = "https://hooks.example/" + sinks_named[i];
    }
    sinks::OutboxDoors doors;
    doors.jitter_seed = first;
    doors.delivery.monotonic_now = monotonic;
    doors.delivery.wall_now = wall;
    doors.delivery.report = [](sinks::ReportLevel, std::string_view, std::string_view) {};
    doors.delivery.post = [posts](const sinks::PostRequest& request) {
        Message message{};
        message.kind = Message::attempt;
        message.sink = request.url.ends_with("one") ? 0 : 1;
        for (const auto& [name, value] : request.headers)
            if (name == "webhook-id") {
                std::copy_n(value.begin(), 26, message.episode.begin());
                message.revision = static_cast<std::uint32_t>(std::stoul(value.substr(27)));
            }
        message.digest = std::hash<std::string>()(request.body);
        const int fd = posts[static_cast<std::size_t>(message.sink)];
        sinks::PostReply reply;
        if (::send(fd, &message, sizeof message, MSG_NOSIGNAL) != sizeof message ||
            ::recv(fd, &message, sizeof message, 0) != sizeof message) {
            reply.failure = sinks::PostFailure::network;
            return reply;
        }
        reply.status = message.status == 0 ? 200 : 503;
        return reply;
    };
    sinks::Outbox outbox(settings, context, std::move(doors));
    outbox.start();
    for (std::uint64_t n = first;;) {
        outbox.idle();
        if (first == 0) {
            if (outbox.counters(0).pending.value() + outbox.counters(1).pending.value() == 0)
                ::_exit(0);
            ::usleep(2000);
            continue;
        }
        // A sink has its rate: what is accepted faster would wait for minutes at the end.
        if (std::max(outbox.counters(0).pending.value(), outbox.counters(1).pending.value()) > 10) {
            ::usleep(500);
            continue;
        }
        auto episode = std::make_shared<core::Episode>();
        // Three revisions of each episode.
        const std::string id = letters(n / 3);
        std::copy(id.begin(), id.end(), episode->id.text.begin());
        episode->revision = static_cast<std::uint32_t>(1 + n % 3);
        episode->phase = static_cast<core::EpisodePhase>(n % 3);
        episode->targets.resize(1);
        episode->targets[0].instrument = 1;
        const sinks::Item item = core::Event(core::EpisodeChanged{0, episode});
        outbox.consume({&item, 1});
        Message message{};
        message.kind = Message::accepted;
        message.episode = episode->id.text;
        message.revision = episode->revision;
        if (::send(to_parent, &message, sizeof message, MSG_NOSIGNAL) != sizeof message) ::_exit(3);
        ++n;
    }
}

struct Receiver {
    std::mt19937_64 random;
    std::set<std::string> accepted;
    std::array<std::map<std::string, std::uint64_t>, 2> delivered;  ///< with the body's digest
    std::array<std::map<std::string, std::uint32_t>, 2> newest;     ///< revision, by episode
    std::size_t twice = 0, changed = 0, overtaken = 0;
    bool troubled = true;

    static std::string id(const Message& message) {
        return std::string(message.episode.data(), 26) + "_" + std::to_string(message.revision);
    }

    void hear(const Message& message, int fd) {
        if (message.kind == Message::accepted) {
            accepted.insert(id(message));
            return;
        }
        Message reply = message;
        reply.kind = Message::answer;
        reply.status = troubled && random() % 16 == 0 ? 1 : 0;
        if (reply.status == 0) {
            const auto sink = static_cast<std::size_t>(message.sink);
            const auto [known, is_new] = delivered[sink].emplace(id(message), message.digest);
            twice += is_new ? 0u : 1u;
            changed += known->second == message.digest ? 0u : 1u;
            std::uint32_t& last = newest[sink][std::string(message.episode.data(), 26)];
            if (is_new && message.revision < last) ++overtaken;
            last = std::max(last, message.revision);
        }
        // Late: the child is often killed between our acceptance and its note of it.
        if (troubled && random() % 8 == 0) ::usleep(static_cast<useconds_t>(random() % 5000));
        static_cast<void>(::send(fd, &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT));
    }
};

/// Runs a child until it ends or `longest` has passed, when it is killed. Whether it ended well.
bool run(const std::string& folder, std::uint64_t first, Receiver& receiver,
         std::chrono::microseconds longest) {
    std::array<std::array<int, 2>, 3> pairs{};
    for (auto& pair : pairs)
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        for (const auto& pair : pairs) ::close(pair[0]);
        try {
            run_child(folder, pairs[0][1], {pairs[1][1], pairs[2][1]}, first);
        } catch (...) {
            ::_exit(4);
        }
    }
    for (const auto& pair : pairs) ::close(pair[1]);
    const auto end = Clock::now() + longest;
    bool killed = false;
    std::array<pollfd, 3> watched{};
    for (std::size_t i = 0; i < 3; ++i) watched[i] = {pairs[i][0], POLLIN, 0};
    for (std::size_t open = 3; open > 0;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        if (!killed && Clock::now() >= end) {
            ::kill(child, SIGKILL);
            killed = true;
        }
        ::poll(watched.data(), watched.size(),
               killed ? 1000 : static_cast<int>(std::max<std::int64_t>(0, left.count())));
        for (pollfd& one : watched) {
            if (one.fd < 0 || one.revents == 0) continue;
            Message message{};
            // What it said before it was killed still counts.
            if (::recv(one.fd, &message, sizeof message, 0) == sizeof message) {
                receiver.hear(message, one.fd);
                continue;
            }
            one.fd = -1;
            --open;
        }
    }
    for (const auto& pair : pairs) ::close(pair[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("after a thousand kills every accepted alert is delivered, and none is changed") {
    const char* const given = std::getenv("CONTAGIOND_SEED");
    const std::uint64_t seed =
        given ? std::strtoull(given, nullptr, 10) : static_cast<std::uint64_t>(std::time(nullptr));
    INFO("CONTAGIOND_SEED=" << seed);
    test::TemporaryDirectory folder;
    Receiver receiver;
    receiver.random.seed(seed);
    int done = 0;
    for (; done < kills; ++done) {
        // A new stretch of numbers each time, so that an id means one alert.
        const auto first = static_cast<std::uint64_t>(done + 1) * 3'000'000;
        const bool ended = run(folder.path.string(), first, receiver,
                               std::chrono::microseconds(receiver.random() % 50'000));
        REQUIRE_FALSE(ended);  // it was killed
    }
    receiver.troubled = false;
    REQUIRE(run(folder.path.string(), 0, receiver, std::chrono::seconds(120)));

    std::size_t lost = 0;
    for (const auto& delivered : receiver.delivered)
        for (const std::string& id : receiver.accepted) lost += delivered.count(id) == 0 ? 1u : 0u;
    std::cout << "seed " << seed << ": " << done << " kills, " << receiver.accepted.size()
              << " alerts accepted, " << lost << " lost, "
              << receiver.delivered[0].size() + receiver.delivered[1].size() << " delivered, "
              << receiver.twice << " of them twice\n";
    CHECK(receiver.accepted.size() > 300);
    CHECK(lost == 0);
    CHECK(receiver.changed == 0);
    CHECK(receiver.overtaken == 0);
    for (const sinks::StoredAlert& alert : sinks::read_outbox((folder.path / "outbox.db").string()))
        CHECK_FALSE(alert.waits());
}
