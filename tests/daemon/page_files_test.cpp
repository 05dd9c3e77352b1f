// The page as it is embedded and served: packed once, revalidated cheaply, and nothing in it that
// the browser is told to refuse.
#include "daemon/page_files.hpp"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <sstream>

#include "daemon/http_message.hpp"
#include "tests/daemon/http_house.hpp"

using namespace contagiond;
using daemon::EmbeddedFile;
using daemon::HttpRequest;
using daemon::HttpResponse;

namespace {

std::string unpacked(std::string_view packed) {
    std::string plain(8 << 20, '\0');
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    const int result = inflate(&stream, Z_FINISH);
    plain.resize(stream.total_out);
    inflateEnd(&stream);
    CHECK(result == Z_STREAM_END);
    return plain;
}

std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return "";
}

HttpResponse ask(const EmbeddedFile& file, std::map<std::string, std::string> headers) {
    return daemon::file_handler(file)({"GET", "/", {}, std::move(headers), "", ""});
}

std::string page_text() {
    for (const EmbeddedFile& file : daemon::web_files())
        if (file.name == "index.html") return std::string(file.contents);
    return "";
}

/// What the policy that every answer carries would make the browser refuse, in a page of ours.
std::string refused_by_policy(const std::string& page) {
    for (const char* forbidden :
         {"<script>", "<style", " style=", " onclick=", " onload=", "javascript:", "http://",
          "https://", "<iframe", "<form", "<base"})
        if (page.find(forbidden) != std::string::npos) return forbidden;
    static const std::regex inline_script("<script(?![^>]* src=)");
    return std::regex_search(page, inline_script) ? "inline script" : "";
}

/// Large also when packed, so that a server that packs by size would pack it again.
std::string hexadecimal(std::size_t length) {
    std::string out;
    for (std::uint32_t x = 1; out.size() < length; x = x * 1664525 + 1013904223)
        out += "0123456789abcdef"[x >> 28];
    return out;
}

const std::string letters = hexadecimal(5000);
const std::string packed_letters = daemon::gzip(letters);

}  // namespace

TEST_CASE("a file is served packed to whoever takes that, and plain to others") {
    const EmbeddedFile file{"assets/app-1a2b.js", letters, packed_letters};
    const HttpResponse plain = ask(file, {});
    CHECK(plain.status == 200);
    CHECK(plain.body == letters);
    CHECK(header(plain, "Content-Encoding").empty());
    CHECK(plain.content_type == "text/javascript; charset=utf-8");
    const HttpResponse packed = ask(file, {{"accept-encoding", "br, gzip"}});
    CHECK(packed.body == packed_letters);
    CHECK(header(packed, "Content-Encoding") == "gzip");
    CHECK(packed.content_type == plain.content_type);
    // Two texts, two tags; a cache between must keep them apart.
    CHECK(header(plain, "ETag") != header(packed, "ETag"));
    CHECK(header(plain, "ETag").starts_with("\""));
    for (const HttpResponse& answer : {plain, packed})
        CHECK(header(answer, "Vary") == "Accept-Encoding");
    CHECK(ask(file, {{"accept-encoding", "gzip;q=0"}}).body == letters);
    // What is not smaller packed is always plain.
    const EmbeddedFile small{"favicon.svg", "<svg/>", ""};
    const HttpResponse icon = ask(small, {{"accept-encoding", "gzip"}});
    CHECK(icon.body == "<svg/>");
    CHECK(header(icon, "Content-Encoding").empty());
}

TEST_CASE("each variant is revalidated by its own tag, which is its contents'") {
    const EmbeddedFile file{"index.html", letters, packed_letters};
    for (const char* accepts : {"", "gzip"}) {
        const std::string etag = header(ask(file, {{"accept-encoding", accepts}}), "ETag");
        const HttpResponse known =
            ask(file, {{"accept-encoding", accepts}, {"if-none-match", "\"x\", " + etag}});
        CHECK(known.status == 304);
        CHECK(known.body.empty());
        CHECK(header(known, "ETag") == etag);
        CHECK(header(known, "Vary") == "Accept-Encoding");
        CHECK(header(known, "Cache-Control") == "no-cache");
        CHECK(header(known, "Content-Encoding").empty());
        // A cache that packs by itself makes it weak.
        CHECK(ask(file, {{"accept-encoding", accepts}, {"if-none-match", "W/" + etag}}).status ==
              304);
        const char* other = *accepts ? "" : "gzip";
        CHECK(ask(file, {{"accept-encoding", other}, {"if-none-match", etag}}).status == 200);
    }
    const std::string longer = letters + "b";
    const EmbeddedFile next{"index.html", longer, {}};
    CHECK(header(ask(next, {}), "ETag") != header(ask(file, {}), "ETag"));
}

TEST_CASE("only what has its hash in its name is kept without asking") {
    const auto kept = [](std::string_view name) {
        return header(ask({name, "x", {}}, {}), "Cache-Control");
    };
    CHECK(kept("assets/index-DiwrgTda.css") == "public, max-age=31536000, immutable");
    CHECK(kept("index.html") == "no-cache");
    CHECK(kept("favicon.svg") == "no-cache");
}

TEST_CASE("the server leaves a packed file as it is, and HEAD tells its length") {
    const EmbeddedFile file{"assets/app-1a2b.js", letters, packed_letters};
    daemon::HttpServerSettings settings;
    settings.listen_address = "127.0.0.1:0";
    daemon::HttpServer server(settings);
    server.route("GET", "/assets/app-1a2b.js", "asset", daemon::file_handler(file));
    server.start();
    test::RawClient client(server.port());
    client.send(test::get("/assets/app-1a2b.js", "Accept-Encoding: gzip\r\n"));
    const std::string packed = client.read_response();
    CHECK(unpacked(test::body_of(packed)) == letters);
    CHECK(packed.find("Vary: ") == packed.rfind("Vary: "));
    CHECK(packed.find("Content-Encoding: ") == packed.rfind("Content-Encoding: "));
    CHECK(packed.find("immutable") != std::string::npos);
    client.send(test::get("/assets/app-1a2b.js"));
    CHECK(test::body_of(client.read_response()) == letters);
    client.send(test::get(
        "/assets/app-1a2b.js",
        "If-None-Match: " + test::field_of(packed, "ETag") + "\r\nAccept-Encoding: gzip\r\n"));
    CHECK(test::status_of(client.read_response()) == 304);
    client.send(
        "HEAD /assets/app-1a2b.js HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
        "Connection: close\r\n\r\n");
    const std::string head = client.read_until("\r\n\r\n");
    CHECK(test::field_of(head, "Content-Length") == std::to_string(packed_letters.size()));
    CHECK(test::field_of(head, "Content-Encoding") == "gzip");
    server.stop(1);
}

TEST_CASE("what is embedded is one page and its files, each the same plain and packed") {
    std::size_t pages = 0;
    for (const EmbeddedFile& file : daemon::web_files()) {
        INFO(file.name);
        pages += file.name == "index.html";
        CHECK_FALSE(file.contents.empty());
        if (!file.packed.empty()) {
            CHECK(file.packed.size() < file.contents.size());
            CHECK(unpacked(file.packed) == file.contents);
            // The header's time: none, so that the same sources give the same binary.
            CHECK(file.packed.substr(4, 4) == std::string_view("\0\0\0\0", 4));
        }
        const HttpResponse answer = ask(file, {});
        CHECK(answer.status == 200);
        CHECK(answer.content_type != "application/octet-stream");
    }
    CHECK(pages == 1);
}

TEST_CASE("the page holds nothing that its own policy refuses") {
    CHECK(refused_by_policy(page_text()) == "");
    CHECK(refused_by_policy("<p onclick=x>") != "");
    CHECK(refused_by_policy("<script type=module>1</script>") != "");
    CHECK(refused_by_policy("<script type=module src=./a.js></script>") == "");
    const std::string head = daemon::response_head({}, "/", 0, true, 0);
    for (const char* rule : {"default-src 'none'", "script-src 'self'", "style-src 'self'",
                             "connect-src 'self'", "worker-src 'self'", "font-src 'none'"})
        CHECK(head.find(rule) != std::string::npos);
    CHECK(head.find("unsafe") == std::string::npos);
}

TEST_CASE("a build without the page says so plainly, and where the API is") {
    std::ifstream in(CONTAGIOND_SOURCE_DIR "/daemon/no_page/index.html", std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const std::string page = text.str();
    CHECK(page.find("built without its page") != std::string::npos);
    CHECK(page.find("\"./api/v1/state\"") != std::string::npos);
    CHECK(page.find("\"./metrics\"") != std::string::npos);
    CHECK(refused_by_policy(page) == "");
    CHECK(page.find("<script") == std::string::npos);
    CHECK(ask({"index.html", page, {}}, {}).body == page);
}
