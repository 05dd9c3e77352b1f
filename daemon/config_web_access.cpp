#include "daemon/config_web_access.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "daemon/config_reader.hpp"
#include "daemon/http_password.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t largest_file = 1u << 20;
constexpr std::size_t most_users = 1'000;
constexpr std::array<std::string_view, 4> versions = {"TLS10", "TLS11", "TLS12", "TLS13"};
constexpr std::array<std::string_view, 5> client_auth_types = {
    "NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert"};
/// What Prometheus lets one set; the first two are ours to decide.
constexpr std::array<std::string_view, 5> header_names = {
    "Content-Security-Policy", "X-Content-Type-Options", "Strict-Transport-Security",
    "X-Frame-Options", "X-XSS-Protection"};

bool open_to_others(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && (info.st_mode & 007u) != 0;
}

std::string read_path(const ConfigValue& value, const std::string& directory) {
    const std::string text = value.text();
    if (text.empty()) value.fail("names no file");
    std::string path = (std::filesystem::path(directory) / text).lexically_normal();
    std::ifstream file(path);
    if (!file || file.peek() == std::ifstream::traits_type::eof())
        value.fail("the file it names cannot be read, or is empty");
    return path;
}

int read_version(const ConfigValue& value) {
    const std::size_t version = value.choice(versions);
    if (version < 2) value.fail("nothing older than TLS12 is spoken here");
    return 10 + static_cast<int>(version);
}

TlsServerConfig::ClientAuth read_client_auth(const ConfigValue& value) {
    switch (value.choice(client_auth_types)) {
        case 0:
            return TlsServerConfig::ClientAuth::none;
        case 3:
            return TlsServerConfig::ClientAuth::verify_if_given;
        case 4:
            return TlsServerConfig::ClientAuth::require;
        default:
            value.fail(
                "a certificate that nobody verifies proves nothing; wanted NoClientCert, "
                "VerifyClientCertIfGiven or RequireAndVerifyClientCert");
    }
}

TlsServerConfig read_tls(const ConfigValue& value, const std::string& directory) {
    TlsServerConfig tls;
    value.map([&](ConfigMap& keys) {
        tls.cert_file = read_path(keys.need("cert_file"), directory);
        const ConfigValue key = keys.need("key_file");
        tls.key_file = read_path(key, directory);
        if (open_to_others(tls.key_file))
            key.fail("the file it names is open to others: chmod o= makes it private");
        const auto auth = keys.find("client_auth_type");
        if (auth) tls.client_auth = read_client_auth(*auth);
        const auto authority = keys.find("client_ca_file");
        if (authority) tls.client_ca_file = read_path(*authority, directory);
        const bool asks = tls.client_auth != TlsServerConfig::ClientAuth::none;
        if (asks && !authority) auth->fail("needs client_ca_file");
        if (authority && !asks)
            authority->fail("without client_auth_type no client is asked for a certificate");
        if (const auto least = keys.find("min_version")) tls.version_least = read_version(*least);
        if (const auto most = keys.find("max_version")) {
            tls.version_most = read_version(*most);
            if (tls.version_most < tls.version_least) most->fail("is older than min_version");
        }
        for (const char* key_name : {"cipher_suites", "curve_preferences",
                                     "prefer_server_cipher_suites", "client_allowed_sans"})
            if (const auto other = keys.find(key_name))
                other->fail("is not taken here: leave it out");
    });
    return tls;
}

void read_users(const ConfigValue& value, WebAccessConfig& config) {
    for (const auto& [name, hash] : value.entries()) {
        // A colon ends the name in what browsers send.
        if (name.find(':') != std::string::npos || name.size() > 128)
            hash.fail("a user's name holds no colon and at most 128 bytes");
        const std::string text = hash.text();
        if (const std::string problem = check_bcrypt(text); !problem.empty()) hash.fail(problem);
        if (config.users.size() == most_users)
            hash.fail(fmt::format("one user more than {}", most_users));
        config.users.emplace(name, text);
    }
}

void read_headers(const ConfigValue& value, WebAccessConfig& config) {
    value.map([&](ConfigMap& keys) {
        for (std::size_t i = 0; i < header_names.size(); ++i) {
            const auto field = keys.find(header_names[i]);
            if (!field) continue;
            if (i < 2)
                field->fail("is fixed here, and stricter than it could be set: leave it out");
            config.headers.emplace_back(header_names[i], field->text());
        }
    });
}

}  // namespace

WebAccessConfig load_web_access(const std::string& file) {
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    std::error_code error;
    if (!stream || std::filesystem::is_directory(file, error))
        throw ConfigError(fmt::format("{}: cannot be read: {}", file,
                                      errno != 0 ? std::strerror(errno) : "it is a folder"));
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (text.size() > largest_file) throw ConfigError(file + ": is larger than 1 MiB");
    WebAccessConfig config;
    // An empty file is what stands there before anybody has decided: plain, and for everybody.
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) return config;
    const std::string directory = std::filesystem::absolute(file).parent_path();
    read_document(text, file).map([&](ConfigMap& keys) {
        if (const auto tls = keys.find("tls_server_config")) config.tls = read_tls(*tls, directory);
        if (const auto users = keys.find("basic_auth_users")) {
            if (open_to_others(file))
                users->fail(
                    "this file holds hashes and is open to others: chmod o= makes it "
                    "private");
            read_users(*users, config);
        }
        if (const auto http = keys.find("http_server_config"))
            http->map([&](ConfigMap& of_http) {
                // HTTP/1.1 is what is spoken, whatever this says.
                if (const auto http2 = of_http.find("http2")) static_cast<void>(http2->flag());
                if (const auto headers = of_http.find("headers")) read_headers(*headers, config);
            });
    });
    return config;
}

}  // namespace contagiond::daemon
