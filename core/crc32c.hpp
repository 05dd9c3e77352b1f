// CRC-32C (Castagnoli): the checksum of journal records. It finds every error of up to 32
// neighbouring bits, and every single flipped bit, in records of any size written here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace contagiond::core {

/// Checksum of `bytes`; 0xE3069283 for "123456789". `previous` continues one over several pieces.
/// Pure; the same on every machine: tables, no processor-specific instructions.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous = 0);

}  // namespace contagiond::core
