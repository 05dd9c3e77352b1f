// Journal codec: inputs and events as versioned, checksummed, numbered records. Pure: bytes in,
// bytes out; files are the sink's and the reader's business.
//
// A record, all numbers little-endian:
//
//   offset  size
//        0     4  marker "CTJR", where a search for the next record may stop
//        4     4  CRC-32C of everything from offset 8 to the end of the payload
//        8     4  length of the payload
//       12     8  sequence: one higher than that of the record before, also over segments and
//                 restarts; a number that is skipped is a record that is lost
//       20     1  kind (RecordKind)
//       21     1  version of the payload's layout, which each kind counts for itself
//       22     2  zero
//       24     .  payload
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/annotation.hpp"
#include "core/event.hpp"
#include "core/input.hpp"
#include "core/units.hpp"

namespace contagiond::core {

enum class RecordKind : std::uint8_t {
    header = 1,  ///< begins every segment
    input = 2,
    event = 3,
    annotation = 4,  ///< what a person noted; no replay needs it
};

/// Version of the payloads written here. Each kind has its own: inputs are what a replay needs, and
/// theirs stays readable when what the engine says changes its shape. A reader leaves records of
/// a kind or version it cannot read aside, counts them and goes on; who writes refuses a folder
/// that holds any. 0, which is never written, for a kind that is not known.
constexpr std::uint8_t journal_version(RecordKind kind) {
    switch (kind) {
        case RecordKind::header:
        case RecordKind::input:
        case RecordKind::annotation:
            return 1;
        case RecordKind::event:
            return 4;
    }
    return 0;
}

/// The oldest version that is still read; what a later one has added is then absent.
constexpr std::uint8_t journal_version_oldest(RecordKind kind) {
    // Events, 1: before the slower statistics and what several feeds agree on. 2: before an episode
    // told why it opened. 3: before directions, placebos, and how sure a leader is.
    return kind == RecordKind::event ? 2 : journal_version(kind);
}

inline constexpr std::size_t record_prefix_bytes = 24;
inline constexpr std::size_t input_record_bytes = record_prefix_bytes + 56;
/// Longer payloads are neither written nor believed.
inline constexpr std::size_t record_payload_bytes_max = std::size_t{8} << 20;

/// What a segment says about itself before anything else.
struct JournalHeader {
    std::uint64_t first_sequence = 0;  ///< of this header record
    TimeNs ts_segment_start = 0;
    TimeNs ts_run_start = 0;  ///< of the process; segments of one run share it
    std::string config_text;  ///< resolved configuration, without secrets

    friend bool operator==(const JournalHeader&, const JournalHeader&) = default;
};

/// A buffer of encoded records.
using JournalBytes = std::vector<std::byte>;

/// Each appends one record. False, and nothing appended, if the payload would be too long.
bool append_record(JournalBytes& out, std::uint64_t sequence, const JournalHeader& header);
bool append_record(JournalBytes& out, std::uint64_t sequence, const Input& input);
bool append_record(JournalBytes& out, std::uint64_t sequence, const Event& event);
bool append_record(JournalBytes& out, std::uint64_t sequence, const Annotation& annotation);

/// One record whose checksum is right.
struct Record {
    RecordKind kind = RecordKind::header;  ///< may hold a value this version does not know
    std::uint8_t version = 0;
    std::uint64_t sequence = 0;
    std::size_t offset = 0;              ///< of the record in the bytes given to the decoder
    std::span<const std::byte> payload;  ///< points into those bytes
};

/// Payload to value; empty if the record is of another kind or of a version that is not read, or
/// its payload does not have the shape of its version. A value is never half filled.
std::optional<JournalHeader> read_header(const Record& record);
std::optional<Input> read_input(const Record& record);
std::optional<Event> read_event(const Record& record);
std::optional<Annotation> read_annotation(const Record& record);

/// What a decoder has found so far.
struct JournalStatistics {
    std::uint64_t records = 0;        ///< good ones
    std::uint64_t lost = 0;           ///< missing in the numbering, and one for an unreadable tail
    std::uint64_t bytes_skipped = 0;  ///< that belong to no good record
    bool torn_tail = false;           ///< the bytes do not end with a good record

    bool damaged() const { return lost > 0 || bytes_skipped > 0; }
    JournalStatistics& operator+=(const JournalStatistics& other);
};

/// Reads records one after the other and steps over damage to the next good record.
class JournalDecoder {
  public:
    /// `bytes` must stay valid. `expected` is the sequence the first record should have, if known
    /// (from the segment before). A header at the very start whose number is lower begins another
    /// journal.
    explicit JournalDecoder(std::span<const std::byte> bytes,
                            std::optional<std::uint64_t> expected = std::nullopt);

    /// The next good record; false at the end. Linear in the bytes, except where damage imitates
    /// records.
    bool next(Record& record);

    const JournalStatistics& statistics() const { return statistics_; }
    /// Sequence the next record should have; empty if not known.
    std::optional<std::uint64_t> expected() const { return expected_; }
    /// Where the last good record ends: what a torn tail is cut to.
    std::size_t good_end() const { return good_end_; }

  private:
    std::optional<Record> record_at(std::size_t offset) const;
    void end_of_bytes();

    std::span<const std::byte> bytes_;
    std::optional<std::uint64_t> expected_;
    std::size_t position_ = 0;
    std::size_t good_end_ = 0;
    bool ended_ = false;
    JournalStatistics statistics_;
};

}  // namespace contagiond::core
