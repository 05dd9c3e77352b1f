// AlertList: the newest alert documents, as the API lists them.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace contagiond::sinks {

/// No locks of its own.
class AlertList {
  public:
    /// Of all revisions the newest `kept` are.
    explicit AlertList(std::size_t kept) : kept_(kept) {}

    /// `explanation`: why the episode was opened, the same in all its revisions; may be null.
    void add(std::string_view id, core::TimeNs ts, std::string document,
             std::shared_ptr<const std::string> explanation = nullptr);
    void clear() { rows_.clear(); }

    /// JSON members that every document of an episode shows beside its own ("a":1,"b":2); absent or
    /// empty: none.
    using Marks = std::function<std::string(std::string_view id)>;

    /// A JSON array of the latest revisions, newest first; those that are later than `since`.
    std::string json(core::TimeNs since, std::size_t limit, const Marks& marks = {}) const;
    /// A JSON array of all revisions of one episode, oldest first; nothing where it is not known.
    std::optional<std::string> revisions(std::string_view id, const Marks& marks = {}) const;
    /// Of all episodes, the one that changed last first.
    std::vector<std::string> ids() const;
    /// Of one episode; null where it is not known.
    std::shared_ptr<const std::string> explanation(std::string_view id) const;

  private:
    struct Row {
        std::string id;
        core::TimeNs ts;
        std::string document;
        std::shared_ptr<const std::string> explanation;
    };
    std::size_t kept_;
    std::deque<Row> rows_;  ///< oldest first
};

}  // namespace contagiond::sinks
