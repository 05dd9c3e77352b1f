// Recordings through the engine, as `contagiond replay` takes them: a year of one-minute bars of
// twelve instruments, and an hour's part of ticks.
//
// floor:reading is what it costs to read, merge and check the same rows. Files are made before,
// from a seed, and lie in the page cache. The engine decides and tells no measures, as for a replay
// that is asked for its alerts; ours:every_measure is a replay that is asked for all of them.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/replay.hpp"
#include "daemon/replay_plan.hpp"
#include "daemon/utc_time.hpp"
#include "tests/support/random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace contagiond::bench {
namespace {

using namespace core;

constexpr TimeNs year_begin = 1'704'067'200 * ns_per_s;  // Monday, 2024-01-01
constexpr int year_days = 366;

struct Listed {
    const char* file;  ///< begin of the bar file's name
    const char* symbol;
    double price;
    Market market;
};
constexpr std::array listed = {Listed{"btcusdt_binance", "BTC-USD", 42'000, Market::always},
                               Listed{"ethusdt_binance", "ETH-USD", 2'300, Market::always},
                               Listed{"nq_cme", "NQ", 17'000, Market::cme_globex},
                               Listed{"qqq_us", "QQQ", 410, Market::us_equities},
                               Listed{"nvda_us", "NVDA", 50, Market::us_equities},
                               Listed{"amd_us", "AMD", 140, Market::us_equities},
                               Listed{"arm_us", "ARM", 75, Market::us_equities},
                               Listed{"avgo_us", "AVGO", 110, Market::us_equities},
                               Listed{"tsm_us", "TSM", 100, Market::us_equities},
                               Listed{"mu_us", "MU", 85, Market::us_equities},
                               Listed{"aapl_us", "AAPL", 190, Market::us_equities},
                               Listed{"amzn_us", "AMZN", 150, Market::us_equities}};

/// Roughly its hours, in UTC and without holidays: what is left out costs the reader nothing.
bool prints(Market market, int day, int minute) {
    const bool weekday = day % 7 < 5;
    if (market == Market::us_equities) return weekday && minute >= 870 && minute < 1260;
    if (market == Market::cme_globex) return weekday && (minute < 1320 || minute >= 1380);
    return true;
}

/// Steps of a price that stays where it is in the long run.
class Walk {
  public:
    Walk(double price, std::uint64_t seed) : start_(price), price_(price), random_(seed) {}
    double step(double sigma) {
        price_ *= 1 + sigma * random_.cheap() + 0.0001 * sigma * (start_ / price_ - 1);
        return price_;
    }
    double uniform() { return random_.uniform(); }

  private:
    double start_, price_;
    test::Random random_;
};

void write_year(const std::string& folder) {
    for (std::size_t i = 0; i < listed.size(); ++i) {
        const Listed& one = listed[i];
        const std::string path =
            fmt::format("{}/{}_1m_2024-01-01_2024-12-31.csv.gz", folder, one.file);
        const gzFile file = ::gzopen(path.c_str(), "wb1");
        if (file == nullptr) throw std::runtime_error(path + " cannot be written");
        Walk walk(one.price, i + 1);
        double open = one.price;
        for (int day = 0; day < year_days; ++day) {
            std::string text = day == 0 ? "ts_utc,open,high,low,close,volume\n" : "";
            const std::string date = daemon::format_date(year_begin + day * ns_per_day);
            for (int minute = 0; minute < 1440; ++minute) {
                if (!prints(one.market, day, minute)) continue;
                const double close = walk.step(0.0007);
                fmt::format_to(std::back_inserter(text),
                               "{}T{:02}:{:02}:00Z,{:.2f},{:.2f},{:.2f},{:.2f},{:.0f}\n", date,
                               minute / 60, minute % 60, open, std::max(open, close) + 0.01,
                               std::min(open, close) - 0.01, close, 1e5 * walk.uniform());
                open = close;
            }
            if (!text.empty()) ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
        }
        ::gzclose(file);
    }
}

constexpr std::size_t ticks = 2'000'000;

/// Some 1,400 ticks a second, as of a busy hour.
void write_ticks(const std::string& path) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr) throw std::runtime_error(path + " cannot be written");
    std::string text = "ts_ns,symbol,price,size\n";
    std::vector<Walk> walks;
    for (std::size_t i = 0; i < listed.size(); ++i) walks.emplace_back(listed[i].price, i + 100);
    test::Random random(7);
    TimeNs ts = year_begin + ns_per_day + 15 * ns_per_hour;
    for (std::size_t i = 0; i < ticks; ++i) {
        ts += static_cast<TimeNs>(1'440'000 * random.uniform());
        const std::size_t place = random.below(listed.size());
        fmt::format_to(std::back_inserter(text), "{},{},{:.2f},{}\n", ts, listed[place].symbol,
                       walks[place].step(0.00005), 1 + random.below(300));
        if (text.size() < 1 << 20 && i + 1 < ticks) continue;
        std::fwrite(text.data(), 1, text.size(), file);
        text.clear();
    }
    std::fclose(file);
}

/// Made once, before anything is timed.
struct Recordings {
    Recordings() {
        bars.bars_directory = year.path.string();
        write_year(bars.bars_directory);
        of_ticks.files = {(hour.path / "ticks.csv").string()};
        write_ticks(of_ticks.files.front());
    }
    test::TemporaryDirectory year, hour;
    daemon::ReplayOptions bars, of_ticks;
};
const Recordings& recordings() {
    static const Recordings made;
    return made;
}

/// Of this thread, which does all of it: the files lie in memory, and nothing is waited for.
double processor_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void tell(benchmark::State& state, double seconds, std::uint64_t inputs) {
    state.SetIterationTime(seconds);
    state.SetItemsProcessed(static_cast<std::int64_t>(inputs));
    state.counters["checksum"] = static_cast<double>(inputs);
    state.counters["whole_ns"] = 1e9 * seconds;
    state.counters["inputs_per_second"] = static_cast<double>(inputs) / seconds;
}

void read(benchmark::State& state, const daemon::ReplayOptions& options) {
    for (auto _ : state) {
        const double began = processor_seconds();
        daemon::ReadReport report;
        const auto plan = daemon::plan_replay(options, report);
        Input input;
        std::uint64_t inputs = 0;
        while (plan->source->next(input)) ++inputs;
        tell(state, processor_seconds() - began, inputs);
        if (report.rejected_total() > 0) state.SkipWithError("rows were refused");
    }
}

void replay(benchmark::State& state, const daemon::ReplayOptions& options, bool every_measure) {
    for (auto _ : state) {
        std::uint64_t events = 0;
        daemon::ReplayListener listener;
        if (every_measure) listener.event = [&](const Event&, const EngineConfig&) { ++events; };
        const double began = processor_seconds();
        const daemon::ReplayResult result = daemon::run_replay(options, listener);
        tell(state, processor_seconds() - began, result.inputs);
        if (result.report.rejected_total() > 0) state.SkipWithError("rows were refused");
        if (result.bars < 100) state.SkipWithError("the engine closed no bars");
        if (every_measure && events < 100 * result.bars) state.SkipWithError("it measured nothing");
    }
}

void once(const char* name, void (*run)(benchmark::State&)) {
    benchmark::RegisterBenchmark(name, run)->UseManualTime()->Iterations(1)->Repetitions(1)->Unit(
        benchmark::kMillisecond);
}

const bool registered = [] {
    once("replay_year/floor:reading", [](auto& state) { read(state, recordings().bars); });
    once("replay_year/ours:decisions",
         [](auto& state) { replay(state, recordings().bars, false); });
    once("replay_year/ours:every_measure",
         [](auto& state) { replay(state, recordings().bars, true); });
    once("replay_ticks/floor:reading", [](auto& state) { read(state, recordings().of_ticks); });
    once("replay_ticks/ours:decisions",
         [](auto& state) { replay(state, recordings().of_ticks, false); });
    return true;
}();

}  // namespace
}  // namespace contagiond::bench
