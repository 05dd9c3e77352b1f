// The subcommands: one file each, one line each in the table of commands.cpp.
#pragma once

#include <functional>

#include "core/units.hpp"

namespace CLI {
class App;
}

namespace contagiond::daemon {

/// What a command ends with.
enum ExitCode : int {
    exit_well = 0,
    exit_failed = 1,
    exit_usage = 2,  ///< wrong usage or configuration
};

/// Each adds its subcommand to `app`; when chosen, it runs inside CLI11's parse and puts its exit
/// code into `result`. It may throw ConfigError (exit 2) or std::runtime_error (exit 1): one
/// sentence for stderr.
void add_run_command(CLI::App& app, int& result);
void add_demo_command(CLI::App& app, int& result);
void add_check_command(CLI::App& app, int& result);
/// The same on a clock of one's own: what is checked can depend on the day.
void add_check_command(CLI::App& app, int& result, std::function<core::TimeNs()> now);
void add_decode_command(CLI::App& app, int& result);
void add_symbols_command(CLI::App& app, int& result);
void add_record_command(CLI::App& app, int& result);
void add_replay_command(CLI::App& app, int& result);
void add_journal_command(CLI::App& app, int& result);
void add_estimate_command(CLI::App& app, int& result);
void add_evaluate_command(CLI::App& app, int& result);
void add_explain_command(CLI::App& app, int& result);
void add_calibrate_command(CLI::App& app, int& result);
void add_outbox_command(CLI::App& app, int& result);
void add_notify_test_command(CLI::App& app, int& result);
void add_silence_command(CLI::App& app, int& result);
void add_ack_command(CLI::App& app, int& result);
void add_annotate_command(CLI::App& app, int& result);

/// The whole command line, from arguments to exit code.
int run_command_line(int argc, char** argv);

}  // namespace contagiond::daemon
