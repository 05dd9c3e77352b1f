// Alertmanager: it forgets what is not said again, so an open episode is sent anew every minute and
// ends three minutes after the last word; one that resolved is repeated for five minutes, for an
// instance that was away. Each instance of a cluster is a webhook of its own. What an alert is to
// Alertmanager are its labels: rule, source, severity, mode and instance. An episode that grows
// worse is another alert there: the post that begins it ends the one of before.
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

OrderedJson labels_of(const AlertMessage& message) {
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
    return labels;
}

/// `ends` is at the start or later, or it would be refused.
OrderedJson one_alert(const AlertMessage& message, OrderedJson labels, const std::string& summary,
                      const std::string& description, core::TimeNs ends) {
    OrderedJson annotations{{"summary", escaped(summary, max_annotation, as_plain)},
                            {"description", escaped(description, max_annotation, as_plain)}};
    OrderedJson one{{"labels", std::move(labels)}, {"annotations", std::move(annotations)}};
    const core::TimeNs starts = message.detected_at.value_or(message.ts.value_or(ends));
    one["startsAt"] = rfc3339(std::min(starts, ends));
    one["endsAt"] = rfc3339(ends);
    if (!message.link.empty()) one["generatorURL"] = message.link;
    return one;
}

PostRequest request(const WebhookSettings& settings, const Alert& alert, const Attempt& attempt) {
    const AlertMessage& message = alert.message;
    const MessageText text = message_text(message);
    const bool is_over = message.kind == AlertKind::resolved;
    const OrderedJson labels = labels_of(message);
    const core::TimeNs ends =
        is_over ? message.ended_at.value_or(message.ts.value_or(attempt.now)) : attempt.now + life;
    OrderedJson all =
        OrderedJson::array({one_alert(message, labels, text.headline, body_text(text), ends)});
    if (alert.told != nullptr)
        if (OrderedJson before = labels_of(*alert.told); before != labels) {
            const std::string summary = "Told anew: " + text.headline;
            all.push_back(one_alert(*alert.told, std::move(before), summary, body_text(text),
                                    is_over ? std::min(ends, attempt.now) : attempt.now));
        }
    PostRequest request = json_post(settings, dumped(all), attempt);
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
