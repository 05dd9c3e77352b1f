#include "feeds/venue_errors.hpp"

#include <algorithm>

namespace contagiond::feeds {

void VenueErrors::add(bool lasts, const JsonText& words, const JsonText& code, Decoded& out) {
    std::string& text = texts_.emplace_back(words.missing() ? "" : words.text);
    if (!code.missing() && !code.is_nested()) {
        const bool alone = text.empty();
        text += alone ? "code " : " (code ";
        text += code.text;
        if (!alone) text += ')';
    }
    out.controls.push_back({lasts ? ControlKind::error_permanent : ControlKind::error_retry, text});
}

bool mentions(const JsonText& words, std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(parts, [&words](std::string_view part) {
        return words.text.find(part) != std::string_view::npos;
    });
}

}  // namespace contagiond::feeds
