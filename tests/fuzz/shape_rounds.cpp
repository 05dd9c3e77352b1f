// Changed frames, millions of them, through both ways of each decoder that knows shapes; ends at
// the first difference.
//
//   shape_rounds [FRAMES [SEED [VENUE...]]]      without a number ten million, without a seed any
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "tests/feeds/own_frames.hpp"
#include "tests/feeds/shape_twin.hpp"

namespace {

using namespace contagiond;

struct Count {
    std::uint64_t frames = 0;
    std::uint64_t quick = 0;
};

/// False at a difference, which it prints.
bool run(const feeds::Venue& venue, test::BothWays& ways, std::uint64_t frames,
         test::FrameChanger& changer, Count& count) {
    const std::string_view id = venue.id;
    const test::FramesToChange from(id, ways, test::own_frames(id), 500);
    for (; count.frames < frames; ++count.frames) {
        const std::string text = changer.changed(from.any(changer), from.any(changer));
        bool was_quick = false;
        const std::string difference =
            ways.difference(text, was_quick, static_cast<char>(changer.below(256)));
        count.quick += was_quick ? 1U : 0U;
        if (difference.empty()) continue;
        std::printf("%s differs in %s:\n%s\n", std::string(id).c_str(), difference.c_str(),
                    text.c_str());
        return false;
    }
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> words(arguments + 1, arguments + count);
    const std::uint64_t frames = words.empty() ? 10'000'000 : std::stoull(words[0]);
    const std::uint64_t seed = words.size() < 2 ? std::random_device{}() : std::stoull(words[1]);
    std::printf("seed %" PRIu64 "\n", seed);
    test::FrameChanger changer(seed);
    struct Candidate {
        const feeds::Venue& venue;
        test::BothWays ways;
    };
    std::vector<Candidate> candidates;
    for (const feeds::Venue& venue : feeds::venues()) {
        test::BothWays ways(venue);
        const bool wanted =
            words.size() < 3 || std::find(words.begin() + 2, words.end(), venue.id) != words.end();
        if (wanted && ways.has_shapes()) candidates.push_back({venue, std::move(ways)});
    }
    Count all;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        Count one;
        const std::uint64_t share = (frames - all.frames) / (candidates.size() - i);
        if (!run(candidates[i].venue, candidates[i].ways, share, changer, one)) return 1;
        std::printf("%s: %" PRIu64 " frames, %.1f %% of them the quick way, no difference\n",
                    std::string(candidates[i].venue.id).c_str(), one.frames,
                    100.0 * static_cast<double>(one.quick) / static_cast<double>(one.frames));
        all.frames += one.frames;
        all.quick += one.quick;
    }
    std::printf("%" PRIu64 " frames, %.1f %% of them the quick way, no difference\n", all.frames,
                100.0 * static_cast<double>(all.quick) / static_cast<double>(all.frames));
    return all.quick * 3 >= all.frames ? 0 : 2;  // else too little was compared
}
