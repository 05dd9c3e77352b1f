#include "daemon/commands/commands.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "daemon/config.hpp"

namespace contagiond::daemon {
namespace {

using AddCommand = void (*)(CLI::App&, int&);
constexpr std::initializer_list<AddCommand> commands = {
    add_run_command,      add_demo_command,        add_check_command,     add_decode_command,
    add_record_command,   add_replay_command,      add_journal_command,   add_estimate_command,
    add_evaluate_command, add_explain_command,     add_calibrate_command, add_symbols_command,
    add_outbox_command,   add_notify_test_command, add_silence_command,   add_ack_command,
    add_annotate_command,
};

}  // namespace

int run_command_line(int argc, char** argv) {
    CLI::App app{
        "contagiond tells, while it happens, that a tech selloff is spilling into Bitcoin and "
        "Ether",
        "contagiond"};
    app.set_version_flag("--version", "contagiond " CONTAGIOND_VERSION);
    app.require_subcommand(1);
    int result = exit_well;
    for (const AddCommand add : commands) add(app, result);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version are well; everything else is wrong usage.
        return app.exit(error) == 0 ? exit_well : exit_usage;
    } catch (const ConfigError& error) {
        std::fprintf(stderr, "contagiond: %s\n", error.what());
        return exit_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "contagiond: %s\n", error.what());
        return exit_failed;
    }
    return result;
}

}  // namespace contagiond::daemon
