// json_places: which bytes of a JSON text are which value. It shares nothing with the decoders, so
// that it can speak about what they did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace contagiond::daemon {

enum class PlaceKind : std::uint8_t { literal, number, string, array, object };

/// One value: bytes [begin, end) of the text, a string's quotes and a container's brackets
/// included.
struct JsonPlace {
    PlaceKind kind = PlaceKind::literal;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string pointer;  ///< RFC 6901: "/data/0/p"; empty: the whole

    bool is_nested() const { return kind >= PlaceKind::array; }
};

struct JsonPlaces {
    std::vector<JsonPlace> values;         ///< in the order of their first bytes; up to `broken_at`
    std::optional<std::size_t> broken_at;  ///< the first byte that cannot stand where it does
};

/// Pure. Nests up to 256 deep, as the decoders do; beyond that a text counts as broken.
JsonPlaces json_places(std::string_view text);

}  // namespace contagiond::daemon
