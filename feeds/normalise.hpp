// Normalise: a venue's row of text becomes the engine's input of numbers, or is refused by name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/input.hpp"
#include "feeds/adapter.hpp"
#include "feeds/session.hpp"

namespace contagiond::feeds {

/// Why a row gave no input.
enum class RowReject : std::uint8_t {
    none,
    unknown_symbol,  ///< not among the feed's listings
    not_wanted,      ///< listed, but without this kind of row
    bad_number,      ///< no JSON number, not finite, a negative size, or more digits than fit
    zero_price,
    negative_price,
    absurd_time,  ///< exchange stamp before 2015 or after 2100
};
inline constexpr std::size_t row_reject_count = 7;
std::string_view to_string(RowReject reject);
/// The engine's name for the same fault of a tick; absent for what is no fault of a tick.
std::optional<core::RejectReason> reject_reason(RowReject reject);

/// What a row gave. `input` means something only if `reject` is none; `instrument` is known unless
/// the symbol was not.
struct Normalised {
    core::Input input;
    RowReject reject = RowReject::none;
    core::InstrumentId instrument = core::no_id;
    std::uint32_t listing = 0;  ///< its place among the feed's; known as `instrument` is
    explicit operator bool() const { return reject == RowReject::none; }
};

/// Of one feed. Built once; normalise() is pure, never allocates and never blocks. Any thread.
class Normaliser {
  public:
    /// Of two listings with one symbol the first counts.
    Normaliser(core::FeedId feed, std::span<const Listing> listings);

    Normalised normalise(const Row& row, core::TimeNs ts_receive) const;

  private:
    /// A symbol as numbers. Of up to sixteen bytes it is the whole symbol.
    struct Key {
        std::uint64_t first = 0;  ///< bytes
        std::uint64_t last = 0;   ///< bytes; in a short one they overlap the first
        std::size_t size = 0;
        bool operator==(const Key&) const = default;
    };
    struct Slot {
        Key key;
        core::InstrumentId instrument = core::no_id;  ///< no_id: the slot is free
        std::uint32_t listing = 0;
        bool trades = false;
        bool quotes = false;
        std::string symbol;
    };
    static Key key_of(std::string_view symbol);
    std::size_t place_of(const Key& key) const;
    const Slot* find(std::string_view symbol) const;
    RowReject make_trade(const Row& row, core::TimeNs ts_receive, Normalised& out) const;
    RowReject make_quote(const Row& row, core::TimeNs ts_receive, Normalised& out) const;

    core::FeedId feed_;
    std::vector<Slot> slots_;  ///< open addressing, a power of two, at most half full
};

}  // namespace contagiond::feeds
