#include "daemon/config_diff.hpp"

#include <algorithm>

namespace contagiond::daemon {
namespace {

template <typename T, typename Same>
bool all_same(const std::vector<T>& a, const std::vector<T>& b, Same same) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool same_listing(const feeds::Listing& a, const feeds::Listing& b) {
    return a.instrument == b.instrument && a.symbol == b.symbol && a.trades == b.trades &&
           a.quotes == b.quotes && a.market == b.market && a.stale_after == b.stale_after;
}

bool same_feed(const feeds::SessionSettings& a, const feeds::SessionSettings& b) {
    return a.feed == b.feed && a.name == b.name && a.venue == b.venue &&
           all_same(a.listings, b.listings, same_listing);
}

bool same_web(const HttpServerSettings& a, const HttpServerSettings& b) {
    return a.listen_address == b.listen_address && a.allowed_hosts == b.allowed_hosts;
}

bool same_journal(const Config& a, const Config& b) {
    return a.journal_enabled == b.journal_enabled &&
           a.journal.segment_bytes == b.journal.segment_bytes &&
           a.journal.max_bytes == b.journal.max_bytes &&
           a.journal.min_free_bytes == b.journal.min_free_bytes;
}

}  // namespace

bool same_connection(const feeds::SessionSettings& a, const feeds::SessionSettings& b) {
    return a.url == b.url && a.ca_file == b.ca_file && a.credentials.key == b.credentials.key &&
           a.credentials.secret == b.credentials.secret;
}

bool same_delivery(const sinks::WebhookSettings& a, const sinks::WebhookSettings& b) {
    return a == b;
}

bool same_shadow(const Config& a, const Config& b) {
    if (!a.shadow || !b.shadow) return a.shadow.has_value() == b.shadow.has_value();
    // The name is in its engine's identity.
    return a.shadow->engine.identity == b.shadow->engine.identity;
}

bool same_but_connections(const Config& a, const Config& b) {
    // The engine's identity is a digest of everything it is made from.
    return a.engine.identity == b.engine.identity && a.instance == b.instance &&
           a.storage_path == b.storage_path && a.web_external_url == b.web_external_url &&
           a.ring_slots == b.ring_slots && same_web(a.web, b.web) && same_journal(a, b) &&
           all_same(a.feeds, b.feeds, same_feed) &&
           all_same(a.webhooks, b.webhooks,
                    [](const auto& x, const auto& y) { return x.name == y.name; });
}

}  // namespace contagiond::daemon
