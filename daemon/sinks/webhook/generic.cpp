// The generic webhook: the alert document itself as the body, signed as Standard Webhooks has it,
// and as GitHub has it where wanted. Any 2xx is success.
#include <fmt/format.h>

#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/signature.hpp"

namespace contagiond::sinks {
namespace {

std::string check(const WebhookSettings& settings) {
    if (!settings.secret.empty() && !signing_key(settings.secret))
        return "the secret is not whsec_ followed by base64";
    return {};
}

PostRequest request(const WebhookSettings& settings, const Alert& alert, const Attempt& attempt) {
    PostRequest request = json_post(settings, std::string(alert.document), attempt);
    // The same in every attempt, so that a receiver can tell a repetition.
    const std::string id = fmt::format("{}_{}", alert.message.id, alert.message.revision);
    const std::int64_t seconds = attempt.now / core::ns_per_s;
    request.headers.emplace_back("webhook-id", id);
    request.headers.emplace_back("webhook-timestamp", fmt::to_string(seconds));
    if (const auto key = signing_key(settings.secret))
        request.headers.emplace_back("webhook-signature",
                                     signature(*key, id, seconds, request.body));
    if (!settings.hub_secret.empty())
        request.headers.emplace_back("X-Hub-Signature-256",
                                     hub_signature(settings.hub_secret, request.body));
    return request;
}

Outcome outcome(const PostReply& reply, const Attempt& attempt) {
    return status_outcome(reply, attempt.now);
}

}  // namespace

const Format& generic_format() {
    static const Format format = [] {
        Format f;
        f.name = "webhook";
        f.takes = Setting::secret | Setting::hub_secret;
        f.check = check;
        f.request = request;
        f.outcome = outcome;
        return f;
    }();
    return format;
}

}  // namespace contagiond::sinks
