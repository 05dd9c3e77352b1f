#include "feeds/session_tls_pump.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

namespace contagiond::feeds {
namespace {

/// One read off a socket. Some hundred small records, or eight full ones.
constexpr std::size_t arrived_bytes_max = 128 * 1024;

int int_of(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

struct FreeMethod {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

}  // namespace

std::span<char> TlsPump::room() {
    // At most the front of a record's header is left.
    if (begin_ > 0) {
        std::memmove(arrived_.data(), arrived_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    return {arrived_.data() + end_, arrived_.size() - end_};
}

/// Of one record, and of that only once its header is there.
int TlsPump::give(BIO* bio, char* to, int size) {
    auto& pump = *static_cast<TlsPump*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t there = pump.end_ - pump.begin_;
    if (pump.record_left_ == 0 && there >= SSL3_RT_HEADER_LENGTH) {
        const auto byte = [&](std::size_t i) {
            return static_cast<std::size_t>(
                static_cast<unsigned char>(pump.arrived_[pump.begin_ + i]));
        };
        pump.record_left_ = SSL3_RT_HEADER_LENGTH + (byte(3) << 8 | byte(4));
    }
    const std::size_t bytes = std::min({static_cast<std::size_t>(size), there, pump.record_left_});
    if (bytes == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    std::memcpy(to, pump.arrived_.data() + pump.begin_, bytes);
    pump.begin_ += bytes;
    pump.record_left_ -= bytes;
    return static_cast<int>(bytes);
}

int TlsPump::take(BIO* bio, const char* from, int size) {
    auto& pump = *static_cast<TlsPump*>(BIO_get_data(bio));
    pump.outgoing_.append(from, static_cast<std::size_t>(size));
    return size;
}

const BIO_METHOD* TlsPump::method() {
    static const std::unique_ptr<BIO_METHOD, FreeMethod> one = [] {
        BIO_METHOD* const made =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes off and for a socket");
        if (made == nullptr) throw std::bad_alloc();
        BIO_meth_set_read(made, give);
        BIO_meth_set_write(made, take);
        // There is nothing to flush; and all else it is asked for it cannot do.
        BIO_meth_set_ctrl(
            made, [](BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1L : 0L; });
        return std::unique_ptr<BIO_METHOD, FreeMethod>(made);
    }();
    return one.get();
}

TlsPump::TlsPump(SSL_CTX* context) : arrived_(arrived_bytes_max), ssl_(SSL_new(context)) {
    BIO* const bio = ssl_ ? BIO_new(method()) : nullptr;
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    // It may take a record at once; it gets no more than one.
    SSL_set_read_ahead(ssl_.get(), 1);
    // Buffers stay: a connection that is quiet for a moment allocates nothing when it goes on.
    SSL_clear_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_set_connect_state(ssl_.get());
}

TlsPump::Step TlsPump::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    return result == 1 ? Step::done : why(result);
}

TlsPump::Step TlsPump::read(std::span<char> to, std::size_t& got) {
    got = 0;
    ERR_clear_error();
    while (got < to.size()) {
        const int bytes = SSL_read(ssl_.get(), to.data() + got, int_of(to.size() - got));
        if (bytes <= 0) return why(bytes);
        got += static_cast<std::size_t>(bytes);
    }
    return Step::done;
}

TlsPump::Step TlsPump::write(std::string_view bytes) {
    while (!bytes.empty()) {
        ERR_clear_error();
        const int result = SSL_write(ssl_.get(), bytes.data(), int_of(bytes.size()));
        if (result <= 0) return why(result) == Step::ended ? Step::ended : Step::failed;
        bytes.remove_prefix(static_cast<std::size_t>(result));
    }
    return Step::done;
}

/// What a call that did not succeed means.
TlsPump::Step TlsPump::why(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return Step::wants_bytes;
        case SSL_ERROR_ZERO_RETURN:
            return Step::ended;
        default:
            error_ = ERR_get_error();
            return Step::failed;
    }
}

}  // namespace contagiond::feeds
