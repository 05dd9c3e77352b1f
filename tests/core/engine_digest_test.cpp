// The engine says the same to the last bit on every machine, by every compiler, at every
// optimisation: what it tells of one market is held against digests written down once, a line for
// each kind of event. After a change that is meant: CONTAGIOND_WRITE_GOLDEN=1
// build/dev/tests/core_test "[golden]"
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/elementary.hpp"
#include "core/journal_codec.hpp"
#include "tests/core/engine_events.hpp"
#include "tests/core/market_builder.hpp"
#include "tests/support/random.hpp"

using namespace contagiond;
using namespace contagiond::core;

namespace {

/// FNV-1a.
struct Digest {
    std::uint64_t value = 0xcbf29ce484222325ULL;
    std::size_t count = 0;

    void add(std::span<const std::byte> bytes) {
        for (const std::byte byte : bytes)
            value = (value ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3ULL;
        ++count;
    }
};

/// Trades and quotes from a seed; nothing in them comes from the C library.
class PortableMarket {
  public:
    void run(int seconds, const std::vector<double>& drift) {
        for (int s = 0; s < seconds; ++s) {
            now_ += ns_per_s;
            const double common = random_.cheap();
            for (std::size_t i = 0; i < levels_.size(); ++i) {
                const double noise = 0.4 * common + 0.9 * random_.cheap();
                levels_[i] += sigma_[i] * noise + (i < drift.size() ? drift[i] / seconds : 0.0);
                const bool coin = i == 4 || i == 5;
                if (!coin && s % 3 == static_cast<int>(i) % 3) continue;
                tell(i, coin ? 1 : 0, elementary::exp(levels_[i]));
                // The coins stand at a second venue too, a little beside the first, and quoted.
                if (coin && s % 2 == 0) tell(i, 2, elementary::exp(levels_[i] + 2e-5 * noise));
            }
        }
        inputs_.push_back(Input::make_clock(now_));
    }
    const std::vector<Input>& inputs() const { return inputs_; }

  private:
    void tell(std::size_t instrument, FeedId feed, double price) {
        const auto id = static_cast<InstrumentId>(instrument);
        // Stamps of the venues are uneven, and unevenly late.
        const TimeNs ts_receive = now_ - static_cast<DurationNs>(random_.below(900)) * ns_per_ms;
        const TimeNs ts_exchange =
            ts_receive - static_cast<DurationNs>(1 + random_.below(40)) * ns_per_ms;
        const auto mantissa = static_cast<std::int64_t>(price * 1e6);
        last_ = std::max(last_, ts_receive);
        if (random_.below(4) == 0)
            inputs_.push_back(Input::make_quote(id, feed, ts_exchange, last_,
                                                {mantissa - 20, mantissa + 20, 1000, 1000}, -6, -3,
                                                0));
        else
            inputs_.push_back(Input::make_trade(id, feed, ts_exchange, last_, Decimal{mantissa, -6},
                                                Decimal{1, 0}));
    }

    test::Random random_{20250127};
    TimeNs now_ = test::market_open, last_ = test::market_open;
    std::vector<double> sigma_ = {1.4e-4, 1.4e-4, 1.2e-4, 7e-5, 9e-5, 1.1e-4, 1.7e-5, 1.2e-5};
    std::vector<double> levels_ = {4.9, 5.1, 5.4, 10.0, 11.5, 8.1, 4.7, 4.6};
    std::vector<Input> inputs_;
};

template <typename Record>
void add_record(Digest& digest, const Record& record) {
    JournalBytes bytes;
    REQUIRE(append_record(bytes, 0, record));
    digest.add(bytes);
}

/// By name: the inputs, and the kinds of events in the order of core::Event.
std::map<std::string, Digest> digests() {
    PortableMarket market;
    market.run(900, {});
    market.run(60, {-0.012, -0.012, -0.010, -0.006});
    market.run(300, {-0.040, -0.042, -0.035, -0.018, -0.035, -0.032, 0.0005, 0});
    market.run(1800, {});
    std::map<std::string, Digest> found;
    for (const Input& input : market.inputs()) add_record(found["inputs"], input);
    Engine engine(test::small_config());
    for (const Event& event : test::run(engine, market.inputs(), 64)) {
        const std::string number = std::to_string(event.index());
        add_record(found["event " + std::string(2 - number.size(), '0') + number], event);
    }
    return found;
}

}  // namespace

TEST_CASE("the engine's evidence of one market is the same to the last bit", "[golden]") {
    const auto path =
        std::filesystem::path(CONTAGIOND_SOURCE_DIR) / "tests/golden/engine_digest.csv";
    const auto found = digests();
    CHECK(found.size() > 8);
    std::ostringstream text;
    text << "# kind (the inputs, or a place in core::Event),how many,digest of their records\n";
    for (const auto& [name, digest] : found)
        text << name << ',' << digest.count << ',' << std::hex << digest.value << std::dec << '\n';
    if (std::getenv("CONTAGIOND_WRITE_GOLDEN") != nullptr)
        std::ofstream(path, std::ios::binary) << text.str();
    std::ifstream file(path, std::ios::binary);
    const std::string kept{std::istreambuf_iterator<char>(file), {}};
    CHECK(text.str() == kept);
}
