#include "core/index_path.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace contagiond;
using namespace contagiond::core;

namespace {

/// An index that prints every half hour, a fund that prints every five minutes, two names.
struct Desk {
    Desk() : Desk(true, true) {}
    Desk(bool with_index, bool with_fund) {
        for (const char* symbol : {"NQ", "QQQ", "NVDA", "AMD"}) {
            Instrument instrument;
            instrument.symbol = symbol;
            universe.instruments.push_back(instrument);
        }
        universe.instruments[0].staleness_bound = ns_per_hour;
        group.name = "tech";
        if (with_index) group.members.push_back({0, 0.3, true, 1});
        if (with_fund) group.members.push_back({1, 0.1, true, 1});
        group.members.push_back({2, 0.3, false, 0.4});
        group.members.push_back({3, 0.3, false, 0.2});
        samples.resize(4);
        path.emplace(universe, group, ns_per_min);
    }
    void print(InstrumentId id, std::optional<double> r, ReturnKind kind = ReturnKind::bar) {
        samples[id].has_price = true;
        samples[id].bar_return = r;
        samples[id].kind = kind;
    }
    void close() {
        now += ns_per_min;
        path->push(now, samples);
        for (Sample& sample : samples) sample.bar_return.reset();
    }

    Universe universe;
    Group group;
    std::vector<Sample> samples;
    std::optional<IndexPath> path;
    TimeNs now = 1'737'988'200 * ns_per_s;
};

}  // namespace

TEST_CASE("an index that prints in every bar is the path, whatever the names do") {
    Desk desk;
    double sum = 0;
    for (int bar = 0; bar < 100; ++bar) {
        const double r = 0.001 * std::sin(bar);
        desk.print(0, bar == 0 ? std::optional<double>() : r);
        desk.print(2, -0.02);
        desk.print(3, 0.01);
        desk.close();
        if (bar > 0) sum += r;
        CHECK(desk.path->path() == Approx(sum).margin(1e-12));
        CHECK(desk.path->alive());
    }
}

TEST_CASE("between its prints the names carry it, and the next print pins it") {
    Desk desk(true, false);
    desk.print(0, std::nullopt);
    desk.print(2, 0.0);
    desk.print(3, 0.0);
    desk.close();
    double carried = 0;
    for (int bar = 0; bar < 29; ++bar) {
        desk.print(2, -0.001);
        if (bar % 2 == 0) desk.print(3, -0.002);
        desk.close();
        // Divided by the names that live, also in a bar in which one of them printed nothing.
        carried += (0.4 * -0.001 + (bar % 2 == 0 ? 0.2 * -0.002 : 0)) / 2;
        CHECK(desk.path->path() == Approx(carried));
    }
    desk.print(0, -0.0123);
    desk.print(2, -0.05);  // of the same bar: the index has told it
    desk.close();
    CHECK(desk.path->path() == Approx(-0.0123));
}

TEST_CASE("a fund on the index stands in before single names do") {
    Desk desk;
    desk.print(0, std::nullopt);
    desk.print(1, std::nullopt);
    desk.print(2, 0.0);
    desk.close();
    for (int bar = 1; bar <= 4; ++bar) {
        desk.print(2, -0.01);
        desk.close();
    }
    CHECK(desk.path->path() == 0);  // the fund lives, and has not moved
    desk.print(1, -0.004);
    desk.print(2, -0.01);
    desk.close();
    CHECK(desk.path->path() == Approx(-0.004));
}

TEST_CASE("a fund that prints twice an hour does not silence the names") {
    Desk desk;
    desk.print(0, std::nullopt);
    desk.print(1, std::nullopt);
    desk.print(2, 0.0);
    desk.close();
    double path = 0;
    for (int bar = 1; bar <= 50; ++bar) {
        if (bar == 30) desk.print(1, -0.03);  // what the names have told already
        desk.print(2, -0.001);
        desk.close();
        if (bar >= 10) CHECK(desk.path->path() == Approx(path + 0.4 * -0.001));
        path = desk.path->path();
    }
    // Once it prints often again it stands in: from its second print on.
    desk.print(1, -0.01);
    desk.close();
    path = desk.path->path();
    desk.print(1, -0.004);
    desk.print(2, -0.01);
    desk.close();
    CHECK(desk.path->path() == Approx(path - 0.004));
    desk.print(2, -0.01);
    desk.close();
    CHECK(desk.path->path() == Approx(path - 0.004));
}

TEST_CASE("without its index the path stands still, and says that it knows nothing") {
    Desk desk(true, false);
    desk.print(0, std::nullopt);
    desk.print(2, 0.0);
    desk.close();
    double before = 0;
    for (int bar = 0; bar < 100; ++bar) {
        desk.print(2, -0.001);
        desk.close();
        if (bar >= 61) CHECK(desk.path->path() == before);
        before = desk.path->path();
    }
    CHECK(desk.path->alive());  // a name still speaks
    for (int bar = 0; bar < 20; ++bar) desk.close();
    CHECK_FALSE(desk.path->alive());
    // The reopening gap is the index's own return.
    const double frozen = desk.path->path();
    desk.print(0, -0.03, ReturnKind::gap);
    desk.close();
    CHECK(desk.path->path() == Approx(-0.03));
    CHECK(desk.path->path() != frozen);
}

TEST_CASE("a name's return over a closure or a long silence is no move of the index") {
    Desk desk(false, false);
    desk.print(2, 0.0);
    desk.print(3, 0.0);
    desk.close();
    desk.print(2, -0.01);
    desk.close();
    CHECK(desk.path->path() == Approx(0.4 * -0.01 / 2));
    const double path = desk.path->path();
    for (int bar = 0; bar < 30; ++bar) desk.close();
    desk.print(2, -0.2);
    desk.close();
    CHECK(desk.path->path() == path);
    desk.print(2, -0.1, ReturnKind::gap);
    desk.close();
    CHECK(desk.path->path() == path);
    desk.print(2, -0.01);
    desk.close();
    CHECK(desk.path->path() == Approx(path + 0.4 * -0.01));  // the only one alive
}
