#include "daemon/app_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/calendar.hpp"
#include "daemon/calendar_warning.hpp"
#include "daemon/log.hpp"
#include "daemon/process_metrics.hpp"

namespace contagiond::daemon {
namespace {

using sinks::Metric;

template <typename Enum>
std::string label(std::size_t i) {
    return std::string(to_string(static_cast<Enum>(i)));
}

void register_build(sinks::Metrics& metrics, const AppMetricSources& sources) {
    metrics.add(Metric::build_info, build_info(), [] { return 1.0; });
    for (const char* mode : {"live", "replay", "demo"})
        metrics.add(Metric::mode_info, {{"mode", mode}},
                    [is = sources.mode == mode] { return is ? 1.0 : 0.0; });
    for (const auto& [level, name] :
         {std::pair{LogLevel::debug, "debug"}, std::pair{LogLevel::info, "info"},
          std::pair{LogLevel::warn, "warn"}, std::pair{LogLevel::error, "error"}})
        metrics.add(Metric::log_messages_total, {{"level", name}},
                    [level = level] { return static_cast<double>(log_count(level)); });
}

/// Whether one of the markets is in its main session, when something trades all the time.
bool any_regular(const std::set<core::Market>& markets, core::TimeNs now) {
    return std::ranges::any_of(markets, [now](core::Market market) {
        return core::session_span(market, now).session == core::Session::regular;
    });
}

std::set<core::Market> markets_of(const core::Universe& universe, const core::Feed& feed) {
    std::set<core::Market> markets;
    for (const core::InstrumentId id : feed.instruments)
        markets.insert(universe.instruments[id].market);
    return markets;
}

void register_feed(sinks::Metrics& metrics, const std::string& name, const feeds::FeedCounters& c) {
    const sinks::Labels feed = {{"feed", name}};
    metrics.add(Metric::feed_connected, feed, c.connected);
    metrics.add(Metric::feed_last_message_timestamp_seconds, feed, c.ts_last_message);
    metrics.add(Metric::feed_messages_total, feed, c.messages);
    metrics.add(Metric::feed_received_bytes_total, feed, c.bytes);
    metrics.add(Metric::feed_ticks_total, feed, c.ticks);
    metrics.add(Metric::feed_backfilled_ticks_total, feed, c.backfilled);
    metrics.add(Metric::feed_ignored_messages_total, feed, c.ignored);
    metrics.add(Metric::feed_trades_taken_back_total, feed, c.taken_back);
    metrics.add(Metric::feed_sequence_gaps_total, feed, c.sequence_gaps);
    metrics.add(Metric::feed_duplicates_total, feed, c.duplicates);
    metrics.add(Metric::feed_clock_skew_ticks_total, feed, c.clock_skew_ticks);
    // 0 is "no error".
    for (std::size_t e = 1; e < feeds::decode_error_count; ++e)
        metrics.add(Metric::feed_parse_errors_total,
                    {{"feed", name}, {"reason", label<feeds::DecodeError>(e)}}, c.decode_errors[e]);
    for (std::size_t r = 0; r < feeds::reconnect_reason_count; ++r)
        metrics.add(Metric::feed_reconnects_total,
                    {{"feed", name}, {"reason", label<feeds::ReconnectReason>(r)}},
                    c.reconnects[r]);
    for (std::size_t r = 0; r < core::reject_reason_count; ++r)
        metrics.add(Metric::feed_rejected_ticks_total,
                    {{"feed", name}, {"reason", label<core::RejectReason>(r)}}, c.rows_rejected[r]);
    metrics.add(Metric::feed_refused_symbols, feed, c.refused);
    metrics.add(Metric::feed_latency_seconds, feed, sinks::histogram_source(c.latency));
}

void register_recorder(sinks::Metrics& metrics, const FrameRecorderCounters& c) {
    metrics.add(Metric::recorder_frames_total, {}, c.frames);
    for (const auto& [reason, counter] :
         {std::pair{"queue_full", &c.queue_full}, std::pair{"not_text", &c.not_text},
          std::pair{"disk", &c.disk_refused}})
        metrics.add(Metric::recorder_frames_dropped_total, {{"reason", reason}}, *counter);
}

void register_engine(sinks::Metrics& metrics, const AppMetricSources& sources) {
    const EngineCounters& engine = sources.engine;
    const auto& instruments = sources.config.engine.universe.instruments;
    for (std::size_t i = 0; i < instruments.size(); ++i) {
        metrics.add(Metric::ticks_total, {{"symbol", instruments[i].symbol}}, engine.ticks[i]);
        metrics.add(Metric::symbol_last_tick_timestamp_seconds, {{"symbol", instruments[i].symbol}},
                    engine.ts_last_tick[i]);
    }
    std::set<core::Market> markets;
    for (const core::Instrument& instrument : instruments) markets.insert(instrument.market);
    for (const core::Market market : markets) {
        const sinks::Labels calendar = {{"calendar", std::string(core::calendar_name(market))}};
        metrics.add(Metric::session_open, calendar, [market, &clock = sources.clock] {
            return core::is_open(market, clock.now()) ? 1.0 : 0.0;
        });
        metrics.add(Metric::calendar_covered, calendar, [market, &clock = sources.clock] {
            return knows_holidays(market, clock.now()) ? 1.0 : 0.0;
        });
    }
    metrics.add(Metric::ring_slots, {{"ring", "feed"}},
                [&ring = sources.ring] { return static_cast<double>(ring.capacity()); });
    metrics.add(Metric::ring_used_slots, {{"ring", "feed"}}, engine.ring_used);
    metrics.add(Metric::ring_dropped_total, {{"ring", "feed"}}, sources.feeds.ring_dropped());
    metrics.add(Metric::tick_to_decision_seconds, {},
                sinks::histogram_source(engine.tick_to_decision));
    metrics.add(Metric::engine_last_loop_timestamp_seconds, {}, engine.ts_last_loop);
    metrics.add(Metric::clock_timestamp_seconds, {},
                [&clock = sources.clock] { return core::to_seconds(clock.now()); });
    metrics.add(Metric::clock_steps_total, {}, engine.clock_steps);
}

void register_webhook(sinks::Metrics& metrics, const sinks::OutboxWorker& worker,
                      const sinks::OutboxSinkCounters& kept) {
    const std::string& name = worker.name();
    const sinks::Labels sink = {{"sink", name}};
    const sinks::DeliveryCounters& sent = worker.counters();
    metrics.add(Metric::notifications_total, sink, sent.accepted);
    metrics.add(Metric::notification_attempts_total, sink, sent.attempts);
    for (std::size_t f = 0; f < sinks::notify_failure_count; ++f)
        metrics.add(Metric::notifications_failed_total,
                    {{"sink", name}, {"reason", label<sinks::NotifyFailure>(f)}}, sent.failed[f]);
    metrics.add(Metric::notification_latency_seconds, sink, sinks::histogram_source(sent.latency));
    metrics.add(Metric::notifications_silenced_total, sink, kept.silenced);
    metrics.add(Metric::outbox_pending, sink, kept.pending);
    metrics.add(Metric::outbox_dead_total, sink, kept.dead);
    metrics.add(Metric::outbox_oldest_timestamp_seconds, sink, kept.ts_oldest);
    metrics.add(Metric::sink_broken, sink, sent.broken);
}

void register_outbox(sinks::Metrics& metrics, const sinks::Outbox& outbox) {
    metrics.add(Metric::outbox_durable, {}, outbox.counters().durable);
    metrics.add(Metric::outbox_damaged_total, {}, outbox.counters().damaged);
    metrics.add(Metric::sinks_working, {}, outbox.counters().sinks_working);
    for (std::size_t i = 0; i < outbox.size(); ++i)
        register_webhook(metrics, outbox.worker(i), outbox.counters(i));
}

/// Seconds since the epoch, NaN while nothing is known.
std::function<double()> end_of(const core::Gauge& ts_certificate_end) {
    return [&ts_certificate_end] {
        const double end = ts_certificate_end.value();
        return end > 0 ? end : std::numeric_limits<double>::quiet_NaN();
    };
}

void register_certificates(sinks::Metrics& metrics, const AppMetricSources& sources) {
    // A feed and a sink may have one name: what ends first is what matters of them.
    std::map<std::string, std::vector<std::function<double()>>> ends;
    ends["listener"].push_back(sources.ts_listener_certificate_end);
    for (std::size_t i = 0; i < sources.feeds.size(); ++i)
        ends[sources.config.feeds[i].name].push_back(
            end_of(sources.feeds.counters(i).ts_certificate_end));
    for (std::size_t i = 0; sources.outbox && i < sources.outbox->size(); ++i) {
        const sinks::OutboxWorker& worker = sources.outbox->worker(i);
        ends[worker.name()].push_back(end_of(worker.counters().ts_certificate_end));
    }
    for (auto& [peer, all] : ends)
        metrics.add(Metric::tls_certificate_expiry_timestamp_seconds, {{"peer", peer}},
                    [all = std::move(all)] {
                        double first = std::numeric_limits<double>::quiet_NaN();
                        for (const auto& end : all) first = std::fmin(first, end());
                        return first;
                    });
}

void register_shadow(sinks::Metrics& metrics, const sinks::Shadow& shadow) {
    metrics.add(Metric::shadow_running, {}, [&shadow] { return shadow.running() ? 1.0 : 0.0; });
    for (std::size_t r = 0; r < core::rule_count; ++r)
        for (std::size_t s = 0; s < core::severity_count; ++s) {
            const auto rule = static_cast<core::Rule>(r);
            const auto severity = static_cast<core::Severity>(s);
            const sinks::Labels labels = {{"rule", label<core::Rule>(r)},
                                          {"severity", label<core::Severity>(s)}};
            metrics.add(Metric::shadow_alerts_total, labels, shadow.alerts(rule, severity));
            metrics.add(Metric::shadow_alerts_active, labels, shadow.active(rule, severity));
        }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> build_info() {
    return {{"version", CONTAGIOND_VERSION},
            {"revision", CONTAGIOND_REVISION},
            {"compiler", "g++ " __VERSION__}};
}

void register_app_metrics(sinks::Metrics& metrics, const AppMetricSources& sources) {
    register_build(metrics, sources);
    add_process_metrics(metrics);
    const core::Universe& universe = sources.config.engine.universe;
    for (std::size_t i = 0; i < sources.feeds.size(); ++i)
        register_feed(metrics, sources.config.feeds[i].name, sources.feeds.counters(i));
    for (const core::Feed& feed : universe.feeds)
        metrics.add(Metric::feed_session_regular, {{"feed", feed.name}},
                    [markets = markets_of(universe, feed), &clock = sources.clock] {
                        return any_regular(markets, clock.now()) ? 1.0 : 0.0;
                    });
    register_recorder(metrics, sources.recorder.counters());
    register_engine(metrics, sources);
    if (sources.journal) {
        metrics.add(Metric::journal_records_written_total, {}, sources.journal->records_written());
        metrics.add(Metric::journal_records_dropped_total, {{"reason", "disk_full"}},
                    sources.journal->records_dropped_disk());
        metrics.add(Metric::journal_records_dropped_total, {{"reason", "io_error"}},
                    sources.journal->records_dropped_io());
        metrics.add(Metric::journal_records_skipped_total, {}, sources.journal->records_skipped());
    }
    for (std::size_t i = 0; i < sources.fan_out.size(); ++i)
        metrics.add(Metric::sink_items_dropped_total,
                    {{"sink", std::string(sources.fan_out.sink(i).name())}},
                    sources.fan_out.dropped(i));
    if (sources.outbox) register_outbox(metrics, *sources.outbox);
    register_certificates(metrics, sources);
    register_shadow(metrics, sources.shadow);
}

}  // namespace contagiond::daemon
