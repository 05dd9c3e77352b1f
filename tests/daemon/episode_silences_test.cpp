// Which changes of an episode are sent, and what page and API show of it.
#include "daemon/episode_silences.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/desk_view.hpp"
#include "daemon/silence_gate.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using namespace contagiond::daemon;
using nlohmann::json;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;
constexpr core::DurationNs hour = core::ns_per_hour;

struct Desk {
    test::TemporaryDirectory folder;
    test::ManualClock clock{noon};
    DeskBook book{{(folder.path / "desk.jsonl").string(), {}, 1u << 20}, clock};
    EpisodeSilences silences{book, clock, {"NVDA", "BTC-USD", "ETH-USD"}};
    DeskView view{book, silences, clock};

    std::string silence(core::DurationNs length, std::string target = "") {
        Silence asked;
        asked.target = std::move(target);
        asked.ends_at = clock.now() + length;
        return book.add_silence(asked).value.value().id;
    }
    void pass(core::DurationNs time) { clock.set(clock.now() + time); }
};

core::Episode episode(std::uint32_t revision,
                      core::EpisodePhase phase = core::EpisodePhase::updated, char number = '1',
                      std::vector<core::InstrumentId> targets = {1}) {
    core::Episode e;
    e.id.text.fill('0');
    e.id.text[25] = number;
    e.revision = revision;
    e.phase = revision == 1 ? core::EpisodePhase::opened : phase;
    for (const core::InstrumentId target : targets) {
        core::EpisodeTarget t{};
        t.instrument = target;
        e.targets.push_back(t);
    }
    return e;
}

core::Episode resolved(std::uint32_t revision, char number = '1') {
    return episode(revision, core::EpisodePhase::resolved, number);
}

/// A sink that asks before it sends, as one that delivers alerts does.
struct Sender final : sinks::Sink {
    explicit Sender(EpisodeSilences& s) : silences(s) {}
    std::string_view name() const override { return "chat"; }
    void consume(std::span<const sinks::Item> items) override {
        for (const sinks::Item& item : items) {
            const auto& changed = std::get<core::EpisodeChanged>(std::get<core::Event>(item));
            const bool quiet = !silences.decide(*changed.episode).empty();
            (quiet ? stored : sent).push_back(changed.episode->revision);
        }
    }
    EpisodeSilences& silences;
    std::vector<std::uint32_t> sent, stored;
};

void say(sinks::Sink& sink, core::Episode e) {
    const sinks::Item item =
        core::Event(core::EpisodeChanged{e.ts, std::make_shared<core::Episode>(std::move(e))});
    sink.consume({&item, 1});
}

}  // namespace

TEST_CASE("without a silence everything is sent; under one nothing is, from the moment it begins") {
    Desk desk;
    CHECK(desk.silences.decide(episode(1)).empty());
    const std::string id = desk.silence(hour, "BTC-USD");
    CHECK(desk.silences.decide(episode(1)).empty());  // what was allowed stays so
    CHECK(desk.silences.decide(episode(2)) == id);
    CHECK(desk.silences.decide(episode(1)).empty());
    CHECK(desk.silences.decide(episode(2)) == id);
    CHECK(desk.silences.silenced_by(episode(1).id.view()) == id);
    CHECK(desk.silences.open_silenced() == 1);
    // Ether joins: who silenced Bitcoin alone hears of it.
    CHECK(desk.silences.decide(episode(3, core::EpisodePhase::updated, '1', {1, 2})).empty());
    CHECK(desk.silences.open_silenced() == 0);
    // A sink that is behind still gets the same answers.
    CHECK(desk.silences.decide(episode(2)) == id);
    CHECK(desk.silences.silenced_by("unknown").empty());
}

TEST_CASE("what was told when its silence ended has its end told, also under another silence") {
    Desk desk;
    desk.silence(hour);
    CHECK_FALSE(desk.silences.decide(episode(1)).empty());
    desk.pass(2 * hour);
    CHECK(desk.silences.decide(episode(1)).empty());
    desk.silence(hour);
    CHECK(desk.silences.decide(resolved(2)).empty());
}

TEST_CASE("the end of what was told is told, the end of what was not is not") {
    Desk desk;
    CHECK(desk.silences.decide(episode(1)).empty());
    desk.silence(hour);
    CHECK_FALSE(desk.silences.decide(episode(2)).empty());
    CHECK(desk.silences.decide(resolved(3)).empty());

    CHECK_FALSE(desk.silences.decide(episode(1, core::EpisodePhase::opened, '2')).empty());
    CHECK_FALSE(desk.silences.decide(resolved(2, '2')).empty());
    desk.pass(2 * hour);
    desk.silences.refresh();
    // It is over and was never told: it stays what it was.
    CHECK_FALSE(desk.silences.decide(resolved(2, '2')).empty());
    CHECK(desk.silences.open_silenced() == 0);
}

TEST_CASE("an episode that opened under a silence and is still open when that ends is sent then") {
    Desk desk;
    Sender sender(desk.silences);
    SilenceGate gate(sender, desk.silences);
    const std::string id = desk.silence(hour);
    say(gate, episode(1));
    say(gate, episode(2));
    say(gate, episode(1, core::EpisodePhase::opened, '2'));
    say(gate, resolved(2, '2'));
    gate.idle();
    CHECK(sender.sent.empty());
    CHECK(sender.stored.size() == 4);

    SECTION("by time") {
        desk.pass(hour);
    }
    SECTION("by hand") {
        REQUIRE(desk.book.end_silence(id, "anna").value);
    }
    SECTION("by hand, seen by others first") {
        REQUIRE(desk.book.end_silence(id, "anna").value);
        desk.silences.refresh();
    }
    gate.idle();
    CHECK(sender.sent == std::vector<std::uint32_t>{2});  // as it stands, and once
    gate.idle();
    gate.idle();
    CHECK(sender.sent == std::vector<std::uint32_t>{2});
    CHECK(desk.silences.silenced_by(episode(1).id.view()).empty());
    say(gate, resolved(3));
    CHECK(sender.sent == std::vector<std::uint32_t>{2, 3});
}

TEST_CASE("another silence that holds on keeps it quiet") {
    Desk desk;
    Sender sender(desk.silences);
    SilenceGate gate(sender, desk.silences);
    desk.silence(hour);
    const std::string longer = desk.silence(2 * hour, "BTC-USD");
    say(gate, episode(1));
    desk.pass(hour);
    gate.idle();
    CHECK(sender.sent.empty());
    CHECK(desk.silences.silenced_by(episode(1).id.view()) == longer);
    desk.pass(hour);
    gate.idle();
    CHECK(sender.sent == std::vector<std::uint32_t>{1});
}

TEST_CASE("two sinks do the same, whenever they ask") {
    Desk desk;
    Sender quick(desk.silences), slow(desk.silences);
    std::vector<core::Episode> story = {episode(1), episode(2), episode(3), resolved(4)};
    desk.silence(hour);
    say(quick, story[0]);
    desk.pass(2 * hour);
    say(quick, story[1]);
    desk.silence(hour);
    say(quick, story[2]);
    say(quick, story[3]);
    for (const core::Episode& e : story) say(slow, e);
    CHECK(quick.sent == std::vector<std::uint32_t>{2, 4});
    CHECK(slow.sent == quick.sent);
    CHECK(slow.stored == quick.stored);
}

TEST_CASE("of the newest thousand episodes the state is kept, and an open one longer") {
    Desk desk;
    desk.silence(10 * hour);
    CHECK_FALSE(desk.silences.decide(episode(1)).empty());  // the oldest id, and open
    for (int i = 0; i < 3'000; ++i) {
        core::Episode e = resolved(1, '2');
        const std::string number = std::to_string(100'000 + i);
        std::copy(number.begin(), number.end(), e.id.text.begin() + 10);
        e.phase = core::EpisodePhase::resolved;
        desk.silences.decide(e);
    }
    CHECK_FALSE(desk.silences.silenced_by(episode(1).id.view()).empty());
    CHECK(desk.silences.silenced(10'000).size() <= 1'000);
    CHECK(desk.silences.open_silenced() == 1);
}

TEST_CASE("the view tells what changed, once, also where only time has passed") {
    Desk desk;
    json first = json::parse(desk.view.changed().value());
    CHECK(first["silences"] == json::array());
    CHECK(first["silences_active"] == 0);
    CHECK_FALSE(desk.view.changed());

    const std::string id = desk.silence(hour, "BTC-USD");
    json view = json::parse(desk.view.changed().value());
    CHECK(view["silences"][0]["id"] == id);
    CHECK(view["silences_active"] == 1);
    CHECK_FALSE(desk.view.changed());

    desk.silences.decide(episode(1));
    view = json::parse(desk.view.changed().value());
    const std::string episode_id(episode(1).id.view());
    CHECK(view["silenced"] == json::array({{{"id", episode_id}, {"silence", id}}}));
    REQUIRE(desk.book.acknowledge(episode_id, "anna", "looking").value);
    core::Annotation note;
    note.text = "DeepSeek";
    note.ts = noon;
    REQUIRE(desk.book.annotate(note).value);
    view = json::parse(desk.view.changed().value());
    CHECK(view["acknowledged"][0]["id"] == episode_id);
    CHECK(view["acknowledged"][0]["by"] == "anna");
    CHECK(view["annotations"][0]["text"] == "DeepSeek");
    CHECK(desk.silences.open_acknowledged() == 1);
    json marks = json::parse("{" + alert_marks(episode_id, desk.book, desk.silences) + "}");
    CHECK(marks["acknowledged"]["comment"] == "looking");
    CHECK(marks["silenced_by"] == id);
    marks = json::parse("{" + alert_marks("other", desk.book, desk.silences) + "}");
    CHECK(marks["acknowledged"].is_null());
    CHECK(marks["silenced_by"].is_null());

    desk.pass(hour - 1);
    CHECK_FALSE(desk.view.changed());
    desk.pass(1);
    view = json::parse(desk.view.changed().value());
    CHECK(view["silences"] == json::array());
    CHECK(view["silenced"] == json::array());
    CHECK_FALSE(desk.view.changed());
}

TEST_CASE("the view is bounded, and shows the latest by the time they speak of") {
    Desk desk;
    for (int i = 0; i < 150; ++i) {
        core::Annotation note;
        note.ts = noon + (i % 2 == 0 ? i : -i) * core::ns_per_s;
        note.text = std::to_string(i);
        REQUIRE(desk.book.annotate(note).value);
        if (i < 60) desk.silence(hour);
    }
    const json view = json::parse(desk.view.changed().value());
    CHECK(view["annotations"].size() == 100);
    CHECK(view["annotations"][0]["text"] == "148");
    CHECK(view["silences"].size() == 50);
    CHECK(view["silences_active"] == 60);
}
