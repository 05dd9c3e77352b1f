// SymbolPlaces: names of symbols to small numbers, for files of millions of rows.
//
// Open addressing over a power of two of places, twice as many as names at least. Cost: a
// multiplication and a comparison a look-up. Memory: 32 bytes a place and the names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace contagiond::daemon {

/// One thread.
class SymbolPlaces {
  public:
    SymbolPlaces() : slots_(64) {}

    /// The number of a name; it gets the next one, from 0, if it is new.
    std::size_t add(std::string_view name) {
        const std::uint64_t hash = hash_of(name);
        std::size_t at = find(name, hash);
        if (slots_[at].place != absent) return slots_[at].place;
        if (2 * (names_.size() + 1) > slots_.size()) {
            grow();
            at = find(name, hash);
        }
        names_.push_back(std::make_unique<const std::string>(name));
        slots_[at] = {hash, *names_.back(), names_.size() - 1};
        return slots_[at].place;
    }
    static constexpr std::size_t absent = static_cast<std::size_t>(-1);
    /// The number of a name, or `absent`.
    std::size_t find(std::string_view name) const {
        return slots_[find(name, hash_of(name))].place;
    }

    std::size_t size() const { return names_.size(); }
    const std::string& name(std::size_t place) const { return *names_[place]; }

  private:
    struct Slot {
        std::uint64_t hash = 0;
        std::string_view name;
        std::size_t place = absent;
    };
    /// Of the length and the first and last eight bytes: all of a name of up to sixteen.
    static std::uint64_t hash_of(std::string_view name) {
        std::uint64_t head = 0, tail = 0;
        const std::size_t n = name.size() < 8 ? name.size() : 8;
        std::memcpy(&head, name.data(), n);
        std::memcpy(&tail, name.data() + name.size() - n, n);
        std::uint64_t h = (head ^ (tail << 7 | tail >> 57) ^ name.size()) * 0x9e3779b97f4a7c15u;
        return h ^ (h >> 32);
    }
    std::size_t find(std::string_view name, std::uint64_t hash) const {
        for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            const Slot& slot = slots_[at];
            if (slot.place == absent || (slot.hash == hash && slot.name == name)) return at;
        }
    }
    void grow() {
        std::vector<Slot> before(2 * slots_.size());
        before.swap(slots_);
        for (const Slot& slot : before)
            if (slot.place != absent) slots_[find(slot.name, slot.hash)] = slot;
    }

    std::vector<Slot> slots_;
    std::vector<std::unique_ptr<const std::string>> names_;  ///< stay where they are
};

}  // namespace contagiond::daemon
