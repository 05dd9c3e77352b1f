#include "daemon/desk_view.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace contagiond::daemon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t silences_shown = 50;
constexpr std::size_t episodes_shown = 100;
constexpr std::size_t annotations_shown = 100;

Json silences_json(const DeskState& state, core::TimeNs now) {
    Json list = Json::array();
    const auto& silences = state.silences();
    for (auto s = silences.rbegin(); s != silences.rend() && list.size() < silences_shown; ++s)
        if (now < s->ends_at) list.push_back(silence_json(*s, now));
    return list;
}

Json acknowledged_json(const DeskState& state) {
    Json list = Json::array();
    for (const Acknowledgement& a : state.acknowledgements(episodes_shown)) {
        Json row{{"id", a.episode}};
        row.update(acknowledgement_json(a));
        list.push_back(std::move(row));
    }
    return list;
}

Json annotations_json(const DeskState& state) {
    std::vector<const core::Annotation*> latest;
    for (const core::Annotation& a : state.annotations()) latest.push_back(&a);
    const auto later = [](const auto* a, const auto* b) { return a->ts > b->ts; };
    const std::size_t shown = std::min(annotations_shown, latest.size());
    std::partial_sort(latest.begin(), latest.begin() + static_cast<std::ptrdiff_t>(shown),
                      latest.end(), later);
    latest.resize(shown);
    Json list = Json::array();
    for (const core::Annotation* a : latest) list.push_back(annotation_json(*a));
    return list;
}

}  // namespace

std::optional<std::string> DeskView::changed() {
    silences_.refresh();
    const core::TimeNs now = clock_.now();
    const std::uint64_t book_version = book_.version(), silences_version = silences_.version();
    if (book_version == book_version_ && silences_version == silences_version_ &&
        now < next_change_)
        return std::nullopt;
    book_version_ = book_version;
    silences_version_ = silences_version;
    Json json;
    book_.look_at([&](const DeskState& state) {
        next_change_ = state.next_change(now);
        json["silences"] = silences_json(state, now);
        json["silences_active"] = state.silences_active(now);
        json["silenced"] = Json::array();
        json["acknowledged"] = acknowledged_json(state);
        json["annotations"] = annotations_json(state);
    });
    for (const auto& [episode, silence] : silences_.silenced(episodes_shown))
        json["silenced"].push_back({{"id", episode}, {"silence", silence}});
    return one_line(json);
}

std::string alert_marks(std::string_view id, const DeskBook& book,
                        const EpisodeSilences& silences) {
    const auto acknowledged = book.acknowledgement(id);
    const std::string silence = silences.silenced_by(id);
    std::string out = "\"acknowledged\":";
    out += acknowledged ? one_line(acknowledgement_json(*acknowledged)) : "null";
    out += ",\"silenced_by\":";
    out += silence.empty() ? "null" : one_line(Json(silence));
    return out;
}

}  // namespace contagiond::daemon
