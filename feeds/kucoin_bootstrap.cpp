#include "feeds/kucoin_bootstrap.hpp"

#include <charconv>
#include <string>

#include "feeds/batch.hpp"
#include "feeds/url.hpp"
#include "feeds/venue_errors.hpp"

namespace contagiond::feeds {
namespace {

struct Server {
    JsonText endpoint, protocol, ping_interval;
};

/// Whether it speaks WebSocket over TLS.
bool is_usable(const Server& s) {
    return s.endpoint.text.starts_with("wss://") &&
           (s.protocol.missing() || s.protocol.is_string("websocket"));
}

core::DurationNs ping_interval_of(const Server& s) {
    core::DurationNs milliseconds = 0;
    const std::string_view text = s.ping_interval.text;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, milliseconds);
    constexpr core::DurationNs hour = 3'600'000;
    const bool sensible =
        error == std::errc() && stop == end && milliseconds > 0 && milliseconds < hour;
    return sensible ? milliseconds * core::ns_per_ms : 0;
}

}  // namespace

BootstrapReply read_kucoin_bootstrap(std::string_view body) {
    std::string padded(body);
    padded.resize(body.size() + frame_padding);
    JsonReader reader;
    Batch<Server> servers;
    JsonText token, code, words;
    const auto on_server = [](Server& s, std::string_view key, const JsonText& field) {
        if (key == "endpoint") s.endpoint = field;
        if (key == "protocol") s.protocol = field;
        if (key == "pingInterval") s.ping_interval = field;
        return Walk::on;
    };
    Decoded decoded;
    reader.read({padded.data(), body.size()}, decoded, [&](Decoded&) {
        return reader.walk([&](std::string_view key, const JsonText& field) {
            if (key == "code") code = field;
            if (key == "msg") words = field;
            if (key != "data" || field.type != JsonType::object) return Walk::on;
            return nested(reader.walk([&](std::string_view k, const JsonText& f) {
                if (k == "token") token = f;
                return k == "instanceServers" ? servers.add(reader, f, on_server) : Walk::on;
            }));
        });
    });
    BootstrapReply out;
    if (decoded.error != DecodeError::none) {
        out.trouble = "the answer is no JSON";
    } else if (!code.is_string("200000")) {
        VenueErrors errors;
        errors.add(false, words, code, decoded);
        out.trouble = decoded.controls.back().text;
    } else if (!token.missing()) {
        servers.emit(decoded, [&](const Server& server) {
            if (!out.url.empty() || !is_usable(server)) return;
            out.url = with_query(server.endpoint.text, "token", token.text);
            out.text_ping_interval = ping_interval_of(server);
        });
    }
    if (out.url.empty() && out.trouble.empty()) out.trouble = "the answer names no server or token";
    return out;
}

}  // namespace contagiond::feeds
