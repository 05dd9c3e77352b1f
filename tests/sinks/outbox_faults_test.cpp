// The outbox on a disk that is full, fails, lies or is damaged.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "tests/sinks/outbox_desk.hpp"
#include "tests/support/faulty_vfs.hpp"

using namespace contagiond;
using core::EpisodePhase;
using core::ns_per_min;
using core::ns_per_s;
using test::FaultyVfs;
using test::FileOperation;
using test::OutboxDesk;

namespace {

bool is_there(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// Overwrites the file from `first` on.
void damage(const std::string& path, off_t first) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    const int fd = ::open(path.c_str(), O_WRONLY);
    const std::string rubbish(static_cast<std::size_t>(info.st_size - first), '\xA5');
    REQUIRE(::pwrite(fd, rubbish.data(), rubbish.size(), first) ==
            static_cast<::ssize_t>(rubbish.size()));
    ::close(fd);
}

}  // namespace

TEST_CASE("on a full disk alerts are delivered from memory, and are on disk once there is room") {
    FaultyVfs vfs;
    OutboxDesk desk;
    desk.settings.vfs = vfs.name();
    desk.settings.reserve_bytes = 0;
    desk.start();
    bool full = true;
    int refused = 0;
    vfs.script([&](FileOperation operation, const std::string&, std::uint64_t) {
        if (!full || operation != FileOperation::write) return 0;
        ++refused;
        return SQLITE_FULL;
    });
    desk.say('A', 1);
    CHECK(desk.durable() == 0);
    CHECK(
        desk.logged("error outbox: alerts are delivered from memory and are lost if the process "
                    "ends: no room on the disk"));
    desk.step();
    CHECK(desk.posted() == "chat A1");
    desk.answer = [](const std::string&, const std::string&) { return OutboxDesk::status(503); };
    desk.say('B', 1);
    desk.pass(ns_per_min);
    CHECK(desk.durable() == 0);
    // Tried now and then, and not a thousand times a minute.
    CHECK(refused > 10);
    CHECK(refused < 100);
    full = false;
    desk.pass(6 * ns_per_s);
    CHECK(desk.durable() == 1);
    CHECK(desk.file() == "A1 chat accepted, B1 chat pending");
    CHECK(desk.logged("alerts are on disk again"));
    desk.posts.clear();
    desk.answer = {};
    desk.restart();
    desk.pass(ns_per_s);
    CHECK(desk.posted() == "chat B1");
}

TEST_CASE("the reserve is the outbox' last room") {
    FaultyVfs vfs;
    OutboxDesk desk;
    desk.settings.vfs = vfs.name();
    desk.settings.reserve_bytes = 64 << 10;
    desk.start();
    const std::string reserve = desk.settings.folder + "/outbox.reserve";
    REQUIRE(is_there(reserve));
    // A disk that is full but for the reserve.
    vfs.script([&](FileOperation operation, const std::string&, std::uint64_t) {
        return operation == FileOperation::write && is_there(reserve) ? SQLITE_FULL : 0;
    });
    desk.say('A', 1);
    CHECK_FALSE(is_there(reserve));
    CHECK(desk.durable() == 1);
    CHECK(desk.file() == "A1 chat pending");
}

TEST_CASE("a limit on the size of files is a full disk") {
    OutboxDesk desk;
    desk.start();
    for (char c = 'A'; c < 'D'; ++c) desk.say(c, 1);
    desk.step();
    struct stat info {};
    REQUIRE(::stat(desk.path().c_str(), &info) == 0);
    struct rlimit before {};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit less = before;
    less.rlim_cur = static_cast<rlim_t>(info.st_size);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &less) == 0);
    for (int i = 0; i < 30; ++i)
        desk.say(static_cast<char>('D' + i % 20), static_cast<std::uint32_t>(1 + i / 20));
    desk.step();
    const double durable = desk.durable();
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    CHECK(durable == 0);
    CHECK(desk.logged("error outbox: alerts are delivered from memory"));
    desk.pass(10 * ns_per_s);
    CHECK(desk.durable() == 1);
    CHECK(desk.posts.size() == 33);
    CHECK(desk.pending() == 0);
}

TEST_CASE("after an fsync error the file is opened and verified anew, not merely synced again") {
    FaultyVfs vfs;
    OutboxDesk desk;
    desk.settings.vfs = vfs.name();
    desk.start();
    desk.say('A', 1);
    const auto log_before = desk.log.size();
    SECTION("once: nobody notices") {
        bool fail = true;
        int opened = 0;
        vfs.script([&](FileOperation operation, const std::string& path, std::uint64_t) {
            if (operation == FileOperation::open && path.ends_with("outbox.db")) ++opened;
            return operation == FileOperation::sync && std::exchange(fail, false)
                       ? SQLITE_IOERR_FSYNC
                       : 0;
        });
        desk.say('B', 1);
        CHECK(opened == 1);
        CHECK(desk.durable() == 1);
        CHECK(desk.log.size() == log_before);
        CHECK(desk.file() == "A1 chat pending, B1 chat pending");
    }
    SECTION("for good: from memory") {
        bool fail = true;
        vfs.script([&](FileOperation operation, const std::string&, std::uint64_t) {
            return fail && operation == FileOperation::sync ? SQLITE_IOERR_FSYNC : 0;
        });
        desk.say('B', 1);
        CHECK(desk.durable() == 0);
        CHECK(desk.logged("the disk failed to read or write"));
        desk.step();
        CHECK(desk.posted() == "chat A1, chat B1");
        fail = false;
        desk.pass(10 * ns_per_s);
        CHECK(desk.durable() == 1);
        CHECK(desk.file() == "A1 chat accepted, B1 chat accepted");
    }
}

TEST_CASE("whichever operation of the disk fails, nothing is lost and it is told") {
    // Each single operation of two alerts and their settling, in turn.
    for (const int code : {SQLITE_IOERR, SQLITE_FULL, SQLITE_IOERR_FSYNC}) {
        for (std::uint64_t n = 1; n < 200; ++n) {
            INFO("operation " << n << ", code " << code);
            FaultyVfs vfs;
            OutboxDesk desk;
            desk.settings.vfs = vfs.name();
            bool hit = false;
            vfs.script([&](FileOperation, const std::string&, std::uint64_t at) {
                hit = hit || at == n;
                return at == n ? code : 0;
            });
            desk.start();
            desk.say('A', 1);
            desk.step();
            desk.say('A', 2, EpisodePhase::resolved);
            desk.pass(12 * ns_per_s, ns_per_s);
            CHECK(desk.posted() == "chat A1, chat A2");
            CHECK(desk.durable() == 1);
            CHECK(desk.file() == "A1 chat accepted, A2 chat accepted");
            if (!hit) break;
            REQUIRE(n < 199);
        }
    }
}

TEST_CASE("a disk that takes nothing at the start does not keep alerts from being sent") {
    FaultyVfs vfs;
    OutboxDesk desk;
    desk.settings.vfs = vfs.name();
    desk.settings.reserve_bytes = 0;
    desk.answer = [](const std::string&, const std::string&) { return OutboxDesk::status(503); };
    desk.start();
    desk.say('A', 1);
    desk.kill();
    bool full = true;
    vfs.script(
        [&](FileOperation, const std::string&, std::uint64_t) { return full ? SQLITE_IOERR : 0; });
    desk.answer = {};
    desk.now += ns_per_s;
    desk.start();
    CHECK(desk.durable() == 0);
    desk.say('B', 1);
    desk.step();
    CHECK(desk.posted() == "chat B1");
    // What waited on it is found when it comes back.
    full = false;
    desk.pass(6 * ns_per_s);
    CHECK(desk.posted() == "chat B1, chat A1");
    CHECK(desk.file() == "A1 chat accepted, B1 chat accepted");
}

TEST_CASE("at a stop without a disk what waits is tried once, and what is lost is said") {
    FaultyVfs vfs;
    OutboxDesk desk;
    desk.settings.vfs = vfs.name();
    desk.answer = [](const std::string&, const std::string&) { return OutboxDesk::status(503); };
    desk.start();
    vfs.script([](FileOperation, const std::string&, std::uint64_t) { return SQLITE_IOERR; });
    desk.say('A', 1);
    desk.say('B', 1);
    desk.step();
    desk.answer = [](const std::string&, const std::string& id) {
        return OutboxDesk::status(id[0] == 'A' ? 200 : 503);
    };
    desk.outbox->finish(2);
    CHECK(desk.logged("error outbox: 1 notifications are lost at the stop"));
}

TEST_CASE("a damaged file is moved aside and begun anew, and people are told") {
    OutboxDesk desk;
    desk.answer = [](const std::string&, const std::string&) { return OutboxDesk::status(503); };
    desk.start();
    desk.say('A', 1);
    desk.say('B', 1);
    SECTION("while the daemon runs: what it knows is on disk again") {
        damage(desk.path(), 0);
        desk.say('C', 1);
        CHECK(desk.outbox->counters().damaged.value() == 1);
        CHECK(desk.durable() == 1);
        CHECK(is_there(desk.path() + ".damaged"));
        CHECK(desk.file() == "A1 chat pending, B1 chat pending, C1 chat pending");
        desk.answer = {};
        desk.posts.clear();
        desk.pass(3 * ns_per_s);
        REQUIRE(desk.posts.size() == 4);
        CHECK(desk.posts[2] == "chat C1");
    }
    SECTION("between two runs") {
        desk.kill();
        damage(desk.path(), 4096);
        desk.answer = {};
        desk.start();
        CHECK(desk.outbox->counters().damaged.value() == 1);
        CHECK(desk.durable() == 1);
        desk.posts.clear();
        desk.bodies.clear();
        desk.pass(3 * ns_per_s);
    }
    CHECK(desk.logged("error outbox: the outbox was damaged"));
    const auto notice = nlohmann::json::parse(desk.bodies.back());
    CHECK(notice["type"] == "contagion.alert.test");
    CHECK(notice["data"]["title"].get<std::string>().find("damaged") != std::string::npos);
    // Told once.
    const auto posts = desk.posts.size();
    desk.pass(3 * ns_per_s);
    CHECK(desk.posts.size() == posts);
}

TEST_CASE("rows that a damaged file still gives are delivered") {
    OutboxDesk desk;
    desk.answer = [](const std::string&, const std::string&) { return OutboxDesk::status(503); };
    desk.start();
    for (int i = 0; i < 40; ++i)
        desk.say(static_cast<char>('A' + i % 20), static_cast<std::uint32_t>(1 + i / 20));
    desk.kill();
    // The last page of the file: a leaf, of documents or of their overflow.
    struct stat info {};
    REQUIRE(::stat(desk.path().c_str(), &info) == 0);
    const int fd = ::open(desk.path().c_str(), O_WRONLY);
    const std::string rubbish(4096, '\xA5');
    std::size_t delivered = 0;
    REQUIRE(::pwrite(fd, rubbish.data(), rubbish.size(), info.st_size - 4096) == 4096);
    ::close(fd);
    desk.answer = {};
    desk.posts.clear();
    desk.start();
    desk.pass(20 * ns_per_s);
    delivered = desk.posts.size();
    CHECK(delivered >= 20);
    CHECK(desk.pending() == 0);
}

TEST_CASE("an alert of which nobody knows who got it any more goes to everybody once more") {
    OutboxDesk desk({"chat", "mail"});
    desk.start();
    desk.say('A', 1);
    desk.pass(ns_per_s);
    CHECK(desk.posted() == "chat A1, mail A1");
    desk.kill();
    // The page that holds who got what.
    sqlite3* database = nullptr;
    sqlite3_stmt* row = nullptr;
    REQUIRE(sqlite3_open(desk.path().c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_prepare_v2(database,
                               "SELECT rootpage FROM sqlite_schema WHERE name = 'deliveries'", -1,
                               &row, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(row) == SQLITE_ROW);
    const off_t page = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(database);
    const int fd = ::open(desk.path().c_str(), O_WRONLY);
    const std::string rubbish(4096, '\xA5');
    REQUIRE(::pwrite(fd, rubbish.data(), rubbish.size(), (page - 1) * 4096) == 4096);
    ::close(fd);
    desk.posts.clear();
    desk.start();
    desk.pass(10 * ns_per_s);
    const std::string again = desk.posted();
    INFO(again);
    CHECK(again.find("chat A1") != std::string::npos);
    CHECK(again.find("mail A1") != std::string::npos);
    CHECK(desk.posts.size() == 4);  // and that the file was damaged, to each
    CHECK(desk.pending(0) + desk.pending(1) == 0);
}

TEST_CASE("a folder that may not be written, and a newer file, stop the start in a sentence") {
    OutboxDesk desk;
    SECTION("a folder that is not there") {
        desk.settings.folder += "/nowhere";
        CHECK_THROWS_WITH(desk.start(),
                          "the outbox " + desk.path() + " cannot be opened or written");
    }
    SECTION("a newer file") {
        desk.start();
        desk.kill();
        sqlite3* raw = nullptr;
        REQUIRE(sqlite3_open(desk.path().c_str(), &raw) == SQLITE_OK);
        sqlite3_exec(raw, "PRAGMA user_version=9", nullptr, nullptr, nullptr);
        sqlite3_close(raw);
        CHECK_THROWS_WITH(desk.start(), desk.path() +
                                            " was written by a newer version of contagiond "
                                            "(schema 9, this one knows 1)");
    }
    SECTION("a webhook that cannot be built") {
        desk.settings.webhooks[0].secret = "whsec_!";
        CHECK_THROWS(desk.start());
    }
}

TEST_CASE("an operator's command waits for the daemon, and the daemon for no operator") {
    OutboxDesk desk;
    desk.settings.busy_ms = 10;
    desk.start();
    desk.say('A', 1);
    // Somebody holds the file for longer than our patience.
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(desk.path().c_str(), &raw) == SQLITE_OK);
    REQUIRE(sqlite3_exec(raw, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
    desk.say('B', 1);
    desk.step();
    CHECK(desk.posted() == "chat A1, chat B1");
    CHECK(desk.durable() == 0);
    CHECK(desk.logged("another process holds the file"));
    sqlite3_exec(raw, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(raw);
    desk.pass(2 * ns_per_s);
    CHECK(desk.durable() == 1);
    CHECK(desk.file() == "A1 chat accepted, B1 chat accepted");
}
