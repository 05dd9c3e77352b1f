#include "core/group_return.hpp"

namespace contagiond::core {

GroupReturn group_return(const Group& group, std::span<const Sample> samples, bool was_alive) {
    double all = 0, alive = 0, printed = 0, move = 0, elapsed = 0;
    bool synchronous = true, gap = false;
    for (const Member& member : group.members) {
        const Sample& sample = samples[member.instrument];
        all += member.weight;
        if (!sample.alive) continue;
        alive += member.weight;
        if (!sample.bar_return) continue;
        if (sample.kind == ReturnKind::gap && was_alive) continue;
        printed += member.weight;
        move += member.weight * *sample.bar_return;
        elapsed += member.weight * sample.elapsed;
        synchronous = synchronous && sample.synchronous;
        gap = gap || sample.kind == ReturnKind::gap;
    }
    GroupReturn result;
    if (all > 0) result.coverage = alive / all;
    if (printed > 0) {
        result.y = move / alive;
        result.elapsed = elapsed / alive;
        result.printed = printed / alive;
        result.gap = gap;
        result.synchronous = synchronous && result.printed >= 0.5;
    }
    return result;
}

}  // namespace contagiond::core
