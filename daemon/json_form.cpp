#include "daemon/json_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/config_units.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/text_escape.hpp"
#include "daemon/typed_text.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

using nlohmann::json;

/// An object holds at most lists: deeper is nothing that is read here.
constexpr int depth_max = 3;

}  // namespace

JsonForm::JsonForm(std::string_view body) : json_(json::object()) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    std::set<std::string> names;
    std::string twice;
    bool too_deep = false;
    const json::parser_callback_t watch = [&](int depth, json::parse_event_t event, json& value) {
        if (depth > depth_max) too_deep = true;
        if (event == json::parse_event_t::key && depth == 1 &&
            !names.insert(value.get<std::string>()).second)
            twice = value.get<std::string>();
        return !too_deep;
    };
    json parsed = json::parse(body, watch, false);
    if (too_deep)
        fail("the body is nested too deeply");
    else if (parsed.is_discarded())
        fail("the body is not JSON");
    else if (!parsed.is_object())
        fail("the body is not a JSON object");
    else if (!twice.empty())
        fail(fmt::format("{} is given twice", printable(twice)));
    else
        json_ = std::move(parsed);
}

const json* JsonForm::member(std::string_view name) {
    asked_.emplace_back(name);
    const auto it = json_.find(std::string(name));
    return it == json_.end() || it->is_null() ? nullptr : &*it;
}

std::optional<std::string> JsonForm::text(std::string_view name, std::size_t limit) {
    const json* const value = member(name);
    if (!value) return std::nullopt;
    if (!value->is_string()) {
        fail(fmt::format("{}: expected text", name));
        return std::nullopt;
    }
    TypedText typed = typed_text(value->get_ref<const std::string&>(), limit);
    if (!typed.problem.empty()) fail(fmt::format("{} {}", name, typed.problem));
    if (typed.text.empty()) return std::nullopt;
    return std::move(typed.text);
}

std::vector<std::string> JsonForm::texts(std::string_view name, std::size_t items,
                                         std::size_t limit) {
    std::vector<std::string> out;
    const json* const value = member(name);
    if (!value) return out;
    if (!value->is_array()) {
        fail(fmt::format("{}: expected a list of texts", name));
        return out;
    }
    if (value->size() > items) {
        fail(fmt::format("{}: more than {}", name, items));
        return out;
    }
    for (const json& element : *value) {
        if (!element.is_string()) {
            fail(fmt::format("{}: expected a list of texts", name));
            return out;
        }
        TypedText typed = typed_text(element.get_ref<const std::string&>(), limit);
        if (!typed.problem.empty()) fail(fmt::format("{}: one {}", name, typed.problem));
        if (!typed.text.empty()) out.push_back(std::move(typed.text));
    }
    return out;
}

bool JsonForm::flag(std::string_view name) {
    const json* const value = member(name);
    if (!value) return false;
    if (value->is_boolean()) return value->get<bool>();
    fail(fmt::format("{}: expected true or false", name));
    return false;
}

std::optional<core::TimeNs> JsonForm::time(std::string_view name) {
    const json* const value = member(name);
    if (!value) return std::nullopt;
    std::optional<core::TimeNs> time;
    if (value->is_string()) time = parse_utc(value->get_ref<const std::string&>());
    if (!time || !core::is_plausible_time(*time)) {
        fail(fmt::format("{}: expected a time in UTC such as 2025-01-27T14:30:00Z", name));
        return std::nullopt;
    }
    return time;
}

std::optional<core::DurationNs> JsonForm::duration(std::string_view name) {
    const json* const value = member(name);
    if (!value) return std::nullopt;
    Parsed<core::DurationNs> parsed;
    if (value->is_string()) parsed = parse_duration(value->get_ref<const std::string&>());
    if (!parsed.value || *parsed.value <= 0) {
        fail(fmt::format("{}: expected a length of time such as 90m, 2h or 1d", name));
        return std::nullopt;
    }
    return parsed.value;
}

void JsonForm::fail(std::string sentence) {
    if (error_.empty()) error_ = std::move(sentence);
}

std::string JsonForm::finish() {
    const std::vector<std::string_view> known(asked_.begin(), asked_.end());
    for (const auto& [name, value] : json_.items()) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        fail(fmt::format("{} is not known here{}", printable(name), did_you_mean(name, known)));
    }
    return error_;
}

}  // namespace contagiond::daemon
