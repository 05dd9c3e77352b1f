// What a message costs from its bytes to rows: six venues' messages as they come on a busy feed
// thread, in no order, beside what others would write to read them; and by venue.
#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/decimal.hpp"
#include "feeds/adapter.hpp"
#include "tests/bench/decode_frames.hpp"
#include "tests/bench/decode_peers.hpp"
#include "tests/bench/market.hpp"

namespace contagiond::bench {
namespace {

constexpr std::size_t frame_count = 4096;

// The checksum: what was read of all frames, prices and sizes by value, times, ids and symbols. It
// is taken before the clock runs.

using Sum = std::uint64_t;

Sum mix(Sum sum, std::uint64_t value) {
    return (sum ^ value) * 0x9e3779b97f4a7c15 + (sum >> 29);
}

Sum mix(Sum sum, std::string_view text) {
    for (const char c : text) sum = mix(sum, static_cast<unsigned char>(c));
    return sum;
}

/// In units of 1e-8, which hold every number of these frames.
Sum mix_number(Sum sum, const Figure& figure) {
    if (figure.text.empty())
        return mix(sum, static_cast<std::uint64_t>(std::llround(figure.number * 1e8)));
    const core::DecimalResult exact =
        core::rescale(core::parse_decimal(figure.text).value, std::int8_t{-8});
    return mix(sum, static_cast<std::uint64_t>(exact.value.mantissa));
}

Sum mix(Sum sum, const Told& told) {
    sum = mix(sum, static_cast<std::uint64_t>(told.kind));
    sum = mix(sum, static_cast<std::uint64_t>(told.side));
    sum = mix(sum, told.flags);
    sum = mix(sum, static_cast<std::uint64_t>(told.ts_exchange));
    sum = mix(sum, told.symbol);
    const bool has_whole_id = told.id.text.empty() && told.id.whole != 0;
    sum = has_whole_id ? mix(sum, std::to_string(told.id.whole)) : mix(sum, told.id.text);
    for (const Figure& figure : {told.bid, told.bid_size, told.ask, told.ask_size})
        sum = mix_number(sum, figure);
    return sum;
}

Told told_of(const feeds::Row& row) {
    const auto figure = [](std::string_view text) { return Figure{text, 0, 0}; };
    const bool trade = row.kind == feeds::RowKind::trade;
    return {row.kind,
            row.side,
            row.flags,
            row.ts_exchange,
            row.symbol,
            figure(row.trade_id),
            figure(trade ? row.price : row.bid_price),
            figure(trade ? row.size : row.bid_size),
            figure(row.ask_price),
            figure(row.ask_size)};
}

/// What a double holds exactly.
double checksum_of(Sum sum) {
    return static_cast<double>(sum & ((std::uint64_t{1} << 53) - 1));
}

/// The decoders of the daemon, one a venue, as its connections have them.
class Ours {
  public:
    Ours() {
        for (const char* id : bench_venue_ids)
            decoders_.push_back(feeds::find_venue(id)->make_decoder());
    }
    const std::vector<feeds::Row>& read(const BenchFrame& frame) {
        decoders_[static_cast<std::size_t>(frame.venue)]->decode(frame.text, market_open, out_);
        return out_.rows;
    }

  private:
    std::vector<std::unique_ptr<feeds::Decoder>> decoders_;
    feeds::Decoded out_;
};

void finish(benchmark::State& state, const BenchFrames& frames, Sum sum) {
    state.SetItemsProcessed(state.iterations());
    state.counters["checksum"] = checksum_of(sum);
    state.counters["bytes_a_message"] =
        static_cast<double>(frames.block.size()) / static_cast<double>(frames.frames.size());
}

/// One frame an iteration, over and over all of them.
template <class Read>
void go(benchmark::State& state, const BenchFrames& frames, Sum sum, Read read) {
    std::size_t i = 0;
    for (auto _ : state) {
        read(frames.frames[i], i);
        if (++i == frames.frames.size()) i = 0;
    }
    finish(state, frames, sum);
}

void run_ours(benchmark::State& state, const std::vector<BenchVenue>& venues) {
    const BenchFrames frames = make_frames(venues, frame_count);
    Ours ours;
    Sum sum = 0;
    for (const BenchFrame& frame : frames.frames) {
        const auto& rows = ours.read(frame);
        if (rows.empty()) return state.SkipWithError("a frame gave nothing");
        for (const feeds::Row& row : rows) sum = mix(sum, told_of(row));
    }
    go(state, frames, sum, [&ours](const BenchFrame& frame, std::size_t) {
        benchmark::DoNotOptimize(ours.read(frame).data());
    });
}

void run_peer(benchmark::State& state, const std::vector<BenchVenue>& venues,
              std::unique_ptr<Peer> (*make)()) {
    const BenchFrames frames = make_frames(venues, frame_count);
    const std::unique_ptr<Peer> peer = make();
    if (!peer) return state.SkipWithError("the library is not installed");
    std::vector<Told> told;
    Sum sum = 0;
    for (const BenchFrame& frame : frames.frames) {
        if (!peer->read(frame, told)) return state.SkipWithError("a frame gave nothing");
        for (const Told& one : told) sum = mix(sum, one);
    }
    go(state, frames, sum, [&](const BenchFrame& frame, std::size_t) {
        peer->read(frame, told);
        benchmark::DoNotOptimize(told.data());
    });
}

/// What no decoder can go below: each byte is looked at once, and the row, which is known already,
/// is written out.
void run_floor(benchmark::State& state, const std::vector<BenchVenue>& venues) {
    const BenchFrames frames = make_frames(venues, frame_count);
    std::vector<feeds::Row> known;
    Ours ours;
    Sum sum = 0;
    for (const BenchFrame& frame : frames.frames) {
        const auto& rows = ours.read(frame);
        if (rows.size() != 1) return state.SkipWithError("not one row a frame");
        known.push_back(rows.front());
        sum = mix(sum, told_of(rows.front()));
    }
    std::vector<feeds::Row> out;
    go(state, frames, sum, [&](const BenchFrame& frame, std::size_t i) {
        const auto add = [](unsigned total, char c) {
            return total + static_cast<unsigned char>(c);
        };
        benchmark::DoNotOptimize(std::accumulate(frame.text.begin(), frame.text.end(), 0U, add));
        out.clear();
        out.push_back(known[i]);
        benchmark::DoNotOptimize(out.data());
    });
}

void add_row(const std::string& row, const std::vector<BenchVenue>& venues, bool all_peers) {
    const auto add = [&](const char* contestant, auto run) {
        benchmark::RegisterBenchmark((row + "/" + contestant).c_str(), run);
    };
    const auto peer = [&venues](std::unique_ptr<Peer> (*make)()) {
        return [venues, make](benchmark::State& state) { run_peer(state, venues, make); };
    };
    add("floor:byte_sum", [venues](benchmark::State& state) { run_floor(state, venues); });
    add("yardstick:on_demand", peer(make_on_demand_peer));
    if (all_peers) {
        add("yardstick:nlohmann", peer(make_nlohmann_peer));
        if (make_rapidjson_peer()) add("yardstick:rapidjson", peer(make_rapidjson_peer));
    }
    add("ours:decoder", [venues](benchmark::State& state) { run_ours(state, venues); });
}

const bool registered = [] {
    std::vector<BenchVenue> all;
    for (std::size_t i = 0; i < bench_venue_count; ++i) all.push_back(static_cast<BenchVenue>(i));
    add_row("decode_interleaved", all, true);
    for (const BenchVenue venue : all)
        add_row(std::string("decode_") + bench_venue_ids[static_cast<std::size_t>(venue)], {venue},
                false);
    return true;
}();

}  // namespace
}  // namespace contagiond::bench
