// The alerts that every format is asked to write: the usual kinds, and hostile ones.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "daemon/sinks/webhook/format.hpp"
#include "tests/sinks/known_episode.hpp"

namespace contagiond::test {

inline core::Episode told_episode() {
    core::Episode e = studied_episode();
    e.source_fall = 0.052;
    e.targets[0].fall = 0.031;
    e.targets[1].fall = 0.026;
    return e;
}

inline core::Episode updated_episode() {
    core::Episode e = told_episode();
    e.phase = core::EpisodePhase::updated;
    e.severity = core::Severity::warning;
    e.revision = 2;
    e.ts += 8 * core::ns_per_min;
    e.targets[0].lead->verdict = core::LeadVerdict::spans_zero;
    e.value_lost_usd.reset();
    e.degraded = true;
    return e;
}

inline core::Episode resolved_episode() {
    core::Episode e = told_episode();
    e.phase = core::EpisodePhase::resolved;
    e.revision = 4;
    e.ts = e.ended_at = e.started_at + 126 * core::ns_per_min;
    return e;
}

inline Desk linked_desk() {
    Desk desk;
    desk.context.external_url = "https://desk.example/contagion";
    return desk;
}

/// Settings that the format of this name can be built of, with secrets that are none.
inline sinks::WebhookSettings settings_for(const std::string& format) {
    sinks::WebhookSettings settings;
    settings.name = "desk";
    settings.format = format;
    settings.url = "https://hooks.example/in/T0KEN";
    if (format == "discord") settings.url = "https://discord.example/api/webhooks/1/T0KEN";
    if (format == "googlechat")
        settings.url = "https://chat.example/v1/spaces/S/messages?key=K&token=T0KEN";
    if (format == "alertmanager") settings.url = "https://alertmanager.example/am/";
    if (format == "telegram" || format == "pagerduty") settings.url.clear();
    if (format == "telegram") {
        settings.token = "123456789:AAAA-bbbb_CCCC-dddd_EEEE-ffff_G";
        settings.chat_id = "-1001234567890";
    }
    if (format == "pagerduty") settings.routing_key = "0123456789abcdef0123456789abcdef";
    if (format == "webhook") {
        settings.secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
        settings.hub_secret = "It's a Secret to Everybody";
    }
    return settings;
}

struct Case {
    std::string name;
    std::vector<std::string> documents;  ///< more than one: a digest
};

/// Names that nobody should have, from a seed: markup, mentions, what breaks lines and directions.
inline std::string hostile_text(std::mt19937_64& random) {
    static const std::vector<std::string> pieces = {"<!here>",
                                                    "<!channel|x>",
                                                    "<@U012345>",
                                                    "@here",
                                                    "@everyone",
                                                    "@channel",
                                                    "@all",
                                                    "<users/all>",
                                                    "<at>Ann</at>",
                                                    "*bold*",
                                                    "_it_",
                                                    "~no~",
                                                    "`code`",
                                                    "||spoiler||",
                                                    "> ",
                                                    "# ",
                                                    "- ",
                                                    "[text](https://evil.example)",
                                                    "<https://evil.example|text>",
                                                    "<a href=\"https://evil.example\">",
                                                    "</b>",
                                                    "<b>",
                                                    "&lt;",
                                                    "&amp;&amp;",
                                                    "\\",
                                                    "\"",
                                                    "'",
                                                    "${7*7}",
                                                    "{{DATE(2025-01-01T00:00:00Z)}}",
                                                    "<t:0:R>",
                                                    "\n",
                                                    "\r\n",
                                                    "\t",
                                                    std::string(1, '\0'),
                                                    "\x1b[31m",
                                                    "\u202E",
                                                    "\u2066",
                                                    "\u200B",
                                                    "\u061C",
                                                    "\u2028",
                                                    "\uFEFF",
                                                    "é",
                                                    "中",
                                                    "😀",
                                                    "\U000E0041",
                                                    "BTC",
                                                    "us_tech",
                                                    std::string(60, '&'),
                                                    std::string(60, '<'),
                                                    std::string(60, '*')};
    std::string out;
    for (std::size_t i = 1 + random() % 6; i > 0; --i) out += pieces[random() % pieces.size()];
    if (random() % 16 == 0) out += std::string(10'000, 'A');
    return out;
}

/// `document` with every name and sentence in it replaced.
inline std::string spoiled(const std::string& document, std::mt19937_64& random) {
    ordered_json parsed = ordered_json::parse(document);
    ordered_json& data = parsed["data"];
    const auto spoil = [&](ordered_json& value) { value = hostile_text(random); };
    for (const char* key : {"title", "summary", "contagion"}) spoil(data[key]);
    for (const char* key : {"group", "leader"}) spoil(data["source"][key]);
    for (ordered_json& member : data["source"]["members"]) spoil(member["symbol"]);
    for (ordered_json& target : data["targets"]) {
        for (const char* key : {"symbol", "venue", "price"}) spoil(target[key]);
        if (target["lead_lag"].is_object()) spoil(target["lead_lag"]["source"]);
    }
    for (ordered_json& control : data["attribution"]["controls"]) spoil(control["symbol"]);
    for (const char* key : {"stale", "diverged"})
        for (int i = 0; i < 6; ++i) data["data_quality"][key].push_back(hostile_text(random));
    for (const char* key : {"version", "instance"}) spoil(data["engine"][key]);
    data["data_quality"]["degraded"] = true;
    return parsed.dump();
}

inline std::vector<Case> format_cases() {
    const Desk desk = linked_desk();
    sinks::DocumentContext context = desk.context;
    context.engine = &desk.config;
    const auto document = [&](const core::Episode& e) { return sinks::alert_document(e, context); };
    std::vector<Case> cases = {{"opened", {document(told_episode())}},
                               {"updated", {document(updated_episode())}},
                               {"resolved", {document(resolved_episode())}},
                               {"test", {sinks::test_document(at_detection, context)}}};
    Case digest{"digest", {}};
    for (const char id : {'A', 'B', 'C'}) {
        for (core::Episode e : {told_episode(), updated_episode(), resolved_episode()}) {
            if (id != 'A' && e.phase == core::EpisodePhase::resolved) continue;
            if (id == 'C') e.severity = core::Severity::critical;
            e.id.text.fill(id);
            digest.documents.push_back(document(e));
        }
    }
    cases.push_back(digest);
    std::mt19937_64 random(7);
    cases.push_back({"hostile", {spoiled(document(told_episode()), random)}});
    // What every format has to survive whole, in the first names that are read.
    ordered_json worst = ordered_json::parse(cases.back().documents[0]);
    worst["data"]["source"]["group"] = "<!here> @all\n*b*";
    worst["data"]["targets"][0]["symbol"] = std::string("\0\u202E", 4) + std::string(10'000, '&');
    worst["data"]["title"] =
        "<b>@everyone</b> [x](https://evil.example) " + std::string(10'000, 'A');
    cases.back().documents[0] = worst.dump();
    return cases;
}

/// What the format posts for these documents: an alert, or a digest of several.
inline sinks::PostRequest request_of(const sinks::Format& format,
                                     const sinks::WebhookSettings& settings,
                                     const std::vector<std::string>& documents,
                                     const sinks::Change& change = {},
                                     const sinks::AlertMessage* told = nullptr) {
    std::vector<sinks::AlertMessage> messages;
    for (const std::string& document : documents)
        messages.push_back(sinks::parse_alert(document).value());
    const sinks::Attempt attempt{"0.1.0", 1'737'988'932 * core::ns_per_s, change};
    if (documents.size() > 1) return format.digest(settings, messages, attempt);
    return format.request(settings, {documents[0], messages[0], told}, attempt);
}

}  // namespace contagiond::test
