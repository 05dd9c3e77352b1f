#include "feeds/session_wire.hpp"

#include <fmt/core.h>
#include <openssl/x509v3.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <charconv>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "feeds/session_certificate.hpp"

namespace contagiond::feeds {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = asio::ssl;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t quoted_bytes_max = 200;

template <typename Response>
core::DurationNs retry_after(const Response& response) {
    const auto text = response[beast::http::field::retry_after];
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

Ending farewell(error_code error, const websocket::close_reason& said) {
    if (error == websocket::error::closed)
        return {
            .reason = ReconnectReason::closed,
            .text = fmt::format("closed by the venue with code {} {}", said.code,
                                quoted(std::string_view(said.reason.data(), said.reason.size())))};
    if (error == asio::error::eof || error == ssl::error::stream_truncated)
        return {.reason = ReconnectReason::closed, .text = "the venue hung up"};
    return {.reason = ReconnectReason::error, .text = error.message()};
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
    explicit WireOver(Args&&... args) : ws_(std::forward<Args>(args)...) {}

    tcp::socket& socket() override { return beast::get_lowest_layer(ws_); }

    asio::awaitable<std::optional<Ending>> secure(const std::string& host) override {
        if constexpr (!std::is_same_v<Stream, tcp::socket>) {
            auto& tls = ws_.next_layer();
            // An address is no server name; the certificate is checked against it all the same.
            if (!is_address(host)) SSL_set_tlsext_host_name(tls.native_handle(), host.c_str());
            tls.set_verify_mode(ssl::verify_peer);
            tls.set_verify_callback([this, host](bool chain_good, ssl::verify_context& context) {
                return verify(chain_good, context, host);
            });
            const auto [error] = co_await tls.async_handshake(ssl::stream_base::client, as_value);
            if (error)
                co_return Ending{.reason = ReconnectReason::tls,
                                 .text = refused_.empty() ? error.message() : refused_};
            ts_certificate_end_ = certificate_end(SSL_get0_peer_certificate(tls.native_handle()));
        }
        co_return std::nullopt;
    }

    double ts_certificate_end() const override { return ts_certificate_end_; }

    asio::awaitable<std::optional<Ending>> ask(const Url& url, std::string& body) override {
        namespace http = beast::http;
        http::request<http::empty_body> question(http::verb::post, url.target, 11);
        question.set(http::field::host, url.authority());
        question.set(http::field::user_agent, "contagiond");
        question.set(http::field::content_length, "0");
        auto [error, sent] = co_await http::async_write(ws_.next_layer(), question, as_value);
        beast::flat_buffer buffer(answer_bytes_max * 2);
        http::response_parser<http::string_body> answer;
        answer.header_limit(static_cast<std::uint32_t>(answer_bytes_max / 8));
        answer.body_limit(answer_bytes_max);
        if (!error)
            std::tie(error, sent) =
                co_await http::async_read(ws_.next_layer(), buffer, answer, as_value);
        if (error)
            co_return Ending{.reason = ReconnectReason::handshake,
                             .text = "no answer where to connect: " + error.message()};
        if (answer.get().result_int() != 200)
            co_return refusal("the question where to connect", answer.get());
        body = std::move(answer.get().body());
        co_return std::nullopt;
    }

    asio::awaitable<std::optional<Ending>> upgrade(const Url& url) override {
        // All deadlines are the machine's; Beast's own would be a second opinion.
        ws_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                       websocket::stream_base::none(), false});
        ws_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
            request.set(beast::http::field::user_agent, "contagiond");
        }));
        ws_.read_message_max(message_bytes_endless);
        websocket::response_type response;
        const auto [error] =
            co_await ws_.async_handshake(response, url.authority(), url.target, as_value);
        if (error == websocket::error::upgrade_declined) co_return refusal("the upgrade", response);
        if (error) co_return Ending{.reason = ReconnectReason::handshake, .text = error.message()};
        co_return std::nullopt;
    }

    asio::awaitable<Ending> read_all(WireReader& reader) override {
        ws_.control_callback(
            [&reader](websocket::frame_type, beast::string_view) { reader.on_control_frame(); });
        for (;;) {
            const auto [error, bytes] = co_await ws_.async_read_some(reader.room(), as_value);
            if (error) co_return farewell(error, ws_.reason());
            reader.on_bytes(bytes, ws_.is_message_done(), ws_.got_binary());
        }
    }

    void write(const std::string& text, std::function<void(bool)> written) override {
        if (text.empty())
            return ws_.async_ping(
                {}, [written = std::move(written)](error_code error) { written(!error); });
        ws_.async_write(
            asio::buffer(text),
            [written = std::move(written)](error_code error, std::size_t) { written(!error); });
    }

  private:
    bool verify(bool chain_good, ssl::verify_context& context, const std::string& host) {
        X509_STORE_CTX* const store = context.native_handle();
        if (chain_good && ssl::host_name_verification(host)(chain_good, context)) return true;
        refused_ = chain_good ? "the certificate is not for " + host
                              : X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
        refused_ += describe(X509_STORE_CTX_get_current_cert(store));
        return false;
    }

    websocket::stream<Stream> ws_;
    std::string refused_;  ///< why the certificate was not taken
    double ts_certificate_end_ = 0;
};

}  // namespace

std::string quoted(std::string_view words) {
    return std::string(words.substr(0, quoted_bytes_max));
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
    if (tls) return std::make_unique<WireOver<ssl::stream<tcp::socket>>>(impl_->io, *impl_->tls);
    return std::make_unique<WireOver<tcp::socket>>(impl_->io);
}

}  // namespace contagiond::feeds
