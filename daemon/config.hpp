// Configuration: one YAML file, checked as a whole before anything is built. Unknown keys are
// errors.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "daemon/http_server.hpp"
#include "daemon/sinks/journal.hpp"
#include "daemon/sinks/webhook/settings.hpp"
#include "feeds/session.hpp"

namespace contagiond::daemon {

/// A second setting of the engine, which runs beside the live one on the same inputs and whose
/// alerts are counted and listed, and not sent.
struct ShadowConfig {
    std::string name;
    core::EngineConfig engine;      ///< of the live one's universe; an identity of its own
    double false_alarm_budget = 0;  ///< as in Config
};

struct Config {
    std::string file;      ///< where it came from, for messages
    std::string instance;  ///< name of this daemon on alerts; default: the host name
    std::string storage_path;
    HttpServerSettings web;
    std::string web_external_url;  ///< without '/' at its end; empty only where the port is 0
    /// Currencies that count as one in the symbols of instruments; empty: each is its own.
    std::vector<std::string> quotes_as_one;
    core::EngineConfig engine;
    /// What the detector's threshold factor was derived from, episodes in 30 days; 0: it was set by
    /// hand. See false_alarm_budget.hpp.
    double false_alarm_budget = 0;
    std::optional<ShadowConfig> shadow;
    /// Shares of a fund are stated as 0: what it holds counts already.
    std::vector<core::InstrumentId> counted_elsewhere;
    std::vector<feeds::SessionSettings>
        feeds;  ///< feed ids are positions here and in engine.universe.feeds
    bool journal_enabled = true;
    sinks::JournalSettings journal;  ///< directory and config_text are filled in from the rest
    std::vector<sinks::WebhookSettings> webhooks;
    std::size_t ring_slots = 16384;
    std::string sha256;    ///< of the resolved text, lower-case hex
    std::string resolved;  ///< the whole configuration with defaults filled in and secrets as
                           ///< <secret>; YAML
    std::vector<std::string> warnings;  ///< what is legal but surely not meant
};

/// One line: "desk.yml:12: feeds[0].venu: unknown key, did you mean venue?"
class ConfigError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What the command line sets in place of the file.
struct Overrides {
    std::optional<std::string> listen_address;
    std::optional<std::string> external_url;
    std::optional<std::string> storage_path;  ///< relative ones from the working directory
};

/// Reads and checks; changes nothing. Reads the files that secrets are in, and looks whether files
/// of certificates can be read. Throws ConfigError.
Config load_config(const std::string& file, const Overrides& overrides = {});
/// The same from text; `name` stands for the file in messages, relative paths are taken from
/// `directory`. Also takes a resolved text, which gives the same engine configuration and the same
/// resolved text again: there <secret> is no secret but a mark, and files of certificates are left
/// alone.
Config parse_config(const std::string& text, const std::string& name, const std::string& directory,
                    const Overrides& overrides = {});

}  // namespace contagiond::daemon
