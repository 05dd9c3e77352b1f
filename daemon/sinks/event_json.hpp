// The alert document (schema contagiond.alert/1) and the sentences on it: one place that knows how
// an episode is told.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.hpp"
#include "core/event.hpp"

namespace contagiond::sinks {

/// What a document says beside the episode itself; fixed at start.
struct DocumentContext {
    const core::EngineConfig* engine =
        nullptr;  ///< names, windows, thresholds; must outlive the context
    std::string mode =
        "live";  ///< live, replay or demo; the last two mark the title [REPLAY] or [DEMO]
    /// Name of the shadow whose episodes these are, which then is in title and document; empty:
    /// they are the live engine's.
    std::string shadow;
    std::string version;
    std::string config_sha256;
    std::string instance;
    std::string external_url;  ///< base of links, without a slash at the end; empty: links are null
};

/// 2025-01-27T14:42:07.123456Z; microseconds. Pure.
std::string rfc3339(core::TimeNs t);
/// The moment behind such a text, also with another number of decimals, of which nine count; absent
/// where it is none or not in UTC. Pure.
std::optional<core::TimeNs> parse_rfc3339(std::string_view text);

/// One line of JSON, without a newline at the end, under 20 kB. Pure: equal episodes give equal
/// bytes.
std::string alert_document(const core::Episode& episode, const DocumentContext& context);

/// A document of type contagion.alert.test that says in title and summary that nothing happened.
std::string test_document(core::TimeNs ts, const DocumentContext& context);

/// "[DEMO] us_tech → BTC-USD, ETH-USD"
std::string title(const core::Episode& episode, const DocumentContext& context);

/// "us_tech → BTC-USD −3.1 % in 22 min, rho5m 0.81 (usual 0.34), 6 min after onset, NVDA led by
/// 41 s; us_tech −5.2 %; $593 bn gone, 33 % of crypto's value": what a trader reads first.
std::string summary(const core::Episode& episode, const DocumentContext& context);

/// Exact decimal text of a price: "98950.12".
std::string decimal_text(core::Decimal value);

/// The same value as people write a price: a venue's padding beyond two decimals is left out.
std::string price_text(core::Decimal value);

}  // namespace contagiond::sinks
