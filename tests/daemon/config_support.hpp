// A small configuration to spoil, a folder for secrets, and the parts of an error line.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "daemon/config.hpp"

namespace contagiond::test {

/// A folder of its own that goes away with the test.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "contagiond-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::string& path() const { return path_; }

    /// Writes a file with exactly these permissions and tells its path.
    std::string write(const std::string& name, const std::string& contents,
                      unsigned mode = 0600) const {
        const std::string path = path_ + "/" + name;
        std::ofstream(path, std::ios::binary) << contents;
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
        return path;
    }

  private:
    std::string path_;
};

/// The least that is a whole configuration; line numbers below are those of this text.
inline const std::string small_config = R"(instance: desk-1
storage:
  path: /var/lib/contagiond
instruments:
  NVDA: {class: equity}
  AVGO: {class: equity}
  BTC-USD: {class: crypto}
  IEF: {class: rate}
groups:
  us_tech:
    NVDA: 2
    AVGO: 1
feeds:
  - name: binance
    venue: binance_spot
    instruments:
      BTC-USD: BTCUSDT
engine:
  source: us_tech
  targets: [BTC-USD]
  controls:
    IEF: {hawkish_when: falls}
  bar: 10s
)";

/// The text with the first `from` in it replaced; fails where there is none.
inline std::string spoiled(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

struct ErrorLine {
    std::string whole;
    std::string file;
    int line = 0;
    std::string key;
    std::string suggestion;  ///< X of "did you mean X?"
};

/// "FILE:LINE: KEY: sentence", taken apart.
inline ErrorLine take_apart(const std::string& what) {
    ErrorLine out;
    out.whole = what;
    const std::size_t first = what.find(':');
    if (first == std::string::npos) return out;
    out.file = what.substr(0, first);
    const std::size_t second = what.find(": ", first);
    if (second == std::string::npos) return out;
    out.line = std::atoi(what.substr(first + 1, second - first - 1).c_str());
    const std::size_t third = what.find(": ", second + 2);
    if (third != std::string::npos) out.key = what.substr(second + 2, third - second - 2);
    const std::string mark = "did you mean ";
    const std::size_t meant = what.find(mark);
    if (meant != std::string::npos) {
        const std::size_t end = what.find('?', meant);
        out.suggestion = what.substr(meant + mark.size(), end - meant - mark.size());
    }
    return out;
}

/// The text as a configuration in /etc/contagiond.
inline daemon::Config parsed(const std::string& text) {
    return daemon::parse_config(text, "desk.yml", "/etc/contagiond");
}

/// The error that a text gives; fails where it gives none.
inline ErrorLine error_of(const std::string& text, const std::string& directory = "/nonexistent") {
    try {
        daemon::parse_config(text, "desk.yml", directory);
    } catch (const daemon::ConfigError& error) {
        return take_apart(error.what());
    }
    FAIL("no error in:\n" << text);
    return {};
}

}  // namespace contagiond::test
