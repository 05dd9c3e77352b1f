// Who may have a place at the listener: so many connections in all, and so many of one address.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "daemon/http_server.hpp"

namespace contagiond::daemon {

/// The server's thread, but for `count`. `Address` needs an order and nothing else.
template <typename Address>
class HttpAdmission {
  public:
    HttpAdmission(std::size_t most, std::size_t most_of_address)
        : most_(most), most_of_address_(most_of_address) {}

    /// Takes a place, or says why there is none.
    std::optional<HttpRejection> enter(const Address& address) {
        if (taken_ >= most_) return HttpRejection::connections;
        const auto [of_address, is_new] = of_.try_emplace(address, 0);
        if (of_address->second >= most_of_address_) {
            if (is_new) of_.erase(of_address);
            return HttpRejection::address;
        }
        ++of_address->second;
        ++taken_;
        return {};
    }
    void leave(const Address& address) {
        const auto of_address = of_.find(address);
        if (of_address == of_.end()) return;
        --taken_;
        if (--of_address->second == 0) of_.erase(of_address);
    }
    std::size_t taken() const { return taken_; }

  private:
    std::size_t most_;
    std::size_t most_of_address_;
    std::size_t taken_ = 0;
    std::map<Address, std::size_t> of_;  ///< only addresses that hold a place
};

/// One more as long as it lives. Copies of the counter's owner may outlive the server.
class StreamCount {
  public:
    explicit StreamCount(std::shared_ptr<std::atomic<std::size_t>> count)
        : count_(std::move(count)) {
        count_->fetch_add(1);
    }
    ~StreamCount() { count_->fetch_sub(1); }
    StreamCount(const StreamCount&) = delete;
    StreamCount& operator=(const StreamCount&) = delete;

  private:
    std::shared_ptr<std::atomic<std::size_t>> count_;
};

}  // namespace contagiond::daemon
