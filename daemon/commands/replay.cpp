// contagiond replay: recordings through the same engine, as fast as it can or at a pace.
#include "daemon/replay.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "daemon/clock.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/commands/replay_inputs.hpp"
#include "daemon/desk_records.hpp"
#include "daemon/engine_difference.hpp"
#include "daemon/evidence_csv.hpp"
#include "daemon/sinks/event_json.hpp"
#include "daemon/text_escape.hpp"

namespace contagiond::daemon {
namespace {

struct Arguments {
    ReplayInputs inputs;
    std::string alerts_file;  ///< empty: standard output
    std::string shadow_file;  ///< empty: no shadow is run
    std::string evidence_file;
    std::string annotations_file;
    std::string expected_file;
    std::string speed = "max";
};

/// Lines to a file or to standard output, and one sentence when they cannot be written.
class LineWriter {
  public:
    explicit LineWriter(const std::string& path) : path_(path) {
        if (path.empty()) return;
        file_ = std::fopen(path.c_str(), "w");
        if (file_ == nullptr) fail();
    }
    ~LineWriter() {
        if (file_ != stdout) std::fclose(file_);
    }
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    void line(std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), file_);
        std::fputc('\n', file_);
    }
    /// What was written is with the kernel, or it throws.
    void flush() {
        if (std::fflush(file_) != 0 || std::ferror(file_) != 0) fail();
    }

  private:
    [[noreturn]] void fail() const {
        throw std::runtime_error(
            fmt::format("{} cannot be written", path_.empty() ? "standard output" : path_));
    }

    std::string path_;
    std::FILE* file_ = stdout;
};

/// Holds documents against the lines of a file, in order.
class Expectation {
  public:
    explicit Expectation(const std::string& path) : path_(path), file_(path) {
        if (!file_) throw std::runtime_error(fmt::format("{} cannot be read", path));
    }

    void document(std::string_view got) {
        if (!difference_.empty()) return;
        ++line_;
        std::string expected;
        if (!std::getline(file_, expected))
            difference_ =
                fmt::format("{}:{}: expected no more documents\ngot      {}", path_, line_, got);
        else if (expected != got)
            difference_ =
                fmt::format("{}:{}: expected {}\ngot      {}", path_, line_, expected, got);
    }
    /// The first difference, for people; empty if there is none.
    std::string finish() {
        std::string expected;
        if (difference_.empty() && std::getline(file_, expected))
            difference_ = fmt::format("{}:{}: expected {}\ngot      no more documents", path_,
                                      line_ + 1, expected);
        return difference_;
    }

  private:
    std::string path_;
    std::ifstream file_;
    std::size_t line_ = 0;
    std::string difference_;
};

/// Sleeps so that recorded time passes `speed` times as fast as it did.
class Pacer {
  public:
    explicit Pacer(double speed) : speed_(speed) {}

    void wait_until(core::TimeNs ts) {
        const core::DurationNs now = monotonic_now();
        if (first_ == core::no_time) {
            first_ = ts;
            origin_ = now;
        }
        const auto due =
            origin_ + static_cast<core::DurationNs>(static_cast<double>(ts - first_) / speed_);
        if (due > now) std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
    }

  private:
    double speed_;
    core::TimeNs first_ = core::no_time;
    core::DurationNs origin_ = 0;
};

/// Multiples of real time; 0: no pace.
double speed_argument(const std::string& text) {
    if (text == "max") return 0;
    double speed = 0;
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, speed);
    if (result.ec != std::errc{} || result.ptr != end || !(speed > 0) || speed > 1e9)
        throw CLI::ValidationError("--speed", text + " is neither max nor a number above 0");
    return speed;
}

std::string plural(std::uint64_t n, const char* one, const char* many) {
    return fmt::format("{} {}", n, n == 1 ? one : many);
}

void print_left_out(const ReplayResult& result) {
    const ReadReport& report = result.report;
    if (const std::uint64_t total = report.rejected_total(); total > 0) {
        std::string reasons;
        for (std::size_t i = 0; i < row_reject_count; ++i)
            if (report.rejected[i] > 0)
                reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ",
                                       to_string(static_cast<RowReject>(i)), report.rejected[i]);
        fmt::print(stderr, "{} rejected: {}\n", plural(total, "row", "rows"), reasons);
        for (const std::string& example : report.examples) fmt::print(stderr, "  {}\n", example);
    }
    if (!report.ignored.empty()) {
        std::string symbols;
        for (const auto& [symbol, rows] : report.ignored)
            symbols += fmt::format(
                "{}{}{}", symbols.empty() ? "" : ", ", symbol,
                rows > 0 ? fmt::format(" ({})", plural(rows, "row", "rows")) : std::string());
        fmt::print(stderr, "not configured and ignored: {}\n", symbols);
    }
    if (!result.has_journal) return;
    const core::JournalStatistics& journal = result.journal;
    fmt::print(stderr, "journal: {}, {} lost, {} skipped{}\n",
               plural(journal.records, "record", "records"), journal.lost,
               plural(journal.bytes_skipped, "byte", "bytes"),
               journal.torn_tail ? ", torn tail" : "");
    if (result.journal_unreadable > 0)
        fmt::print(stderr, "journal: {} of another version left out\n",
                   plural(result.journal_unreadable, "record", "records"));
}

/// Whose settings these were: what a journal says must not be read under settings it was not
/// recorded with, unless that is what somebody wants.
void print_config(const ReplayResult& result) {
    if (!result.has_journal) return;
    const std::string differences = spoken_differences(result.differences);
    if (result.is_recorded_config) {
        fmt::print(
            stderr, "configuration: the recorded one{}; {}\n",
            result.configs > 1 ? fmt::format("s, {} in turn", result.configs) : std::string(),
            differences.empty() ? "every setting is the default"
                                : "other than the defaults: " + differences);
    } else if (differences.empty()) {
        fmt::print(stderr, "configuration: {}, which sets what the recorded one sets\n",
                   result.config_name);
    } else {
        fmt::print(stderr,
                   "configuration: {} in place of the recorded one, from which it differs: {}\n",
                   result.config_name, differences);
    }
}

void print_shadow(const ReplayResult& result, bool is_run) {
    if (result.shadow_name.empty()) return;
    if (is_run)
        fmt::print(stderr, "shadow {}: {}, {}\n", result.shadow_name,
                   plural(result.shadow_episodes, "episode", "episodes"),
                   plural(result.shadow_documents, "document", "documents"));
    else
        fmt::print(stderr,
                   "shadow {}: not run, --shadow-alerts=FILE tells what it would have said\n",
                   result.shadow_name);
}

void print_summary(const ReplayResult& result, core::DurationNs elapsed) {
    const double seconds = std::max(core::to_seconds(elapsed), 1e-9);
    if (result.inputs == 0) {
        fmt::print(stderr, "no inputs with {}\n", result.config_name);
    } else {
        fmt::print(stderr, "{} from {} to {} with {}\n", plural(result.inputs, "input", "inputs"),
                   sinks::rfc3339(result.ts_first), sinks::rfc3339(result.ts_last),
                   result.config_name);
    }
    fmt::print(stderr, "{} of {:g} s, {}, {}\n", plural(result.bars, "bar", "bars"),
               core::to_seconds(result.bar), plural(result.episodes, "episode", "episodes"),
               plural(result.documents, "document", "documents"));
    if (result.annotations > 0)
        fmt::print(stderr, "{}\n", plural(result.annotations, "annotation", "annotations"));
    if (result.restarts > 0)
        fmt::print(stderr, "the engine was started afresh {}\n",
                   plural(result.restarts, "time", "times"));
    print_left_out(result);
    fmt::print(stderr, "{:.2f} s, {:.0f} inputs/s\n", seconds,
               static_cast<double>(result.inputs) / seconds);
}

/// A line for people; a journal may come from anywhere.
void print_annotation(const core::Annotation& annotation) {
    fmt::print(stderr, "note of {}: {} ({})\n", sinks::rfc3339(annotation.ts),
               printable(annotation.text, 2000), printable(annotation.by));
}

int run_replay_command(Arguments& arguments) {
    const ReplayOptions options = arguments.inputs.options();
    const double speed = speed_argument(arguments.speed);

    std::unique_ptr<Expectation> expectation;
    if (!arguments.expected_file.empty())
        expectation = std::make_unique<Expectation>(arguments.expected_file);
    // Documents that are only compared need not be shown too.
    std::unique_ptr<LineWriter> alerts, shadow_alerts, evidence, annotations;
    if (!expectation || !arguments.alerts_file.empty())
        alerts = std::make_unique<LineWriter>(arguments.alerts_file);
    if (!arguments.shadow_file.empty())
        shadow_alerts = std::make_unique<LineWriter>(arguments.shadow_file);
    if (!arguments.evidence_file.empty()) {
        evidence = std::make_unique<LineWriter>(arguments.evidence_file);
        evidence->line(evidence_header());
    }
    if (!arguments.annotations_file.empty())
        annotations = std::make_unique<LineWriter>(arguments.annotations_file);
    Pacer pacer(speed > 0 ? speed : 1);

    ReplayListener listener;
    listener.document = [&](std::string_view document) {
        if (alerts) alerts->line(document);
        if (alerts && speed > 0) alerts->flush();
        if (expectation) expectation->document(document);
    };
    if (shadow_alerts)
        listener.shadow_document = [&](std::string_view document) {
            shadow_alerts->line(document);
            if (speed > 0) shadow_alerts->flush();
        };
    if (evidence)
        listener.event = [&](const core::Event& event, const core::EngineConfig& config) {
            const std::string rows = evidence_rows(event, config);
            if (!rows.empty()) evidence->line(rows);
        };
    listener.annotation = [&](const core::Annotation& annotation) {
        if (annotations)
            annotations->line(one_line(annotation_json(annotation)));
        else
            print_annotation(annotation);
    };
    if (speed > 0) listener.pace = [&](core::TimeNs ts) { pacer.wait_until(ts); };

    const core::DurationNs started = monotonic_now();
    const ReplayResult result = run_replay(options, listener);
    if (alerts) alerts->flush();
    if (shadow_alerts) shadow_alerts->flush();
    if (evidence) evidence->flush();
    if (annotations) annotations->flush();
    print_summary(result, monotonic_now() - started);
    print_config(result);
    print_shadow(result, shadow_alerts != nullptr);
    if (shadow_alerts && result.shadow_name.empty())
        throw std::runtime_error(
            fmt::format("--shadow-alerts: {} has no shadow", result.config_name));

    const std::string difference = expectation ? expectation->finish() : std::string();
    if (difference.empty()) return exit_well;
    fmt::print(stderr, "contagiond: documents differ from {}\n", difference);
    return exit_failed;
}

}  // namespace

void add_replay_command(CLI::App& app, int& result) {
    CLI::App* command = app.add_subcommand(
        "replay", "Runs recordings through the engine and prints the alerts they give");
    auto arguments = std::make_shared<Arguments>();
    arguments->inputs.add_to(*command);
    command->add_option("--alerts", arguments->alerts_file,
                        "Alert documents go here, one a line; default: standard output");
    command->add_option("--shadow-alerts", arguments->shadow_file,
                        "Run the configuration's shadow too; its documents go here, one a line");
    command->add_option("--evidence", arguments->evidence_file,
                        "Every statistic goes here, as CSV: one value a row");
    command->add_option("--annotations", arguments->annotations_file,
                        "What people noted goes here, one JSON object a line; default: standard "
                        "error, as text");
    command->add_option("--speed", arguments->speed, "max, or a multiple of real time");
    command->add_option("--assert", arguments->expected_file,
                        "Compare the documents with this file; exit 1 at a difference");
    command->callback([arguments, &result] { result = run_replay_command(*arguments); });
}

}  // namespace contagiond::daemon
