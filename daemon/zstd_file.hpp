// Files compressed with zstd: written piece by piece, read back up to where they were torn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace contagiond::daemon {

/// A new file. One thread; blocks on the disk. Some 400 kB of memory while it is open.
class ZstdWriter {
  public:
    /// Null, with the system's reason in `error`, if the file is there already or cannot be made.
    static std::unique_ptr<ZstdWriter> create(const std::string& path, std::string& error);
    /// Ends the file as finish() does.
    ~ZstdWriter();
    ZstdWriter(const ZstdWriter&) = delete;
    ZstdWriter& operator=(const ZstdWriter&) = delete;

    /// These three answer whether the disk took it; after the first refusal nothing more is
    /// written, and error() says why.
    bool write(std::string_view text);
    /// What was written so far can be read back from now on, whatever becomes of the process.
    bool flush();
    bool finish();

    std::uint64_t bytes() const { return bytes_; }  ///< in the file
    const std::string& error() const { return error_; }

  private:
    ZstdWriter(int descriptor);
    bool compress(std::string_view text, int directive);

    int descriptor_;
    void* context_;  ///< zstd's
    std::vector<char> buffer_;
    std::uint64_t bytes_ = 0;
    bool finished_ = false;
    std::string error_;
};

/// Bytes of a file, plain, gzip or zstd, told apart by how it begins. One thread; blocks.
class ByteSource {
  public:
    /// "-" is standard input. Throws std::runtime_error with one sentence if it cannot be opened.
    explicit ByteSource(const std::string& file);
    ~ByteSource();
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    /// At least one byte, or 0 at the end. Throws std::runtime_error with one sentence when the
    /// file cannot be read on, is damaged, or is a gzip file that ends in the middle.
    std::size_t read(char* to, std::size_t size);
    /// After the end: a zstd file that stopped in the middle, as one does whose writer was killed
    /// or is still at it.
    bool torn() const { return torn_; }

  private:
    struct Zstd;
    [[noreturn]] void fail(std::string_view what) const;
    std::size_t read_zlib(char* to, std::size_t size);
    std::size_t read_zstd(char* to, std::size_t size);

    std::string name_;
    void* file_ = nullptr;  ///< zlib's handle; it passes plain files through
    std::unique_ptr<Zstd> zstd_;
    bool begun_ = false;
    std::vector<char> kept_;  ///< bytes read to see what the file is
    std::size_t kept_begin_ = 0;
    bool torn_ = false;
};

}  // namespace contagiond::daemon
