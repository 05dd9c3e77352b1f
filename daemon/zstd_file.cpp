#include "daemon/zstd_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>

namespace contagiond::daemon {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
/// What a match may look back: enough for lines that are alike, and little memory a file.
constexpr int window_log = 17;
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";

ZSTD_CCtx* compressor(void* context) {
    return static_cast<ZSTD_CCtx*>(context);
}
gzFile handle(void* file) {
    return static_cast<gzFile>(file);
}

std::string system_reason() {
    return std::generic_category().message(errno);
}

}  // namespace

std::unique_ptr<ZstdWriter> ZstdWriter::create(const std::string& path, std::string& error) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (descriptor < 0) {
        error = system_reason();
        return nullptr;
    }
    return std::unique_ptr<ZstdWriter>(new ZstdWriter(descriptor));
}

ZstdWriter::ZstdWriter(int descriptor)
    : descriptor_(descriptor), context_(ZSTD_createCCtx()), buffer_(ZSTD_CStreamOutSize()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(compressor(context_), ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(compressor(context_), ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(compressor(context_), ZSTD_c_checksumFlag, 1);
}

ZstdWriter::~ZstdWriter() {
    finish();
    ZSTD_freeCCtx(compressor(context_));
    ::close(descriptor_);
}

bool ZstdWriter::compress(std::string_view text, int directive) {
    if (!error_.empty() || finished_) return false;
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    for (;;) {
        ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
        const std::size_t left = ZSTD_compressStream2(compressor(context_), &out, &in,
                                                      static_cast<ZSTD_EndDirective>(directive));
        if (ZSTD_isError(left) != 0) {
            error_ = ZSTD_getErrorName(left);
            return false;
        }
        for (std::size_t at = 0; at < out.pos;) {
            const ssize_t n = ::write(descriptor_, buffer_.data() + at, out.pos - at);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) {
                error_ = system_reason();
                return false;
            }
            at += static_cast<std::size_t>(n);
            bytes_ += static_cast<std::uint64_t>(n);
        }
        if (directive == ZSTD_e_continue ? in.pos == in.size : left == 0) return true;
    }
}

bool ZstdWriter::write(std::string_view text) {
    return compress(text, ZSTD_e_continue);
}
bool ZstdWriter::flush() {
    return compress({}, ZSTD_e_flush);
}
bool ZstdWriter::finish() {
    if (finished_) return error_.empty();
    const bool well = compress({}, ZSTD_e_end);
    finished_ = true;
    return well;
}

struct ByteSource::Zstd {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    std::vector<char> buffer = std::vector<char>(read_bytes);
    ZSTD_inBuffer in{buffer.data(), 0, 0};
    std::size_t wanted = 0;  ///< 0: a frame is complete; files may be put one behind the other
    bool held_back = false;  ///< there was more than there was room for
    ~Zstd() { ZSTD_freeDCtx(context); }
};

ByteSource::ByteSource(const std::string& file) : name_(file == "-" ? "standard input" : file) {
    if (file == "-") {
        // Of its own, so that closing it leaves standard input open.
        const int descriptor = ::dup(STDIN_FILENO);
        if (descriptor >= 0) file_ = gzdopen(descriptor, "rb");
    } else {
        file_ = gzopen(file.c_str(), "rb");
    }
    if (file_ == nullptr) fail(std::strerror(errno));
    gzbuffer(handle(file_), read_bytes);
}

ByteSource::~ByteSource() {
    gzclose_r(handle(file_));
}

void ByteSource::fail(std::string_view what) const {
    throw std::runtime_error(fmt::format("cannot read {}: {}", name_, what));
}

std::size_t ByteSource::read_zlib(char* to, std::size_t size) {
    if (kept_begin_ < kept_.size()) {
        const std::size_t n = std::min(size, kept_.size() - kept_begin_);
        std::memcpy(to, kept_.data() + kept_begin_, n);
        kept_begin_ += n;
        return n;
    }
    errno = 0;
    const int got = gzread(handle(file_), to, static_cast<unsigned>(std::min(size, read_bytes)));
    int code = Z_OK;
    const char* const message = gzerror(handle(file_), &code);
    // A torn gzip file gives its bytes first and the error with them or after them.
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
        if (code == Z_ERRNO) fail(std::strerror(errno));
        if (code == Z_BUF_ERROR) fail("the gzip file ends in the middle");
        fail(message);
    }
    return static_cast<std::size_t>(got);
}

std::size_t ByteSource::read_zstd(char* to, std::size_t size) {
    Zstd& z = *zstd_;
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
        if (z.in.pos == z.in.size && !z.held_back) {
            z.in.pos = 0;
            z.in.size = read_zlib(z.buffer.data(), z.buffer.size());
            if (z.in.size == 0) {
                torn_ = z.wanted != 0;
                return 0;
            }
        }
        z.wanted = ZSTD_decompressStream(z.context, &out, &z.in);
        if (ZSTD_isError(z.wanted) != 0)
            fail(fmt::format("damaged: {}", ZSTD_getErrorName(z.wanted)));
        z.held_back = out.pos == out.size && z.wanted != 0;
    }
    return out.pos;
}

std::size_t ByteSource::read(char* to, std::size_t size) {
    if (!begun_) {
        begun_ = true;
        std::vector<char> first(zstd_magic.size());
        std::size_t filled = 0;
        while (filled < first.size()) {
            const std::size_t n = read_zlib(first.data() + filled, first.size() - filled);
            if (n == 0) break;
            filled += n;
        }
        first.resize(filled);
        kept_ = std::move(first);
        if (std::string_view(kept_.data(), kept_.size()) == zstd_magic)
            zstd_ = std::make_unique<Zstd>();
    }
    return zstd_ ? read_zstd(to, size) : read_zlib(to, size);
}

}  // namespace contagiond::daemon
