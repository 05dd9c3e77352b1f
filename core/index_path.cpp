#include "core/index_path.hpp"

#include <algorithm>

namespace contagiond::core {

IndexPath::IndexPath(const Universe& universe, const Group& group, DurationNs bar) : bar_(bar) {
    for (const Member& member : group.members) {
        Part part;
        part.instrument = member.instrument;
        part.beta = member.beta;
        part.silence_max =
            std::max(anchor_alive, universe.instruments[member.instrument].staleness_bound);
        (member.is_index ? indices_ : names_).push_back(part);
    }
}

void IndexPath::push(TimeNs ts, std::span<const Sample> samples) {
    Part* anchor = nullptr;
    for (Part& index : indices_) {
        const bool prints = samples[index.instrument].bar_return.has_value() ||
                            (samples[index.instrument].has_price && index.ts_print == no_time);
        if (!prints && !living(index, ts, index.silence_max)) continue;
        anchor = &index;
        break;
    }
    if (anchor && samples[anchor->instrument].bar_return)
        path_ = anchor->path_at_print + *samples[anchor->instrument].bar_return;
    else if (indices_.empty() || anchor)
        if (!carry_by_proxy(ts, samples, anchor)) carry(ts, samples);

    alive_ = anchor != nullptr;
    for (Part& index : indices_) {
        const Sample& sample = samples[index.instrument];
        // The first price of all has no return, and is a print all the same.
        if (!sample.bar_return && !(sample.has_price && index.ts_print == no_time)) continue;
        index.often = index.ts_print == no_time || living(index, ts, proxy_alive + bar_);
        index.ts_print = ts;
        index.path_at_print = path_;
    }
    for (Part& name : names_) {
        if (samples[name.instrument].bar_return) name.ts_print = ts;
        alive_ = alive_ || living(name, ts, name_alive);
    }
}

bool IndexPath::carry_by_proxy(TimeNs ts, std::span<const Sample> samples, const Part* anchor) {
    for (const Part& index : indices_) {
        if (&index == anchor) continue;
        const Sample& sample = samples[index.instrument];
        // Only while it prints often: one print an hour would silence the names for minutes.
        const bool often = sample.bar_return ? living(index, ts, proxy_alive + bar_)
                                             : index.often && living(index, ts, proxy_alive);
        if (!often) continue;
        if (sample.bar_return && sample.kind != ReturnKind::gap) path_ += *sample.bar_return;
        return true;
    }
    return false;
}

void IndexPath::carry(TimeNs ts, std::span<const Sample> samples) {
    double move = 0;
    std::size_t count = 0;
    for (const Part& name : names_) {
        const Sample& sample = samples[name.instrument];
        const bool was_living = living(name, ts, name_alive);
        if (sample.bar_return || was_living) ++count;
        if (sample.bar_return && was_living && sample.kind != ReturnKind::gap)
            move += name.beta * *sample.bar_return;
    }
    if (count > 0) path_ += move / static_cast<double>(count);
}

}  // namespace contagiond::core
