// Microsoft Teams by a Workflow: an Adaptive Card. The address is opaque and stays as it is. A
// workflow may answer 200 although Teams took nothing; then the body names the true status.
#include <fmt/format.h>

#include <charconv>

#include "daemon/sinks/message_text.hpp"
#include "daemon/sinks/webhook/escape.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/json_text.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::size_t max_value = 500;  ///< keeps the card below its 28 kB

std::string_view color_name(const MessageText& text) {
    if (text.word == "RESOLVED") return "Good";
    if (text.word == "CRITICAL") return "Attention";
    return text.word == "WARNING" ? "Warning" : "Accent";
}

OrderedJson card_of(const MessageText& text) {
    OrderedJson body = OrderedJson::array();
    body.push_back({{"type", "TextBlock"},
                    {"style", "heading"},
                    {"text", escaped(text.headline, max_value, as_lookalikes)},
                    {"weight", "Bolder"},
                    {"size", "Medium"},
                    {"color", color_name(text)},
                    {"wrap", true}});
    std::string second = text.caveat;
    for (const std::string* line : {&text.when, &text.reference})
        if (!line->empty()) second += (second.empty() ? "" : ". ") + *line;
    body.push_back({{"type", "TextBlock"},
                    {"text", escaped(second, 2 * max_value, as_lookalikes)},
                    {"isSubtle", true},
                    {"wrap", true}});
    OrderedJson facts = OrderedJson::array();
    for (const Fact& fact : text.facts)
        facts.push_back({{"title", escaped(fact.name, max_value, as_lookalikes)},
                         {"value", escaped(fact.value, max_value, as_lookalikes)}});
    body.push_back({{"type", "FactSet"}, {"facts", std::move(facts)}});
    OrderedJson card{{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                     {"type", "AdaptiveCard"},
                     {"version", "1.4"},
                     {"msteams", {{"width", "Full"}}},
                     {"body", std::move(body)}};
    if (!text.link.empty())
        card["actions"] = OrderedJson::array(
            {{{"type", "Action.OpenUrl"}, {"title", "Open the alert"}, {"url", text.link}}});
    return card;
}

PostRequest post(const WebhookSettings& settings, const MessageText& text, const Attempt& attempt) {
    return json_post(
        settings,
        dumped({{"type", "message"},
                {"attachments",
                 OrderedJson::array({{{"contentType", "application/vnd.microsoft.card.adaptive"},
                                      {"contentUrl", nullptr},
                                      {"content", card_of(text)}}})}}),
        attempt);
}

PostRequest request(const WebhookSettings& settings, const Alert& alert, const Attempt& attempt) {
    return post(settings, message_text(alert.message), attempt);
}

PostRequest digest(const WebhookSettings& settings, std::span<const AlertMessage> messages,
                   const Attempt& attempt) {
    return post(settings, digest_text(messages), attempt);
}

Outcome outcome(const PostReply& reply, const Attempt& attempt) {
    const Outcome outcome = status_outcome(reply, attempt.now);
    if (outcome.verdict != Verdict::accepted) return outcome;
    constexpr std::string_view words = "HTTP error ";
    const std::size_t at = reply.body.find(words);
    if (at == reply.body.npos) return outcome;
    PostReply told = reply;
    const char* begin = reply.body.data() + at + words.size();
    const auto [end, error] =
        std::from_chars(begin, reply.body.data() + reply.body.size(), told.status);
    // What Teams says of one card says nothing of the workflow's address.
    if (error != std::errc() || told.status < 300 || told.status > 599) told.status = 502;
    Outcome inner = status_outcome(told, attempt.now);
    if (inner.verdict == Verdict::broken) inner.verdict = Verdict::dead;
    inner.reason += " inside a reply of 200";
    return inner;
}

}  // namespace

const Format& teams_format() {
    static const Format format = [] {
        Format f;
        f.name = "teams";
        f.chat = true;
        // At most 100 in any hour, and one a second.
        f.rate = 0.025;
        f.burst = 10;
        f.spacing = core::ns_per_s;
        f.request = request;
        f.digest = digest;
        f.outcome = outcome;
        return f;
    }();
    return format;
}

}  // namespace contagiond::sinks
