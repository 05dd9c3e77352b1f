// FrameTap: sees the frames of one connection as they came off the wire, and what they gave.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/units.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::feeds {

/// Made when a connection is made, destroyed when it ends; on the feed thread throughout.
class FrameTap {
  public:
    virtual ~FrameTap() = default;
    /// One received frame and what the decoder made of it. Of a frame that was too large nothing is
    /// there. Never blocks, never allocates, never throws.
    virtual void see(std::string_view frame, core::TimeNs ts_receive,
                     const Decoded& decoded) noexcept = 0;
};

/// Called once a connection.
using MakeFrameTap = std::function<std::unique_ptr<FrameTap>()>;

}  // namespace contagiond::feeds
