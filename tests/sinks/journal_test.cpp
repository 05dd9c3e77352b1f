#include "daemon/sinks/journal.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

#include "core/crc32c.hpp"
#include "core/journal_codec.hpp"
#include "daemon/sinks/journal_files.hpp"
#include "tests/support/random_events.hpp"
#include "tests/support/small_disk.hpp"
#include "tests/support/temporary_directory.hpp"

namespace contagiond::sinks {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using test::RandomRecords;
using test::TemporaryDirectory;

constexpr core::TimeNs start = 1'737'936'000 * core::ns_per_s;

struct ManualClock final : core::Clock {
    core::TimeNs now() const override { return t; }
    core::TimeNs t = start;
};

JournalSettings settings_in(const fs::path& directory) {
    JournalSettings settings;
    settings.directory = (directory / "journal").string();
    settings.min_free_bytes = 0;
    settings.config_text = "instance: test\n";
    return settings;
}

std::vector<Item> clock_items(std::int64_t first, std::int64_t count) {
    std::vector<Item> items;
    for (std::int64_t i = 0; i < count; ++i) items.emplace_back(core::Input::make_clock(first + i));
    return items;
}

/// What a reader finds in a folder.
struct Contents {
    explicit Contents(const std::string& directory) {
        std::optional<std::uint64_t> expected;
        for (const SegmentFile& segment : list_segments(directory)) {
            ++segments;
            const core::JournalBytes bytes = read_file(segment.path);
            core::JournalDecoder decoder(bytes, expected);
            core::Record record;
            while (decoder.next(record)) {
                if (auto input = core::read_input(record)) inputs.push_back(*input);
                if (auto event = core::read_event(record)) events.push_back(*event);
                if (auto header = core::read_header(record)) headers.push_back(*header);
            }
            expected = decoder.expected();
            statistics += decoder.statistics();
        }
    }

    /// Receive times of the inputs, which the tests number.
    std::vector<std::int64_t> numbers() const {
        std::vector<std::int64_t> all;
        for (const core::Input& input : inputs) all.push_back(input.ts_receive);
        return all;
    }

    std::size_t segments = 0;
    std::vector<core::Input> inputs;
    std::vector<core::Event> events;
    std::vector<core::JournalHeader> headers;
    core::JournalStatistics statistics;
};

std::vector<std::int64_t> counted(std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < count; ++i) all.push_back(first + i);
    return all;
}

/// Runs `body` in a child process and gives its wait status. The child never returns into the test.
template <typename Body>
int in_child(Body body) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        try {
            body();
        } catch (...) {
            ::_exit(99);
        }
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

}  // namespace

TEST_CASE("what is consumed is read back in order, under a header that says what it is") {
    const TemporaryDirectory directory;
    const JournalSettings settings = settings_in(directory.path);
    ManualClock clock;
    RandomRecords random(1);
    std::vector<Item> items;
    for (int i = 0; i < 1000; ++i) {
        items.emplace_back(random.input());
        items.emplace_back(random.event());
    }
    {
        Journal journal(settings, clock);
        journal.consume(std::span(items).first(700));
        journal.consume(std::span(items).subspan(700));
        CHECK(journal.records_written().value() == 2001);
        journal.finish(1);
    }
    const Contents found(settings.directory);
    REQUIRE(found.inputs.size() == 1000);
    REQUIRE(found.events.size() == 1000);
    bool all_same = true;
    for (std::size_t i = 0; i < 1000; ++i) {
        all_same = all_same && test::same(found.inputs[i], std::get<core::Input>(items[2 * i]));
        all_same = all_same && test::same(found.events[i], std::get<core::Event>(items[2 * i + 1]));
    }
    CHECK(all_same);
    REQUIRE(found.headers.size() == 1);
    CHECK(found.headers[0] == core::JournalHeader{0, start, start, "instance: test\n"});
    CHECK_FALSE(found.statistics.damaged());
}

TEST_CASE("kill -9 loses nothing that was handed over") {
    const TemporaryDirectory directory;
    const JournalSettings settings = settings_in(directory.path);
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    std::fflush(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ManualClock clock;
        Journal journal(settings, clock);
        for (std::int64_t n = 0;; n += 100) {
            journal.consume(clock_items(n, 100));
            const std::int64_t handed_over = n + 100;
            if (::write(pipe_ends[1], &handed_over, sizeof handed_over) < 0) ::_exit(1);
        }
    }
    ::close(pipe_ends[1]);
    std::int64_t handed_over = 0;
    // Killed in the middle of its work, at no chosen place.
    while (handed_over < 20'000)
        REQUIRE(::read(pipe_ends[0], &handed_over, sizeof handed_over) == sizeof handed_over);
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    while (::read(pipe_ends[0], &handed_over, sizeof handed_over) == sizeof handed_over) {
    }
    ::close(pipe_ends[0]);

    const Contents found(settings.directory);
    REQUIRE(static_cast<std::int64_t>(found.inputs.size()) >= handed_over);
    CHECK(found.numbers() == counted(0, static_cast<std::int64_t>(found.inputs.size())));

    // The lock died with its holder, and the numbering goes on.
    ManualClock clock;
    Journal again(settings, clock);
    again.consume(clock_items(static_cast<std::int64_t>(found.inputs.size()), 10));
    const Contents after(settings.directory);
    CHECK(after.numbers() == counted(0, static_cast<std::int64_t>(found.inputs.size()) + 10));
    CHECK(after.statistics.lost == again.records_skipped().value());
}

TEST_CASE("a torn tail is cut at the next start, and its record stays counted as lost") {
    const TemporaryDirectory directory;
    const JournalSettings settings = settings_in(directory.path);
    ManualClock clock;
    { Journal(settings, clock).consume(clock_items(0, 10)); }
    const std::string first = segment_path(settings.directory, 1);
    const auto whole = fs::file_size(first);
    fs::resize_file(first, whole - 17);
    CHECK(Contents(settings.directory).statistics.lost == 1);
    {
        Journal journal(settings, clock);
        CHECK(journal.records_skipped().value() == 1);
        CHECK(fs::file_size(first) == whole - core::input_record_bytes);
        journal.consume(clock_items(100, 3));
    }
    const Contents found(settings.directory);
    CHECK(found.numbers() == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 101, 102});
    CHECK(found.statistics.lost == 1);
    CHECK(found.statistics.bytes_skipped == 0);
    CHECK_FALSE(found.statistics.torn_tail);
}

TEST_CASE("a segment without one good record is removed and does not stop the start") {
    const TemporaryDirectory directory;
    const JournalSettings settings = settings_in(directory.path);
    ManualClock clock;
    { Journal(settings, clock).consume(clock_items(0, 5)); }
    { std::ofstream(segment_path(settings.directory, 2)) << "CTJR torn header"; }
    Journal journal(settings, clock);
    journal.consume(clock_items(5, 5));
    CHECK(journal.records_skipped().value() == 1);
    const Contents found(settings.directory);
    CHECK(found.numbers() == counted(0, 10));
    CHECK(found.statistics.lost == 1);
}

TEST_CASE("a journal of a newer version is left alone") {
    const TemporaryDirectory directory;
    const JournalSettings settings = settings_in(directory.path);
    fs::create_directory(settings.directory);
    core::JournalBytes bytes;
    core::append_record(bytes, 0, core::Input::make_clock(1));
    bytes[21] = std::byte{core::journal_version(core::RecordKind::input) + 1};
    const std::uint32_t crc = core::crc32c(std::span(bytes).subspan(8));
    for (unsigned i = 0; i < 4; ++i) bytes[4 + i] = static_cast<std::byte>(crc >> (8 * i));
    {
        std::ofstream file(segment_path(settings.directory, 1), std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    ManualClock clock;
    CHECK_THROWS_WITH(Journal(settings, clock), Contains("newer version"));
    CHECK(fs::file_size(segment_path(settings.directory, 1)) == bytes.size());
}

TEST_CASE("segments rotate, and the oldest go when the cap is reached") {
    const TemporaryDirectory directory;
    JournalSettings settings = settings_in(directory.path);
    settings.segment_bytes = 10'000;
    settings.max_bytes = 35'000;
    ManualClock clock;
    Journal journal(settings, clock);
    std::uint64_t largest = 0;
    for (std::int64_t n = 0; n < 5000; n += 10) {
        journal.consume(clock_items(n, 10));
        std::uint64_t total = 0;
        for (const SegmentFile& segment : list_segments(settings.directory)) {
            total += segment.bytes;
            CHECK(segment.bytes <= settings.segment_bytes);
        }
        largest = std::max(largest, total);
    }
    CHECK(largest <= settings.max_bytes);
    CHECK(largest > settings.max_bytes - 2 * settings.segment_bytes);
    const Contents found(settings.directory);
    CHECK(found.segments >= 3);
    // The newest are there without a hole, each under its own header.
    const auto kept = static_cast<std::int64_t>(found.inputs.size());
    CHECK(found.numbers() == counted(5000 - kept, kept));
    CHECK(found.headers.size() == found.segments);
    CHECK_FALSE(found.statistics.damaged());
}

TEST_CASE("a second journal in the same folder is refused with one sentence") {
    const TemporaryDirectory directory;
    const JournalSettings settings = settings_in(directory.path);
    ManualClock clock;
    {
        const Journal first(settings, clock);
        CHECK_THROWS_WITH(Journal(settings, clock), Contains("in use by another"));
    }
    CHECK_NOTHROW(Journal(settings, clock));
}

TEST_CASE("a folder that cannot be made or written is refused with one sentence") {
    const TemporaryDirectory directory;
    ManualClock clock;
    JournalSettings settings = settings_in(directory.path);
    { std::ofstream(settings.directory) << "a file in place of the folder"; }
    CHECK_THROWS_WITH(Journal(settings, clock), Contains("cannot be written"));
    settings.directory = (directory.path / "no" / "such" / "parent").string();
    CHECK_THROWS_WITH(Journal(settings, clock), Contains("cannot be made"));
    if (::geteuid() != 0) {
        settings.directory = (directory.path / "read-only").string();
        fs::create_directory(settings.directory);
        fs::permissions(settings.directory, fs::perms::owner_read | fs::perms::owner_exec);
        CHECK_THROWS_WITH(Journal(settings, clock), Contains("cannot be written"));
    }
}

TEST_CASE("a file size limit costs records, counted, and a later segment goes on") {
    const TemporaryDirectory directory;
    const JournalSettings settings = settings_in(directory.path);
    const int status = in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{50'000, 50'000};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
        ManualClock clock;
        Journal journal(settings, clock);
        journal.consume(clock_items(0, 1000));
        const std::uint64_t dropped = journal.records_dropped_io().value();
        if (dropped == 0 || dropped >= 1000) ::_exit(3);
        if (journal.last_error().find("File too large") == std::string::npos) ::_exit(4);
        // Nothing is tried before its time.
        journal.consume(clock_items(1000, 10));
        if (journal.records_dropped_io().value() != dropped + 10) ::_exit(5);
        clock.t += core::ns_per_s;
        journal.consume(clock_items(2000, 10));
        if (journal.records_dropped_io().value() != dropped + 10) ::_exit(6);
        if (journal.records_written().value() + dropped + 10 != 1000 + 10 + 10 + 2) ::_exit(7);
    });
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
    const Contents found(settings.directory);
    REQUIRE(found.segments == 2);
    CHECK(found.statistics.bytes_skipped == 0);
    CHECK(found.inputs.size() + found.statistics.lost == 1020);
    const auto kept = static_cast<std::int64_t>(found.inputs.size()) - 10;
    auto expected = counted(0, kept);
    for (const std::int64_t n : counted(2000, 10)) expected.push_back(n);
    CHECK(found.numbers() == expected);
}

TEST_CASE("a full disk costs records, counted by that reason, until there is room again") {
    const test::SmallDisk disk("size=256k");
    if (!disk.is_there()) return;
    const JournalSettings settings = settings_in(disk.path());
    ManualClock clock;
    {
        Journal journal(settings, clock);
        { std::ofstream(disk.path() / "filler") << std::string(180'000, 'x'); }
        journal.consume(clock_items(0, 2000));
        const std::uint64_t dropped = journal.records_dropped_disk().value();
        CHECK(dropped > 0);
        CHECK(dropped < 2000);
        CHECK(journal.records_dropped_io().value() == 0);
        CHECK_THAT(journal.last_error(), Contains("No space left"));

        // Still full: the retry fails, leaves no empty segment behind, and is counted.
        REQUIRE(disk.fill());
        clock.t += core::ns_per_s;
        journal.consume(clock_items(2000, 10));
        CHECK(journal.records_dropped_disk().value() == dropped + 10);
        CHECK(list_segments(settings.directory).size() == 1);

        disk.make_room();
        clock.t += core::ns_per_s;
        journal.consume(clock_items(3000, 10));
        CHECK(journal.records_dropped_disk().value() == dropped + 10);
    }
    const Contents found(settings.directory);
    CHECK(found.segments == 2);
    CHECK(found.statistics.bytes_skipped == 0);
    CHECK(found.inputs.size() + found.statistics.lost == 2020);
    REQUIRE(found.inputs.size() > 10);
    CHECK(found.inputs.back().ts_receive == 3009);
}

TEST_CASE("below the limit of free space nothing is recorded, with that reason") {
    const TemporaryDirectory directory;
    JournalSettings settings = settings_in(directory.path);
    settings.min_free_bytes = ~std::uint64_t{0};
    ManualClock clock;
    Journal journal(settings, clock);
    journal.consume(clock_items(0, 7));
    clock.t += core::ns_per_s;
    journal.idle();
    journal.consume(clock_items(7, 3));
    CHECK(journal.records_dropped_disk().value() == 10);
    CHECK(journal.records_written().value() == 0);
    CHECK_THAT(journal.last_error(), Contains("bytes free"));
    CHECK(list_segments(settings.directory).empty());
}

TEST_CASE("segments of one run share its start, another run has its own") {
    const TemporaryDirectory directory;
    JournalSettings settings = settings_in(directory.path);
    settings.segment_bytes = 1000;
    ManualClock clock;
    {
        Journal journal(settings, clock);
        journal.consume(clock_items(0, 9));
        clock.t += 5;
        journal.consume(clock_items(9, 9));
    }
    clock.t += 100;
    { Journal(settings, clock).consume(clock_items(18, 1)); }
    const Contents found(settings.directory);
    REQUIRE(found.headers.size() == 3);
    CHECK(found.headers[0].ts_run_start == start);
    CHECK(found.headers[1].ts_run_start == start);
    CHECK(found.headers[1].ts_segment_start == start + 5);
    CHECK(found.headers[2].ts_run_start == start + 105);
    CHECK(found.headers[2].first_sequence == 20);
    CHECK_FALSE(found.statistics.damaged());
}

TEST_CASE("another configuration begins a segment of the same run at its mark") {
    const TemporaryDirectory directory;
    const JournalSettings settings = settings_in(directory.path);
    ManualClock clock;
    {
        Journal journal(settings, clock);
        journal.consume(clock_items(0, 3));
        clock.t += 7;
        journal.change_config_at_mark("instance: changed\n");
        // Before the mark nothing changes, and a mark without a change begins nothing.
        std::vector<Item> items = clock_items(3, 2);
        items.emplace_back();
        for (Item& item : clock_items(5, 2)) items.push_back(std::move(item));
        items.emplace_back();
        for (Item& item : clock_items(7, 1)) items.push_back(std::move(item));
        journal.consume(items);
        // Two changes that are asked for before either mark has come.
        journal.change_config_at_mark("instance: second\n");
        journal.change_config_at_mark("instance: third\n");
        const std::vector<Item> marks(2);
        journal.consume({&marks[0], 1});
        journal.consume({&marks[1], 1});
    }
    const Contents found(settings.directory);
    CHECK(found.numbers() == counted(0, 8));
    CHECK_FALSE(found.statistics.damaged());
    REQUIRE(found.headers.size() == 4);
    CHECK(found.headers[2].config_text == "instance: second\n");
    CHECK(found.headers[3].config_text == "instance: third\n");
    CHECK(found.headers[0].config_text == "instance: test\n");
    CHECK(found.headers[1].config_text == "instance: changed\n");
    CHECK(found.headers[1].ts_run_start == start);
    CHECK(found.headers[1].ts_segment_start == start + 7);
    CHECK(found.headers[1].first_sequence == 6);
}

}  // namespace contagiond::sinks
