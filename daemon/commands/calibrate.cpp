// contagiond calibrate: how many episodes open where nothing passes between the markets, and which
// threshold factor keeps to a budget of them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "daemon/clock.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/confidence.hpp"
#include "daemon/config.hpp"
#include "daemon/config_units.hpp"
#include "daemon/default_config.hpp"
#include "daemon/false_alarm_budget.hpp"
#include "daemon/null_runs.hpp"
#include "daemon/null_table.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t most_months = 100'000;
constexpr unsigned most_jobs = 256;
constexpr std::array budgets = {0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0};

struct Arguments {
    std::string config_file;
    std::uint64_t months = 100;
    std::uint64_t seed = 1;
    double link = 0;
    std::uint64_t jobs = 0;  ///< 0: as many as the machine has cores
    std::string json;
    bool table = false;
};

struct Rate {
    double factor = 0;
    std::uint64_t episodes = 0;
    double value = 0, low = 0, high = 0;  ///< in 30 days
    std::optional<double> in_table;
};

struct Spend {
    double budget = 0;
    std::optional<double> factor, low, high;
    std::optional<double> in_table;
};

/// Where a falling curve of rates comes down to `budget`: its logarithm is linear in between.
template <double Rate::*Value>
std::optional<double> factor_at(const std::vector<Rate>& rates, double budget) {
    for (std::size_t i = 1; i < rates.size(); ++i) {
        const double a = rates[i - 1].*Value, b = rates[i].*Value;
        if (!(a >= budget && budget >= b) || !(b > 0)) continue;
        if (a == b) return rates[i].factor;
        const double share = std::log(a / budget) / std::log(a / b);
        return rates[i - 1].factor + share * (rates[i].factor - rates[i - 1].factor);
    }
    return std::nullopt;
}

std::vector<Rate> measure(const Arguments& a, const core::EngineConfig& config, unsigned jobs) {
    NullRun run;
    run.market = config;
    run.configs = {config};
    run.factors = usual_factors();
    // What is configured is measured too.
    const double own = config.detector.threshold_factor;
    if (std::find(run.factors.begin(), run.factors.end(), own) == run.factors.end())
        run.factors.insert(std::upper_bound(run.factors.begin(), run.factors.end(), own), own);
    run.months = a.months;
    run.seed = a.seed;
    run.link = a.link;
    run.jobs = jobs;
    const auto counts = count_null_episodes(run).front();
    const double exposure = static_cast<double>(a.months);
    std::vector<Rate> rates;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto interval = poisson_interval(counts[i], exposure);
        rates.push_back({run.factors[i], counts[i], static_cast<double>(counts[i]) / exposure,
                         interval->low, interval->high, budget_of(config, run.factors[i])});
    }
    return rates;
}

std::vector<Spend> spend(const std::vector<Rate>& rates, const core::EngineConfig& config) {
    std::vector<Spend> list;
    for (const double budget : budgets) {
        Spend s;
        s.budget = budget;
        s.factor = factor_at<&Rate::value>(rates, budget);
        s.low = factor_at<&Rate::low>(rates, budget);
        s.high = factor_at<&Rate::high>(rates, budget);
        s.in_table = threshold_factor_for(config, budget);
        if (s.factor) list.push_back(s);
    }
    return list;
}

std::string number(std::optional<double> value, int digits) {
    return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

Json maybe(std::optional<double> value) {
    return value ? Json(*value) : Json(nullptr);
}

std::string text_of(const std::vector<Rate>& rates, const std::vector<Spend>& spends,
                    double configured) {
    std::string out = fmt::format("{:>7} {:>9} {:>24} {:>10}\n", "factor", "episodes",
                                  "in 30 days (95 %)", "table");
    for (const Rate& r : rates)
        out += fmt::format("{:>7.2f} {:>9} {:>24} {:>10}{}\n", r.factor, r.episodes,
                           fmt::format("{:.3f} ({:.3f}-{:.3f})", r.value, r.low, r.high),
                           number(r.in_table, 3), r.factor == configured ? "  configured" : "");
    out += fmt::format("\n{:>7} {:>24} {:>20}\n", "budget", "factor (95 %)", "table");
    for (const Spend& s : spends)
        out += fmt::format(
            "{:>7} {:>24} {:>20}\n", format_number(s.budget),
            fmt::format("{:.2f} ({}-{})", *s.factor, number(s.low, 2), number(s.high, 2)),
            number(s.in_table, 2));
    return out;
}

Json json_of(const Arguments& a, const core::EngineConfig& config, const std::vector<Rate>& rates,
             const std::vector<Spend>& spends) {
    Json json = {{"months", a.months},
                 {"seed", a.seed},
                 {"link", a.link},
                 {"bar_s", core::to_seconds(config.bar)},
                 {"config", a.config_file.empty() ? Json(nullptr) : Json(a.config_file)},
                 {"threshold_factor", config.detector.threshold_factor},
                 {"rates", Json::array()},
                 {"budgets", Json::array()}};
    for (const Rate& r : rates)
        json["rates"].push_back({{"factor", r.factor},
                                 {"episodes", r.episodes},
                                 {"per_30_days", r.value},
                                 {"low", r.low},
                                 {"high", r.high},
                                 {"table", maybe(r.in_table)}});
    for (const Spend& s : spends)
        json["budgets"].push_back({{"budget", s.budget},
                                   {"factor", maybe(s.factor)},
                                   {"low", maybe(s.low)},
                                   {"high", maybe(s.high)},
                                   {"table", maybe(s.in_table)}});
    return json;
}

void print(const std::string& text) {
    fmt::print("{}", text);
    if (std::fflush(stdout) != 0) throw std::runtime_error("standard output cannot be written");
}

void run_calibrate_command(const Arguments& a) {
    if (a.months == 0 || a.months > most_months)
        throw ConfigError(fmt::format("--months is 1 to {}, not {}", most_months, a.months));
    if (!(a.link >= 0 && a.link < 1))
        throw ConfigError(fmt::format("--link is 0 to below 1, not {}", a.link));
    const unsigned jobs = a.jobs > 0
                              ? static_cast<unsigned>(std::min<std::uint64_t>(a.jobs, most_jobs))
                              : std::max(1u, std::thread::hardware_concurrency());
    const core::DurationNs started = monotonic_now();
    if (a.table) {
        if (!a.config_file.empty() || a.link != 0 || !a.json.empty())
            throw ConfigError("--table is of the usual settings, and goes to standard output");
        print(fmt::format(
            "// Episodes on the null market (daemon/demo/null_market.hpp), counted. Made on {} by\n"
            "//     contagiond calibrate --table --months={} --seed={} > table.hpp\n"
            "// and put here as it is; what it means stands in false_alarm_budget.hpp.\n{}",
            format_date(wall_now()), a.months, a.seed, make_null_table(a.months, a.seed, jobs)));
        fmt::print(stderr, "{:.2f} s\n", core::to_seconds(monotonic_now() - started));
        return;
    }
    const core::EngineConfig config =
        a.config_file.empty() ? default_engine_config() : load_config(a.config_file).engine;
    const std::vector<Rate> rates = measure(a, config, jobs);
    const std::vector<Spend> spends = spend(rates, config);
    print(fmt::format("null market, {} {} of 30 days, seed {}, bars of {}, {}, {}\n\n{}", a.months,
                      a.months == 1 ? "month" : "months", a.seed, format_duration(config.bar),
                      a.link == 0 ? "no link" : fmt::format("a constant link of {}", a.link),
                      a.config_file.empty() ? "built-in settings" : a.config_file,
                      text_of(rates, spends, config.detector.threshold_factor)));
    if (!a.json.empty()) {
        std::ofstream file(a.json, std::ios::binary);
        file << json_of(a, config, rates, spends).dump(1) << "\n";
        file.close();
        if (!file) throw std::runtime_error(fmt::format("{} cannot be written", a.json));
    }
    fmt::print(stderr, "{:.2f} s\n", core::to_seconds(monotonic_now() - started));
}

}  // namespace

void add_calibrate_command(CLI::App& app, int& result) {
    CLI::App* command = app.add_subcommand(
        "calibrate", "Counts false alarms on a market without contagion: budget to thresholds");
    auto a = std::make_shared<Arguments>();
    command->add_option("--config.file", a->config_file,
                        "Configuration; its instruments and settings, on simulated prices");
    command->add_option("--months", a->months, "Months of 30 days; default: 100");
    command->add_option("--seed", a->seed, "Equal seeds give equal markets; default: 1");
    command->add_option("--link", a->link,
                        "Constant correlation of returns between the legs; default: 0, the null");
    command->add_option("--jobs", a->jobs, "Threads; default: one a core");
    command->add_option("--json", a->json, "Everything also goes to this file, as JSON");
    command->add_flag("--table", a->table,
                      "Print daemon/false_alarm_table.hpp anew, for the usual settings");
    command->callback([a, &result] {
        run_calibrate_command(*a);
        result = exit_well;
    });
}

}  // namespace contagiond::daemon
