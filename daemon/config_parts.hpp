// What the sources that read and compare the configuration share; nobody else includes this.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.hpp"
#include "daemon/config.hpp"
#include "daemon/config_reader.hpp"

namespace contagiond::daemon {

/// How one text is read.
struct ConfigContext {
    std::string directory;       ///< relative paths start here
    bool is_replayable = false;  ///< `<secret>` stands for itself, and files are left alone
    Overrides overrides;
};

inline constexpr std::array<std::string_view, 6> class_names = {"equity", "future",   "crypto",
                                                                "rate",   "currency", "commodity"};
inline constexpr std::array<std::string_view, 3> market_names = {"always", "us_equities",
                                                                 "cme_globex"};
/// The key that says how much of an instrument there is; empty where the class has none.
constexpr std::string_view units_key(core::AssetClass asset_class) {
    if (asset_class == core::AssetClass::equity) return "shares_outstanding";
    if (asset_class == core::AssetClass::crypto) return "circulating_supply";
    return {};
}
/// Position is whether the sign is -1.
inline constexpr std::array<std::string_view, 2> hawkish_names = {"falls", "rises"};

struct DetectorNumber {
    std::string_view key;
    double core::DetectorConfig::*member;
    double least;
    double most;
};

struct DetectorDuration {
    std::string_view key;
    core::DurationNs core::DetectorConfig::*member;
    core::DurationNs least = 0;
    core::DurationNs most = 30 * core::ns_per_day;
};

// One table for reading and showing: a threshold cannot be read and then not shown.
inline constexpr std::array<DetectorNumber, 28> detector_numbers = {{
    {"enter_score", &core::DetectorConfig::enter_score, 0.01, 1},
    {"exit_score", &core::DetectorConfig::exit_score, 0.01, 1},
    {"elevated_score", &core::DetectorConfig::elevated_score, 0.01, 1},
    {"elevated_exit_score", &core::DetectorConfig::elevated_exit_score, 0.01, 1},
    {"critical_score", &core::DetectorConfig::critical_score, 0.01, 1},
    {"threshold_factor", &core::DetectorConfig::threshold_factor, 0.1, 10},
    {"source_fall", &core::DetectorConfig::source_fall, 1e-05, 0.99},
    {"target_fall", &core::DetectorConfig::target_fall, 1e-05, 0.99},
    {"joint_fall", &core::DetectorConfig::joint_fall, 0.01, 200},
    {"recent_fall", &core::DetectorConfig::recent_fall, 1e-05, 0.99},
    {"follow_share", &core::DetectorConfig::follow_share, 0.01, 100},
    {"follow_cap", &core::DetectorConfig::follow_cap, 1e-05, 0.99},
    {"before_share", &core::DetectorConfig::before_share, 0.01, 100},
    {"before_credit", &core::DetectorConfig::before_credit, 0, 1},
    {"regained_share", &core::DetectorConfig::regained_share, 0.001, 10},
    {"outrun_share", &core::DetectorConfig::outrun_share, 0.01, 100},
    {"burst_volatility", &core::DetectorConfig::burst_volatility, 0.01, 100},
    {"burst_correlation", &core::DetectorConfig::burst_correlation, 0.01, 1},
    {"burst_one_way", &core::DetectorConfig::burst_one_way, 0.01, 100},
    {"slide_share", &core::DetectorConfig::slide_share, 0.001, 1},
    {"slide_cap", &core::DetectorConfig::slide_cap, 1e-05, 0.99},
    {"reopen_factor", &core::DetectorConfig::reopen_factor, 0.1, 100},
    {"macro_share", &core::DetectorConfig::macro_share, 0.01, 10},
    {"macro_one_way", &core::DetectorConfig::macro_one_way, 0.01, 100},
    {"macro_sigma", &core::DetectorConfig::macro_sigma, 0.01, 100},
    {"reverse_fall", &core::DetectorConfig::reverse_fall, 1e-05, 0.99},
    {"reverse_source_fall", &core::DetectorConfig::reverse_source_fall, 1e-05, 0.99},
    {"reverse_balance", &core::DetectorConfig::reverse_balance, 0.01, 100},
}};

inline constexpr std::array<DetectorDuration, 10> detector_durations = {{
    {"confirm", &core::DetectorConfig::confirm},
    {"minimum_hold", &core::DetectorConfig::minimum_hold},
    {"calm_before_over", &core::DetectorConfig::calm_before_over},
    {"cooldown", &core::DetectorConfig::cooldown},
    {"reopen_after", &core::DetectorConfig::reopen_after},
    {"update_interval", &core::DetectorConfig::update_interval},
    {"level_window", &core::DetectorConfig::level_window, 2 * core::ns_per_min,
     7 * core::ns_per_day},
    {"recent_window", &core::DetectorConfig::recent_window, core::ns_per_min},
    {"slide_age", &core::DetectorConfig::slide_age, core::ns_per_min},
    {"slide_lead", &core::DetectorConfig::slide_lead},
}};

/// The instrument's number, or fail at `where` naming the nearest symbol.
core::InstrumentId find_instrument(const core::Universe& universe, std::string_view symbol,
                                   const ConfigValue& where);

/// Fails unless `name` is fit for a label, a file name and a sentence: 1 to 64 letters, digits,
/// '_', '.', '-', a letter or digit first.
void check_name(std::string_view name, const ConfigValue& where);

/// An absolute path; relative ones from the configuration's directory.
std::string absolute_path(const std::string& path, const ConfigContext& context);
/// A file of certificates: its absolute path, or empty for an empty text. Fails where it cannot be
/// read.
std::string read_ca_file(const ConfigValue& value, const ConfigContext& context);
/// The secret in the file that `value` names.
std::string read_secret_file(const ConfigValue& value, const ConfigContext& context);

/// Which currencies count as one.
void read_universe(const ConfigValue& value, Config& config);
void read_instruments(const ConfigValue& value, Config& config);
void read_groups(const ConfigValue& value, core::Universe& universe);
/// The instrument and the venue's symbol behind `text`, which is a canonical symbol or the venue's
/// own; `feed` has its venue and address. Fails at `where`, naming what was probably meant.
void find_listing(const std::string& text, const Config& config, const feeds::SessionSettings& feed,
                  const ConfigValue& where, feeds::Listing& listing);
/// Fails at `where` if the venue's symbol, as far as its table knows it, is a proxy and the
/// instrument is not, or the other way round; warns where it is spelled as another venue would.
void check_listing(const feeds::Listing& listing, const Config& config,
                   const feeds::SessionSettings& feed, const ConfigValue& where,
                   std::vector<std::string>& warnings);
void read_feeds(const ConfigValue& value, const ConfigContext& context, Config& config);
/// What the keys set of an engine of a known universe. `is_overlay`: `engine` is whole already, and
/// what has no key stays.
void read_engine(const ConfigValue& value, bool is_overlay, core::EngineConfig& engine);
/// `budget` is as for read_budget.
void read_detector(const ConfigValue& value, core::EngineConfig& engine, double& budget,
                   std::vector<std::string>& warnings);
/// Fails at the key of a threshold of the detector that no market can meet, or that no alert can
/// outlast.
void check_reach(ConfigMap& keys, const core::EngineConfig& engine);
/// By instrument: whether any feed delivers it.
std::vector<bool> delivered_instruments(const core::Universe& universe);
/// Fails at the key under `engine` that asks for prices which no feed delivers, where without them
/// no alert can ever open. Where there are no feeds at all the configuration is for files.
void check_delivery(const ConfigValue& engine_keys, const core::EngineConfig& engine);
/// The shadow, which has every setting of the engine in `config` that its own keys do not change.
void read_shadow(const ConfigValue& value, const ConfigContext& context, Config& config);
void read_webhooks(const ConfigValue& value, const ConfigContext& context, Config& config);

/// The budget of false alarms among the detector's keys, and the factor that it comes to. `budget`
/// holds what is kept where no key says another. A factor that the keys set stands. Fails at a
/// budget that the table does not know.
void read_budget(ConfigMap& detector_keys, core::EngineConfig& engine, double& budget,
                 std::vector<std::string>& warnings);

/// What is legal but surely not meant, appended to config.warnings. `engine` is where they point.
void warn_of_gaps(const ConfigValue& engine, Config& config);

/// The configuration as YAML, defaults filled in, secrets as <secret>.
std::string resolve(const Config& config);
/// Everything of it that decides which events this engine of the configuration's universe gives.
std::string engine_text(const Config& config, const core::EngineConfig& engine);

}  // namespace contagiond::daemon
