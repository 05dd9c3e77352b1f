// What a venue says when it refuses something, as one text for an operator.
#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {

/// A decoder's error texts. Each stays until `clear`, however many a frame brings. One thread.
class VenueErrors {
  public:
    void clear() {
        if (!texts_.empty()) texts_.clear();
    }
    /// Adds an error control to `out`: the venue's words, and its code where it has one. `lasts`:
    /// trying again soon will not help.
    /// `advice`: what we know of the matter, for the operator.
    void add(bool lasts, const JsonText& words, const JsonText& code, Decoded& out,
             std::string_view advice = {});

  private:
    std::deque<std::string> texts_;
};

/// Whether the venue's code is one of `codes`. Pure.
bool is_one_of(const JsonText& code, std::initializer_list<std::string_view> codes);

/// Reads the field that tells an error: an object of code and message, or the words alone.
Walk read_error(JsonReader& reader, const JsonText& field, JsonText& words, JsonText& code);

/// Whether any of `parts` stands in the venue's words. Pure.
bool mentions(const JsonText& words, std::initializer_list<std::string_view> parts);

}  // namespace contagiond::feeds
