// When a certificate ends.
#pragma once

#include <openssl/x509.h>
#include <time.h>

#include <ctime>

namespace contagiond::feeds {

/// Seconds since the epoch; 0 where there is no certificate, or its date is none. Pure.
inline double certificate_end(const X509* certificate) {
    if (certificate == nullptr) return 0;
    const ASN1_TIME* const end = ::X509_get0_notAfter(certificate);
    std::tm utc{};
    if (end == nullptr || ::ASN1_TIME_to_tm(end, &utc) != 1) return 0;
    return static_cast<double>(::timegm(&utc));
}

}  // namespace contagiond::feeds
