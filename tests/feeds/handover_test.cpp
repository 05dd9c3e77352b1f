// Handing over from one connection to another, in a market of random lags. Laws, not cases: each
// trade once, no quote behind a later one, and what is lost is told.
#include "feeds/handover.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <random>

#include "feeds/row_intake.hpp"

namespace contagiond::feeds {
namespace {

using core::Input;
using core::InputKind;
using core::ns_per_ms;
using core::ns_per_s;

constexpr core::TimeNs day = 1'790'000'000 * ns_per_s;

class FixedClock final : public core::Clock {
  public:
    core::TimeNs now() const override { return time; }
    core::TimeNs time = day;
};

struct Told {
    bool is_trade;
    std::size_t symbol;
    std::uint64_t id;
    core::TimeNs ts;
};

/// A venue of three symbols that says the same to both connections, to each with its own lag.
struct Market {
    explicit Market(std::uint32_t seed) : random(seed) {
        std::vector<std::uint64_t> ids(3, 0);
        core::TimeNs ts = day;
        for (int i = 0; i < 3000; ++i) {
            ts += static_cast<core::TimeNs>(random() % (20 * ns_per_ms));
            const std::size_t symbol = random() % 3;
            const bool is_trade = random() % 2 == 0;
            all.push_back({is_trade, symbol, is_trade ? ++ids[symbol] : 0, ts});
        }
        first_lag = static_cast<core::DurationNs>(random() % (2 * ns_per_s));
        second_lag = static_cast<core::DurationNs>(random() % (2 * ns_per_s));
        subscribed = all[500].ts;
    }
    std::mt19937 random;
    std::vector<Told> all;
    core::DurationNs first_lag = 0;
    core::DurationNs second_lag = 0;
    core::TimeNs subscribed = 0;
};

/// An intake of its own, and what it publishes.
struct Intake {
    explicit Intake(bool numbered) {
        venue.rules.contiguous_trade_ids = numbered;
        settings.feed = 0;
        settings.venue = &venue;
        settings.listings = {{0, "A", true, true}, {1, "B", true, true}, {2, "C", true, true}};
        intake.emplace(settings, std::make_shared<FeedLink>(1), clock, publisher, counters);
    }
    void take(const Told& told, core::TimeNs now, bool leads) {
        const std::string id =
            numbered_words ? std::to_string(told.id) : "id-" + std::to_string(told.id);
        Row row;
        row.kind = told.is_trade ? RowKind::trade : RowKind::quote;
        row.ts_exchange = told.ts;
        row.symbol = settings.listings[told.symbol].symbol;
        if (told.is_trade) row.trade_id = id;
        row.price = row.bid_price = "1";
        row.ask_price = "2";
        row.size = row.bid_size = row.ask_size = "1";
        intake->take({&row, 1}, now, now, leads, origin);
        const std::size_t n = ring.pop(batch);
        inputs.insert(inputs.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(n));
    }
    std::size_t count(InputKind kind) const {
        return static_cast<std::size_t>(std::count_if(
            inputs.begin(), inputs.end(), [kind](const Input& i) { return i.kind == kind; }));
    }

    bool numbered_words = true;
    Venue venue{};
    SessionSettings settings;
    FixedClock clock;
    InputRing ring{8192};
    InputPublisher publisher{ring, 1, nullptr};
    FeedCounters counters;
    std::optional<RowIntake> intake;
    RowIntake::Origin origin;
    std::vector<Input> batch = std::vector<Input>(4096);
    std::vector<Input> inputs;
};

bool quotes_go_forward(const std::vector<Input>& inputs) {
    std::map<core::InstrumentId, core::TimeNs> last;
    for (const Input& input : inputs) {
        if (input.kind != InputKind::quote) continue;
        if (input.ts_exchange < last[input.instrument]) return false;
        last[input.instrument] = input.ts_exchange;
    }
    return true;
}

/// Times a trade of a symbol was published.
std::map<std::pair<std::size_t, std::uint64_t>, int> published(const Intake& desk,
                                                               const Market& m) {
    std::map<std::pair<std::size_t, std::uint64_t>, int> times;
    std::map<std::pair<core::InstrumentId, core::TimeNs>, std::uint64_t> by_time;
    for (const Told& told : m.all)
        if (told.is_trade)
            by_time[{static_cast<core::InstrumentId>(told.symbol), told.ts}] = told.id;
    for (const Input& input : desk.inputs)
        if (input.kind == InputKind::trade)
            ++times[{input.instrument, by_time[{input.instrument, input.ts_exchange}]}];
    return times;
}

/// Plays the market to an intake. The first connection goes when the second has caught up or, if
/// `dies`, when it pleases; returns whether a gap was told.
bool play(Market& m, Intake& desk, bool dies) {
    struct Arrival {
        core::TimeNs at;
        bool first;
        const Told* told;
    };
    std::vector<Arrival> arrivals;
    for (const Told& told : m.all) {
        arrivals.push_back({told.ts + m.first_lag, true, &told});
        if (told.ts > m.subscribed) arrivals.push_back({told.ts + m.second_lag, false, &told});
    }
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
    Handover& handover = desk.intake->handover();
    const core::TimeNs death =
        dies ? m.subscribed + static_cast<core::TimeNs>(m.random() % (2 * ns_per_s))
             : core::TimeNs{never};
    bool begun = false;
    bool is_up = false;
    bool over = false;
    bool told_gap = false;
    for (const Arrival& arrival : arrivals) {
        desk.clock.time = arrival.at;
        if (!begun && arrival.at >= m.subscribed - 100 * ns_per_ms) {
            begun = true;
            handover.begin();
        }
        if (!is_up && !arrival.first) {
            is_up = true;
            handover.second_up(arrival.at);
        }
        if (!over && is_up && arrival.at >= death) {
            told_gap = !handover.has_caught_up();
            if (told_gap) desk.intake->publish_gap();
            desk.intake->take_over(arrival.at);
            over = true;
        }
        if (arrival.first && over) continue;
        desk.take(*arrival.told, arrival.at, over || arrival.first);
        if (!over && is_up && handover.is_due(arrival.at)) {
            desk.intake->take_over(arrival.at);
            over = true;
        }
    }
    REQUIRE(over);
    return told_gap;
}

TEST_CASE("through a change of connections each trade comes once and no quote goes back") {
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        for (const bool numbered : {true, false}) {
            CAPTURE(seed, numbered);
            Market market(seed);
            Intake desk(numbered);
            desk.numbered_words = numbered;
            play(market, desk, false);
            const auto times = published(desk, market);
            for (const Told& told : market.all) {
                if (!told.is_trade) continue;
                CAPTURE(told.symbol, told.id);
                REQUIRE(times.count({told.symbol, told.id}) == 1);
                REQUIRE(times.at({told.symbol, told.id}) == 1);
            }
            CHECK(quotes_go_forward(desk.inputs));
            CHECK(desk.count(InputKind::gap) == 0);
            CHECK(desk.counters.duplicates.value() == 0);
            CHECK(desk.counters.sequence_gaps.value() == 0);
        }
    }
}

TEST_CASE("if the first connection dies before, nothing comes twice and a loss is told") {
    int gaps = 0;
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        Market market(seed);
        Intake desk(false);
        desk.numbered_words = false;
        const bool told_gap = play(market, desk, true);
        gaps += told_gap ? 1 : 0;
        const auto times = published(desk, market);
        for (const Told& told : market.all) {
            if (!told.is_trade) continue;
            const auto found = times.find({told.symbol, told.id});
            if (found == times.end()) CHECK(told_gap);
            if (found != times.end()) CHECK(found->second == 1);
        }
        CHECK(quotes_go_forward(desk.inputs));
    }
    CHECK(gaps > 10);
    CHECK(gaps < 90);
}

TEST_CASE("patience with a second connection that shows nothing of an instrument is bounded") {
    const core::InstrumentId both[] = {0, 1};
    Handover handover(both, Timing{});
    const auto trade = [](core::InstrumentId instrument, std::uint64_t id) {
        return Input::make_trade(instrument, 0, day, day, {1, 0}, {1, 0}, id);
    };
    handover.begin();
    CHECK(handover.deadline() == never);
    handover.second_up(0);
    handover.hold(trade(0, 5), 5);
    CHECK_FALSE(handover.has_caught_up());
    CHECK_FALSE(handover.is_due(30 * ns_per_s - 1));
    CHECK(handover.deadline() == 30 * ns_per_s);
    CHECK(handover.is_due(30 * ns_per_s));
    SECTION("and what it held is not lost") {
        const auto news = handover.take_over(30 * ns_per_s);
        REQUIRE(news.size() == 1);
        CHECK(news[0].input.trade.trade_id == 5);
    }
    SECTION("and anew when it is lost") {
        handover.second_down();
        CHECK_FALSE(handover.is_due(30 * ns_per_s));
        CHECK(handover.deadline() == never);
        handover.second_up(40 * ns_per_s);
        CHECK(handover.deadline() == 70 * ns_per_s);
        CHECK(handover.take_over(70 * ns_per_s).empty());
    }
    SECTION("and shorter when it overflows") {
        for (std::uint64_t id = 6; id < 100'000 && !handover.is_due(1); ++id)
            handover.hold(trade(0, id), id);
        CHECK(handover.is_due(1));
    }
}

TEST_CASE("after the change a trade is known once more, not twice, and not for ever") {
    const core::InstrumentId one[] = {0};
    Handover handover(one, Timing{});
    const Input trade = Input::make_trade(0, 0, day, day, {1, 0}, {1, 0}, 5);
    handover.begin();
    handover.second_up(0);
    CHECK(handover.take(trade, 5, 0));
    CHECK(handover.take(trade, 6, 0));
    handover.take_over(0);
    CHECK_FALSE(handover.take(trade, 5, 1));
    CHECK(handover.take(trade, 5, 2));  // the venue repeats itself: others count that
    CHECK(handover.take(trade, 6, 30 * ns_per_s));
    CHECK_FALSE(handover.is_active());
}

}  // namespace
}  // namespace contagiond::feeds
