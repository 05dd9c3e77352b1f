// One marked test alert to one sink, and the exchange as text with every secret taken out.
#pragma once

#include <string>

#include "core/units.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/sinks/http_post.hpp"
#include "daemon/sinks/webhook/settings.hpp"

namespace contagiond::daemon {

struct NotifyExchange {
    bool accepted = false;
    std::string text;  ///< lines; holds neither address nor secret
};

/// Posts, and blocks for as long as `post` does. Throws std::runtime_error with one sentence where
/// the settings make no sink.
NotifyExchange exchange_test_alert(const sinks::WebhookSettings& settings,
                                   const sinks::DocumentContext& context, const sinks::PostFn& post,
                                   core::TimeNs now);

}  // namespace contagiond::daemon
