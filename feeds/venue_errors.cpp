#include "feeds/venue_errors.hpp"

#include <algorithm>

namespace contagiond::feeds {

void VenueErrors::add(bool lasts, const JsonText& words, const JsonText& code, Decoded& out,
                      std::string_view advice) {
    std::string& text = texts_.emplace_back(words.missing() ? "" : words.text);
    std::string detail;
    if (!code.missing() && !code.is_nested()) (detail = "code ") += code.text;
    if (!detail.empty() && !advice.empty()) detail += ": ";
    detail += advice;
    if (!detail.empty()) text = text.empty() ? detail : text + " (" + detail + ")";
    out.controls.push_back({lasts ? ControlKind::error_permanent : ControlKind::error_retry, text});
}

bool is_one_of(const JsonText& code, std::initializer_list<std::string_view> codes) {
    return std::ranges::find(codes, code.text) != codes.end();
}

Walk read_error(JsonReader& reader, const JsonText& field, JsonText& words, JsonText& code) {
    words = field;
    if (field.type != JsonType::object) return Walk::on;
    return nested(reader.walk([&](std::string_view key, const JsonText& part) {
        if (key == "code") code = part;
        if (key == "message" || key == "msg") words = part;
        return Walk::on;
    }));
}

bool mentions(const JsonText& words, std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(parts, [&words](std::string_view part) {
        return words.text.find(part) != std::string_view::npos;
    });
}

}  // namespace contagiond::feeds
