// IndexPath: where the index of a group stands now, told by the index itself and, between its
// prints, by single names.
//
//     anchor prints:   T <- T at its print before + its log return since
//     in between:      T <- T + mean over living names of beta·r
//
// The anchor is the first index of the group (in the order of configuration) that is alive. At
// night a future may print every half hour; the names, or a second index, then carry the path until
// it does, and its next print pins it: nothing is counted twice, and what a name does on its own is
// forgotten within half an hour. beta is what the index moves when the name moves by one. A name's
// return over a closure or a long silence is left out: the anchor has told it. While the anchor has
// been silent for too long the market is closed as far as can be told, and T stands still. A group
// without an index is carried by its names alone, which is worth much less.
//
// A mean over living names is divided by their number, not by the number that printed: otherwise
// one move is counted once a late name. Cost: O(members) a bar. Memory: 40 bytes a member. Error:
// one rounding a print.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/instrument.hpp"
#include "core/sampler.hpp"

namespace contagiond::core {

/// One thread. Never allocates after construction.
class IndexPath {
  public:
    /// Longer than this without a print, a name carries nothing ...
    static constexpr DurationNs name_alive = 15 * ns_per_min;
    /// ... a second index that has not printed twice within it does not stand in for the first ...
    static constexpr DurationNs proxy_alive = 5 * ns_per_min;
    /// ... and without the anchor the path stands still.
    static constexpr DurationNs anchor_alive = ns_per_hour;

    IndexPath(const Universe& universe, const Group& group, DurationNs bar);

    /// One bar that ends at `ts`; `samples` in order of instruments.
    void push(TimeNs ts, std::span<const Sample> samples);

    /// Log level, 0 at the beginning; only differences mean anything.
    double path() const { return path_; }
    /// Whether anything has carried it lately: if not, it stands still because nothing is known.
    bool alive() const { return alive_; }

  private:
    struct Part {
        InstrumentId instrument = no_id;
        double beta = 1;
        DurationNs silence_max = 0;  ///< of an anchor: rarer prints are its habit
        TimeNs ts_print = no_time;
        double path_at_print = 0;
        bool often = false;  ///< of an index: its last two prints lay within proxy_alive
    };
    static bool living(const Part& part, TimeNs ts, DurationNs bound) {
        return part.ts_print != no_time && ts - part.ts_print <= bound;
    }
    void carry(TimeNs ts, std::span<const Sample> samples);
    bool carry_by_proxy(TimeNs ts, std::span<const Sample> samples, const Part* anchor);

    DurationNs bar_;
    std::vector<Part> indices_;  ///< best first
    std::vector<Part> names_;
    double path_ = 0;
    bool alive_ = false;
};

}  // namespace contagiond::core
