#include "daemon/did_you_mean.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace contagiond::daemon {
namespace {

std::string without_dress(std::string_view word) {
    std::string out;
    for (const char c : word) {
        if (c == '-' || c == '_' || c == '.' || c == ' ') continue;
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

}  // namespace

std::size_t edit_distance(std::string_view first, std::string_view second) {
    const std::string a = without_dress(first);
    const std::string b = without_dress(second);
    // Optimal string alignment: three rows of the usual table, the third for swapped neighbours.
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates) {
    // Nobody mistypes a word of a hundred letters, and the table grows with the square.
    if (word.empty() || word.size() > 100) return {};
    const std::string typed = without_dress(word);
    std::string_view best;
    std::array<std::size_t, 3> best_rank{};
    for (const std::string_view candidate : candidates) {
        const std::string meant = without_dress(candidate);
        const std::size_t edits = edit_distance(word, candidate);
        std::size_t distance = edits;
        // Half a name is as good as a typing error: `secret` for `secret_file`.
        const bool part =
            typed.size() >= 3 && meant.size() >= 3 &&
            (meant.find(typed) != std::string::npos || typed.find(meant) != std::string::npos);
        if (part) distance = std::min<std::size_t>(distance, 2);
        const std::size_t allowed = part ? 2 : (typed.size() + 2) / 4 + (typed.size() > 3 ? 1 : 0);
        if (distance > allowed) continue;
        // Of those that hold what was typed the shortest: secret_file, not hub_secret_file. One
        // that is held by it says less: for BTC-USD rather BTC-USD-PERP than BTC.
        const bool holds_it = part && meant.find(typed) != std::string::npos;
        const std::array<std::size_t, 3> rank{distance, holds_it ? 0u : 1u, edits};
        if (best.empty() || rank < best_rank) {
            best = candidate;
            best_rank = rank;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    const std::string_view meant = nearest_word(word, candidates);
    if (meant.empty()) return {};
    return ", did you mean " + std::string(meant) + "?";
}

}  // namespace contagiond::daemon
