#include "daemon/config_web_access.hpp"

#include <catch2/catch.hpp>

#include "daemon/http_access.hpp"
#include "tests/daemon/config_support.hpp"
#include "tests/support/certificates.hpp"

using namespace contagiond;
using daemon::load_web_access;
using daemon::WebAccessConfig;
using Auth = daemon::TlsServerConfig::ClientAuth;

namespace {

const std::string hash = "$2y$10$I.TCZ3BJj2Pk2Nhan2QhHuKoJZCkE6bFkC5fT0XQ2mBfQ8X0mZ7Ge";

struct Folder : test::TemporaryFolder {
    Folder() {
        const test::Identity identity = test::issue(test::Certificate::valid);
        write("cert.pem", identity.certificate);
        write("key.pem", identity.key);
        write("ca.pem", identity.certificate);
    }
    test::ErrorLine error_of(const std::string& text, unsigned mode = 0600) const {
        const std::string file = write("web.yml", text, mode);
        try {
            load_web_access(file);
        } catch (const daemon::ConfigError& error) {
            return test::take_apart(error.what());
        }
        FAIL("no error in:\n" << text);
        return {};
    }
    WebAccessConfig read(const std::string& text, unsigned mode = 0600) const {
        return load_web_access(write("web.yml", text, mode));
    }
};

const std::string tls = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

}  // namespace

TEST_CASE("Prometheus' form of a web configuration is taken") {
    const Folder folder;
    const WebAccessConfig config =
        folder.read(tls +
                    "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
                    "  min_version: TLS13\n  max_version: TLS13\n"
                    "basic_auth_users:\n  desk: " +
                    hash + "\n  \"p\xC3\xA4r\": " + hash +
                    "\nhttp_server_config:\n  http2: false\n  headers:\n"
                    "    Strict-Transport-Security: max-age=31536000\n    X-Frame-Options: deny\n");
    REQUIRE(config.tls);
    CHECK(config.tls->cert_file == folder.path() + "/cert.pem");
    CHECK(config.tls->key_file == folder.path() + "/key.pem");
    CHECK(config.tls->client_ca_file == folder.path() + "/ca.pem");
    CHECK(config.tls->client_auth == Auth::require);
    CHECK(config.tls->version_least == 13);
    CHECK(config.tls->version_most == 13);
    CHECK(config.users.at("desk") == hash);
    CHECK(config.users.size() == 2);
    CHECK(config.headers ==
          std::vector<std::pair<std::string, std::string>>{
              {"Strict-Transport-Security", "max-age=31536000"}, {"X-Frame-Options", "deny"}});

    const WebAccessConfig least = folder.read(tls, 0644);
    CHECK(least.tls->client_auth == Auth::none);
    CHECK(least.tls->version_least == 12);
    CHECK(least.users.empty());
    CHECK_FALSE(folder.read("").tls);
    CHECK_FALSE(folder.read("basic_auth_users:\n").tls);
}

TEST_CASE("what is wrong in a web configuration is told by line and key") {
    const Folder folder;
    const auto check = [&](const std::string& text, int line, const std::string& key) {
        INFO(text);
        const test::ErrorLine error = folder.error_of(text);
        CHECK(error.line == line);
        CHECK(error.key == key);
        CHECK(error.whole.find(hash) == std::string::npos);
        return error;
    };
    CHECK(check("tls_server_confg: {}\n", 1, "tls_server_confg").suggestion == "tls_server_config");
    CHECK(check(tls + "  min_versoin: TLS12\n", 4, "tls_server_config.min_versoin").suggestion ==
          "min_version");
    check("tls_server_config:\n  cert_file: cert.pem\n", 1, "tls_server_config");
    check("tls_server_config:\n  cert_file: none.pem\n  key_file: key.pem\n", 2,
          "tls_server_config.cert_file");
    check(tls + "  min_version: TLS11\n", 4, "tls_server_config.min_version");
    check(tls + "  min_version: TLS13\n  max_version: TLS12\n", 5, "tls_server_config.max_version");
    check(tls + "  client_auth_type: RequireAnyClientCert\n", 4,
          "tls_server_config.client_auth_type");
    check(tls + "  client_auth_type: VerifyClientCertIfGiven\n", 4,
          "tls_server_config.client_auth_type");
    check(tls + "  client_ca_file: ca.pem\n", 4, "tls_server_config.client_ca_file");
    check(tls + "  cipher_suites: []\n", 4, "tls_server_config.cipher_suites");
    check("basic_auth_users:\n  desk: plain-password\n", 2, "basic_auth_users.desk");
    check("basic_auth_users:\n  desk: \"" + hash + "x\"\n", 2, "basic_auth_users.desk");
    check("basic_auth_users:\n  \"a:b\": " + hash + "\n", 2, "basic_auth_users.a:b");
    check("basic_auth_users:\n  a: " + hash + "\n  a: " + hash + "\n", 3, "basic_auth_users.a");
    check("http_server_config: {headers: {X-Content-Type-Options: off}}\n", 1,
          "http_server_config.headers.X-Content-Type-Options");
    check("http_server_config: {headers: {X-Mine: 1}}\n", 1, "http_server_config.headers.X-Mine");
    check("a\n", 1, "");
    CHECK_THROWS_AS(load_web_access(folder.path() + "/none.yml"), daemon::ConfigError);
    CHECK_THROWS_AS(load_web_access(folder.path()), daemon::ConfigError);
}

TEST_CASE("hashes and keys that others may read are refused") {
    const Folder folder;
    const std::string users = "basic_auth_users:\n  desk: " + hash + "\n";
    CHECK(folder.error_of(users, 0644).key == "basic_auth_users");
    CHECK(folder.read(users, 0640).users.size() == 1);
    folder.write("key.pem", test::issue(test::Certificate::valid).key, 0644);
    CHECK(folder.error_of(tls).key == "tls_server_config.key_file");
}

TEST_CASE("a certificate and a key that are none, or not each other's, stop the start") {
    const Folder folder;
    const auto problem = [&] {
        try {
            const daemon::HttpAccess access({folder.path() + "/web.yml", "", {}, {}});
        } catch (const daemon::ConfigError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    folder.write("web.yml", tls);
    CHECK(problem().empty());
    folder.write("key.pem", test::issue(test::Certificate::valid).key);
    CHECK(problem().find("web.yml: tls_server_config.key_file") != std::string::npos);
    folder.write("key.pem", "-----BEGIN NOTHING-----\n");
    CHECK(problem().find("tls_server_config.key_file") != std::string::npos);
    folder.write("cert.pem", "nothing\n");
    CHECK(problem().find("tls_server_config.cert_file") != std::string::npos);
}
