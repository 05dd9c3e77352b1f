#include "core/episode_id.hpp"

namespace contagiond::core {
namespace {

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t z) {
    z += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/// Writes `characters` digits of five bits each, the lowest last.
void write(EpisodeId& id, std::size_t begin, std::size_t characters, std::uint64_t bits) {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (std::size_t i = characters; i-- > 0;) {
        id.text[begin + i] = alphabet[bits & 31];
        bits >>= 5;
    }
}

}  // namespace

EpisodeId make_episode_id(TimeNs detected_at, std::string_view identity, std::uint32_t number) {
    std::uint64_t state = mix(number);
    for (const char c : identity) state = mix(state ^ static_cast<unsigned char>(c));
    state = mix(state ^ static_cast<std::uint64_t>(detected_at));
    EpisodeId id;
    write(id, 0, 10, static_cast<std::uint64_t>(detected_at / ns_per_ms) & ((1ull << 48) - 1));
    write(id, 10, 8, state);
    write(id, 18, 8, mix(state));
    return id;
}

}  // namespace contagiond::core
