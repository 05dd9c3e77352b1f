// A file layer for SQLite that fails when the test says so, and that can lose power: what was not
// synced is then partly gone, sector by sector, by a seed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace contagiond::test {

enum class FileOperation { open, write, truncate, sync };

/// One alive at a time; files opened through it must be closed before it goes.
class FaultyVfs {
  public:
    /// Asked before each operation, with its number from 1 on: a code of SQLite to fail with, or 0.
    using Script = std::function<int(FileOperation, const std::string& path, std::uint64_t n)>;

    FaultyVfs();
    ~FaultyVfs();
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    std::string name() const;
    void script(Script script);
    std::uint64_t operations() const;  ///< so far, also those that failed

    /// Each sector that was changed and not synced is as it was or as it is, by `seed`; likewise
    /// each file's length. All files must be closed.
    void lose_power(std::uint64_t seed);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace contagiond::test
