// DeskApi: silences, acknowledgements and annotations over HTTP. Who may POST and DELETE is the
// server's business (it asks for a user); who it was is recorded here.
//
//   GET    /api/v1/silences[?state=pending|active|expired]        newest first
//   POST   /api/v1/silences   {"rule":"tech_to_crypto","target":"BTC-USD","everything":true,
//                              "for":"2h" or "until":time,"starts_at":time,"comment":"..."}
//          rule, target or both, or everything; for or until; a comment; starts_at if not now
//   DELETE /api/v1/silences/{id}                                  ends it now
//   POST   /api/v1/alerts/{id}/ack   {"comment":"..."} or nothing
//   DELETE /api/v1/alerts/{id}/ack
//   GET    /api/v1/annotations[?from&to&limit]                    by time, latest first
//   POST   /api/v1/annotations   {"text":"...","time":time,"symbols":["NVDA"],"tags":["news"]}
//
// Each body may also hold "by": who typed it, where a command of this machine asks.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/desk_book.hpp"
#include "daemon/http_server.hpp"

namespace contagiond::daemon {

/// What the handlers know of the rest. Everything must outlive the routes.
struct DeskApiHooks {
    DeskBook* book = nullptr;
    const core::Clock* clock = nullptr;
    std::vector<std::string> targets;  ///< that can be silenced
    std::vector<std::string> symbols;  ///< that an annotation may be about: instruments, groups
    /// Ids of the alerts that are known here, newest first.
    std::function<std::vector<std::string>()> alert_ids;
    /// A new annotation, for whoever keeps it elsewhere too; may be empty.
    std::function<void(const core::Annotation&)> annotated;
};

/// As HttpServer::route takes them; called on the listener's thread, which a change keeps for as
/// long as the disk takes.
struct DeskRoute {
    std::string method, path, name;
    HttpServer::Handler handler;
};
std::vector<DeskRoute> desk_routes(const DeskApiHooks& hooks);

}  // namespace contagiond::daemon
