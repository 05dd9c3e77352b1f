#include "daemon/bar_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <tuple>

#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

/// The five parts of a name; empty for any other name.
std::optional<std::array<std::string_view, 5>> parts_of_name(std::string_view name) {
    for (const std::string_view extension : {".gz", ".csv"}) {
        if (name.ends_with(extension))
            name.remove_suffix(extension.size());
        else if (extension == ".csv")
            return std::nullopt;
    }
    std::array<std::string_view, 5> parts;
    for (std::size_t i = parts.size(); i-- > 1;) {
        const std::size_t mark = name.rfind('_');
        if (mark == std::string_view::npos) return std::nullopt;
        parts[i] = name.substr(mark + 1);
        name = name.substr(0, mark);
    }
    parts[0] = name;
    return parts;
}

std::optional<BarFile> describe(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const auto parts = parts_of_name(name);
    if (!parts || (*parts)[0].empty() || (*parts)[1].empty()) return std::nullopt;
    const auto first = parse_utc((*parts)[3]), last = parse_utc((*parts)[4]);
    if (!first || !last) return std::nullopt;
    try {
        BarFile file = describe_bar_file(canonical_symbol((*parts)[0]), path.string());
        file.venue = (*parts)[1];
        file.first_day = *first;
        file.last_day = *last;
        return file;
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

/// Names tell the days on which bars start; a bar of the last day may be known at the midnight
/// after it.
bool overlap(const BarFile& a, const BarFile& b) {
    return a.first_day <= b.last_day && b.first_day <= a.last_day;
}

}  // namespace

std::string canonical_symbol(std::string_view name) {
    if (name == "btcusdt") return "BTC-USD";
    if (name == "ethusdt") return "ETH-USD";
    if (name == "mnq") return "NQ";
    std::string symbol(name);
    for (char& c : symbol) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return symbol;
}

std::vector<BarFile> list_bar_files(const std::string& directory, TimeRange range) {
    std::vector<BarFile> files;
    std::error_code error;
    std::filesystem::directory_iterator entry(directory, error), end;
    bool any = false;
    for (; !error && entry != end; entry.increment(error)) {
        auto file = describe(entry->path());
        if (!file) continue;
        any = true;
        // A bar of the last day may end on the day after.
        if (file->first_day > range.to) continue;
        if (range.from > core::plausible_time_min &&
            file->last_day + 2 * core::ns_per_day < range.from)
            continue;
        files.push_back(std::move(*file));
    }
    if (error)
        throw std::runtime_error(fmt::format("{} cannot be read: {}", directory, error.message()));
    if (!any)
        throw std::runtime_error(fmt::format(
            "{} holds no bars: files are named symbol_venue_1m_2025-01-01_2025-01-31.csv.gz",
            directory));
    std::sort(files.begin(), files.end(), [](const BarFile& a, const BarFile& b) {
        return std::tie(a.symbol, a.interval, a.path) < std::tie(b.symbol, b.interval, b.path);
    });
    return files;
}

std::vector<std::vector<std::shared_ptr<const BarCoverage>>> find_finer(
    const std::vector<BarFile>& files) {
    std::vector<std::vector<std::shared_ptr<const BarCoverage>>> finer(files.size());
    std::vector<std::shared_ptr<const BarCoverage>> coverage(files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (files[j].symbol != files[i].symbol || !overlap(files[j], files[i])) continue;
            if (!coverage[j]) coverage[j] = std::make_shared<const BarCoverage>(files[j]);
            finer[i].push_back(coverage[j]);
        }
    }
    return finer;
}

}  // namespace contagiond::daemon
