// What people at the desk say to the monitor: silences, acknowledgements, annotations. Each change
// is a record, and a record is one line of JSON with a checksum, so that a file of them can be read
// with any tool and damage is found:
//
//   {"kind":"desk","version":1,"next":1,"crc":"..."}                        begins every file
//   {"kind":"silence","id":"S1","at":time,"by":"anna","comment":"roll of the futures",
//    "rule":"tech_to_crypto" or null,"target":"BTC-USD" or null,"starts_at":time,"ends_at":time}
//   {"kind":"silence_end","id":"S1","at":time,"by":"ben"}
//   {"kind":"ack","episode":"01JJ...","at":time,"by":"anna","comment":""}
//   {"kind":"ack_end","episode":"01JJ...","at":time,"by":"anna"}
//   {"kind":"annotation","id":"A2","time":time,"at":time,"by":"anna","text":"...","symbols":[],
//    "tags":[]}
//
// Each line ends with ,"crc":"8 hex digits"}: CRC-32C of the line up to that comma. Times are RFC
// 3339 in UTC, to the microsecond.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/annotation.hpp"
#include "core/event.hpp"
#include "core/units.hpp"

namespace contagiond::daemon {

/// Keeps alerts from being sent from `starts_at` until before `ends_at`: those of a rule, to a
/// target, both, or, without either, all of them.
struct Silence {
    std::string id;
    std::optional<core::Rule> rule;
    std::string target;  ///< symbol; empty: any
    core::TimeNs starts_at = 0;
    core::TimeNs ends_at = 0;
    std::string comment;
    std::string by;
    core::TimeNs ts_made = 0;
    std::string ended_by;  ///< who ended it before its time; empty: nobody

    friend bool operator==(const Silence&, const Silence&) = default;
};

struct SilenceEnd {
    std::string id;
    std::string by;
    core::TimeNs ts = 0;
};

/// Somebody looks after an episode.
struct Acknowledgement {
    std::string episode;
    std::string by;
    std::string comment;
    core::TimeNs ts = 0;

    friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

struct AcknowledgementEnd {
    std::string episode;
    std::string by;
    core::TimeNs ts = 0;
};

using DeskRecord =
    std::variant<Silence, SilenceEnd, Acknowledgement, AcknowledgementEnd, core::Annotation>;

/// The line that begins a file; `next` is the number the next id takes. Pure, as all below.
std::string desk_header_line(std::uint64_t next);
/// One record as a line, with its line feed. A silence that was ended early takes a second record.
std::string desk_line(const DeskRecord& record);

/// What one line of a file is, its line feed taken off.
struct DeskLine {
    bool good = false;       ///< whole, and understood
    bool is_newer = false;   ///< a header of a version that is not read here
    std::uint64_t next = 0;  ///< of a header; 0: it is a record
    std::optional<DeskRecord> record;
};
DeskLine read_desk_line(std::string_view line);

/// "tech_to_crypto" to its rule; empty if there is none of that name.
std::optional<core::Rule> rule_of(std::string_view name);

// As the API tells them.
nlohmann::ordered_json annotation_json(const core::Annotation& annotation);
nlohmann::ordered_json acknowledgement_json(const Acknowledgement& acknowledgement);
/// `now` decides its "state": pending, active or expired.
nlohmann::ordered_json silence_json(const Silence& silence, core::TimeNs now);

/// One line of text, whatever the JSON holds.
std::string one_line(const nlohmann::ordered_json& json);

}  // namespace contagiond::daemon
