// How a file of the page is served: its type, for how long a browser may keep it, packed or plain.
#pragma once

#include "daemon/embedded_files.hpp"
#include "daemon/http_server.hpp"

namespace contagiond::daemon {

/// Answers GET and HEAD of one file, whose bytes must live as long as the handler:
/// - packed as it was embedded for whoever takes gzip, else plain; never packed here. Each of the
///   two has a strong ETag of its own, out of the contents alone.
/// - What stands in assets/ has its hash in its name: kept for a year without asking. Everything
///   else keeps its name from version to version: asked for each time, and mostly answered 304.
HttpServer::Handler file_handler(const EmbeddedFile& file);

}  // namespace contagiond::daemon
