#include "daemon/sinks/webhook/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace contagiond::sinks {
namespace {

/// IMF-fixdate: "Mon, 27 Jan 2025 14:42:07 GMT". The older forms are not sent by anything alive.
std::optional<core::TimeNs> parse_http_date(std::string_view text) {
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT")
        return std::nullopt;
    const auto digits = [&text](std::size_t at, std::size_t count) {
        int value = 0;
        for (std::size_t i = at; i < at + count; ++i) {
            if (text[i] < '0' || text[i] > '9') return -1;
            value = value * 10 + (text[i] - '0');
        }
        return value;
    };
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
    const int day = digits(5, 2), year = digits(12, 4);
    const int hour = digits(17, 2), minute = digits(20, 2), second = digits(23, 2);
    if (month == months.end() || year < 1970 || year > 2200 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return std::nullopt;
    const std::chrono::year_month_day date(
        std::chrono::year(year),
        std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
        std::chrono::day(static_cast<unsigned>(std::max(day, 0))));
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return days * core::ns_per_day + hour * core::ns_per_hour + minute * core::ns_per_min +
           second * core::ns_per_s;
}

}  // namespace

std::string_view to_string(NotifyFailure failure) {
    switch (failure) {
        case NotifyFailure::client_error:
            return "client_error";
        case NotifyFailure::server_error:
            return "server_error";
        case NotifyFailure::auth_error:
            return "auth_error";
        case NotifyFailure::rate_limited:
            return "rate_limited";
        case NotifyFailure::timeout:
            return "timeout";
        case NotifyFailure::network:
            return "network";
    }
    return "unknown";
}

std::optional<core::DurationNs> retry_seconds(double seconds) {
    if (std::isnan(seconds) || seconds < 0) return std::nullopt;
    if (seconds > 86'400) return core::ns_per_day;
    return static_cast<core::DurationNs>(seconds * 1e9);
}

std::optional<core::DurationNs> parse_retry_after(std::string_view value, core::TimeNs now) {
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
    if (value.empty()) return std::nullopt;
    if (value.find_first_not_of("0123456789.") == value.npos) {
        double seconds = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), seconds);
        if (end != value.data() + value.size()) return std::nullopt;
        if (error == std::errc::result_out_of_range) return core::ns_per_day;
        if (error != std::errc()) return std::nullopt;
        return retry_seconds(seconds);
    }
    const auto date = parse_http_date(value);
    if (!date) return std::nullopt;
    return std::clamp<core::DurationNs>(*date - now, 0, core::ns_per_day);
}

std::string_view reply_header(const PostReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers)
        if (key == name) return value;
    return {};
}

Outcome failed_outcome(Verdict verdict, NotifyFailure failure, std::string reason) {
    Outcome outcome;
    outcome.verdict = verdict;
    outcome.failure = failure;
    outcome.reason = std::move(reason);
    return outcome;
}

Outcome status_outcome(const PostReply& reply, core::TimeNs now) {
    if (reply.failure != PostFailure::none) {
        // Also a certificate or a forbidden address may be mended within a day.
        return failed_outcome(
            Verdict::retry,
            reply.failure == PostFailure::timeout ? NotifyFailure::timeout : NotifyFailure::network,
            reply.reason);
    }
    const int status = reply.status;
    if (status >= 200 && status < 300) return {};
    const auto failed = [&](Verdict verdict, NotifyFailure failure) {
        Outcome outcome = failed_outcome(verdict, failure, fmt::format("HTTP status {}", status));
        outcome.retry_after = parse_retry_after(reply.retry_after, now);
        return outcome;
    };
    if (status == 429) return failed(Verdict::retry, NotifyFailure::rate_limited);
    if (status == 408) return failed(Verdict::retry, NotifyFailure::timeout);
    if (status == 401) return failed(Verdict::dead, NotifyFailure::auth_error);
    if (status == 403) return failed(Verdict::broken, NotifyFailure::auth_error);
    if (status == 404 || status == 410) return failed(Verdict::broken, NotifyFailure::client_error);
    // A redirect too: following one would carry the alert where nobody configured it.
    if (status >= 300 && status < 500) return failed(Verdict::dead, NotifyFailure::client_error);
    return failed(Verdict::retry, NotifyFailure::server_error);
}

Outcome ok_outcome(const PostReply& reply, core::TimeNs now) {
    Outcome outcome = status_outcome(reply, now);
    if (outcome.verdict != Verdict::accepted) return outcome;
    const std::size_t begin = reply.body.find_first_not_of(" \r\n");
    const std::size_t end = reply.body.find_last_not_of(" \r\n");
    if (begin != reply.body.npos && reply.body.substr(begin, end - begin + 1) == "ok")
        return outcome;
    // Whoever answered, it was not the chat: a page of some proxy, say. That may pass.
    return failed_outcome(Verdict::retry, NotifyFailure::server_error,
                          fmt::format("HTTP status {} without ok in the body", reply.status));
}

}  // namespace contagiond::sinks
