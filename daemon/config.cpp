#include "daemon/config.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "daemon/config_parts.hpp"
#include "daemon/config_units.hpp"
#include "daemon/false_alarm_budget.hpp"
#include "daemon/http_client.hpp"
#include "daemon/secret_file.hpp"
#include "daemon/sha256.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::uint64_t largest_file = 4ull << 20;
constexpr std::uint64_t kib = 1ull << 10;
constexpr std::uint64_t mib = 1ull << 20;
constexpr std::uint64_t tib = 1ull << 40;

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "contagiond";
    return name.data();
}

/// Host and port of "host:port", "[v6]:port" or ":port" (every address); nothing where it is none.
struct Address {
    std::string host;
    std::uint64_t port = 0;
};

std::optional<Address> split_address(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) return {};
    const Parsed<std::uint64_t> port = parse_count(std::string_view(text).substr(colon + 1));
    if (!port.value || *port.value > 65535) return {};
    std::string host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host.find_first_of(bracketed ? "[] " : "[]:/ ") != std::string::npos) return {};
    return Address{host, *port.value};
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
}

/// The host in a URL that check_post_url found well.
std::string host_of(const std::string& url) {
    const std::size_t begin = url.find("://") + 3;
    const std::string authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
    if (authority.front() == '[') return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
}

/// Fails with a half-sentence, at a key of the file or at a flag.
using Fail = std::function<void(std::string_view)>;

void set_listen_address(const std::string& text, const Fail& fail, Config& config) {
    if (!split_address(text)) {
        fail("wanted host:port, such as 127.0.0.1:9464 or [::1]:9464");
    }
    config.web.listen_address = text;
}

void set_external_url(std::string text, const Fail& fail, Config& config) {
    const std::string problem = check_post_url(text);
    if (!problem.empty()) fail(problem);
    if (text.find_first_of("?#") != std::string::npos) fail("must end with its path");
    while (text.back() == '/') text.pop_back();
    config.web_external_url = text;
    // Whoever follows a link from an alert arrives under this name.
    std::vector<std::string>& hosts = config.web.allowed_hosts;
    const std::string host = host_of(text);
    const bool is_known = std::find(hosts.begin(), hosts.end(), host) != hosts.end();
    if (!is_known && !is_loopback(host)) hosts.push_back(host);
}

/// Under the name of the machine where it listens on every address.
std::string usual_external_url(const std::string& listen_address) {
    const Address address = *split_address(listen_address);
    const bool is_wildcard =
        address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
    if (!is_wildcard) return "http://" + listen_address;
    return fmt::format("http://{}:{}", host_name(), address.port);
}

Fail fail_at(const ConfigValue& value) {
    return [value](std::string_view problem) { value.fail(problem); };
}

Fail fail_at_flag(const char* flag) {
    return [flag](std::string_view problem) {
        throw ConfigError(fmt::format("{}: {}", flag, problem));
    };
}

void read_web(const ConfigValue& value, const Overrides& overrides, Config& config) {
    value.map([&](ConfigMap& keys) {
        if (const auto address = keys.find("listen_address")) {
            set_listen_address(address->text(), fail_at(*address), config);
        }
        if (const auto hosts = keys.find("allowed_hosts")) {
            for (const ConfigValue& item : hosts->list()) {
                const std::string host = item.text();
                if (host.empty() || host.find_first_of("/: ") != std::string::npos) {
                    item.fail("wanted the name of a host, without scheme or port");
                }
                config.web.allowed_hosts.push_back(host);
            }
        }
        if (overrides.listen_address) {
            set_listen_address(*overrides.listen_address, fail_at_flag("--web.listen-address"),
                               config);
        }
        const auto url = keys.find("external_url");
        const std::string own = url ? url->text() : "";
        if (overrides.external_url) {
            set_external_url(*overrides.external_url, fail_at_flag("--web.external-url"), config);
        } else if (!own.empty()) {
            set_external_url(own, fail_at(*url), config);
        }
        const Address address = *split_address(config.web.listen_address);
        if (config.web_external_url.empty() && address.port != 0) {
            set_external_url(usual_external_url(config.web.listen_address), fail_at(value), config);
        }
    });
}

void read_storage(const ConfigValue& value, const ConfigContext& context, Config& config) {
    config.storage_path = "/var/lib/contagiond";
    value.map([&](ConfigMap& keys) {
        if (const auto path = keys.find("path")) {
            const std::string text = path->text();
            if (text.empty()) path->fail("names no folder");
            config.storage_path = absolute_path(text, context);
        }
    });
    if (context.overrides.storage_path) {
        if (context.overrides.storage_path->empty()) {
            throw ConfigError("--storage.path: names no folder");
        }
        config.storage_path = std::filesystem::absolute(*context.overrides.storage_path);
    }
}

void read_journal(const ConfigValue& value, Config& config) {
    sinks::JournalSettings& journal = config.journal;
    value.map([&](ConfigMap& keys) {
        if (const auto enabled = keys.find("enabled")) config.journal_enabled = enabled->flag();
        const auto segment = keys.find("segment_size");
        if (segment) journal.segment_bytes = segment->bytes(64 * kib, 4096 * mib);
        const auto most = keys.find("max_size");
        if (most) journal.max_bytes = most->bytes(mib, 1024 * tib);
        if (const auto free = keys.find("min_free")) {
            journal.min_free_bytes = free->bytes(0, 1024 * tib);
        }
        if (journal.max_bytes < 2 * journal.segment_bytes) {
            const ConfigValue& where = most ? *most : segment ? *segment : keys.self();
            where.fail(fmt::format("max_size {} must be at least two segments of {}",
                                   format_bytes(journal.max_bytes),
                                   format_bytes(journal.segment_bytes)));
        }
    });
}

}  // namespace

std::string absolute_path(const std::string& path, const ConfigContext& context) {
    return std::filesystem::absolute(std::filesystem::path(context.directory) / path)
        .lexically_normal();
}

std::string read_ca_file(const ConfigValue& value, const ConfigContext& context) {
    const std::string text = value.text();
    if (text.empty()) return {};
    std::string path = absolute_path(text, context);
    if (context.is_replayable) return path;
    std::ifstream file(path);
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
        value.fail("the file it names cannot be read, or is empty");
    }
    return path;
}

std::string read_secret_file(const ConfigValue& value, const ConfigContext& context) {
    const std::string name = value.text();
    if (name == secret_mark) {
        if (context.is_replayable) return name;
        value.fail("<secret> only stands for a secret; wanted the name of the file it is in");
    }
    SecretRead read = read_secret(name, context.directory);
    if (!read.problem.empty()) value.fail(read.problem);
    return std::move(read.value);
}

namespace {

Config read_config(const std::string& text, const std::string& name, const ConfigContext& context) {
    Config config;
    config.file = name;
    config.false_alarm_budget = default_false_alarm_budget;
    const ConfigValue root = read_document(text, name);
    root.map([&](ConfigMap& keys) {
        config.instance = host_name();
        if (const auto instance = keys.find("instance")) {
            config.instance = instance->text();
            check_name(config.instance, *instance);
        }
        read_storage(keys.find_or_empty("storage"), context, config);
        read_web(keys.find_or_empty("web"), context.overrides, config);
        read_universe(keys.find_or_empty("universe"), config);
        read_instruments(keys.need("instruments"), config);
        read_groups(keys.need("groups"), config.engine.universe);
        read_feeds(keys.find_or_empty("feeds"), context, config);
        const ConfigValue engine = keys.need("engine");
        read_engine(engine, false, config.engine);
        read_detector(keys.find_or_empty("detector"), config.engine, config.false_alarm_budget,
                      config.warnings);
        read_journal(keys.find_or_empty("journal"), config);
        read_webhooks(keys.find_or_empty("webhooks"), context, config);
        if (const auto slots = keys.find("ring_slots")) {
            config.ring_slots = slots->count(64, 1u << 24);
            if ((config.ring_slots & (config.ring_slots - 1)) != 0) {
                slots->fail("must be a power of two, such as 16384");
            }
        }
        config.engine.identity = sha256_hex(engine_text(config, config.engine));
        const std::string problem = core::check(config.engine);
        if (!problem.empty()) engine.fail(problem);
        // What was recorded is replayed as it was.
        if (!context.is_replayable) check_delivery(engine, config.engine);
        if (const auto shadow = keys.find("shadow")) read_shadow(*shadow, context, config);
        warn_of_gaps(engine, config);
    });
    config.resolved = resolve(config);
    config.sha256 = sha256_hex(config.resolved);
    config.journal.directory = config.storage_path + "/journal";
    config.journal.config_text = config.resolved;
    return config;
}

}  // namespace

Config load_config(const std::string& file, const Overrides& overrides) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
        throw ConfigError(fmt::format("{}: is a folder, wanted a file", file));
    }
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        throw ConfigError(fmt::format("{}: cannot be read: {}", file, std::strerror(errno)));
    }
    std::string text;
    std::array<char, 64 * 1024> block;
    while (stream.read(block.data(), block.size()) || stream.gcount() > 0) {
        text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
        if (text.size() > largest_file) {
            throw ConfigError(
                fmt::format("{}: is larger than {}", file, format_bytes(largest_file)));
        }
    }
    if (stream.bad()) throw ConfigError(fmt::format("{}: cannot be read", file));
    const std::string directory = std::filesystem::absolute(file).lexically_normal().parent_path();
    return read_config(text, file, {directory, false, overrides});
}

Config parse_config(const std::string& text, const std::string& name, const std::string& directory,
                    const Overrides& overrides) {
    return read_config(text, name, {directory, true, overrides});
}

}  // namespace contagiond::daemon
