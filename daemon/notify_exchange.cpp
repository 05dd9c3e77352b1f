#include "daemon/notify_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "daemon/sinks/alert_message.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::string_view mark = "<secret>";
constexpr std::size_t shown_reply_bytes = 2000;

/// Everything of the settings that must not be seen, the longest first.
std::vector<std::string> secrets_of(const sinks::WebhookSettings& settings,
                                    const sinks::PostRequest& request) {
    std::vector<std::string> secrets = {settings.url,        request.url,      settings.secret,
                                        settings.token,      settings.chat_id, settings.hub_secret,
                                        settings.routing_key};
    for (const std::string& url : {settings.url, request.url}) {
        // A receiver may repeat the path alone, or a piece of it.
        const std::size_t host = url.find("://");
        if (host == url.npos) continue;
        std::size_t at = url.find_first_of("/?", host + 3);
        if (at != url.npos) secrets.push_back(url.substr(at));
        while (at != url.npos) {
            const std::size_t end = url.find_first_of("/?&=", at + 1);
            const std::string piece = url.substr(at + 1, end == url.npos ? url.npos : end - at - 1);
            if (piece.size() >= 8) secrets.push_back(piece);
            at = end;
        }
    }
    for (const auto& [name, value] : request.headers) {
        std::string lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (lower.find("signature") != lower.npos || lower.find("auth") != lower.npos)
            secrets.push_back(value);
    }
    std::erase_if(secrets, [](const std::string& secret) { return secret.size() < 2; });
    std::sort(secrets.begin(), secrets.end(),
              [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return secrets;
}

std::string redacted(std::string text, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets)
        for (std::size_t at = text.find(secret); at != text.npos;
             at = text.find(secret, at + mark.size()))
            text.replace(at, secret.size(), mark);
    return text;
}

/// "https://hooks.slack.com/<secret>"
std::string shown_url(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == url.npos) return std::string(mark);
    const std::size_t path = url.find_first_of("/?#", scheme + 3);
    return url.substr(0, path) + "/" + std::string(mark);
}

}  // namespace

NotifyExchange exchange_test_alert(const sinks::WebhookSettings& settings,
                                   const sinks::DocumentContext& context, const sinks::PostFn& post,
                                   core::TimeNs now) {
    if (const std::string wrong = sinks::check_settings(settings); !wrong.empty())
        throw std::runtime_error(fmt::format("webhook {}: {}", settings.name, wrong));
    const sinks::Format& format = *sinks::find_format(settings.format);
    const std::string document = sinks::test_document(now, context);
    const auto message = sinks::parse_alert(document);
    if (!message) throw std::runtime_error("the test alert cannot be written");
    sinks::Attempt attempt;
    attempt.version = context.version;
    attempt.now = now;
    const sinks::PostRequest request = format.request(settings, {document, *message}, attempt);
    const std::vector<std::string> secrets = secrets_of(settings, request);

    NotifyExchange exchange;
    exchange.text = fmt::format("> POST {}\n", shown_url(request.url));
    for (const auto& [name, value] : request.headers)
        exchange.text += fmt::format("> {}: {}\n", name, redacted(one_line(value), secrets));
    exchange.text += fmt::format(">\n> {}\n", redacted(one_line(request.body), secrets));

    const sinks::PostReply reply = post(request);
    const sinks::Outcome outcome = format.outcome(reply, attempt);
    exchange.accepted = outcome.verdict == sinks::Verdict::accepted;
    if (reply.failure != sinks::PostFailure::none) {
        exchange.text += fmt::format("< no answer: {}\n", redacted(reply.reason, secrets));
    } else {
        exchange.text += fmt::format("< HTTP status {}\n", reply.status);
        if (!reply.retry_after.empty())
            exchange.text +=
                fmt::format("< Retry-After: {}\n", redacted(one_line(reply.retry_after), secrets));
        for (const auto& [name, value] : reply.headers)
            exchange.text += fmt::format("< {}: {}\n", name, redacted(one_line(value), secrets));
        exchange.text += fmt::format(
            "<\n< {}\n", redacted(one_line(reply.body), secrets).substr(0, shown_reply_bytes));
    }
    exchange.text += exchange.accepted
                         ? "accepted\n"
                         : fmt::format("not accepted: {}\n", redacted(outcome.reason, secrets));
    return exchange;
}

}  // namespace contagiond::daemon
