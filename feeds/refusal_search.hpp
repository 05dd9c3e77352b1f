// RefusalSearch: which instruments a venue refuses whose words do not tell. Each is asked for
// alone, and the next one only when the venue has answered; what is refused then is the one under
// way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace contagiond::feeds {

/// Of one connection. One thread; pure.
class RefusalSearch {
  public:
    /// A listing that the venue refuses, and its words.
    struct Found {
        std::size_t listing;
        std::string words;
    };

    /// Not searching.
    RefusalSearch() = default;
    /// `listings`: whom each of the requests that are sent one by one is about.
    explicit RefusalSearch(std::vector<std::size_t> listings)
        : listings_(std::move(listings)), is_active_(true) {}

    bool is_active() const { return is_active_; }
    /// A request waits for its answer, and what comes is that.
    bool is_under_way() const { return is_active_ && !is_lost_ && answers_ < sent_; }

    void sent(std::size_t request);
    /// The request under way is accepted, so the venue means the others and not us: those that were
    /// refused before are found.
    std::vector<Found> accepted();
    /// The request under way is refused. Who is found by that: nobody while the venue has accepted
    /// none, since it may refuse us.
    std::vector<Found> refused(std::string_view words);
    /// Every request was answered, and none accepted.
    bool refuses_us() const { return answers_ == listings_.size() && !any_accepted_; }
    /// An answer failed to come, so that nobody knows any more what the next one is about.
    bool is_lost() const { return is_lost_; }

  private:
    std::vector<Found> tell();

    std::vector<std::size_t> listings_;
    std::vector<Found> suspects_;
    std::size_t sent_ = 0;
    std::size_t answers_ = 0;
    bool is_active_ = false;
    bool is_lost_ = false;
    bool any_accepted_ = false;
};

}  // namespace contagiond::feeds
