#include "tests/support/server_words.hpp"

#include <openssl/evp.h>

#include <array>

namespace contagiond::test {

std::string text_frame(const std::string& text) {
    std::string frame = "\x81";
    if (text.size() < 126) {
        frame += static_cast<char>(text.size());
    } else {
        frame += static_cast<char>(126);
        frame += static_cast<char>(text.size() >> 8);
        frame += static_cast<char>(text.size() & 0xff);
    }
    return frame + text;
}

std::string upgrade_answer(const std::string& request) {
    const std::string name = "Sec-WebSocket-Key: ";
    const std::size_t at = request.find(name) + name.size();
    const std::string key =
        request.substr(at, request.find("\r\n", at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::array<unsigned char, 64> text{};
    unsigned size = 0;
    EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha1(), nullptr);
    const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           std::string(reinterpret_cast<const char*>(text.data()),
                       static_cast<std::size_t>(length)) +
           "\r\n\r\n";
}

}  // namespace contagiond::test
