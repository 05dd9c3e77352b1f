#include "daemon/sinks/dashboard_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/elementary.hpp"
#include "daemon/sinks/dashboard_state.hpp"

namespace contagiond::sinks {
namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
constexpr std::uint32_t unknown_samples = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint8_t unknown_verdict = std::numeric_limits<std::uint8_t>::max();
constexpr std::size_t numbers_a_pair = 3;
constexpr std::size_t numbers_a_lead = 3;

float float_of(const std::optional<double>& value) {
    return value ? static_cast<float>(*value) : unknown;
}

std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Calls `each` with every column of two rows or tables of rows.
template <typename Columns, typename Row, typename Each>
void for_each_column(Columns& columns, Row& row, Each&& each) {
    each(columns.numbers, row.numbers);
    each(columns.prices, row.prices);
    each(columns.regimes, row.regimes);
    each(columns.samples, row.samples);
    each(columns.verdicts, row.verdicts);
}

}  // namespace

DashboardHistory::DashboardHistory(const core::EngineConfig& engine, std::size_t rows)
    : engine_(engine), limit_(std::max<std::size_t>(rows, 1)), pairs_(watched_pairs(engine)) {
    const std::size_t instruments = engine.universe.instruments.size();
    for (const core::SeriesId source : watched_sources(engine))
        for (const core::InstrumentId target : engine.targets) leads_.emplace_back(source, target);
    scores_at_ = instruments;
    pairs_at_ = scores_at_ + engine.targets.size();
    leads_at_ = pairs_at_ + pairs_.size() * numbers_a_pair;
    now_.numbers.assign(leads_at_ + leads_.size() * numbers_a_lead, unknown);
    now_.prices.assign(instruments, {});
    now_.regimes.assign(engine.targets.size(), core::Regime::warming);
    now_.samples.assign(pairs_.size(), unknown_samples);
    now_.verdicts.assign(leads_.size(), unknown_verdict);
    ts_.reserve(limit_);
    for_each_column(past_, now_,
                    [this](auto& column, const auto& row) { column.reserve(limit_ * row.size()); });
    for (std::size_t i = 0; i < pairs_.size(); ++i) pair_places_.emplace(pairs_[i], i);
    for (std::size_t i = 0; i < leads_.size(); ++i) lead_places_.emplace(leads_[i], i);
    for (std::size_t i = 0; i < engine.targets.size(); ++i)
        target_places_.emplace(engine.targets[i], i);
}

void DashboardHistory::take(const core::Event& event) {
    if (const auto* price = std::get_if<core::PriceSampled>(&event)) {
        if (price->instrument >= now_.prices.size()) return;
        now_.numbers[price->instrument] = static_cast<float>(price->return_since_open);
        now_.prices[price->instrument] = price->price;
    } else if (const auto* target = std::get_if<core::TargetAssessed>(&event)) {
        const auto place = target_places_.find(target->target);
        if (place == target_places_.end()) return;
        now_.numbers[scores_at_ + place->second] = float_of(target->score);
        now_.regimes[place->second] = target->regime;
    } else if (const auto* pair = std::get_if<core::CorrelationMeasured>(&event)) {
        take_correlation(*pair);
    } else if (const auto* lead = std::get_if<core::LeadMeasured>(&event)) {
        take_lead(*lead);
    } else if (const auto* bar = std::get_if<core::BarClosed>(&event)) {
        close_bar(bar->ts);
    }
}

void DashboardHistory::take_correlation(const core::CorrelationMeasured& event) {
    const auto place = pair_places_.find({event.source, event.target, event.window});
    if (place == pair_places_.end()) return;
    float* const numbers = &now_.numbers[pairs_at_ + place->second * numbers_a_pair];
    numbers[0] = float_of(event.value);
    numbers[1] = float_of(event.baseline);
    numbers[2] = float_of(event.standard_error);
    now_.samples[place->second] = event.effective_samples * 2 + (event.tainted ? 1 : 0);
}

void DashboardHistory::take_lead(const core::LeadMeasured& event) {
    const auto place = lead_places_.find({event.source, event.target});
    if (place == lead_places_.end()) return;
    float* const numbers = &now_.numbers[leads_at_ + place->second * numbers_a_lead];
    numbers[0] = float_of(event.seconds);
    numbers[1] = float_of(event.seconds_low);
    numbers[2] = float_of(event.seconds_high);
    now_.verdicts[place->second] = static_cast<std::uint8_t>(
        static_cast<unsigned>(event.verdict) * 2 + (event.tainted ? 1u : 0u));
}

void DashboardHistory::close_bar(core::TimeNs ts) {
    if (ts_.size() < limit_) {
        ts_.push_back(ts);
        for_each_column(past_, now_, [](auto& column, const auto& row) {
            column.insert(column.end(), row.begin(), row.end());
        });
        return;
    }
    ts_[oldest_] = ts;
    for_each_column(past_, now_, [this](auto& column, const auto& row) {
        std::copy(row.begin(), row.end(),
                  column.begin() + static_cast<std::ptrdiff_t>(oldest_ * row.size()));
    });
    oldest_ = (oldest_ + 1) % limit_;
}

std::size_t DashboardHistory::memory_bytes() const {
    std::size_t bytes = ts_.capacity() * sizeof(core::TimeNs);
    for_each_column(past_, now_, [&bytes](const auto& column, const auto&) {
        bytes += column.capacity() * sizeof(column[0]);
    });
    return bytes;
}

std::size_t DashboardHistory::values_a_row(const HistoryParts& parts) const {
    std::size_t values = 1;
    if (parts.instruments) values += 2 * now_.prices.size();
    if (parts.groups) values += engine_.universe.groups.size();
    if (parts.targets) values += 2 * now_.regimes.size();
    if (parts.correlations) values += (numbers_a_pair + 2) * pairs_.size();
    if (parts.leads) values += (numbers_a_lead + 2) * leads_.size();
    return values;
}

std::vector<std::size_t> DashboardHistory::chosen_rows(core::TimeNs from, core::TimeNs to,
                                                       core::DurationNs& step,
                                                       std::size_t limit) const {
    std::vector<std::size_t> inside;
    for (std::size_t i = 0; i < ts_.size(); ++i) {
        const std::size_t place = (oldest_ + i) % ts_.size();
        if (ts_[place] > from && ts_[place] <= to) inside.push_back(place);
    }
    if (inside.empty()) return inside;
    const core::DurationNs span = ts_[inside.back()] - ts_[inside.front()];
    step = std::max(
        step, inside.size() > limit ? span / static_cast<core::DurationNs>(limit - 1) + 1 : 0);
    std::vector<std::size_t> chosen;
    for (const std::size_t place : inside)
        if (chosen.empty() || ts_[place] - ts_[chosen.back()] >= step) chosen.push_back(place);
    return chosen;
}

/// Writes one answer: the chosen rows of one column after the other.
class DashboardHistory::Writer {
  public:
    Writer(const DashboardHistory& history, std::vector<std::size_t> rows, std::size_t values)
        : h_(history), universe_(history.engine_.universe), rows_(std::move(rows)) {
        out_.reserve(values * 8);
    }

    void begin(core::DurationNs step) {
        out_ +=
            fmt::format("{{\"bar_s\":{},\"step_s\":{},\"ts\":", core::to_seconds(h_.engine_.bar),
                        core::to_seconds(step));
        array([this](std::size_t row) { out_ += '"' + rfc3339(h_.ts_[row]) + '"'; });
    }
    std::string end() && { return std::move(out_ += '}'); }

    void instruments() {
        out_ += ",\"instruments\":{";
        const std::size_t count = universe_.instruments.size();
        for (std::size_t i = 0; i < count; ++i) {
            member(universe_.instruments[i].symbol, i == 0);
            out_ += "\"price\":";
            array([&](std::size_t row) {
                if (std::isnan(number(row, i)))
                    out_ += "null";
                else
                    out_ += '"' + price_text(h_.past_.prices[row * count + i]) + '"';
            });
            out_ += ",\"return_since_open\":";
            array([&](std::size_t row) {
                append(core::elementary::expm1(static_cast<double>(number(row, i))));
            });
            out_ += '}';
        }
        out_ += '}';
    }

    void groups() {
        out_ += ",\"groups\":{";
        std::vector<double> returns(universe_.instruments.size());
        for (std::size_t g = 0; g < universe_.groups.size(); ++g) {
            member(universe_.groups[g].name, g == 0);
            out_ += "\"return_since_open\":";
            array([&](std::size_t row) {
                for (std::size_t i = 0; i < returns.size(); ++i)
                    returns[i] = static_cast<double>(number(row, i));
                append(core::elementary::expm1(group_log_return(universe_.groups[g], returns)));
            });
            out_ += '}';
        }
        out_ += '}';
    }

    void targets() {
        out_ += ",\"targets\":{";
        const std::vector<core::InstrumentId>& targets = h_.engine_.targets;
        for (std::size_t t = 0; t < targets.size(); ++t) {
            member(universe_.instruments[targets[t]].symbol, t == 0);
            out_ += "\"score\":";
            numbers(h_.scores_at_ + t);
            out_ += ",\"regime\":";
            array([&](std::size_t row) {
                text(to_string(h_.past_.regimes[row * targets.size() + t]));
            });
            out_ += '}';
        }
        out_ += '}';
    }

    void correlations() {
        out_ += ",\"correlations\":[";
        const std::size_t count = h_.pairs_.size();
        for (std::size_t p = 0; p < count; ++p) {
            const WatchedPair& pair = h_.pairs_[p];
            pair_names(pair.source, pair.target, p == 0);
            out_ += fmt::format(",\"window_s\":{},\"value\":",
                                core::to_seconds(h_.engine_.correlation_windows[pair.window]));
            const std::size_t at = h_.pairs_at_ + p * numbers_a_pair;
            numbers(at);
            out_ += ",\"baseline\":";
            numbers(at + 1);
            out_ += ",\"standard_error\":";
            numbers(at + 2);
            out_ += ",\"samples\":";
            const std::vector<std::uint32_t>& samples = h_.past_.samples;
            array([&](std::size_t row) {
                const std::uint32_t packed = samples[row * count + p];
                if (packed == unknown_samples)
                    out_ += "null";
                else
                    fmt::format_to(std::back_inserter(out_), "{}", packed / 2);
            });
            out_ += ",\"tainted\":";
            array([&](std::size_t row) { flag(samples[row * count + p], unknown_samples); });
            out_ += '}';
        }
        out_ += ']';
    }

    void leads() {
        out_ += ",\"leads\":[";
        const std::size_t count = h_.leads_.size();
        for (std::size_t l = 0; l < count; ++l) {
            pair_names(h_.leads_[l].first, h_.leads_[l].second, l == 0);
            const std::size_t at = h_.leads_at_ + l * numbers_a_lead;
            out_ += ",\"seconds\":";
            numbers(at);
            out_ += ",\"low\":";
            numbers(at + 1);
            out_ += ",\"high\":";
            numbers(at + 2);
            out_ += ",\"verdict\":";
            const std::vector<std::uint8_t>& verdicts = h_.past_.verdicts;
            array([&](std::size_t row) {
                const std::uint8_t packed = verdicts[row * count + l];
                if (packed == unknown_verdict)
                    out_ += "null";
                else
                    text(to_string(static_cast<core::LeadVerdict>(packed / 2)));
            });
            out_ += ",\"tainted\":";
            array([&](std::size_t row) { flag(verdicts[row * count + l], unknown_verdict); });
            out_ += '}';
        }
        out_ += ']';
    }

  private:
    float number(std::size_t row, std::size_t column) const {
        return h_.past_.numbers[row * h_.now_.numbers.size() + column];
    }
    /// [a,b,c], each written by `append_row` from a row's place.
    template <typename AppendRow>
    void array(AppendRow&& append_row) {
        out_ += '[';
        bool first = true;
        for (const std::size_t row : rows_) {
            if (!std::exchange(first, false)) out_ += ',';
            append_row(row);
        }
        out_ += ']';
    }
    void numbers(std::size_t column) {
        array([&](std::size_t row) { append(static_cast<double>(number(row, column))); });
    }
    /// As in the state: six decimals, no zeros at the end. By hand, because an answer is mostly
    /// this: three times quicker than the library.
    void append(double value) {
        if (!(std::abs(value) < 1e9)) {
            if (std::isfinite(value))
                fmt::format_to(std::back_inserter(out_), "{:.6g}", value);
            else
                out_ += "null";
            return;
        }
        const auto millionths = static_cast<std::int64_t>(std::llround(std::abs(value) * 1e6));
        if (value < 0 && millionths != 0) out_ += '-';
        std::array<char, 24> digits;
        char* at = std::to_chars(digits.begin(), digits.end(), millionths / 1'000'000).ptr;
        if (std::int64_t rest = millionths % 1'000'000; rest != 0) {
            *at = '.';
            for (int place = 6; place > 0; --place) {
                at[place] = static_cast<char>('0' + rest % 10);
                rest /= 10;
            }
            at += 7;
            while (at[-1] == '0') --at;
        }
        out_.append(digits.data(), at);
    }
    void text(std::string_view plain) { out_.append(1, '"').append(plain) += '"'; }
    /// The lowest bit.
    template <typename Packed>
    void flag(Packed packed, Packed unknown_value) {
        out_ += packed == unknown_value ? "null" : (packed & 1) != 0 ? "true" : "false";
    }
    void member(const std::string& name, bool first) {
        if (!first) out_ += ',';
        out_ += quoted(name) + ":{";
    }
    void pair_names(core::SeriesId source, core::SeriesId target, bool first) {
        if (!first) out_ += ',';
        out_ += "{\"source\":" + quoted(universe_.series_name(source)) +
                ",\"target\":" + quoted(universe_.series_name(target));
    }

    const DashboardHistory& h_;
    const core::Universe& universe_;
    const std::vector<std::size_t> rows_;
    std::string out_;
};

std::string DashboardHistory::json(core::TimeNs from, core::TimeNs to, core::DurationNs step,
                                   const HistoryParts& parts) const {
    const std::size_t width = values_a_row(parts);
    const std::size_t limit =
        std::clamp<std::size_t>(values_per_answer / width, 2, rows_per_answer);
    std::vector<std::size_t> rows = chosen_rows(from, to, step, limit);
    const std::size_t values = rows.size() * width;
    Writer writer(*this, std::move(rows), values);
    writer.begin(step);
    if (parts.instruments) writer.instruments();
    if (parts.groups) writer.groups();
    if (parts.targets) writer.targets();
    if (parts.correlations) writer.correlations();
    if (parts.leads) writer.leads();
    return std::move(writer).end();
}

}  // namespace contagiond::sinks
