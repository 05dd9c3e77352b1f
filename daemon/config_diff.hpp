// What differs between two configurations, as far as a running daemon must know.
#pragma once

#include "daemon/config.hpp"

namespace contagiond::daemon {

/// How the feed is connected to: address, certificate, secret.
bool same_connection(const feeds::SessionSettings& a, const feeds::SessionSettings& b);
/// Where and how the webhook delivers.
bool same_delivery(const sinks::WebhookSettings& a, const sinks::WebhookSettings& b);
/// Whether the same shadow runs beside the live engine, or none.
bool same_shadow(const Config& a, const Config& b);
/// Whether nothing differs but connections of feeds, deliveries of webhooks and the shadow: what
/// can be changed while the engine runs on.
bool same_but_connections(const Config& a, const Config& b);

}  // namespace contagiond::daemon
