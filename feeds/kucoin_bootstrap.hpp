// Where KuCoin says that a connection is to be made.
//
//   POST https://api.kucoin.com/api/v1/bullet-public
//   {"code":"200000","data":{"token":"2neA..","instanceServers":[{"endpoint":
//    "wss://ws-api-spot.kucoin.com/","encrypt":true,"protocol":"websocket","pingInterval":18000,
//    "pingTimeout":10000}]}}
#pragma once

#include <string_view>

#include "feeds/adapter.hpp"

namespace contagiond::feeds {

/// Reads the answer to that request. The first server that speaks WebSocket over TLS is taken.
/// Pure.
BootstrapReply read_kucoin_bootstrap(std::string_view body);

}  // namespace contagiond::feeds
