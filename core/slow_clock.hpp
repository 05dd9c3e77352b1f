// SlowClock: work that is done once in a while, spread evenly over the bars in between, so that no
// bar pays for all of it. While nothing is going on it slows down further.
#pragma once

#include <cstddef>
#include <cstdint>

namespace contagiond::core {

enum class Pace : std::uint8_t {
    calm,       ///< a round takes ten times as long
    attentive,  ///< something may be going on
};

/// One thread. O(tasks due) a bar.
class SlowClock {
  public:
    static constexpr std::size_t calm_rounds = 10;

    /// Every one of `tasks` falls due once in `bars` bars at the attentive pace.
    SlowClock(std::size_t tasks, std::uint32_t bars)
        : tasks_(tasks), due_at_((bars > 0 ? bars : 1) * calm_rounds) {}

    /// One bar: work(task) for each that is due, by number, round and round.
    template <typename Work>
    void tick(Pace pace, Work&& work) {
        credit_ += pace == Pace::attentive ? tasks_ * calm_rounds : tasks_;
        for (; credit_ >= due_at_; credit_ -= due_at_) {
            work(next_);
            next_ = next_ + 1 < tasks_ ? next_ + 1 : 0;
        }
    }

  private:
    std::size_t tasks_;
    std::size_t due_at_;
    std::size_t credit_ = 0;
    std::size_t next_ = 0;
};

}  // namespace contagiond::core
