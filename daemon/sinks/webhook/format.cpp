#include "daemon/sinks/webhook/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace contagiond::sinks {

// One declaration and one line a format.
const Format& alertmanager_format();
const Format& discord_format();
const Format& googlechat_format();
const Format& mattermost_format();
const Format& pagerduty_format();
const Format& slack_format();
const Format& teams_format();
const Format& telegram_format();
const Format& generic_format();

namespace {

const auto& table() {
    static const std::array formats = {
        &alertmanager_format(), &discord_format(),   &googlechat_format(),
        &mattermost_format(),   &pagerduty_format(), &slack_format(),
        &teams_format(),        &telegram_format(),  &generic_format(),
    };
    return formats;
}

struct SettingName {
    Setting setting;
    std::string_view key;
    std::string WebhookSettings::*member;
};
constexpr std::array<SettingName, 5> setting_names = {{
    {Setting::secret, "secret_file", &WebhookSettings::secret},
    {Setting::hub_secret, "hub_secret_file", &WebhookSettings::hub_secret},
    {Setting::token, "token_file", &WebhookSettings::token},
    {Setting::chat_id, "chat_id", &WebhookSettings::chat_id},
    {Setting::routing_key, "routing_key_file", &WebhookSettings::routing_key},
}};

}  // namespace

std::span<const Format* const> formats() {
    return table();
}

const Format* find_format(std::string_view name) {
    const auto all = formats();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Format* f) { return f->name == name; });
    return found == all.end() ? nullptr : *found;
}

std::string check_settings(const WebhookSettings& settings) {
    const Format* format = find_format(settings.format);
    if (format == nullptr) return "its format is none of ours";
    for (const SettingName& entry : setting_names) {
        const auto bit = static_cast<unsigned>(entry.setting);
        const bool given = !(settings.*entry.member).empty();
        if (given && ((format->needs | format->takes) & bit) == 0)
            return fmt::format("the format {} has no use for {}", format->name, entry.key);
        if (!given && (format->needs & bit) != 0)
            return fmt::format("the format {} needs {}", format->name, entry.key);
    }
    if (settings.url.empty() && format->default_url.empty()) return "it has no address";
    return format->check == nullptr ? std::string() : format->check(settings);
}

PostRequest json_post(const WebhookSettings& settings, std::string body, const Attempt& attempt) {
    PostRequest request;
    request.url = settings.url;
    if (request.url.empty())
        if (const Format* format = find_format(settings.format)) request.url = format->default_url;
    request.allow_private = settings.allow_private;
    request.ca_file = settings.ca_file;
    request.headers = {{"Content-Type", "application/json"},
                       {"User-Agent", fmt::format("contagiond/{}", attempt.version)}};
    request.body = std::move(body);
    return request;
}

}  // namespace contagiond::sinks
