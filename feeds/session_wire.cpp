#include "feeds/session_wire.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "feeds/session_certificate.hpp"
#include "feeds/session_tls_stream.hpp"

namespace contagiond::feeds {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t quoted_bytes_max = 200;
/// Of the answer to an upgrade, and what comes behind it at once. Its head may have half of that.
constexpr std::size_t upgrade_bytes_max = 16 * 1024;
/// Of TLS, between two calls of the reader.
constexpr std::size_t decrypted_bytes_max = 32 * 1024;
constexpr const char* no_randomness = "the system has no randomness to give";

template <typename Response>
core::DurationNs retry_after(const Response& response) {
    const auto text = response[http::field::retry_after];
    std::uint32_t whole_seconds = 0;
    // A date, which nobody in this trade sends, is no number and means no wish.
    const auto [rest, error] =
        std::from_chars(text.data(), text.data() + text.size(), whole_seconds);
    if (error != std::errc() || rest != text.data() + text.size()) return 0;
    return whole_seconds * core::ns_per_s;
}

template <typename Response>
Ending refusal(std::string_view what, const Response& response) {
    const unsigned status = response.result_int();
    // 418 is how Binance says 429 for the second time.
    const bool slower = status == 429 || status == 418;
    // Who sends the key in the address learns here that it is wrong.
    const bool unauthorised = status == 401;
    return {.reason = slower ? ReconnectReason::rate_limited : ReconnectReason::handshake,
            .text = fmt::format("the venue answered {} with HTTP {}{}", what, status,
                                unauthorised ? ": it does not accept the key" : ""),
            .retry_after = retry_after(response),
            .lasts = unauthorised};
}

Ending farewell(error_code error) {
    if (error == asio::error::eof || error == ssl::error::stream_truncated)
        return {.reason = ReconnectReason::closed, .text = "the venue hung up"};
    return {.reason = ReconnectReason::error, .text = error.message()};
}

/// False if the system has no randomness to give.
template <std::size_t size>
bool draw(std::array<std::uint8_t, size>& bytes) {
    return RAND_bytes(bytes.data(), static_cast<int>(size)) == 1;
}

std::string base64(const unsigned char* bytes, std::size_t size) {
    std::string text((size + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a NUL
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes,
                                       static_cast<int>(size));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

/// What a WebSocket server answers to `key`, and nobody else (RFC 6455, 4.2.2).
std::string accept_of(const std::string& key) {
    const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return base64(digest.data(), size);
}

/// Empty if `answer` agrees to the upgrade that was asked for with `key`, and to nothing else.
template <typename Response>
std::string wrong_with(const Response& answer, const std::string& key) {
    if (answer.version() < 11 ||
        !http::token_list{answer[http::field::upgrade]}.exists("websocket") ||
        !http::token_list{answer[http::field::connection]}.exists("upgrade"))
        return "the answer to the upgrade is not one";
    if (answer[http::field::sec_websocket_accept] != accept_of(key))
        return "the answer to the upgrade is not to our question";
    if (answer.count(http::field::sec_websocket_extensions) != 0 ||
        answer.count(http::field::sec_websocket_protocol) != 0)
        return "the venue answered the upgrade with what was not asked for";
    return "";
}

/// Whose certificate it is, and its dates: what an operator needs to know whom to call.
std::string describe(X509* certificate) {
    if (certificate == nullptr) return "";
    char name[128] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    const auto date = [](const ASN1_TIME* time) {
        std::tm t{};
        if (time == nullptr || ASN1_TIME_to_tm(time, &t) != 1) return std::string("?");
        return fmt::format("{:04}-{:02}-{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
    };
    return fmt::format(" (of \"{}\", valid {} to {})", name, date(X509_get0_notBefore(certificate)),
                       date(X509_get0_notAfter(certificate)));
}

template <typename Stream>
class WireOver final : public Wire {
  public:
    template <typename... Args>
    explicit WireOver(Args&&... args) : stream_(std::forward<Args>(args)...) {}

    tcp::socket& socket() override { return beast::get_lowest_layer(stream_); }

    asio::awaitable<std::optional<Ending>> secure(const std::string& host) override {
        if constexpr (is_tls) {
            // An address is no server name; the certificate is checked against it all the same.
            if (!is_address(host)) SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
            host_ = host;
            SSL_set_app_data(stream_.native_handle(), this);
            SSL_set_verify(stream_.native_handle(), SSL_VERIFY_PEER, verify);
            if (const error_code error = co_await stream_.handshake())
                co_return Ending{.reason = ReconnectReason::tls,
                                 .text = refused_.empty() ? error.message() : refused_};
            ts_certificate_end_ =
                certificate_end(SSL_get0_peer_certificate(stream_.native_handle()));
        }
        co_return std::nullopt;
    }

    double ts_certificate_end() const override { return ts_certificate_end_; }

    asio::awaitable<std::optional<Ending>> ask(const Url& url, std::string& body) override {
        http::request<http::empty_body> question(http::verb::post, url.target, 11);
        question.set(http::field::host, url.authority());
        question.set(http::field::user_agent, "contagiond");
        question.set(http::field::content_length, "0");
        auto [error, sent] = co_await http::async_write(stream_, question, as_value);
        beast::flat_buffer buffer(answer_bytes_max * 2);
        http::response_parser<http::string_body> answer;
        answer.header_limit(static_cast<std::uint32_t>(answer_bytes_max / 8));
        answer.body_limit(answer_bytes_max);
        if (!error)
            std::tie(error, sent) = co_await http::async_read(stream_, buffer, answer, as_value);
        if (error)
            co_return Ending{.reason = ReconnectReason::handshake,
                             .text = "no answer where to connect: " + error.message()};
        if (answer.get().result_int() != 200)
            co_return refusal("the question where to connect", answer.get());
        body = std::move(answer.get().body());
        co_return std::nullopt;
    }

    asio::awaitable<std::optional<Ending>> upgrade(const Url& url, std::string& behind) override {
        std::array<std::uint8_t, 16> nonce{};
        if (!draw(nonce))
            co_return Ending{.reason = ReconnectReason::handshake, .text = no_randomness};
        const std::string key = base64(nonce.data(), nonce.size());
        http::request<http::empty_body> question(http::verb::get, url.target, 11);
        question.set(http::field::host, url.authority());
        question.set(http::field::upgrade, "websocket");
        question.set(http::field::connection, "Upgrade");
        question.set(http::field::sec_websocket_key, key);
        question.set(http::field::sec_websocket_version, "13");
        question.set(http::field::user_agent, "contagiond");
        auto [error, bytes] = co_await http::async_write(stream_, question, as_value);
        beast::flat_buffer buffer(upgrade_bytes_max);
        http::response_parser<http::empty_body> answer;
        if (!error)
            std::tie(error, bytes) =
                co_await http::async_read_header(stream_, buffer, answer, as_value);
        if (error) co_return Ending{.reason = ReconnectReason::handshake, .text = error.message()};
        if (answer.get().result() != http::status::switching_protocols)
            co_return refusal("the upgrade", answer.get());
        if (std::string wrong = wrong_with(answer.get(), key); !wrong.empty())
            co_return Ending{.reason = ReconnectReason::handshake, .text = std::move(wrong)};
        behind = beast::buffers_to_string(buffer.data());
        co_return std::nullopt;
    }

    asio::awaitable<Ending> read_all(WireReader& reader) override {
        for (;;) {
            error_code error;
            std::size_t bytes = 0;
            bool wants_bytes = true;
            if constexpr (is_tls)
                error = stream_.read_now(room_of(reader), bytes, wants_bytes);
            else
                std::tie(error, bytes) = co_await stream_.async_read_some(reader.room(), as_value);
            // What came before an end is read to its end.
            if (bytes > 0 && !reader.on_bytes(bytes)) co_return Ending{};
            if constexpr (is_tls)
                if (!error && wants_bytes) error = co_await stream_.fill();
            if (error) co_return farewell(error);
        }
    }

    void write(std::string_view bytes, std::function<void(bool)> written) override {
        asio::async_write(
            stream_, asio::buffer(bytes),
            [written = std::move(written)](error_code error, std::size_t) { written(!error); });
    }

  private:
    static constexpr bool is_tls = !std::is_same_v<Stream, tcp::socket>;

    /// Decryption takes its time. The first messages of a large read need not wait for the last.
    static asio::mutable_buffer room_of(WireReader& reader) {
        const asio::mutable_buffer room = reader.room();
        return {room.data(), std::min(room.size(), decrypted_bytes_max)};
    }

    /// OpenSSL's, for each certificate of the peer's chain.
    static int verify(int chain_good, X509_STORE_CTX* store) {
        const void* const tls =
            X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
        auto* const self = static_cast<WireOver*>(SSL_get_app_data(static_cast<const SSL*>(tls)));
        ssl::verify_context context(store);
        if (chain_good == 1 && ssl::host_name_verification(self->host_)(true, context)) return 1;
        self->refused_ = chain_good == 1
                             ? "the certificate is not for " + self->host_
                             : X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
        self->refused_ += describe(X509_STORE_CTX_get_current_cert(store));
        return 0;
    }

    Stream stream_;
    std::string host_;     ///< whose certificate is wanted
    std::string refused_;  ///< why the certificate was not taken
    double ts_certificate_end_ = 0;
};

}  // namespace

std::string quoted(std::string_view words) {
    return std::string(words.substr(0, quoted_bytes_max));
}

std::optional<MaskKey> draw_mask_key() {
    MaskKey key{};
    return draw(key) ? std::optional(key) : std::nullopt;
}

struct WireFactory::Impl {
    asio::io_context& io;
    std::optional<ssl::context> tls;
};

WireFactory::WireFactory(asio::io_context& io, bool tls, const std::string& ca_file)
    : impl_(std::make_unique<Impl>(Impl{io, std::nullopt})) {
    if (!tls) return;
    ssl::context& context = impl_->tls.emplace(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_RENEGOTIATION);
    error_code error;
    if (ca_file.empty())
        context.set_default_verify_paths(error);
    else
        context.load_verify_file(ca_file, error);
    if (error)
        throw std::runtime_error(fmt::format("cannot read the certificates to trust{}{}: {}",
                                             ca_file.empty() ? "" : " from ", ca_file,
                                             error.message()));
}

WireFactory::~WireFactory() = default;
WireFactory::WireFactory(WireFactory&&) noexcept = default;

std::unique_ptr<Wire> WireFactory::make(bool tls) {
    if (tls) return std::make_unique<WireOver<TlsStream>>(impl_->io, impl_->tls->native_handle());
    return std::make_unique<WireOver<tcp::socket>>(impl_->io);
}

}  // namespace contagiond::feeds
