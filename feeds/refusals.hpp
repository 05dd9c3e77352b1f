// Refusals: which instruments of a feed its venue will not have. One bad symbol is to cost itself
// alone, and not the feed.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "feeds/session.hpp"

namespace contagiond::feeds {

/// One thread; pure.
class Refusals {
  public:
    /// `listings` must outlive it.
    explicit Refusals(std::span<const Listing> listings)
        : listings_(listings), is_refused_(listings.size()) {}

    /// What the words of a refusal that will not heal were about.
    struct Verdict {
        bool names_some = false;         ///< then the refusal is about no more than these
        std::vector<std::size_t> added;  ///< listings refused from now on, that were not before
    };
    /// `alone`: what is refused of a request is refused alone, so that several names are several
    /// refused; else words that name several may quote the whole request, and tell nothing. Nothing
    /// is told either by words that would leave no instrument.
    Verdict take(std::string_view words, bool alone);

    /// Refuses this one. False if it was before, or if it is the last that is left.
    bool refuse(std::size_t listing);

    bool is_refused(std::size_t listing) const { return is_refused_[listing]; }
    std::size_t count() const { return count_; }

  private:
    std::span<const Listing> listings_;
    std::vector<bool> is_refused_;
    std::size_t count_ = 0;
};

/// Places of `symbols` that stand in `words` as words of their own, upper and lower case alike.
/// Where one symbol is part of another, only the longer one stands there. Pure.
std::vector<std::size_t> symbols_in(std::string_view words,
                                    std::span<const std::string_view> symbols);

}  // namespace contagiond::feeds
