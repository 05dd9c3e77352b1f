#include "daemon/desk_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "daemon/api_query.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/json_form.hpp"
#include "daemon/text_escape.hpp"
#include "daemon/typed_text.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t text_limit = 500;  ///< characters
constexpr std::size_t name_limit = 64;
constexpr std::size_t symbols_limit = 16;
constexpr std::size_t tags_limit = 16;
constexpr std::size_t annotations_by_default = 100;
constexpr std::size_t annotations_at_most = 1'000;
/// Longer ones are forgotten, and with them that nobody is told of anything.
constexpr core::DurationNs silence_longest = 30 * core::ns_per_day;
constexpr std::string_view silences_prefix = "/api/v1/silences/";
constexpr std::string_view alerts_prefix = "/api/v1/alerts/";
constexpr std::string_view ack_suffix = "/ack";

HttpResponse bad_data(std::string_view sentence) {
    return json_error(400, "bad_data", sentence);
}

template <typename T>
HttpResponse trouble(const DeskResult<T>& result) {
    switch (result.trouble) {
        case DeskTrouble::not_found:
            return json_error(404, "not_found", result.sentence);
        case DeskTrouble::no_room:
        case DeskTrouble::not_written:
            return json_error(503, "unavailable", result.sentence);
        case DeskTrouble::wrong:
        case DeskTrouble::none:
            break;
    }
    return bad_data(result.sentence);
}

/// Another type is what a page of another origin could send without asking first.
std::optional<HttpResponse> refuse_type(const HttpRequest& request) {
    if (request.body.empty()) return std::nullopt;
    const auto type = request.headers.find("content-type");
    if (type != request.headers.end()) {
        std::string_view given = type->second;
        given = given.substr(0, given.find_first_of("; \t"));
        if (given == "application/json") return std::nullopt;
    }
    return json_error(415, "bad_data", "send JSON, with Content-Type: application/json");
}

/// Who it was: the user the server knows; a command of this machine says who typed it.
std::string author(const HttpRequest& request, JsonForm& form) {
    const auto by = form.text("by", name_limit);
    if (request.user.empty() || request.user == "local") return by.value_or("local");
    if (by && *by != request.user)
        form.fail(fmt::format("by: you are known here as {}", printable(request.user)));
    // Names of users come from a file that people write by hand.
    const TypedText user = typed_text(request.user, name_limit);
    return user.problem.empty() ? user.text : "unnamed";
}

/// The same where there may be no body to say it.
HttpResponse with_form(const HttpRequest& request,
                       const std::function<HttpResponse(JsonForm&)>& answer) {
    if (auto refused = refuse_type(request)) return *refused;
    JsonForm form(request.body);
    return answer(form);
}

std::string unknown_name(std::string_view what, std::string_view given,
                         const std::vector<std::string>& known) {
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    return fmt::format("{} {} is not configured{}; there are {}", what, printable(given),
                       did_you_mean(given, candidates), all);
}

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

class Handlers {
  public:
    explicit Handlers(DeskApiHooks hooks) : hooks_(std::move(hooks)) {}

    HttpResponse silences(const HttpRequest& request) const {
        const auto asked = request.query.find("state");
        if (asked != request.query.end() && asked->second != "pending" &&
            asked->second != "active" && asked->second != "expired")
            return bad_data("state: expected pending, active or expired");
        const core::TimeNs now = hooks_.clock->now();
        Json list = Json::array();
        hooks_.book->look_at([&](const DeskState& state) {
            for (auto s = state.silences().rbegin(); s != state.silences().rend(); ++s) {
                Json row = silence_json(*s, now);
                if (asked == request.query.end() || row["state"] == asked->second)
                    list.push_back(std::move(row));
            }
        });
        return json_data(one_line(list));
    }

    HttpResponse add_silence(const HttpRequest& request) const {
        return with_form(request, [&](JsonForm& form) {
            const core::TimeNs now = hooks_.clock->now();
            Silence asked;
            asked.by = author(request, form);
            read_matcher(form, asked);
            read_span(form, asked, now);
            const auto comment = form.text("comment", text_limit);
            if (!comment) form.fail("comment: say why, for those who find it at night");
            asked.comment = comment.value_or("");
            if (const std::string wrong = form.finish(); !wrong.empty()) return bad_data(wrong);
            const auto made = hooks_.book->add_silence(std::move(asked));
            if (!made.value) return trouble(made);
            return json_data(one_line(silence_json(*made.value, made.value->ts_made)));
        });
    }

    HttpResponse end_silence(const HttpRequest& request) const {
        return with_form(request, [&](JsonForm& form) {
            std::string by = author(request, form);
            if (const std::string wrong = form.finish(); !wrong.empty()) return bad_data(wrong);
            const std::string_view id =
                std::string_view(request.path).substr(silences_prefix.size());
            const auto ended = hooks_.book->end_silence(id, std::move(by));
            if (!ended.value) return trouble(ended);
            return json_data(one_line(silence_json(*ended.value, hooks_.clock->now())));
        });
    }

    HttpResponse acknowledge(const HttpRequest& request) const {
        return with_form(request, [&](JsonForm& form) {
            std::string by = author(request, form);
            std::string comment = form.text("comment", text_limit).value_or("");
            if (const std::string wrong = form.finish(); !wrong.empty()) return bad_data(wrong);
            const auto id = alert_id(request);
            if (!id) return no_such_path();
            const std::vector<std::string> known =
                hooks_.alert_ids ? hooks_.alert_ids() : std::vector<std::string>{};
            if (!has(known, *id)) return unknown_alert(*id, known);
            const auto made = hooks_.book->acknowledge(*id, std::move(by), std::move(comment));
            if (!made.value) return trouble(made);
            Json json{{"id", *id}};
            json.update(acknowledgement_json(*made.value));
            return json_data(one_line(json));
        });
    }

    /// Also of an alert that is not known any more: what was said survives a restart.
    HttpResponse end_acknowledgement(const HttpRequest& request) const {
        return with_form(request, [&](JsonForm& form) {
            std::string by = author(request, form);
            if (const std::string wrong = form.finish(); !wrong.empty()) return bad_data(wrong);
            const auto id = alert_id(request);
            if (!id) return no_such_path();
            const auto ended = hooks_.book->end_acknowledgement(*id, std::move(by));
            if (!ended.value) return trouble(ended);
            return json_data(one_line(Json{{"id", *id}, {"acknowledged", nullptr}}));
        });
    }

    HttpResponse annotations(const HttpRequest& request) const {
        constexpr std::string_view time_form =
            "expected an RFC 3339 time in UTC or seconds since the epoch";
        core::TimeNs from = std::numeric_limits<core::TimeNs>::min();
        core::TimeNs to = std::numeric_limits<core::TimeNs>::max();
        std::size_t limit = annotations_by_default;
        for (const auto& [name, value] : request.query) {
            if (name == "from" || name == "to") {
                const auto time = parse_query_time(value);
                if (!time) return bad_data(fmt::format("{}: {}", name, time_form));
                (name == "from" ? from : to) = *time;
            } else if (name == "limit") {
                const auto count = parse_query_count(value, annotations_at_most);
                if (!count)
                    return bad_data(fmt::format("limit: expected a whole number from 1 to {}",
                                                annotations_at_most));
                limit = *count;
            }
        }
        if (to < from) return bad_data("to: expected a time that is not before from");
        std::vector<core::Annotation> found;
        hooks_.book->look_at([&](const DeskState& state) {
            for (const core::Annotation& a : state.annotations())
                if (a.ts >= from && a.ts <= to) found.push_back(a);
        });
        std::stable_sort(found.begin(), found.end(),
                         [](const auto& a, const auto& b) { return a.ts > b.ts; });
        if (found.size() > limit) found.resize(limit);
        Json list = Json::array();
        for (const core::Annotation& a : found) list.push_back(annotation_json(a));
        return json_data(one_line(list));
    }

    HttpResponse annotate(const HttpRequest& request) const {
        return with_form(request, [&](JsonForm& form) {
            core::Annotation asked;
            asked.by = author(request, form);
            const auto text = form.text("text", text_limit);
            if (!text) form.fail("text: say what happened");
            asked.text = text.value_or("");
            asked.ts = form.time("time").value_or(hooks_.clock->now());
            asked.symbols = form.texts("symbols", symbols_limit, name_limit);
            for (const std::string& symbol : asked.symbols)
                if (!has(hooks_.symbols, symbol))
                    form.fail(unknown_name("symbols:", symbol, hooks_.symbols));
            asked.tags = form.texts("tags", tags_limit, name_limit);
            if (const std::string wrong = form.finish(); !wrong.empty()) return bad_data(wrong);
            const auto made = hooks_.book->annotate(std::move(asked));
            if (!made.value) return trouble(made);
            if (hooks_.annotated) hooks_.annotated(*made.value);
            return json_data(one_line(annotation_json(*made.value)));
        });
    }

  private:
    void read_matcher(JsonForm& form, Silence& asked) const {
        const auto rule = form.text("rule", name_limit);
        const auto target = form.text("target", name_limit);
        const bool everything = form.flag("everything");
        if (rule) {
            asked.rule = rule_of(*rule);
            std::vector<std::string> rules;
            for (std::size_t r = 0; r < core::rule_count; ++r)
                rules.emplace_back(core::to_string(static_cast<core::Rule>(r)));
            if (!asked.rule) form.fail(unknown_name("rule:", *rule, rules));
        }
        if (target && !has(hooks_.targets, *target))
            form.fail(unknown_name("target:", *target, hooks_.targets));
        asked.target = target.value_or("");
        if (everything && (rule || target))
            form.fail("everything: it goes without rule and target");
        if (!everything && !rule && !target)
            form.fail("say what to silence: a rule, a target, both, or everything");
    }

    static void read_span(JsonForm& form, Silence& asked, core::TimeNs now) {
        const auto length = form.duration("for");
        const auto until = form.time("until");
        asked.starts_at = std::max(form.time("starts_at").value_or(now), now);
        if (length.has_value() == until.has_value()) {
            form.fail("say for how long, with either for or until");
            return;
        }
        if (until && *until <= now) form.fail("until: that time has passed");
        if (asked.starts_at > now + silence_longest)
            form.fail("starts_at: more than 30 days from now");
        if ((length && *length > silence_longest) ||
            (until && *until - asked.starts_at > silence_longest)) {
            form.fail("a silence may last for 30 days at most");
            return;
        }
        asked.ends_at = until ? *until : asked.starts_at + *length;
    }

    /// Of /api/v1/alerts/{id}/ack; empty for another path. Letters may be small.
    static std::optional<std::string> alert_id(const HttpRequest& request) {
        std::string_view id = std::string_view(request.path).substr(alerts_prefix.size());
        if (!id.ends_with(ack_suffix)) return std::nullopt;
        id.remove_suffix(ack_suffix.size());
        std::string out(id);
        for (char& c : out)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        return out;
    }

    static HttpResponse no_such_path() {
        return json_error(404, "not_found", "there is nothing at this path");
    }

    static HttpResponse unknown_alert(std::string_view id, const std::vector<std::string>& known) {
        const std::vector<std::string_view> candidates(known.begin(), known.end());
        std::string hint = did_you_mean(id, candidates);
        if (hint.empty())
            hint = known.empty() ? "; there has been no alert since the start"
                                 : fmt::format("; the latest is {}", known.front());
        return json_error(404, "not_found",
                          fmt::format("no alert {} is known here{}", printable(id), hint));
    }

    DeskApiHooks hooks_;
};

}  // namespace

std::vector<DeskRoute> desk_routes(const DeskApiHooks& hooks) {
    const auto handlers = std::make_shared<const Handlers>(hooks);
    using Method = HttpResponse (Handlers::*)(const HttpRequest&) const;
    const auto call = [&handlers](Method method) {
        return [handlers, method](const HttpRequest& request) {
            return ((*handlers).*method)(request);
        };
    };
    const std::string silences = "/api/v1/silences", annotations = "/api/v1/annotations";
    return {
        {"GET", silences, "silences", call(&Handlers::silences)},
        {"POST", silences, "silences", call(&Handlers::add_silence)},
        {"DELETE", std::string(silences_prefix), "silences", call(&Handlers::end_silence)},
        {"POST", std::string(alerts_prefix), "ack", call(&Handlers::acknowledge)},
        {"DELETE", std::string(alerts_prefix), "ack", call(&Handlers::end_acknowledgement)},
        {"GET", annotations, "annotations", call(&Handlers::annotations)},
        {"POST", annotations, "annotations", call(&Handlers::annotate)},
    };
}

}  // namespace contagiond::daemon
