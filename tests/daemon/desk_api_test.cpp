// Silences, acknowledgements and annotations over HTTP: strict about what it reads, in words that
// help, and nothing that a person typed is trusted.
#include "daemon/desk_api.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/typed_text.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace contagiond;
using namespace contagiond::daemon;
using nlohmann::json;

namespace {

constexpr core::TimeNs noon = 1'737'979'200 * core::ns_per_s;  // 2025-01-27T12:00:00Z
constexpr std::string_view id_a = "01JJK3ZC8Q4X0Q7N9S6V3W2E1R";

struct Bench {
    test::TemporaryDirectory folder;
    test::ManualClock clock{noon};
    DeskBook book{{(folder.path / "desk.jsonl").string(), {}, 1u << 20}, clock};
    std::vector<std::string> alerts = {std::string(id_a)};
    std::vector<core::Annotation> told;
    std::string user = "local";
    std::vector<DeskRoute> routes =
        desk_routes({&book,
                     &clock,
                     {"BTC-USD", "ETH-USD"},
                     {"NVDA", "BTC-USD", "us_tech"},
                     [this] { return alerts; },
                     [this](const core::Annotation& a) { told.push_back(a); }});

    /// As the server dispatches.
    HttpResponse ask(const std::string& method, const std::string& path,
                     const std::string& body = "", std::map<std::string, std::string> query = {},
                     const std::string& type = "application/json") const {
        for (const DeskRoute& route : routes) {
            const bool prefix = route.path.back() == '/';
            if (route.method != method ||
                (prefix ? !path.starts_with(route.path) : path != route.path))
                continue;
            HttpRequest request;
            request.method = method;
            request.path = path;
            request.query = std::move(query);
            request.body = body;
            if (!body.empty()) request.headers["content-type"] = type;
            request.user = user;
            return route.handler(request);
        }
        FAIL("no route for " << method << " " << path);
        return {};
    }
    json good(const std::string& method, const std::string& path, const std::string& body = "",
              std::map<std::string, std::string> query = {}) const {
        const HttpResponse response = ask(method, path, body, std::move(query));
        INFO(response.body);
        CHECK(response.status == 200);
        CHECK(response.content_type == "application/json");
        const json answer = json::parse(response.body);
        CHECK(answer["status"] == "success");
        return answer["data"];
    }
    /// The sentence of an error.
    std::string bad(int status, const std::string& method, const std::string& path,
                    const std::string& body = "",
                    std::map<std::string, std::string> query = {}) const {
        const HttpResponse response = ask(method, path, body, std::move(query));
        INFO(response.body);
        CHECK(response.status == status);
        const json answer = json::parse(response.body);
        CHECK(answer["status"] == "error");
        CHECK_FALSE(answer["error"].get<std::string>().empty());
        return answer["error"];
    }
};

constexpr const char* silences = "/api/v1/silences";
constexpr const char* annotations = "/api/v1/annotations";
const std::string ack = "/api/v1/alerts/" + std::string(id_a) + "/ack";

bool says(const std::string& sentence, const std::string& word) {
    return sentence.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("a silence is made, listed and ended") {
    Bench bench;
    CHECK(bench.good("GET", silences) == json::array());
    const json made = bench.good("POST", silences,
                                 R"({"rule":"tech_to_crypto","target":"BTC-USD","for":"2h",
                                     "comment":"roll","by":"anna"})");
    CHECK(made["id"] == "S1");
    CHECK(made["state"] == "active");
    CHECK(made["rule"] == "tech_to_crypto");
    CHECK(made["target"] == "BTC-USD");
    CHECK(made["everything"] == false);
    CHECK(made["starts_at"] == "2025-01-27T12:00:00.000000Z");
    CHECK(made["ends_at"] == "2025-01-27T14:00:00.000000Z");
    CHECK(made["by"] == "anna");
    bench.good("POST", silences,
               R"({"everything":true,"until":"2025-01-27T20:00:00Z","comment":"move",
                   "starts_at":"2025-01-27T19:00:00Z"})");
    const json all = bench.good("GET", silences);
    REQUIRE(all.size() == 2);
    CHECK(all[0]["state"] == "pending");
    CHECK(all[0]["everything"] == true);
    CHECK(bench.good("GET", silences, "", {{"state", "active"}}).size() == 1);
    bench.bad(400, "GET", silences, "", {{"state", "odd"}});

    const json ended = bench.good("DELETE", "/api/v1/silences/S1");
    CHECK(ended["state"] == "expired");
    CHECK(ended["ended_by"] == "local");
    bench.bad(400, "DELETE", "/api/v1/silences/S1");
    bench.bad(404, "DELETE", "/api/v1/silences/S77");
    bench.bad(404, "DELETE", "/api/v1/silences/");
    CHECK(bench.good("GET", silences, "", {{"state", "expired"}}).size() == 1);
}

TEST_CASE("a silence that is not fully said is refused, and says what is missing") {
    Bench bench;
    const auto refused = [&](const std::string& body) {
        return bench.bad(400, "POST", silences, body);
    };
    const std::string rest = R"("for":"1h","comment":"x"})";
    CHECK(says(refused("{" + rest), "everything"));
    CHECK(says(refused("{\"everything\":false," + rest), "everything"));
    CHECK(says(refused("{\"everything\":true,\"target\":\"BTC-USD\"," + rest), "everything"));
    CHECK(says(refused("{\"target\":\"BTCUSD\"," + rest), "did you mean BTC-USD"));
    CHECK(says(refused("{\"target\":\"NVDA\"," + rest), "NVDA"));
    CHECK(says(refused("{\"rule\":\"tech-to-crypto\"," + rest), "did you mean tech_to_crypto"));
    CHECK(says(refused(R"({"everything":true,"comment":"x"})"), "for"));
    CHECK(says(
        refused(R"({"everything":true,"comment":"x","for":"1h","until":"2025-01-28T00:00:00Z"})"),
        "either"));
    CHECK(says(refused(R"({"everything":true,"for":"1h"})"), "comment"));
    CHECK(says(refused(R"({"everything":true,"for":"1h","comment":"  \n "})"), "comment"));
    CHECK(says(refused(R"({"everything":true,"for":"31d","comment":"x"})"), "30 days"));
    CHECK(says(refused(R"({"everything":true,"until":"2025-03-27T12:00:00Z","comment":"x"})"),
               "30 days"));
    CHECK(says(refused(R"({"everything":true,"until":"2025-01-27T12:00:00Z","comment":"x"})"),
               "passed"));
    for (const char* length : {"\"\"", "\"0s\"", "\"-1h\"", "\"2\"", "7200", "\"2 hours\"", "true"})
        CHECK(
            says(refused(std::string(R"({"everything":true,"comment":"x","for":)") + length + "}"),
                 "for"));
    for (const char* time : {"\"tomorrow\"", "1737979200", "\"2025-01-27T15:00:00+01:00\"",
                             "\"2225-01-27T15:00:00Z\""})
        CHECK(
            says(refused(std::string(R"({"everything":true,"comment":"x","until":)") + time + "}"),
                 "until"));
    CHECK(says(refused(R"({"everything":"yes","for":"1h","comment":"x"})"), "true or false"));
    CHECK(says(refused(R"({"everything":true,"for":"1h","comment":"x","untill":null})"),
               "did you mean until"));
    CHECK(bench.good("GET", silences) == json::array());
}

TEST_CASE("a body that is no plain JSON object is refused") {
    Bench bench;
    const auto refused = [&](const std::string& body) {
        return bench.bad(400, "POST", annotations, body);
    };
    refused("{");
    refused("[]");
    refused("null");
    refused("\"text\"");
    refused("{\"text\":\"a\"} {}");
    refused("{'text':'a'}");
    refused("{\"text\":NaN}");
    CHECK(says(refused("{\"text\":\"a\",\"text\":\"b\"}"), "twice"));
    CHECK(says(refused("{\"text\":\"a\",\"symbols\":{\"a\":1}}"), "list"));
    CHECK(says(refused("{\"text\":\"a\",\"symbols\":[[\"NVDA\"]]}"), "list"));
    CHECK(says(refused("{\"text\":[\"a\"]}"), "text"));
    refused("{\"text\":\"a\xff\"}");
    refused("{\"text\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}");
    refused(std::string(60'000, '{'));
    CHECK(
        bench.ask("POST", annotations, "text=a", {}, "application/x-www-form-urlencoded").status ==
        415);
    CHECK(bench.ask("POST", annotations, "{\"text\":\"a\"}", {}, "text/plain").status == 415);
    CHECK(bench.ask("POST", annotations, "{\"text\":\"a\"}", {}, "application/json; charset=utf-8")
              .status == 200);
    CHECK(bench.good("GET", annotations).size() == 1);
}

TEST_CASE("what people type is one clean line") {
    const auto clean = [](std::string_view typed) {
        const TypedText text = typed_text(typed, 500);
        INFO(text.problem);
        CHECK(text.problem.empty());
        return text.text;
    };
    CHECK(clean("DeepSeek tops the App Store") == "DeepSeek tops the App Store");
    CHECK(clean("  two\n\nlines\t here \r\n") == "two lines here");
    CHECK(clean("") == "");
    CHECK(clean(" \n\t ") == "");
    CHECK(clean("a\u202Eb\u2066c\u200Fd") == "abcd");  // turned direction
    CHECK(clean("a\u200Bb\uFEFFc\u00ADd") == "abcd");  // not to be seen
    CHECK(clean("a\u2028b") == "a b");
    CHECK(clean("Grüße 日本 🚀 <b>&amp;") == "Grüße 日本 🚀 <b>&amp;");
    for (const std::string_view refused :
         {std::string_view("a\0b", 3), std::string_view("\x1b[31mred"), std::string_view("a\x7f"),
          std::string_view("\xc2\x9b"
                           "csi"),
          std::string_view("\xff"), std::string_view("\xc0\x80"), std::string_view("\xed\xa0\x80"),
          std::string_view("cut \xe2\x82")})
        CHECK_FALSE(typed_text(refused, 500).problem.empty());
    // Characters are counted, not bytes; blanks that go do not count.
    std::string long_one;
    for (int i = 0; i < 500; ++i) long_one += "ü";
    CHECK(clean(long_one + "   \n") == long_one);
    CHECK_FALSE(typed_text(long_one + "x", 500).problem.empty());
    CHECK_FALSE(typed_text(std::string(200'000, 'x'), 500).problem.empty());
}

TEST_CASE("hostile text is refused or cleaned at every door") {
    Bench bench;
    const std::string nul = R"("a\u0000b")", escape = R"("\u001b[2J")";
    for (const std::string& text : {nul, escape}) {
        bench.bad(400, "POST", annotations, "{\"text\":" + text + "}");
        bench.bad(400, "POST", annotations, "{\"text\":\"a\",\"tags\":[" + text + "]}");
        bench.bad(400, "POST", annotations, "{\"text\":\"a\",\"by\":" + text + "}");
        bench.bad(400, "POST", ack, "{\"comment\":" + text + "}");
        bench.bad(400, "POST", silences,
                  "{\"everything\":true,\"for\":\"1h\",\"comment\":" + text + "}");
    }
    bench.bad(400, "POST", annotations, "{\"text\":\"" + std::string(501, 'x') + "\"}");
    const json note = bench.good(
        "POST", annotations,
        R"({"text":"@here <!channel>\n<script>alert(1)</script> \u202Edlog","tags":["a\nb"]})");
    CHECK(note["text"] == "@here <!channel> <script>alert(1)</script> dlog");
    CHECK(note["tags"] == json::array({"a b"}));
}

TEST_CASE("an alert is acknowledged and let go again") {
    Bench bench;
    const json made = bench.good("POST", ack, R"({"comment":"looking","by":"anna"})");
    CHECK(made["id"] == id_a);
    CHECK(made["by"] == "anna");
    CHECK(bench.book.acknowledgement(id_a)->comment == "looking");
    // Small letters, and nothing to say.
    std::string small(id_a);
    for (char& c : small) c = static_cast<char>(std::tolower(c));
    bench.clock.set(noon + core::ns_per_s);
    CHECK(bench.good("POST", "/api/v1/alerts/" + small + "/ack")["at"] ==
          "2025-01-27T12:00:01.000000Z");
    CHECK(bench.good("DELETE", ack)["acknowledged"].is_null());
    CHECK_FALSE(bench.book.acknowledgement(id_a));
    bench.bad(404, "DELETE", ack);

    std::string typo(id_a);
    typo[20] = 'X';
    CHECK(says(bench.bad(404, "POST", "/api/v1/alerts/" + typo + "/ack"),
               "did you mean " + std::string(id_a)));
    CHECK(says(bench.bad(404, "POST", "/api/v1/alerts/nonsense/ack"), std::string(id_a)));
    bench.bad(404, "POST", "/api/v1/alerts/" + std::string(id_a));
    bench.bad(404, "POST", "/api/v1/alerts//ack");
    bench.bad(400, "POST", ack, R"({"coment":"x"})");
    bench.alerts.clear();
    CHECK(says(bench.bad(404, "POST", ack), "no alert"));
}

TEST_CASE("annotations are made, told on and found by time") {
    Bench bench;
    const json made =
        bench.good("POST", annotations,
                   R"({"text":"DeepSeek tops the App Store","symbols":["NVDA","us_tech"],
                                     "tags":["news"],"time":"2025-01-27T11:00:00Z","by":"anna"})");
    CHECK(made["id"] == "A1");
    CHECK(made["time"] == "2025-01-27T11:00:00.000000Z");
    CHECK(made["at"] == "2025-01-27T12:00:00.000000Z");
    REQUIRE(bench.told.size() == 1);
    CHECK(bench.told[0].text == "DeepSeek tops the App Store");
    bench.good("POST", annotations, R"({"text":"second"})");
    bench.good("POST", annotations, R"({"text":"third","time":"2025-01-27T13:00:00Z"})");
    const json all = bench.good("GET", annotations);
    REQUIRE(all.size() == 3);
    CHECK(all[0]["text"] == "third");
    CHECK(all[2]["symbols"] == json::array({"NVDA", "us_tech"}));
    CHECK(bench.good("GET", annotations, "", {{"limit", "1"}}).size() == 1);
    CHECK(bench.good("GET", annotations, "", {{"from", "2025-01-27T12:00:00Z"}}).size() == 2);
    CHECK(bench.good("GET", annotations, "", {{"to", "2025-01-27T12:00:00Z"}}).size() == 2);
    bench.bad(400, "GET", annotations, "", {{"from", "noon"}});
    bench.bad(400, "GET", annotations, "", {{"limit", "0"}});
    bench.bad(400, "GET", annotations, "", {{"from", "2025-01-28"}, {"to", "2025-01-27"}});

    CHECK(says(bench.bad(400, "POST", annotations, R"({"text":"a","symbols":["NVD"]})"),
               "did you mean NVDA"));
    CHECK(says(bench.bad(400, "POST", annotations, R"({"symbols":["NVDA"]})"), "text"));
    std::string many = "{\"text\":\"a\",\"tags\":[\"t\"";
    for (int i = 0; i < 16; ++i) many += ",\"t\"";
    bench.bad(400, "POST", annotations, many + "]}");
    CHECK(bench.told.size() == 3);
}

TEST_CASE("who it was is the user the server knows; only this machine's commands say a name") {
    Bench bench;
    bench.user = "ben";
    CHECK(bench.good("POST", ack)["by"] == "ben");
    CHECK(bench.good("POST", ack, R"({"by":"ben"})")["by"] == "ben");
    CHECK(says(bench.bad(400, "POST", ack, R"({"by":"anna"})"), "ben"));
    bench.user = "local";
    CHECK(bench.good("POST", ack, R"({"by":"anna"})")["by"] == "anna");
    CHECK(bench.good("POST", ack)["by"] == "local");
}
