// What formats that write JSON share.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace contagiond::sinks {

/// Keeps the order in which members are set: bodies are compared byte for byte.
using OrderedJson = nlohmann::ordered_json;

/// One line; what is no UTF-8 becomes U+FFFD.
std::string dumped(const OrderedJson& json);

/// "#D7263D"
std::string hex_color(std::uint32_t color);

/// A receiver's answer; a discarded value where it is no JSON.
nlohmann::json parsed_answer(std::string_view body);

/// The member of an object; null where there is none, or `json` is none.
const nlohmann::json& member(const nlohmann::json& json, const char* key);

}  // namespace contagiond::sinks
