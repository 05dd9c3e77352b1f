// Every format of the table writes every kind of alert: byte for byte as it is kept in
// tests/golden/webhook, and within the limits of its receiver whatever the names are.
//
// After a change that is meant: CONTAGIOND_WRITE_GOLDEN=1 build/dev/tests/sinks_test "[golden]"
// writes them anew; look at the difference before it is committed.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <set>

#include "daemon/sinks/message_text.hpp"
#include "tests/sinks/format_cases.hpp"

using namespace contagiond;
using namespace contagiond::test;
using Catch::Matchers::Contains;
using sinks::Format;
using sinks::PostRequest;

namespace {

const Format& format_of(const std::string& name) {
    const Format* format = sinks::find_format(name);
    REQUIRE(format != nullptr);
    return *format;
}

/// Every text of a body with where it stands: "embeds/0/title".
void walk(const json& value, const std::string& path,
          const std::function<void(const std::string&, const std::string&)>& see) {
    if (value.is_string()) return see(path, value.get<std::string>());
    if (!value.is_structured()) return;
    for (const auto& [key, item] : value.items())
        walk(item, path.empty() ? key : path + "/" + key, see);
}

std::size_t length(const json& text) {
    return code_points(text.get<std::string>());
}

bool has_hidden_characters(const std::string& text) {
    static const std::vector<std::string> hidden = {"\u202E", "\u2066", "\u200B",    "\u061C",
                                                    "\u2028", "\uFEFF", "\U000E0041"};
    for (const std::string& one : hidden)
        if (text.find(one) != text.npos) return true;
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F) return true;
    return false;
}

void check_slack(const json& body) {
    CHECK(body["attachments"].size() == 1);
    const json& attachment = body["attachments"][0];
    CHECK(std::regex_match(attachment["color"].get<std::string>(), std::regex("#[0-9A-F]{6}")));
    CHECK(attachment["blocks"][0]["type"] == "header");
    CHECK(attachment["blocks"][0]["text"]["type"] == "plain_text");
    CHECK(length(attachment["blocks"][0]["text"]["text"]) <= 150);
    std::size_t sum = length(body["text"]);
    for (const json& block : attachment["blocks"]) {
        if (block.contains("text")) CHECK(length(block["text"]["text"]) <= 3000);
        if (block.contains("fields")) {
            CHECK(block["fields"].size() <= 10);
            for (const json& field : block["fields"]) CHECK(length(field["text"]) <= 2000);
        }
    }
    walk(attachment, "", [&](const std::string& path, const std::string& text) {
        if (path.find("url") == path.npos) sum += code_points(text);
        // Nothing but our own emphasis: an angle bracket would be a link or a mention. The header
        // is plain text.
        if (path.rfind("blocks/0", 0) == 0) return;
        CHECK(text.find('<') == text.npos);
        CHECK_FALSE(std::regex_search(text, std::regex("&(?!amp;|lt;|gt;)")));
    });
    CHECK(sum < 8000);
}

void check_discord(const json& body) {
    CHECK(body["allowed_mentions"]["parse"] == json::array());
    CHECK(body["embeds"].size() == 1);
    const json& embed = body["embeds"][0];
    CHECK(length(embed["title"]) <= 256);
    CHECK(length(embed["description"]) <= 4096);
    CHECK(embed["color"].is_number_integer());
    std::size_t sum =
        length(embed["title"]) + length(embed["description"]) + length(embed["footer"]["text"]);
    CHECK(embed["fields"].size() <= 25);
    for (const json& field : embed["fields"]) {
        CHECK(length(field["name"]) <= 256);
        CHECK(length(field["value"]) <= 1024);
        CHECK(length(field["value"]) > 0);
        sum += length(field["name"]) + length(field["value"]);
    }
    CHECK(sum <= 6000);
    for (const json* text : {&embed["title"], &embed["description"]})
        CHECK_FALSE(std::regex_search(text->get<std::string>(), std::regex("(^|[^\\\\])[<>|`~]")));
}

void check_telegram(const json& body) {
    CHECK(body["chat_id"] == "-1001234567890");
    CHECK(body["link_preview_options"]["is_disabled"] == true);
    const std::string html = body["text"];
    if (!body.contains("parse_mode")) {
        CHECK(code_points(html) <= 4096);
        return;
    }
    CHECK(body["parse_mode"] == "HTML");
    // Its own tags and entities, and nothing that only looks like them.
    const std::regex markup(
        "<b>|</b>|<a href=\"https://desk\\.example/[^\"<>]*\">|</a>|&amp;|&lt;|&gt;");
    const std::string shown = std::regex_replace(html, markup, "x");
    CHECK(shown.find_first_of("<>&") == shown.npos);
    CHECK(code_points(shown) <= 4096 + 200);
}

void check_teams(const json& body) {
    CHECK(body["type"] == "message");
    CHECK(body.dump().size() < 28'000);
    const json& attachment = body["attachments"][0];
    CHECK(attachment["contentType"] == "application/vnd.microsoft.card.adaptive");
    CHECK(attachment["contentUrl"].is_null());
    const json& card = attachment["content"];
    CHECK(card["version"] == "1.4");
    CHECK(card["body"][0]["type"] == "TextBlock");
    CHECK(card["body"][0]["style"] == "heading");
    CHECK(card["body"][2]["type"] == "FactSet");
    for (const json& fact : card["body"][2]["facts"])
        CHECK(fact["value"].get<std::string>().find_first_of("<>[]*`{}") == std::string::npos);
}

void check_mattermost(const json& body) {
    CHECK(body.dump().size() < 16'383 * 4);
    std::size_t sum = 0;
    walk(body, "", [&](const std::string&, const std::string& text) { sum += code_points(text); });
    CHECK(sum < 16'383);
    const json& attachment = body["attachments"][0];
    CHECK(attachment["fallback"] == body["text"]);
    for (const json& field : attachment["fields"]) {
        CHECK(field["short"] == true);
        CHECK_FALSE(std::regex_search(field["value"].get<std::string>(),
                                      std::regex("(^|[^\\\\])[<>|`~\\[\\]]")));
    }
}

void check_googlechat(const json& body) {
    CHECK(length(body["text"]) <= 4000);
    CHECK(body.dump().size() < 32'000);
    walk(body, "", [&](const std::string& path, const std::string& text) {
        if (path.find("url") == path.npos) CHECK(text.find_first_of("<>&*`") == text.npos);
    });
}

void check_pagerduty(const json& body, const std::string& bytes) {
    CHECK(bytes.size() < 512'000);
    CHECK(length(body["payload"]["summary"]) <= 1024);
    CHECK(std::set<std::string>{"critical", "error", "warning", "info"}.count(
        body["payload"]["severity"]));
    CHECK(std::set<std::string>{"trigger", "resolve"}.count(body["event_action"]));
    CHECK(body["dedup_key"].get<std::string>().size() <= 255);
    CHECK_FALSE(body["payload"]["source"].get<std::string>().empty());
}

void check_alertmanager(const json& body) {
    REQUIRE_FALSE(body.empty());
    std::set<json> all;
    for (const json& one : body) {
        for (const char* map : {"labels", "annotations"})
            for (const auto& [key, value] : one[map].items()) {
                CHECK(std::regex_match(key, std::regex("[a-zA-Z_][a-zA-Z0-9_]*")));
                CHECK(value.is_string());
                CHECK_FALSE(value.get<std::string>().empty());
            }
        CHECK(one["labels"].contains("alertname"));
        CHECK(all.insert(one["labels"]).second);
        const auto starts = sinks::parse_rfc3339(one["startsAt"].get<std::string>());
        const auto ends = sinks::parse_rfc3339(one["endsAt"].get<std::string>());
        REQUIRE((starts && ends));
        CHECK(*starts <= *ends);
        if (one.contains("generatorURL"))
            CHECK(one["generatorURL"].get<std::string>().rfind("https://", 0) == 0);
    }
}

/// What people read first.
std::string headline_in(const std::string& format, const json& body) {
    if (format == "discord") return body["embeds"][0]["title"];
    if (format == "teams") return body["attachments"][0]["content"]["body"][0]["text"];
    if (format == "pagerduty") return body["payload"]["summary"];
    if (format == "alertmanager") return body[0]["annotations"]["summary"];
    if (format == "webhook") return body["data"]["summary"];
    const std::string text = body["text"];
    if (format != "telegram") return text;
    return text.rfind("<b>", 0) == 0 ? text.substr(3, text.find("</b>") - 3) : text;
}

void check_laws(const Format& format, const PostRequest& request) {
    const std::string name(format.name);
    INFO(name << " " << request.body.substr(0, 4000));
    const json body = json::parse(request.body);  // throws where it is not JSON in UTF-8
    if (name == "webhook") return;                // the document itself, whose names are data
    walk(body, "", [&](const std::string& path, const std::string& text) {
        INFO(path << ": " << text);
        CHECK_FALSE(has_hidden_characters(text));
        // Labels and details are data, and are not read for mentions.
        const bool is_data = path.find("custom_details") != path.npos ||
                             path.find("labels/") != path.npos ||
                             (name == "pagerduty" && path.find("summary") == path.npos);
        if (!is_data) CHECK(text.find('@') == text.npos);
    });
    if (name == "slack") check_slack(body);
    if (name == "discord") check_discord(body);
    if (name == "telegram") check_telegram(body);
    if (name == "teams") check_teams(body);
    if (name == "mattermost") check_mattermost(body);
    if (name == "googlechat") check_googlechat(body);
    if (name == "pagerduty") check_pagerduty(body, request.body);
    if (name == "alertmanager") check_alertmanager(body);
}

std::string exchange_of(const PostRequest& request) {
    std::string out = "POST " + request.url + "\n";
    for (const auto& [key, value] : request.headers) out += key + ": " + value + "\n";
    return out;
}

/// Compares with the file kept under this name, or writes it if the environment says so.
void check_golden(const std::string& name, const std::string& content) {
    const auto folder = std::filesystem::path(CONTAGIOND_SOURCE_DIR) / "tests/golden/webhook";
    const auto path = folder / name;
    if (std::getenv("CONTAGIOND_WRITE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(folder);
        std::ofstream(path, std::ios::binary) << content;
    }
    std::ifstream file(path, std::ios::binary);
    const std::string kept{std::istreambuf_iterator<char>(file), {}};
    INFO("tests/golden/webhook/" << name << "; see the top of this file");
    CHECK(content == kept);
}

}  // namespace

TEST_CASE("the table of formats is sorted and whole") {
    std::vector<std::string> names;
    for (const Format* format : sinks::formats()) {
        INFO(format->name);
        names.emplace_back(format->name);
        CHECK(sinks::find_format(format->name) == format);
        CHECK(format->request != nullptr);
        CHECK(format->outcome != nullptr);
        CHECK((format->digest != nullptr) == format->chat);
        CHECK(format->rate > 0);
        CHECK(format->burst >= 1);
        CHECK((format->needs & format->takes) == 0);
        CHECK(sinks::check_settings(settings_for(names.back())) == "");
    }
    CHECK(std::is_sorted(names.begin(), names.end()));
    CHECK(names == std::vector<std::string>{"alertmanager", "discord", "googlechat", "mattermost",
                                            "pagerduty", "slack", "teams", "telegram", "webhook"});
    CHECK(sinks::find_format("opsgenie") == nullptr);
    // Their receivers' limits: 20 in a minute, 100 in an hour.
    const Format& telegram = format_of("telegram");
    CHECK(telegram.burst + 60 * telegram.rate <= 20);
    const Format& teams = format_of("teams");
    CHECK(teams.burst + 3600 * teams.rate <= 100);
    CHECK(teams.spacing == core::ns_per_s);
}

TEST_CASE("what every format writes is what is kept", "[golden]") {
    for (const Format* format : sinks::formats()) {
        const std::string name(format->name);
        const auto settings = settings_for(name);
        for (const Case& one : format_cases()) {
            if (one.documents.size() > 1 && !format->chat) continue;
            const PostRequest request = request_of(*format, settings, one.documents);
            check_laws(*format, request);
            check_golden(name + "." + one.name + ".json", request.body);
            if (one.name == "opened") check_golden(name + ".request.txt", exchange_of(request));
        }
    }
}

TEST_CASE("what Alertmanager holds of an episode ends in the post that changes its labels",
          "[golden]") {
    const auto cases = format_cases();
    const std::string opened = cases[0].documents[0], calmer = cases[1].documents[0],
                      resolved = cases[2].documents[0];
    const Format& format = format_of("alertmanager");
    const auto body = [&](const std::string& document, const std::string& before) {
        const auto told = sinks::parse_alert(before);
        const PostRequest request =
            request_of(format, settings_for("alertmanager"), {document}, {}, &told.value());
        check_laws(format, request);
        if (document == calmer) check_golden("alertmanager.relabelled.json", request.body);
        return json::parse(request.body);
    };
    // From critical to warning, at 2025-01-27T14:42:12Z.
    const json changed = body(calmer, opened);
    REQUIRE(changed.size() == 2);
    CHECK(changed[0]["labels"]["severity"] == "warning");
    CHECK(changed[0]["endsAt"] == "2025-01-27T14:45:12.000000Z");
    const json first =
        json::parse(request_of(format, settings_for("alertmanager"), {opened}).body)[0];
    CHECK(changed[1]["labels"] == first["labels"]);
    CHECK(changed[1]["startsAt"] == first["startsAt"]);
    CHECK(changed[1]["endsAt"] == "2025-01-27T14:42:12.000000Z");
    CHECK_THAT(changed[1]["annotations"]["summary"].get<std::string>(),
               Contains("Told anew: WARNING"));
    // Any label counts, and an end that comes under other labels ends what was before too.
    ordered_json other = ordered_json::parse(opened);
    other["data"]["rule"] = "common_macro";
    CHECK(body(other.dump(), opened).size() == 2);
    const json over = body(resolved, calmer);
    REQUIRE(over.size() == 2);
    CHECK_THAT(over[1]["annotations"]["summary"].get<std::string>(),
               Contains("Told anew: RESOLVED"));
    CHECK(over[1]["endsAt"] == "2025-01-27T14:42:12.000000Z");
    // The same labels are the same alert.
    CHECK(body(opened, opened).size() == 1);
    CHECK(body(resolved, opened).size() == 1);
}

TEST_CASE("every golden file belongs to a format of the table", "[golden]") {
    const auto folder = std::filesystem::path(CONTAGIOND_SOURCE_DIR) / "tests/golden/webhook";
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string file = entry.path().filename();
        INFO(file);
        CHECK(sinks::find_format(file.substr(0, file.find('.'))) != nullptr);
        ++seen;
    }
    CHECK(seen == 9 * 6 + 6 + 1);
}

TEST_CASE("the first 80 characters of every format say the five things") {
    const auto cases = format_cases();
    for (const Format* format : sinks::formats()) {
        const std::string name(format->name);
        if (name == "webhook") continue;  // a machine reads it
        INFO(name);
        const auto head = [&](std::size_t i) {
            const PostRequest request = request_of(*format, settings_for(name), cases[i].documents);
            return first_characters(headline_in(name, json::parse(request.body)), 80);
        };
        CHECK_THAT(head(0), Contains("CRITICAL") && Contains("us_tech → BTC-USD") &&
                                Contains("−3.1 %") && Contains("rho 0.81 (usual 0.34)") &&
                                Contains("NVDA led 41 s"));
        CHECK_THAT(head(1), Contains("WARNING") && Contains("us_tech → BTC-USD") &&
                                Contains("in 14 min") && Contains("in step"));
        CHECK_THAT(head(2), Contains("RESOLVED") && Contains("us_tech → BTC-USD") &&
                                Contains("after 126 min") && Contains("peak score 0.97"));
        CHECK_THAT(head(3), Contains("TEST") && Contains("nothing happened"));
        if (format->chat)
            CHECK_THAT(head(4), Contains("CRITICAL digest: 7 messages of 3 episodes"));
    }
}

TEST_CASE("a colour never stands without its word") {
    const auto cases = format_cases();
    for (const char* name : {"slack", "discord", "mattermost", "teams"}) {
        for (std::size_t i = 0; i < 4; ++i) {
            const json body = json::parse(
                request_of(format_of(name), settings_for(name), cases[i].documents).body);
            const std::string word =
                std::vector<std::string>{"CRITICAL", "WARNING", "RESOLVED", "TEST"}[i];
            INFO(name << " " << word);
            CHECK_THAT(headline_in(name, body), Contains(word));
        }
    }
    const json body = json::parse(
        request_of(format_of("discord"), settings_for("discord"), cases[0].documents).body);
    CHECK(body["embeds"][0]["color"] == 0xD7263D);
}

TEST_CASE("whatever the names are, limits hold and nobody is called") {
    const Desk desk = linked_desk();
    sinks::DocumentContext context = desk.context;
    context.engine = &desk.config;
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const std::vector<std::string> clean = {sinks::alert_document(told_episode(), context),
                                            sinks::alert_document(updated_episode(), context),
                                            sinks::alert_document(resolved_episode(), context),
                                            sinks::alert_document(episode(), context)};
    for (int round = 0; round < 40; ++round) {
        std::vector<std::string> documents;
        for (int i = 0; i < 12; ++i) {
            ordered_json document =
                ordered_json::parse(spoiled(clean[random() % clean.size()], random));
            document["data"]["id"] = std::string(26, static_cast<char>('A' + i));
            documents.push_back(document.dump());
        }
        for (const Format* format : sinks::formats()) {
            const auto settings = settings_for(std::string(format->name));
            check_laws(*format, request_of(*format, settings, {documents[0]}));
            if (format->chat) check_laws(*format, request_of(*format, settings, documents));
            if (format->name == "telegram")
                check_laws(*format, request_of(*format, settings, {documents[0]}, {true, {}}));
        }
    }
}

TEST_CASE("as many names as a document can hold, each longer once it is escaped") {
    for (const char c : {'*', '&', '<'}) {
        ordered_json document = ordered_json::parse(format_cases()[0].documents[0]);
        const std::string name(64, c);
        ordered_json& data = document["data"];
        data["source"]["group"] = name;
        ordered_json target = data["targets"][0];
        target["symbol"] = target["price"] = name;
        data["targets"] = ordered_json::array();
        for (int i = 0; i < 32; ++i) data["targets"].push_back(target);
        for (ordered_json& member : data["source"]["members"]) member["proxy_of"] = name;
        for (const Format* format : sinks::formats())
            check_laws(*format, request_of(*format, settings_for(std::string(format->name)),
                                           {document.dump()}));
    }
}

TEST_CASE("the generic webhook is signed in both ways") {
    const auto cases = format_cases();
    auto settings = settings_for("webhook");
    const auto header = [&](const std::string& name) {
        const PostRequest request = request_of(format_of("webhook"), settings, cases[0].documents);
        CHECK(request.body == cases[0].documents[0]);
        for (const auto& [key, value] : request.headers)
            if (key == name) return value;
        return std::string("absent");
    };
    CHECK(header("webhook-id") == "01JJK3ZC8Q4X0Q7N9S6V3W2E1R_1");
    CHECK_THAT(header("webhook-signature"), Contains("v1,"));
    CHECK(header("X-Hub-Signature-256").size() == 7 + 64);
    settings.hub_secret.clear();
    CHECK(header("X-Hub-Signature-256") == "absent");
    settings.secret.clear();
    CHECK(header("webhook-signature") == "absent");
}

TEST_CASE("addresses are completed as the receivers want them") {
    const auto url = [](const std::string& format, const std::string& base) {
        auto settings = settings_for(format);
        if (!base.empty()) settings.url = base;
        return request_of(format_of(format), settings, format_cases()[0].documents).url;
    };
    CHECK(url("discord", "https://discord.com/api/webhooks/1/t?thread_id=2") ==
          "https://discord.com/api/v10/webhooks/1/t?thread_id=2");
    CHECK(url("discord", "https://discord.com/api/v8/webhooks/1/t") ==
          "https://discord.com/api/v10/webhooks/1/t");
    CHECK(url("telegram", "") ==
          "https://api.telegram.org/bot123456789:AAAA-bbbb_CCCC-dddd_EEEE-"
          "ffff_G/sendMessage");
    CHECK(url("telegram", "http://127.0.0.1:1/x/") ==
          "http://127.0.0.1:1/x/bot123456789:AAAA-bbbb_CCCC-dddd_EEEE-ffff_G/sendMessage");
    CHECK(url("pagerduty", "") == "https://events.pagerduty.com/v2/enqueue");
    CHECK(url("alertmanager", "http://127.0.0.1:9093") == "http://127.0.0.1:9093/api/v2/alerts");
    CHECK(url("alertmanager", "http://a/am/api/v2/alerts") == "http://a/am/api/v2/alerts");
    CHECK(url("googlechat", "https://h/v1?key=K") ==
          "https://h/v1?key=K&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
    CHECK(url("slack", "https://h/x") == "https://h/x");
}

TEST_CASE("Alertmanager and PagerDuty are told what an episode is, and when it ends") {
    const auto cases = format_cases();
    const auto body = [&](const char* name, std::size_t i) {
        return json::parse(
            request_of(format_of(name), settings_for(name), cases[i].documents).body);
    };
    const json opened = body("alertmanager", 0)[0], resolved = body("alertmanager", 2)[0];
    CHECK(opened["labels"]["alertname"] == "ContagionDetected");
    CHECK(opened["labels"] == resolved["labels"]);
    CHECK(opened["startsAt"] == resolved["startsAt"]);
    // Three minutes after the attempt, which is 2025-01-27T14:42:12Z.
    CHECK(opened["endsAt"] == "2025-01-27T14:45:12.000000Z");
    CHECK(resolved["endsAt"] == "2025-01-27T16:42:07.123456Z");
    CHECK(body("alertmanager", 3)[0]["labels"]["alertname"] == "ContagionTest");
    CHECK(format_of("alertmanager").resend_every == 60 * core::ns_per_s);
    CHECK(format_of("alertmanager").resend_after_resolve == 5 * core::ns_per_min);

    CHECK(body("pagerduty", 0)["event_action"] == "trigger");
    CHECK(body("pagerduty", 1)["event_action"] == "trigger");
    CHECK(body("pagerduty", 2)["event_action"] == "resolve");
    CHECK(body("pagerduty", 2)["dedup_key"] == body("pagerduty", 0)["dedup_key"]);
    CHECK(body("pagerduty", 0)["payload"]["custom_details"]["score"] == 0.9375);
    // What is too large goes without the details.
    ordered_json large = ordered_json::parse(cases[0].documents[0]);
    for (int i = 0; i < 20'000; ++i) large["data"]["more"].push_back("0123456789012345678901234");
    const PostRequest request =
        request_of(format_of("pagerduty"), settings_for("pagerduty"), {large.dump()});
    CHECK(request.body.size() < 512'000);
    CHECK_FALSE(json::parse(request.body)["payload"].contains("custom_details"));
}
