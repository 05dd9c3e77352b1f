// Reading what a client sent: whoever can reach the port may send anything.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace contagiond::demo {

/// The frame as JSON, or a value that is no object where it is none. Nothing a client has to say is
/// nested deeply; deeper levels are left out, because copying them would cost stack.
inline nlohmann::json parse_client_frame(std::string_view frame) {
    constexpr int depth_max = 4;
    return nlohmann::json::parse(
        frame,
        [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
            return depth <= depth_max;
        },
        false);
}

/// The field's text; empty where `from` is no object or the field no string.
inline std::string text_of(const nlohmann::json& from, const char* key) {
    if (!from.is_object()) return {};
    const auto found = from.find(key);
    return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The field, null where there is none.
inline nlohmann::json field_of(const nlohmann::json& from, const char* key) {
    return from.is_object() ? from.value(key, nlohmann::json()) : nlohmann::json();
}

/// The field's strings; absent if it is no list of strings, or an empty one.
inline std::optional<std::vector<std::string>> texts_of(const nlohmann::json& from,
                                                        const char* key) {
    const nlohmann::json list = field_of(from, key);
    if (!list.is_array() || list.empty()) return std::nullopt;
    std::vector<std::string> out;
    for (const nlohmann::json& one : list) {
        if (!one.is_string()) return std::nullopt;
        out.push_back(one.get<std::string>());
    }
    return out;
}

/// "a,b" taken apart.
inline std::vector<std::string> split(std::string_view list, char at) {
    std::vector<std::string> out;
    while (!list.empty()) {
        const std::size_t end = list.find(at);
        out.emplace_back(list.substr(0, end));
        if (end == std::string_view::npos) break;
        list.remove_prefix(end + 1);
    }
    return out;
}

/// A parameter of the address' query, "" where there is none.
inline std::string query_of(std::string_view target, std::string_view name) {
    const std::size_t at = target.find('?');
    if (at == std::string_view::npos) return {};
    for (const std::string& pair : split(target.substr(at + 1), '&'))
        if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
            return pair.substr(name.size() + 1);
    return {};
}
inline std::string_view path_of(std::string_view target) {
    return target.substr(0, target.find('?'));
}

inline std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}
inline std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

}  // namespace contagiond::demo
