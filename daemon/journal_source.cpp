#include "daemon/journal_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "daemon/config.hpp"

namespace contagiond::daemon {

JournalSource::JournalSource(const std::vector<std::string>& paths, TimeRange range,
                             ReadReport& report)
    : reader_(paths), range_(range), report_(report) {
    reader_.on_annotation([this](const core::Annotation& annotation) {
        if (annotation.ts >= range_.from && annotation.ts < range_.to)
            report_.annotations.push_back(annotation);
    });
}

void JournalSource::map_onto(const core::Universe& universe) {
    universe_ = &universe;
    mapped_ = false;
}

void JournalSource::read_mapping() {
    const core::JournalHeader* header = reader_.header();
    if (mapped_ && (header == nullptr || header->config_text == mapped_text_)) return;
    mapped_ = true;
    mapping_ = Mapping{};
    if (header == nullptr) return;  // numbers are taken as they are
    mapped_text_ = header->config_text;
    mapping_.recorded = parse_config(mapped_text_, "recorded configuration", ".").engine.universe;
    const core::Universe& recorded = mapping_.recorded;
    for (const core::Instrument& instrument : recorded.instruments) {
        const auto& all = universe_->instruments;
        const auto found = std::find_if(all.begin(), all.end(), [&](const core::Instrument& i) {
            return i.symbol == instrument.symbol;
        });
        mapping_.instruments.push_back(found == all.end()
                                           ? core::no_id
                                           : static_cast<core::InstrumentId>(found - all.begin()));
    }
    for (const core::Feed& feed : recorded.feeds) {
        const auto& all = universe_->feeds;
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const core::Feed& f) { return f.name == feed.name; });
        mapping_.feeds.push_back(
            found == all.end() ? core::no_id : static_cast<core::FeedId>(found - all.begin()));
    }
}

bool JournalSource::map(core::Input& input) {
    if (universe_ == nullptr) return true;
    read_mapping();
    if (input.instrument < mapping_.instruments.size()) {
        const core::InstrumentId mapped = mapping_.instruments[input.instrument];
        if (mapped == core::no_id) {
            report_.ignore(mapping_.recorded.instruments[input.instrument].symbol);
            return false;
        }
        input.instrument = mapped;
    }
    if (input.feed < mapping_.feeds.size()) {
        const core::FeedId mapped = mapping_.feeds[input.feed];
        if (mapped == core::no_id) {
            report_.ignore(mapping_.recorded.feeds[input.feed].name);
            return false;
        }
        input.feed = mapped;
    }
    return true;
}

bool JournalSource::next(core::Input& out) {
    while (reader_.next(out)) {
        if (out.ts_receive < range_.from || out.ts_receive >= range_.to) continue;
        if (!map(out)) continue;
        const core::JournalHeader* header = reader_.header();
        const core::TimeNs run_start = header != nullptr ? header->ts_run_start : core::no_time;
        run_changed_ = any_run_ && run_start != run_start_;
        any_run_ = true;
        run_start_ = run_start;
        return true;
    }
    return false;
}

core::JournalHeader first_header(const std::vector<std::string>& paths) {
    JournalReader reader(paths);
    core::Record record;
    while (reader.next(record))
        if (reader.header() != nullptr) return *reader.header();
    throw std::runtime_error(fmt::format(
        "{} holds no readable configuration: give one with --config.file", paths.front()));
}

}  // namespace contagiond::daemon
