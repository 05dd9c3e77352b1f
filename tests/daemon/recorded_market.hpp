// The scripted market as a tick file, and as a live process records it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/engine.hpp"
#include "daemon/config.hpp"
#include "daemon/sinks/journal.hpp"
#include "tests/support/market_script.hpp"
#include "tests/support/temporary_directory.hpp"

namespace contagiond::daemon {

inline constexpr core::TimeNs start =
    1'737'968'400 * core::ns_per_s;  // 27 January 2025, 09:00 UTC: pre-market begins
inline constexpr int market_hours = 8;
/// The scripted market as one tick file.
inline std::string tick_file(const test::TemporaryDirectory& directory) {
    std::string text = "ts_ns,symbol,price,size\n";
    for (const test::ScriptedPrice& p :
         test::scripted_selloff(start, 10 * core::ns_per_s, market_hours))
        text += fmt::format("{},{},{:.4f},1\n", p.ts, test::market_symbols()[p.symbol], p.price);
    return directory.file("ticks.csv", text);
}

inline constexpr std::string_view config_text = R"(
instance: test-desk
instruments:
  ETH-USD: {class: crypto}
  BTC-USD: {class: crypto}
  NQ: {class: future}
  AMD: {class: equity}
  NVDA: {class: equity}
groups:
  us_tech: {NVDA: 0.35, AMD: 0.35, NQ: 0.3}
feeds:
  - name: exchange
    venue: coinbase_exchange
    instruments: {BTC-USD: BTC-USD, ETH-USD: ETH-USD, NQ: NQ-USD, AMD: AMD-USD, NVDA: NVDA-USD}
engine:
  source: us_tech
  targets: [BTC-USD, ETH-USD]
)";

inline core::InstrumentId id_of(const core::Universe& universe, const std::string& symbol) {
    for (std::size_t i = 0; i < universe.instruments.size(); ++i)
        if (universe.instruments[i].symbol == symbol) return static_cast<core::InstrumentId>(i);
    FAIL("no " << symbol);
    return core::no_id;
}

/// What a live process takes in: its feed comes up, prices arrive late by a little, time passes.
inline std::vector<core::Input> live_inputs(const core::Universe& universe, core::TimeNs from) {
    std::vector<core::Input> inputs;
    inputs.push_back(core::Input::make_feed_status(0, from, core::FeedState::up));
    for (const test::ScriptedPrice& p :
         test::scripted_selloff(from, 10 * core::ns_per_s, market_hours)) {
        const auto price = core::Decimal{std::llround(p.price * 100), -2};
        inputs.push_back(core::Input::make_trade(id_of(universe, test::market_symbols()[p.symbol]),
                                                 0, p.ts, p.ts + 3 * core::ns_per_ms, price, {1, 0},
                                                 inputs.size()));
        if (p.symbol == 0) inputs.push_back(core::Input::make_clock(p.ts + 5 * core::ns_per_ms));
    }
    return inputs;
}

struct FixedClock final : core::Clock {
    core::TimeNs now() const override { return t; }
    core::TimeNs t = start;
};

/// One run of a live process: its engine beside its journal. Gives the episodes it told. `notes`
/// are what people put on the time line meanwhile, one a batch.
inline std::vector<std::shared_ptr<const core::Episode>> live_run(
    const std::filesystem::path& directory, core::TimeNs from,
    const std::vector<core::Annotation>& notes = {}) {
    const Config config = parse_config(std::string(config_text), "test.yml", ".");
    sinks::JournalSettings settings;
    settings.directory = directory.string();
    settings.segment_bytes = 100'000;
    settings.min_free_bytes = 0;
    settings.config_text = config.resolved;
    FixedClock clock;
    clock.t = from;
    sinks::Journal journal(settings, clock);
    core::Engine engine(config.engine);
    std::vector<std::shared_ptr<const core::Episode>> episodes;
    const auto inputs = live_inputs(config.engine.universe, from);
    for (std::size_t i = 0; i < inputs.size(); i += 100) {
        const auto batch =
            std::span(inputs).subspan(i, std::min<std::size_t>(100, inputs.size() - i));
        if (i / 100 < notes.size()) journal.annotate(notes[i / 100]);
        std::vector<sinks::Item> items(batch.begin(), batch.end());
        for (const core::Event& event : engine.step(batch)) {
            items.emplace_back(event);
            if (const auto* changed = std::get_if<core::EpisodeChanged>(&event))
                episodes.push_back(changed->episode);
        }
        journal.consume(items);
    }
    REQUIRE(journal.records_dropped_io().value() == 0);
    return episodes;
}

}  // namespace contagiond::daemon
