#include "feeds/sale_conditions.hpp"

#include <charconv>

namespace contagiond::feeds {
namespace {

void add_letters(const JsonText& text, ConditionSet& out) {
    if (text.type != JsonType::string) return;
    for (const char c : text.text) out.add(static_cast<unsigned char>(c));
}

void add_number(const JsonText& text, ConditionSet& out) {
    if (text.type != JsonType::string && text.type != JsonType::number) return;
    unsigned code = 0;
    const char* const end = text.text.data() + text.text.size();
    const auto [stop, error] = std::from_chars(text.text.data(), end, code);
    if (error == std::errc{} && stop == end) out.add(code);
}

template <class Add>
Walk read_codes(JsonReader& reader, const JsonText& field, ConditionSet& out, Add add) {
    out = {};
    if (field.type != JsonType::array) {
        add(field, out);
        return Walk::on;
    }
    return nested(reader.each_element([&](const JsonText& code) {
        add(code, out);
        return Walk::on;
    }));
}

}  // namespace

Walk read_condition_letters(JsonReader& reader, const JsonText& field, ConditionSet& out) {
    return read_codes(reader, field, out, add_letters);
}

Walk read_condition_numbers(JsonReader& reader, const JsonText& field, ConditionSet& out) {
    return read_codes(reader, field, out, add_number);
}

}  // namespace contagiond::feeds
