// Handover: while a second connection comes up beside the first, which rows of the two go on: each
// trade once, and no quote behind a later one. The first leads until the second has caught up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/input.hpp"
#include "feeds/session_machine.hpp"
#include "feeds/trade_sequence.hpp"

namespace contagiond::feeds {

/// Feed thread only; pure; bounded. At rest it holds nothing and nobody need ask it.
class Handover {
  public:
    /// Keeps a trade of the second connection until the first has brought it too, or is gone.
    struct Held {
        core::Input input;
        std::uint64_t key = 0;  ///< tells a trade from all others of the feed; 0: it cannot be told
        TradeSequence* sequence = nullptr;  ///< handed through, with the trade's number in it
        std::uint64_t number = 0;
    };

    /// `instruments`: each is to be seen before the second connection may lead.
    Handover(std::span<const core::InstrumentId> instruments, const Timing& timing);

    /// Nothing of the instrument is to be waited for.
    void leave_out(core::InstrumentId instrument);
    /// A second connection is about to be made.
    void begin();
    /// The second one delivers.
    void second_up(MonotonicNs now);
    /// The second one was lost; another try will follow.
    void second_down();
    /// All is forgotten.
    void end();

    /// Whether take() and hold() are to be asked.
    bool is_active() const { return stage_ != Stage::none; }
    /// Whether the row of the connection that leads goes on. False: it went on before, by the other
    /// connection, and is no fault of the venue.
    bool take(const core::Input& input, std::uint64_t key, MonotonicNs now);
    /// A row of the second connection while the first one leads.
    void hold(const core::Input& input, std::uint64_t key, TradeSequence* sequence = nullptr,
              std::uint64_t number = 0);

    /// All instruments were seen on the second connection, and the trade of each that it brought
    /// first the first one has brought too, at least one: nothing lies between the two. Quotes and
    /// history prove nothing, as they may be older than the subscription.
    bool has_caught_up() const;
    /// Caught up, or waited long enough.
    bool is_due(MonotonicNs now) const;
    /// When is_due() turns true without any further row; `never` if not at all.
    MonotonicNs deadline() const;

    /// The second connection leads from now on. What it brought and the first did not, in order;
    /// to go on at once. For a while what the first one brought is still remembered.
    std::vector<Held> take_over(MonotonicNs now);

  private:
    /// after: the second one leads, the first one's rows are remembered.
    enum class Stage : std::uint8_t { none, connecting, together, after };
    struct Stream {
        bool seen = false;                      ///< on the second connection
        std::uint64_t awaited = 0;              ///< its first trade, not yet brought by the first
        bool has_trade = false;                 ///< on the second connection
        std::optional<core::Input> quote;       ///< its latest
        core::TimeNs ts_quote = core::no_time;  ///< of the latest quote that went on
    };

    void forget_second();
    void remember(std::uint64_t key);

    static constexpr std::size_t held_max = std::size_t{1} << 15;
    static constexpr std::size_t keys_max = std::size_t{1} << 17;

    const core::DurationNs together_max_;
    const core::DurationNs after_max_;
    Stage stage_ = Stage::none;
    MonotonicNs until_ = never;  ///< the end of `together` or `after`
    std::unordered_map<core::InstrumentId, Stream> streams_;
    std::size_t unseen_ = 0;   ///< streams
    std::size_t awaited_ = 0;  ///< streams
    bool overlaps_ = false;    ///< some trade came over both
    std::vector<Held> held_;
    std::unordered_set<std::uint64_t> went_on_;
    std::deque<std::uint64_t> order_;  ///< of went_on_, oldest first
};

}  // namespace contagiond::feeds
