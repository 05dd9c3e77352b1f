#include "daemon/page_files.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "daemon/api_query.hpp"
#include "daemon/http_message.hpp"
#include "daemon/sha256.hpp"

namespace contagiond::daemon {
namespace {

std::string_view content_type(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".json", "application/json"},
    };
    for (const auto& [ending, type] : types)
        if (name.ends_with(ending)) return type;
    return "application/octet-stream";
}

}  // namespace

HttpServer::Handler file_handler(const EmbeddedFile& file) {
    const std::string digest = sha256_hex(file.contents).substr(0, 32);
    return [file, type = content_type(file.name), plain_etag = fmt::format("\"{}\"", digest),
            packed_etag = fmt::format("\"{}-gzip\"", digest),
            lasting = file.name.starts_with("assets/")](const HttpRequest& request) {
        const auto field = [&](const char* name) -> std::string_view {
            const auto it = request.headers.find(name);
            return it == request.headers.end() ? std::string_view() : it->second;
        };
        const bool packed = !file.packed.empty() && accepts_gzip(field("accept-encoding"));
        const std::string& etag = packed ? packed_etag : plain_etag;
        HttpResponse response;
        response.content_type = std::string(type);
        response.headers = {
            {"Cache-Control", lasting ? "public, max-age=31536000, immutable" : "no-cache"},
            {"ETag", etag},
            {"Vary", "Accept-Encoding"}};
        if (matches_etag(field("if-none-match"), etag)) {
            response.status = 304;
            return response;
        }
        response.body = packed ? file.packed : file.contents;
        if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
        return response;
    };
}

}  // namespace contagiond::daemon
