#include "daemon/sinks/outbox_store.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "daemon/sinks/outbox_operator.hpp"
#include "tests/support/faulty_vfs.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using sinks::DeliveryState;
using sinks::OutboxStore;
using sinks::OutboxStoreSettings;
using sinks::StoredAlert;
using sinks::StoreStatus;
using test::FileOperation;

namespace {

constexpr core::TimeNs ts_wall = 1'737'988'927 * core::ns_per_s;

StoredAlert alert(std::uint64_t seq, DeliveryState state = DeliveryState::pending) {
    StoredAlert out;
    out.seq = seq;
    out.episode = "episode" + std::to_string(seq);
    out.revision = 2;
    out.phase = core::EpisodePhase::updated;
    out.severity = core::Severity::critical;
    out.ts = ts_wall + static_cast<core::TimeNs>(seq);
    out.document = std::make_shared<const std::string>("{\"n\":" + std::to_string(seq) + "}");
    out.deliveries = {{"chat", state, 3, ts_wall, ts_wall + 1, "HTTP status 500"},
                      {"hook", DeliveryState::accepted, 0, ts_wall, ts_wall + 2, ""}};
    return out;
}

StoreStatus save(OutboxStore& store, const StoredAlert& one) {
    const StoredAlert* const pointer = &one;
    return store.save({&pointer, 1});
}

struct Folder {
    test::TemporaryDirectory directory;
    std::string path = (directory.path / "outbox.db").string();
    OutboxStoreSettings settings(const std::string& vfs = {}) const {
        OutboxStoreSettings out;
        out.path = path;
        out.vfs = vfs;
        return out;
    }
};

std::vector<std::uint64_t> seqs(const std::vector<StoredAlert>& alerts) {
    std::vector<std::uint64_t> out;
    for (const StoredAlert& each : alerts) out.push_back(each.seq);
    return out;
}

}  // namespace

TEST_CASE("what the outbox' file was given it gives back") {
    const Folder folder;
    {
        OutboxStore store(folder.settings());
        REQUIRE(store.open() == StoreStatus::ok);
        CHECK(store.last_seq() == 0);
        REQUIRE(save(store, alert(7)) == StoreStatus::ok);
        REQUIRE(save(store, alert(9, DeliveryState::dead)) == StoreStatus::ok);
        REQUIRE(save(store, alert(8)) == StoreStatus::ok);
    }
    OutboxStore store(folder.settings());
    REQUIRE(store.open() == StoreStatus::ok);
    CHECK(store.last_seq() == 9);
    std::vector<StoredAlert> waiting;
    REQUIRE(store.load_waiting(waiting) == StoreStatus::ok);
    CHECK(seqs(waiting) == std::vector<std::uint64_t>{7, 8});
    const StoredAlert& back = waiting.at(0);
    CHECK(back.episode == "episode7");
    CHECK(back.revision == 2);
    CHECK(back.phase == core::EpisodePhase::updated);
    CHECK(back.severity == core::Severity::critical);
    CHECK(back.ts == ts_wall + 7);
    CHECK(*back.document == "{\"n\":7}");
    REQUIRE(back.deliveries.size() == 2);
    CHECK(back.deliveries[0].sink == "chat");
    CHECK(back.deliveries[0].state == DeliveryState::pending);
    CHECK(back.deliveries[0].attempts == 3);
    CHECK(back.deliveries[0].ts_queued == ts_wall);
    CHECK(back.deliveries[0].ts_changed == ts_wall + 1);
    CHECK(back.deliveries[0].reason == "HTTP status 500");
    CHECK(back.deliveries[1].state == DeliveryState::accepted);
    // Alerts are nobody else's business.
    struct stat info {};
    REQUIRE(::stat(folder.path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0007) == 0);
}

TEST_CASE("a delivery that is saved again is as it was saved last") {
    const Folder folder;
    OutboxStore store(folder.settings());
    REQUIRE(store.open() == StoreStatus::ok);
    REQUIRE(save(store, alert(1)) == StoreStatus::ok);
    REQUIRE(save(store, alert(1, DeliveryState::accepted)) == StoreStatus::ok);
    std::vector<StoredAlert> found;
    REQUIRE(store.load_waiting(found) == StoreStatus::ok);
    CHECK(found.empty());
    REQUIRE(store.load(1, found) == StoreStatus::ok);
    REQUIRE(found.size() == 1);
    CHECK(found[0].deliveries[0].state == DeliveryState::accepted);
}

TEST_CASE("a file of a newer version is refused in a sentence and left as it is") {
    const Folder folder;
    {
        OutboxStore store(folder.settings());
        REQUIRE(store.open() == StoreStatus::ok);
        REQUIRE(save(store, alert(1)) == StoreStatus::ok);
    }
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(folder.path.c_str(), &raw) == SQLITE_OK);
    REQUIRE(sqlite3_exec(raw, "PRAGMA user_version=2", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(raw);
    OutboxStore store(folder.settings());
    CHECK_THROWS_WITH(store.open(), folder.path +
                                        " was written by a newer version of contagiond "
                                        "(schema 2, this one knows 1)");
    CHECK_THROWS(sinks::read_outbox(folder.path));
    CHECK_FALSE(store.is_open());
}

TEST_CASE("history is bounded, and what never arrived is forgotten last") {
    const Folder folder;
    OutboxStoreSettings settings = folder.settings();
    settings.history_rows = 3;
    OutboxStore store(settings);
    REQUIRE(store.open() == StoreStatus::ok);
    const auto put = [&](std::uint64_t seq, core::EpisodePhase phase, core::Severity severity,
                         DeliveryState state) {
        StoredAlert one = alert(seq, state);
        one.phase = phase;
        one.severity = severity;
        REQUIRE(save(store, one) == StoreStatus::ok);
    };
    using core::EpisodePhase;
    using core::Severity;
    put(1, EpisodePhase::opened, Severity::critical, DeliveryState::accepted);
    put(2, EpisodePhase::resolved, Severity::critical, DeliveryState::dead);
    put(3, EpisodePhase::opened, Severity::warning, DeliveryState::accepted);
    put(4, EpisodePhase::updated, Severity::warning, DeliveryState::accepted);
    put(5, EpisodePhase::resolved, Severity::warning, DeliveryState::accepted);
    put(6, EpisodePhase::resolved, Severity::warning, DeliveryState::pending);
    const auto left = [&] { return seqs(sinks::read_outbox(folder.path)); };
    REQUIRE(store.forget_history(ts_wall) == StoreStatus::ok);
    CHECK(left() == std::vector<std::uint64_t>{1, 2, 3, 6});
    // A week later only what still waits is left.
    REQUIRE(store.forget_history(ts_wall + 8 * core::ns_per_day) == StoreStatus::ok);
    CHECK(left() == std::vector<std::uint64_t>{6});
}

TEST_CASE("history is bounded in bytes too") {
    const Folder folder;
    OutboxStoreSettings settings = folder.settings();
    settings.history_bytes = 25'000;
    OutboxStore store(settings);
    REQUIRE(store.open() == StoreStatus::ok);
    for (std::uint64_t seq = 1; seq <= 5; ++seq) {
        StoredAlert big = alert(seq, DeliveryState::accepted);
        big.document = std::make_shared<const std::string>(std::string(10'000, 'x'));
        REQUIRE(save(store, big) == StoreStatus::ok);
    }
    REQUIRE(store.forget_history(ts_wall) == StoreStatus::ok);
    CHECK(seqs(sinks::read_outbox(folder.path)) == std::vector<std::uint64_t>{4, 5});
}

TEST_CASE("the file does not grow beyond its bound, and says full") {
    const Folder folder;
    OutboxStoreSettings settings = folder.settings();
    settings.max_bytes = 256 << 10;
    OutboxStore store(settings);
    REQUIRE(store.open() == StoreStatus::ok);
    StoreStatus status = StoreStatus::ok;
    std::uint64_t seq = 0;
    while (status == StoreStatus::ok && seq < 1000) {
        StoredAlert big = alert(++seq);
        big.document = std::make_shared<const std::string>(std::string(8000, 'x'));
        status = save(store, big);
    }
    CHECK(status == StoreStatus::full);
    struct stat info {};
    REQUIRE(::stat(folder.path.c_str(), &info) == 0);
    CHECK(info.st_size <= 256 << 10);
}

TEST_CASE("an operator's words are heard once, and not before they are written") {
    const Folder folder;
    OutboxStore store(folder.settings());
    REQUIRE(store.open() == StoreStatus::ok);
    REQUIRE(save(store, alert(5)) == StoreStatus::ok);
    std::vector<sinks::OutboxCommand> commands;
    REQUIRE(store.commands(commands) == StoreStatus::ok);
    CHECK(commands.empty());
    CHECK(sinks::change_outbox(folder.path, "episode5_2", "chat", false, ts_wall).deliveries == 1);
    CHECK(sinks::change_outbox(folder.path, "episode5_3", "", false, ts_wall).alerts == 0);
    REQUIRE(store.commands(commands) == StoreStatus::ok);
    REQUIRE(commands.size() == 1);
    CHECK(commands[0].seq == 5);
    CHECK(commands[0].sink == "chat");
    CHECK_FALSE(commands[0].retry);
    REQUIRE(store.save({}, commands[0].id) == StoreStatus::ok);
    CHECK(sinks::change_outbox(folder.path, "episode5", "", true, ts_wall).deliveries == 1);
    commands.clear();
    REQUIRE(store.commands(commands) == StoreStatus::ok);
    REQUIRE(commands.size() == 1);
    CHECK(commands[0].retry);
}

TEST_CASE("after a loss of power everything that was committed is there, and the file is whole") {
    // Any operation may be the last; of what was not synced any part may be gone.
    const std::uint64_t first_seed = 20'250'127;
    for (std::uint64_t seed = first_seed; seed < first_seed + 150; ++seed) {
        INFO("seed " << seed);
        const Folder folder;
        std::mt19937_64 random(seed);
        std::map<std::uint64_t, DeliveryState> committed;
        std::uint64_t attempted = 0;
        {
            test::FaultyVfs vfs;
            OutboxStore store(folder.settings(vfs.name()));
            const std::uint64_t last = random() % 150;
            vfs.script([last](FileOperation, const std::string&, std::uint64_t n) {
                return n > last ? SQLITE_IOERR : 0;
            });
            if (store.open() == StoreStatus::ok)
                for (;;) {
                    StoredAlert one = alert(++attempted);
                    one.document =
                        std::make_shared<const std::string>(std::string(random() % 9000, 'x'));
                    if (save(store, one) != StoreStatus::ok) break;
                    committed[one.seq] = DeliveryState::pending;
                    if (random() % 2 == 0) continue;
                    one.deliveries[0].state = DeliveryState::accepted;
                    if (save(store, one) != StoreStatus::ok) break;
                    committed[one.seq] = DeliveryState::accepted;
                }
            store.close();
            vfs.lose_power(seed);
        }
        OutboxStore store(folder.settings());
        REQUIRE(store.open() == StoreStatus::ok);
        std::map<std::uint64_t, DeliveryState> found;
        for (const StoredAlert& each : sinks::read_outbox(folder.path))
            found[each.seq] = each.deliveries.at(0).state;
        for (const auto& [seq, state] : committed) {
            REQUIRE(found.count(seq) == 1);
            // The one change that was under way may or may not have been made.
            if (seq < attempted) CHECK(found[seq] == state);
        }
        CHECK(found.size() <= committed.size() + 1);
    }
}

TEST_CASE("of a damaged file what can be read is saved, and it is kept") {
    const std::uint64_t first_seed = 7;
    std::size_t saved = 0;
    for (std::uint64_t seed = first_seed; seed < first_seed + 30; ++seed) {
        INFO("seed " << seed);
        const Folder folder;
        {
            OutboxStore store(folder.settings());
            REQUIRE(store.open() == StoreStatus::ok);
            for (std::uint64_t seq = 1; seq <= 60; ++seq) {
                StoredAlert one = alert(seq);
                one.document = std::make_shared<const std::string>(std::string(3000, 'd'));
                REQUIRE(save(store, one) == StoreStatus::ok);
            }
        }
        std::mt19937_64 random(seed);
        struct stat info {};
        REQUIRE(::stat(folder.path.c_str(), &info) == 0);
        const int fd = ::open(folder.path.c_str(), O_WRONLY);
        const std::string rubbish(4096, '\xA5');
        // One page, not that of the schema: a whole file of rubbish has nothing to save.
        const auto page =
            static_cast<off_t>(1 + random() % static_cast<std::uint64_t>(info.st_size / 4096 - 1));
        REQUIRE(::pwrite(fd, rubbish.data(), rubbish.size(), page * 4096) == 4096);
        ::close(fd);
        OutboxStore store(folder.settings());
        const StoreStatus status = store.open();
        if (status == StoreStatus::ok) continue;  // the page held nothing but text
        CHECK(status == StoreStatus::damaged);
        std::vector<StoredAlert> readable;
        REQUIRE(store.move_aside(readable));
        CHECK(readable.size() <= 60);
        saved += readable.size();
        for (const StoredAlert& each : readable)
            CHECK(each.episode == "episode" + std::to_string(each.seq));
        CHECK(::access((folder.path + ".damaged").c_str(), F_OK) == 0);
        REQUIRE(store.open() == StoreStatus::ok);
        CHECK(store.last_seq() == 0);
    }
    CHECK(saved > 0);
}

TEST_CASE("a file that is no database is damaged") {
    const Folder folder;
    folder.directory.file("outbox.db", std::string(10'000, 'n'));
    OutboxStore store(folder.settings());
    CHECK(store.open() == StoreStatus::damaged);
    std::vector<StoredAlert> readable;
    REQUIRE(store.move_aside(readable));
    CHECK(readable.empty());
    CHECK(store.open() == StoreStatus::ok);
}
