// Discord's webhooks: one embed. The address is rewritten to version 10 of the API: there a refusal
// names seconds; without a version it may name milliseconds.
//
// How much may be sent is told by each answer, for the bucket of this webhook, which others may
// draw on too: X-RateLimit-Remaining, and in how many seconds it is full again. Until the first
// answer we keep to what is known from experience. A 429 may also be of a limit that is not ours.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/message_text.hpp"
#include "daemon/sinks/webhook/escape.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/json_text.hpp"

namespace contagiond::sinks {
namespace {

constexpr std::size_t max_title = 256;
constexpr std::size_t max_description = 4096;
constexpr std::size_t max_fields = 25;
constexpr std::size_t max_field_name = 256;
constexpr std::size_t max_field_value = 1024;
constexpr std::size_t max_footer = 2048;
constexpr std::size_t max_embed = 6000;  ///< of all text in it

constexpr const char* remaining_header = "X-RateLimit-Remaining";
constexpr const char* reset_header = "X-RateLimit-Reset-After";
constexpr const char* scope_header = "X-RateLimit-Scope";

/// The address with version 10 in it; empty where it is no webhook of Discord.
std::string versioned(std::string_view url) {
    const std::size_t api = url.find("/api/");
    if (api == url.npos) return {};
    const std::string_view head = url.substr(0, api);
    std::string_view rest = url.substr(api + 5);
    if (rest.starts_with("v")) {
        const std::size_t end = rest.find('/');
        if (end == rest.npos || end < 2 ||
            rest.substr(1, end - 1).find_first_not_of("0123456789") != rest.npos)
            return {};
        rest.remove_prefix(end + 1);
    }
    if (!rest.starts_with("webhooks/")) return {};
    return fmt::format("{}/api/v10/{}", head, rest);
}

std::string check(const WebhookSettings& settings) {
    if (versioned(settings.url).empty())
        return "the address is no webhook of Discord, wanted https://.../api/webhooks/...";
    return {};
}

OrderedJson embed_of(const MessageText& text, std::optional<core::TimeNs> ts) {
    OrderedJson embed = OrderedJson::object();
    embed["title"] = escaped(text.headline, max_title, as_markdown);
    if (!text.link.empty()) embed["url"] = text.link;
    std::string description = fmt::format("**{}** {}", text.word, as_markdown(text.when));
    if (!text.caveat.empty()) description += "\n**" + as_markdown(text.caveat) + "**";
    embed["description"] = shortened(description, max_description);
    embed["color"] = text.color;
    if (ts) embed["timestamp"] = rfc3339(*ts);
    const std::string footer = escaped(text.reference, max_footer, as_plain);
    std::size_t left = max_embed - code_points(embed["title"].get<std::string>()) -
                       code_points(embed["description"].get<std::string>()) - code_points(footer);
    OrderedJson fields = OrderedJson::array();
    for (const Fact& fact : text.facts) {
        const std::string name = escaped(fact.name, max_field_name, as_markdown);
        if (fields.size() == max_fields || left <= code_points(name) + 1) break;
        left -= code_points(name);
        const std::string value = escaped(fact.value, std::min(max_field_value, left), as_markdown);
        left -= code_points(value);
        fields.push_back({{"name", name}, {"value", value}, {"inline", false}});
    }
    embed["fields"] = std::move(fields);
    embed["footer"] = {{"text", footer}};
    return embed;
}

PostRequest post(const WebhookSettings& settings, const MessageText& text,
                 std::optional<core::TimeNs> ts, const Attempt& attempt) {
    PostRequest request = json_post(settings,
                                    dumped({{"username", "contagiond"},
                                            {"allowed_mentions", {{"parse", OrderedJson::array()}}},
                                            {"embeds", OrderedJson::array({embed_of(text, ts)})}}),
                                    attempt);
    request.url = versioned(settings.url);
    request.wanted_headers = {remaining_header, reset_header, scope_header};
    return request;
}

PostRequest request(const WebhookSettings& settings, const Alert& alert, const Attempt& attempt) {
    return post(settings, message_text(alert.message), alert.message.ts, attempt);
}

PostRequest digest(const WebhookSettings& settings, std::span<const AlertMessage> messages,
                   const Attempt& attempt) {
    return post(settings, digest_text(messages),
                messages.empty() ? std::nullopt : messages.back().ts, attempt);
}

Outcome outcome(const PostReply& reply, const Attempt& attempt) {
    Outcome outcome = status_outcome(reply, attempt.now);
    if (reply.failure != PostFailure::none) return outcome;
    const auto reset = parse_retry_after(reply_header(reply, reset_header), attempt.now);
    const std::string_view remaining = reply_header(reply, remaining_header);
    const bool none_left = !remaining.empty() && remaining.find_first_not_of('0') == remaining.npos;
    if (none_left) outcome.pause = reset;
    if (reply.status != 429) return outcome;
    const std::string_view scope = reply_header(reply, scope_header);
    // From a short list: no word of the receiver goes into a log.
    if (scope == "shared") outcome.reason += " (the channel's limit)";
    if (scope == "global") outcome.reason += " (the limit of all Discord)";
    const auto answer = parsed_answer(reply.body);
    if (const auto& seconds = member(answer, "retry_after"); seconds.is_number())
        outcome.retry_after = retry_seconds(seconds.get<double>());
    if (!outcome.retry_after) outcome.retry_after = reset;
    return outcome;
}

}  // namespace

const Format& discord_format() {
    static const Format format = [] {
        Format f;
        f.name = "discord";
        f.chat = true;
        f.rate = 2.5;
        f.burst = 5;
        f.check = check;
        f.request = request;
        f.digest = digest;
        f.outcome = outcome;
        return f;
    }();
    return format;
}

}  // namespace contagiond::sinks
