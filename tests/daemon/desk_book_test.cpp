// What people at the desk say is on the disk before it is answered for, survives a restart and
// damage, and is bounded.
#include "daemon/desk_book.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <random>
#include <span>

#include "core/crc32c.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using namespace contagiond::daemon;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;  // 2025-01-27T12:00:00Z
constexpr core::DurationNs hour = core::ns_per_hour;

/// A state folder and a clock, and books opened one after the other.
struct Desk {
    test::TemporaryDirectory folder;
    test::ManualClock clock{noon};
    DeskBookSettings settings{(folder.path / "desk.jsonl").string(), {}, 1u << 20};
    std::unique_ptr<DeskBook> book = std::make_unique<DeskBook>(settings, clock);

    void restart() {
        book.reset();
        book = std::make_unique<DeskBook>(settings, clock);
    }
    std::string text() const {
        std::ifstream file(settings.path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void write(std::string_view text) const {
        std::ofstream(settings.path, std::ios::binary | std::ios::trunc) << text;
    }
    DeskResult<Silence> silence(core::DurationNs length, std::string target = "",
                                std::optional<core::Rule> rule = {}) const {
        Silence asked;
        asked.target = std::move(target);
        asked.rule = rule;
        asked.ends_at = clock.now() + length;
        asked.comment = "roll of the futures";
        asked.by = "anna";
        return book->add_silence(asked);
    }
    std::string annotate(const std::string& text) const {
        core::Annotation asked;
        asked.ts = clock.now();
        asked.text = text;
        asked.by = "anna";
        asked.symbols = {"NVDA"};
        asked.tags = {"news", "\"quoted\""};
        return book->annotate(asked).value.value().id;
    }
    std::string by(std::vector<std::string_view> targets,
                   core::Rule rule = core::Rule::tech_to_crypto) const {
        return book->silenced_by(rule, targets, clock.now());
    }
    std::size_t annotations() const {
        std::size_t n = 0;
        book->look_at([&](const DeskState& state) { n = state.annotations().size(); });
        return n;
    }
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        lines.push_back(text.substr(at, end - at + 1));
        at = end + 1;
    }
    return lines;
}

}  // namespace

TEST_CASE("a silence holds from its beginning until before its end, and for what it names") {
    Desk desk;
    const auto made = desk.silence(hour, "BTC-USD", core::Rule::tech_to_crypto);
    REQUIRE(made.value);
    const std::string id = made.value->id;
    CHECK(desk.by({"BTC-USD"}) == id);
    CHECK(desk.by({"BTC-USD"}, core::Rule::common_macro).empty());
    CHECK(desk.by({"ETH-USD"}).empty());
    // Who silenced Bitcoin still wants to hear of Ether.
    CHECK(desk.by({"BTC-USD", "ETH-USD"}).empty());
    CHECK(desk.by({}).empty());

    const std::string other = desk.silence(2 * hour, "ETH-USD").value->id;
    CHECK(desk.by({"BTC-USD", "ETH-USD"}) == id);
    CHECK(desk.by({"ETH-USD", "BTC-USD"}) == other);
    CHECK(desk.book->silences_active(noon) == 2);

    desk.clock.set(noon + hour - 1);
    CHECK(desk.by({"BTC-USD"}) == id);
    desk.clock.set(noon + hour);
    CHECK(desk.by({"BTC-USD"}).empty());
    CHECK(desk.book->silences_active(desk.clock.now()) == 1);

    const std::string all = desk.silence(hour).value->id;
    CHECK(desk.by({"SOL-USD"}, core::Rule::common_macro) == all);
    CHECK(desk.by({}) == all);
}

TEST_CASE("a silence may begin later, and may be ended early, once") {
    Desk desk;
    Silence asked;
    asked.starts_at = noon + hour;
    asked.ends_at = noon + 2 * hour;
    const std::string id = desk.book->add_silence(asked).value->id;
    CHECK(desk.by({"BTC-USD"}).empty());
    desk.clock.set(noon + hour);
    CHECK(desk.by({"BTC-USD"}) == id);
    desk.clock.set(noon + hour + 5);
    desk.clock.set(noon + hour + core::ns_per_min);
    const auto ended = desk.book->end_silence(id, "ben");
    REQUIRE(ended.value);
    CHECK(ended.value->ended_by == "ben");
    CHECK(ended.value->ends_at == noon + hour + core::ns_per_min);
    CHECK(desk.by({"BTC-USD"}).empty());
    CHECK(desk.book->end_silence(id, "ben").trouble == DeskTrouble::wrong);
    CHECK(desk.book->end_silence("S99", "ben").trouble == DeskTrouble::not_found);

    // One that has not begun never does.
    asked.starts_at = noon + 5 * hour;
    asked.ends_at = noon + 6 * hour;
    const std::string later = desk.book->add_silence(asked).value->id;
    REQUIRE(desk.book->end_silence(later, "ben").value);
    desk.clock.set(noon + 5 * hour);
    CHECK(desk.by({"BTC-USD"}).empty());
    desk.restart();
    CHECK(desk.by({"BTC-USD"}).empty());
}

TEST_CASE("for a new silence one goes that is over, and none that is in force") {
    Desk desk;
    desk.settings.limits.silences = 3;
    desk.restart();
    REQUIRE(desk.silence(10 * hour, "BTC-USD").value);
    REQUIRE(desk.silence(hour, "ETH-USD").value);
    REQUIRE(desk.silence(hour, "ETH-USD").value);
    desk.clock.set(noon + 2 * hour);
    REQUIRE(desk.silence(hour, "ETH-USD").value);
    CHECK(desk.by({"BTC-USD"}) == "S1");
    CHECK(desk.by({"ETH-USD"}) == "S4");
    desk.restart();
    CHECK(desk.by({"BTC-USD"}) == "S1");
}

TEST_CASE("a silence of a rule that is not known here is left out, and silences nothing") {
    Desk desk;
    desk.silence(hour, "", core::Rule::crypto_to_tech);
    std::string text = desk.text();
    const std::size_t rule = text.find("crypto_to_tech");
    REQUIRE(rule != std::string::npos);
    text.replace(rule, 14, "dreams_to_tech");
    // As another version would write it: the checksum is right.
    const std::size_t begin = text.find('\n') + 1, end = text.find(",\"crc\"", begin);
    const std::string body = text.substr(begin, end - begin);
    desk.book.reset();
    desk.write(text.substr(0, begin) + fmt::format("{},\"crc\":\"{:08x}\"}}\n", body,
                                                   core::crc32c(std::as_bytes(std::span(body)))));
    desk.book = std::make_unique<DeskBook>(desk.settings, desk.clock);
    CHECK(desk.book->lines_skipped() == 1);
    CHECK(desk.by({"BTC-USD"}).empty());
    CHECK(desk.by({"BTC-USD"}, core::Rule::crypto_to_tech).empty());
}

TEST_CASE("a silence that would be over before it begins is refused") {
    Desk desk;
    CHECK(desk.silence(0).trouble == DeskTrouble::wrong);
    CHECK(desk.silence(-hour).trouble == DeskTrouble::wrong);
    CHECK(desk.silence(500).trouble == DeskTrouble::wrong);  // nothing, to the microsecond
    CHECK(lines_of(desk.text()).size() == 1);
}

TEST_CASE("everything survives a restart, and ids are not used twice") {
    Desk desk;
    const std::string first = desk.silence(hour, "BTC-USD").value->id;
    const std::string ended = desk.silence(hour).value->id;
    REQUIRE(desk.book->end_silence(ended, "ben").value);
    REQUIRE(desk.book->acknowledge("01AAA", "anna", "looking").value);
    REQUIRE(desk.book->acknowledge("01BBB", "anna", "").value);
    REQUIRE(desk.book->acknowledge("01BBB", "ben", "mine now").value);
    REQUIRE(desk.book->acknowledge("01CCC", "anna", "").value);
    REQUIRE(desk.book->end_acknowledgement("01CCC", "ben").value);
    const std::string note = desk.annotate("DeepSeek tops the App Store – “R1”");
    std::vector<DeskRecord> before, after;
    const auto gather = [&](std::vector<DeskRecord>& out) {
        desk.book->look_at([&](const DeskState& state) { out = state.records(); });
    };
    const auto as_text = [](const std::vector<DeskRecord>& records) {
        std::string text;
        for (const DeskRecord& record : records) text += desk_line(record);
        return text;
    };
    gather(before);
    desk.restart();
    gather(after);
    CHECK(as_text(before) == as_text(after));
    CHECK(desk.book->lines_skipped() == 0);
    CHECK(desk.by({"BTC-USD"}) == first);
    CHECK(desk.book->acknowledgement("01AAA")->comment == "looking");
    CHECK(desk.book->acknowledgement("01BBB")->by == "ben");
    CHECK_FALSE(desk.book->acknowledgement("01CCC"));
    CHECK(desk.book->end_acknowledgement("01CCC", "x").trouble == DeskTrouble::not_found);
    const std::string later = desk.silence(hour).value->id;
    for (const std::string& old : {first, ended}) CHECK(later != old);
    CHECK(later.substr(1) != note.substr(1));
    // An id that was given away is gone also where nothing of it is left.
    desk.write(desk_header_line(500));
    desk.restart();
    CHECK(desk.silence(hour).value->id == "S500");
}

TEST_CASE("a torn last line is cut off, wherever it was torn") {
    Desk desk;
    desk.silence(hour, "BTC-USD");
    const std::size_t whole = desk.text().size();
    desk.annotate("lost with the power");
    const std::string all = desk.text();
    for (std::size_t cut = whole; cut < all.size(); ++cut) {
        INFO("cut at " << cut);
        desk.book.reset();
        desk.write(all.substr(0, cut));
        desk.book = std::make_unique<DeskBook>(desk.settings, desk.clock);
        CHECK(desk.by({"BTC-USD"}) == "S1");
        CHECK(desk.annotations() == 0);
        CHECK(desk.text().size() == whole);
        CHECK(desk.book->lines_skipped() == (cut == whole ? 0u : 1u));
    }
    CHECK(desk.annotate("and written anew") == "A2");
    desk.restart();
    CHECK(desk.annotations() == 1);
}

TEST_CASE("damage costs the line it is in, is counted, and never changes what another says") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    Desk desk;
    desk.silence(hour, "BTC-USD");
    for (int i = 0; i < 5; ++i) desk.annotate("note " + std::to_string(i));
    const std::string good = desk.text();
    for (int round = 0; round < 200; ++round) {
        std::string bad = good;
        const std::size_t at = random() % (bad.size() - 1);
        const char flipped = static_cast<char>(bad[at] ^ (1 << (random() % 8)));
        if (bad[at] == '\n' || flipped == '\n') continue;
        bad[at] = flipped;
        desk.book.reset();
        desk.write(bad);
        desk.book = std::make_unique<DeskBook>(desk.settings, desk.clock);
        INFO("byte " << at);
        REQUIRE(desk.book->lines_skipped() == 1);
        const std::size_t header = good.find('\n'), first = good.find('\n', header + 1);
        const bool hits_silence = at > header && at < first;
        CHECK(desk.by({"BTC-USD"}).empty() == hits_silence);
        CHECK(desk.annotations() == (at > first ? 4u : 5u));
    }
    // Nonsense of every kind is one line less each.
    desk.book.reset();
    desk.write(good + "\n{}\nnull\n[1]\n" + std::string(5000, 'x') + "\n\xff\xfe\n" +
               std::string("a\0b", 3) + "\n");
    desk.book = std::make_unique<DeskBook>(desk.settings, desk.clock);
    CHECK(desk.book->lines_skipped() == 7);
    CHECK(desk.annotations() == 5);
}

TEST_CASE("a file of a newer version is not touched") {
    Desk desk;
    desk.book.reset();
    // As a later version would begin it: the checksum is right.
    const std::string body = R"({"kind":"desk","version":2,"next":7)";
    const std::string newer = fmt::format("{},\"crc\":\"{:08x}\"}}\n", body,
                                          core::crc32c(std::as_bytes(std::span(body))));
    desk.write(newer);
    CHECK_THROWS_WITH(DeskBook(desk.settings, desk.clock), Catch::Contains("newer version"));
    CHECK(desk.text() == newer);
    const DeskBookSettings nowhere{(desk.folder.path / "none" / "desk.jsonl").string(), {}, 1};
    CHECK_THROWS_AS(DeskBook(nowhere, desk.clock), std::runtime_error);
}

TEST_CASE("what is kept is bounded, and a silence in force is never pushed out") {
    Desk desk;
    desk.book.reset();
    desk.settings.limits = {3, 3, 5};
    desk.book = std::make_unique<DeskBook>(desk.settings, desk.clock);
    desk.silence(hour, "A");
    desk.silence(2 * hour, "B");
    desk.silence(3 * hour, "C");
    CHECK(desk.silence(hour, "D").trouble == DeskTrouble::no_room);
    CHECK(desk.by({"A"}) == "S1");
    desk.clock.set(noon + hour);
    REQUIRE(desk.silence(hour, "D").value);  // A is over
    CHECK_FALSE(desk.by({"B"}).empty());
    CHECK_FALSE(desk.by({"C"}).empty());
    CHECK_FALSE(desk.by({"D"}).empty());

    for (int i = 0; i < 20; ++i) {
        desk.clock.set(desk.clock.now() + core::ns_per_s);
        desk.annotate("note " + std::to_string(i));
        REQUIRE(desk.book->acknowledge("01A" + std::to_string(i), "anna", "").value);
    }
    desk.restart();
    desk.book->look_at([&](const DeskState& state) {
        REQUIRE(state.annotations().size() == 5);
        CHECK(state.annotations().front().text == "note 15");
        CHECK(state.acknowledgements(10).size() == 3);
        CHECK(state.acknowledgements(10).front().episode == "01A19");
        CHECK(state.silences().size() == 3);
    });
}

TEST_CASE("a file that has grown long with what is past is written anew, and says the same") {
    Desk desk;
    desk.book.reset();
    desk.settings.compact_bytes = 2'000;
    desk.settings.limits.annotations = 4;
    desk.book = std::make_unique<DeskBook>(desk.settings, desk.clock);
    const std::string silence = desk.silence(hour, "BTC-USD").value->id;
    const std::string over = desk.silence(hour, "ETH-USD").value->id;
    REQUIRE(desk.book->end_silence(over, "ben").value);
    std::size_t longest = 0;
    std::string last;
    for (int i = 0; i < 200; ++i) {
        last = desk.annotate("note " + std::to_string(i));
        longest = std::max(longest, desk.text().size());
    }
    CHECK(longest < 4'000);
    desk.restart();
    CHECK(desk.book->lines_skipped() == 0);
    CHECK(desk.by({"BTC-USD"}) == silence);
    desk.book->look_at([&](const DeskState& state) {
        REQUIRE(state.annotations().size() == 4);
        CHECK(state.annotations().back().id == last);
        REQUIRE(state.silence(over));
        CHECK(state.silence(over)->ended_by == "ben");
        CHECK(state.silence(over)->ends_at == noon);
    });
}

TEST_CASE("what the disk does not take does not happen, and leaves no trace") {
    Desk desk;
    desk.silence(hour, "BTC-USD");
    const std::string before = desk.text();
    // A limit on the size of files stands for the full disk: half a line fits.
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    rlimit tight = old;
    tight.rlim_cur = before.size() + 40;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    const auto refused = desk.silence(hour, "ETH-USD");
    core::Annotation note;
    note.text = "x";
    const auto refused_note = desk.book->annotate(note);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    std::signal(SIGXFSZ, ignored);

    CHECK(refused.trouble == DeskTrouble::not_written);
    CHECK(refused_note.trouble == DeskTrouble::not_written);
    CHECK(desk.book->writes_failed() == 2);
    CHECK(desk.by({"ETH-USD"}).empty());
    // Written anew or not, it holds the two lines it held.
    CHECK(lines_of(desk.text()).size() == 2);
    CHECK(desk.text().find("ETH-USD") == std::string::npos);
    CHECK(lines_of(desk.text())[1] == lines_of(before)[1]);
    // With room again all is as before.
    CHECK(desk.silence(hour, "ETH-USD").value->id == "S2");
    desk.restart();
    CHECK(desk.book->lines_skipped() == 0);
    CHECK(desk.by({"BTC-USD"}) == "S1");
    CHECK(desk.by({"ETH-USD"}) == "S2");
}

TEST_CASE("each record comes back from its line as it was, whatever is in its text") {
    for (const std::string text : {"", "plain", "\"quotes\" and \\ backslash", "newline\nand tab\t",
                                   "emoji 🚀", "},\"crc\":\"00000000\"}", "</script><b>"}) {
        core::Annotation a{"A7", noon + 1'000, noon, text, text, {text}, {text, text}};
        std::string line = desk_line(a);
        REQUIRE(line.find('\n') == line.size() - 1);
        line.pop_back();
        const DeskLine read = read_desk_line(line);
        REQUIRE(read.good);
        CHECK(std::get<core::Annotation>(*read.record) == a);

        Silence s{"S8", core::Rule::common_macro, "BTC-USD", noon, noon + hour, text, text, noon,
                  ""};
        line = desk_line(s);
        line.pop_back();
        CHECK(std::get<Silence>(*read_desk_line(line).record) == s);
    }
}
