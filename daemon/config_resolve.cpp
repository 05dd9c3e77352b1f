// The configuration written out again: what /config shows, what a journal carries, what the digest
// is of. Parsing it gives the same again.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "daemon/config_parts.hpp"
#include "daemon/config_units.hpp"
#include "daemon/secret_file.hpp"
#include "daemon/text_escape.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

/// A scalar that YAML reads back as the same text: bare where nothing can be mistaken.
std::string quoted(std::string_view text) {
    constexpr std::array<std::string_view, 8> words = {"null", "Null", "NULL",  "true",
                                                       "True", "TRUE", "false", "False"};
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-' || c == '/';
    };
    const bool starts_plain = !text.empty() && text.front() != '-' && text.front() != '.';
    if (starts_plain && std::all_of(text.begin(), text.end(), is_plain) &&
        std::find(words.begin(), words.end(), text) == words.end()) {
        return std::string(text);
    }
    // The escapes of log lines are those of YAML's double quotes.
    std::string out = "\"";
    append_escaped(out, text, Escape::plain);
    return out + '"';
}

class Text {
  public:
    template <typename... Args>
    void line(int depth, fmt::format_string<Args...> format, Args&&... args) {
        out_.append(static_cast<std::size_t>(depth) * 2, ' ');
        fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
        out_ += '\n';
    }
    std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

const std::string& symbol_of(const Config& config, core::InstrumentId id) {
    return config.engine.universe.instruments[id].symbol;
}

/// A query can hold a key; whatever has one is not shown.
bool is_secret_url(std::string_view url) {
    return url.find('?') != std::string_view::npos || url == secret_mark;
}

/// The keys that say how much of an instrument there is, with the comma before them.
std::string units_text(const Config& config, core::InstrumentId id) {
    const core::Instrument& instrument = config.engine.universe.instruments[id];
    const std::string_view key = units_key(instrument.asset_class);
    if (instrument.units_outstanding > 0) {
        return fmt::format(", {}: {}, as_of: {}", key, format_number(instrument.units_outstanding),
                           format_date(instrument.units_as_of));
    }
    const auto& zeros = config.counted_elsewhere;
    const bool is_zero = std::find(zeros.begin(), zeros.end(), id) != zeros.end();
    return is_zero ? fmt::format(", {}: 0", key) : "";
}

void add_universe(Text& text, const Config& config) {
    const core::Universe& universe = config.engine.universe;
    text.line(0, "instruments:");
    for (std::size_t i = 0; i < universe.instruments.size(); ++i) {
        const core::Instrument& instrument = universe.instruments[i];
        text.line(1, "{}: {{class: {}, market: {}, stale_after: {}{}}}", quoted(instrument.symbol),
                  class_names[static_cast<std::size_t>(instrument.asset_class)],
                  market_names[static_cast<std::size_t>(instrument.market)],
                  format_duration(instrument.staleness_bound),
                  units_text(config, static_cast<core::InstrumentId>(i)));
    }
    text.line(0, "groups:");
    for (const core::Group& group : universe.groups) {
        text.line(1, "{}:", quoted(group.name));
        for (const core::Member& member : group.members) {
            text.line(2, "{}: {{weight: {}, index: {}, beta: {}}}",
                      quoted(symbol_of(config, member.instrument)), format_number(member.weight),
                      member.is_index, format_number(member.beta));
        }
    }
}

void add_feeds(Text& text, const Config& config) {
    text.line(0, "feeds:{}", config.feeds.empty() ? " []" : "");
    for (const feeds::SessionSettings& feed : config.feeds) {
        text.line(1, "- name: {}", quoted(feed.name));
        text.line(2, "venue: {}", feed.venue->id);
        text.line(2, "url: {}", is_secret_url(feed.url) ? secret_mark : quoted(feed.url));
        text.line(2, "ca_file: {}", quoted(feed.ca_file));
        if (!feed.credentials.key.empty()) text.line(2, "key_file: {}", secret_mark);
        if (!feed.credentials.secret.empty()) text.line(2, "secret_file: {}", secret_mark);
        text.line(2, "instruments:");
        for (const feeds::Listing& listing : feed.listings) {
            text.line(3, "{}: {{symbol: {}, trades: {}, quotes: {}}}",
                      quoted(symbol_of(config, listing.instrument)), quoted(listing.symbol),
                      listing.trades, listing.quotes);
        }
    }
}

std::string duration_list(const std::vector<core::DurationNs>& durations) {
    std::string out;
    for (const core::DurationNs duration : durations) {
        out += (out.empty() ? "" : ", ") + format_duration(duration);
    }
    return "[" + out + "]";
}

/// Engine and detector, indented by `depth`.
void add_engine(Text& text, int depth, const core::EngineConfig& engine, double budget) {
    const auto symbol = [&](core::InstrumentId id) {
        return quoted(engine.universe.instruments[id].symbol);
    };
    std::string targets;
    for (const core::InstrumentId target : engine.targets) {
        targets += (targets.empty() ? "" : ", ") + symbol(target);
    }
    text.line(depth, "engine:");
    text.line(depth + 1, "source: {}", quoted(engine.universe.groups[engine.source_group].name));
    text.line(depth + 1, "targets: [{}]", targets);
    text.line(depth + 1, "controls:{}", engine.controls.empty() ? " {}" : "");
    for (const core::Control& control : engine.controls) {
        text.line(depth + 2, "{}: {{hawkish_when: {}}}", symbol(control.instrument),
                  hawkish_names[control.sign < 0 ? 1u : 0u]);
    }
    std::string placebos;
    for (const core::InstrumentId placebo : engine.placebos)
        placebos += (placebos.empty() ? "" : ", ") + symbol(placebo);
    text.line(depth + 1, "placebos: [{}]", placebos);
    text.line(depth + 1, "bar: {}", format_duration(engine.bar));
    text.line(depth + 1, "correlation_windows: {}", duration_list(engine.correlation_windows));
    text.line(depth + 1, "selloff_horizons: {}", duration_list(engine.selloff_horizons));
    text.line(depth + 1, "baseline_half_life: {}", format_duration(engine.baseline_half_life));
    text.line(depth + 1, "correlation_half_life: {}",
              format_duration(engine.correlation_half_life));
    text.line(depth + 1, "warmup: {}", format_duration(engine.warmup));
    text.line(depth + 1, "lateness: {}", format_duration(engine.lateness));
    text.line(depth + 1, "tick_window: {}", format_duration(engine.tick_window));
    text.line(depth + 1, "link_window: {}", format_duration(engine.link_window));
    text.line(depth + 1, "link_before: {}", format_duration(engine.link_before));
    text.line(depth + 1, "study_interval: {}", format_duration(engine.study_interval));
    text.line(depth, "detector:");
    if (budget > 0) text.line(depth + 1, "false_alarm_budget: {}", format_number(budget));
    for (const DetectorNumber& number : detector_numbers) {
        text.line(depth + 1, "{}: {}", number.key, format_number(engine.detector.*number.member));
    }
    for (const DetectorDuration& duration : detector_durations) {
        text.line(depth + 1, "{}: {}", duration.key,
                  format_duration(engine.detector.*duration.member));
    }
}

void add_webhooks(Text& text, const Config& config) {
    text.line(0, "webhooks:{}", config.webhooks.empty() ? " []" : "");
    for (const sinks::WebhookSettings& webhook : config.webhooks) {
        text.line(1, "- name: {}", quoted(webhook.name));
        text.line(2, "format: {}", quoted(webhook.format));
        if (!webhook.url.empty()) text.line(2, "url: {}", secret_mark);
        if (!webhook.secret.empty()) text.line(2, "secret_file: {}", secret_mark);
        if (!webhook.hub_secret.empty()) text.line(2, "hub_secret_file: {}", secret_mark);
        if (!webhook.token.empty()) text.line(2, "token_file: {}", secret_mark);
        if (!webhook.chat_id.empty()) text.line(2, "chat_id: {}", quoted(webhook.chat_id));
        if (!webhook.routing_key.empty()) text.line(2, "routing_key_file: {}", secret_mark);
        text.line(2, "allow_private: {}", webhook.allow_private);
        text.line(2, "ca_file: {}", quoted(webhook.ca_file));
    }
}

}  // namespace

std::string resolve(const Config& config) {
    Text text;
    text.line(0, "instance: {}", quoted(config.instance));
    text.line(0, "storage:");
    text.line(1, "path: {}", quoted(config.storage_path));
    text.line(0, "web:");
    text.line(1, "listen_address: {}", quoted(config.web.listen_address));
    text.line(1, "external_url: {}", quoted(config.web_external_url));
    std::string hosts;
    for (const std::string& host : config.web.allowed_hosts) {
        hosts += (hosts.empty() ? "" : ", ") + quoted(host);
    }
    text.line(1, "allowed_hosts: [{}]", hosts);
    std::string quotes;
    for (const std::string& quote : config.quotes_as_one) {
        quotes += (quotes.empty() ? "" : ", ") + quote;
    }
    text.line(0, "universe:");
    text.line(1, "quotes_as_one: [{}]", quotes);
    add_universe(text, config);
    add_feeds(text, config);
    add_engine(text, 0, config.engine, config.false_alarm_budget);
    if (config.shadow) {
        text.line(0, "shadow:");
        text.line(1, "name: {}", quoted(config.shadow->name));
        add_engine(text, 1, config.shadow->engine, config.shadow->false_alarm_budget);
    }
    text.line(0, "journal:");
    text.line(1, "enabled: {}", config.journal_enabled);
    text.line(1, "segment_size: {}", format_bytes(config.journal.segment_bytes));
    text.line(1, "max_size: {}", format_bytes(config.journal.max_bytes));
    text.line(1, "min_free: {}", format_bytes(config.journal.min_free_bytes));
    add_webhooks(text, config);
    text.line(0, "ring_slots: {}", config.ring_slots);
    return text.take();
}

std::string engine_text(const Config& config, const core::EngineConfig& engine) {
    Text text;
    add_universe(text, config);
    // Of the feeds only what the engine knows of them: addresses and keys change no event.
    for (const core::Feed& feed : engine.universe.feeds) {
        text.line(0, "feed {} {}:", quoted(feed.name), feed.venue);
        for (const core::InstrumentId id : feed.instruments) {
            text.line(1, "- {}", quoted(symbol_of(config, id)));
        }
    }
    // A budget decides nothing but by the factor that it comes to.
    add_engine(text, 0, engine, 0);
    return text.take();
}

}  // namespace contagiond::daemon
