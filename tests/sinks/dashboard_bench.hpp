// A dashboard on the bench: a small configuration, a clock that is a number, and a page that reads
// the stream.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sinks/dashboard.hpp"

namespace contagiond::test {

inline constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;  // 2025-01-27T12:00:00Z
inline constexpr core::SeriesId us_tech = 5;

inline core::EngineConfig small_config() {
    core::EngineConfig config;
    config.universe.instruments = {{"NVDA"}, {"ARM"}, {"BTC-USD"}, {"ETH-USD"}, {"ZN"}};
    config.universe.groups = {{"us_tech", {{0, 3.0}, {1, 1.0}}}};
    config.universe.feeds = {{"stocks", "alpaca", {0, 1}}, {"crypto", "coinbase", {2, 3}}};
    config.targets = {2, 3};
    config.controls = {{4, 1}};
    config.correlation_windows = {5 * core::ns_per_min, 60 * core::ns_per_min};
    config.selloff_horizons = {5 * core::ns_per_min};
    return config;
}

inline sinks::DashboardSettings with_notice(std::string notice) {
    sinks::DashboardSettings settings;
    settings.notice = std::move(notice);
    return settings;
}

/// A dashboard whose clock is a number.
struct Bench {
    explicit Bench(core::EngineConfig c = small_config(), sinks::DashboardSettings settings = {})
        : config(std::move(c)) {
        settings.epoch = "e";
        settings.monotonic_now = [this] { return now.load(); };
        sinks::DocumentContext context;
        context.engine = &config;
        context.mode = "demo";
        context.version = "0.1.0";
        dashboard = std::make_unique<sinks::Dashboard>(std::move(settings), context);
    }
    void say(core::Event event) {
        const sinks::Item item = std::move(event);
        dashboard->consume({&item, 1});
    }
    /// Lets the next delta leave.
    void tick() {
        now += 100 * core::ns_per_ms;
        dashboard->idle();
    }
    nlohmann::json state() const { return nlohmann::json::parse(dashboard->state_json()); }

    core::EngineConfig config;
    std::atomic<core::DurationNs> now{0};
    std::unique_ptr<sinks::Dashboard> dashboard;
};

struct Message {
    std::string event;
    nlohmann::json data;
};
inline std::vector<Message> take(sinks::StreamClient& client) {
    std::string text;
    client.take(text);
    std::vector<Message> out;
    std::size_t at = 0;
    while ((at = text.find("event: ", at)) != std::string::npos) {
        const std::size_t line_end = text.find('\n', at);
        const std::size_t data = text.find("data: ", at);
        const std::size_t end = text.find("\n\n", data);
        out.push_back({text.substr(at + 7, line_end - at - 7),
                       nlohmann::json::parse(text.substr(data + 6, end - data - 6))});
        at = end;
    }
    return out;
}

/// What the page does with a delta.
inline void apply(nlohmann::json& state, const nlohmann::json& delta) {
    for (const auto& [name, value] : delta.items()) {
        if (!value.is_object()) {
            state[name] = value;
            continue;
        }
        // By number, as a script's objects are walked: as texts "10" comes before "9".
        std::map<std::size_t, nlohmann::json> rows;
        for (const auto& [place, row] : value.items()) rows.emplace(std::stoul(place), row);
        for (const auto& [i, row] : rows) {
            REQUIRE(i <= state[name].size());
            if (i == state[name].size())
                state[name].push_back(row);
            else
                state[name][i] = row;
        }
    }
}

}  // namespace contagiond::test
