// Where one webhook delivers, and how.
#pragma once

#include <string>

namespace contagiond::sinks {

struct WebhookSettings {
    std::string name;
    std::string url;                 ///< often a secret itself: never logged
    std::string format = "webhook";  ///< a name find_format() knows
    // What a format asks for beside the address; each format says which it takes (format.hpp).
    std::string secret;       ///< whsec_...; empty: unsigned
    std::string hub_secret;   ///< signs X-Hub-Signature-256; empty: no such header
    std::string token;        ///< of a bot; secret
    std::string chat_id;      ///< which conversation
    std::string routing_key;  ///< which service; secret

    bool allow_private = false;  ///< loopback, link-local and private targets
    std::string ca_file;

    friend bool operator==(const WebhookSettings&, const WebhookSettings&) = default;
};

}  // namespace contagiond::sinks
