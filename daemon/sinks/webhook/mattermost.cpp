// Mattermost's incoming webhooks: an attachment as Slack had them before blocks. Text is Markdown,
// and what looks like a mention is one, so none is left.
#include "daemon/sinks/message_text.hpp"
#include "daemon/sinks/webhook/escape.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/json_text.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::size_t max_value = 1000;  ///< keeps the post below its 16383 characters

PostRequest post(const WebhookSettings& settings, const MessageText& text, const Attempt& attempt) {
    const std::string headline = escaped(text.headline, max_value, as_markdown);
    OrderedJson fields = OrderedJson::array();
    for (const Fact& fact : text.facts)
        fields.push_back({{"title", escaped(fact.name, max_value / 4, as_markdown)},
                          {"value", escaped(fact.value, max_value, as_markdown)},
                          {"short", true}});
    std::string second = "**" + text.word + "** " + escaped(text.when, max_value, as_markdown);
    if (!text.caveat.empty())
        second += "\n**" + escaped(text.caveat, max_value, as_markdown) + "**";
    second += "\n" + escaped(text.reference, max_value, as_markdown);
    OrderedJson attachment{{"fallback", headline},
                           {"color", hex_color(text.color)},
                           {"title", escaped(text.title, max_value, as_markdown)}};
    if (!text.link.empty()) attachment["title_link"] = text.link;
    attachment["text"] = std::move(second);
    attachment["fields"] = std::move(fields);
    return json_post(
        settings,
        dumped({{"text", headline}, {"attachments", OrderedJson::array({std::move(attachment)})}}),
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
    return ok_outcome(reply, attempt.now);
}

}  // namespace

const Format& mattermost_format() {
    static const Format format = [] {
        Format f;
        f.name = "mattermost";
        f.chat = true;
        // Its server decides; this is what one delivers with its settings untouched.
        f.rate = 5;
        f.burst = 10;
        f.request = request;
        f.digest = digest;
        f.outcome = outcome;
        return f;
    }();
    return format;
}

}  // namespace contagiond::sinks
