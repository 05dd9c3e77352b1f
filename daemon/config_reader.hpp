// Typed reading of a YAML file that remembers which keys were asked for, so that a key nobody asks
// for is an error. Every complaint is one line: "desk.yml:12: feeds[0].venu: what is wrong".
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/units.hpp"
#include "daemon/config.hpp"

namespace contagiond::daemon {

class ConfigMap;

/// One value and where it stands: a handle, cheap to copy. The readers throw ConfigError when the
/// value has another shape, another unit, or is out of range; they never change anything.
class ConfigValue {
  public:
    ConfigValue(std::shared_ptr<const std::string> file, YAML::Node node, std::string path,
                int line);

    /// "FILE:LINE: path.to.key".
    std::string place() const;
    [[noreturn]] void fail(std::string_view problem) const;

    /// One line of text without control characters. Never repeated in a complaint.
    std::string text() const;
    bool flag() const;                               ///< true or false
    double number(double least, double most) const;  ///< both ends included
    double ratio(double least, double most) const;   ///< also as a percentage
    core::DurationNs duration(core::DurationNs least, core::DurationNs most) const;
    std::uint64_t bytes(std::uint64_t least, std::uint64_t most) const;
    std::uint64_t count(std::uint64_t least, std::uint64_t most) const;
    /// Midnight UTC of a day such as 2025-01-24, in the years 2015 to 2099.
    core::TimeNs date() const;
    /// Position of the word in `words`.
    std::size_t choice(std::span<const std::string_view> words) const;
    /// Items in order; a key with nothing behind it is an empty list.
    std::vector<ConfigValue> list() const;
    /// A mapping whose keys are names the operator chose, in order; nothing is an empty one.
    std::vector<std::pair<std::string, ConfigValue>> entries() const;
    /// A mapping whose keys are ours: `read(ConfigMap&)` asks for them; whatever it did not ask for
    /// is then an error.
    template <typename Read>
    void map(Read read) const;

    bool is_map() const { return node_.IsMap(); }
    /// Where `key` would stand, with nothing behind it.
    ConfigValue empty(std::string_view key) const;

  private:
    /// The scalar's text, or fail saying what was found instead of `wanted`.
    std::string scalar(std::string_view wanted) const;
    std::string found() const;
    template <typename T, typename Format>
    T in_range(T value, T least, T most, Format format) const;

    std::shared_ptr<const std::string> file_;
    YAML::Node node_;
    std::string path_;
    int line_;
};

/// The keys of one mapping; only ConfigValue::map makes one.
class ConfigMap {
  public:
    std::optional<ConfigValue> find(std::string_view key);
    /// Fails when the key is absent; names a near miss first.
    ConfigValue need(std::string_view key);
    /// The value, or an empty mapping or list in its place.
    ConfigValue find_or_empty(std::string_view key);
    const ConfigValue& self() const { return self_; }

  private:
    friend class ConfigValue;
    explicit ConfigMap(ConfigValue self) : self_(std::move(self)), entries_(self_.entries()) {}
    /// Fails on the first key that was not asked for.
    void done() const;

    ConfigValue self_;
    std::vector<std::pair<std::string, ConfigValue>> entries_;
    std::set<std::string, std::less<>> asked_;
};

template <typename Read>
void ConfigValue::map(Read read) const {
    ConfigMap keys(*this);
    read(keys);
    keys.done();
}

/// The one document of a text. Fails on YAML that is broken, empty, no mapping, or not UTF-8.
ConfigValue read_document(const std::string& text, const std::string& file);

}  // namespace contagiond::daemon
