// One open event stream (SSE), as the HTTP server sees it: a bounded source of text that wakes it
// up.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace contagiond::sinks {

/// Any thread may call; never blocks for long.
class StreamClient {
  public:
    virtual ~StreamClient() = default;
    /// Moves all text that is ready to be sent (whole SSE messages) to `out`; false when the stream
    /// has ended.
    virtual bool take(std::string& out) = 0;
    /// `wake` is called, from any thread, when text became ready after take() found none. Null:
    /// nobody listens.
    virtual void on_ready(std::function<void()> wake) = 0;
};

}  // namespace contagiond::sinks
