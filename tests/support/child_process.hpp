// A program that a test starts and ends again.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace contagiond::test {

/// One thread. The program ends with the test, also when the test dies.
class ChildProcess {
  public:
    /// Starts `arguments[0]`, looked for in PATH; what it says on both outputs is read here.
    explicit ChildProcess(const std::vector<std::string>& arguments);
    ~ChildProcess();  ///< ends it
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// Everything it has said until a line with `text` was whole; empty when it ended, or said
    /// nothing for `patience_ms`, before that. Blocks.
    std::string said_until(const std::string& text, int patience_ms = 20'000);

  private:
    pid_t pid_ = -1;
    int output_ = -1;
};

/// Whether a program of this name is in PATH.
bool has_program(const std::string& name);

}  // namespace contagiond::test
