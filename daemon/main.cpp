#include "daemon/commands/commands.hpp"

int main(int argc, char** argv) {
    return contagiond::daemon::run_command_line(argc, argv);
}
