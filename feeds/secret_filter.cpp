#include "feeds/secret_filter.hpp"

#include "feeds/url.hpp"

namespace contagiond::feeds {

SecretFilter::SecretFilter(const Credentials& credentials) {
    for (const std::string& secret : {credentials.key, credentials.secret}) {
        if (!secret.empty()) secrets_.insert(secrets_.end(), {secret, percent_encoded(secret)});
    }
}

std::string SecretFilter::operator()(std::string_view words) const {
    constexpr std::string_view mark = "<secret>";
    std::string line(words);
    for (const std::string& secret : secrets_) {
        for (std::size_t i = line.find(secret); i != std::string::npos;
             i = line.find(secret, i + mark.size())) {
            line.replace(i, secret.size(), mark);
        }
    }
    return line;
}

}  // namespace contagiond::feeds
