#include "daemon/replay_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "daemon/bar_folder.hpp"
#include "daemon/config.hpp"
#include "daemon/default_config.hpp"
#include "daemon/engine_difference.hpp"
#include "daemon/false_alarm_budget.hpp"

namespace contagiond::daemon {
namespace {

/// The options' files, told apart.
struct Files {
    std::vector<std::vector<std::string>> journals;  ///< segments of one folder together
    std::vector<std::string> ticks;
    std::vector<BarFile> bars;
};

/// "SYMBOL=FILE", unless a file has just that name.
std::optional<std::pair<std::string, std::string>> split_bar_argument(const std::string& argument) {
    const std::size_t mark = argument.find('=');
    std::error_code ignored;
    if (mark == std::string::npos || mark == 0 || std::filesystem::exists(argument, ignored))
        return std::nullopt;
    return std::pair{argument.substr(0, mark), argument.substr(mark + 1)};
}

Files tell_apart(const ReplayOptions& options) {
    Files files;
    std::map<std::string, std::size_t> journal_of_folder;
    for (const std::string& argument : options.files) {
        if (const auto bars = split_bar_argument(argument)) {
            files.bars.push_back(describe_bar_file(bars->first, bars->second));
        } else if (is_journal(argument)) {
            std::string folder = std::filesystem::path(argument).parent_path().string();
            if (std::filesystem::is_directory(argument)) folder = argument;
            const auto [at, is_new] = journal_of_folder.try_emplace(folder, files.journals.size());
            if (is_new) files.journals.emplace_back();
            files.journals[at->second].push_back(argument);
        } else {
            files.ticks.push_back(argument);
        }
    }
    // By symbol and fineness, so that a coarse file given by hand also gives way to a fine one.
    std::stable_sort(files.bars.begin(), files.bars.end(), [](const BarFile& a, const BarFile& b) {
        return std::tie(a.symbol, a.interval) < std::tie(b.symbol, b.interval);
    });
    if (options.bars_directory.empty()) return files;
    for (BarFile& file : list_bar_files(options.bars_directory, options.range))
        files.bars.push_back(std::move(file));
    return files;
}

ReplayConfig from_config(Config config, std::string name) {
    ReplayConfig result;
    result.engine = std::move(config.engine);
    result.false_alarm_budget = config.false_alarm_budget;
    result.shadow = std::move(config.shadow);
    result.name = std::move(name);
    result.sha256 = std::move(config.sha256);
    result.instance = std::move(config.instance);
    result.external_url = std::move(config.web_external_url);
    return result;
}

ReplayConfig choose_config(const ReplayOptions& options, const Files& files) {
    if (!options.config_file.empty())
        return from_config(load_config(options.config_file), options.config_file);
    if (!files.journals.empty()) return recorded_config(first_header(files.journals.front()));
    std::vector<std::string> present;
    for (const BarFile& file : files.bars) present.push_back(file.symbol);
    for (const std::string& path : files.ticks)
        for (std::string& symbol : symbols_of_ticks(path)) present.push_back(std::move(symbol));
    ReplayConfig config;
    config.engine = default_engine_config(present);
    config.false_alarm_budget = default_false_alarm_budget;
    config.name = "the built-in universe";
    config.sha256 = config.engine.identity;
    return config;
}

std::optional<core::InstrumentId> find(const core::Universe& universe, std::string_view symbol) {
    for (std::size_t i = 0; i < universe.instruments.size(); ++i)
        if (universe.instruments[i].symbol == symbol) return static_cast<core::InstrumentId>(i);
    return std::nullopt;
}

/// The feed of this name, made if absent, delivering at least this instrument.
core::FeedId feed_for(core::Universe& universe, const std::string& name, const std::string& venue,
                      core::InstrumentId instrument) {
    auto found = std::find_if(universe.feeds.begin(), universe.feeds.end(),
                              [&](const core::Feed& f) { return f.name == name; });
    if (found == universe.feeds.end())
        found = universe.feeds.insert(found, core::Feed{name, venue, {}});
    auto& delivered = found->instruments;
    if (std::find(delivered.begin(), delivered.end(), instrument) == delivered.end())
        delivered.push_back(instrument);
    return static_cast<core::FeedId>(found - universe.feeds.begin());
}

/// A series of its own for each venue and interval: prices of two are never differenced.
std::string bar_feed_name(const BarFile& file) {
    if (file.interval % core::ns_per_min == 0)
        return fmt::format("{}_{}m", file.venue, file.interval / core::ns_per_min);
    return fmt::format("{}_{}s", file.venue, file.interval / core::ns_per_s);
}

void add_recorded_feeds(core::Universe& universe, const core::Universe& recorded) {
    for (const core::Feed& feed : recorded.feeds)
        for (const core::InstrumentId id : feed.instruments)
            if (const auto here = find(universe, recorded.instruments[id].symbol))
                feed_for(universe, feed.name, feed.venue, *here);
}

class Planner {
  public:
    Planner(const ReplayOptions& options, ReadReport& report)
        : options_(options), report_(report), files_(tell_apart(options)) {}

    std::unique_ptr<ReplayPlan> plan() {
        if (files_.journals.empty() && files_.ticks.empty() && files_.bars.empty())
            throw std::runtime_error("there is nothing to replay in that stretch of time");
        plan_->config = choose_config(options_, files_);
        compare_with_recorded();
        const bool live_follows =
            follows_budget(plan_->config.engine, plan_->config.false_alarm_budget);
        const bool shadow_follows =
            plan_->config.shadow &&
            follows_budget(plan_->config.shadow->engine, plan_->config.shadow->false_alarm_budget);
        // Feeds are numbered before any source is opened: sources carry their numbers.
        add_journal_feeds();
        add_tick_feeds();
        add_bar_feeds();
        // What a journal holds had travelled, and waits as its configuration says.
        if (files_.journals.empty()) each_engine(fit_to_files);
        open_journals();
        for (std::size_t i = 0; i < files_.ticks.size(); ++i)
            sources_.push_back(
                open_ticks(files_.ticks[i], universe(), tick_feed_, options_.range, report_));
        open_bar_files();
        if (live_follows) follow_budget(plan_->config.engine, plan_->config.false_alarm_budget);
        if (shadow_follows)
            follow_budget(plan_->config.shadow->engine, plan_->config.shadow->false_alarm_budget);
        if (options_.adjust) options_.adjust(plan_->config.engine);
        if (plan_->config.shadow) plan_->config.shadow->engine.universe = universe();
        each_engine([&](const core::EngineConfig& engine) {
            if (const std::string wrong = core::check(engine); !wrong.empty())
                throw std::runtime_error(
                    fmt::format("{} does not fit this replay: {}", plan_->config.name, wrong));
        });
        plan_->source = merge(std::move(sources_));
        return std::move(plan_);
    }

  private:
    core::Universe& universe() { return plan_->config.engine.universe; }

    /// Whether the budget decides the factor: what was recorded, or set by hand, stays.
    bool follows_budget(const core::EngineConfig& engine, double budget) const {
        if (!files_.journals.empty() || budget == 0) return false;
        return options_.config_file.empty() ||
               threshold_factor_for(engine, budget) == engine.detector.threshold_factor;
    }

    /// Files of bars may have lengthened the bar, and a built-in universe is what the files hold.
    static void follow_budget(core::EngineConfig& engine, double budget) {
        if (const auto factor = threshold_factor_for(engine, budget))
            engine.detector.threshold_factor = *factor;
    }

    template <typename Do>
    void each_engine(Do work) {
        work(plan_->config.engine);
        if (plan_->config.shadow) work(plan_->config.shadow->engine);
    }

    /// Before feeds are added and lengths are fitted, which is no difference anybody set.
    void compare_with_recorded() {
        const core::EngineConfig& used = plan_->config.engine;
        if (files_.journals.empty()) return;
        if (!plan_->config.is_recorded) {
            const ReplayConfig recorded = recorded_config(first_header(files_.journals.front()));
            plan_->differences = engine_differences(recorded.engine, used);
            return;
        }
        // What has a default: the universe has none.
        core::EngineConfig defaults;
        defaults.universe = used.universe;
        defaults.source_group = used.source_group;
        defaults.targets = used.targets;
        defaults.controls = used.controls;
        defaults.placebos = used.placebos;
        plan_->differences = engine_differences(defaults, used);
    }

    void add_journal_feeds() {
        if (options_.config_file.empty()) return;
        for (const auto& paths : files_.journals)
            add_recorded_feeds(universe(), recorded_config(first_header(paths)).engine.universe);
    }

    void add_tick_feeds() {
        if (files_.ticks.empty()) return;
        for (std::size_t i = 0; i < universe().instruments.size(); ++i)
            tick_feed_ = feed_for(universe(), "ticks", "file", static_cast<core::InstrumentId>(i));
    }

    void add_bar_feeds() {
        std::vector<BarFile> known;
        for (BarFile& file : files_.bars) {
            if (find(universe(), file.symbol))
                known.push_back(std::move(file));
            else
                report_.ignored.try_emplace(file.symbol, 0);
        }
        files_.bars = std::move(known);
        if (files_.bars.empty()) return;
        // The finest series first: the engine prefers earlier feeds where several are fresh.
        std::vector<const BarFile*> by_interval;
        for (const BarFile& file : files_.bars) by_interval.push_back(&file);
        std::stable_sort(
            by_interval.begin(), by_interval.end(),
            [](const BarFile* a, const BarFile* b) { return a->interval < b->interval; });
        std::vector<core::DurationNs> longest(universe().instruments.size(), 0);
        for (const BarFile* file : by_interval) {
            const core::InstrumentId instrument = *find(universe(), file->symbol);
            feed_for(universe(), bar_feed_name(*file), file->venue, instrument);
            longest[instrument] = std::max(longest[instrument], file->interval);
        }
        const bool bars_only = files_.ticks.empty() && files_.journals.empty();
        const core::DurationNs interval = bars_only ? by_interval.front()->interval : 0;
        each_engine([&](core::EngineConfig& engine) { fit_to_bars(engine, interval, longest); });
    }

    void open_journals() {
        for (const auto& paths : files_.journals) {
            auto source = std::make_unique<JournalSource>(paths, options_.range, report_);
            const bool alone = files_.journals.size() == 1 && files_.ticks.empty() &&
                               files_.bars.empty() && options_.config_file.empty();
            if (alone)
                plan_->runs = source.get();
            else
                source->map_onto(universe());
            plan_->journals.push_back(source.get());
            sources_.push_back(std::move(source));
        }
    }

    void open_bar_files() {
        const auto finer = find_finer(files_.bars);
        for (std::size_t i = 0; i < files_.bars.size(); ++i) {
            const BarFile& file = files_.bars[i];
            const core::InstrumentId instrument = *find(universe(), file.symbol);
            sources_.push_back(open_bars(
                file, instrument, feed_for(universe(), bar_feed_name(file), file.venue, instrument),
                options_.range, finer[i], report_));
        }
    }

    const ReplayOptions& options_;
    ReadReport& report_;
    Files files_;
    std::unique_ptr<ReplayPlan> plan_ = std::make_unique<ReplayPlan>();
    std::vector<std::unique_ptr<InputSource>> sources_;
    core::FeedId tick_feed_ = core::no_id;
};

}  // namespace

ReplayConfig recorded_config(const core::JournalHeader& header) {
    ReplayConfig config =
        from_config(parse_config(header.config_text, "recorded configuration", "."),
                    "the recorded configuration");
    config.is_recorded = true;
    config.text = header.config_text;
    return config;
}

std::unique_ptr<ReplayPlan> plan_replay(const ReplayOptions& options, ReadReport& report) {
    return Planner(options, report).plan();
}

}  // namespace contagiond::daemon
