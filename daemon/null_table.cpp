#include "daemon/null_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "daemon/config_units.hpp"
#include "daemon/default_config.hpp"
#include "daemon/null_runs.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::array<core::DurationNs, 3> bars = {core::ns_per_min, 5 * core::ns_per_min,
                                                  10 * core::ns_per_min};
constexpr std::array<std::size_t, 4> name_counts = {1, 2, 4, 8};

struct Shape {
    std::size_t names = 0;  ///< without an index; 0: with one
    bool is_bitcoin = true;
    core::EngineConfig config;
};

std::vector<Shape> shapes(core::DurationNs bar) {
    core::EngineConfig whole = default_engine_config();
    whole.bar = bar;
    const core::Group& group = whole.universe.groups[whole.source_group];
    std::vector<Shape> shapes;
    for (const bool is_bitcoin : {true, false}) {
        const auto add = [&](std::size_t names, core::EngineConfig config) {
            std::erase_if(config.targets, [&](core::InstrumentId id) {
                const std::string& symbol = config.universe.instruments[id].symbol;
                return symbol.starts_with("BTC") != is_bitcoin;
            });
            shapes.push_back({names, is_bitcoin, std::move(config)});
        };
        add(0, whole);
        for (const std::size_t count : name_counts) {
            core::EngineConfig config = whole;
            std::vector<core::Member>& members =
                config.universe.groups[config.source_group].members;
            members.clear();
            for (const core::Member& member : group.members)
                if (!member.is_index && members.size() < count) members.push_back(member);
            add(count, std::move(config));
        }
    }
    return shapes;
}

template <typename Values>
std::string joined(const Values& values) {
    std::string out;
    for (const auto& value : values)
        fmt::format_to(std::back_inserter(out), "{}{}", out.empty() ? "" : ", ", value);
    return out;
}

}  // namespace

std::vector<double> usual_factors() {
    return {0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8};
}

std::string make_null_table(std::uint64_t months, std::uint64_t seed, unsigned jobs) {
    const std::vector<double> factors = usual_factors();
    std::string columns;
    std::size_t count = 0;
    for (const core::DurationNs bar : bars) {
        const std::vector<Shape> list = shapes(bar);
        NullRun run;
        // The market is made for the first, which knows every member; it must know every target.
        run.market = default_engine_config();
        run.market.bar = bar;
        for (const Shape& shape : list) run.configs.push_back(shape.config);
        run.factors = factors;
        run.months = months;
        run.seed = seed;
        run.jobs = jobs;
        const auto episodes = count_null_episodes(run);
        for (std::size_t i = 0; i < list.size(); ++i, ++count)
            columns += fmt::format("    {{{}, {}, {}, {{{{{}}}}}}},\n", bar / core::ns_per_s,
                                   list[i].names, list[i].is_bitcoin, joined(episodes[i]));
    }
    std::vector<std::string> seconds;
    for (const core::DurationNs bar : bars)
        seconds.push_back(fmt::format("{}", bar / core::ns_per_s));
    return fmt::format(R"(#pragma once

#include <array>
#include <cstdint>

namespace contagiond::daemon {{

// clang-format off
inline constexpr std::uint64_t null_months = {};
inline constexpr std::uint64_t null_seed = {};
inline constexpr std::array<double, {}> null_factors = {{{}}};
inline constexpr std::array<double, {}> null_bars_s = {{{}}};
inline constexpr std::array<double, {}> null_names = {{{}}};

struct NullColumn {{
    double bar_s;
    double names;     ///< of a source without an index; 0: with one
    bool is_bitcoin;  ///< the first target; else one like Ether
    std::array<std::uint64_t, {}> episodes;  ///< in all months, by factor
}};
inline constexpr std::array<NullColumn, {}> null_columns = {{{{
{}}}}};
// clang-format on

}}  // namespace contagiond::daemon
)",
                       months, seed, factors.size(), joined(factors), bars.size(), joined(seconds),
                       name_counts.size(), joined(name_counts), factors.size(), count, columns);
}

}  // namespace contagiond::daemon
