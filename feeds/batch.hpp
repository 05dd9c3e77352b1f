// Batch: the elements of a message's data, read before it is known what they are. Keys stand in any
// order, so the word that tells their kind may follow them.
#pragma once

#include <optional>
#include <vector>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {

/// Reused from frame to frame, allocates only while it grows. `Element` holds what a venue reads of
/// one of them. One thread.
template <class Element>
class Batch {
  public:
    void clear() {
        elements_.clear();
        there_ = false;
    }

    /// Adds the objects of `field`, an array; an object in its place is its only element. Calls
    /// `on_field(Element&, std::string_view key, const JsonText&) -> Walk` for each field of each.
    /// The reader stands on `field` if it is nested.
    template <class OnField>
    Walk add(JsonReader& reader, const JsonText& field, OnField&& on_field) {
        if (field.missing()) return Walk::on;
        there_ = true;
        if (field.type != JsonType::array) return add_one(reader, field, on_field);
        return nested(reader.each_element(
            [&](const JsonText& element) { return add_one(reader, element, on_field); }));
    }

    /// For data that a venue wraps once more: they are there, if only as an empty wrapping.
    void add_none() { there_ = true; }
    /// Adds what should have been an object.
    void add_wrong() {
        there_ = true;
        elements_.emplace_back();
    }

    /// Calls `on_element(Element&)` for each; what was no object is rejected, and so is a message
    /// without any data.
    template <class OnElement>
    void emit(Decoded& out, OnElement&& on_element) {
        if (!there_) reject(out, DecodeError::missing_field);
        for (std::optional<Element>& element : elements_) {
            if (element)
                on_element(*element);
            else
                reject(out, DecodeError::wrong_type);
        }
    }

  private:
    template <class OnField>
    Walk add_one(JsonReader& reader, const JsonText& element, OnField& on_field) {
        if (element.type != JsonType::object) {
            elements_.emplace_back();
            return Walk::on;
        }
        Element& added = elements_.emplace_back(Element()).value();
        return nested(reader.walk([&](std::string_view key, const JsonText& field) {
            return on_field(added, key, field);
        }));
    }

    std::vector<std::optional<Element>> elements_;
    bool there_ = false;
};

}  // namespace contagiond::feeds
