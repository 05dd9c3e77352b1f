#include "daemon/log_secrets.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

#include "daemon/secret_file.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t shortest = 8;
constexpr std::size_t most = 1'000;

struct Hidden {
    std::mutex mutex;
    std::vector<std::string> secrets;  ///< long ones first: one may be part of another
};

/// Never destroyed, as the log itself.
Hidden& hidden() {
    static Hidden* const instance = new Hidden;
    return *instance;
}

}  // namespace

void hide_in_log(std::string_view secret) {
    if (secret.size() < shortest) return;
    Hidden& all = hidden();
    const std::lock_guard lock(all.mutex);
    if (all.secrets.size() == most) return;
    const auto at = std::find_if(all.secrets.begin(), all.secrets.end(), [&](const auto& other) {
        return other.size() < secret.size() || other == secret;
    });
    if (at == all.secrets.end() || *at != secret) all.secrets.emplace(at, secret);
}

std::string without_secrets(std::string text) {
    Hidden& all = hidden();
    const std::lock_guard lock(all.mutex);
    for (const std::string& secret : all.secrets)
        for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;)
            text.replace(at, secret.size(), secret_mark);
    return text;
}

}  // namespace contagiond::daemon
