// TLS between two heaps of bytes: what comes out is what was put in, however the records arrive.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "feeds/session_tls_pump.hpp"
#include "tests/support/certificates.hpp"

namespace contagiond::feeds {
namespace {

using Step = TlsPump::Step;

template <auto free_it>
struct Free {
    template <typename T>
    void operator()(T* one) const {
        free_it(one);
    }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;

/// OpenSSL's own server over its own memory BIOs.
class Server {
  public:
    Server() : context_(SSL_CTX_new(TLS_server_method())) {
        const test::Identity identity = test::issue(test::Certificate::valid);
        const std::unique_ptr<BIO, Free<BIO_free>> certificate(
            BIO_new_mem_buf(identity.certificate.data(), -1)),
            key(BIO_new_mem_buf(identity.key.data(), -1));
        const std::unique_ptr<X509, Free<X509_free>> leaf(
            PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
        const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> secret(
            PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
        SSL_CTX_use_certificate(context_.get(), leaf.get());
        SSL_CTX_use_PrivateKey(context_.get(), secret.get());
        tls_.reset(SSL_new(context_.get()));
        SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(tls_.get());
    }

    SSL* ssl() { return tls_.get(); }
    void hear(std::string& bytes) {
        BIO_write(SSL_get_rbio(tls_.get()), bytes.data(), static_cast<int>(bytes.size()));
        bytes.clear();
    }
    void shake() { SSL_do_handshake(tls_.get()); }
    void say(const std::string& text) {
        REQUIRE(SSL_write(tls_.get(), text.data(), static_cast<int>(text.size())) ==
                static_cast<int>(text.size()));
    }
    std::string heard() {
        std::string text(1 << 16, '\0');
        const int n = SSL_read(tls_.get(), text.data(), static_cast<int>(text.size()));
        text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return text;
    }
    /// What is to be sent, since the last time.
    std::string bytes() {
        BIO* const out = SSL_get_wbio(tls_.get());
        std::string all(BIO_ctrl_pending(out), '\0');
        if (!all.empty()) BIO_read(out, all.data(), static_cast<int>(all.size()));
        return all;
    }

  private:
    Context context_;
    std::unique_ptr<SSL, Free<SSL_free>> tls_;
};

struct Pair {
    Context context{SSL_CTX_new(TLS_client_method())};
    Server server;
    TlsPump pump{context.get()};

    void feed(std::string_view bytes) {
        const auto room = pump.room();
        REQUIRE(room.size() >= bytes.size());
        std::copy(bytes.begin(), bytes.end(), room.begin());
        pump.arrived(bytes.size());
    }
    /// In pieces of one byte.
    void shake() {
        Step step = pump.handshake();
        for (int turn = 0; turn < 10 && step == Step::wants_bytes; ++turn) {
            server.hear(pump.outgoing());
            server.shake();
            for (const char byte : server.bytes()) {
                feed({&byte, 1});
                step = pump.handshake();
                if (step == Step::failed) break;
            }
        }
        REQUIRE(step == Step::done);
        server.hear(pump.outgoing());
        server.shake();
    }
    /// All that can be read now, by calls with so much room each; `last` is the last step.
    std::string read(std::size_t room, Step& last) {
        std::string all;
        std::vector<char> to(room);
        do {
            std::size_t got = 0;
            last = pump.read(to, got);
            all.append(to.data(), got);
        } while (last == Step::done);
        return all;
    }
};

const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

TEST_CASE("what a venue says over TLS comes out whole, however its records are cut") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (const int version : versions) {
        CAPTURE(version);
        Pair pair;
        SSL_CTX_set_max_proto_version(pair.context.get(), version);
        SSL_set_max_proto_version(pair.pump.ssl(), version);
        pair.shake();
        std::string said, heard;
        Step last = Step::done;
        for (int round = 0; round < 60; ++round) {
            for (std::uint64_t records = 1 + random() % 40; records > 0; --records) {
                const std::string text(1 + random() % (round % 10 == 0 ? 40'000 : 300),
                                       static_cast<char>('a' + random() % 26));
                said += text;
                pair.server.say(text);
            }
            std::string bytes = pair.server.bytes();
            const std::size_t most = round % 3 == 0 ? 7 : round % 3 == 1 ? 1500 : 100'000;
            while (!bytes.empty()) {
                const std::size_t n = std::min<std::size_t>(bytes.size(), 1 + random() % most);
                pair.feed(bytes.substr(0, n));
                bytes.erase(0, n);
                heard += pair.read(1 + random() % 50'000, last);
                REQUIRE(last == Step::wants_bytes);
            }
            REQUIRE(heard == said);
        }
    }
}

TEST_CASE("what we say over TLS is heard, and new keys on demand go out with it") {
    Pair pair;
    pair.shake();
    Step last = Step::done;
    pair.feed(pair.server.bytes());  // session tickets
    CHECK(pair.read(100, last).empty());
    REQUIRE(pair.pump.write(std::string(50'000, 'x')) == Step::done);
    pair.server.hear(pair.pump.outgoing());
    std::string heard;
    for (std::string some; !(some = pair.server.heard()).empty();) heard += some;
    CHECK(heard == std::string(50'000, 'x'));

    REQUIRE(SSL_key_update(pair.server.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
    pair.server.say("under new keys");
    pair.feed(pair.server.bytes());
    CHECK(pair.read(100, last) == "under new keys");
    CHECK(last == Step::wants_bytes);
    REQUIRE(pair.pump.write("so be it") == Step::done);
    pair.server.hear(pair.pump.outgoing());
    CHECK(pair.server.heard() == "so be it");
}

TEST_CASE("an end that was announced is one, and what came before it is not lost") {
    Pair pair;
    pair.shake();
    pair.server.say("the last words");
    SSL_shutdown(pair.server.ssl());
    pair.feed(pair.server.bytes());
    Step last = Step::done;
    CHECK(pair.read(100, last) == "the last words");
    CHECK(last == Step::ended);
    CHECK(pair.read(100, last).empty());
    CHECK(last == Step::ended);
}

TEST_CASE("a record with one bit turned is a failure, and what came before it is not lost") {
    for (const int version : versions) {
        CAPTURE(version);
        std::size_t failures = 0;
        for (std::size_t bit = 0; bit < 8 * 20; ++bit) {
            CAPTURE(bit);
            Pair pair;
            SSL_set_max_proto_version(pair.pump.ssl(), version);
            pair.shake();
            pair.server.say("good");
            std::string bytes = pair.server.bytes();
            pair.server.say("broken, from here on, in one way or the other");
            const std::size_t begin = bytes.size();
            bytes += pair.server.bytes();
            // Not the length: with it the rest of the record is just not there yet.
            const std::size_t place = begin + (bit / 8 < 3 ? bit / 8 : bit / 8 + 2);
            bytes[place] = static_cast<char>(bytes[place] ^ (1 << bit % 8));
            pair.feed(bytes);
            Step last = Step::done;
            CHECK(pair.read(1000, last) == "good");
            CHECK(last == Step::failed);
            failures += last == Step::failed;
        }
        CHECK(failures == 8 * 20);
    }
}

}  // namespace
}  // namespace contagiond::feeds
