#include "daemon/app_desk.hpp"

#include <utility>
#include <vector>

#include "daemon/desk_api.hpp"
#include "daemon/log.hpp"

namespace contagiond::daemon {
namespace {

std::vector<std::string> symbols_of(const core::EngineConfig& engine) {
    std::vector<std::string> out;
    for (const core::Instrument& instrument : engine.universe.instruments)
        out.push_back(instrument.symbol);
    return out;
}

}  // namespace

AppDesk::AppDesk(const std::string& storage_path, const core::EngineConfig& engine,
                 const core::Clock& clock)
    : clock_(clock),
      engine_(engine),
      book_({.path = storage_path + "/desk.jsonl", .limits = {}}, clock),
      silences_(book_, clock, symbols_of(engine)),
      view_(book_, silences_, clock) {
    if (book_.lines_skipped() > 0)
        log(LogLevel::error, "what was said at the desk is damaged: some lines were left out",
            {{"file", storage_path + "/desk.jsonl"},
             {"lines", std::to_string(book_.lines_skipped())}});
    if (const std::size_t active = book_.silences_active(clock.now()); active > 0)
        log(LogLevel::warn, "silences of an earlier run are in force",
            {{"silences", std::to_string(active)}});
}

void AppDesk::show_on(sinks::DashboardSettings& dashboard) {
    dashboard.desk = [this] { return view_.changed(); };
    dashboard.alert_marks = [this](std::string_view id) {
        return alert_marks(id, book_, silences_);
    };
    dashboard.on_episode = [this](const core::Episode& episode) { silences_.decide(episode); };
}

void AppDesk::count_in(sinks::Metrics& metrics) {
    using sinks::Metric;
    const auto add = [&](Metric metric, auto source) {
        metrics.add(metric, {}, [source] { return static_cast<double>(source()); });
    };
    add(Metric::silences_active, [this] { return book_.silences_active(clock_.now()); });
    add(Metric::alerts_silenced, [this] { return silences_.open_silenced(); });
    add(Metric::alerts_acknowledged, [this] { return silences_.open_acknowledged(); });
    add(Metric::annotations_total, [this] { return book_.annotations_made(); });
    add(Metric::desk_lines_skipped_total, [this] { return book_.lines_skipped(); });
    add(Metric::desk_writes_failed_total, [this] { return book_.writes_failed(); });
}

void AppDesk::serve_on(HttpServer& server, const sinks::Dashboard& dashboard,
                       sinks::Metrics& metrics, sinks::Journal* journal) {
    DeskApiHooks hooks;
    hooks.book = &book_;
    hooks.clock = &clock_;
    hooks.symbols = symbols_of(engine_);
    for (const core::InstrumentId target : engine_.targets)
        hooks.targets.push_back(hooks.symbols[target]);
    for (const core::Group& group : engine_.universe.groups) hooks.symbols.push_back(group.name);
    hooks.alert_ids = [&dashboard] { return dashboard.alert_ids(); };
    if (journal)
        hooks.annotated = [journal](const core::Annotation& annotation) {
            journal->annotate(annotation);
        };
    for (DeskRoute& route : desk_routes(hooks)) {
        metrics.declare_http(route.name);
        server.route(std::move(route.method), std::move(route.path), std::move(route.name),
                     std::move(route.handler));
    }
}

}  // namespace contagiond::daemon
