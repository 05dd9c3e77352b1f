// contagiond journal: what is in a recording, whether it is whole, and its trades as a tick file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/desk_records.hpp"
#include "daemon/journal_reader.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::array<std::string_view, 7> input_names = {
    "", "trade", "quote", "clock", "feed_status", "gap", "clock_step"};
/// In the order of core::Event's alternatives.
constexpr std::array<std::string_view, std::variant_size_v<core::Event>> event_names = {
    "bar_closed",
    "price_sampled",
    "selloff_measured",
    "correlation_measured",
    "tick_correlation_measured",
    "lead_measured",
    "link_measured",
    "series_measured",
    "impact_measured",
    "target_assessed",
    "feed_changed",
    "price_diverged",
    "tick_rejected",
    "tick_late",
    "alert_suppressed",
    "episode_changed"};
static_assert(!event_names.back().empty());

/// The names a journal's numbers stand for; numbers themselves where the configuration it carries
/// cannot be understood.
class Names {
  public:
    const std::string& symbol(const core::JournalHeader* header, core::InstrumentId id) {
        refresh(header);
        if (id < symbols_.size()) return symbols_[id];
        return numbered_.try_emplace(id, fmt::format("#{}", id)).first->second;
    }
    const std::string& digest(const core::JournalHeader* header) {
        refresh(header);
        return digest_;
    }

  private:
    void refresh(const core::JournalHeader* header) {
        if (header == nullptr || (known_ && header->config_text == text_)) return;
        known_ = true;
        text_ = header->config_text;
        symbols_.clear();
        digest_ = "unreadable";
        try {
            const Config config = parse_config(text_, "recorded configuration", ".");
            for (const core::Instrument& instrument : config.engine.universe.instruments)
                symbols_.push_back(instrument.symbol);
            digest_ = config.sha256;
        } catch (const ConfigError& error) {
            fmt::print(stderr, "contagiond: {}\n", error.what());
        }
    }

    bool known_ = false;
    std::string text_;
    std::vector<std::string> symbols_;
    std::string digest_ = "none";
    std::map<core::InstrumentId, std::string> numbered_;
};

std::string loss_line(const JournalReader& reader) {
    const core::JournalStatistics found = reader.statistics();
    return fmt::format(
        "records {}\nrecords_lost {}\nbytes_skipped {}\n"
        "torn_tail {}\nsegments {}\n",
        found.records, found.lost, found.bytes_skipped, found.torn_tail ? "yes" : "no",
        reader.segment_count());
}

int verify(const std::string& path) {
    JournalReader reader({path});
    core::Record record;
    std::uint64_t unreadable = 0, other_version = 0;
    while (reader.next(record)) {
        bool well = false;
        switch (record.kind) {
            case core::RecordKind::header:
                well = core::read_header(record).has_value();
                break;
            case core::RecordKind::input:
                well = core::read_input(record).has_value();
                break;
            case core::RecordKind::annotation:
                well = core::read_annotation(record).has_value();
                break;
            case core::RecordKind::event:
                // What an older version said in its own layout is whole, and no replay needs it.
                if (record.version < core::journal_version(record.kind)) {
                    ++other_version;
                    well = true;
                } else {
                    well = core::read_event(record).has_value();
                }
                break;
        }
        if (!well) ++unreadable;
    }
    fmt::print("{}", loss_line(reader));
    fmt::print("events_of_older_version {}\nrecords_unreadable {}\n", other_version, unreadable);
    return reader.statistics().damaged() || unreadable > 0 ? exit_failed : exit_well;
}

struct Contents {
    core::TimeNs ts_first = core::no_time, ts_last = core::no_time;
    std::array<std::uint64_t, input_names.size()> inputs{};
    std::array<std::uint64_t, event_names.size()> events{};
    std::uint64_t annotations = 0;
    std::map<std::string, std::uint64_t> ticks;              ///< by instrument
    std::vector<std::pair<core::TimeNs, std::string>> runs;  ///< start, configuration

    void count(const core::Input& input, const std::string* symbol) {
        if (ts_first == core::no_time) ts_first = input.ts_receive;
        ts_last = std::max(ts_last, input.ts_receive);
        ++inputs[static_cast<std::size_t>(input.kind)];
        if (symbol != nullptr) ++ticks[*symbol];
    }
};

int inspect(const std::string& path) {
    JournalReader reader({path});
    Names names;
    Contents contents;
    core::Record record;
    while (reader.next(record)) {
        if (record.kind == core::RecordKind::header && reader.header() != nullptr) {
            const core::TimeNs start = reader.header()->ts_run_start;
            if (contents.runs.empty() || contents.runs.back().first != start)
                contents.runs.emplace_back(start, names.digest(reader.header()));
        } else if (const auto input = core::read_input(record)) {
            const bool is_tick =
                input->kind == core::InputKind::trade || input->kind == core::InputKind::quote;
            contents.count(*input,
                           is_tick ? &names.symbol(reader.header(), input->instrument) : nullptr);
        } else if (const auto event = core::read_event(record)) {
            ++contents.events[event->index()];
        } else if (core::read_annotation(record)) {
            ++contents.annotations;
        }
    }
    fmt::print("{}", loss_line(reader));
    for (const auto& [start, digest] : contents.runs)
        fmt::print("run {} config_sha256 {}\n", sinks::rfc3339(start), digest);
    if (contents.ts_first != core::no_time)
        fmt::print("first {}\nlast {}\n", sinks::rfc3339(contents.ts_first),
                   sinks::rfc3339(contents.ts_last));
    for (std::size_t i = 1; i < input_names.size(); ++i)
        fmt::print("inputs {} {}\n", input_names[i], contents.inputs[i]);
    for (std::size_t i = 0; i < event_names.size(); ++i)
        fmt::print("events {} {}\n", event_names[i], contents.events[i]);
    fmt::print("annotations {}\n", contents.annotations);
    for (const auto& [symbol, n] : contents.ticks) fmt::print("ticks {} {}\n", symbol, n);
    return exit_well;
}

std::FILE* open_output(const std::string& path) {
    std::FILE* const out = path.empty() ? stdout : std::fopen(path.c_str(), "w");
    if (out == nullptr) throw std::runtime_error(path + " cannot be written");
    return out;
}

/// Throws where not all of it was written.
void close_output(std::FILE* out, const std::string& path) {
    const bool written = std::fflush(out) == 0 && std::ferror(out) == 0;
    if (out != stdout) std::fclose(out);
    if (!written)
        throw std::runtime_error(
            fmt::format("{} cannot be written", path.empty() ? "standard output" : path));
}

int export_annotations(const std::string& path, const std::string& out_path) {
    JournalReader reader({path});
    std::FILE* const out = open_output(out_path);
    core::Record record;
    std::uint64_t written = 0;
    while (reader.next(record)) {
        const auto annotation = core::read_annotation(record);
        if (!annotation) continue;
        fmt::print(out, "{}\n", one_line(annotation_json(*annotation)));
        ++written;
    }
    close_output(out, out_path);
    fmt::print(stderr, "{} annotations written, {} records lost\n", written,
               reader.statistics().lost);
    return exit_well;
}

int export_ticks(const std::string& path, const std::string& out_path) {
    JournalReader reader({path});
    std::FILE* const out = open_output(out_path);
    Names names;
    core::Input input;
    core::TimeNs now = core::no_time;
    std::uint64_t trades = 0, others = 0;
    fmt::print(out, "ts_ns,symbol,price,size\n");
    while (reader.next(input)) {
        // The engine's time: it never runs backwards, though stamps of two feeds may.
        now = std::max(now, input.ts_receive);
        if (input.kind != core::InputKind::trade ||
            (input.flags & (core::history | core::not_last)) != 0) {
            ++others;
            continue;
        }
        ++trades;
        fmt::print(out, "{},{},{},{}\n", now, names.symbol(reader.header(), input.instrument),
                   sinks::decimal_text({input.trade.price, input.price_exponent}),
                   sinks::decimal_text({input.trade.size, input.size_exponent}));
    }
    close_output(out, out_path);
    fmt::print(stderr, "{} trades written, {} other inputs left out, {} records lost\n", trades,
               others, reader.statistics().lost);
    return exit_well;
}

}  // namespace

void add_journal_command(CLI::App& app, int& result) {
    CLI::App* command =
        app.add_subcommand("journal", "Inspects, verifies and exports what was recorded");
    command->require_subcommand(1);
    struct Arguments {
        std::string path, out;
    };
    auto arguments = std::make_shared<Arguments>();
    const auto add = [&](const char* name, const char* description) {
        CLI::App* sub = command->add_subcommand(name, description);
        sub->add_option("PATH", arguments->path, "A segment, or a folder of them")->required();
        return sub;
    };
    add("verify", "Checks every record; exit 1 if any is damaged or missing")
        ->callback([arguments, &result] { result = verify(arguments->path); });
    add("inspect", "Says what is in it")->callback([arguments, &result] {
        result = inspect(arguments->path);
    });
    CLI::App* exporting = add("export", "Writes its trades as a tick file");
    exporting->add_option("--out", arguments->out, "Default: standard output");
    exporting->callback(
        [arguments, &result] { result = export_ticks(arguments->path, arguments->out); });
    CLI::App* annotations =
        add("annotations", "Writes what people noted on the time line, one JSON object a line");
    annotations->add_option("--out", arguments->out, "Default: standard output");
    annotations->callback(
        [arguments, &result] { result = export_annotations(arguments->path, arguments->out); });
}

}  // namespace contagiond::daemon
