// Leader: which single name carries most of the basket's fall, and how sure that is.
//
//     fall of a name   -weight · sum of its returns over the slide
//     confidence       of all ways to keep half of the slide's blocks, the share in which the same
//                      name has fallen most
//
// The slide is cut into 8 blocks of whole minutes (6 or 4 where it is shorter), so there are 70
// halves (20, 6): a deterministic delete-half jackknife, whose spread is that of the whole. A
// name that leads by one print leads in half of them; one that leads throughout in all. Below
// confidence_min nobody leads. Index members lead nobody: they are everyone.
//
// Cost: O(members) a bar; 70·8·members when an episode is told. Memory: 8 bytes a member and minute
// of the longest horizon.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/engine.hpp"
#include "core/evidence.hpp"

namespace contagiond::core {

struct Leader {
    std::size_t place = 0;  ///< in the group
    double confidence = 0;  ///< 0-1
};

/// The column whose sum is lowest (its fall largest), and how sure. Rows of equal length, oldest
/// first; absent with fewer than four rows, and when nothing has fallen. Pure.
std::optional<Leader> find_leader(std::span<const std::span<const double>> weighted_returns);

/// One thread. Allocates only in find().
class LeaderWatch {
  public:
    /// A name leads at or above.
    static constexpr double confidence_min = 0.9;

    explicit LeaderWatch(const EngineConfig& config);

    /// One bar, after `evidence` has taken it.
    void push(TimeNs ts, const Evidence& evidence);

    /// Over the last `span`; the place is that of the member in its group. Of a basket of indices
    /// alone, one of these.
    std::optional<Leader> find(DurationNs span) const;

  private:
    DurationNs row_length_;
    std::size_t rows_max_;
    struct Name {
        std::size_t place = 0;
        InstrumentId instrument = no_id;
        double weight = 0;
        double filling = 0;        ///< of the row that is not full yet
        std::vector<double> rows;  ///< ring
    };
    std::vector<Name> names_;
    std::uint64_t rows_ = 0;
};

}  // namespace contagiond::core
