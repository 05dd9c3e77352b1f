#include "core/journal_codec.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "core/crc32c.hpp"
#include "core/journal_fields.hpp"

namespace contagiond::core {
namespace {

constexpr std::array<std::byte, 4> marker = {std::byte{'C'}, std::byte{'T'}, std::byte{'J'},
                                             std::byte{'R'}};
constexpr std::size_t crc_offset = 4;
constexpr std::size_t length_offset = 8;
constexpr std::string_view header_magic = "contagiond journal";

/// Writes prefix and payload; `fill` appends the payload's fields.
template <typename Fill>
bool append(JournalBytes& out, std::uint64_t sequence, RecordKind kind, Fill&& fill) {
    const std::size_t start = out.size();
    FieldWriter prefix(out);
    for (const std::byte b : marker) out.push_back(b);
    prefix.u32(0);  // the checksum, known at the end
    prefix.u32(0);  // the length, likewise
    prefix.u64(sequence);
    prefix.u8(static_cast<std::uint8_t>(kind));
    prefix.u8(journal_version(kind));
    prefix.u16(0);
    fill(prefix);
    const std::size_t length = out.size() - start - record_prefix_bytes;
    if (length > record_payload_bytes_max) {
        out.resize(start);
        return false;
    }
    store_le32(&out[start + length_offset], static_cast<std::uint32_t>(length));
    store_le32(&out[start + crc_offset], crc32c(std::span(out).subspan(start + length_offset)));
    return true;
}

void write_input(FieldWriter& w, const Input& input) {
    w.i64(input.ts_exchange);
    w.i64(input.ts_receive);
    switch (input.kind) {
        case InputKind::trade:
            w.i64(input.trade.price);
            w.i64(input.trade.size);
            w.u64(input.trade.trade_id);
            w.i64(input.trade.reserved);
            break;
        case InputKind::quote:
            w.i64(input.quote.bid);
            w.i64(input.quote.ask);
            w.i64(input.quote.bid_size);
            w.i64(input.quote.ask_size);
            break;
        case InputKind::feed_status:
            w.u8(static_cast<std::uint8_t>(input.feed_status.state));
            w.raw(input.feed_status.padding);
            for (const std::int64_t word : input.feed_status.reserved) w.i64(word);
            break;
        case InputKind::gap:
            w.i64(input.gap.ts_receive_first);
            w.i64(input.gap.ts_receive_last);
            w.u64(input.gap.count);
            w.u8(static_cast<std::uint8_t>(input.gap.reason));
            w.raw(input.gap.padding);
            break;
        case InputKind::clock_step:
            w.i64(input.clock_step.step_ns);
            for (const std::int64_t word : input.clock_step.reserved) w.i64(word);
            break;
        case InputKind::clock:
            for (const std::int64_t word : input.words) w.i64(word);
            break;
    }
    w.u16(input.instrument);
    w.u16(input.feed);
    w.u8(static_cast<std::uint8_t>(input.kind));
    w.u8(static_cast<std::uint8_t>(input.price_exponent));
    w.u8(static_cast<std::uint8_t>(input.size_exponent));
    w.u8(input.flags);
}

/// The body stands before the kind, so it is read when the kind is known.
void read_body(FieldReader& r, Input& input) {
    switch (input.kind) {
        case InputKind::trade:
            input.trade.price = r.i64();
            input.trade.size = r.i64();
            input.trade.trade_id = r.u64();
            input.trade.reserved = r.i64();
            break;
        case InputKind::quote:
            input.quote.bid = r.i64();
            input.quote.ask = r.i64();
            input.quote.bid_size = r.i64();
            input.quote.ask_size = r.i64();
            break;
        case InputKind::feed_status:
            input.feed_status.state = static_cast<FeedState>(r.u8());
            r.raw(input.feed_status.padding);
            for (std::int64_t& word : input.feed_status.reserved) word = r.i64();
            break;
        case InputKind::gap:
            input.gap.ts_receive_first = r.i64();
            input.gap.ts_receive_last = r.i64();
            input.gap.count = r.u64();
            input.gap.reason = static_cast<GapReason>(r.u8());
            r.raw(input.gap.padding);
            break;
        case InputKind::clock_step:
            input.clock_step.step_ns = r.i64();
            for (std::int64_t& word : input.clock_step.reserved) word = r.i64();
            break;
        case InputKind::clock:
            for (std::int64_t& word : input.words) word = r.i64();
            break;
    }
}

void write_texts(FieldWriter& w, const std::vector<std::string>& texts) {
    w.u32(static_cast<std::uint32_t>(texts.size()));
    for (const std::string& text : texts) w.text(text);
}

std::vector<std::string> read_texts(FieldReader& r) {
    constexpr std::size_t empty_text_bytes = 4;
    std::vector<std::string> texts(r.count(empty_text_bytes));
    for (std::string& text : texts) text = r.text();
    return texts;
}

bool is_known(InputKind kind) {
    return kind >= InputKind::trade && kind <= InputKind::clock_step;
}

bool readable(const Record& record, RecordKind kind) {
    return record.kind == kind && record.version >= journal_version_oldest(kind) &&
           record.version <= journal_version(kind);
}

}  // namespace

bool append_record(JournalBytes& out, std::uint64_t sequence, const JournalHeader& header) {
    return append(out, sequence, RecordKind::header, [&](FieldWriter& w) {
        w.text(header_magic);
        w.u64(header.first_sequence);
        w.i64(header.ts_segment_start);
        w.i64(header.ts_run_start);
        w.text(header.config_text);
    });
}

bool append_record(JournalBytes& out, std::uint64_t sequence, const Input& input) {
    if (!is_known(input.kind)) return false;
    return append(out, sequence, RecordKind::input, [&](FieldWriter& w) { write_input(w, input); });
}

bool append_record(JournalBytes& out, std::uint64_t sequence, const Event& event) {
    return append(out, sequence, RecordKind::event, [&](FieldWriter& w) { write_event(w, event); });
}

bool append_record(JournalBytes& out, std::uint64_t sequence, const Annotation& annotation) {
    return append(out, sequence, RecordKind::annotation, [&](FieldWriter& w) {
        w.text(annotation.id);
        w.i64(annotation.ts);
        w.i64(annotation.ts_made);
        w.text(annotation.text);
        w.text(annotation.by);
        write_texts(w, annotation.symbols);
        write_texts(w, annotation.tags);
    });
}

std::optional<JournalHeader> read_header(const Record& record) {
    if (!readable(record, RecordKind::header)) return std::nullopt;
    FieldReader r(record.payload);
    if (r.text() != header_magic) return std::nullopt;
    JournalHeader header;
    header.first_sequence = r.u64();
    header.ts_segment_start = r.i64();
    header.ts_run_start = r.i64();
    header.config_text = r.text();
    if (!r.complete()) return std::nullopt;
    return header;
}

std::optional<Input> read_input(const Record& record) {
    constexpr std::size_t body_offset = 16, body_bytes = 32, payload_bytes = 56;
    if (!readable(record, RecordKind::input) || record.payload.size() != payload_bytes)
        return std::nullopt;
    Input input;
    // Every byte, also the unused ones of the union, gets a value.
    std::memset(static_cast<void*>(&input), 0, sizeof input);
    FieldReader tail(record.payload.subspan(body_offset + body_bytes));
    input.instrument = tail.u16();
    input.feed = tail.u16();
    input.kind = static_cast<InputKind>(tail.u8());
    input.price_exponent = static_cast<std::int8_t>(tail.u8());
    input.size_exponent = static_cast<std::int8_t>(tail.u8());
    input.flags = tail.u8();
    if (!is_known(input.kind)) return std::nullopt;
    FieldReader head(record.payload.first(body_offset + body_bytes));
    input.ts_exchange = head.i64();
    input.ts_receive = head.i64();
    read_body(head, input);
    if (!head.complete() || !tail.complete()) return std::nullopt;
    return input;
}

std::optional<Event> read_event(const Record& record) {
    if (!readable(record, RecordKind::event)) return std::nullopt;
    FieldReader r(record.payload);
    std::optional<Event> event = read_event(r, record.version);
    if (!event || !r.complete()) return std::nullopt;
    return event;
}

std::optional<Annotation> read_annotation(const Record& record) {
    if (!readable(record, RecordKind::annotation)) return std::nullopt;
    FieldReader r(record.payload);
    Annotation annotation;
    annotation.id = r.text();
    annotation.ts = r.i64();
    annotation.ts_made = r.i64();
    annotation.text = r.text();
    annotation.by = r.text();
    annotation.symbols = read_texts(r);
    annotation.tags = read_texts(r);
    if (!r.complete()) return std::nullopt;
    return annotation;
}

JournalStatistics& JournalStatistics::operator+=(const JournalStatistics& other) {
    records += other.records;
    lost += other.lost;
    bytes_skipped += other.bytes_skipped;
    torn_tail = torn_tail || other.torn_tail;
    return *this;
}

JournalDecoder::JournalDecoder(std::span<const std::byte> bytes,
                               std::optional<std::uint64_t> expected)
    : bytes_(bytes), expected_(expected) {}

std::optional<Record> JournalDecoder::record_at(std::size_t offset) const {
    const auto rest = bytes_.subspan(offset);
    if (rest.size() < record_prefix_bytes) return std::nullopt;
    if (!std::equal(marker.begin(), marker.end(), rest.begin())) return std::nullopt;
    const std::size_t length = load_le32(&rest[length_offset]);
    if (length > record_payload_bytes_max || length > rest.size() - record_prefix_bytes)
        return std::nullopt;
    const std::size_t end = record_prefix_bytes + length;
    if (crc32c(rest.subspan(length_offset, end - length_offset)) != load_le32(&rest[crc_offset]))
        return std::nullopt;
    FieldReader r(rest.subspan(length_offset + 4));
    Record record;
    record.sequence = r.u64();
    record.kind = static_cast<RecordKind>(r.u8());
    record.version = r.u8();
    record.offset = offset;
    record.payload = rest.subspan(record_prefix_bytes, length);
    return record;
}

bool JournalDecoder::next(Record& record) {
    while (!ended_ && position_ < bytes_.size()) {
        const std::optional<Record> found = record_at(position_);
        const bool starts_journal = found && position_ == 0 && found->kind == RecordKind::header;
        // A number already passed is an old copy inside damaged bytes, never the next record.
        if (!found || (expected_ && found->sequence < *expected_ && !starts_journal)) {
            const auto next_marker =
                std::search(bytes_.begin() + static_cast<std::ptrdiff_t>(position_) + 1,
                            bytes_.end(), marker.begin(), marker.end());
            if (next_marker == bytes_.end()) break;
            position_ = static_cast<std::size_t>(next_marker - bytes_.begin());
            continue;
        }
        if (expected_ && found->sequence > *expected_)
            statistics_.lost += found->sequence - *expected_;
        // What stood before the first record cannot be counted without a number to count from.
        if (!expected_ && position_ > 0) ++statistics_.lost;
        statistics_.bytes_skipped += position_ - good_end_;
        ++statistics_.records;
        expected_ = found->sequence + 1;
        position_ += record_prefix_bytes + found->payload.size();
        good_end_ = position_;
        record = *found;
        return true;
    }
    end_of_bytes();
    return false;
}

void JournalDecoder::end_of_bytes() {
    if (ended_) return;
    ended_ = true;
    if (good_end_ == bytes_.size()) return;
    statistics_.bytes_skipped += bytes_.size() - good_end_;
    statistics_.torn_tail = true;
    ++statistics_.lost;
    if (expected_) ++*expected_;
}

}  // namespace contagiond::core
