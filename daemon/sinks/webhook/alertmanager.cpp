// Alertmanager: it forgets what is not said again, so an open episode is sent anew every minute and
// ends three minutes after the last word; one that resolved is repeated for five minutes, for an
// instance that was away. Each instance of a cluster is a webhook of its own. What an alert is to
// Alertmanager are its labels: rule, source, severity, mode and instance; an episode that grows
// worse is another alert, and the first one ends by itself.
#include <fmt/format.h>

#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/message_text.hpp"
#include "daemon/sinks/webhook/escape.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/json_text.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::string_view path = "/api/v2/alerts";
constexpr core::DurationNs life = 180 * core::ns_per_s;
constexpr std::size_t max_annotation = 4000;

std::string check(const WebhookSettings& settings) {
    if (settings.url.find('?') != std::string::npos)
        return "the address of an Alertmanager cannot have a query";
    return {};
}

std::string address(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    if (!url.ends_with(path)) url += path;
    return url;
}

PostRequest request(const WebhookSettings& settings, const Alert& alert, const Attempt& attempt) {
    const AlertMessage& message = alert.message;
    const MessageText text = message_text(message);
    const bool is_test = message.kind == AlertKind::test;
    // Never empty: Alertmanager takes an alert without a name, and nobody finds it.
    OrderedJson labels{{"alertname", is_test ? "ContagionTest" : "ContagionDetected"},
                       {"severity", core::to_string(message.severity)}};
    const auto label = [&labels](const char* name, const std::string& value) {
        if (!value.empty()) labels[name] = value;
    };
    label("rule", message.rule);
    label("source", message.source);
    label("mode", message.mode);
    label("instance", message.instance);
    OrderedJson annotations{{"summary", escaped(text.headline, max_annotation, as_plain)},
                            {"description", escaped(body_text(text), max_annotation, as_plain)}};
    OrderedJson one{{"labels", std::move(labels)}, {"annotations", std::move(annotations)}};
    const core::TimeNs starts = message.detected_at.value_or(message.ts.value_or(attempt.now));
    core::TimeNs ends = attempt.now + life;
    if (message.kind == AlertKind::resolved)
        ends = message.ended_at.value_or(message.ts.value_or(attempt.now));
    // An end before the start is refused.
    one["startsAt"] = rfc3339(std::min(starts, ends));
    one["endsAt"] = rfc3339(ends);
    if (!message.link.empty()) one["generatorURL"] = message.link;
    PostRequest request =
        json_post(settings, dumped(OrderedJson::array({std::move(one)})), attempt);
    request.url = address(settings.url);
    return request;
}

Outcome outcome(const PostReply& reply, const Attempt& attempt) {
    return status_outcome(reply, attempt.now);
}

}  // namespace

const Format& alertmanager_format() {
    static const Format format = [] {
        Format f;
        f.name = "alertmanager";
        f.resend_every = 60 * core::ns_per_s;
        f.resend_after_resolve = 5 * core::ns_per_min;
        f.check = check;
        f.request = request;
        f.outcome = outcome;
        return f;
    }();
    return format;
}

}  // namespace contagiond::sinks
