// A note on the time line is kept with the recording, told by a replay, and changes nothing of what
// the engine says.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/crc32c.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/journal_reader.hpp"
#include "daemon/replay.hpp"
#include "daemon/sinks/journal_files.hpp"
#include "tests/daemon/recorded_market.hpp"
#include "tests/support/caught_output.hpp"

namespace contagiond::daemon {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::TemporaryDirectory;

std::vector<core::Annotation> some_notes() {
    std::vector<core::Annotation> notes;
    for (int i = 0; i < 20; ++i)
        notes.push_back({"A" + std::to_string(i),
                         start + i * core::ns_per_hour,
                         start,
                         "note " + std::to_string(i),
                         "anna",
                         {"NVDA"},
                         {}});
    notes[3].text = "\x1b[2J\u202Ehostile";
    return notes;
}

struct Told {
    std::vector<std::string> documents;
    std::vector<core::Annotation> notes;
    ReplayResult result;
};

Told replay(const fs::path& journal, TimeRange range = {}) {
    Told told;
    ReplayOptions options;
    options.files = {journal.string()};
    options.range = range;
    ReplayListener listener;
    listener.document = [&](std::string_view d) { told.documents.emplace_back(d); };
    listener.annotation = [&](const core::Annotation& note) { told.notes.push_back(note); };
    told.result = run_replay(options, listener);
    return told;
}

test::CaughtOutput run(const TemporaryDirectory& folder, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "contagiond");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    return test::caught_output(
        folder.path, [&] { return run_command_line(static_cast<int>(argv.size()), argv.data()); });
}

/// Gives every annotation of a segment another kind, as one that this version does not know.
std::size_t make_unknown(const std::string& path) {
    core::JournalBytes bytes = sinks::read_file(path);
    core::JournalDecoder decoder(bytes);
    core::Record record;
    std::vector<std::pair<std::size_t, std::size_t>> found;
    while (decoder.next(record))
        if (record.kind == core::RecordKind::annotation)
            found.emplace_back(record.offset, core::record_prefix_bytes + record.payload.size());
    for (const auto& [at, length] : found) {
        bytes[at + 20] = std::byte{200};
        const std::uint32_t crc = core::crc32c(std::span(bytes).subspan(at + 8, length - 8));
        for (unsigned i = 0; i < 4; ++i) bytes[at + 4 + i] = static_cast<std::byte>(crc >> (8 * i));
    }
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return found.size();
}

}  // namespace

TEST_CASE("a journal with notes replays to the same episodes as one without") {
    const TemporaryDirectory directory;
    const fs::path plain = directory.path / "plain", noted = directory.path / "noted";
    live_run(plain, start);
    live_run(noted, start, some_notes());
    const Told without = replay(plain), with = replay(noted);
    REQUIRE(without.documents.size() >= 2);
    CHECK(with.documents == without.documents);
    CHECK(with.result.inputs == without.result.inputs);
    CHECK(with.result.bars == without.result.bars);
    CHECK_FALSE(with.result.journal.damaged());
    CHECK(with.result.journal_unreadable == 0);
    CHECK(with.notes == some_notes());
    CHECK(with.result.annotations == some_notes().size());
    CHECK(without.notes.empty());

    // A stretch of it tells what speaks of that stretch.
    const Told part = replay(noted, {start + 2 * core::ns_per_hour, start + 5 * core::ns_per_hour});
    REQUIRE(part.notes.size() <= 3);
    for (const core::Annotation& note : part.notes) CHECK(note.ts >= start + 2 * core::ns_per_hour);
}

TEST_CASE("a record of a kind that is not known costs itself alone") {
    const TemporaryDirectory directory;
    const fs::path journal = directory.path / "journal";
    live_run(journal, start, some_notes());
    const Told before = replay(journal);
    std::size_t changed = 0;
    for (const auto& segment : sinks::list_segments(journal.string()))
        changed += make_unknown(segment.path);
    REQUIRE(changed == some_notes().size());
    const Told after = replay(journal);
    CHECK(after.documents == before.documents);
    CHECK(after.result.inputs == before.result.inputs);
    CHECK(after.result.journal.lost == 0);
    CHECK(after.result.journal_unreadable == changed);
    CHECK(after.notes.empty());
    CHECK(run(directory, {"journal", "verify", journal.string()}).code == exit_failed);
    // Who would write behind it refuses, in words.
    const auto last = sinks::list_segments(journal.string()).back();
    core::JournalBytes bytes = sinks::read_file(last.path);
    core::append_record(bytes, 1'000'000, core::Annotation{});
    std::ofstream(last.path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    make_unknown(last.path);
    sinks::JournalSettings settings;
    settings.directory = journal.string();
    settings.min_free_bytes = 0;
    FixedClock clock;
    CHECK_THROWS_WITH(sinks::Journal(settings, clock), Catch::Contains("newer version"));
}

TEST_CASE("notes are inspected, exported and told by a replay, as text and as JSON") {
    const TemporaryDirectory directory;
    const fs::path journal = directory.path / "journal";
    live_run(journal, start, some_notes());
    const auto verified = run(directory, {"journal", "verify", journal.string()});
    CHECK(verified.code == exit_well);
    const auto inspected = run(directory, {"journal", "inspect", journal.string()});
    CHECK(inspected.out.find("annotations 20\n") != std::string::npos);

    const auto exported = run(directory, {"journal", "annotations", journal.string()});
    REQUIRE(exported.code == exit_well);
    std::vector<json> lines;
    std::istringstream text(exported.out);
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    REQUIRE(lines.size() == 20);
    CHECK(lines[0]["text"] == "note 0");
    CHECK(lines[0]["time"] == "2025-01-27T09:00:00.000000Z");
    CHECK(lines[0]["symbols"] == json::array({"NVDA"}));

    const std::string alerts = (directory.path / "alerts.jsonl").string();
    const auto replayed = run(directory, {"replay", journal.string(), "--alerts=" + alerts});
    CHECK(replayed.code == exit_well);
    CHECK(replayed.err.find("note 0 (anna)") != std::string::npos);
    // What stands in a journal does not reach the terminal as it is.
    CHECK(replayed.err.find('\x1b') == std::string::npos);
    CHECK(replayed.err.find("\u202E") == std::string::npos);
    CHECK(replayed.err.find("hostile") != std::string::npos);

    const std::string notes = (directory.path / "notes.jsonl").string();
    const auto quiet = run(
        directory, {"replay", journal.string(), "--alerts=" + alerts, "--annotations=" + notes});
    CHECK(quiet.err.find("note 0") == std::string::npos);
    std::ifstream file(notes);
    std::string first;
    std::getline(file, first);
    CHECK(json::parse(first) == lines[0]);
}

TEST_CASE("a note that waits is written while nothing else happens, and at the end") {
    const TemporaryDirectory directory;
    sinks::JournalSettings settings;
    settings.directory = (directory.path / "journal").string();
    settings.min_free_bytes = 0;
    FixedClock clock;
    const auto recorded = [&] {
        JournalReader reader({settings.directory});
        core::Record record;
        std::vector<std::string> ids;
        while (reader.next(record))
            if (const auto note = core::read_annotation(record)) ids.push_back(note->id);
        return ids;
    };
    sinks::Journal journal(settings, clock);
    journal.annotate({"A1", 1, 1, "a", "b", {}, {}});
    CHECK(recorded().empty());
    journal.idle();
    CHECK(recorded() == std::vector<std::string>{"A1"});
    journal.annotate({"A2", 1, 1, "a", "b", {}, {}});
    journal.finish(1);
    CHECK(recorded() == std::vector<std::string>{"A1", "A2"});
    // More than anybody types at once is counted, not kept.
    for (int i = 0; i < 1'005; ++i) journal.annotate({"A3", 1, 1, "a", "b", {}, {}});
    journal.idle();
    CHECK(recorded().size() == 1'002);
    CHECK(journal.records_dropped_io().value() == 5);
}

}  // namespace contagiond::daemon
