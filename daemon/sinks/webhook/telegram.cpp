// Telegram's bots: a message in HTML. The token is part of the address. Telegram moves a group that
// grows to another id and says so once; a message whose markup it cannot read goes again without.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/sinks/clipped_text.hpp"
#include "daemon/sinks/message_text.hpp"
#include "daemon/sinks/webhook/escape.hpp"
#include "daemon/sinks/webhook/format.hpp"
#include "daemon/sinks/webhook/json_text.hpp"

namespace contagiond::sinks {
namespace {

/// Of the text as it is shown: what stands in tags does not count.
constexpr std::size_t max_text = 4096;
constexpr std::size_t max_value = 500;

std::string check(const WebhookSettings& settings) {
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view word =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
    const std::string_view token = settings.token, chat = settings.chat_id;
    const std::size_t colon = token.find(':');
    if (colon == token.npos || colon == 0 ||
        token.substr(0, colon).find_first_not_of(digits) != token.npos ||
        token.size() < colon + 21 || token.substr(colon + 1).find_first_not_of(word) != token.npos)
        return "the token is not what a bot is given, digits, a colon and at least 20 letters";
    const bool is_name =
        chat.size() > 1 && chat[0] == '@' && chat.substr(1).find_first_not_of(word) == chat.npos;
    const std::string_view number = chat.starts_with('-') ? chat.substr(1) : chat;
    const bool is_number = !number.empty() && number.find_first_not_of(digits) == number.npos;
    if (!is_name && !is_number)
        return "chat_id is neither a number such as -1001234567890 nor @ and a channel's name";
    if (settings.url.find('?') != std::string::npos)
        return "the address of the bots' server cannot have a query";
    return {};
}

/// A quote would end the attribute.
std::string as_attribute(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"')
            out += "&quot;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else
            out += c;
    }
    return out;
}

/// The message in HTML, or in plain text.
class Writer {
  public:
    explicit Writer(bool plain) : plain_(plain) {}
    /// A line of which `bold` comes first. Lines for which there is no room are left out.
    void line(std::string_view bold, std::string_view rest) {
        const std::string strong = as_plain(shortened(bold, max_value));
        const std::string weak = as_plain(shortened(rest, max_value));
        const std::size_t length = code_points(strong) + code_points(weak) + 1;
        if (length > left_) return;
        left_ -= length;
        if (!out_.empty()) out_ += '\n';
        if (plain_)
            out_ += strong + weak;
        else if (!strong.empty())
            out_ += "<b>" + as_entities(strong) + "</b>" + as_entities(weak);
        else
            out_ += as_entities(weak);
    }
    void link(std::string_view url) {
        constexpr std::string_view words = "Open the alert";
        const std::size_t length = (plain_ ? code_points(url) : words.size()) + 1;
        if (url.empty() || length > left_) return;
        left_ -= length;
        out_ += plain_ ? fmt::format("\n{}", url)
                       : fmt::format("\n<a href=\"{}\">{}</a>", as_attribute(url), words);
    }
    std::string take() { return std::move(out_); }

  private:
    bool plain_;
    std::size_t left_ = max_text;
    std::string out_;
};

PostRequest post(const WebhookSettings& settings, const MessageText& text, const Attempt& attempt) {
    Writer writer(attempt.change.plain);
    writer.line(text.headline, "");
    writer.link(text.link);
    for (const Fact& fact : text.facts) writer.line(fact.name, ": " + fact.value);
    if (!text.caveat.empty()) writer.line(text.caveat, "");
    if (!text.when.empty()) writer.line("", text.when);
    writer.line("", text.reference);
    const std::string& chat =
        attempt.change.chat_id.empty() ? settings.chat_id : attempt.change.chat_id;
    OrderedJson body{{"chat_id", chat}, {"text", writer.take()}};
    if (!attempt.change.plain) body["parse_mode"] = "HTML";
    body["link_preview_options"] = {{"is_disabled", true}};
    PostRequest request = json_post(settings, dumped(body), attempt);
    while (request.url.ends_with('/')) request.url.pop_back();
    request.url += fmt::format("/bot{}/sendMessage", settings.token);
    return request;
}

PostRequest request(const WebhookSettings& settings, const Alert& alert, const Attempt& attempt) {
    return post(settings, message_text(alert.message), attempt);
}

PostRequest digest(const WebhookSettings& settings, std::span<const AlertMessage> messages,
                   const Attempt& attempt) {
    return post(settings, digest_text(messages), attempt);
}

/// To be sent once more at once, otherwise.
Outcome changed(const Change& change, std::string reason) {
    Outcome outcome =
        failed_outcome(Verdict::retry, NotifyFailure::client_error, std::move(reason));
    outcome.retry_after = 0;
    outcome.change = change;
    return outcome;
}

Outcome bad_request(const nlohmann::json& answer, const Attempt& attempt) {
    const auto& description = member(answer, "description");
    const std::string words = description.is_string() ? description.get<std::string>() : "";
    if (const auto& moved = member(member(answer, "parameters"), "migrate_to_chat_id");
        moved.is_number_integer()) {
        Change change = attempt.change;
        change.chat_id = moved.dump();
        if (change != attempt.change) return changed(change, "the conversation has moved");
    }
    if (words.find("parse entities") != words.npos && !attempt.change.plain) {
        Change change = attempt.change;
        change.plain = true;
        return changed(change, "the markup was not understood");
    }
    if (words.find("chat not found") != words.npos)
        return failed_outcome(Verdict::broken, NotifyFailure::client_error,
                              "there is no such conversation");
    return failed_outcome(Verdict::dead, NotifyFailure::client_error, "HTTP status 400");
}

Outcome outcome(const PostReply& reply, const Attempt& attempt) {
    Outcome outcome = status_outcome(reply, attempt.now);
    if (reply.failure != PostFailure::none) return outcome;
    const auto answer = parsed_answer(reply.body);
    const auto& ok = member(answer, "ok");
    const bool is_ok = ok.is_boolean() && ok.get<bool>();
    if (outcome.verdict == Verdict::accepted && is_ok) return outcome;
    if (outcome.verdict == Verdict::accepted) {
        const auto& code = member(answer, "error_code");
        PostReply told = reply;
        told.status = code.is_number_integer() ? code.get<int>() : 502;
        // Whoever answered, it was not the bots' server.
        if (told.status < 300 || told.status > 599) told.status = 502;
        outcome = status_outcome(told, attempt.now);
        if (told.status == 400) return bad_request(answer, attempt);
    }
    if (reply.status == 400) return bad_request(answer, attempt);
    // A wrong token: no other message will fare better.
    if (reply.status == 401) outcome.verdict = Verdict::broken;
    if (const auto& seconds = member(member(answer, "parameters"), "retry_after");
        seconds.is_number())
        outcome.retry_after = retry_seconds(seconds.get<double>());
    return outcome;
}

}  // namespace

const Format& telegram_format() {
    static const Format format = [] {
        Format f;
        f.name = "telegram";
        f.chat = true;
        // At most 20 in any minute.
        f.rate = 0.25;
        f.burst = 5;
        f.needs = Setting::token | Setting::chat_id;
        f.default_url = "https://api.telegram.org";
        f.check = check;
        f.request = request;
        f.digest = digest;
        f.outcome = outcome;
        return f;
    }();
    return format;
}

}  // namespace contagiond::sinks
