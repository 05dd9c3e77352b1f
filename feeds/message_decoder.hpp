// MessageDecoder: what the decoders share whose frames are one JSON object, or an array of them.
#pragma once

#include "feeds/json_fields.hpp"
#include "feeds/venue_errors.hpp"

namespace contagiond::feeds {

/// `Own` is the class derived from this; it has `Walk read(Decoded&)`, which reads the message that
/// `reader_` stands on. A template, so that the call costs nothing.
template <class Own>
class MessageDecoder : public Decoder {
  public:
    void decode(std::string_view frame, core::TimeNs, Decoded& out) override {
        errors_.clear();
        reader_.read(frame, out, [this](Decoded& to) { return static_cast<Own*>(this)->read(to); });
    }

  protected:
    JsonReader reader_;
    VenueErrors errors_;
};

}  // namespace contagiond::feeds
