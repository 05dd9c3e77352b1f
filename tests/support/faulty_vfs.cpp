#include "tests/support/faulty_vfs.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <new>
#include <optional>
#include <random>
#include <vector>

namespace contagiond::test {
namespace {

constexpr sqlite3_int64 sector = 512;

/// What power would take: the state at the last sync of what changed since.
struct Unsynced {
    std::map<sqlite3_int64, std::vector<char>> sectors;  ///< by offset; shorter at the file's end
    std::optional<sqlite3_int64> length;
    sqlite3_int64 shortest = 0;  ///< it has been since
};

struct State {
    FaultyVfs::Script script;
    std::uint64_t operations = 0;
    std::map<std::string, Unsynced> unsynced;
    sqlite3_vfs* real = nullptr;

    int ask(FileOperation operation, const std::string& path) {
        ++operations;
        return script ? script(operation, path, operations) : 0;
    }
};

struct File {
    sqlite3_file base;
    State* state;
    std::string* path;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& self(sqlite3_file* file) {
    return *reinterpret_cast<File*>(file);
}
const sqlite3_io_methods& methods(File& file) {
    return *file.real()->pMethods;
}

sqlite3_int64 length_of(File& file) {
    sqlite3_int64 length = 0;
    methods(file).xFileSize(file.real(), &length);
    return length;
}

void remember(File& file, sqlite3_int64 from, sqlite3_int64 to) {
    Unsynced& unsynced = file.state->unsynced[*file.path];
    const sqlite3_int64 length = length_of(file);
    if (!unsynced.length) unsynced.length = unsynced.shortest = length;
    for (sqlite3_int64 at = from - from % sector; at < std::min(to, length); at += sector) {
        if (unsynced.sectors.count(at) > 0) continue;
        std::vector<char> old(static_cast<std::size_t>(std::min(sector, length - at)));
        methods(file).xRead(file.real(), old.data(), static_cast<int>(old.size()), at);
        unsynced.sectors.emplace(at, std::move(old));
    }
}

int close_file(sqlite3_file* f) {
    File& file = self(f);
    const int code = methods(file).xClose(file.real());
    delete file.path;
    return code;
}
int read_file(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
    return methods(self(f)).xRead(self(f).real(), to, n, at);
}
int write_file(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
    File& file = self(f);
    if (const int code = file.state->ask(FileOperation::write, *file.path)) return code;
    remember(file, at, at + n);
    return methods(file).xWrite(file.real(), from, n, at);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 length) {
    File& file = self(f);
    if (const int code = file.state->ask(FileOperation::truncate, *file.path)) return code;
    remember(file, length, length_of(file));
    Unsynced& unsynced = file.state->unsynced[*file.path];
    unsynced.shortest = std::min(unsynced.shortest, length);
    return methods(file).xTruncate(file.real(), length);
}
int sync_file(sqlite3_file* f, int) {
    File& file = self(f);
    if (const int code = file.state->ask(FileOperation::sync, *file.path)) return code;
    // Not really: what is lost is decided here, and tests are quick.
    file.state->unsynced.erase(*file.path);
    return SQLITE_OK;
}
int size_of_file(sqlite3_file* f, sqlite3_int64* length) {
    return methods(self(f)).xFileSize(self(f).real(), length);
}
int lock_file(sqlite3_file* f, int level) {
    return methods(self(f)).xLock(self(f).real(), level);
}
int unlock_file(sqlite3_file* f, int level) {
    return methods(self(f)).xUnlock(self(f).real(), level);
}
int check_lock(sqlite3_file* f, int* held) {
    return methods(self(f)).xCheckReservedLock(self(f).real(), held);
}
int control_file(sqlite3_file* f, int operation, void* argument) {
    return methods(self(f)).xFileControl(self(f).real(), operation, argument);
}
int sector_size(sqlite3_file* f) {
    return methods(self(f)).xSectorSize(self(f).real());
}
int characteristics(sqlite3_file* f) {
    return methods(self(f)).xDeviceCharacteristics(self(f).real());
}

sqlite3_io_methods io_methods() {
    sqlite3_io_methods io{};
    io.iVersion = 1;
    io.xClose = close_file;
    io.xRead = read_file;
    io.xWrite = write_file;
    io.xTruncate = truncate_file;
    io.xSync = sync_file;
    io.xFileSize = size_of_file;
    io.xLock = lock_file;
    io.xUnlock = unlock_file;
    io.xCheckReservedLock = check_lock;
    io.xFileControl = control_file;
    io.xSectorSize = sector_size;
    io.xDeviceCharacteristics = characteristics;
    return io;
}
const sqlite3_io_methods our_io = io_methods();

int open_file(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* f, int flags, int* out_flags) {
    State& state = *static_cast<State*>(vfs->pAppData);
    f->pMethods = nullptr;
    const std::string name = path != nullptr ? path : "";
    if (const int code = state.ask(FileOperation::open, name)) return code;
    File& file = self(f);
    const int code = state.real->xOpen(state.real, path, file.real(), flags, out_flags);
    if (code != SQLITE_OK) return code;
    file.state = &state;
    file.path = new std::string(name);
    file.base.pMethods = &our_io;
    return SQLITE_OK;
}

}  // namespace

struct FaultyVfs::Impl {
    State state;
    sqlite3_vfs vfs{};
};

FaultyVfs::FaultyVfs() : impl_(std::make_unique<Impl>()) {
    sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
    impl_->state.real = real;
    impl_->vfs = *real;
    impl_->vfs.zName = "faulty";
    impl_->vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    impl_->vfs.pAppData = &impl_->state;
    impl_->vfs.xOpen = open_file;
    // The rest of the system's layer looks at its own pAppData only when it opens.
    sqlite3_vfs_register(&impl_->vfs, 0);
}

FaultyVfs::~FaultyVfs() {
    sqlite3_vfs_unregister(&impl_->vfs);
}

std::string FaultyVfs::name() const {
    return "faulty";
}
void FaultyVfs::script(Script script) {
    impl_->state.script = std::move(script);
}
std::uint64_t FaultyVfs::operations() const {
    return impl_->state.operations;
}

void FaultyVfs::lose_power(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (const auto& [path, unsynced] : impl_->state.unsynced) {
        const int fd = ::open(path.c_str(), O_RDWR);
        if (fd < 0) continue;
        bool well = true;
        // A file system forgets a change of length, or does not: it does not mix the two.
        const bool old_length = random() % 2 == 0;
        for (const auto& [at, old] : unsynced.sectors)
            if (at >= unsynced.shortest ? old_length : random() % 2 == 0)
                well &=
                    ::pwrite(fd, old.data(), old.size(), at) == static_cast<::ssize_t>(old.size());
        if (old_length) well &= ::ftruncate(fd, *unsynced.length) == 0;
        ::close(fd);
        if (!well) throw std::runtime_error("power could not be lost");
    }
    impl_->state.unsynced.clear();
}

}  // namespace contagiond::test
