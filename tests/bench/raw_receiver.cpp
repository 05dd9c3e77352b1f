#include "tests/bench/raw_receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace contagiond::bench {
namespace {

constexpr std::size_t read_bytes_max = 256 * 1024;

/// What came from a socket and is not decrypted yet.
struct Arrived {
    int socket = -1;
    std::vector<char> bytes = std::vector<char>(read_bytes_max);
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// Gives what has arrived; only when that is used up does it ask the socket. Without it each record
/// costs two system calls, or, with OpenSSL's own reading ahead, a move of all that lies behind it.
int give_arrived(BIO* bio, char* to, int size) {
    auto& arrived = *static_cast<Arrived*>(BIO_get_data(bio));
    if (arrived.begin == arrived.end) {
        const auto n = ::recv(arrived.socket, arrived.bytes.data(), arrived.bytes.size(), 0);
        arrived.begin = 0;
        arrived.end = n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    const std::size_t n = std::min(static_cast<std::size_t>(size), arrived.end - arrived.begin);
    std::memcpy(to, arrived.bytes.data() + arrived.begin, n);
    arrived.begin += n;
    return static_cast<int>(n);
}

/// Plain or TLS, blocking; a peer's certificate is taken as it is.
class Line {
  public:
    Line(std::uint16_t port, bool tls) {
        arrived_.socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        there.sin_port = htons(port);
        if (::connect(arrived_.socket, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0)
            throw std::runtime_error("nobody listens");
        if (!tls) return;
        context_ = SSL_CTX_new(TLS_client_method());
        tls_ = SSL_new(context_);
        SSL_set_fd(tls_, arrived_.socket);
        method_ = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "arrived");
        BIO_meth_set_read(method_, give_arrived);
        BIO_meth_set_ctrl(method_, [](BIO*, int, long, void*) { return 0L; });
        BIO* const in = BIO_new(method_);
        BIO_set_data(in, &arrived_);
        BIO_set_init(in, 1);
        SSL_set0_rbio(tls_, in);
        if (SSL_connect(tls_) != 1) throw std::runtime_error("no TLS");
    }
    ~Line() {
        SSL_free(tls_);
        SSL_CTX_free(context_);
        BIO_meth_free(method_);
        ::close(arrived_.socket);
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    /// At least one; 0 at the end. Over TLS one record at most.
    std::size_t read(char* to, std::size_t size) {
        const auto n = tls_ != nullptr ? SSL_read(tls_, to, static_cast<int>(size))
                                       : static_cast<int>(::recv(arrived_.socket, to, size, 0));
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    void write(std::string_view bytes) {
        if (tls_ != nullptr)
            (void)SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
        else
            (void)::send(arrived_.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

  private:
    Arrived arrived_;
    SSL_CTX* context_ = nullptr;
    SSL* tls_ = nullptr;
    BIO_METHOD* method_ = nullptr;
};

/// Bytes of the frame at the front of `arrived`, and of its header; 0 if it is not all there.
std::size_t frame_bytes(std::string_view arrived, std::size_t& header) {
    if (arrived.size() < 4) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(arrived[i]); };
    header = byte(1) < 126 ? 2 : 4;
    const std::size_t payload = byte(1) < 126 ? byte(1) : std::size_t{byte(2)} << 8 | byte(3);
    return header + payload <= arrived.size() ? header + payload : 0;
}

}  // namespace

double thread_cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

RawReceipt receive_raw(const FloodServer& server, Carrier carrier, std::size_t messages) {
    Line line(server.port(), carrier != Carrier::plain);
    line.write(
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    std::vector<char> buffer(read_bytes_max);
    std::size_t filled = 0;
    std::size_t answer = std::string_view::npos;
    while (answer == std::string_view::npos) {
        const std::size_t n = line.read(buffer.data() + filled, buffer.size() - filled);
        if (n == 0) throw std::runtime_error("no upgrade");
        filled += n;
        answer = std::string_view(buffer.data(), filled).find("\r\n\r\n");
    }
    std::string_view arrived(buffer.data() + answer + 4, filled - answer - 4);
    line.write(std::string_view("\x81\x82\0\0\0\0{}", 8));

    RawReceipt receipt;
    const double begin = thread_cpu_ns();
    bool acknowledged = false;
    for (;;) {
        std::size_t header = 0;
        while (const std::size_t size = frame_bytes(arrived, header)) {
            if (acknowledged) {
                receipt.sum_of_ids += Flood::id_in(arrived.substr(header));
                ++receipt.messages;
            }
            acknowledged = true;
            arrived.remove_prefix(size);
        }
        if (receipt.messages >= messages) break;
        std::memmove(buffer.data(), arrived.data(), arrived.size());
        filled = arrived.size();
        const std::size_t n = line.read(buffer.data() + filled, buffer.size() - filled);
        if (n == 0) break;
        arrived = {buffer.data(), filled + n};
    }
    receipt.cpu_ns = thread_cpu_ns() - begin;
    return receipt;
}

}  // namespace contagiond::bench
