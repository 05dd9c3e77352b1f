// What the venues sent, on disk: the queue between the threads, the files and their bounds, the
// samples, and the whole from a tap to what `decode` reads back.
#include "daemon/frame_recorder.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "daemon/decode_lines.hpp"
#include "daemon/frame_line.hpp"
#include "daemon/frame_queue.hpp"
#include "daemon/frame_samples.hpp"
#include "daemon/zstd_file.hpp"
#include "tests/feeds/capture_files.hpp"
#include "tests/feeds/own_frames.hpp"
#include "tests/support/temporary_directory.hpp"

namespace contagiond::test {
namespace {

namespace fs = std::filesystem;
using daemon::FrameQueue;
using daemon::FrameRecorder;
using daemon::FrameRecorderSettings;
using daemon::FrameSample;
using daemon::FrameSamples;
using daemon::QueuedFrame;
using daemon::RawFiles;
using daemon::RawFileSettings;
using feeds::DecodeError;

constexpr core::TimeNs some_time = 1'790'000'000'123'456'789;

std::vector<std::string> lines_in(const std::string& path) {
    daemon::MessageReader reader(path);
    std::vector<std::string> lines;
    std::string_view line;
    while (reader.next(line)) lines.emplace_back(line);
    return lines;
}

std::vector<std::string> files_of(const fs::path& folder, std::string_view ending) {
    std::vector<std::string> files;
    if (!fs::exists(folder)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().string().ends_with(ending))
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

std::uint64_t bytes_in(const fs::path& folder) {
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
}

RawFileSettings raw_in(const TemporaryDirectory& folder) {
    RawFileSettings settings;
    settings.folder = folder.path / "raw";
    settings.min_free_bytes = 0;
    return settings;
}

/// Text that does not compress well.
std::string noise(std::mt19937_64& random, std::size_t bytes) {
    std::string text(bytes, ' ');
    for (char& c : text) c = static_cast<char>('!' + random() % 90);
    return text;
}

FrameSample sample(DecodeError reason, const std::string& line) {
    return {some_time, reason, "feed", line.size(), line};
}

}  // namespace

TEST_CASE("a queue hands frames over whole and in order between two threads") {
    FrameQueue queue(1 << 14);
    constexpr std::uint32_t count = 20'000;
    const auto text_of = [](std::uint32_t i) {
        return std::string(i * 7919 % 900, static_cast<char>('a' + i % 26));
    };
    std::thread producer([&] {
        for (std::uint32_t i = 0; i < count;) {
            QueuedFrame frame;
            frame.ts_receive = i;
            frame.connection = i;
            frame.tells = i % 3 == 0;
            if (queue.try_push(frame, text_of(i)))
                ++i;
            else
                std::this_thread::yield();
        }
    });
    std::uint32_t wrong = 0;
    for (std::uint32_t i = 0; i < count;) {
        QueuedFrame frame;
        std::string text;
        if (!queue.pop(frame, text)) {
            std::this_thread::yield();
            continue;
        }
        if (frame.connection != i || frame.ts_receive != i || frame.tells != (i % 3 == 0) ||
            text != text_of(i))
            ++wrong;
        ++i;
    }
    producer.join();
    CHECK(wrong == 0);
}

TEST_CASE("a full queue takes nothing, and takes again once there is room") {
    FrameQueue queue(4096);
    const std::string text(1000, 'x');
    int taken = 0;
    while (queue.try_push({}, text)) ++taken;
    CHECK(taken == 4);
    CHECK_FALSE(queue.try_push({}, std::string(5000, 'x')));
    QueuedFrame frame;
    std::string out;
    REQUIRE(queue.pop(frame, out));
    CHECK(out == text);
    CHECK(queue.try_push({}, text));
    for (int i = 0; i < 4; ++i) REQUIRE(queue.pop(frame, out));
    CHECK_FALSE(queue.pop(frame, out));
}

TEST_CASE("frames come back as they were received, with their times") {
    const TemporaryDirectory folder;
    {
        RawFiles files(raw_in(folder));
        REQUIRE(files.add(1, "kraken_v2", "my feed/1", "{\"a\":1}", some_time, false));
        REQUIRE(files.add(1, "kraken_v2", "my feed/1", "{\n\"b\":2\r\n}", some_time + 1, false));
        REQUIRE(files.add(2, "okx_v5", "okx", "pong", some_time, false));
    }
    const auto frames = files_of(folder.path / "raw" / "kraken_v2", ".jsonl.zst");
    REQUIRE(frames.size() == 1);
    CHECK(fs::path(frames[0]).filename().string().starts_with("captured-my_feed_1-20260921T"));
    CHECK(lines_in(frames[0]) == std::vector<std::string>{"{\"a\":1}", "{ \"b\":2  }"});
    const auto times = files_of(folder.path / "raw" / "kraken_v2", ".recv_ns.txt.zst");
    REQUIRE(times.size() == 1);
    CHECK(lines_in(times[0]) ==
          std::vector<std::string>{std::to_string(some_time), std::to_string(some_time + 1)});
    CHECK(files_of(folder.path / "raw" / "okx_v5", ".jsonl.zst").size() == 1);
}

TEST_CASE("what was flushed is read back from a file whose writer is still at it") {
    const TemporaryDirectory folder;
    RawFiles files(raw_in(folder));
    for (int i = 0; i < 100; ++i)
        REQUIRE(
            files.add(1, "okx_v5", "okx", "{\"i\":" + std::to_string(i) + "}", some_time, false));
    REQUIRE(files.flush());
    // Never flushed: these may be lost.
    REQUIRE(files.add(1, "okx_v5", "okx", "{\"late\":1}", some_time, false));
    const auto frames = files_of(folder.path / "raw", ".jsonl.zst");
    REQUIRE(frames.size() == 1);
    daemon::MessageReader reader(frames[0]);
    std::string_view line;
    int count = 0;
    while (reader.next(line)) CHECK(line == "{\"i\":" + std::to_string(count++) + "}");
    CHECK(count == 100);
    CHECK(reader.torn());
}

TEST_CASE("a file cut at any byte gives whole lines, and says that it was torn") {
    const TemporaryDirectory folder;
    std::string error;
    const std::string path = folder.path / "whole.zst";
    std::mt19937_64 random(7);
    std::string text;
    {
        const auto writer = daemon::ZstdWriter::create(path, error);
        REQUIRE(writer);
        for (int i = 0; i < 40; ++i) {
            const std::string line = noise(random, 30) + '\n';
            text += line;
            REQUIRE(writer->write(line));
            if (i % 10 == 0) REQUIRE(writer->flush());
        }
    }
    std::ifstream in(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    for (std::size_t size = 4; size < bytes.size(); ++size) {
        INFO("cut at " << size);
        daemon::MessageReader reader(folder.file("cut.zst", bytes.substr(0, size)));
        std::string_view line;
        std::string read;
        while (reader.next(line)) read.append(line) += '\n';
        REQUIRE(text.starts_with(read));
        REQUIRE(reader.torn());
    }
    daemon::MessageReader twice(folder.file("twice.zst", bytes + bytes));
    std::string_view line;
    int count = 0;
    while (twice.next(line)) ++count;
    CHECK(count == 80);
    CHECK_FALSE(twice.torn());
    std::string damaged = bytes;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
    daemon::MessageReader reader(folder.file("damaged.zst", damaged));
    CHECK_THROWS_AS(
        [&] {
            while (reader.next(line)) {
            }
        }(),
        std::runtime_error);
}

TEST_CASE("files stay within their bounds, and the oldest go first") {
    const TemporaryDirectory folder;
    std::mt19937_64 random(11);
    RawFileSettings settings = raw_in(folder);
    settings.max_bytes = 400'000;
    settings.segment_bytes = 50'000;
    const auto fill = [&](RawFiles& files, std::uint32_t connections) {
        for (int i = 0; i < 1200; ++i) {
            const auto connection = static_cast<std::uint32_t>(i) % connections + 1;
            REQUIRE(files.add(connection, "okx_v5", "okx", noise(random, 2'000), some_time, false));
            if (i % 10 == 0) REQUIRE(files.flush());
            REQUIRE(bytes_in(folder.path) <= settings.max_bytes + 300'000);
        }
    };
    SECTION("of one connection") {
        {
            RawFiles files(settings);
            fill(files, 1);
            REQUIRE(files.flush());
            CHECK(bytes_in(folder.path) <= settings.max_bytes);
            CHECK(bytes_in(folder.path) > settings.max_bytes / 2);
        }
        const auto before = files_of(folder.path, ".jsonl.zst");
        REQUIRE(before.size() > 3);
        CHECK_FALSE(before[0].ends_with("-000001.jsonl.zst"));
        CHECK(files_of(folder.path, ".recv_ns.txt.zst").size() == before.size());
        // A later run counts what it finds.
        RawFiles again(settings);
        fill(again, 1);
        CHECK(bytes_in(folder.path) <= settings.max_bytes + 120'000);
        CHECK_FALSE(fs::exists(before[0]));
    }
    SECTION("of many, all of them open") {
        settings.segment_bytes = 10'000'000;
        RawFiles files(settings);
        fill(files, 8);
        REQUIRE(files.flush());
        CHECK(bytes_in(folder.path) <= settings.max_bytes);
        CHECK(bytes_in(folder.path) > 0);
    }
    SECTION("in their number, where connections fail for ever") {
        settings.max_segments = 5;
        RawFiles files(settings);
        for (std::uint32_t connection = 1; connection < 40; ++connection) {
            REQUIRE(files.add(connection, "okx_v5", "okx", "x", some_time, false));
            files.end(connection);
            CHECK(files.segments() <= 5);
        }
        CHECK(files_of(folder.path, ".jsonl.zst").size() == 5);
        CHECK(files_of(folder.path, "-000039.jsonl.zst").size() == 1);
    }
}

TEST_CASE("each segment of a connection holds what its frames rest on") {
    const TemporaryDirectory folder;
    std::mt19937_64 random(13);
    RawFileSettings settings = raw_in(folder);
    settings.segment_bytes = 20'000;
    const std::string bound =
        R"({"event":"subscribed","channel":"trades","chanId":7,"symbol":"tBTCUSD"})";
    {
        RawFiles files(settings);
        REQUIRE(files.add(1, "bitfinex", "b", bound, some_time, true));
        for (int i = 0; i < 60; ++i) {
            REQUIRE(files.add(1, "bitfinex", "b", noise(random, 2'000), some_time, false));
            REQUIRE(files.flush());
        }
        REQUIRE(files.add(2, "bitfinex", "b", "another connection", some_time, false));
    }
    const auto frames = files_of(folder.path, ".jsonl.zst");
    REQUIRE(frames.size() > 3);
    for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
        INFO(frames[i]);
        CHECK(lines_in(frames[i]).front() == bound);
    }
    CHECK(lines_in(frames.back()) == std::vector<std::string>{"another connection"});
}

TEST_CASE("a nearly full disk is left alone") {
    const TemporaryDirectory folder;
    RawFileSettings settings = raw_in(folder);
    settings.min_free_bytes = ~0ull;
    RawFiles files(settings);
    CHECK_FALSE(files.add(1, "okx_v5", "okx", "x", some_time, false));
    CHECK(files.error().find("nearly full") != std::string::npos);
    CHECK(files_of(folder.path, ".zst").empty());
}

TEST_CASE("of samples the first of each reason stays and the newest replace the others") {
    FrameSamples samples;
    samples.add(sample(DecodeError::wrong_type, "first"));
    for (int i = 0; i < 100; ++i)
        samples.add(sample(DecodeError::malformed_json, std::to_string(i)));
    samples.add(sample(DecodeError::bad_time, "last"));
    const auto& all = samples.all();
    REQUIRE(all.size() == daemon::samples_max);
    CHECK(all[0].line == "first");
    CHECK(all[1].line == "0");
    CHECK(all[2].line == "83");
    CHECK(all.back().line == "last");

    FrameSamples large;
    const std::string whole(daemon::sample_bytes_max, 'x');
    for (int round = 0; round < 5; ++round)
        for (std::size_t e = 1; e < feeds::decode_error_count; ++e)
            large.add(sample(static_cast<DecodeError>(e), whole));
    std::size_t bytes = 0;
    std::size_t firsts = 0;
    for (std::size_t i = 0; i < large.all().size(); ++i) {
        bytes += large.all()[i].line.size();
        if (static_cast<std::size_t>(large.all()[i].reason) == i + 1) ++firsts;
    }
    CHECK(bytes <= daemon::samples_bytes_max);
    CHECK(firsts == feeds::decode_error_count - 1);
    CHECK(large.all().size() == feeds::decode_error_count);
}

TEST_CASE("samples are read back by a later run") {
    const TemporaryDirectory folder;
    FrameSamples samples;
    samples.add(sample(DecodeError::wrong_type, R"({"a":"x y"})"));
    samples.add(
        {some_time + 5, DecodeError::unexpected_binary, "a feed", 3,
         daemon::sample_line(std::string_view("\x1f\x8b\0", 3), DecodeError::unexpected_binary)});
    samples.add({some_time, DecodeError::too_large, "f", 0, ""});
    REQUIRE(samples.save(folder.path / "venue"));
    const FrameSamples again = FrameSamples::load(folder.path / "venue");
    REQUIRE(again.all().size() == 3);
    CHECK(again.all()[0].line == R"({"a":"x y"})");
    CHECK(again.all()[0].ts_receive / core::ns_per_us == some_time / core::ns_per_us);
    CHECK(again.all()[0].reason == DecodeError::wrong_type);
    CHECK(again.all()[1].line == "\"hex:1f8b00\"");
    CHECK(again.all()[1].feed == "a_feed");
    CHECK(again.all()[1].bytes == 3);
    CHECK(FrameSamples::load(folder.path / "nowhere").all().empty());
}

namespace {

/// Feeds frames through a venue's decoder and a tap, as a session does.
void receive(feeds::FrameTap& tap, feeds::Decoder& decoder, std::string_view text,
             core::TimeNs ts_receive) {
    feeds::Decoded decoded;
    decoder.decode(PaddedFrame(text).view(), ts_receive, decoded);
    tap.see(text, ts_receive, decoded);
}

feeds::SessionSettings feed_of(std::string_view venue) {
    feeds::SessionSettings feed;
    feed.name = "desk";
    feed.venue = feeds::find_venue(venue);
    return feed;
}

}  // namespace

TEST_CASE("what each venue sent is decoded from the recording as it was live") {
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        const TemporaryDirectory folder;
        FrameRecorderSettings settings;
        settings.raw = raw_in(folder);
        FrameRecorder recorder(std::move(settings));
        recorder.start();
        {
            const auto tap = recorder.taps_of(feed_of(venue.id))();
            const auto decoder = venue.make_decoder();
            core::TimeNs t = some_time;
            for (const std::string& frame : own_frames(venue.id))
                receive(*tap, *decoder, frame, t++);
        }
        recorder.stop();
        CHECK(recorder.counters().frames.value() == own_frames(venue.id).size());
        const auto files = files_of(folder.path / "raw" / venue.id, ".jsonl.zst");
        REQUIRE(files.size() == 1);
        CHECK(lines_in(files[0]) == own_frames(venue.id));
        CHECK(lines_in(files_of(folder.path, ".recv_ns.txt.zst").at(0)).size() ==
              own_frames(venue.id).size());
        daemon::MessageReader lines(files[0]);
        CHECK(daemon::decode_lines(lines, venue, [](std::string_view) {}).rows > 0);
    }
}

TEST_CASE("no key of a feed is written, whatever a venue quotes") {
    const TemporaryDirectory folder;
    FrameRecorderSettings settings;
    settings.raw = raw_in(folder);
    settings.samples_folder = folder.path / "undecodable";
    FrameRecorder recorder(std::move(settings));
    recorder.start();
    feeds::SessionSettings feed = feed_of("alpaca");
    feed.credentials = {"CANARY-KEY", "CANARY/SECRET"};
    {
        const auto tap = recorder.taps_of(feed)();
        const auto decoder = feed.venue->make_decoder();
        receive(*tap, *decoder, R"([{"T":"error","code":402,"msg":"no key CANARY-KEY"}])", 1);
        receive(*tap, *decoder, "torn CANARY%2FSECRET", 2);
        // The key stands where a sample is cut.
        receive(*tap, *decoder, std::string(daemon::sample_bytes_max - 4, 'x') + "CANARY-KEY", 3);
    }
    recorder.stop();
    std::string all;
    for (const std::string& file : files_of(folder.path, ".zst"))
        for (const std::string& line : lines_in(file)) all += line;
    for (const std::string& file : files_of(folder.path / "undecodable", ""))
        for (const std::string& line : lines_in(file)) all += line;
    CHECK(all.find("CANA") == std::string::npos);
    CHECK(all.find("no key <secret>") != std::string::npos);
    CHECK(all.find("torn <secret>") != std::string::npos);
}

TEST_CASE("frames that cannot be decoded are sampled without recording all") {
    const TemporaryDirectory folder;
    FrameRecorderSettings settings;
    settings.samples_folder = folder.path / "undecodable";
    FrameRecorder recorder(std::move(settings));
    recorder.start();
    const feeds::SessionSettings feed = feed_of("kraken_v2");
    {
        const auto tap = recorder.taps_of(feed)();
        const auto decoder = feed.venue->make_decoder();
        for (const std::string& frame : own_frames("kraken_v2")) receive(*tap, *decoder, frame, 1);
        receive(*tap, *decoder, "not json", some_time);
        feeds::Decoded refused;
        refused.error = DecodeError::unexpected_binary;
        tap->see("\x1f\x8b", some_time, refused);
        refused.error = DecodeError::too_large;
        tap->see({}, some_time, refused);
    }
    recorder.stop();
    CHECK(recorder.counters().frames.value() == 0);
    const FrameSamples samples = FrameSamples::load(folder.path / "undecodable/kraken_v2");
    std::vector<DecodeError> reasons;
    for (const FrameSample& one : samples.all()) reasons.push_back(one.reason);
    // One of its own frames holds an element that is none.
    CHECK(reasons == std::vector<DecodeError>{DecodeError::wrong_type, DecodeError::malformed_json,
                                              DecodeError::unexpected_binary,
                                              DecodeError::too_large});
    CHECK(samples.all()[1].line == "not json");
    CHECK(files_of(folder.path, ".zst").empty());
}

TEST_CASE("a recorder that falls behind drops frames, counted, and never keeps the feed waiting") {
    const TemporaryDirectory folder;
    FrameRecorderSettings settings;
    settings.raw = raw_in(folder);
    settings.queue_bytes = 1 << 16;
    FrameRecorder recorder(std::move(settings));
    const std::string frame(1000, 'x');
    constexpr std::uint64_t sent = 500;
    {
        const auto tap = recorder.taps_of(feed_of("okx_v5"))();
        // Nobody writes yet: as if the disk stood still.
        for (std::uint64_t i = 0; i < sent; ++i) tap->see(frame, some_time, {});
        CHECK(recorder.counters().queue_full.value() > 0);
        recorder.start();
    }
    recorder.stop();
    CHECK(recorder.counters().frames.value() + recorder.counters().queue_full.value() == sent);
    CHECK(lines_in(files_of(folder.path, ".jsonl.zst").at(0)).size() ==
          recorder.counters().frames.value());
}

}  // namespace contagiond::test
