// Outbox and journal on a disk that is really full.
#include <catch2/catch.hpp>
#include <filesystem>

#include "daemon/sinks/journal.hpp"
#include "tests/sinks/outbox_desk.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/small_disk.hpp"

using namespace contagiond;
using core::EpisodePhase;
using core::ns_per_s;
using test::OutboxDesk;
using test::SmallDisk;

namespace {

std::vector<sinks::Item> clock_items(std::int64_t count) {
    std::vector<sinks::Item> items;
    for (std::int64_t i = 0; i < count; ++i) items.emplace_back(core::Input::make_clock(i));
    return items;
}

}  // namespace

TEST_CASE("on a disk without a byte left alerts take the reserve, then go from memory") {
    const SmallDisk disk("size=512k");
    if (!disk.is_there()) return;
    OutboxDesk desk;
    desk.settings.folder = disk.path().string();
    desk.settings.reserve_bytes = 64 << 10;
    desk.start();
    const auto reserve = disk.path() / "outbox.reserve";
    REQUIRE(std::filesystem::exists(reserve));
    desk.answer = [](const std::string&, const std::string&) {
        return OutboxDesk::status(503, "600");
    };
    REQUIRE(disk.fill());
    // One that the file has to grow for.
    int said = 0;
    while (std::filesystem::exists(reserve) && said < 100)
        desk.say('A', static_cast<std::uint32_t>(++said), EpisodePhase::updated);
    CHECK_FALSE(std::filesystem::exists(reserve));
    CHECK(desk.durable() == 1);
    CHECK(sinks::read_outbox(desk.path()).size() == static_cast<std::size_t>(said));

    // The reserve is used up too: not one alert is lost for that.
    REQUIRE(disk.fill());
    while (desk.durable() == 1 && said < 200)
        desk.say('A', static_cast<std::uint32_t>(++said), EpisodePhase::updated);
    CHECK(desk.durable() == 0);
    CHECK(
        desk.logged("error outbox: alerts are delivered from memory and are lost if the process "
                    "ends: no room on the disk"));
    CHECK(desk.pending() == said);
    desk.say('B', 1);
    desk.answer = {};
    desk.step();
    REQUIRE_FALSE(desk.posts.empty());
    CHECK(desk.posts.back() == "chat B1");

    disk.make_room();
    desk.now += 700 * ns_per_s;
    desk.pass(60 * ns_per_s);
    CHECK(desk.durable() == 1);
    CHECK(desk.pending() == 0);
    CHECK(desk.outbox->counters(0).dead.value() == 0);
    CHECK(desk.outbox->worker(0).counters().accepted.value() ==
          static_cast<std::uint64_t>(said) + 1);
    desk.posts.clear();
    desk.restart();
    desk.pass(ns_per_s);
    CHECK(desk.posts.empty());
}

TEST_CASE("a disk that takes no file more keeps no alert from being sent") {
    const SmallDisk disk("size=512k,nr_inodes=4");
    if (!disk.is_there()) return;
    OutboxDesk desk;
    desk.settings.folder = disk.path().string();
    desk.settings.reserve_bytes = 0;
    // The folder itself is one of the four.
    for (const char* name : {"a", "b", "c"}) REQUIRE(std::ofstream(disk.path() / name).good());
    REQUIRE_FALSE(std::ofstream(disk.path() / "d").good());
    desk.start();
    CHECK(desk.durable() == 0);
    desk.say('A', 1);
    desk.step();
    CHECK(desk.posted() == "chat A1");
    for (const char* name : {"a", "b", "c"}) std::filesystem::remove(disk.path() / name);
    desk.say('B', 1);
    desk.pass(10 * ns_per_s);
    CHECK(desk.durable() == 1);
    CHECK(desk.posted() == "chat A1, chat B1");
}

TEST_CASE("when the disk fills the journal gives way, and the outbox goes on") {
    const SmallDisk disk("size=1m");
    if (!disk.is_there()) return;
    OutboxDesk desk;
    desk.settings.folder = disk.path().string();
    desk.settings.reserve_bytes = 64 << 10;
    desk.start();
    sinks::JournalSettings settings;
    settings.directory = (disk.path() / "journal").string();
    settings.min_free_bytes = 256 << 10;
    settings.config_text = "instance: test\n";
    test::ManualClock clock(1'737'936'000 * ns_per_s);
    sinks::Journal journal(settings, clock);
    for (int i = 0; i < 100 && journal.records_dropped_disk().value() == 0; ++i) {
        journal.consume(clock_items(1000));
        clock.set(clock.now() + ns_per_s);
        journal.idle();
    }
    CHECK(journal.records_dropped_disk().value() > 0);
    CHECK(journal.records_dropped_io().value() == 0);
    CHECK(journal.last_error().find("bytes free") != std::string::npos);
    CHECK(journal.records_written().value() > 0);
    // What it left is the outbox'.
    CHECK(std::filesystem::space(disk.path()).available > 100'000);
    for (std::uint32_t i = 1; i <= 20; ++i) desk.say('A', i, EpisodePhase::updated);
    CHECK(desk.durable() == 1);
    CHECK(std::filesystem::exists(disk.path() / "outbox.reserve"));
    CHECK(sinks::read_outbox(desk.path()).size() == 20);
}
