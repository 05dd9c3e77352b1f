// Configuration: one YAML file, checked as a whole before anything is built. Unknown keys are
// errors.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "daemon/http_server.hpp"
#include "daemon/sinks/journal.hpp"
#include "daemon/sinks/webhook_sink.hpp"
#include "feeds/session.hpp"

namespace contagiond::daemon {

struct Config {
    std::string file;      ///< where it came from, for messages
    std::string instance;  ///< name of this daemon on alerts; default: the host name
    std::string storage_path;
    HttpServerSettings web;
    std::string web_external_url;
    core::EngineConfig engine;
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

/// Reads and checks; changes nothing. Reads the files that secrets are in. Throws ConfigError.
Config load_config(const std::string& file);
/// The same from text; `name` stands for the file in messages, relative paths are taken from
/// `directory`.
Config parse_config(const std::string& text, const std::string& name, const std::string& directory);

}  // namespace contagiond::daemon
