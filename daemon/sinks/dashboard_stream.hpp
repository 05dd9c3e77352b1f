// StreamHub: numbers what changes and hands it to every open event stream, each through its own
// bounded queue. A slow client loses its own messages, is told so, and begins again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/sinks/stream_client.hpp"

namespace contagiond::sinks {

struct StreamHubSettings {
    std::string epoch = "0";              ///< differs between runs of the process
    std::size_t client_bytes = 1u << 20;  ///< waiting for one client
    std::size_t recent_messages = 1024;   ///< kept for resuming
    std::size_t recent_bytes = 4u << 20;
};

/// Any thread; briefly locked. Messages carry the id "<epoch>-<seq>"; seq rises by one.
class StreamHub {
  public:
    /// `snapshot` gives the whole state as one line of JSON. It is called under the hub's lock,
    /// must not call the hub, and must hold everything that was published.
    StreamHub(StreamHubSettings settings, std::function<std::string()> snapshot);
    ~StreamHub();  ///< ends all streams; clients may live on
    StreamHub(const StreamHub&) = delete;
    StreamHub& operator=(const StreamHub&) = delete;

    /// `data` is one line.
    void publish(std::string_view event, std::string_view data);

    /// Goes on behind `last_event_id` where the messages since are still known, else begins with a
    /// snapshot.
    std::shared_ptr<StreamClient> open(std::string_view last_event_id);

    /// Ends all streams once they have taken what waits for them.
    void end();

    std::uint64_t dropped() const;  ///< messages given up because a client was slow

  private:
    struct Core;
    class Client;
    std::shared_ptr<Core> core_;
};

}  // namespace contagiond::sinks
