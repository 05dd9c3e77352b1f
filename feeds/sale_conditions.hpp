// US equity sale conditions: which prints must not move the last price.
//
// A print counts if none of its conditions forbids it. Each tape plan has its own letters, and one
// letter may mean two things: B is an average price on tapes A and B, an ordinary bunched trade on
// tape C. Odd lots count as volume but never set the last price. Form T prints are the only ones
// before 09:30 and after 16:00; officially they set no last price, and here they do not either.
// Sources: CTS and UTP specifications as vendors cite them; the vendors' condition lists.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "feeds/json_fields.hpp"

namespace contagiond::feeds {

/// A set of condition codes below 128, letters or small numbers; larger ones are left out.
class ConditionSet {
  public:
    constexpr void add(unsigned code) {
        if (code < 128) words_[code / 64] |= std::uint64_t{1} << (code % 64);
    }
    constexpr bool meets(const ConditionSet& other) const {
        return ((words_[0] & other.words_[0]) | (words_[1] & other.words_[1])) != 0;
    }
    constexpr bool operator==(const ConditionSet&) const = default;

  private:
    std::array<std::uint64_t, 2> words_{};
};

struct SaleCondition {
    std::string_view meaning;
    char cta;              ///< letter on tapes A and B; 0: none
    char utp;              ///< letter on tape C; 0: none
    std::uint8_t massive;  ///< Massive's number; 0: none
    bool sets_last;
};

inline constexpr SaleCondition sale_conditions[] = {
    {"regular", '@', '@', 0, true},
    {"acquisition", 'A', 'A', 1, true},
    {"average price", 'B', 'W', 2, false},
    {"automatic execution", 'E', 0, 3, true},
    {"bunched", 0, 'B', 4, true},
    {"bunched sold", 0, 'G', 5, false},
    {"cash sale", 'C', 'C', 7, false},
    {"closing print", '6', '6', 8, true},
    {"cross", 'X', 'X', 9, true},
    {"derivatively priced", '4', '4', 10, false},
    {"distribution", 'D', 'D', 11, true},
    {"extended hours (Form T)", 'T', 'T', 12, false},
    {"extended hours, out of sequence", 'U', 'U', 13, false},
    {"intermarket sweep", 'F', 'F', 14, true},
    {"official close, repeats a print", 'M', 'M', 15, false},
    {"official open, repeats a print", 'Q', 'Q', 16, false},
    {"opening print", 'O', 'O', 17, true},
    {"reopening print", '5', '5', 18, true},
    {"closing print", '6', '6', 19, true},
    {"next day", 'N', 'N', 20, false},
    {"price variation", 'H', 'H', 21, false},
    {"prior reference price", 'P', 'P', 22, false},
    {"Rule 155", 'K', 'K', 23, true},
    {"opening print", 'O', 'O', 25, true},
    {"stopped stock", '1', '1', 27, true},
    {"reopening print", '5', '5', 28, true},
    {"seller", 'R', 'R', 29, false},
    {"sold last", 'L', 'L', 30, true},  // late, but the last there is
    {"sold out of sequence", 'Z', 'Z', 33, false},
    {"yellow flag", 'Y', 'Y', 36, true},
    {"odd lot", 'I', 'I', 37, false},
    {"corrected consolidated close", '9', '9', 38, true},
    {"trade-through exempt", 0, 0, 41, true},
    {"contingent", 'V', 'V', 52, false},
    {"qualified contingent", '7', '7', 53, false},
};

/// Those of one naming that must not move the last price.
template <class Code>
constexpr ConditionSet not_last_in(Code SaleCondition::*code) {
    ConditionSet set;
    for (const SaleCondition& condition : sale_conditions) {
        if (!condition.sets_last && condition.*code != 0) {
            set.add(static_cast<unsigned char>(condition.*code));
        }
    }
    return set;
}
inline constexpr ConditionSet not_last_cta = not_last_in(&SaleCondition::cta);
inline constexpr ConditionSet not_last_utp = not_last_in(&SaleCondition::utp);
inline constexpr ConditionSet not_last_massive = not_last_in(&SaleCondition::massive);

// Readers: they replace what is in `out`. What is no code is passed over: a condition that nobody
// knows does not keep a print from counting.

/// Letters in a string, or in an array of strings; several may stand together, blanks are padding.
Walk read_condition_letters(JsonReader& reader, const JsonText& field, ConditionSet& out);
/// Numbers, bare or in strings: an array of them, or one alone.
Walk read_condition_numbers(JsonReader& reader, const JsonText& field, ConditionSet& out);

}  // namespace contagiond::feeds
