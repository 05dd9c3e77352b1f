// silence, ack and annotate as somebody types them, against a listener with the desk's routes.
#include <catch2/catch.hpp>
#include <memory>

#include "daemon/api_token.hpp"
#include "daemon/commands/commands.hpp"
#include "daemon/desk_api.hpp"
#include "daemon/http_access.hpp"
#include "tests/support/caught_output.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using namespace contagiond::daemon;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;  // 2025-01-27T12:00:00Z
constexpr const char* id_a = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";
constexpr const char* id_b = "01JJK3ZC8Q4X0Q7N9S6V3W2E2S";

struct House {
    House() {
        write_api_token(folder.path.string(), "open-sesame");
        HttpServerSettings settings;
        settings.listen_address = "127.0.0.1:0";
        HttpAccessSettings access;
        access.api_token = "open-sesame";
        server = std::make_unique<HttpServer>(settings, std::make_shared<HttpAccess>(access));
        for (DeskRoute& route : desk_routes({&book,
                                             &clock,
                                             {"BTC-USD", "ETH-USD"},
                                             {"NVDA"},
                                             [] {
                                                 return std::vector<std::string>{id_b, id_a};
                                             },
                                             {}}))
            server->route(route.method, route.path, route.name, route.handler);
        server->route("GET", "/api/v1/alerts", "alerts", [](const HttpRequest&) {
            return json_data(std::string(R"([{"data":{"id":")") + id_b + R"("}},{"data":{"id":")" +
                             id_a + R"("}}])");
        });
        server->start();
    }
    test::CaughtOutput run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "contagiond");
        arguments.push_back("--web.url=http://127.0.0.1:" + std::to_string(server->port()));
        arguments.push_back("--storage.path=" + folder.path.string());
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        return test::caught_output(output.path, [&] {
            return run_command_line(static_cast<int>(argv.size()), argv.data());
        });
    }

    test::TemporaryDirectory folder, output;
    test::ManualClock clock{noon};
    DeskBook book{{(folder.path / "desk.jsonl").string(), {}, 1u << 20}, clock};
    std::unique_ptr<HttpServer> server;
};

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a silence is added, listed and ended from a shell") {
    const House house;
    CHECK(has(house.run({"silence", "list"}).out, "No silence"));
    const auto added = house.run({"silence", "add", "--target=BTC-USD", "--for=2h",
                                  "--comment=roll of the futures", "--by=anna"});
    CHECK(added.code == exit_well);
    CHECK(has(added.out, "2025-01-27T14:00:00Z"));
    CHECK(has(added.out, "silence end S1"));
    CHECK(house.book.silences_active(noon) == 1);
    const auto listed = house.run({"silence", "list"});
    CHECK(has(listed.out, "BTC-USD"));
    CHECK(has(listed.out, "roll of the futures (anna)"));
    CHECK(house.run({"silence", "end", "S1", "--by=ben"}).code == exit_well);
    CHECK(house.book.silences_active(noon) == 0);
    CHECK(has(house.run({"silence", "list"}).out, "No silence"));
    CHECK(has(house.run({"silence", "list", "--all"}).out, "ended by ben"));
    CHECK(house.run({"silence", "end", "S9"}).code == exit_failed);
}

TEST_CASE("what is typed wrongly is usage, and says what was meant") {
    const House house;
    const auto typo = house.run({"silence", "add", "--target=BTCUSD", "--for=1h", "--comment=x"});
    CHECK(typo.code == exit_usage);
    CHECK(has(typo.err, "did you mean BTC-USD"));
    CHECK(house.run({"silence", "add", "--for=1h", "--comment=x"}).code == exit_usage);
    CHECK(house.run({"silence", "add", "--everything", "--for=1h"}).code == exit_usage);
    CHECK(house.run({"silence"}).code == exit_usage);
    CHECK(house.run({"annotate", "a\x1b[31m"}).code == exit_usage);
    CHECK(house.run({"annotate", "a", "--symbol=NVD"}).code == exit_usage);
    CHECK(house.run({"annotate"}).code == exit_usage);
}

TEST_CASE("an alert is acknowledged by its id, a part of it, or as the latest") {
    const House house;
    for (const std::string name : {id_a, "2E1R", "2e1r"}) {
        REQUIRE(house.run({"ack", name, "--by=anna", "--comment=looking"}).code == exit_well);
        CHECK(house.book.acknowledgement(id_a));
        REQUIRE(house.run({"ack", name, "--undo"}).code == exit_well);
        CHECK_FALSE(house.book.acknowledgement(id_a));
    }
    CHECK(house.run({"ack", "latest"}).code == exit_well);
    CHECK(house.book.acknowledgement(id_b));
    const auto both = house.run({"ack", "01JJK3"});
    CHECK(both.code == exit_usage);
    CHECK(has(both.err, id_a));
    const auto typo = house.run({"ack", "01JJK3ZC8Q4X0Q7N9S6V3W2E1X"});
    CHECK(typo.code == exit_failed);
    CHECK(has(typo.err, std::string("did you mean ") + id_a));
}

TEST_CASE("a note is put on the time line") {
    const House house;
    const auto noted = house.run({"annotate", "DeepSeek tops the App Store", "--symbol=NVDA",
                                  "--tag=news", "--at=2025-01-27T11:00:00Z"});
    CHECK(noted.code == exit_well);
    CHECK(has(noted.out, "A1 at 2025-01-27T11:00:00Z: DeepSeek tops the App Store"));
    CHECK(house.book.annotations_made() == 1);
}

TEST_CASE("no daemon, no token, or another's token: one sentence each, and no secret in it") {
    House house;
    write_api_token(house.folder.path.string(), "another");
    auto refused = house.run({"silence", "list"});
    refused = house.run({"annotate", "a"});
    CHECK(refused.code == exit_failed);
    CHECK(has(refused.err, "token"));
    CHECK_FALSE(has(refused.err, "another"));
    house.server->stop(1);
    const auto nobody = house.run({"annotate", "a"});
    CHECK(nobody.code == exit_failed);
    CHECK(has(nobody.err, "is it running"));
    std::filesystem::remove(api_token_file(house.folder.path.string()));
    const auto no_token = house.run({"annotate", "a"});
    CHECK(no_token.code == exit_failed);
    CHECK_FALSE(no_token.err.empty());
}
