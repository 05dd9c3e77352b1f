// How the engine's cost grows: of a tick, of a bar and of memory, against the length of the
// windows, the number of pairs and the number of instruments. Prints JSON, and ends with 1 if a
// cost grows faster than it should.
//
//     windows       5 min to 24 h: one correlation window, fall horizon and level window of that
//                   length. A tick and a bar cost the same; memory is linear.
//     pairs         10 to 2,000, sources times targets: the engine takes at most 8 targets, so
//                   2,000 are 249 members and their group against 8. A bar and memory are linear.
//     instruments   10 to 5,000, all but ten of them bystanders that print in every bar. A bar and
//                   memory are linear; a tick costs the same, but for what leaves the caches.
//
// A slope is that of a straight line through the logarithms (0: flat, 1: linear); of what grows,
// over the larger half of the curve, since fixed costs weigh on the smaller one. Times are the
// processor's, of the thread.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "core/engine.hpp"
#include "tests/support/allocations.hpp"
#include "tests/support/random.hpp"

namespace contagiond::bench {
namespace {

using namespace core;

struct Shape {
    std::size_t members = 8;
    std::size_t targets = 2;
    std::size_t bystanders = 0;
    DurationNs window = ns_per_hour;
};

EngineConfig config_of(const Shape& shape) {
    EngineConfig config;
    Group group{"us_tech", {}};
    Feed feed{"all", "none", {}};
    const std::size_t instruments = shape.members + shape.targets + shape.bystanders;
    for (std::size_t i = 0; i < instruments; ++i) {
        Instrument instrument;
        instrument.symbol = "S" + std::to_string(i);
        // Never closed: a day of bars has no hours in which nothing is done.
        instrument.market = Market::always;
        config.universe.instruments.push_back(instrument);
        const auto id = static_cast<InstrumentId>(i);
        feed.instruments.push_back(id);
        if (i < shape.members)
            group.members.push_back({id, 1.0});
        else if (i < shape.members + shape.targets)
            config.targets.push_back(id);
    }
    config.universe.groups = {group};
    config.universe.feeds = {feed};
    config.correlation_windows = {shape.window};
    config.selloff_horizons = {shape.window};
    config.detector.level_window = shape.window;
    config.detector.recent_window = std::min(config.detector.recent_window, shape.window);
    config.detector.slide_age = std::min(config.detector.slide_age, shape.window);
    config.lateness = 0;
    config.identity = "growth";
    return config;
}

struct Point {
    double x = 0, tick_ns = 0, bar_ns = 0, bytes = 0;
};

double median(std::vector<double> values) {
    std::nth_element(values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

/// Of this thread: what others do on the core meanwhile is not its cost.
double processor_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

/// What asking costs.
double clock_ns() {
    std::vector<double> apart;
    for (int i = 0; i < 1000; ++i) {
        const double before = processor_ns();
        apart.push_back(processor_ns() - before);
    }
    return median(std::move(apart));
}

/// A market whose instruments each print once in a bar, in an order of its own.
class PrintingMarket {
  public:
    explicit PrintingMarket(const EngineConfig& config)
        : bar_(config.bar), prices_(config.universe.instruments.size(), 100'000'000), random_(1) {}

    /// The prints of the next bar, and the clock that closes it.
    std::vector<Input>& next(Input& close) {
        inputs_.clear();
        const auto spacing = bar_ / static_cast<DurationNs>(prices_.size() + 1);
        TimeNs ts = end_;
        for (std::size_t k = 0; k < prices_.size(); ++k) {
            // 4,099 is a prime above the number of instruments' gaps: neighbours in time are no
            // neighbours in memory.
            const std::size_t i = k * 4'099 % prices_.size();
            prices_[i] += static_cast<std::int64_t>(40'000 * random_.cheap());
            ts += spacing;
            inputs_.push_back(Input::make_trade(static_cast<InstrumentId>(i), 0, ts, ts,
                                                {prices_[i], -6}, {1, 0}));
        }
        end_ += bar_;
        close = Input::make_clock(end_ + 1);
        return inputs_;
    }

  private:
    DurationNs bar_;
    std::vector<std::int64_t> prices_;
    test::Random random_;
    TimeNs end_ = 1'737'988'200 * ns_per_s;
    std::vector<Input> inputs_;
};

Point measure(double x, const Shape& shape) {
    const EngineConfig config = config_of(shape);
    if (const std::string wrong = check(config); !wrong.empty()) {
        std::fprintf(stderr, "no such engine: %s\n", wrong.c_str());
        std::exit(2);
    }
    Point point;
    point.x = x;
    const test::AllocationCount memory;
    Engine engine(config);
    point.bytes = static_cast<double>(memory.live_bytes());
    PrintingMarket market(config);
    Input close;
    // Every window is full.
    const auto warm = static_cast<int>(shape.window / config.bar) + 10;
    constexpr int bars = 240;
    static const double asking = clock_ns();
    std::vector<double> tick_ns, bar_ns;
    for (int bar = 0; bar < warm + bars; ++bar) {
        const std::vector<Input>& inputs = market.next(close);
        const double began = processor_ns();
        engine.step(inputs);
        const double filled = processor_ns();
        engine.step({&close, 1});
        const double closed = processor_ns();
        if (bar < warm) continue;
        tick_ns.push_back((filled - began - asking) / static_cast<double>(inputs.size()));
        bar_ns.push_back(closed - filled - asking);
    }
    // Studies fall due in some bars and not in others: a bar's cost is the mean without the tenth
    // in which something else ran on the core.
    std::sort(bar_ns.begin(), bar_ns.end());
    bar_ns.resize(bar_ns.size() * 9 / 10);
    for (const double ns : bar_ns) point.bar_ns += ns / static_cast<double>(bar_ns.size());
    point.tick_ns = median(std::move(tick_ns));
    return point;
}

double slope(const std::vector<Point>& points, double Point::*value, std::size_t first) {
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (std::size_t i = first; i < points.size(); ++i) {
        const double x = std::log(points[i].x), y = std::log(points[i].*value);
        n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

/// What a cost may do along a curve.
struct Law {
    const char* name;
    double Point::*value;
    double slope_min, slope_max;
    bool whole;  ///< over the whole curve; else over its larger half
};

/// Prints it; false if a law is broken.
bool tell(const char* name, const char* x, const std::vector<Point>& points,
          const std::vector<Law>& laws, bool last) {
    std::printf("  {\"curve\": \"%s\", \"x\": \"%s\", \"points\": [", name, x);
    for (std::size_t i = 0; i < points.size(); ++i)
        std::printf("%s\n    {\"x\": %.0f, \"tick_ns\": %.1f, \"bar_ns\": %.0f, \"bytes\": %.0f}",
                    i > 0 ? "," : "", points[i].x, points[i].tick_ns, points[i].bar_ns,
                    points[i].bytes);
    std::printf("],\n   \"slopes\": [");
    bool all_hold = true;
    for (std::size_t i = 0; i < laws.size(); ++i) {
        const Law& law = laws[i];
        const double found = slope(points, law.value, law.whole ? 0 : points.size() / 2);
        const bool holds = found >= law.slope_min && found <= law.slope_max;
        all_hold = all_hold && holds;
        std::printf(
            "%s\n    {\"of\": \"%s\", \"slope\": %.3f, \"at_least\": %.2f, \"at_most\": %.2f, "
            "\"holds\": %s}",
            i > 0 ? "," : "", law.name, found, law.slope_min, law.slope_max,
            holds ? "true" : "false");
    }
    std::printf("]}%s\n", last ? "" : ",");
    std::fflush(stdout);
    return all_hold;
}

int run() {
    constexpr double Point::*tick = &Point::tick_ns;
    constexpr double Point::*bar = &Point::bar_ns;
    constexpr double Point::*bytes = &Point::bytes;
    bool well = true;
    std::printf("{\"curves\": [\n");

    std::vector<Point> points;
    for (const DurationNs window : {5 * ns_per_min, 15 * ns_per_min, ns_per_hour, 4 * ns_per_hour,
                                    12 * ns_per_hour, 24 * ns_per_hour}) {
        Shape shape;
        shape.window = window;
        points.push_back(measure(to_seconds(window), shape));
    }
    well &= tell("windows", "seconds of the longest window", points,
                 {{"tick_ns", tick, -0.1, 0.1, true},
                  {"bar_ns", bar, -0.1, 0.12, true},
                  {"bytes", bytes, 0, 1.05, false}},
                 false);

    points.clear();
    for (const auto& [members, targets] : {std::pair<std::size_t, std::size_t>{4, 2},
                                           {9, 4},
                                           {24, 4},
                                           {49, 8},
                                           {124, 8},
                                           {249, 8}}) {
        Shape shape;
        shape.members = members;
        shape.targets = targets;
        points.push_back(measure(static_cast<double>((members + 1) * targets), shape));
    }
    // Each member's tick touches its pairs with the targets, a target's those with all members.
    well &= tell("pairs", "sources times targets", points,
                 {{"bar_ns", bar, 0.5, 1.15, false}, {"bytes", bytes, 0.5, 1.05, false}}, false);

    points.clear();
    for (const std::size_t instruments : {10u, 50u, 200u, 1'000u, 2'500u, 5'000u}) {
        Shape shape;
        shape.bystanders = instruments - shape.members - shape.targets;
        points.push_back(measure(static_cast<double>(instruments), shape));
    }
    well &= tell("instruments", "instruments", points,
                 {{"tick_ns", tick, -0.3, 0.3, true},
                  {"bar_ns", bar, 0.7, 1.2, false},
                  {"bytes", bytes, 0.7, 1.05, false}},
                 true);
    std::printf("]}\n");
    return well ? 0 : 1;
}

}  // namespace
}  // namespace contagiond::bench

int main() {
    return contagiond::bench::run();
}
