// PriceGuard: which prints of an instrument's feeds may be believed.
//
//     bound(dt) = min(50 %, 1 % * sqrt(max(1, dt / 1 s)))        on |log move|, dt since the
//     reference
//
// Each feed has a reference, its last believed print, shared by its trades and its quotes. A print
// within the bound of it is believed at once: the root of time is how far a price wanders. One
// further away is held until somebody confirms it:
//
//   witness   another feed's latest print is there too
//   stream    the same feed's other stream (quote or trade) is there too
//   run       three prints in a row agree and span 100 ms
//   time      the first held print is 1 s old and none has come back: a crash with wild prints
//
// A print back at the reference shows what is held to be bad, and it is dropped. All but the
// witness are the feed's own word. That word is not taken while another feed, which agreed with
// this one before, stands where it stood: the feed is dislocated then, and its prints stay held
// until it comes back, the others follow, or it has kept to itself for so long that it is a market
// of its own rather than a fault.
//
// Nothing is lost silently: each print is released once, dropped once, or still held.
//
// Cost: O(feeds) comparisons a print that is believed, and a logarithm and a root if it moves by
// more than the least bound; O(feeds^2 * held) while prints are held, held <= 8. Memory: 1.6 kB a
// feed and a byte a pair of feeds, all at construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/decimal.hpp"
#include "core/units.hpp"

namespace contagiond::core {

/// Bounds are on |log move|. Each default with its reason.
struct GuardRules {
    /// Moves of 1 % within a second belong to a crash, and a crash is confirmed soon.
    double jump = 0.01;
    /// An opening gap may be large; half the price in one print is nowhere an ordinary one.
    double jump_max = 0.50;
    /// Venues stand 0.1 to 0.5 % apart, in stress more.
    double witness = 0.01;
    /// A witness may have seen the move first, by so much.
    DurationNs witness_age = ns_per_s;
    /// One bad message may hold a burst of bad prints; they come within a few milliseconds.
    DurationNs run_span = 100 * ns_per_ms;
    std::uint32_t run_prints = 3;
    /// A true crash is believed after this at the latest; live feeds are waited for no longer.
    DurationNs hold_max = ns_per_s;
    /// Prints of one crash lie within this of their middle; what lies further is another fault.
    double wild = 0.25;
    /// A venue may stand apart by this share of a fall, and at most by the second, and still not
    /// contradict: venues that fall together fall in disorder.
    double disorder_share = 0.25;
    double disorder_max = 0.10;
    /// Feeds within this of each other tell of the same price. Also for a first print.
    double same_price = 0.05;
    /// A price of another feed that a first print is measured by.
    DurationNs fresh = 60 * ns_per_s;
    /// How long a feed that spoke only just after the jump and fell silent is taken for a
    /// contradiction: crashes silence venues too. One that kept speaking counts while `fresh`.
    DurationNs fresh_silent = 5 * ns_per_s;
    /// A price that a venue keeps to itself so long is its own: told as divergence from there on
    /// rather than as bad prints, and the guard stands ready for the next fault.
    DurationNs dislocation_max = 15 * ns_per_min;
};

enum class GuardVerdict : std::uint8_t {
    accepted,
    held,
    dropped,  ///< held for no time: what else was held was believed, and this was not like it
};

struct GuardedPrint {
    std::size_t feed = 0;
    TimeNs ts = no_time;  ///< event time
    Decimal price;        ///< carried along
    double value = 0;     ///< > 0 and finite
    bool is_quote = false;
    bool late = false;          ///< carried along
    TimeNs ts_event = no_time;  ///< carried along: when it happened, which may be before `ts`
};

/// One instrument, all its feeds. Event times do not decrease from call to call. One thread. Never
/// allocates after construction.
class PriceGuard {
  public:
    explicit PriceGuard(std::size_t feeds, GuardRules rules = {});

    /// A trade's price or the middle of a quote. The verdict is about this print.
    GuardVerdict take(const GuardedPrint& print);
    /// A print that stands for many trades (a bar's close) is its own confirmation.
    void take_confirmed(const GuardedPrint& print);
    /// Time passes: what is held may be released.
    void advance(TimeNs now);
    /// After an outage: the feed's reference is forgotten, and what it has held is dropped.
    void restart(std::size_t feed);

    /// Believed by the last call, of any feed, in order of time; at equal times in order of
    /// arrival. Of one feed they are in order over all calls. Valid until the next call.
    std::span<const GuardedPrint> released() const { return released_; }
    /// Given up by the last call: outliers, in no order of time. Valid until the next call.
    std::span<const GuardedPrint> dropped() const { return dropped_; }
    /// Prints of a feed that wait now.
    std::span<const GuardedPrint> held(std::size_t feed) const {
        return {feeds_[feed].held.data(), feeds_[feed].count};
    }
    /// The feed's own prints agree with each other and are contradicted by other feeds.
    bool dislocated(std::size_t feed) const { return feeds_[feed].dislocated; }

    static constexpr std::size_t held_max = 8;  ///< a feed; beyond, the oldest is dropped

  private:
    struct Feed {
        bool has_reference = false;
        bool dislocated = false;
        double reference = 0;
        TimeNs ts_reference = no_time;

        std::array<GuardedPrint, held_max> held;  ///< in order of time
        std::array<std::uint64_t, held_max> arrival{};
        std::size_t count = 0;
        TimeNs ts_jump = no_time;        ///< first print held, which may have been dropped since
        TimeNs ts_consistent = no_time;  ///< since then each held print is near the one before
        double run_low = 0;              ///< the latest held prints that agree with each other
        double run_high = 0;
        TimeNs ts_run = no_time;
        std::uint32_t run_prints = 0;
    };
    enum class Fate : std::uint8_t { keep, release, drop };
    using Fates = std::array<Fate, held_max>;

    double bound(DurationNs dt) const;
    bool near(double a, double b, DurationNs dt) const;
    bool agrees_with_fresh_feed(const GuardedPrint& print) const;

    void begin(TimeNs now);
    void believe(Feed& feed, const GuardedPrint& print, std::uint64_t arrival);
    void drop(const GuardedPrint& print, std::uint64_t arrival);
    void drop_held(Feed& feed);
    void hold(Feed& feed, const GuardedPrint& print, std::uint64_t arrival);
    void apply(Feed& feed, const Fates& fates);
    void release_like(const Feed& feed, std::size_t k, Fates& fates) const;
    void believe_from(Feed& feed, std::size_t k);

    void settle_all();
    bool settle(std::size_t f);
    bool settle_by_witness(std::size_t f);
    bool is_witness(const Feed& other, const Feed& feed, double value) const;
    bool own_word(const Feed& feed) const;
    bool settle_wild(Feed& feed);
    bool contradicted(std::size_t f) const;
    bool stands_against(const Feed& other, const Feed& feed) const;

    GuardRules rules_;
    double sure_ratio_;  ///< prices so little apart, as a ratio less one, are near at any time
    double witness_ratio_;
    double same_price_ratio_;
    std::vector<Feed> feeds_;
    /// [f * feeds + g]: when f was last believed, g told of the same price. Only then may g
    /// contradict f: feeds that have stood apart for long are no judges of each other.
    std::vector<std::uint8_t> judges_;
    std::size_t held_total_ = 0;
    TimeNs now_ = no_time;
    std::uint64_t arrivals_ = 0;
    GuardVerdict verdict_ = GuardVerdict::held;
    std::vector<GuardedPrint> released_;
    std::vector<std::uint64_t> released_arrival_;
    std::vector<GuardedPrint> dropped_;
};

}  // namespace contagiond::core
