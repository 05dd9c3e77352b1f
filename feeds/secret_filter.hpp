// SecretFilter: keeps the keys of a feed out of what people read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "feeds/adapter.hpp"

namespace contagiond::feeds {

/// A venue may quote what we sent it, a key in the address among it. Pure.
class SecretFilter {
  public:
    explicit SecretFilter(const Credentials& credentials);
    /// `words` with <secret> in place of key and secret, as they are or percent-encoded.
    std::string operator()(std::string_view words) const;

  private:
    std::vector<std::string> secrets_;
};

}  // namespace contagiond::feeds
