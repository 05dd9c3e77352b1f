// Slack's incoming webhooks: a coloured attachment of blocks. Slack answers 200 also where it did
// nothing; only the body `ok` says that the message is there.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/message_text.hpp"
#include "daemon/sinks/webhook/escape.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/json_text.hpp"

namespace contagiond::sinks {
namespace {

// Slack's limits are higher for some; together they keep a message below its 8000 characters.
constexpr std::size_t max_header = 150;
constexpr std::size_t max_section = 1000;
constexpr std::size_t max_fields = 10;
constexpr std::size_t max_field = 550;
constexpr std::size_t max_url = 3000;

OrderedJson markdown(std::string text) {
    return {{"type", "mrkdwn"}, {"text", std::move(text)}};
}

OrderedJson blocks_of(const MessageText& text) {
    OrderedJson blocks = OrderedJson::array();
    blocks.push_back({{"type", "header"},
                      {"text",
                       {{"type", "plain_text"},
                        {"text", escaped(text.title, max_header, as_plain)},
                        {"emoji", false}}}});
    std::string section = fmt::format("*{}*", text.word);
    if (!text.when.empty()) section += " " + escaped(text.when, max_section / 4, as_entities);
    if (!text.caveat.empty())
        section += "\n*" + escaped(text.caveat, max_section / 2, as_entities) + "*";
    blocks.push_back({{"type", "section"}, {"text", markdown(std::move(section))}});
    OrderedJson fields = OrderedJson::array();
    for (const Fact& fact : text.facts) {
        if (fields.size() == max_fields) break;
        const std::string name = escaped(fact.name, max_field / 4, as_entities);
        fields.push_back(markdown(fmt::format(
            "*{}*\n{}", name, escaped(fact.value, max_field / 4 * 3 - 4, as_entities))));
    }
    if (!fields.empty()) blocks.push_back({{"type", "section"}, {"fields", std::move(fields)}});
    blocks.push_back(
        {{"type", "context"},
         {"elements", OrderedJson::array({markdown(escaped(text.reference, 200, as_entities))})}});
    if (!text.link.empty() && code_points(text.link) <= max_url)
        blocks.push_back(
            {{"type", "actions"},
             {"elements",
              OrderedJson::array({{{"type", "button"},
                                   {"text", {{"type", "plain_text"}, {"text", "Open the alert"}}},
                                   {"url", text.link}}})}});
    return blocks;
}

PostRequest post(const WebhookSettings& settings, const MessageText& text, const Attempt& attempt) {
    const std::string headline = escaped(text.headline, 400, as_entities);
    return json_post(settings,
                     dumped({{"text", headline},
                             {"attachments", OrderedJson::array({{{"color", hex_color(text.color)},
                                                                  {"fallback", headline},
                                                                  {"blocks", blocks_of(text)}}})}}),
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

const Format& slack_format() {
    static const Format format = [] {
        Format f;
        f.name = "slack";
        f.chat = true;
        f.rate = 1;
        f.burst = 1;
        f.request = request;
        f.digest = digest;
        f.outcome = outcome;
        return f;
    }();
    return format;
}

}  // namespace contagiond::sinks
