// JsonForm: the JSON object of a request, read strictly: each member is asked for by name, and what
// nobody asked for, stands there twice or is of another kind is an error in plain words.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace contagiond::daemon {

/// The first thing that is wrong is remembered as one sentence; what is asked after that is absent.
class JsonForm {
  public:
    /// An empty body is an empty object.
    explicit JsonForm(std::string_view body);

    /// One line of text as typed_text gives it; absent where the member is missing, null or empty.
    std::optional<std::string> text(std::string_view name, std::size_t limit);
    /// The same for a list of texts, empty ones left out.
    std::vector<std::string> texts(std::string_view name, std::size_t items, std::size_t limit);
    bool flag(std::string_view name);
    /// RFC 3339 in UTC.
    std::optional<core::TimeNs> time(std::string_view name);
    /// "2h", "90m", as in the configuration; longer than nothing.
    std::optional<core::DurationNs> duration(std::string_view name);

    /// Remembers a sentence of the caller's own.
    void fail(std::string sentence);
    /// After all were asked for: what is wrong; empty where nothing is.
    std::string finish();

  private:
    const nlohmann::json* member(std::string_view name);

    nlohmann::json json_;
    std::vector<std::string> asked_;
    std::string error_;
};

}  // namespace contagiond::daemon
