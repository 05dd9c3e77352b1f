// An episode as the tests of its documents and sentences know it.
#pragma once

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/sinks/event_json.hpp"

namespace contagiond::test {

using nlohmann::json;
using nlohmann::ordered_json;

inline constexpr core::TimeNs at_detection =
    1'737'988'927'123'456'789;  // 2025-01-27T14:42:07.123456789Z

inline core::EngineConfig engine_config() {
    core::EngineConfig config;
    config.universe.instruments = {
        {"NVDA", core::AssetClass::equity, core::Market::us_equities, 90 * core::ns_per_s},
        {"AMD", core::AssetClass::equity, core::Market::us_equities, 90 * core::ns_per_s},
        {"BTC-USD", core::AssetClass::crypto, core::Market::always, 90 * core::ns_per_s},
        {"ETH-USD", core::AssetClass::crypto, core::Market::always, 90 * core::ns_per_s},
        {"ZN", core::AssetClass::rate, core::Market::cme_globex, 90 * core::ns_per_s},
    };
    config.universe.groups = {{"us_tech", {{0, 2.0}, {1, 1.0}}}};
    config.universe.feeds = {{"stocks", "alpaca", {0, 1}}, {"crypto", "coinbase", {2, 3}}};
    config.targets = {2, 3};
    config.controls = {{4, 1}};
    return config;
}

inline core::Episode episode() {
    core::Episode e;
    const std::string id = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";
    std::copy(id.begin(), id.end(), e.id.text.begin());
    e.severity = core::Severity::critical;
    e.ts = at_detection;
    e.started_at = at_detection - 6 * core::ns_per_min;
    e.detected_at = at_detection;
    e.horizon_ns = 22 * core::ns_per_min;
    e.source_log_return = std::log1p(-0.052);
    e.source_loss_sigma = 7.5;
    e.leader = core::InstrumentId{0};
    e.leader_confidence = 0.9375;
    e.direction_balance = 1.25;
    e.members = {{0, 0, std::log1p(-0.062), 5.125, 0.75}, {1, 0, std::log1p(0.01), -0.5, {}}};
    e.targets = {
        {2,
         1,
         {9895012, -2},
         std::log1p(-0.031),
         4.0,
         2.0,
         0.9375,
         0,
         0.8125,
         0.34375,
         0.0625,
         214,
         {},
         {}},
        {3, 1, {3150, 0}, std::log1p(-0.026), 3.5, 1.75, 0.875, 0, 0.75, {}, {}, 200, {}, {}}};
    e.attribution = core::Attribution::tech;
    e.controls = {{4, 0.9}};
    e.score = 0.9375;
    e.score_peak = 0.96875;
    e.stale = {1};
    e.gaps = 3;
    e.coverage = 0.98;
    return e;
}

/// The episode with all that slower statistics add to its first target.
inline core::Episode studied_episode() {
    core::Episode e = episode();
    core::LinkMeasured link{};
    link.ts = at_detection;
    link.source = 5;
    link.target = 2;
    link.partial = 0.625;
    link.partial_p = 0.0078125;
    link.partial_samples = 300;
    link.controls_kept = 2;
    link.rho_adjusted = 0.75;
    link.change_z = 2.5;
    link.change_p = 0.00625;
    e.targets[0].link = link;
    core::LeadMeasured lead{};
    lead.ts = at_detection;
    lead.source = 0;
    lead.target = 2;
    lead.verdict = core::LeadVerdict::led;
    lead.seconds = 41;
    lead.seconds_low = 22;
    lead.seconds_high = 60;
    e.targets[0].lead = lead;
    e.value_lost_usd = 5.93e11;
    e.value_lost_share = 0.328;
    e.value_as_of = 1'737'763'200 * core::ns_per_s;  // 2025-01-25
    e.diverged = {3};
    return e;
}

struct Desk {
    core::EngineConfig config = engine_config();
    sinks::DocumentContext context;
    Desk() {
        context.engine = &config;
        context.version = "0.1.0";
        context.config_sha256 = std::string(64, 'a');
        context.instance = "desk-1";
    }
};

inline std::vector<std::string> keys(const ordered_json& object) {
    std::vector<std::string> out;
    for (const auto& [key, value] : object.items()) out.push_back(key);
    return out;
}

inline std::size_t code_points(const std::string& text) {
    std::size_t n = 0;
    for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0u) != 0x80 ? 1 : 0;
    return n;
}

inline std::string first_characters(const std::string& text, std::size_t n) {
    std::size_t i = 0;
    for (std::size_t seen = 0; i < text.size(); ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0u) != 0x80 && seen++ == n) break;
    }
    return text.substr(0, i);
}

}  // namespace contagiond::test
