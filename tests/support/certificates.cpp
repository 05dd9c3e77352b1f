#include "tests/support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace contagiond::test {
namespace {

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T* p) const {
        Free(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

constexpr long day = 24 * 3600;

void check(bool well, const char* what) {
    if (!well) throw std::runtime_error(std::string("OpenSSL failed to ") + what);
}

Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    check(key != nullptr, "make a key");
    return key;
}

void extend(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "add an extension");
}

/// Unsigned and without extensions; times in seconds from now.
X509Ptr make_certificate(const char* name, EVP_PKEY* key, long from, long until) {
    static long serial = 1;
    X509Ptr certificate(X509_new());
    check(certificate != nullptr, "make a certificate");
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    check(X509_sign(certificate, issuer_key, EVP_sha256()) != 0, "sign a certificate");
}

struct Authority {
    Key key;
    X509Ptr certificate;

    explicit Authority(const char* name)
        : key(make_key()), certificate(make_certificate(name, key.get(), -day, 30 * day)) {
        extend(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
        extend(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
        extend(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
        sign(certificate.get(), certificate.get(), key.get());
    }
};

const Authority& trusted() {
    static const Authority authority("contagiond test authority");
    return authority;
}

template <typename Write>
std::string pem(Write write) {
    BioPtr bio(BIO_new(BIO_s_mem()));
    check(bio && write(bio.get()) == 1, "write PEM");
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

std::string pem_of(X509* certificate) {
    return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

/// A file that is gone with the process.
struct AuthorityFile {
    std::string path;
    AuthorityFile() {
        path = (std::filesystem::temp_directory_path() /
                ("contagiond-test-authority-" + std::to_string(getpid()) + ".pem"))
                   .string();
        std::ofstream out(path);
        out << pem_of(trusted().certificate.get());
        if (!out.flush()) throw std::runtime_error("cannot write " + path);
    }
    ~AuthorityFile() { std::remove(path.c_str()); }
};

}  // namespace

Identity issue(Certificate kind) {
    static const Authority stranger("somebody else's authority");
    const Authority& authority = kind == Certificate::unknown_authority ? stranger : trusted();
    const bool elsewhere = kind == Certificate::wrong_host;
    const long from = kind == Certificate::not_yet_valid ? day : -10 * day;
    const long until = kind == Certificate::expired ? -day : certificate_lasts_s;

    const Key key = make_key();
    const X509Ptr certificate =
        make_certificate(elsewhere ? "elsewhere.example" : "localhost", key.get(), from, until);
    X509* issuer = authority.certificate.get();
    extend(certificate.get(), issuer, NID_subject_alt_name,
           elsewhere ? "DNS:elsewhere.example" : "DNS:localhost,IP:127.0.0.1");
    extend(certificate.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
    sign(certificate.get(), issuer, authority.key.get());
    return {.certificate = pem_of(certificate.get()), .key = pem([&](BIO* bio) {
                                                          return PEM_write_bio_PrivateKey(
                                                              bio, key.get(), nullptr, nullptr, 0,
                                                              nullptr, nullptr);
                                                      })};
}

const std::string& authority_file() {
    static const AuthorityFile file;
    return file.path;
}

}  // namespace contagiond::test
