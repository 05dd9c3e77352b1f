// PagerDuty's events, version 2: an episode is one incident, opened by its first message, kept up
// to date by the later ones and resolved by the last. A test opens one too, of severity info, which
// somebody has to close.
#include <fmt/format.h>

#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/message_text.hpp"
#include "daemon/sinks/webhook/escape.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/json_text.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::size_t max_summary = 1024;
constexpr std::size_t max_body_bytes = 512'000;
constexpr std::size_t max_depth = 16;

std::string check(const WebhookSettings& settings) {
    const bool is_key =
        settings.routing_key.size() == 32 && settings.routing_key.find_first_not_of(
                                                 "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                 "abcdefghijklmnopqrstuvwxyz") == std::string::npos;
    return is_key ? "" : "the routing key is not 32 letters and digits";
}

/// The document's data, every text in it one line: what is shown to people holds no control
/// characters.
OrderedJson cleaned(const OrderedJson& json, std::size_t depth = 0) {
    if (depth > max_depth) return nullptr;
    if (json.is_string()) return one_line(json.get_ref<const std::string&>());
    if (json.is_array()) {
        OrderedJson out = OrderedJson::array();
        for (const auto& item : json) out.push_back(cleaned(item, depth + 1));
        return out;
    }
    if (json.is_object()) {
        OrderedJson out = OrderedJson::object();
        for (const auto& [key, value] : json.items())
            out[one_line(key)] = cleaned(value, depth + 1);
        return out;
    }
    return json;
}

OrderedJson details_of(std::string_view document) {
    const auto json = OrderedJson::parse(document, nullptr, false);
    const auto data = json.is_object() ? json.find("data") : json.end();
    return data == json.end() ? OrderedJson() : cleaned(*data);
}

OrderedJson payload_of(const AlertMessage& message, const MessageText& text) {
    OrderedJson payload{{"summary", escaped(text.headline, max_summary, as_plain)},
                        {"source", message.instance.empty() ? "contagiond" : message.instance},
                        {"severity", core::to_string(message.severity)}};
    if (message.ts) payload["timestamp"] = rfc3339(*message.ts);
    if (!message.targets.empty() && !message.targets.front().symbol.empty())
        payload["component"] = message.targets.front().symbol;
    if (!message.source.empty()) payload["group"] = message.source;
    if (!message.rule.empty()) payload["class"] = message.rule;
    return payload;
}

PostRequest request(const WebhookSettings& settings, const Alert& alert, const Attempt& attempt) {
    const AlertMessage& message = alert.message;
    const MessageText text = message_text(message);
    const bool resolved = message.kind == AlertKind::resolved;
    OrderedJson body{{"routing_key", settings.routing_key},
                     {"event_action", resolved ? "resolve" : "trigger"},
                     {"dedup_key", message.id},
                     {"payload", payload_of(message, text)}};
    if (!text.link.empty()) {
        body["links"] = OrderedJson::array({{{"href", text.link}, {"text", "Open the alert"}}});
        body["client"] = "contagiond";
        body["client_url"] = text.link;
    } else {
        body["client"] = "contagiond";
    }
    OrderedJson whole = body;
    whole["payload"]["custom_details"] = details_of(alert.document);
    std::string bytes = dumped(whole);
    if (bytes.size() > max_body_bytes) bytes = dumped(body);
    return json_post(settings, std::move(bytes), attempt);
}

Outcome outcome(const PostReply& reply, const Attempt& attempt) {
    return status_outcome(reply, attempt.now);
}

}  // namespace

const Format& pagerduty_format() {
    static const Format format = [] {
        Format f;
        f.name = "pagerduty";
        f.rate = 2;
        f.burst = 10;
        f.needs = static_cast<unsigned>(Setting::routing_key);
        f.default_url = "https://events.pagerduty.com/v2/enqueue";
        f.check = check;
        f.request = request;
        f.outcome = outcome;
        return f;
    }();
    return format;
}

}  // namespace contagiond::sinks
