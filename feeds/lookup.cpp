#include "feeds/lookup.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace contagiond::feeds {
namespace {

LookupResult ask_system(const std::string& host) {
    LookupResult result;
    addrinfo hints;
    std::memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        result.error = gai_strerror(error);
        return result;
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
    for (const addrinfo* item = found; item != nullptr; item = item->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(item->ai_addr, item->ai_addrlen, text, sizeof text, nullptr, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        if (std::find(result.addresses.begin(), result.addresses.end(), text) ==
            result.addresses.end())
            result.addresses.emplace_back(text);
    }
    if (result.addresses.empty()) result.error = "no address";
    return result;
}

}  // namespace

void system_lookup(const std::string& host, LookupDone done) {
    // Detached: a resolver that hangs must hold up neither a reconnect nor the end of the process.
    try {
        std::thread([host, done] { done(ask_system(host)); }).detach();
    } catch (const std::system_error&) {
        done({.addresses = {}, .error = "no thread to ask on"});
    }
}

}  // namespace contagiond::feeds
