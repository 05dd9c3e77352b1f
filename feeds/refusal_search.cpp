#include "feeds/refusal_search.hpp"

namespace contagiond::feeds {

void RefusalSearch::sent(std::size_t request) {
    if (request >= listings_.size()) return;  // of another kind
    is_lost_ = is_lost_ || answers_ < sent_;
    sent_ = request + 1;
}

std::vector<RefusalSearch::Found> RefusalSearch::accepted() {
    if (!is_under_way()) return {};
    ++answers_;
    any_accepted_ = true;
    return tell();
}

std::vector<RefusalSearch::Found> RefusalSearch::refused(std::string_view words) {
    if (!is_under_way()) return {};
    suspects_.push_back({listings_[answers_++], std::string(words)});
    return tell();
}

std::vector<RefusalSearch::Found> RefusalSearch::tell() {
    return any_accepted_ ? std::exchange(suspects_, {}) : std::vector<Found>{};
}

}  // namespace contagiond::feeds
