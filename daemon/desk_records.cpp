#include "daemon/desk_records.hpp"

#include <fmt/format.h>

#include <charconv>
#include <span>
#include <vector>

#include "core/crc32c.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t file_version = 1;
constexpr std::string_view crc_begin = ",\"crc\":\"";
constexpr std::string_view crc_end = "\"}";
constexpr std::size_t crc_digits = 8;
constexpr std::size_t crc_bytes = crc_begin.size() + crc_digits + crc_end.size();

std::string crc_of(std::string_view text) {
    return fmt::format("{:08x}", core::crc32c(std::as_bytes(std::span(text))));
}

std::string with_checksum(const Json& json) {
    std::string line = one_line(json);
    line.pop_back();  // the closing brace
    const std::string crc = crc_of(line);
    line.append(crc_begin).append(crc).append(crc_end);
    return line + '\n';
}

Json rule_json(const std::optional<core::Rule>& rule) {
    return rule ? Json(core::to_string(*rule)) : Json(nullptr);
}
Json target_json(const std::string& target) {
    return target.empty() ? Json(nullptr) : Json(target);
}

Json record_json(const Silence& s) {
    return {{"kind", "silence"},
            {"id", s.id},
            {"at", sinks::rfc3339(s.ts_made)},
            {"by", s.by},
            {"comment", s.comment},
            {"rule", rule_json(s.rule)},
            {"target", target_json(s.target)},
            {"starts_at", sinks::rfc3339(s.starts_at)},
            {"ends_at", sinks::rfc3339(s.ends_at)}};
}
Json record_json(const SilenceEnd& e) {
    return {{"kind", "silence_end"}, {"id", e.id}, {"at", sinks::rfc3339(e.ts)}, {"by", e.by}};
}
Json record_json(const Acknowledgement& a) {
    return {{"kind", "ack"},
            {"episode", a.episode},
            {"at", sinks::rfc3339(a.ts)},
            {"by", a.by},
            {"comment", a.comment}};
}
Json record_json(const AcknowledgementEnd& e) {
    return {
        {"kind", "ack_end"}, {"episode", e.episode}, {"at", sinks::rfc3339(e.ts)}, {"by", e.by}};
}
Json record_json(const core::Annotation& a) {
    Json json{{"kind", "annotation"}};
    json.update(annotation_json(a));
    return json;
}

/// Takes members out of a line's object; a member that is missing or of another kind is remembered.
class Members {
  public:
    explicit Members(const Json& json) : json_(json) {}

    std::string text(const char* name) {
        const auto it = json_.find(name);
        if (it != json_.end() && it->is_string()) return it->get<std::string>();
        failed_ = true;
        return {};
    }
    /// The same, or null.
    std::optional<std::string> maybe_text(const char* name) {
        const auto it = json_.find(name);
        if (it != json_.end() && it->is_null()) return std::nullopt;
        return text(name);
    }
    core::TimeNs time(const char* name) {
        const auto t = parse_utc(text(name));
        if (!t) failed_ = true;
        return t.value_or(0);
    }
    std::vector<std::string> texts(const char* name) {
        std::vector<std::string> out;
        const auto it = json_.find(name);
        if (it == json_.end() || !it->is_array()) {
            failed_ = true;
            return out;
        }
        for (const Json& element : *it) {
            if (!element.is_string()) failed_ = true;
            out.push_back(element.is_string() ? element.get<std::string>() : std::string());
        }
        return out;
    }
    void fail() { failed_ = true; }
    bool failed() const { return failed_; }

  private:
    const Json& json_;
    bool failed_ = false;
};

DeskRecord read_silence(Members& m) {
    Silence s;
    s.id = m.text("id");
    s.ts_made = m.time("at");
    s.by = m.text("by");
    s.comment = m.text("comment");
    if (const auto rule = m.maybe_text("rule")) {
        s.rule = rule_of(*rule);
        // Without its rule it would silence more than somebody meant.
        if (!s.rule) m.fail();
    }
    if (const auto target = m.maybe_text("target")) {
        s.target = *target;
        if (s.target.empty()) m.fail();
    }
    s.starts_at = m.time("starts_at");
    s.ends_at = m.time("ends_at");
    return s;
}

std::optional<DeskRecord> read_record(const std::string& kind, Members& m) {
    if (kind == "silence") return read_silence(m);
    if (kind == "silence_end") {
        SilenceEnd e{m.text("id"), m.text("by"), m.time("at")};
        return e;
    }
    if (kind == "ack") {
        Acknowledgement a{m.text("episode"), m.text("by"), m.text("comment"), m.time("at")};
        return a;
    }
    if (kind == "ack_end") {
        AcknowledgementEnd e{m.text("episode"), m.text("by"), m.time("at")};
        return e;
    }
    if (kind == "annotation") {
        core::Annotation a;
        a.id = m.text("id");
        a.ts = m.time("time");
        a.ts_made = m.time("at");
        a.text = m.text("text");
        a.by = m.text("by");
        a.symbols = m.texts("symbols");
        a.tags = m.texts("tags");
        return a;
    }
    return std::nullopt;
}

}  // namespace

std::string one_line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string desk_header_line(std::uint64_t next) {
    return with_checksum({{"kind", "desk"}, {"version", file_version}, {"next", next}});
}

std::string desk_line(const DeskRecord& record) {
    return with_checksum(std::visit([](const auto& r) { return record_json(r); }, record));
}

DeskLine read_desk_line(std::string_view line) {
    DeskLine out;
    if (line.size() <= crc_bytes || !line.ends_with(crc_end)) return out;
    const std::string_view body = line.substr(0, line.size() - crc_bytes);
    const std::string_view tail = line.substr(body.size());
    if (!tail.starts_with(crc_begin) || tail.substr(crc_begin.size(), crc_digits) != crc_of(body))
        return out;
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return out;
    Members members(json);
    const std::string kind = members.text("kind");
    if (members.failed()) return out;
    if (kind == "desk") {
        const auto number = [&](const char* name) {
            const auto it = json.find(name);
            return it != json.end() && it->is_number_unsigned() ? it->get<std::uint64_t>() : 0;
        };
        out.is_newer = number("version") > file_version;
        out.next = number("next");
        out.good = out.next > 0 && number("version") == file_version;
        return out;
    }
    out.record = read_record(kind, members);
    if (members.failed()) out.record.reset();
    out.good = out.record.has_value();
    return out;
}

std::optional<core::Rule> rule_of(std::string_view name) {
    for (std::size_t r = 0; r < core::rule_count; ++r)
        if (core::to_string(static_cast<core::Rule>(r)) == name) return static_cast<core::Rule>(r);
    return std::nullopt;
}

Json annotation_json(const core::Annotation& a) {
    return {{"id", a.id},
            {"time", sinks::rfc3339(a.ts)},
            {"at", sinks::rfc3339(a.ts_made)},
            {"by", a.by},
            {"text", a.text},
            {"symbols", a.symbols},
            {"tags", a.tags}};
}

Json acknowledgement_json(const Acknowledgement& a) {
    return {{"by", a.by}, {"at", sinks::rfc3339(a.ts)}, {"comment", a.comment}};
}

Json silence_json(const Silence& s, core::TimeNs now) {
    const char* const state = now < s.starts_at ? "pending"
                              : now < s.ends_at ? "active"
                                                : "expired";
    return {{"id", s.id},
            {"state", state},
            {"rule", rule_json(s.rule)},
            {"target", target_json(s.target)},
            {"everything", !s.rule && s.target.empty()},
            {"starts_at", sinks::rfc3339(s.starts_at)},
            {"ends_at", sinks::rfc3339(s.ends_at)},
            {"comment", s.comment},
            {"by", s.by},
            {"at", sinks::rfc3339(s.ts_made)},
            {"ended_by", s.ended_by.empty() ? Json(nullptr) : Json(s.ended_by)}};
}

}  // namespace contagiond::daemon
