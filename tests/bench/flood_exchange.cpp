// The flood of the receive path's benchmark as a program, for peers in other languages:
//
//   flood_exchange --messages=200000 --carrier=plain
//
// prints the address it listens at, serves one client, and ends.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/bench/flood_server.hpp"

int main(int argc, char** argv) {
    using contagiond::bench::Carrier;
    std::size_t messages = 200'000;
    Carrier carrier = Carrier::plain;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const std::string_view count = "--messages=";
        if (argument.substr(0, count.size()) == count) {
            messages = std::strtoull(argv[i] + count.size(), nullptr, 10);
        } else if (argument == "--carrier=tls") {
            carrier = Carrier::tls;
        } else if (argument != "--carrier=plain") {
            std::fprintf(stderr, "usage: flood_exchange [--messages=N] [--carrier=plain|tls]\n");
            return 2;
        }
    }
    if (messages == 0) return 2;
    const contagiond::bench::Flood flood(messages);
    const contagiond::bench::FloodServer server(flood, carrier);
    std::printf("%s\n", server.url().c_str());
    std::fflush(stdout);
}
