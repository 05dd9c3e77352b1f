#include "daemon/http_message.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace contagiond;
using daemon::accepts_gzip;
using daemon::host_of;
using daemon::RequestHead;

namespace {

const std::string head =
    "POST /-/reload?a=%41&b=c+d HTTP/1.1\r\nHost: Desk.Example:9464\r\nContent-Length: 005\r\n"
    "Accept: text/html\r\naccept:  */* \r\nConnection: Keep-Alive\r\nX-Empty:\r\n\r\n";

}  // namespace

TEST_CASE("a head is read field by field") {
    RequestHead out;
    REQUIRE_FALSE(daemon::parse_head(head, out));
    CHECK(out.request.method == "POST");
    CHECK(out.request.path == "/-/reload");
    CHECK(out.request.query == std::map<std::string, std::string>{{"a", "A"}, {"b", "c d"}});
    CHECK(out.request.headers == std::map<std::string, std::string>{{"host", "Desk.Example:9464"},
                                                                    {"content-length", "005"},
                                                                    {"accept", "text/html, */*"},
                                                                    {"connection", "Keep-Alive"},
                                                                    {"x-empty", ""}});
    CHECK(out.content_length == 5);
    CHECK(out.keep_alive);
}

TEST_CASE("a head that is still arriving is neither refused nor complete") {
    for (std::size_t n = 0; n < head.size(); ++n) {
        CHECK_FALSE(daemon::check_partial_head(head.substr(0, n)));
        CHECK(daemon::head_end(head.substr(0, n)) == std::string::npos);
    }
    CHECK(daemon::head_end(head + "GET /") == head.size());
}

TEST_CASE("a damaged head is refused, or means what a strict reader makes of it") {
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        std::string damaged = head;
        for (auto times = random() % 4 + 1; times > 0; --times) {
            const std::size_t at = random() % damaged.size();
            const char c = "\r\n :\t,%\0a/?\xFF"[random() % 12];
            switch (random() % 4) {
                case 0:
                    damaged[at] = c;
                    break;
                case 1:
                    damaged.insert(at, 1, c);
                    break;
                case 2:
                    damaged.erase(at, 1);
                    break;
                default:
                    damaged.insert(at, damaged.substr(random() % damaged.size(), random() % 40));
            }
            if (damaged.empty()) break;
        }
        const std::size_t end = daemon::head_end(damaged);
        if (end == std::string::npos) continue;
        RequestHead out;
        if (daemon::parse_head(std::string_view(damaged).substr(0, end), out)) continue;
        CHECK(out.request.path.front() == '/');
        CHECK(out.request.headers.count("transfer-encoding") == 0);
        CHECK_FALSE(host_of(out.request.headers.at("host")).empty());
        for (const auto& [name, value] : out.request.headers) {
            CHECK(name.find_first_of(" \t\r\n:") == std::string::npos);
            CHECK(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
        }
    }
}

TEST_CASE("the host is what stands before the port") {
    CHECK(host_of("Localhost:80") == "localhost");
    CHECK(host_of("[::1]:80") == "::1");
    CHECK(host_of("[FE80::1]") == "fe80::1");
    for (const char* bad : {"", ":80", "a:", "a:b", "a:123456", "a:80:80", "[", "[]", "[::1",
                            "[::1]x", "a b", "a/b", "a@b", "[a.b]x", "%61", "[localhost]"})
        CHECK(host_of(bad).empty());
}

TEST_CASE("gzip is packed only where it is offered") {
    for (const char* yes : {"gzip", "GZIP", "br, gzip", "gzip;q=0.5", "gzip; q=1", "*", "a,gzip,b"})
        CHECK(accepts_gzip(yes));
    for (const char* no : {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "*;q=0", "identity"})
        CHECK_FALSE(accepts_gzip(no));
}

TEST_CASE("an answer's date is of the time given, in English") {
    const auto date = [](core::TimeNs t) {
        const std::string text = daemon::response_head({}, "/", 0, true, t);
        const std::size_t at = text.find("Date: ") + 6;
        return text.substr(at, text.find("\r\n", at) - at);
    };
    CHECK(date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(date(1'737'988'927 * core::ns_per_s) == "Mon, 27 Jan 2025 14:42:07 GMT");
    CHECK(date(1'709'251'199 * core::ns_per_s) == "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST_CASE("an answer without a body says nothing of one") {
    daemon::HttpResponse response;
    response.status = 304;
    response.headers = {{"ETag", "\"x\""}};
    const std::string text = daemon::response_head(response, "/", 0, true, 0);
    CHECK(text.rfind("HTTP/1.1 304 Not Modified\r\n", 0) == 0);
    CHECK(text.find("Content-Length") == std::string::npos);
    CHECK(text.find("\r\nContent-Type") == std::string::npos);
    CHECK(text.find("ETag: \"x\"\r\n") != std::string::npos);
}

TEST_CASE("messages in errors are escaped") {
    const auto error = daemon::json_error(400, "bad_data", "a\"b\n\xFF");
    CHECK(error.status == 400);
    CHECK(error.body ==
          "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"a\\\"b\\n\uFFFD\"}");
}
