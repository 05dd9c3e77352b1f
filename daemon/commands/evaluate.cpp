// contagiond evaluate: how good is the detector, on markets of known truth and on labelled days?
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "daemon/clock.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/config.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/evaluate_events.hpp"
#include "daemon/evaluate_report.hpp"
#include "daemon/evaluate_runs.hpp"
#include "daemon/evaluate_sweep.hpp"
#include "daemon/evaluate_ticks.hpp"
#include "daemon/false_alarm_budget.hpp"
#include "daemon/replay.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t most_paths = 1'000'000;
constexpr unsigned most_jobs = 256;

struct Arguments {
    bool simulate = false;
    std::string scenario = "all";
    std::uint64_t paths = 20;
    std::uint64_t seed = 1;
    std::string rate = "quarter";
    std::string ticks;
    std::string bars;
    std::string events;
    std::string config_file;
    std::string from, to;
    std::string sweep;
    std::string sweep_from, sweep_to;
    std::uint64_t steps = 5;
    std::uint64_t jobs = 0;  ///< 0: as many as the machine has cores
    std::string json;
    std::string plot;
};

/// What one evaluation found, whatever it was of.
struct Outcome {
    std::string subject;  ///< one line: of what, with which settings
    std::string text;
    Json json;
    Sweep sweep;
};

unsigned job_count(const Arguments& a) {
    if (a.jobs > 0) return static_cast<unsigned>(std::min<std::uint64_t>(a.jobs, most_jobs));
    return std::max(1u, std::thread::hardware_concurrency());
}

std::vector<SweepValue> values_of(const Arguments& a) {
    if (a.sweep.empty()) return {};
    return sweep_values(a.sweep, a.sweep_from, a.sweep_to, a.steps);
}

/// The configuration as it is, or one for each value of the sweep.
std::vector<core::EngineConfig> variants(const core::EngineConfig& base,
                                         const std::vector<SweepValue>& values) {
    std::vector<core::EngineConfig> configs;
    if (values.empty()) configs.push_back(base);
    for (const SweepValue& value : values) {
        configs.push_back(base);
        value.set(configs.back().detector);
    }
    for (std::size_t i = 0; i < configs.size(); ++i)
        if (const std::string wrong = core::check(configs[i]); !wrong.empty())
            throw ConfigError(
                values.empty() ? fmt::format("the configuration does not fit: {}", wrong)
                               : fmt::format("with {} it cannot run: {}", values[i].text, wrong));
    return configs;
}

/// What a swept factor spends of false alarms, where the table knows it.
std::optional<double> swept_budget(const Arguments& a, const core::EngineConfig& config) {
    if (!a.sweep.ends_with("threshold_factor")) return std::nullopt;
    return budget_of(config, config.detector.threshold_factor);
}

std::string settings_name(const Arguments& a) {
    return a.config_file.empty() ? "built-in settings" : a.config_file;
}

// ---------------------------------------------------------------------- paths

std::vector<demo::Scenario> scenarios_of(const Arguments& a) {
    const auto names = demo::scenario_names();
    std::vector<demo::Scenario> wanted;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (a.scenario == "all" || names[i] == a.scenario)
            wanted.push_back(static_cast<demo::Scenario>(i));
    if (wanted.empty())
        throw ConfigError(
            fmt::format("{} is no scenario{}", a.scenario, did_you_mean(a.scenario, names)));
    return wanted;
}

demo::TickRate rate_of(const Arguments& a) {
    if (a.rate == "quarter") return demo::TickRate::quarter;
    if (a.rate == "full") return demo::TickRate::full;
    throw ConfigError(fmt::format("--rate is quarter or full, not {}", a.rate));
}

Outcome evaluate_paths(const Arguments& a, std::size_t paths, const MakePath& make,
                       const core::EngineConfig& base, std::string subject) {
    const std::vector<SweepValue> values = values_of(a);
    const std::vector<core::EngineConfig> configs = variants(base, values);
    const auto scores = run_paths(paths, make, configs, job_count(a));
    Outcome outcome;
    outcome.subject = std::move(subject);
    outcome.sweep.strong = "strong";
    outcome.sweep.period = "month";
    if (values.empty()) {
        const auto rows = by_scenario(scores.front());
        const ScenarioScore all = all_scenarios(scores.front());
        outcome.text = paths_table(rows, all);
        outcome.json = paths_json(rows, all);
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        outcome.sweep.points.push_back(sweep_point(values[i].text, all_scenarios(scores[i])));
        outcome.sweep.points.back().budget = swept_budget(a, configs[i]);
    }
    return outcome;
}

Outcome evaluate_simulations(const Arguments& a) {
    if (a.paths == 0 || a.paths > most_paths)
        throw ConfigError(fmt::format("--paths is 1 to {}, not {}", most_paths, a.paths));
    const std::vector<demo::Scenario> scenarios = scenarios_of(a);
    const demo::TickRate rate = rate_of(a);
    core::EngineConfig settings;
    if (!a.config_file.empty()) settings = load_config(a.config_file).engine;
    const std::size_t paths = scenarios.size() * a.paths;
    Outcome outcome = evaluate_paths(
        a, paths, simulated_paths(scenarios, a.paths, a.seed, rate),
        demo::simulated_config(std::move(settings)),
        fmt::format("simulated {}, {} {}, seed {}, {} rate, {}",
                    a.scenario == "all" ? "scenarios" : a.scenario, a.paths,
                    a.paths == 1 ? "path each" : "paths each", a.seed, a.rate, settings_name(a)));
    outcome.json["evaluated"] = "simulations";
    outcome.json["paths_each"] = a.paths;
    outcome.json["seed"] = a.seed;
    outcome.json["rate"] = a.rate;
    return outcome;
}

/// Files bring no feeds of their own.
void add_tick_feed(core::Universe& universe) {
    core::Feed feed{"ticks", "file", {}};
    for (std::size_t i = 0; i < universe.instruments.size(); ++i)
        feed.instruments.push_back(static_cast<core::InstrumentId>(i));
    universe.feeds = {std::move(feed)};
}

Outcome evaluate_ticks(const Arguments& a) {
    const std::vector<LabelledFile> files = read_labels(a.ticks);
    core::EngineConfig config = a.config_file.empty() ? demo::simulated_config(core::EngineConfig{})
                                                      : load_config(a.config_file).engine;
    add_tick_feed(config.universe);
    Outcome outcome = evaluate_paths(
        a, files.size(),
        [&](std::size_t i) { return read_labelled_path(files[i], config.universe); }, config,
        fmt::format("{} labelled tick files of {}, {}", files.size(), a.ticks, settings_name(a)));
    outcome.json["evaluated"] = "ticks";
    outcome.json["files"] = files.size();
    return outcome;
}

// ---------------------------------------------------------------------- recorded days

core::TimeNs time_argument(const std::string& text, const char* name, core::TimeNs absent) {
    if (text.empty()) return absent;
    const auto t = parse_utc(text);
    if (!t)
        throw ConfigError(
            fmt::format("{}: {} is no time such as 2025-01-27 or "
                        "2025-01-27T14:30:00Z",
                        name, text));
    return *t;
}

/// The engine's episodes on the bars; `value` may be null. `used` is the configuration they ran
/// with.
std::vector<LoggedEpisode> run_bars(const ReplayOptions& base, const SweepValue* value,
                                    core::EngineConfig& used) {
    ReplayOptions options = base;
    options.adjust = [value, &used](core::EngineConfig& config) {
        if (value != nullptr) value->set(config.detector);
        used = config;
    };
    EpisodeLog log;
    ReplayListener listener;
    listener.episode = [&](const core::Episode& episode, const sinks::DocumentContext& context) {
        log.tell(episode, context.engine->universe);
    };
    ReplayResult result;
    try {
        result = run_replay(options, listener);
    } catch (const ConfigError&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw ConfigError(value == nullptr ? std::string(error.what())
                                           : fmt::format("with {}: {}", value->text, error.what()));
    }
    if (result.report.rejected_total() > 0)
        throw ConfigError(fmt::format("the bars are damaged: {}", result.report.examples.front()));
    return log.take();
}

Outcome evaluate_bars(const Arguments& a) {
    if (a.events.empty()) throw ConfigError("--bars needs --events, the file of labelled windows");
    ReplayOptions options;
    options.bars_directory = a.bars;
    options.config_file = a.config_file;
    options.range.from = time_argument(a.from, "--from", options.range.from);
    options.range.to = time_argument(a.to, "--to", options.range.to);
    const std::vector<LabelledEvent> events = read_events(a.events, options.range);
    const std::vector<SweepValue> values = values_of(a);

    Outcome outcome;
    outcome.subject = fmt::format("bars of {}, windows of {}, {}", a.bars, a.events,
                                  a.config_file.empty() ? "built-in universe" : a.config_file);
    outcome.sweep.strong = "major";
    outcome.sweep.period = "30 days";
    std::vector<EventScore> scores(std::max<std::size_t>(1, values.size()));
    std::vector<core::EngineConfig> used(scores.size());
    in_parallel(scores.size(), job_count(a), [&](std::size_t i) {
        scores[i] = score_events(run_bars(options, values.empty() ? nullptr : &values[i], used[i]),
                                 events, options.range);
    });
    if (values.empty()) {
        outcome.text = events_table(scores.front());
        outcome.json = events_json(scores.front());
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        outcome.sweep.points.push_back(sweep_point(values[i].text, scores[i]));
        outcome.sweep.points.back().budget = swept_budget(a, used[i]);
    }
    outcome.json["evaluated"] = "bars";
    return outcome;
}

// ---------------------------------------------------------------------- command

void write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) throw std::runtime_error(fmt::format("{} cannot be written", path));
}

/// With a sweep, --from and --to are its ends, unless it has ends of its own.
void settle_ends(Arguments& a) {
    if (a.sweep.empty()) {
        if (!a.sweep_from.empty() || !a.sweep_to.empty() || !a.plot.empty())
            throw ConfigError("--sweep.from, --sweep.to and --plot belong to a --sweep");
        return;
    }
    if (a.sweep_from.empty() && a.sweep_to.empty()) {
        std::swap(a.sweep_from, a.from);
        std::swap(a.sweep_to, a.to);
    }
    if (a.sweep_from.empty() || a.sweep_to.empty())
        throw ConfigError("a sweep has two ends: --from and --to");
}

void run_evaluate_command(Arguments a) {
    const int subjects =
        (a.simulate ? 1 : 0) + (a.ticks.empty() ? 0 : 1) + (a.bars.empty() ? 0 : 1);
    if (subjects != 1)
        throw ConfigError("say what to evaluate on: one of --simulate, --ticks and --bars");
    settle_ends(a);
    if (a.bars.empty() && (!a.from.empty() || !a.to.empty()))
        throw ConfigError("--from and --to are for --bars, or the ends of a --sweep");
    const core::DurationNs started = monotonic_now();
    Outcome outcome = a.simulate        ? evaluate_simulations(a)
                      : a.ticks.empty() ? evaluate_bars(a)
                                        : evaluate_ticks(a);
    outcome.json["config"] = a.config_file.empty() ? Json(nullptr) : Json(a.config_file);
    if (!a.sweep.empty()) {
        outcome.sweep.key = a.sweep;
        outcome.sweep.subject = outcome.subject;
        outcome.text = sweep_table(outcome.sweep);
        outcome.json["sweep"] = sweep_json(outcome.sweep);
    }
    fmt::print("{}\n\n{}", outcome.subject, outcome.text);
    if (std::fflush(stdout) != 0) throw std::runtime_error("standard output cannot be written");
    if (!a.json.empty()) write_file(a.json, outcome.json.dump(1) + "\n");
    if (!a.plot.empty()) write_file(a.plot, sweep_plot(outcome.sweep));
    fmt::print(stderr, "{:.2f} s\n", core::to_seconds(monotonic_now() - started));
}

}  // namespace

void add_evaluate_command(CLI::App& app, int& result) {
    CLI::App* command = app.add_subcommand(
        "evaluate", "Says how good the detector is: on simulated markets and on labelled days");
    auto a = std::make_shared<Arguments>();
    command->add_flag("--simulate", a->simulate, "Evaluate on simulated markets of known truth");
    command->add_option("--scenario", a->scenario, "Which of them; default: all");
    command->add_option("--paths", a->paths, "Paths a scenario; default: 20");
    command->add_option("--seed", a->seed, "Equal seeds give equal markets; default: 1");
    command->add_option("--rate", a->rate, "Trades: quarter (default) or full");
    command->add_option("--ticks", a->ticks, "Evaluate on a folder of tick files with labels.json");
    command->add_option(
        "--bars", a->bars,
        "Evaluate on a folder of bar files, named symbol_venue_1m_first_last.csv.gz");
    command->add_option("--events", a->events, "Labelled windows for --bars (CSV)");
    command->add_option("--from", a->from,
                        "First moment of the bars, UTC; with --sweep the first value");
    command->add_option("--to", a->to,
                        "End of the bars, not included; with --sweep the last value");
    command->add_option("--config.file", a->config_file,
                        "Configuration; simulated markets bring their own instruments");
    command->add_option("--sweep", a->sweep, "Evaluate over values of this key of detector:");
    command->add_option("--sweep.from", a->sweep_from,
                        "First value, where --from is a time of the bars");
    command->add_option("--sweep.to", a->sweep_to, "Last value");
    command->add_option("--steps", a->steps, "Values of the sweep; default: 5");
    command->add_option("--jobs", a->jobs, "Threads; default: one a core");
    command->add_option("--json", a->json, "Everything also goes to this file, as JSON");
    command->add_option("--plot", a->plot, "The sweep's curve goes to this file, as SVG");
    command->callback([a, &result] {
        run_evaluate_command(*a);
        result = exit_well;
    });
}

}  // namespace contagiond::daemon
