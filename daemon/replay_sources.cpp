#include "daemon/replay_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "core/decimal.hpp"
#include "daemon/line_reader.hpp"
#include "daemon/symbol_places.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::string_view tick_header = "ts_ns,symbol,price,size";
constexpr std::string_view bar_header = "ts_utc,open,high,low,close,volume";
constexpr std::size_t symbol_bytes_max = 64;
/// Of a row that is quoted in a message.
constexpr std::size_t excerpt_bytes_max = 120;

/// Rows of a tick file stand in the order of their arrival: stamps of two venues, rarely of one,
/// cross on the way. One that is further behind belongs to another recording.
constexpr core::DurationNs crossing_max = core::ns_per_s;

/// Fills all of `fields`; false unless there are exactly as many. Fields are a few bytes long: to
/// look at each byte once is quicker than to search for every comma.
template <std::size_t N>
bool split(std::string_view line, std::array<std::string_view, N>& fields) {
    const char* begin = line.data();
    const char* const end = begin + line.size();
    std::size_t count = 0;
    for (const char* p = begin; p != end; ++p) {
        if (*p != ',') continue;
        if (count + 1 == N) return false;
        fields[count++] = {begin, static_cast<std::size_t>(p - begin)};
        begin = p + 1;
    }
    fields[count] = {begin, static_cast<std::size_t>(end - begin)};
    return count + 1 == N;
}

void check_header(LineReader& lines, std::string_view header, std::string_view kind) {
    std::string_view line;
    if (!lines.next(line) || line != header)
        throw std::runtime_error(fmt::format(
            "{}:1: this is no file of {}: its first line must be {}", lines.path(), kind, header));
}

/// A price above zero, or why not.
std::optional<RowReject> read_price(std::string_view text, core::Decimal& price) {
    const core::DecimalResult result = core::parse_decimal(text);
    if (!result) return RowReject::bad_price;
    if (result.value.mantissa == 0) return RowReject::zero_price;
    if (result.value.mantissa < 0) return RowReject::negative_price;
    price = result.value;
    return std::nullopt;
}

bool read_size(std::string_view text, core::Decimal& size) {
    const core::DecimalResult result = core::parse_decimal(text);
    if (!result || result.value.mantissa < 0) return false;
    size = result.value;
    return true;
}

// ---------------------------------------------------------------------- ticks

class TickSource final : public InputSource {
  public:
    TickSource(const std::string& path, const core::Universe& universe, core::FeedId feed,
               TimeRange range, ReadReport& report)
        : lines_(path), feed_(feed), range_(range), report_(report) {
        check_header(lines_, tick_header, "ticks");
        for (std::size_t i = 0; i < universe.instruments.size(); ++i)
            if (known_.add(universe.instruments[i].symbol) == ids_.size())
                ids_.push_back(static_cast<core::InstrumentId>(i));
    }

    bool next(core::Input& out) override {
        std::string_view line;
        while (lines_.next(line)) {
            if (line.empty()) continue;
            if (const auto reason = take(line, out)) {
                report_.reject(*reason, lines_.path(), lines_.line_number(), line);
                continue;
            }
            if (out.ts_receive >= range_.to) return false;
            if (out.ts_receive < range_.from || out.instrument == core::no_id) continue;
            return true;
        }
        if (!lines_.error().empty() && !error_told_) {
            error_told_ = true;
            report_.reject(RowReject::damaged_file, lines_.path(), lines_.line_number(),
                           lines_.error());
        }
        return false;
    }

  private:
    std::optional<RowReject> take(std::string_view line, core::Input& out) {
        std::array<std::string_view, 4> fields;
        if (!split(line, fields)) return RowReject::bad_columns;
        core::TimeNs ts = 0;
        const char* end = fields[0].data() + fields[0].size();
        const auto number = std::from_chars(fields[0].data(), end, ts);
        if (number.ec != std::errc{} || number.ptr != end || !core::is_plausible_time(ts))
            return RowReject::bad_time;
        if (latest_ != core::no_time && ts < latest_ - crossing_max)
            return RowReject::time_backwards;
        if (fields[1].empty() || fields[1].size() > symbol_bytes_max) return RowReject::bad_symbol;
        core::Decimal price, size;
        if (const auto reason = read_price(fields[2], price)) return reason;
        if (!read_size(fields[3], size)) return RowReject::bad_size;
        // It was known when all that stands before it was.
        latest_ = std::max(latest_, ts);
        const std::size_t place = known_.find(fields[1]);
        const core::InstrumentId instrument =
            place == SymbolPlaces::absent ? core::no_id : ids_[place];
        out = core::Input::make_trade(instrument, feed_, ts, latest_, price, size);
        if (instrument == core::no_id) report_.ignore(fields[1]);
        return std::nullopt;
    }

    LineReader lines_;
    SymbolPlaces known_;
    std::vector<core::InstrumentId> ids_;  ///< by place
    core::FeedId feed_;
    TimeRange range_;
    ReadReport& report_;
    core::TimeNs latest_ = core::no_time;
    bool error_told_ = false;
};

// ---------------------------------------------------------------------- bars

/// Times of bars come by the day: its midnight is kept from row to row.
class BarTimes {
  public:
    std::optional<core::TimeNs> read(std::string_view text) {
        constexpr std::size_t date_bytes = 10, whole_bytes = 20;
        if (text.size() == whole_bytes && text.substr(0, date_bytes) == date_) {
            // The date is known to be well; what follows is read with any date before it.
            const auto digit = [&](std::size_t i) { return static_cast<unsigned>(text[i] - '0'); };
            const unsigned hour = digit(11) * 10 + digit(12);
            const unsigned minute = digit(14) * 10 + digit(15);
            const unsigned second = digit(17) * 10 + digit(18);
            bool digits = true;
            for (const std::size_t i : {11u, 12u, 14u, 15u, 17u, 18u})
                digits = digits && digit(i) < 10;
            if (digits && hour < 24 && minute < 60 && second < 60 && text[10] == 'T' &&
                text[13] == ':' && text[16] == ':' && text[19] == 'Z')
                return midnight_ + (hour * 3600 + minute * 60 + second) * core::ns_per_s;
            return std::nullopt;
        }
        const auto t = parse_utc(text);
        if (!t || text.size() < whole_bytes) return std::nullopt;
        date_.assign(text.substr(0, date_bytes));
        midnight_ = day_of(*t);
        return t;
    }

  private:
    std::string date_;
    core::TimeNs midnight_ = 0;
};

class BarSource final : public InputSource {
  public:
    BarSource(const BarFile& file, core::InstrumentId instrument, core::FeedId feed,
              TimeRange range, std::vector<std::shared_ptr<const BarCoverage>> finer,
              ReadReport& report)
        : lines_(file.path),
          interval_(file.interval),
          instrument_(instrument),
          feed_(feed),
          range_(range),
          finer_(std::move(finer)),
          report_(report) {
        check_header(lines_, bar_header, "bars");
    }

    bool next(core::Input& out) override {
        std::string_view line;
        while (lines_.next(line)) {
            if (line.empty()) continue;
            if (const auto reason = take(line, out)) {
                report_.reject(*reason, lines_.path(), lines_.line_number(), line);
                continue;
            }
            if (out.ts_receive > range_.to) return false;
            if (out.ts_receive - interval_ < range_.from) continue;
            const bool told = std::any_of(finer_.begin(), finer_.end(), [&](const auto& coverage) {
                return coverage->holds(out.ts_receive);
            });
            if (!told) return true;
        }
        if (!lines_.error().empty() && !error_told_) {
            error_told_ = true;
            report_.reject(RowReject::damaged_file, lines_.path(), lines_.line_number(),
                           lines_.error());
        }
        return false;
    }

  private:
    std::optional<RowReject> take(std::string_view line, core::Input& out) {
        std::array<std::string_view, 6> fields;
        if (!split(line, fields)) return RowReject::bad_columns;
        const auto start = times_.read(fields[0]);
        if (!start || !core::is_plausible_time(*start)) return RowReject::bad_time;
        if (*start <= latest_) return RowReject::time_backwards;
        core::Decimal open, high, low, close, volume;
        for (auto [text, price] : {std::pair{fields[1], &open}, std::pair{fields[2], &high},
                                   std::pair{fields[3], &low}, std::pair{fields[4], &close}})
            if (const auto reason = read_price(text, *price)) return reason;
        const double bottom = core::to_double(low), top = core::to_double(high);
        for (const core::Decimal price : {open, close}) {
            const double value = core::to_double(price);
            if (value < bottom || value > top) return RowReject::bad_bar;
        }
        // Some series have no volume: an empty column.
        if (!fields[5].empty() && !read_size(fields[5], volume)) return RowReject::bad_size;
        latest_ = *start;
        const core::TimeNs end = *start + interval_;
        out = core::Input::make_trade(instrument_, feed_, end, end, close, volume, 0,
                                      core::aggregated);
        return std::nullopt;
    }

    LineReader lines_;
    core::DurationNs interval_;
    core::InstrumentId instrument_;
    core::FeedId feed_;
    TimeRange range_;
    std::vector<std::shared_ptr<const BarCoverage>> finer_;
    ReadReport& report_;
    BarTimes times_;
    core::TimeNs latest_ = std::numeric_limits<core::TimeNs>::min();
    bool error_told_ = false;
};

/// Calls `f` with the start of every bar of a file.
template <typename F>
void for_each_bar_start(const std::string& path, F f) {
    LineReader lines(path);
    check_header(lines, bar_header, "bars");
    BarTimes times;
    std::string_view line;
    while (lines.next(line))
        if (const auto start = times.read(line.substr(0, line.find(',')))) f(*start);
}

/// "_1m_" in a file's name: a minute; 0 if there is nothing of the kind.
core::DurationNs interval_in_name(std::string_view name) {
    for (std::size_t i = name.find('_'); i != std::string_view::npos; i = name.find('_', i + 1)) {
        const char* begin = name.data() + i + 1;
        const char* end = name.data() + name.size();
        int count = 0;
        const auto number = std::from_chars(begin, end, count);
        if (number.ec != std::errc{} || count < 1 || end - number.ptr < 2 || number.ptr[1] != '_')
            continue;
        if (*number.ptr == 's') return count * core::ns_per_s;
        if (*number.ptr == 'm') return count * core::ns_per_min;
        if (*number.ptr == 'h') return count * core::ns_per_hour;
    }
    return 0;
}

// ---------------------------------------------------------------------- merge

class MergedSource final : public InputSource {
  public:
    explicit MergedSource(std::vector<std::unique_ptr<InputSource>> sources)
        : sources_(std::move(sources)), heads_(sources_.size()) {
        for (std::size_t i = 0; i < sources_.size(); ++i)
            if (sources_[i]->next(heads_[i])) heap_.push_back({heads_[i].ts_receive, i});
        std::make_heap(heap_.begin(), heap_.end(), later);
    }

    bool next(core::Input& out) override {
        if (heap_.empty()) return false;
        std::pop_heap(heap_.begin(), heap_.end(), later);
        Entry& entry = heap_.back();
        out = heads_[entry.source];
        if (sources_[entry.source]->next(heads_[entry.source])) {
            entry.ts = std::max(entry.ts, heads_[entry.source].ts_receive);
            std::push_heap(heap_.begin(), heap_.end(), later);
        } else {
            heap_.pop_back();
        }
        return true;
    }

  private:
    struct Entry {
        core::TimeNs ts;
        std::size_t source;
    };
    static bool later(const Entry& a, const Entry& b) {
        return a.ts != b.ts ? a.ts > b.ts : a.source > b.source;
    }

    std::vector<std::unique_ptr<InputSource>> sources_;
    std::vector<core::Input> heads_;  ///< next input of each source
    std::vector<Entry> heap_;         ///< of the sources that have one, the earliest in front
};

}  // namespace

std::string_view to_string(RowReject reason) {
    switch (reason) {
        case RowReject::bad_columns:
            return "bad_columns";
        case RowReject::bad_time:
            return "bad_time";
        case RowReject::time_backwards:
            return "time_backwards";
        case RowReject::bad_symbol:
            return "bad_symbol";
        case RowReject::bad_price:
            return "bad_price";
        case RowReject::zero_price:
            return "zero_price";
        case RowReject::negative_price:
            return "negative_price";
        case RowReject::bad_size:
            return "bad_size";
        case RowReject::bad_bar:
            return "bad_bar";
        case RowReject::damaged_file:
            return "damaged_file";
    }
    return "unknown";
}

void ReadReport::reject(RowReject reason, const std::string& file, std::uint64_t line,
                        std::string_view text) {
    ++rejected[static_cast<std::size_t>(reason)];
    if (examples.size() >= examples_max) return;
    std::string excerpt(text.substr(0, excerpt_bytes_max));
    // Rows come from outside: nothing in them reaches a terminal as a control character.
    for (char& c : excerpt)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
    examples.push_back(fmt::format("{}:{}: {}: {}", file, line, to_string(reason), excerpt));
}

void ReadReport::ignore(std::string_view symbol) {
    auto found = ignored.find(symbol);
    if (found == ignored.end()) {
        if (ignored.size() >= ignored_symbols_max) symbol = "(others)";
        found = ignored.try_emplace(std::string(symbol), 0).first;
    }
    ++found->second;
}

std::uint64_t ReadReport::rejected_total() const {
    std::uint64_t total = 0;
    for (const std::uint64_t n : rejected) total += n;
    return total;
}

std::unique_ptr<InputSource> open_ticks(const std::string& path, const core::Universe& universe,
                                        core::FeedId feed, TimeRange range, ReadReport& report) {
    return std::make_unique<TickSource>(path, universe, feed, range, report);
}

std::vector<std::string> symbols_of_ticks(const std::string& path) {
    LineReader lines(path);
    check_header(lines, tick_header, "ticks");
    SymbolPlaces symbols;
    std::string_view line;
    while (lines.next(line)) {
        const std::size_t comma = line.find(',');
        if (comma == std::string_view::npos) continue;
        line.remove_prefix(comma + 1);
        const std::string_view symbol = line.substr(0, line.find(','));
        if (symbol.empty() || symbol.size() > symbol_bytes_max) continue;
        if (symbols.size() < ReadReport::ignored_symbols_max) symbols.add(symbol);
    }
    std::vector<std::string> sorted;
    for (std::size_t i = 0; i < symbols.size(); ++i) sorted.push_back(symbols.name(i));
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

BarFile describe_bar_file(const std::string& symbol, const std::string& path) {
    BarFile file;
    file.path = path;
    file.symbol = symbol;
    file.venue = "file";
    file.first_day = core::plausible_time_min;
    file.last_day = core::plausible_time_max;
    const std::size_t slash = path.rfind('/');
    file.interval = interval_in_name(slash == std::string::npos ? path : path.substr(slash + 1));
    if (file.interval > 0) return file;
    core::TimeNs last = 0;
    for_each_bar_start(path, [&](core::TimeNs start) {
        if (last != 0 && start > last && (file.interval == 0 || start - last < file.interval))
            file.interval = start - last;
        last = start;
    });
    if (file.interval == 0)
        throw std::runtime_error(fmt::format(
            "{}: neither its name (such as x_1m_y.csv) nor two rows tell how long a bar is", path));
    return file;
}

BarCoverage::BarCoverage(const BarFile& file) {
    for_each_bar_start(file.path, [&](core::TimeNs start) {
        start_ = std::min(start_, start);
        end_ = std::max(end_, start + file.interval);
        const core::TimeNs day = day_of(start);
        if (days_.empty() || days_.back() != day) days_.push_back(day);
    });
    std::sort(days_.begin(), days_.end());
}

bool BarCoverage::holds(core::TimeNs end) const {
    // The moment `end` closes the bar, so it belongs to the day before a midnight.
    return end > start_ && end <= end_ &&
           std::binary_search(days_.begin(), days_.end(), day_of(end - 1));
}

std::unique_ptr<InputSource> open_bars(const BarFile& file, core::InstrumentId instrument,
                                       core::FeedId feed, TimeRange range,
                                       std::vector<std::shared_ptr<const BarCoverage>> finer,
                                       ReadReport& report) {
    return std::make_unique<BarSource>(file, instrument, feed, range, std::move(finer), report);
}

std::unique_ptr<InputSource> merge(std::vector<std::unique_ptr<InputSource>> sources) {
    if (sources.size() == 1) return std::move(sources.front());
    return std::make_unique<MergedSource>(std::move(sources));
}

}  // namespace contagiond::daemon
