// contagiond record --raw=FOLDER: what the venues send, as they send it, and nothing else.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/clock.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/config_units.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/feed_thread.hpp"
#include "daemon/frame_recorder.hpp"
#include "daemon/log.hpp"
#include "daemon/signals.hpp"

namespace contagiond::daemon {
namespace {

constexpr double stop_seconds = 3;
constexpr unsigned stop_deadline_seconds = 10;
constexpr std::chrono::milliseconds look_interval{200};

struct RecordOptions {
    std::string raw;
    std::string config_file;
    std::vector<std::string> feeds;
    std::string length;
    std::string max_bytes = "1GiB";
    std::string log_level = "info";
    std::string log_format = "logfmt";
};

template <typename T>
T value_of(const Parsed<T>& parsed, std::string_view option) {
    if (!parsed.value) throw ConfigError(fmt::format("{}: {}", option, parsed.problem));
    return *parsed.value;
}

/// Those of the configuration that are wanted; all if none is named.
std::vector<feeds::SessionSettings> chosen(std::vector<feeds::SessionSettings> all,
                                           const std::vector<std::string>& names) {
    std::vector<std::string_view> known;
    for (const feeds::SessionSettings& feed : all) known.push_back(feed.name);
    for (const std::string& name : names)
        if (std::ranges::find(known, name) == known.end())
            throw ConfigError(fmt::format("--feed: no feed {}{}", name, did_you_mean(name, known)));
    if (!names.empty())
        std::erase_if(all, [&names](const feeds::SessionSettings& feed) {
            return std::ranges::find(names, feed.name) == names.end();
        });
    // Of those that are left: numbers are places in the list.
    std::random_device random;
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].feed = static_cast<core::FeedId>(i);
        all[i].jitter_seed = random();
    }
    return all;
}

std::string summary(const FrameRecorderCounters& counters) {
    return fmt::format("{} frames written; lost: {} queue full, {} disk; {} not text\n",
                       counters.frames.value(), counters.queue_full.value(),
                       counters.disk_refused.value(), counters.not_text.value());
}

int record(const RecordOptions& options) {
    set_log(options.log_level, options.log_format);
    const core::DurationNs length =
        options.length.empty() ? 0 : value_of(parse_duration(options.length), "--for");
    FrameRecorderSettings settings;
    RawFileSettings& raw = settings.raw.emplace();
    raw.folder = options.raw;
    raw.max_bytes = value_of(parse_bytes(options.max_bytes), "--max-bytes");
    raw.segment_bytes = std::clamp<std::uint64_t>(raw.max_bytes / 16, 1 << 16, raw.segment_bytes);
    settings.report = [](std::string_view trouble) { log(LogLevel::error, trouble); };

    Signals signals;
    const Config config = load_config(options.config_file, {});
    std::vector<feeds::SessionSettings> feeds = chosen(config.feeds, options.feeds);
    const SystemClock clock;
    FrameRecorder recorder(std::move(settings));
    for (feeds::SessionSettings& feed : feeds) feed.make_tap = recorder.taps_of(feed);
    // Nobody asks for the ticks; what does not fit is dropped.
    feeds::InputRing ring(8);
    FeedThread sessions(std::move(feeds), ring, clock, [] {});
    recorder.start();
    sessions.start();
    const core::DurationNs end = length > 0 ? monotonic_now() + length : 0;
    while (end == 0 || monotonic_now() < end)
        if (signals.wait_for(look_interval) == SignalEvent::stop) break;
    signals.begin_stop(stop_deadline_seconds);
    sessions.stop(stop_seconds);
    recorder.stop();
    std::fputs(summary(recorder.counters()).c_str(), stderr);
    return recorder.counters().frames.value() > 0 ? exit_well : exit_failed;
}

}  // namespace

void add_record_command(CLI::App& app, int& result) {
    const auto options = std::make_shared<RecordOptions>();
    CLI::App* const command = app.add_subcommand(
        "record", "Write what the venues send, as they send it, until a signal or --for ends it");
    command->add_option("--raw", options->raw, "Folder for the frames, made if absent")->required();
    command->add_option("--config.file", options->config_file, "Configuration, YAML: whose feeds")
        ->required();
    command->add_option("--feed", options->feeds, "Only this feed; may be given several times");
    command->add_option("--for", options->length, "How long: 10m, 1h30m");
    command
        ->add_option("--max-bytes", options->max_bytes,
                     "Most that all files take, compressed; the oldest go first")
        ->capture_default_str();
    command->add_option("--log.level", options->log_level, "Least level to log")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
        ->capture_default_str();
    command->add_option("--log.format", options->log_format, "Form of log lines")
        ->check(CLI::IsMember({"logfmt", "json"}))
        ->capture_default_str();
    command->callback([options, &result] { result = record(*options); });
}

}  // namespace contagiond::daemon
