// Session: one stream of a venue, over one connection at a time or, while it rolls over, two. What
// they do session_machine decides. Beast and TLS stay behind this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/instrument.hpp"
#include "feeds/adapter.hpp"
#include "feeds/feed_counters.hpp"
#include "feeds/feed_link.hpp"
#include "feeds/frame_tap.hpp"
#include "feeds/input_publisher.hpp"
#include "feeds/lookup.hpp"
#include "feeds/session_machine.hpp"

namespace boost::asio {
class io_context;
}

namespace contagiond::feeds {

/// One instrument as one venue lists it.
struct Listing {
    core::InstrumentId instrument = core::no_id;
    std::string symbol;  ///< as the venue writes it in messages
    bool trades = true;
    bool quotes = true;
    core::Market market = core::Market::always;          ///< whose hours it keeps
    core::DurationNs stale_after = 90 * core::ns_per_s;  ///< a silence no shorter is none
};

struct SessionSettings {
    core::FeedId feed = core::no_id;
    std::string name;  ///< the feed's name in the configuration
    const Venue* venue = nullptr;
    std::string
        url;  ///< wss://..., or ws:// to a loopback address only; empty: the venue's default
    std::string ca_file;  ///< certificates to trust instead of the system's; empty: the system's
    Credentials credentials;
    std::vector<Listing> listings;
    std::uint64_t jitter_seed =
        0;          ///< of the backoff; from the caller, so that a test can choose it
    Timing timing;  ///< the defaults are for the world; tests shorten them
    LookupFn look_up = system_lookup;  ///< how the host's name becomes addresses
    /// Shared by the sessions of one feed, where it takes several; null: this is the only one.
    std::shared_ptr<FeedLink> link;
    MakeFrameTap make_tap;  ///< sees what each connection receives; empty: nobody looks
};

/// Where a session's log lines go; called on the feed thread. Lines may quote the venue's words:
/// hostile text.
using LogFn = std::function<void(LogLevel, std::string_view)>;

/// Largest message a session takes; a larger one is dropped and counted.
inline constexpr std::size_t message_bytes_max = 1 << 20;

/// Lives on one io_context that one thread runs (the feed thread). start() and stop() may be called
/// from any thread; everything else happens on the feed thread. Reconnects by itself until stopped.
/// To be destroyed after stop() is done, or when nobody runs the io_context any more.
class Session {
  public:
    /// Throws std::runtime_error, in one sentence, if the settings cannot work: no venue, a URL
    /// that check_url refuses, a ca_file that cannot be read.
    Session(boost::asio::io_context& io, SessionSettings settings, const core::Clock& clock,
            InputPublisher& publisher, FeedCounters& counters, LogFn log);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Not between stop() and its `done`: then it does nothing.
    void start();
    /// Closes the connection and starts no other. `done` is called on the feed thread once nothing
    /// is pending.
    void stop(std::function<void()> done);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

/// Empty if `url` may be connected to, else why not in one sentence: not ws or wss, no host, or
/// plain to a host that is not loopback.
std::string check_url(std::string_view url);

}  // namespace contagiond::feeds
