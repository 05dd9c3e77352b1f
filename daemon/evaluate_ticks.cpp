#include "daemon/evaluate_ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "core/decimal.hpp"
#include "daemon/config.hpp"
#include "daemon/line_reader.hpp"

namespace contagiond::daemon {
namespace {

using Json = nlohmann::json;

constexpr std::string_view tick_header = "ts_ns,symbol,price,size";

template <typename T>
std::optional<T> member(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::nullopt;
    return found->get<T>();
}

std::optional<core::Rule> direction_of(const std::string& name) {
    if (name == "tech_to_crypto") return core::Rule::tech_to_crypto;
    if (name == "crypto_to_tech") return core::Rule::crypto_to_tech;
    if (name == "common") return core::Rule::common_macro;
    if (name == "none") return std::nullopt;
    throw std::runtime_error(
        fmt::format("direction {} is none of none, tech_to_crypto, "
                    "crypto_to_tech, common",
                    name));
}

bool is_strong(const Json& label) {
    const auto found = label.find("strength");
    if (found == label.end() || found->is_null()) return false;
    const auto reaches = [&](const char* group, double sigma, double one_way) {
        const Json& strength = found->at(group);
        return strength.at("s").get<double>() >= sigma &&
               strength.at("sn").get<double>() >= one_way;
    };
    return reaches("tech", 6, 2.5) && reaches("crypto", 3.5, 2.25);
}

LabelledFile read_label(const Json& label, const std::filesystem::path& folder) {
    LabelledFile file;
    file.path = (folder / label.at("file").get<std::string>()).string();
    file.truth.scenario = label.at("scenario").get<std::string>();
    file.truth.expect_alert = label.at("expect_alert").get<bool>();
    file.truth.direction = direction_of(label.at("direction").get<std::string>());
    file.truth.is_strong = is_strong(label);
    if (const auto onset = member<core::TimeNs>(label, "onset_ts_ns")) file.truth.onset = *onset;
    if ((file.truth.expect_alert || file.truth.direction) && file.truth.onset == core::no_time)
        throw std::runtime_error("onset_ts_ns is missing where there is an event");
    return file;
}

/// Symbols of a file, by name.
class Symbols {
  public:
    explicit Symbols(const core::Universe& universe) {
        for (std::size_t i = 0; i < universe.instruments.size(); ++i)
            ids_.emplace(universe.instruments[i].symbol, static_cast<core::InstrumentId>(i));
        for (const char* coin : {"BTC", "ETH"}) {
            const auto pair = ids_.find(std::string(coin) + "-USD");
            if (pair != ids_.end()) ids_.try_emplace(coin, pair->second);
        }
        for (std::size_t f = 0; f < universe.feeds.size(); ++f)
            for (const core::InstrumentId id : universe.feeds[f].instruments)
                feeds_.try_emplace(id, static_cast<core::FeedId>(f));
    }
    core::InstrumentId find(std::string_view symbol) const {
        const auto found = ids_.find(symbol);
        return found == ids_.end() ? core::no_id : found->second;
    }
    core::FeedId feed_of(core::InstrumentId instrument) const {
        const auto found = feeds_.find(instrument);
        return found == feeds_.end() ? core::FeedId{0} : found->second;
    }

  private:
    std::map<std::string, core::InstrumentId, std::less<>> ids_;
    std::map<core::InstrumentId, core::FeedId> feeds_;
};

/// The four columns, or nothing.
std::optional<std::array<std::string_view, 4>> columns(std::string_view line) {
    std::array<std::string_view, 4> out;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t comma = line.find(',');
        if ((comma == std::string_view::npos) != (i + 1 == out.size())) return std::nullopt;
        out[i] = line.substr(0, comma);
        if (comma != std::string_view::npos) line.remove_prefix(comma + 1);
    }
    return out;
}

std::optional<core::TimeNs> stamp(std::string_view text) {
    core::TimeNs ts = 0;
    const char* end = text.data() + text.size();
    const auto number = std::from_chars(text.data(), end, ts);
    if (number.ec != std::errc{} || number.ptr != end || !core::is_plausible_time(ts))
        return std::nullopt;
    return ts;
}

}  // namespace

std::vector<LabelledFile> read_labels(const std::string& folder) {
    const std::filesystem::path path = std::filesystem::path(folder) / "labels.json";
    std::ifstream stream(path);
    if (!stream)
        throw ConfigError(
            fmt::format("{} cannot be read: a folder of ticks says there what is "
                        "true of each file",
                        path.string()));
    std::vector<LabelledFile> files;
    std::size_t entry = 0;
    try {
        for (const Json& label : Json::parse(stream)) {
            ++entry;
            files.push_back(read_label(label, folder));
        }
    } catch (const std::exception& error) {
        throw ConfigError(
            fmt::format("{}: entry {} is no label: {}", path.string(), entry, error.what()));
    }
    if (files.empty()) throw ConfigError(fmt::format("{} labels no file", path.string()));
    for (const LabelledFile& file : files)
        if (!std::filesystem::exists(file.path))
            throw ConfigError(
                fmt::format("{} labels {}, which is not there", path.string(), file.path));
    return files;
}

LabelledPath read_labelled_path(const LabelledFile& file, const core::Universe& universe) {
    const Symbols symbols(universe);
    LabelledPath path;
    path.truth = file.truth;
    core::TimeNs latest = core::no_time;
    std::string_view line;
    const auto read = [&] {
        LineReader lines(file.path);
        const auto fail = [&](std::string_view what) {
            throw ConfigError(fmt::format("{}:{}: {}", file.path, lines.line_number(), what));
        };
        if (!lines.next(line) || line != tick_header)
            fail(lines.error().empty() ? "the first line is not ts_ns,symbol,price,size"
                                       : lines.error());
        while (lines.next(line)) {
            const auto fields = columns(line);
            if (!fields) fail("a tick has four columns");
            const auto ts = stamp((*fields)[0]);
            const auto price = core::parse_decimal((*fields)[2]);
            const auto size = core::parse_decimal((*fields)[3]);
            if (!ts || !price || !size) fail("a time, a price or a size is none");
            latest = std::max(latest, *ts);
            const core::InstrumentId id = symbols.find((*fields)[1]);
            if (id == core::no_id) continue;
            path.inputs.push_back(core::Input::make_trade(id, symbols.feed_of(id), *ts, latest,
                                                          price.value, size.value));
        }
        if (!lines.error().empty()) fail(lines.error());
    };
    try {
        read();
    } catch (const ConfigError&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw ConfigError(error.what());
    }
    if (path.inputs.empty())
        throw ConfigError(fmt::format("{} holds no tick of a configured symbol", file.path));
    path.truth.start = path.inputs.front().ts_receive / core::ns_per_s * core::ns_per_s;
    path.truth.end = latest;
    return path;
}

}  // namespace contagiond::daemon
