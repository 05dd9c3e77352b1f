#include "daemon/engine_difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/config_parts.hpp"
#include "daemon/config_units.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t spoken_at_most = 5;

template <typename T, typename Same>
bool all_same(const std::vector<T>& a, const std::vector<T>& b, Same same) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool same_instrument(const core::Instrument& a, const core::Instrument& b) {
    return a.symbol == b.symbol && a.asset_class == b.asset_class && a.market == b.market &&
           a.staleness_bound == b.staleness_bound && a.units_outstanding == b.units_outstanding &&
           a.units_as_of == b.units_as_of;
}

bool same_member(const core::Member& a, const core::Member& b) {
    return a.instrument == b.instrument && a.weight == b.weight && a.is_index == b.is_index &&
           a.beta == b.beta;
}

bool same_group(const core::Group& a, const core::Group& b) {
    return a.name == b.name && all_same(a.members, b.members, same_member);
}

bool same_feed(const core::Feed& a, const core::Feed& b) {
    return a.name == b.name && a.venue == b.venue && a.instruments == b.instruments;
}

std::string text_of(const std::vector<core::DurationNs>& durations) {
    std::string out;
    for (const core::DurationNs duration : durations)
        out += (out.empty() ? "" : ", ") + format_duration(duration);
    return "[" + out + "]";
}

std::string symbol_of(const core::EngineConfig& engine, core::InstrumentId id) {
    const auto& all = engine.universe.instruments;
    return id < all.size() ? all[id].symbol : "unknown";
}

std::string source_of(const core::EngineConfig& engine) {
    const auto& groups = engine.universe.groups;
    return engine.source_group < groups.size() ? groups[engine.source_group].name : "unknown";
}

std::string symbols_of(const core::EngineConfig& engine,
                       const std::vector<core::InstrumentId>& instruments) {
    std::string out;
    for (const core::InstrumentId id : instruments)
        out += (out.empty() ? "" : ", ") + symbol_of(engine, id);
    return "[" + out + "]";
}

std::string controls_of(const core::EngineConfig& engine) {
    std::string out;
    for (const core::Control& control : engine.controls)
        out +=
            fmt::format("{}{} {}", out.empty() ? "" : ", ", symbol_of(engine, control.instrument),
                        hawkish_names[control.sign < 0 ? 1u : 0u]);
    return out.empty() ? "none" : out;
}

}  // namespace

std::vector<std::string> engine_differences(const core::EngineConfig& from,
                                            const core::EngineConfig& to) {
    std::vector<std::string> out;
    if (!all_same(from.universe.instruments, to.universe.instruments, same_instrument))
        out.emplace_back("instruments");
    if (!all_same(from.universe.groups, to.universe.groups, same_group)) out.emplace_back("groups");
    if (!all_same(from.universe.feeds, to.universe.feeds, same_feed)) out.emplace_back("feeds");

    const auto compare = [&](std::string_view key, const std::string& a, const std::string& b) {
        if (a != b) out.push_back(fmt::format("{} {} → {}", key, a, b));
    };
    const auto compare_duration = [&](std::string_view key, core::DurationNs a,
                                      core::DurationNs b) {
        compare(key, format_duration(a), format_duration(b));
    };
    compare("engine.source", source_of(from), source_of(to));
    compare("engine.targets", symbols_of(from, from.targets), symbols_of(to, to.targets));
    compare("engine.controls", controls_of(from), controls_of(to));
    compare("engine.placebos", symbols_of(from, from.placebos), symbols_of(to, to.placebos));
    compare_duration("engine.bar", from.bar, to.bar);
    compare("engine.correlation_windows", text_of(from.correlation_windows),
            text_of(to.correlation_windows));
    compare("engine.selloff_horizons", text_of(from.selloff_horizons),
            text_of(to.selloff_horizons));
    using Length = std::pair<std::string_view, core::DurationNs core::EngineConfig::*>;
    for (const auto& [key, member] :
         {Length{"engine.baseline_half_life", &core::EngineConfig::baseline_half_life},
          Length{"engine.correlation_half_life", &core::EngineConfig::correlation_half_life},
          Length{"engine.warmup", &core::EngineConfig::warmup},
          Length{"engine.lateness", &core::EngineConfig::lateness},
          Length{"engine.tick_window", &core::EngineConfig::tick_window},
          Length{"engine.link_window", &core::EngineConfig::link_window},
          Length{"engine.link_before", &core::EngineConfig::link_before},
          Length{"engine.study_interval", &core::EngineConfig::study_interval}})
        compare_duration(key, from.*member, to.*member);
    for (const DetectorNumber& number : detector_numbers)
        compare(fmt::format("detector.{}", number.key), format_number(from.detector.*number.member),
                format_number(to.detector.*number.member));
    for (const DetectorDuration& duration : detector_durations)
        compare_duration(fmt::format("detector.{}", duration.key), from.detector.*duration.member,
                         to.detector.*duration.member);
    return out;
}

std::string spoken_differences(const std::vector<std::string>& differences) {
    std::string out;
    for (std::size_t i = 0; i < std::min(differences.size(), spoken_at_most); ++i)
        out += (i > 0 ? ", " : "") + differences[i];
    if (differences.size() > spoken_at_most)
        out += fmt::format(" and {} more", differences.size() - spoken_at_most);
    return out;
}

}  // namespace contagiond::daemon
