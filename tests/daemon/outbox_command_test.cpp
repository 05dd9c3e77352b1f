// outbox as an operator types it, on a file that a daemon left; and that a state folder has one
// daemon.
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/commands.hpp"
#include "daemon/sinks/outbox_operator.hpp"
#include "daemon/sinks/outbox_store.hpp"
#include "daemon/storage_lock.hpp"
#include "tests/support/caught_output.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using sinks::DeliveryState;

namespace {

constexpr core::TimeNs ts_wall = 1'737'988'927 * core::ns_per_s;
constexpr const char* id_a = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";
constexpr const char* id_b = "01JJK3ZC8Q4X0Q7N9S6V3W2E2S";

sinks::StoredAlert alert(std::uint64_t seq, const char* episode, std::string title,
                         DeliveryState state, std::string reason) {
    sinks::StoredAlert out;
    out.seq = seq;
    out.episode = episode;
    out.severity = core::Severity::critical;
    out.ts = ts_wall;
    out.document = std::make_shared<const std::string>(R"({"data":{"title":")" + title + R"("}})");
    out.deliveries = {{"chat", state, 3, ts_wall, ts_wall, std::move(reason)},
                      {"hook", DeliveryState::accepted, 0, ts_wall, ts_wall, ""}};
    return out;
}

struct State {
    State() {
        sinks::OutboxStoreSettings settings;
        settings.path = path();
        sinks::OutboxStore store(settings);
        REQUIRE(store.open() == sinks::StoreStatus::ok);
        const auto first =
            alert(1, id_a, "us_tech to BTC-USD", DeliveryState::dead, "HTTP status 500");
        const auto second = alert(2, id_b, "a title\\nof two lines", DeliveryState::pending, "");
        const sinks::StoredAlert* const both[] = {&first, &second};
        REQUIRE(store.save(both) == sinks::StoreStatus::ok);
    }
    std::string path() const { return (folder.path / "outbox.db").string(); }
    test::CaughtOutput run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"contagiond", "outbox"});
        arguments.push_back("--storage.path=" + folder.path.string());
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        return test::caught_output(output.path, [&] {
            return daemon::run_command_line(static_cast<int>(argv.size()), argv.data());
        });
    }
    DeliveryState state_of(const char* episode, std::size_t delivery = 0) const {
        for (const sinks::StoredAlert& each : sinks::read_outbox(path()))
            if (each.episode == episode) return each.deliveries.at(delivery).state;
        FAIL("no alert " << episode);
        return {};
    }

    test::TemporaryDirectory folder, output;
};

std::size_t lines(const std::string& text) {
    std::size_t count = 0;
    for (const char c : text) count += c == '\n' ? 1u : 0u;
    return count;
}

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("what did not arrive is listed, a line each, with why") {
    const State state;
    const test::CaughtOutput listed = state.run({"list"});
    CHECK(listed.code == 0);
    INFO(listed.out);
    CHECK(lines(listed.out) == 2);
    CHECK(has(listed.out, std::string(id_a) + "_1"));
    CHECK(has(listed.out, "HTTP status 500"));
    CHECK_FALSE(has(listed.out, "hook"));
    CHECK(lines(state.run({"list", "--all"}).out) == 4);
    CHECK(lines(state.run({"list", "--all", "--sink=hook"}).out) == 2);
    CHECK(has(state.run({"show", id_a}).out, "us_tech to BTC-USD"));
}

TEST_CASE("an operator sends again and gives up, and only what can be") {
    const State state;
    CHECK(state.run({"retry", id_a}).code == 0);
    CHECK(state.state_of(id_a) == DeliveryState::pending);
    CHECK(state.state_of(id_a, 1) == DeliveryState::accepted);
    CHECK(state.run({"drop", std::string(id_b) + "_1"}).code == 0);
    CHECK(state.state_of(id_b) == DeliveryState::dropped);
    // What arrived cannot be taken back, and says so by its exit code.
    CHECK(state.run({"drop", id_b, "--sink=hook"}).code == 1);
    const test::CaughtOutput unknown = state.run({"retry", "01XXXX"});
    CHECK(unknown.code == 1);
    CHECK(has(unknown.err, "no alert of this id"));
}

TEST_CASE("where there is no outbox it is said, and none is made") {
    const test::TemporaryDirectory folder, output;
    std::vector<std::string> arguments{"contagiond", "outbox", "list",
                                       "--storage.path=" + folder.path.string()};
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    const test::CaughtOutput told = test::caught_output(output.path, [&] {
        return daemon::run_command_line(static_cast<int>(argv.size()), argv.data());
    });
    CHECK(told.code == 1);
    CHECK(has(told.err, folder.path.string()));
    CHECK_FALSE(std::filesystem::exists(folder.path / "outbox.db"));
}

TEST_CASE("a state folder has one daemon at a time") {
    const test::TemporaryDirectory folder;
    std::optional<daemon::StorageLock> first(std::in_place, folder.path.string());
    CHECK_THROWS_AS(daemon::StorageLock(folder.path.string()), std::runtime_error);
    first.reset();
    CHECK_NOTHROW(daemon::StorageLock(folder.path.string()));
    CHECK_THROWS_AS(daemon::StorageLock((folder.path / "nothing").string()), std::runtime_error);
}
