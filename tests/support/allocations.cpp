#include "tests/support/allocations.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace contagiond::test {
namespace {

struct Tally {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    std::int64_t live_bytes = 0;
};

// Needs no initialisation at run time: the first allocations come before main.
constinit thread_local Tally tally;

std::int64_t size_of(void* block) {
    return static_cast<std::int64_t>(malloc_usable_size(block));
}

/// Null when there is no memory.
void* take(std::size_t bytes, std::size_t alignment = 0) noexcept {
    // Every block has an address of its own, those of no bytes too.
    const std::size_t least = std::max<std::size_t>(bytes, 1);
    void* block = nullptr;
    if (alignment <= alignof(std::max_align_t))
        block = std::malloc(least);
    else if (posix_memalign(&block, alignment, least) != 0)
        block = nullptr;
    if (!block) return nullptr;
    ++tally.count;
    tally.bytes += bytes;
    tally.live_bytes += size_of(block);
    return block;
}

void* take_or_throw(std::size_t bytes, std::size_t alignment = 0) {
    void* block = take(bytes, alignment);
    if (!block) throw std::bad_alloc();
    return block;
}

void give_back(void* block) noexcept {
    if (!block) return;
    tally.live_bytes -= size_of(block);
    std::free(block);
}

}  // namespace

AllocationCount::AllocationCount()
    : count_(tally.count), bytes_(tally.bytes), live_bytes_(tally.live_bytes) {}

std::uint64_t AllocationCount::count() const {
    return tally.count - count_;
}

std::uint64_t AllocationCount::bytes() const {
    return tally.bytes - bytes_;
}

std::int64_t AllocationCount::live_bytes() const {
    return tally.live_bytes - live_bytes_;
}

}  // namespace contagiond::test

using contagiond::test::give_back;
using contagiond::test::take;
using contagiond::test::take_or_throw;

void* operator new(std::size_t bytes) {
    return take_or_throw(bytes);
}
void* operator new[](std::size_t bytes) {
    return take_or_throw(bytes);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return take(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
    return take(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return take_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
    return take_or_throw(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return take(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment,
                     const std::nothrow_t&) noexcept {
    return take(bytes, static_cast<std::size_t>(alignment));
}

void operator delete(void* block) noexcept {
    give_back(block);
}
void operator delete[](void* block) noexcept {
    give_back(block);
}
void operator delete(void* block, std::size_t) noexcept {
    give_back(block);
}
void operator delete[](void* block, std::size_t) noexcept {
    give_back(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
    give_back(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
    give_back(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
    give_back(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
    give_back(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
    give_back(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
    give_back(block);
}
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept {
    give_back(block);
}
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept {
    give_back(block);
}
