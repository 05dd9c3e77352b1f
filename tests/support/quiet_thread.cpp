#include "tests/support/quiet_thread.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace contagiond::test {
namespace {

constexpr int frames_max = 40;

struct Record {
    std::array<std::atomic<std::uint64_t>, noise_count> heard{};
    std::atomic<bool> listening{false};
    std::atomic<bool> any{false};
    Noise first{};
    std::array<void*, frames_max> frames{};
    std::atomic<int> frame_count{0};
};

// Needs no initialisation at run time: the first allocations come before main.
constinit Record record;
constinit thread_local bool watched = false;

void hear(Noise noise) {
    if (!watched || !record.listening.load(std::memory_order_relaxed)) return;
    record.heard[static_cast<std::size_t>(noise)].fetch_add(1, std::memory_order_relaxed);
    if (record.any.exchange(true)) return;
    watched = false;  // what looks around makes noise itself
    record.first = noise;
    record.frame_count.store(::backtrace(record.frames.data(), frames_max));
    watched = true;
}

std::string readable(const char* symbol) {
    // file(mangled+0x12) [0x...]
    const std::string text = symbol;
    const std::size_t from = text.find('('), to = text.find('+', from);
    if (from == std::string::npos || to == std::string::npos) return text;
    const std::string mangled = text.substr(from + 1, to - from - 1);
    int status = 0;
    char* const name = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
    const std::string result = status == 0 ? name : text;
    std::free(name);
    return result;
}

template <typename Function>
Function* next(std::atomic<Function*>& known, const char* name) {
    Function* found = known.load(std::memory_order_acquire);
    if (found) return found;
    found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
    known.store(found, std::memory_order_release);
    return found;
}

}  // namespace

void watch_this_thread(bool yes) {
    watched = yes;
}

QuietThreads::QuietThreads() {
    // The first call loads a library.
    std::array<void*, 4> some{};
    static_cast<void>(::backtrace(some.data(), static_cast<int>(some.size())));
    for (auto& count : record.heard) count.store(0);
    record.any.store(false);
    record.frame_count.store(0);
    record.listening.store(true);
}

QuietThreads::~QuietThreads() {
    record.listening.store(false);
}

std::uint64_t QuietThreads::heard(Noise noise) const {
    return record.heard[static_cast<std::size_t>(noise)].load();
}

std::string QuietThreads::first() const {
    if (!record.any.load()) return "";
    constexpr std::array<const char*, noise_count> names = {"memory was taken", "a lock was taken",
                                                            "a line was written"};
    std::string text = names[static_cast<std::size_t>(record.first)];
    const int count = record.frame_count.load();
    char** const symbols = ::backtrace_symbols(record.frames.data(), count);
    // The first two are hear and the hook.
    for (int i = 2; symbols && i < count; ++i) text += "\n  " + readable(symbols[i]);
    std::free(symbols);
    return text;
}

}  // namespace contagiond::test

using contagiond::test::hear;
using contagiond::test::next;
using contagiond::test::Noise;

// glibc's own, by the names it keeps for those who replace the others.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) {
    hear(Noise::allocation);
    return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
    hear(Noise::allocation);
    return __libc_calloc(count, bytes);
}
void* realloc(void* block, std::size_t bytes) {
    hear(Noise::allocation);
    return __libc_realloc(block, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) {
    hear(Noise::allocation);
    return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    hear(Noise::allocation);
    return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
    hear(Noise::allocation);
    *block = __libc_memalign(alignment, bytes);
    return *block ? 0 : ENOMEM;
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
    static constinit std::atomic<int (*)(pthread_mutex_t*)> known{nullptr};
    hear(Noise::lock);
    return next(known, "pthread_mutex_lock")(mutex);
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) {
    static constinit std::atomic<int (*)(pthread_mutex_t*)> known{nullptr};
    hear(Noise::lock);
    return next(known, "pthread_mutex_trylock")(mutex);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) {
    static constinit std::atomic<int (*)(pthread_rwlock_t*)> known{nullptr};
    hear(Noise::lock);
    return next(known, "pthread_rwlock_rdlock")(lock);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) {
    static constinit std::atomic<int (*)(pthread_rwlock_t*)> known{nullptr};
    hear(Noise::lock);
    return next(known, "pthread_rwlock_wrlock")(lock);
}
int pthread_spin_lock(pthread_spinlock_t* lock) {
    static constinit std::atomic<int (*)(pthread_spinlock_t*)> known{nullptr};
    hear(Noise::lock);
    return next(known, "pthread_spin_lock")(lock);
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
    static constinit std::atomic<int (*)(pthread_cond_t*, pthread_mutex_t*)> known{nullptr};
    hear(Noise::lock);
    return next(known, "pthread_cond_wait")(condition, mutex);
}
int sem_wait(sem_t* semaphore) {
    static constinit std::atomic<int (*)(sem_t*)> known{nullptr};
    hear(Noise::lock);
    return next(known, "sem_wait")(semaphore);
}

ssize_t write(int descriptor, const void* bytes, std::size_t size) {
    static constinit std::atomic<ssize_t (*)(int, const void*, std::size_t)> known{nullptr};
    // A doorbell is rung by a write as well.
    if (descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO) hear(Noise::line);
    return next(known, "write")(descriptor, bytes, size);
}
}

void* contagiond::test::take_unheard(void* block, std::size_t bytes) {
    return block ? __libc_realloc(block, bytes) : __libc_malloc(bytes);
}
