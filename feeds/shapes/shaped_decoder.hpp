// ShapedDecoder: a quick way in front of a venue's decoder, for the frames that make up nearly all
// of its traffic. A frame takes it only if every byte is proved to be of a known layout; any other
// goes to the general decoder untouched. Both give the same rows, with the same views.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "feeds/adapter.hpp"
#include "feeds/shapes/iso_clock.hpp"

namespace contagiond::feeds {

/// One thread; never blocks; allocates only while `out` grows.
class ShapedDecoder : public Decoder {
  public:
    /// The decoder that knows no shapes; what it remembers is this one's memory too.
    Decoder& general() { return *general_; }
    /// Frames that took the quick way so far.
    std::uint64_t frames_of_shape() const { return frames_of_shape_; }

  protected:
    explicit ShapedDecoder(std::unique_ptr<Decoder> general) : general_(std::move(general)) {}

    std::unique_ptr<Decoder> general_;
    IsoClock clock_;
    std::uint64_t frames_of_shape_ = 0;
};

/// `Read(std::string_view frame, IsoClock&, Decoded& out) -> bool` adds the rows of a frame whose
/// shape it knows. If it says no, what it added is void. A template argument, so that it is called
/// directly.
template <auto Read>
std::unique_ptr<Decoder> with_shapes(std::unique_ptr<Decoder> general) {
    class Shaped final : public ShapedDecoder {
      public:
        explicit Shaped(std::unique_ptr<Decoder> decoder) : ShapedDecoder(std::move(decoder)) {}
        void decode(std::string_view frame, core::TimeNs ts_receive, Decoded& out) override {
            out.clear();
            if (Read(frame, clock_, out)) {
                ++frames_of_shape_;
            } else {
                general_->decode(frame, ts_receive, out);
            }
        }
    };
    return std::make_unique<Shaped>(std::move(general));
}

}  // namespace contagiond::feeds
