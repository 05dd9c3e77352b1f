#include "feeds/refusals.hpp"

#include <algorithm>

namespace contagiond::feeds {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool belongs_to_a_word(char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9');
}

struct Place {
    std::size_t symbol;
    std::size_t begin;
    std::size_t end;
};

/// Where `symbol` stands in `words`, in `places`.
void find_all(std::string_view words, std::string_view symbol, std::size_t index,
              std::vector<Place>& places) {
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    for (auto from = words.begin(); !symbol.empty();) {
        from = std::search(from, words.end(), symbol.begin(), symbol.end(), same);
        if (from == words.end()) return;
        const auto begin = static_cast<std::size_t>(from - words.begin());
        const std::size_t end = begin + symbol.size();
        if ((begin == 0 || !belongs_to_a_word(words[begin - 1])) &&
            (end == words.size() || !belongs_to_a_word(words[end])))
            places.push_back({index, begin, end});
        ++from;
    }
}

}  // namespace

std::vector<std::size_t> symbols_in(std::string_view words,
                                    std::span<const std::string_view> symbols) {
    std::vector<Place> places;
    for (std::size_t i = 0; i < symbols.size(); ++i) find_all(words, symbols[i], i, places);
    std::vector<std::size_t> found;
    for (const Place& place : places) {
        const bool part_of_another = std::ranges::any_of(places, [&](const Place& other) {
            return other.begin <= place.begin && other.end >= place.end &&
                   other.end - other.begin > place.end - place.begin;
        });
        if (!part_of_another && std::ranges::find(found, place.symbol) == found.end())
            found.push_back(place.symbol);
    }
    return found;
}

Refusals::Verdict Refusals::take(std::string_view words, bool alone) {
    std::vector<std::string_view> symbols;
    for (const Listing& listing : listings_) symbols.push_back(listing.symbol);
    const std::vector<std::size_t> named = symbols_in(words, symbols);
    Verdict verdict;
    for (const std::size_t listing : named)
        if (!is_refused_[listing]) verdict.added.push_back(listing);
    const bool tells = !named.empty() && (alone || named.size() == 1);
    if (!tells || count_ + verdict.added.size() == listings_.size()) return {};
    for (const std::size_t listing : verdict.added) is_refused_[listing] = true;
    count_ += verdict.added.size();
    verdict.names_some = true;
    return verdict;
}

bool Refusals::refuse(std::size_t listing) {
    if (is_refused_[listing] || count_ + 1 == listings_.size()) return false;
    is_refused_[listing] = true;
    ++count_;
    return true;
}

}  // namespace contagiond::feeds
