// Where alerts go: one webhook a list item, each with the format of its receiver.
#include <fmt/format.h>

#include <vector>

#include "daemon/config_parts.hpp"
#include "daemon/http_client.hpp"
#include "daemon/secret_file.hpp"
#include "daemon/sinks/webhook/format.hpp"

namespace contagiond::daemon {
namespace {

void check_webhook_secret(const ConfigValue& value, const std::string& secret) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    const bool marked = secret.rfind("whsec_", 0) == 0;
    if (!marked || secret.size() < 6 + 32 ||
        secret.find_first_not_of(digits, 6) != std::string::npos) {
        value.fail(
            "the file it names holds no signing secret, wanted whsec_ and base64 of at least "
            "24 bytes");
    }
}

const sinks::Format& read_format(ConfigMap& keys) {
    std::vector<std::string_view> names;
    for (const sinks::Format* format : sinks::formats()) names.push_back(format->name);
    const auto format = keys.find("format");
    const sinks::WebhookSettings defaults;
    return format ? *sinks::formats()[format->choice(names)] : *sinks::find_format(defaults.format);
}

/// Empty where none is given and the format brings its own.
std::string read_webhook_url(ConfigMap& keys, const ConfigContext& context,
                             const sinks::Format& format, bool allow_private) {
    const auto inline_url = keys.find("url");
    const auto file = keys.find("url_file");
    if (inline_url && file) file->fail("stands beside url, wanted one of the two");
    if (!inline_url && !file) {
        if (!format.default_url.empty()) return {};
        keys.self().fail("has neither url nor url_file");
    }
    const ConfigValue& where = inline_url ? *inline_url : *file;
    std::string url = inline_url ? inline_url->text() : read_secret_file(*file, context);
    if (context.is_replayable && url == secret_mark) return url;
    const std::string problem = check_post_url(url);
    const std::string whose = inline_url ? "" : "of the file it names: ";
    if (!problem.empty()) where.fail(whose + problem);
    if (url.rfind("http://", 0) == 0 && !allow_private) {
        where.fail(whose + "plain http is for receivers with allow_private");
    }
    return url;
}

/// Secrets that were masked when the text was written cannot be judged.
bool is_masked(const sinks::WebhookSettings& webhook) {
    for (const std::string* value : {&webhook.url, &webhook.secret, &webhook.hub_secret,
                                     &webhook.token, &webhook.routing_key}) {
        if (*value == secret_mark) return true;
    }
    return false;
}

void read_webhook(ConfigMap& keys, const ConfigContext& context, Config& config,
                  sinks::WebhookSettings& webhook) {
    const ConfigValue name = keys.need("name");
    webhook.name = name.text();
    check_name(webhook.name, name);
    for (const sinks::WebhookSettings& other : config.webhooks) {
        if (other.name == webhook.name) name.fail("another webhook has the same name");
    }
    const sinks::Format& format = read_format(keys);
    webhook.format = format.name;
    if (const auto allow = keys.find("allow_private")) webhook.allow_private = allow->flag();
    webhook.url = read_webhook_url(keys, context, format, webhook.allow_private);
    if (const auto secret = keys.find("secret_file")) {
        webhook.secret = read_secret_file(*secret, context);
        const bool is_mark = context.is_replayable && webhook.secret == secret_mark;
        if (!is_mark) check_webhook_secret(*secret, webhook.secret);
    }
    if (const auto secret = keys.find("hub_secret_file"))
        webhook.hub_secret = read_secret_file(*secret, context);
    if (const auto token = keys.find("token_file"))
        webhook.token = read_secret_file(*token, context);
    if (const auto chat = keys.find("chat_id")) webhook.chat_id = chat->text();
    if (const auto key = keys.find("routing_key_file"))
        webhook.routing_key = read_secret_file(*key, context);
    if (const auto ca_file = keys.find("ca_file"))
        webhook.ca_file = read_ca_file(*ca_file, context);
    if (!is_masked(webhook)) {
        const std::string problem = sinks::check_settings(webhook);
        if (!problem.empty()) keys.self().fail(problem);
    }
    const auto signs = static_cast<unsigned>(sinks::Setting::secret);
    if ((format.takes & signs) != 0 && webhook.secret.empty()) {
        config.warnings.push_back(fmt::format("{}: without secret_file its messages are not signed",
                                              keys.self().place()));
    }
}

}  // namespace

void read_webhooks(const ConfigValue& value, const ConfigContext& context, Config& config) {
    for (const ConfigValue& where : value.list()) {
        sinks::WebhookSettings webhook;
        where.map([&](ConfigMap& keys) { read_webhook(keys, context, config, webhook); });
        config.webhooks.push_back(std::move(webhook));
    }
}

}  // namespace contagiond::daemon
