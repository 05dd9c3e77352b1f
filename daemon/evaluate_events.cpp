#include "daemon/evaluate_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <stdexcept>
#include <tuple>

#include "daemon/config.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/line_reader.hpp"
#include "daemon/utc_time.hpp"

namespace contagiond::daemon {
namespace {

constexpr core::DurationNs lead = 30 * core::ns_per_min;
constexpr core::DurationNs cluster_gap = 60 * core::ns_per_min;
constexpr double major_tech_pct = 3, major_btc_pct = 5;

constexpr bool is_negative(EventLabel label) {
    return label != EventLabel::spillover && label != EventLabel::mixed;
}

constexpr std::size_t at(EventLabel label) {
    return static_cast<std::size_t>(label);
}

double days_of(core::DurationNs duration) {
    return static_cast<double>(duration) / static_cast<double>(core::ns_per_day);
}

/// Columns of one row; quoted ones may hold commas.
std::vector<std::string> split_row(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
            cells.back() += line[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            cells.emplace_back();
        } else {
            cells.back() += c;
        }
    }
    return cells;
}

class EventReader {
  public:
    explicit EventReader(const std::string& file) : lines_(file) {
        std::string_view line;
        if (!lines_.next(line)) fail("it is empty");
        const std::vector<std::string> names = split_row(line);
        for (const char* wanted : {"id", "label", "window_start_utc", "onset_utc", "window_end_utc",
                                   "tech_drop_pct", "btc_drop_pct"}) {
            const auto found = std::find(names.begin(), names.end(), wanted);
            if (found == names.end()) fail(fmt::format("the column {} is missing", wanted));
            column_[wanted] = static_cast<std::size_t>(found - names.begin());
        }
        width_ = names.size();
    }

    bool next(LabelledEvent& event) {
        std::string_view line;
        do {
            if (!lines_.next(line)) {
                if (!lines_.error().empty()) fail(lines_.error());
                return false;
            }
        } while (line.empty());
        cells_ = split_row(line);
        if (cells_.size() != width_) fail("a row has another number of columns than the first");
        event = {};
        event.id = cell("id");
        event.label = label();
        event.start = time("window_start_utc");
        event.end = time("window_end_utc");
        if (!cell("onset_utc").empty()) event.onset = time("onset_utc");
        const bool needs_onset = event.label == EventLabel::spillover;
        if (event.end <= event.start ||
            (needs_onset && (event.onset == core::no_time || event.onset >= event.end)))
            fail("an empty window");
        const auto tech = number("tech_drop_pct"), btc = number("btc_drop_pct");
        event.is_major = tech && btc && *tech >= major_tech_pct && *btc >= major_btc_pct;
        return true;
    }

  private:
    [[noreturn]] void fail(std::string_view what) const {
        throw ConfigError(fmt::format("{}:{}: {}", lines_.path(), lines_.line_number(), what));
    }
    const std::string& cell(const char* name) const { return cells_[column_.find(name)->second]; }

    EventLabel label() const {
        const std::string& name = cell("label");
        for (std::size_t i = 0; i < event_label_names.size(); ++i)
            if (event_label_names[i] == name) return static_cast<EventLabel>(i);
        fail(fmt::format("unknown label {}{}", name, did_you_mean(name, event_label_names)));
    }
    core::TimeNs time(const char* name) const {
        const auto t = parse_utc(cell(name));
        if (!t) fail(fmt::format("{} is no time such as 2025-01-27T14:30:00Z", name));
        return *t;
    }
    std::optional<double> number(const char* name) const {
        const std::string& text = cell(name);
        double value = 0;
        const char* end = text.data() + text.size();
        const auto result = std::from_chars(text.data(), end, value);
        if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
        return value;
    }

    LineReader lines_;
    std::map<std::string, std::size_t, std::less<>> column_;
    std::size_t width_ = 0;
    std::vector<std::string> cells_;
};

/// False: nothing of the event is left.
bool cut(LabelledEvent& event, const TimeRange& range) {
    if (event.label == EventLabel::spillover) {
        if (event.onset - lead < range.from || event.end > range.to) return false;
        event.start = std::min(event.start, event.onset - lead);
        return true;
    }
    event.start = std::max(event.start, range.from);
    event.end = std::min(event.end, range.to);
    return event.start < event.end;
}

class Scorer {
  public:
    Scorer(std::span<const LabelledEvent> events, const TimeRange& range)
        : events_(events), range_(range) {
        for (const LabelledEvent& e : events) {
            score_.listed_days += days_of(e.end - e.start);
            if (e.label == EventLabel::spillover) continue;
            LabelCount& count = score_.by_label[at(e.label)];
            count.days += days_of(e.end - e.start);
            if (is_negative(e.label)) score_.negative_days += days_of(e.end - e.start);
        }
    }

    EventScore run(std::span<const LoggedEpisode> episodes) {
        for (const LoggedEpisode& episode : episodes)
            if (episode.opening().ts >= range_.from && episode.opening().ts < range_.to)
                kept_.push_back(&episode);
        std::stable_sort(kept_.begin(), kept_.end(), [](const auto* a, const auto* b) {
            return std::tie(a->opening().ts, a->id) < std::tie(b->opening().ts, b->id);
        });
        for (const LoggedEpisode* episode : kept_) place(*episode);
        for (const LabelledEvent& e : events_)
            if (e.label == EventLabel::spillover) settle(e);
        std::sort(score_.delays_min.begin(), score_.delays_min.end());
        score_.episodes = kept_.size();
        return std::move(score_);
    }

  private:
    static bool is_reverse(const LoggedEpisode& e) {
        return e.opening().rule == core::Rule::crypto_to_tech;
    }

    const LabelledEvent* hit_zone(core::TimeNs t) const {
        for (const LabelledEvent& e : events_)
            if (e.label == EventLabel::spillover && e.onset - lead <= t && t <= e.end) return &e;
        return nullptr;
    }

    /// The window outside hit zones, spillovers first.
    const LabelledEvent* window(core::TimeNs t) const {
        for (const LabelledEvent& e : events_)
            if (e.label == EventLabel::spillover && e.start <= t && t < e.onset - lead) return &e;
        for (const LabelledEvent& e : events_)
            if (e.label != EventLabel::spillover && e.start <= t && t < e.end) return &e;
        return nullptr;
    }

    void place(const LoggedEpisode& episode) {
        const core::TimeNs t = episode.opening().ts;
        const LabelledEvent* zone = hit_zone(t);
        const LabelledEvent* where = zone != nullptr ? zone : window(t);
        if (zone != nullptr || (where != nullptr && where->label == EventLabel::crypto_led)) {
            ++score_.direction_n;
            if ((zone != nullptr) != is_reverse(episode)) ++score_.direction_right;
        }
        const Verdict verdict = judge(episode, zone, where);
        ++score_.verdicts[static_cast<std::size_t>(verdict)];
        score_.placed.push_back({episode.id, t, episode.target, episode.opening().severity, verdict,
                                 where != nullptr ? where->id : std::string()});
    }

    Verdict judge(const LoggedEpisode& episode, const LabelledEvent* zone,
                  const LabelledEvent* where) {
        const core::TimeNs t = episode.opening().ts;
        if (is_reverse(episode)) return Verdict::other_direction;
        if (zone != nullptr) {
            first_hit_.try_emplace(zone->id, t);  // episodes come in order of time
            return Verdict::hit;
        }
        if (where == nullptr) return Verdict::unlisted;
        if (where->label == EventLabel::spillover) return Verdict::early;
        if (where->label == EventLabel::mixed) return Verdict::mixed;
        if (last_false_ == core::no_time || t - last_false_ > cluster_gap) ++score_.clusters;
        last_false_ = t;
        ++score_.false_alarms;
        ++score_.by_label[at(where->label)].false_alarms;
        return Verdict::false_alarm;
    }

    void settle(const LabelledEvent& e) {
        EventOutcome outcome{e.id, e.onset, std::nullopt, e.is_major, false};
        if (const auto hit = first_hit_.find(e.id); hit != first_hit_.end()) {
            outcome.detected = hit->second;
            score_.delays_min.push_back(core::to_seconds(hit->second - e.onset) / 60);
        } else {
            outcome.open_from_before =
                std::any_of(kept_.begin(), kept_.end(), [&](const LoggedEpisode* p) {
                    return p->opening().ts < e.onset - lead && p->until >= e.onset &&
                           !is_reverse(*p);
                });
        }
        ++score_.spillovers;
        if (outcome.detected) ++score_.hits;
        if (e.is_major) ++score_.major;
        if (e.is_major && outcome.detected) ++score_.major_hits;
        if (outcome.open_from_before) ++score_.open_from_before;
        score_.events.push_back(std::move(outcome));
    }

    std::span<const LabelledEvent> events_;
    TimeRange range_;
    EventScore score_;
    std::vector<const LoggedEpisode*> kept_;
    std::map<std::string, core::TimeNs> first_hit_;
    core::TimeNs last_false_ = core::no_time;
};

}  // namespace

std::vector<LabelledEvent> read_events(const std::string& file, const TimeRange& range) {
    std::vector<LabelledEvent> events;
    try {
        EventReader reader(file);
        for (LabelledEvent event; reader.next(event);)
            if (cut(event, range)) events.push_back(event);
    } catch (const ConfigError&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw ConfigError(error.what());
    }
    std::stable_sort(
        events.begin(), events.end(),
        [](const LabelledEvent& a, const LabelledEvent& b) { return a.start < b.start; });
    return events;
}

EventScore score_events(std::span<const LoggedEpisode> episodes,
                        std::span<const LabelledEvent> events, const TimeRange& range) {
    return Scorer(events, range).run(episodes);
}

}  // namespace contagiond::daemon
