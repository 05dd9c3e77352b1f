// FrameExplanation: what a decoder read from where in one frame. It knows no venue. Where a text of
// a row stands is told by the address it points to; what decides times, sides, flags and whether
// there is a row at all is found by changing one value of the frame at a time and decoding again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/json_places.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::daemon {

enum class TextOrigin : std::uint8_t {
    value,         ///< the whole of a value of the frame
    part,          ///< some bytes within one
    escaped,       ///< a value of the frame, its escapes resolved
    earlier,       ///< a value of an earlier frame of this connection
    decoders_own,  ///< a word of the decoder's
};

/// Where a text comes from. `begin` and `end` are bytes of the frame, for `escaped` with the
/// escapes as they came, and of no meaning for the last two.
struct TextSource {
    TextOrigin origin = TextOrigin::decoders_own;
    std::string pointer;  ///< of the value, or, for `earlier`, where it stood there
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint64_t line = 0;  ///< of `earlier`
};

struct ExplainedText {
    std::string_view name;  ///< as the CSV's column: "bid_px"
    std::string value;
    TextSource source;
};

/// What is no text of the frame, and the values that decide it. No values: the form of the message
/// decides, or what came before on this connection.
struct ExplainedFact {
    std::string_view name;  ///< "ts_exchange_ns", "side", "flags"
    std::string value;
    std::vector<std::size_t> decided_by;  ///< indices into FrameExplanation::places
};

struct ExplainedRow {
    bool trade = false;
    std::vector<ExplainedText> texts;
    std::vector<ExplainedFact> facts;
    std::vector<std::size_t> needs;  ///< without this value, or with another, there is no such row
};

struct ExplainedControl {
    feeds::ControlKind kind = feeds::ControlKind::heartbeat;
    std::string text;
    TextSource source;
    std::vector<std::size_t> decided_by;
};

/// Why something was refused.
struct ExplainedRefusal {
    std::size_t place = 0;  ///< index into FrameExplanation::places
    /// False: another value at `place` would have done. True: no single one would; what stands
    /// there lacks a field, is wrong in several, or should not be there.
    bool whole = false;
};

struct FrameExplanation {
    std::string frame;
    std::vector<JsonPlace> places;
    std::vector<ExplainedRow> rows;
    std::vector<ExplainedControl> controls;
    std::uint32_t ignored = 0;
    std::size_t taken_back = 0;
    std::uint32_t rejected = 0;
    feeds::DecodeError error = feeds::DecodeError::none;
    std::size_t broken_at = 0;  ///< of malformed_json: the byte that cannot stand there
    std::vector<ExplainedRefusal> refusals;  ///< of the other errors
    bool tried = true;                       ///< false: the frame has too many values to try each
};

/// Explains the frames of one connection in their order. One thread.
class FrameExplainer {
  public:
    explicit FrameExplainer(const feeds::Venue& venue);
    /// `frame` needs no slack behind it.
    FrameExplanation explain(std::string_view frame);

  private:
    struct Earlier {
        std::uint64_t line;
        std::string pointer;
    };

    feeds::Decoded& decode(std::string_view frame, feeds::Decoded& out);
    TextSource source_of(std::string_view text, const FrameExplanation& about) const;
    void explain_texts(FrameExplanation& out) const;
    void try_values(FrameExplanation& out);
    void find_refusals(FrameExplanation& out);
    void remember(const FrameExplanation& about);

    std::unique_ptr<feeds::Decoder> decoder_;
    std::string buffer_;  ///< the frame being decoded, with its slack
    feeds::Decoded decoded_;
    feeds::Decoded tried_;
    std::uint64_t line_ = 0;
    std::unordered_map<std::string, Earlier> told_;  ///< texts of frames that were no data
};

/// As lines for people: "line 3: .." and what follows from it, each line with its line feed.
std::string describe(const FrameExplanation& explanation, std::uint64_t line);

}  // namespace contagiond::daemon
