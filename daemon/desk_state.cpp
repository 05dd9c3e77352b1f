#include "daemon/desk_state.hpp"

#include <algorithm>
#include <limits>

namespace contagiond::daemon {
namespace {

bool is_active(const Silence& s, core::TimeNs t) {
    return s.starts_at <= t && t < s.ends_at;
}

template <typename Silences>
auto find_silence(Silences& silences, std::string_view id) {
    return std::find_if(silences.begin(), silences.end(),
                        [&](const Silence& s) { return s.id == id; });
}

}  // namespace

void DeskState::apply(const DeskRecord& record) {
    std::visit([this](const auto& r) { take(r); }, record);
}

void DeskState::take(const Silence& silence) {
    if (find_silence(silences_, silence.id) != silences_.end()) return;
    while (!silences_.empty() && silences_.size() >= limits_.silences) {
        const auto over = std::find_if(silences_.begin(), silences_.end(), [&](const Silence& s) {
            return s.ends_at <= silence.ts_made;
        });
        silences_.erase(over == silences_.end() ? silences_.begin() : over);
    }
    silences_.push_back(silence);
}

void DeskState::take(const SilenceEnd& end) {
    const auto found = find_silence(silences_, end.id);
    if (found == silences_.end() || found->ends_at <= end.ts) return;
    found->ends_at = end.ts;
    // One that had not begun never does.
    found->starts_at = std::min(found->starts_at, end.ts);
    found->ended_by = end.by;
}

void DeskState::take(const Acknowledgement& acknowledgement) {
    acknowledgements_.insert_or_assign(acknowledgement.episode, acknowledgement);
    while (acknowledgements_.size() > limits_.acknowledgements)
        acknowledgements_.erase(std::min_element(
            acknowledgements_.begin(), acknowledgements_.end(),
            [](const auto& a, const auto& b) { return a.second.ts < b.second.ts; }));
}

void DeskState::take(const AcknowledgementEnd& end) {
    if (const auto it = acknowledgements_.find(end.episode); it != acknowledgements_.end())
        acknowledgements_.erase(it);
}

void DeskState::take(const core::Annotation& annotation) {
    annotations_.push_back(annotation);
    while (annotations_.size() > limits_.annotations) annotations_.pop_front();
}

bool DeskState::silences_full(core::TimeNs t) const {
    return silences_.size() >= limits_.silences &&
           std::none_of(silences_.begin(), silences_.end(),
                        [&](const Silence& s) { return s.ends_at <= t; });
}

std::string DeskState::silenced_by(core::Rule rule, std::span<const std::string_view> targets,
                                   core::TimeNs t) const {
    const auto silence_of = [&](std::string_view target) -> const Silence* {
        for (const Silence& s : silences_)
            if (is_active(s, t) && (!s.rule || *s.rule == rule) &&
                (s.target.empty() || s.target == target))
                return &s;
        return nullptr;
    };
    // Without targets only what silences any target does.
    if (targets.empty()) {
        const Silence* const found = silence_of({});
        return found ? found->id : std::string();
    }
    const Silence* first = nullptr;
    for (const std::string_view target : targets) {
        const Silence* const found = silence_of(target);
        if (!found) return {};
        if (!first) first = found;
    }
    return first->id;
}

std::size_t DeskState::silences_active(core::TimeNs t) const {
    return static_cast<std::size_t>(std::count_if(
        silences_.begin(), silences_.end(), [&](const Silence& s) { return is_active(s, t); }));
}

core::TimeNs DeskState::next_change(core::TimeNs t) const {
    core::TimeNs next = std::numeric_limits<core::TimeNs>::max();
    for (const Silence& s : silences_)
        for (const core::TimeNs change : {s.starts_at, s.ends_at})
            if (change > t) next = std::min(next, change);
    return next;
}

const Silence* DeskState::silence(std::string_view id) const {
    const auto found = find_silence(silences_, id);
    return found == silences_.end() ? nullptr : &*found;
}

const Acknowledgement* DeskState::acknowledgement(std::string_view episode) const {
    const auto found = acknowledgements_.find(episode);
    return found == acknowledgements_.end() ? nullptr : &found->second;
}

std::vector<Acknowledgement> DeskState::acknowledgements(std::size_t at_most) const {
    std::vector<Acknowledgement> all;
    all.reserve(acknowledgements_.size());
    for (const auto& [episode, a] : acknowledgements_) all.push_back(a);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.ts > b.ts; });
    if (all.size() > at_most) all.resize(at_most);
    return all;
}

std::vector<DeskRecord> DeskState::records() const {
    std::vector<DeskRecord> out;
    out.reserve(record_count());
    for (const Silence& s : silences_) {
        out.emplace_back(s);
        // With an end that is already in it; the second record only says by whom.
        if (!s.ended_by.empty()) {
            Silence open = s;
            open.ends_at = s.ends_at + 1'000;
            out.back() = open;
            out.emplace_back(SilenceEnd{s.id, s.ended_by, s.ends_at});
        }
    }
    for (const auto& [episode, a] : acknowledgements_) out.emplace_back(a);
    for (const core::Annotation& a : annotations_) out.emplace_back(a);
    return out;
}

std::size_t DeskState::record_count() const {
    return silences_.size() + acknowledgements_.size() + annotations_.size();
}

}  // namespace contagiond::daemon
