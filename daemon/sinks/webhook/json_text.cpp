#include "daemon/sinks/webhook/json_text.hpp"

#include <fmt/format.h>

namespace contagiond::sinks {

std::string dumped(const OrderedJson& json) {
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string hex_color(std::uint32_t color) {
    return fmt::format("#{:06X}", color);
}

nlohmann::json parsed_answer(std::string_view body) {
    return nlohmann::json::parse(body, nullptr, false);
}

const nlohmann::json& member(const nlohmann::json& json, const char* key) {
    static const nlohmann::json null;
    const auto found = json.is_object() ? json.find(key) : json.end();
    return found == json.end() ? null : *found;
}

}  // namespace contagiond::sinks
