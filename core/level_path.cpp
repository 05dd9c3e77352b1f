#include "core/level_path.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace contagiond::core {

LevelPath::LevelPath(std::size_t rows)
    : tree_(2 * std::bit_ceil(std::max<std::size_t>(rows, 1)), none) {}

void LevelPath::push(double level) {
    std::size_t node = leaf(rows_++);
    tree_[node] = level;
    if (std::isnan(level)) tree_[node] = none;
    for (node /= 2; node > 0; node /= 2)
        tree_[node] = std::max(tree_[2 * node], tree_[2 * node + 1]);
}

double LevelPath::highest(std::uint64_t from, std::uint64_t to) const {
    const std::size_t first = leaf(from), last = leaf(to);
    if (first <= last) return highest_leaf(first, last);
    // The stretch goes over the end of the ring.
    return std::max(highest_leaf(first, tree_.size() - 1), highest_leaf(length(), last));
}

double LevelPath::highest_leaf(std::size_t from, std::size_t to) const {
    double high = none;
    for (++to; from < to; from /= 2, to /= 2) {
        if (from % 2 == 1) high = std::max(high, tree_[from++]);
        if (to % 2 == 1) high = std::max(high, tree_[--to]);
    }
    return high;
}

std::optional<std::uint64_t> LevelPath::last_at_least(double level, std::uint64_t from,
                                                      std::uint64_t to) const {
    const std::size_t first = leaf(from), last = leaf(to);
    std::optional<std::size_t> found;
    if (first <= last) {
        found = last_leaf(level, first, last);
    } else {
        found = last_leaf(level, length(), last);
        if (!found) found = last_leaf(level, first, tree_.size() - 1);
    }
    if (!found) return std::nullopt;
    return to - ((last - *found) & (length() - 1));
}

std::optional<std::size_t> LevelPath::last_leaf(double level, std::size_t from,
                                                std::size_t to) const {
    // Leftwards from `to`, in steps as wide as the nodes that end where the last one began.
    std::size_t node = to, width = 1, begin = to;
    while (!(tree_[node] >= level)) {
        if (begin == from) return std::nullopt;
        --node;
        // As long as the node is a right child, its parent ends in the same place.
        while (node % 2 == 1 && begin - from >= 2 * width) {
            node /= 2;
            width *= 2;
        }
        while (begin - from < width) {
            node = 2 * node + 1;
            width /= 2;
        }
        begin -= width;
    }
    while (node < length()) node = 2 * node + (tree_[2 * node + 1] >= level ? 1 : 0);
    return node;
}

}  // namespace contagiond::core
