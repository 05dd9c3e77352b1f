#include "daemon/config_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "daemon/config_units.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/text_escape.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t longest_text = 4096;
constexpr std::size_t date_bytes = 10;  ///< without a time of day

/// yaml-cpp counts lines from 0, and has -1 for "nowhere".
int line_of(const YAML::Mark& mark) {
    return mark.is_null() ? 1 : mark.line + 1;
}

std::string same(std::string_view text) {
    return std::string(text);
}

}  // namespace

ConfigValue::ConfigValue(std::shared_ptr<const std::string> file, YAML::Node node, std::string path,
                         int line)
    : file_(std::move(file)), node_(std::move(node)), path_(std::move(path)), line_(line) {}

std::string ConfigValue::place() const {
    if (path_.empty()) return fmt::format("{}:{}", *file_, line_);
    return fmt::format("{}:{}: {}", *file_, line_, path_);
}

void ConfigValue::fail(std::string_view problem) const {
    throw ConfigError(fmt::format("{}: {}", place(), problem));
}

std::string ConfigValue::found() const {
    if (node_.IsSequence()) return "a list";
    if (node_.IsMap()) return "a mapping";
    if (node_.IsScalar()) return fmt::format("\"{}\"", printable(node_.Scalar()));
    return "nothing";
}

std::string ConfigValue::scalar(std::string_view wanted) const {
    if (!node_.IsScalar()) fail(fmt::format("found {}, wanted {}", found(), wanted));
    return node_.Scalar();
}

std::string ConfigValue::text() const {
    std::string value = scalar("text");
    if (value.size() > longest_text) fail(fmt::format("is longer than {} bytes", longest_text));
    std::string_view rest = value;
    while (!rest.empty()) {
        const CodePoint c = first_code_point(rest);
        if (!c.valid || !is_visible(c.value)) fail("holds a control or invisible character");
        rest.remove_prefix(c.length);
    }
    return value;
}

bool ConfigValue::flag() const {
    const std::string value = scalar("true or false");
    if (value == "true") return true;
    if (value != "false") fail(fmt::format("found {}, wanted true or false", found()));
    return false;
}

template <typename T, typename Format>
T ConfigValue::in_range(T value, T least, T most, Format format) const {
    if (value < least || value > most) {
        fail(fmt::format("{} is out of range, wanted {} to {}", format(value), format(least),
                         format(most)));
    }
    return value;
}

double ConfigValue::number(double least, double most) const {
    const Parsed<double> parsed = parse_number(scalar("a number"));
    if (!parsed.value) fail(parsed.problem);
    return in_range(*parsed.value, least, most, format_number);
}

double ConfigValue::ratio(double least, double most) const {
    const Parsed<double> parsed = parse_ratio(scalar("a share such as 0.75% or 0.0075"));
    if (!parsed.value) fail(parsed.problem);
    return in_range(*parsed.value, least, most, format_number);
}

core::DurationNs ConfigValue::duration(core::DurationNs least, core::DurationNs most) const {
    const Parsed<core::DurationNs> parsed = parse_duration(scalar("a duration such as 90s"));
    if (!parsed.value) fail(parsed.problem);
    return in_range(*parsed.value, least, most, format_duration);
}

std::uint64_t ConfigValue::bytes(std::uint64_t least, std::uint64_t most) const {
    const Parsed<std::uint64_t> parsed = parse_bytes(scalar("a size such as 64MiB"));
    if (!parsed.value) fail(parsed.problem);
    return in_range(*parsed.value, least, most, format_bytes);
}

std::uint64_t ConfigValue::count(std::uint64_t least, std::uint64_t most) const {
    const Parsed<std::uint64_t> parsed = parse_count(scalar("a whole number"));
    if (!parsed.value) fail(parsed.problem);
    return in_range(*parsed.value, least, most, [](std::uint64_t n) { return std::to_string(n); });
}

core::TimeNs ConfigValue::date() const {
    constexpr std::string_view wanted = "a day such as 2025-01-24";
    const std::string text = scalar(wanted);
    const std::optional<core::TimeNs> day = parse_utc(text);
    if (!day || text.size() != date_bytes)
        fail(fmt::format("found {}, wanted {}", found(), wanted));
    if (!core::is_plausible_time(*day)) {
        fail(fmt::format("{} is out of range, wanted 2015-01-01 to 2099-12-31", text));
    }
    return *day;
}

std::size_t ConfigValue::choice(std::span<const std::string_view> words) const {
    std::string list;
    for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + same(word);
    const std::string value = scalar("one of " + list);
    const auto at = std::find(words.begin(), words.end(), value);
    if (at == words.end()) {
        const std::string meant = did_you_mean(value, words);
        fail(fmt::format("found {}, wanted one of {}{}", found(), list, meant));
    }
    return static_cast<std::size_t>(at - words.begin());
}

std::vector<ConfigValue> ConfigValue::list() const {
    std::vector<ConfigValue> items;
    if (node_.IsNull()) return items;
    if (!node_.IsSequence()) fail(fmt::format("found {}, wanted a list", found()));
    for (const YAML::Node& item : node_) {
        const int line = item.Mark().is_null() ? line_ : line_of(item.Mark());
        items.emplace_back(file_, item, fmt::format("{}[{}]", path_, items.size()), line);
    }
    return items;
}

std::vector<std::pair<std::string, ConfigValue>> ConfigValue::entries() const {
    std::vector<std::pair<std::string, ConfigValue>> out;
    if (node_.IsNull()) return out;
    if (!node_.IsMap()) fail(fmt::format("found {}, wanted a mapping", found()));
    // The parser keeps both of two equal keys and answers with the first: silence that would hide
    // half of a careless merge.
    std::map<std::string, int> lines;
    for (const auto& entry : node_) {
        const int line = line_of(entry.first.Mark());
        if (!entry.first.IsScalar() || entry.first.Scalar().empty()) {
            ConfigValue(file_, entry.first, path_, line).fail("a key here is no text");
        }
        const std::string& key = entry.first.Scalar();
        const std::string shown = printable(key);
        ConfigValue value(file_, entry.second, path_.empty() ? shown : path_ + "." + shown, line);
        const auto [first, is_new] = lines.emplace(key, line);
        if (!is_new) {
            value.fail(fmt::format("stands twice in one mapping, first in line {}", first->second));
        }
        out.emplace_back(key, std::move(value));
    }
    return out;
}

ConfigValue ConfigValue::empty(std::string_view key) const {
    return ConfigValue(file_, YAML::Node(), path_.empty() ? same(key) : path_ + "." + same(key),
                       line_);
}

std::optional<ConfigValue> ConfigMap::find(std::string_view key) {
    asked_.emplace(key);
    for (const auto& [name, value] : entries_) {
        if (name == key) return value;
    }
    return {};
}

ConfigValue ConfigMap::need(std::string_view key) {
    if (std::optional<ConfigValue> value = find(key)) return *std::move(value);
    const std::string_view wanted[] = {key};
    for (const auto& [name, value] : entries_) {
        if (asked_.contains(name)) continue;
        const std::string meant = did_you_mean(name, wanted);
        if (!meant.empty()) value.fail("unknown key" + meant);
    }
    self_.fail(fmt::format("the key {} is missing", key));
}

ConfigValue ConfigMap::find_or_empty(std::string_view key) {
    if (std::optional<ConfigValue> value = find(key)) return *std::move(value);
    return self_.empty(key);
}

void ConfigMap::done() const {
    const std::vector<std::string_view> known(asked_.begin(), asked_.end());
    for (const auto& [name, value] : entries_) {
        if (!asked_.contains(name)) value.fail("unknown key" + did_you_mean(name, known));
    }
}

ConfigValue read_document(const std::string& text, const std::string& file) {
    const auto name = std::make_shared<const std::string>(file);
    const auto fail_at = [&](int line, std::string_view problem) {
        ConfigValue(name, YAML::Node(), "", line).fail(problem);
    };
    const std::size_t invalid = find_invalid_utf8(text);
    if (invalid != std::string::npos) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(invalid);
        fail_at(1 + static_cast<int>(std::count(text.begin(), end, '\n')), "is not UTF-8 text");
    }
    std::vector<YAML::Node> documents;
    try {
        documents = YAML::LoadAll(text);
    } catch (const YAML::Exception& error) {
        fail_at(line_of(error.mark), "is not YAML: " + printable(error.msg, 200));
    }
    if (documents.empty() || (documents.size() == 1 && documents[0].IsNull())) {
        fail_at(1, "is empty");
    }
    if (documents.size() > 1) {
        fail_at(line_of(documents[1].Mark()), "holds a second document, wanted one");
    }
    ConfigValue root(name, documents[0], "", 1);
    if (!root.is_map()) root.fail("wanted a mapping of keys to values");
    return root;
}

}  // namespace contagiond::daemon
