#include "core/journal_codec.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/crc32c.hpp"
#include "core/journal_fields.hpp"
#include "tests/support/random_events.hpp"

namespace contagiond::core {
namespace {

using test::RandomRecords;
using test::same;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

/// A small journal: header, then inputs and events of every kind, and where each record ends.
struct SmallJournal {
    explicit SmallJournal(std::uint64_t seed, std::uint64_t first_sequence = 0) {
        RandomRecords random(seed);
        std::uint64_t sequence = first_sequence;
        const auto ended = [&] { ends.push_back(bytes.size()); };
        append_record(bytes, sequence++, JournalHeader{first_sequence, 11, 7, "detector: {}\n"});
        ended();
        for (std::size_t i = 0; i < std::variant_size_v<Event>; ++i) {
            inputs.push_back(random.input());
            append_record(bytes, sequence++, inputs.back());
            ended();
            events.push_back(random.event(i));
            append_record(bytes, sequence++, events.back());
            ended();
        }
    }

    JournalBytes bytes;
    std::vector<std::size_t> ends;
    std::vector<Input> inputs;
    std::vector<Event> events;
};

/// Every record the decoder accepts is the one that was written under its number.
JournalStatistics decode_and_compare(std::span<const std::byte> bytes, const SmallJournal& written,
                                     std::optional<std::uint64_t> expected = std::nullopt) {
    JournalDecoder decoder(bytes, expected);
    Record record;
    bool all_as_written = true;
    while (decoder.next(record)) {
        if (record.sequence == 0) {
            const auto header = read_header(record);
            all_as_written =
                all_as_written && header && *header == JournalHeader{0, 11, 7, "detector: {}\n"};
        } else if (record.sequence % 2 == 1) {
            const auto input = read_input(record);
            all_as_written = all_as_written && input &&
                             same(*input, written.inputs.at((record.sequence - 1) / 2));
        } else {
            const auto event = read_event(record);
            all_as_written = all_as_written && event &&
                             same(*event, written.events.at((record.sequence - 1) / 2));
        }
    }
    CHECK(all_as_written);
    return decoder.statistics();
}

}  // namespace

TEST_CASE("crc32c gives the published check values") {
    CHECK(crc32c(bytes_of("")) == 0u);
    CHECK(crc32c(bytes_of("123456789")) == 0xe3069283u);
    const std::vector<std::byte> zeros(32), ones(32, std::byte{0xff});
    CHECK(crc32c(zeros) == 0x8a9136aau);
    CHECK(crc32c(ones) == 0x62a8ab43u);
}

TEST_CASE("crc32c continues over pieces of any length") {
    const std::string text = "a line that is longer than eight bytes, cut anywhere";
    const std::uint32_t whole = crc32c(bytes_of(text));
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
        CHECK(crc32c(bytes_of(text).subspan(cut), crc32c(bytes_of(text).first(cut))) == whole);
}

TEST_CASE("a record is laid out as documented") {
    JournalBytes bytes;
    append_record(bytes, 0x0102030405060708, Input::make_clock(0x1112131415161718));
    REQUIRE(bytes.size() == input_record_bytes);
    const auto at = [&](std::size_t i) { return std::to_integer<int>(bytes[i]); };
    CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), 4) == "CTJR");
    CHECK(at(8) == 56);
    CHECK(at(12) == 0x08);
    CHECK(at(19) == 0x01);
    CHECK(at(20) == 2);
    CHECK(at(21) == 1);
    CHECK(at(24 + 8) == 0x18);
    CHECK(at(24 + 15) == 0x11);
    CHECK(at(24 + 52) == 3);  // kind clock
}

TEST_CASE("an annotation comes back as it was, and half of one does not") {
    const Annotation note{"A12", 5, -7, "DeepSeek tops the App Store", "anna", {"NVDA", ""}, {"x"}};
    for (const Annotation& written : {note, Annotation{}}) {
        JournalBytes bytes;
        REQUIRE(append_record(bytes, 3, written));
        JournalDecoder decoder(bytes, 3);
        Record record;
        REQUIRE(decoder.next(record));
        CHECK(record.kind == RecordKind::annotation);
        CHECK(read_annotation(record) == written);
        CHECK_FALSE(read_input(record));
        CHECK_FALSE(read_event(record));
        CHECK_FALSE(read_header(record));
        // A payload that is cut, or goes on, is not believed.
        const auto payload = record.payload;
        for (std::size_t n = 0; n < payload.size(); ++n) {
            record.payload = payload.first(n);
            CHECK_FALSE(read_annotation(record));
        }
        std::vector<std::byte> longer(payload.begin(), payload.end());
        longer.push_back(std::byte{0});
        record.payload = longer;
        CHECK_FALSE(read_annotation(record));
        record.payload = payload;
        record.version = 2;
        CHECK_FALSE(read_annotation(record));
    }
}

TEST_CASE("random inputs and events come back as they were") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    RandomRecords random(seed);
    JournalBytes bytes;
    std::vector<std::variant<Input, Event>> written;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        if (random.below(2) == 0) {
            written.emplace_back(random.input());
            REQUIRE(append_record(bytes, i, std::get<Input>(written.back())));
        } else {
            written.emplace_back(random.event());
            REQUIRE(append_record(bytes, i, std::get<Event>(written.back())));
        }
    }
    JournalDecoder decoder(bytes, 0);
    Record record;
    for (std::uint64_t i = 0; i < written.size(); ++i) {
        REQUIRE(decoder.next(record));
        REQUIRE(record.sequence == i);
        if (const auto* input = std::get_if<Input>(&written[i])) {
            REQUIRE(record.kind == RecordKind::input);
            REQUIRE(same(read_input(record).value(), *input));
        } else {
            REQUIRE(record.kind == RecordKind::event);
            REQUIRE(same(read_event(record).value(), std::get<Event>(written[i])));
        }
    }
    CHECK_FALSE(decoder.next(record));
    CHECK(decoder.statistics().records == written.size());
    CHECK_FALSE(decoder.statistics().damaged());
    CHECK(decoder.good_end() == bytes.size());
}

TEST_CASE("absent numbers stay absent and special ones keep their bits") {
    SelloffMeasured e{};
    e.drawdown = -0.0;
    e.loss_sigma = std::numeric_limits<double>::infinity();
    e.coverage = std::numeric_limits<double>::denorm_min();
    JournalBytes bytes;
    append_record(bytes, 0, Event{e});
    JournalDecoder decoder(bytes);
    Record record;
    REQUIRE(decoder.next(record));
    const auto back = std::get<SelloffMeasured>(read_event(record).value());
    CHECK_FALSE(back.log_return.has_value());
    CHECK_FALSE(back.loss_one_way.has_value());
    REQUIRE(back.drawdown.has_value());
    CHECK(std::signbit(*back.drawdown));
    CHECK(back.loss_sigma == std::numeric_limits<double>::infinity());
    CHECK(back.coverage == std::numeric_limits<double>::denorm_min());
}

TEST_CASE("a journal cut at any byte gives its whole records and counts the torn one") {
    const SmallJournal journal(1);
    for (std::size_t cut = 0; cut <= journal.bytes.size(); ++cut) {
        INFO("cut at " << cut);
        const auto whole = static_cast<std::uint64_t>(
            std::upper_bound(journal.ends.begin(), journal.ends.end(), cut) - journal.ends.begin());
        const bool at_border = cut == 0 || (whole > 0 && journal.ends[whole - 1] == cut);
        const auto found = decode_and_compare(std::span(journal.bytes).first(cut), journal);
        CHECK(found.records == whole);
        CHECK(found.lost == (at_border ? 0u : 1u));
        CHECK(found.torn_tail == !at_border);
        CHECK(found.bytes_skipped == cut - (whole > 0 ? journal.ends[whole - 1] : 0));
    }
}

TEST_CASE("any flipped bit costs exactly the record it is in") {
    SmallJournal journal(2);
    const std::uint64_t records = journal.ends.size();
    std::uint64_t wrong_counts = 0;
    for (std::size_t byte = 0; byte < journal.bytes.size(); ++byte) {
        const auto hit = static_cast<std::size_t>(
            std::upper_bound(journal.ends.begin(), journal.ends.end(), byte) -
            journal.ends.begin());
        const std::size_t record_bytes = journal.ends[hit] - (hit > 0 ? journal.ends[hit - 1] : 0);
        for (unsigned bit = 0; bit < 8; ++bit) {
            journal.bytes[byte] ^= static_cast<std::byte>(1u << bit);
            const auto found = decode_and_compare(journal.bytes, journal);
            journal.bytes[byte] ^= static_cast<std::byte>(1u << bit);
            if (found.records != records - 1 || found.lost != 1 ||
                found.bytes_skipped != record_bytes || found.torn_tail != (hit + 1 == records))
                ++wrong_counts;
        }
    }
    CHECK(wrong_counts == 0);
}

TEST_CASE("records removed from the middle are counted by their numbers") {
    const SmallJournal journal(3);
    JournalBytes bytes(journal.bytes.begin(),
                       journal.bytes.begin() + static_cast<std::ptrdiff_t>(journal.ends[2]));
    bytes.insert(bytes.end(), journal.bytes.begin() + static_cast<std::ptrdiff_t>(journal.ends[7]),
                 journal.bytes.end());
    const auto found = decode_and_compare(bytes, journal);
    CHECK(found.records == journal.ends.size() - 5);
    CHECK(found.lost == 5);
    CHECK(found.bytes_skipped == 0);
    CHECK_FALSE(found.torn_tail);
}

TEST_CASE("the number of the segment before tells of records lost between segments") {
    const SmallJournal journal(4);
    const auto rest = std::span(journal.bytes).subspan(journal.ends[3]);
    CHECK(decode_and_compare(rest, journal, 2).lost == 2);
    CHECK(decode_and_compare(rest, journal, 4).lost == 0);
    CHECK(decode_and_compare(rest, journal).lost == 0);
}

TEST_CASE("a copy of an earlier record is skipped, not told twice") {
    const SmallJournal journal(5);
    JournalBytes bytes = journal.bytes;
    bytes.insert(bytes.end(), journal.bytes.begin() + static_cast<std::ptrdiff_t>(journal.ends[0]),
                 journal.bytes.begin() + static_cast<std::ptrdiff_t>(journal.ends[1]));
    const auto found = decode_and_compare(bytes, journal);
    CHECK(found.records == journal.ends.size());
    CHECK(found.bytes_skipped == journal.ends[1] - journal.ends[0]);
}

TEST_CASE("a record inside the text of another is found only if the other is broken") {
    JournalBytes inner, bytes;
    append_record(inner, 7, Input::make_clock(5));
    const std::string text(reinterpret_cast<const char*>(inner.data()), inner.size());
    append_record(bytes, 0, JournalHeader{0, 1, 1, text});
    append_record(bytes, 1, Input::make_clock(6));
    JournalDecoder decoder(bytes);
    Record record;
    REQUIRE(decoder.next(record));
    CHECK(read_header(record).value().config_text == text);
    REQUIRE(decoder.next(record));
    CHECK(read_input(record).value().ts_receive == 6);
    CHECK_FALSE(decoder.next(record));
    CHECK_FALSE(decoder.statistics().damaged());
}

TEST_CASE("noise gives no record and no crash") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    RandomRecords random(seed);
    for (int round = 0; round < 200; ++round) {
        JournalBytes noise(random.below(4000));
        for (std::byte& b : noise) b = static_cast<std::byte>(random.below(256));
        // Markers with random lengths behind them are the worst that noise can do.
        for (std::size_t i = 0; i + 16 < noise.size(); i += 1 + random.below(200))
            std::memcpy(&noise[i], "CTJR", 4);
        JournalDecoder decoder(noise);
        Record record;
        REQUIRE_FALSE(decoder.next(record));
        REQUIRE(decoder.statistics().bytes_skipped == noise.size());
    }
}

TEST_CASE("a payload of the wrong shape under a right checksum gives nothing") {
    SmallJournal journal(6);
    JournalDecoder decoder(journal.bytes);
    Record record;
    while (decoder.next(record)) {
        for (std::size_t n = 0; n < record.payload.size(); ++n) {
            Record cut = record;
            cut.payload = record.payload.first(n);
            REQUIRE_FALSE(read_header(cut).has_value());
            REQUIRE_FALSE(read_input(cut).has_value());
            REQUIRE_FALSE(read_event(cut).has_value());
        }
        Record other = record;
        other.version = journal_version(record.kind) + 1;
        REQUIRE_FALSE(read_header(other).has_value());
        REQUIRE_FALSE(read_input(other).has_value());
        REQUIRE_FALSE(read_event(other).has_value());
    }
}

TEST_CASE("kinds count their versions apart: an event of an older one is left aside, inputs stay") {
    // What a replay reads keeps the version it was first recorded with.
    CHECK(journal_version(RecordKind::header) == 1);
    CHECK(journal_version(RecordKind::input) == 1);
    REQUIRE(journal_version(RecordKind::event) > 1);
    SmallJournal journal(8);
    for (std::size_t i = 2; i < journal.ends.size(); i += 2) {
        const auto record =
            std::span(journal.bytes)
                .subspan(journal.ends[i - 1], journal.ends[i] - journal.ends[i - 1]);
        record[21] = std::byte{1};
        store_le32(&record[4], crc32c(record.subspan(8)));
    }
    JournalDecoder decoder(journal.bytes, 0);
    Record record;
    std::size_t inputs = 0, events = 0;
    while (decoder.next(record)) {
        if (record.sequence == 0) CHECK(read_header(record).has_value());
        if (record.kind == RecordKind::input)
            CHECK(same(read_input(record).value(), journal.inputs.at(inputs++)));
        if (record.kind == RecordKind::event) {
            CHECK_FALSE(read_event(record).has_value());
            ++events;
        }
    }
    CHECK(inputs == journal.inputs.size());
    CHECK(events == journal.events.size());
    CHECK_FALSE(decoder.statistics().damaged());
}

namespace {

/// The record of one event, as a version wrote it whose layout ended `tail` bytes earlier.
JournalBytes older_record(const Event& event, std::size_t tail, std::uint8_t version) {
    JournalBytes bytes;
    REQUIRE(append_record(bytes, 0, event));
    bytes.resize(bytes.size() - tail);
    bytes[21] = std::byte{version};
    store_le32(&bytes[8], load_le32(&bytes[8]) - static_cast<std::uint32_t>(tail));
    store_le32(&bytes[4], crc32c(std::span(bytes).subspan(8)));
    return bytes;
}

/// What these bytes give; the same bytes are none of the present version.
std::optional<Event> read_older(const JournalBytes& bytes) {
    JournalDecoder decoder(bytes, 0);
    Record record;
    REQUIRE(decoder.next(record));
    const auto event = read_event(record);
    record.version = journal_version(RecordKind::event);
    CHECK_FALSE(read_event(record));
    return event;
}

}  // namespace

TEST_CASE("events of older versions are read, without what was told later") {
    RandomRecords random(12);
    INFO("seed 12");
    std::size_t with_cause = 0, with_placebos = 0;
    for (int i = 0; i < 200; ++i) {
        Episode episode = random.episode();
        if (!episode.placebos.empty()) ++with_placebos;
        episode.leader_confidence.reset();
        episode.direction_balance.reset();
        episode.source_fall.reset();
        episode.targets.clear();  // they have grown too, in the middle of the record
        episode.placebos.clear();
        // An absent number, an empty list, two absent numbers.
        const auto changed = [&] {
            return Event{EpisodeChanged{7, std::make_shared<const Episode>(episode)}};
        };
        const auto third = read_older(older_record(changed(), 7, 3));
        REQUIRE(third);
        CHECK(same(*std::get<EpisodeChanged>(*third).episode, episode));

        with_cause += episode.cause.has_value();
        episode.cause.reset();
        const auto second = read_older(older_record(changed(), 8, 2));
        REQUIRE(second);
        CHECK(same(*std::get<EpisodeChanged>(*second).episode, episode));
    }
    CHECK(with_cause > 0);
    CHECK(with_placebos > 0);

    const TargetAssessed target{1, 2, Regime::calm, 3, 0.5, Condition::none, 1, false};
    const auto before = read_older(older_record(Event{target}, 1, 3));
    REQUIRE(before);
    CHECK(same(std::get<TargetAssessed>(*before), target));
}

TEST_CASE("the numbers of events in the file are what they were") {
    // Position in core::Event against the number written; both sides are what old files hold.
    const std::vector<std::pair<std::size_t, int>> numbers = {
        {0, 1},  {1, 2}, {2, 3},  {3, 4},   {4, 10}, {5, 11},  {6, 12}, {7, 13},
        {8, 14}, {9, 5}, {10, 6}, {11, 15}, {12, 7}, {13, 16}, {14, 8}, {15, 9}};
    REQUIRE(numbers.size() == std::variant_size_v<Event>);
    RandomRecords random(9);
    for (const auto& [alternative, number] : numbers) {
        JournalBytes bytes;
        append_record(bytes, 0, random.event(alternative));
        CHECK(std::to_integer<int>(bytes[record_prefix_bytes]) == number);
    }
    // A number that nobody has written yet is none.
    JournalBytes bytes;
    append_record(bytes, 0, Event{BarClosed{5}});
    JournalDecoder decoder(bytes);
    Record record;
    REQUIRE(decoder.next(record));
    for (int code = 0; code < 256; ++code) {
        bytes[record_prefix_bytes] = static_cast<std::byte>(code);
        CHECK(read_event(record).has_value() == (code == 1));
    }
}

TEST_CASE("payloads beyond the limit are not written") {
    JournalBytes bytes;
    const JournalHeader huge{0, 0, 0, std::string(record_payload_bytes_max, 'x')};
    CHECK_FALSE(append_record(bytes, 0, huge));
    CHECK(bytes.empty());
}

}  // namespace contagiond::core
