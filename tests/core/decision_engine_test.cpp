#include "core/decision_engine.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/journal_fields.hpp"
#include "tests/core/engine_events.hpp"
#include "tests/core/market_builder.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

bool is_measure(const Event& event) {
    return std::visit(
        []<typename E>(const E&) {
            return std::is_same_v<E, PriceSampled> || std::is_same_v<E, SelloffMeasured> ||
                   std::is_same_v<E, CorrelationMeasured> ||
                   std::is_same_v<E, TickCorrelationMeasured> || std::is_same_v<E, LeadMeasured> ||
                   std::is_same_v<E, LinkMeasured> || std::is_same_v<E, SeriesMeasured> ||
                   std::is_same_v<E, ImpactMeasured>;
        },
        event);
}

/// As the journal keeps it: every field, to the bit.
std::vector<std::byte> bytes_of(const Event& event) {
    std::vector<std::byte> bytes;
    FieldWriter writer(bytes);
    write_event(writer, event);
    return bytes;
}

}  // namespace

TEST_CASE(
    "A decision engine decides what the whole engine does, bit for bit, and tells no measure") {
    const std::uint64_t seed = GENERATE(range(1u, 5u));
    // Bars of ten seconds and, where rows of a minute are the bars themselves, of a minute.
    const DurationNs bar = GENERATE(10 * ns_per_s, ns_per_min);
    CAPTURE(seed, bar);
    EngineConfig config = test::small_config();
    config.bar = bar;
    if (bar == ns_per_min) {
        config.correlation_windows = {15 * ns_per_min, 30 * ns_per_min};
        config.selloff_horizons = {5 * ns_per_min, 10 * ns_per_min};
        config.link_window = 30 * ns_per_min;
        config.study_interval = 15 * ns_per_min;
    }
    REQUIRE(check(config).empty());
    Engine whole(config);
    DecisionEngine deciding(config);
    const std::vector<Input> inputs = test::spillover_story(seed);
    std::size_t decisions = 0, measures = 0, episodes = 0;
    for (std::size_t i = 0; i < inputs.size(); i += 50) {
        const std::span<const Input> batch =
            std::span(inputs).subspan(i, std::min<std::size_t>(50, inputs.size() - i));
        std::vector<std::vector<std::byte>> expected;
        for (const Event& event : whole.step(batch)) {
            if (is_measure(event))
                ++measures;
            else
                expected.push_back(bytes_of(event));
        }
        std::vector<std::vector<std::byte>> told;
        for (const Event& event : deciding.step(batch)) {
            REQUIRE_FALSE(is_measure(event));
            told.push_back(bytes_of(event));
            episodes += std::holds_alternative<EpisodeChanged>(event);
        }
        REQUIRE((told == expected));
        decisions += told.size();
    }
    CHECK(measures > 1000);
    CHECK(decisions > 100);
    if (bar < ns_per_min) CHECK(episodes >= 2);
}
