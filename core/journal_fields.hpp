// Fields of journal records: numbers to little-endian bytes and back, and the layout of each event.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"

namespace contagiond::core {

inline std::uint32_t load_le32(const std::byte* p) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(p[i]) << (8 * i);
    return value;
}

inline void store_le32(std::byte* p, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) p[i] = static_cast<std::byte>(value >> (8 * i));
}

/// Appends fields to a buffer.
class FieldWriter {
  public:
    explicit FieldWriter(std::vector<std::byte>& out) : out_(out) {}

    void u8(std::uint8_t v) { number(v); }
    void u16(std::uint16_t v) { number(v); }
    void u32(std::uint32_t v) { number(v); }
    void u64(std::uint64_t v) { number(v); }
    void i64(std::int64_t v) { number(static_cast<std::uint64_t>(v)); }
    void f64(double v) { number(std::bit_cast<std::uint64_t>(v)); }
    void boolean(bool v) { u8(v ? 1 : 0); }

    template <std::size_t N>
    void raw(const std::uint8_t (&bytes)[N]) {
        for (const std::uint8_t b : bytes) out_.push_back(std::byte{b});
    }

    /// Length (4 bytes), then the characters.
    void text(std::string_view v) {
        u32(static_cast<std::uint32_t>(v.size()));
        const auto bytes = std::as_bytes(std::span(v));
        out_.insert(out_.end(), bytes.begin(), bytes.end());
    }

    /// One byte that tells whether the number follows.
    void optional(const std::optional<double>& v) {
        boolean(v.has_value());
        if (v) f64(*v);
    }

  private:
    template <typename Unsigned>
    void number(Unsigned v) {
        std::byte bytes[sizeof(Unsigned)];
        for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
            bytes[i] = static_cast<std::byte>(static_cast<std::uint64_t>(v) >> (8 * i));
        out_.insert(out_.end(), bytes, bytes + sizeof(Unsigned));
    }

    std::vector<std::byte>& out_;
};

/// Takes fields from bytes. Reading past the end gives zeros and is remembered, so that a caller
/// checks once, at the end.
class FieldReader {
  public:
    explicit FieldReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::uint8_t u8() { return number<std::uint8_t>(); }
    std::uint16_t u16() { return number<std::uint16_t>(); }
    std::uint32_t u32() { return number<std::uint32_t>(); }
    std::uint64_t u64() { return number<std::uint64_t>(); }
    std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
    double f64() { return std::bit_cast<double>(u64()); }

    bool boolean() {
        const std::uint8_t v = u8();
        if (v > 1) failed_ = true;
        return v == 1;
    }

    /// An enumerator that must lie below `count`.
    template <typename Enum>
    Enum enumerator(std::size_t count) {
        const std::uint8_t v = u8();
        if (v >= count) failed_ = true;
        return static_cast<Enum>(v);
    }

    template <std::size_t N>
    void raw(std::uint8_t (&out)[N]) {
        for (std::uint8_t& b : out) b = u8();
    }

    std::string text() {
        const std::size_t n = u32();
        if (n > bytes_.size()) {
            failed_ = true;
            return {};
        }
        std::string v(n, '\0');
        if (n > 0) std::memcpy(v.data(), bytes_.data(), n);
        bytes_ = bytes_.subspan(n);
        return v;
    }

    std::optional<double> optional() {
        if (!boolean()) return std::nullopt;
        return f64();
    }

    /// A count of elements of at least `element_bytes` each: more than the rest can hold is damage,
    /// found before memory is asked for.
    std::size_t count(std::size_t element_bytes) {
        const std::size_t n = u32();
        if (n > bytes_.size() / element_bytes) failed_ = true;
        return failed_ ? 0 : n;
    }

    bool failed() const { return failed_; }
    /// All fields were there, and nothing is left over.
    bool complete() const { return !failed_ && bytes_.empty(); }

  private:
    template <typename Unsigned>
    Unsigned number() {
        if (bytes_.size() < sizeof(Unsigned)) {
            failed_ = true;
            bytes_ = {};
            return 0;
        }
        std::uint64_t v = 0;
        for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
            v |= std::to_integer<std::uint64_t>(bytes_[i]) << (8 * i);
        bytes_ = bytes_.subspan(sizeof(Unsigned));
        return static_cast<Unsigned>(v);
    }

    std::span<const std::byte> bytes_;
    bool failed_ = false;
};

/// A byte that names the alternative, then its fields in the order of their declaration.
void write_event(FieldWriter& writer, const Event& event);
/// What was written by `version` of the event records (journal_codec.hpp). Empty if the alternative
/// is not known or a field is impossible.
std::optional<Event> read_event(FieldReader& reader, std::uint8_t version);

}  // namespace contagiond::core
