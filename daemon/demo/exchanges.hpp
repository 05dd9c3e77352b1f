// Loopback exchanges: real WebSocket servers inside the process, each speaking the dialect of one
// venue (dialect.hpp), all fed by one scripted market.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "daemon/demo/market.hpp"

namespace contagiond::demo {

/// Where the exchanges listen, by venue: ws://127.0.0.1:<port>/...
using Endpoints = std::map<std::string, std::string, std::less<>>;

struct ExchangeSettings {
    std::string key, secret;  ///< the only ones let in; empty: any will do, but not none
    /// Symbols that every exchange has beside those of the market.
    std::set<std::string, std::less<>> also_listed;
    bool behind_tls = false;  ///< clients come through somebody who speaks TLS to them
};

/// Runs its own thread. Clients connect, prove who they are and subscribe as they would at the real
/// venue; what they did not ask for they do not get.
class Exchanges {
  public:
    /// `clock` is the market's clock; `market` is advanced on the exchanges' thread only.
    Exchanges(Market& market, const core::Clock& clock, ExchangeSettings settings = {});
    ~Exchanges();
    Exchanges(const Exchanges&) = delete;

    /// Binds a free port for each venue of the market's listings and serves. Throws
    /// std::runtime_error with one sentence on failure.
    Endpoints start();
    void stop();

    // For whoever directs the play. Between start() and stop(), from any other thread; each waits
    // until it is done there.

    /// What each upgraded client of a venue is subscribed to, in the venue's names.
    std::vector<std::set<std::string, std::less<>>> streams(std::string_view venue);
    /// Pings in the venue's own words that were answered so far.
    std::size_t pings(std::string_view venue);
    /// Sends frames to all clients of a venue as they are.
    void say(std::string_view venue, const std::vector<std::string>& frames);
    /// A second passes for the clients of a venue (it does so by itself every second).
    void beat(std::string_view venue);
    /// The venue ends all its connections, in its own words and with its own close code.
    void leave(std::string_view venue);
    /// All that the market does until the clock's present is on the wire, or in a queue to it.
    void catch_up();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::demo
