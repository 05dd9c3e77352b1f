// Google Chat's webhooks: a line of text and a card. All messages of one episode are one thread.
#include <fmt/format.h>

#include "daemon/sinks/message_text.hpp"
#include "daemon/sinks/webhook/escape.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/json_text.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::size_t max_text = 4000;
constexpr std::size_t max_value = 1000;

OrderedJson labelled(std::string_view label, std::string_view value) {
    return {{"decoratedText",
             {{"topLabel", escaped(label, max_value / 4, as_lookalikes)},
              {"text", escaped(value, max_value, as_lookalikes)},
              {"wrapText", true}}}};
}

OrderedJson card_of(const MessageText& text) {
    OrderedJson widgets = OrderedJson::array();
    for (const Fact& fact : text.facts) widgets.push_back(labelled(fact.name, fact.value));
    if (!text.caveat.empty()) widgets.push_back(labelled("Data", text.caveat));
    widgets.push_back(labelled("Id", text.reference));
    if (!text.link.empty())
        widgets.push_back(
            {{"buttonList",
              {{"buttons",
                OrderedJson::array({{{"text", "Open the alert"},
                                     {"onClick", {{"openLink", {{"url", text.link}}}}}}})}}}});
    return {{"header",
             {{"title", escaped(text.word + ": " + text.title, max_value, as_lookalikes)},
              {"subtitle", escaped(text.when, max_value, as_lookalikes)}}},
            {"sections", OrderedJson::array({{{"widgets", std::move(widgets)}}})}};
}

PostRequest post(const WebhookSettings& settings, const MessageText& text,
                 const std::string& episode, const Attempt& attempt) {
    OrderedJson body{
        {"text", escaped(text.headline, max_text, as_lookalikes)},
        {"cardsV2", OrderedJson::array({{{"cardId", "alert"}, {"card", card_of(text)}}})}};
    if (!episode.empty()) body["thread"] = {{"threadKey", episode}};
    PostRequest request = json_post(settings, dumped(body), attempt);
    request.url += request.url.find('?') == std::string::npos ? "?" : "&";
    request.url += "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD";
    return request;
}

PostRequest request(const WebhookSettings& settings, const Alert& alert, const Attempt& attempt) {
    return post(settings, message_text(alert.message), alert.message.id, attempt);
}

PostRequest digest(const WebhookSettings& settings, std::span<const AlertMessage> messages,
                   const Attempt& attempt) {
    return post(settings, digest_text(messages), {}, attempt);
}

Outcome outcome(const PostReply& reply, const Attempt& attempt) {
    return status_outcome(reply, attempt.now);
}

}  // namespace

const Format& googlechat_format() {
    static const Format format = [] {
        Format f;
        f.name = "googlechat";
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
