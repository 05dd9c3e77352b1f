#include "daemon/evidence_csv.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "core/link_evidence.hpp"
#include "core/series_habits.hpp"
#include "daemon/sinks/event_json.hpp"

namespace contagiond::daemon {
namespace {

/// How sure a value is, and what a number cannot say.
struct Detail {
    std::optional<double> standard_error;
    std::optional<double> effective_samples;
    std::optional<double> low, high;
    std::string_view note;
};

/// Appends the rows of one event, which share time, series and doubt.
class Rows {
  public:
    Rows(std::string& out, core::TimeNs ts, std::string_view source, std::string_view target = {})
        : out_(out), begin_(sinks::rfc3339(ts)) {
        begin_ += ',';
        begin_ += cell(source);
        begin_ += ',';
        begin_ += cell(target);
        begin_ += ',';
    }

    Rows& tainted(bool tainted) {
        tainted_ = tainted ? "1" : "0";
        return *this;
    }
    /// Of the rows that follow; 0: they refer to no stretch of time.
    Rows& window(core::DurationNs window) {
        window_ = window > 0 ? number(static_cast<double>(window) / core::ns_per_s) : std::string();
        return *this;
    }

    void add(std::string_view statistic, std::optional<double> value, const Detail& detail = {}) {
        if (!out_.empty()) out_ += '\n';
        fmt::format_to(std::back_inserter(out_), "{}{},{},{},{},{},{},{},{},{}", begin_, window_,
                       statistic, number(value), number(detail.standard_error),
                       number(detail.effective_samples), number(detail.low), number(detail.high),
                       tainted_, cell(detail.note));
    }

  private:
    static std::string number(std::optional<double> value) {
        return value && std::isfinite(*value) ? fmt::format("{}", *value) : std::string();
    }
    /// Names are the operator's: whatever they hold, a row keeps its columns.
    static std::string cell(std::string_view text) {
        if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
        std::string quoted = "\"";
        for (const char c : text) {
            if (c == '"') quoted += '"';
            quoted += c;
        }
        return quoted += '"';
    }

    std::string& out_;
    std::string begin_;
    std::string window_;
    std::string_view tainted_;
};

std::string date_text(core::TimeNs t) {
    return t == core::no_time ? std::string() : sinks::rfc3339(t).substr(0, 10);
}

struct Writer {
    std::string& out;
    const core::EngineConfig& config;

    std::string_view name(core::SeriesId series) const {
        return config.universe.series_name(series);
    }

    void operator()(const core::PriceSampled& e) const {
        Rows rows(out, e.ts, name(e.instrument));
        rows.tainted(e.taint != 0);
        rows.add("price", core::to_double(e.price), {{}, {}, {}, {}, e.stale ? "stale" : ""});
        rows.window(config.bar)
            .add("bar_return", e.bar_return,
                 {{}, {}, {}, {}, e.bar_return ? to_string(e.return_kind) : ""});
        rows.window(core::ns_per_day).add("change_24h", e.change_24h);
    }

    void operator()(const core::SelloffMeasured& e) const {
        Rows rows(out, e.ts, name(e.series));
        rows.tainted(e.tainted).window(config.selloff_horizons[e.horizon]);
        rows.add("log_return", e.log_return);
        rows.add("drawdown", e.drawdown);
        rows.add("loss_sigma", e.loss_sigma);
        rows.add("loss_one_way", e.loss_one_way);
        rows.add("coverage", e.coverage);
    }

    void operator()(const core::CorrelationMeasured& e) const {
        Rows rows(out, e.ts, name(e.source), name(e.target));
        rows.tainted(e.tainted).window(config.correlation_windows[e.window]);
        rows.add("correlation", e.value,
                 {e.standard_error, static_cast<double>(e.effective_samples), {}, {}, {}});
        rows.add("correlation_baseline", e.baseline,
                 {core::standard_error_of(e.baseline, e.baseline_effective_samples),
                  e.baseline_effective_samples,
                  {},
                  {},
                  {}});
    }

    void operator()(const core::TickCorrelationMeasured& e) const {
        Rows rows(out, e.ts, name(e.source), name(e.target));
        rows.tainted(e.tainted).window(config.tick_window);
        const bool noisy = e.value && std::abs(*e.value) > 1;
        rows.add("hayashi_yoshida", e.value,
                 {e.standard_error,
                  static_cast<double>(e.effective_samples),
                  {},
                  {},
                  noisy ? "noisy" : ""});
    }

    void operator()(const core::LeadMeasured& e) const {
        Rows rows(out, e.ts, name(e.source), name(e.target));
        rows.tainted(e.tainted).window(config.tick_window);
        // A lag that is not claimed is no value; its interval tells why not.
        const bool led = e.verdict == core::LeadVerdict::led;
        rows.add("lead_seconds", led ? e.seconds : std::nullopt,
                 {{}, {}, e.seconds_low, e.seconds_high, to_string(e.verdict)});
        rows.add("lead_correlation", e.correlation, {e.correlation_standard_error, {}, {}, {}, {}});
        rows.add("lead_ratio", e.ratio,
                 {{}, {}, {}, {}, e.ratio && std::isinf(*e.ratio) ? "inf" : ""});
        rows.add("lead_ticks_source", e.ticks_source);
        rows.add("lead_ticks_target", e.ticks_target);
    }

    void operator()(const core::LinkMeasured& e) const {
        const auto samples = [](std::uint32_t n) -> Detail {
            return {{}, static_cast<double>(n), {}, {}, {}};
        };
        Rows rows(out, e.ts, name(e.source), name(e.target));
        rows.tainted(e.tainted).window(config.link_window);
        rows.add("partial_correlation", e.partial,
                 {e.partial_standard_error, static_cast<double>(e.partial_samples), {}, {}, {}});
        rows.add("partial_p", e.partial_p, samples(e.partial_samples));
        rows.add("partial_controls", e.controls_kept);
        rows.window(config.link_before).add("rho_before", e.rho_before, samples(e.samples_before));
        rows.window(config.link_window).add("rho_now", e.rho_now, samples(e.samples_now));
        rows.add("rho_adjusted", e.rho_adjusted, samples(e.samples_now));
        rows.add("change_z", e.change_z);
        rows.add("change_p", e.change_p);
        rows.add("asymmetry", e.asymmetry, samples(e.asymmetry_samples));
        rows.window(core::LinkEvidence::spillover_window(config.bar));
        rows.add("spillover_received", e.spillover_received);
        rows.add("spillover_given", e.spillover_given);
    }

    void operator()(const core::SeriesMeasured& e) const {
        Rows rows(out, e.ts, name(e.series));
        rows.tainted(e.tainted);
        const core::DurationNs row = core::SeriesHabits::row_length(config.bar);
        rows.window(core::SeriesHabits::selloff_rows * row).add("selloff_z", e.selloff_z);
        rows.window(row).add("jump", e.jump);
        rows.add("jump_p", e.jump_p);
        rows.window(0).add("drift_log", e.drift_log);
        rows.add("intraday_factor", e.intraday_factor);
        // An instrument's is told with its price, at every bar: twice would be two rows of one
        // name.
        if (config.universe.is_group(e.series))
            rows.window(core::ns_per_day).add("change_24h", e.change_24h);
    }

    void operator()(const core::ImpactMeasured& e) const {
        const std::string as_of = date_text(e.as_of);
        const Detail dated{{}, {}, {}, {}, as_of};
        Rows rows(out, e.ts, config.universe.groups[config.source_group].name);
        rows.window(core::ns_per_day);
        rows.add("value_lost_usd", e.value_lost_usd, dated);
        rows.add("value_lost_share", e.share, dated);
        rows.add("value_covered", e.covered);
    }

    // What happened, not what was measured.
    void operator()(const core::BarClosed&) const {}
    void operator()(const core::TargetAssessed&) const {}
    void operator()(const core::FeedChanged&) const {}
    void operator()(const core::PriceDiverged&) const {}
    void operator()(const core::TickRejected&) const {}
    void operator()(const core::TickLate&) const {}
    void operator()(const core::AlertSuppressed&) const {}
    void operator()(const core::EpisodeChanged&) const {}
};

}  // namespace

std::string evidence_header() {
    return "ts,source,target,window_s,statistic,value,standard_error,effective_samples,"
           "interval_low,interval_high,tainted,note";
}

std::string evidence_rows(const core::Event& event, const core::EngineConfig& config) {
    std::string rows;
    std::visit(Writer{rows, config}, event);
    return rows;
}

}  // namespace contagiond::daemon
