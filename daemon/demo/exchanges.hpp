// Loopback exchanges: real WebSocket servers inside the process, speaking the dialects of Binance
// spot, Coinbase Exchange and Alpaca, fed by the scripted market.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "daemon/demo/market.hpp"

namespace contagiond::demo {

/// Where the three exchanges listen: ws://127.0.0.1:<port>/...
struct Endpoints {
    std::string binance_spot;
    std::string coinbase_exchange;
    std::string alpaca;
};

/// Runs its own thread. Clients subscribe as they would at the real venue (Alpaca: greeting,
/// authentication with any key, subscription); what they did not ask for they do not get.
class Exchanges {
  public:
    /// `clock` is the market's clock; `market` is advanced on the exchanges' thread only.
    Exchanges(Market& market, const core::Clock& clock);
    ~Exchanges();
    Exchanges(const Exchanges&) = delete;

    /// Binds three free ports and serves. Throws std::runtime_error with one sentence on failure.
    Endpoints start();
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::demo
