#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "feeds/adapter.hpp"
#include "feeds/session.hpp"
#include "feeds/url.hpp"

namespace contagiond::test {
namespace {

constexpr core::TimeNs now = 1'700'000'000'000'000'000;

/// Whether `text` is the value of a field, however deep.
bool holds(const nlohmann::json& json, const std::string& text) {
    if (json.is_string()) return json == text;
    return json.is_structured() && std::any_of(json.begin(), json.end(), [&](const auto& inner) {
               return holds(inner, text);
           });
}

}  // namespace

TEST_CASE("the venue table is sorted, without doubles, and found by id") {
    const auto all = feeds::venues();
    REQUIRE(!all.empty());
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO(all[i].id);
        if (i > 0) CHECK(all[i - 1].id < all[i].id);
        CHECK(feeds::find_venue(all[i].id) == &all[i]);
    }
    CHECK(feeds::find_venue("") == nullptr);
    CHECK(feeds::find_venue("binance") == nullptr);
    CHECK(feeds::find_venue("zzz") == nullptr);
}

TEST_CASE("each venue file is in the table, and each line of the table has its file") {
    std::set<std::string> files;
    const auto folder = std::filesystem::path(CONTAGIOND_SOURCE_DIR) / "feeds" / "venues";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        CHECK(entry.path().extension() == ".cpp");
        files.insert(entry.path().stem());
    }
    std::set<std::string> ids;
    for (const feeds::Venue& venue : feeds::venues()) ids.emplace(venue.id);
    CHECK(files == ids);
}

TEST_CASE("each venue says all that a session and the documents need") {
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        CHECK(!venue.name.empty());
        CHECK(venue.documentation.starts_with("https://"));
        CHECK(venue.default_url.starts_with("wss://"));
        CHECK(!venue.default_channels.empty());
        REQUIRE(venue.make_decoder != nullptr);
        CHECK(venue.make_decoder() != nullptr);
        REQUIRE(venue.subscribe != nullptr);
        CHECK(venue.subscribe({}, now).empty());
        CHECK((venue.authenticate != nullptr) == venue.rules.authenticates);
        CHECK((venue.keys != feeds::Keys::none) ==
              (venue.authenticate != nullptr || venue.keyed_url != nullptr ||
               venue.keyed_subscription != nullptr));
        CHECK((venue.text_ping != nullptr) == (venue.rules.text_ping_interval > 0));
        // A ping must have time to be answered before silence counts.
        CHECK(venue.rules.ping_interval <= venue.rules.silence_any);
        if (venue.rules.ping_interval == 0)
            CHECK(venue.rules.text_ping_interval <= venue.rules.silence_any);
        CHECK((venue.text_ping != nullptr) == (venue.rules.text_ping_interval > 0));
        CHECK(venue.bootstrap.url.empty() == (venue.bootstrap.read == nullptr));
    }
}

TEST_CASE("subscriptions and logins are JSON whatever a symbol or a key is made of") {
    const std::string hostile = "A\"B\\C\n\x01<img src=x>\xe6\xaf\x94\xe7\x89\xb9";
    const std::string key = hostile + "&key=?#%";
    std::vector<feeds::Subscription> wanted;
    for (int i = 0; i < 1200; ++i) {
        wanted.push_back({hostile + std::to_string(i), i % 3 != 0, i % 3 != 1});
    }
    for (const feeds::Venue& venue : feeds::venues()) {
        INFO(venue.id);
        std::string all;
        for (const std::string& frame : venue.subscribe(wanted, now)) {
            CHECK(nlohmann::json::accept(frame));
            CHECK(frame.size() < 64 * 1024);
            all += frame;
            if (venue.keyed_subscription != nullptr) {
                const auto keyed =
                    nlohmann::json::parse(venue.keyed_subscription(frame, {key, ""}));
                CHECK(holds(keyed, key));
                CHECK(!holds(nlohmann::json::parse(frame), key));
            }
        }
        for (const std::size_t number : {0U, 1U, 2U, 599U, 1199U}) {
            if (!wanted[number].trades && !venue.has_quotes) continue;
            CHECK(all.find("\xe7\x89\xb9" + std::to_string(number)) != std::string::npos);
        }
        if (venue.authenticate != nullptr) {
            const auto login = nlohmann::json::parse(venue.authenticate({key, "s\"ecret\x1f"}));
            CHECK(holds(login, key));
            CHECK(holds(login, "s\"ecret\x1f") == (venue.keys == feeds::Keys::key_and_secret));
        }
        if (venue.keyed_url != nullptr) {
            for (const std::string& plain :
                 {std::string(venue.default_url), std::string("ws://127.0.0.1:9/x?y=z")}) {
                const std::string url = venue.keyed_url(plain, {key, ""});
                CHECK(url.starts_with(plain));
                CHECK(feeds::check_url(url) == "");
                CHECK(url.ends_with("=" + feeds::percent_encoded(key)));
                CHECK(venue.keyed_url(plain, {}) == plain);
            }
        }
    }
}

TEST_CASE("each venue is asked for what was wanted, in its own words") {
    const std::vector<feeds::Subscription> wanted = {
        {"BTCUSDT", true, true}, {"ETHUSDT", true, false}, {"SOLUSDT", false, true}};
    const auto frames = [&wanted](std::string_view id) {
        std::vector<nlohmann::json> parsed;
        for (const std::string& text : feeds::find_venue(id)->subscribe(wanted, now)) {
            parsed.push_back(nlohmann::json::parse(text));
        }
        return parsed;
    };
    CHECK(frames("binance_spot") ==
          std::vector<nlohmann::json>{
              {{"method", "SUBSCRIBE"},
               {"params",
                {"btcusdt@trade", "btcusdt@bookTicker", "ethusdt@trade", "solusdt@bookTicker"}},
               {"id", 1}}});
    CHECK(frames("coinbase_exchange") ==
          std::vector<nlohmann::json>{{{"type", "subscribe"},
                                       {"product_ids", {"BTCUSDT"}},
                                       {"channels", {"matches", "ticker", "heartbeat"}}},
                                      {{"type", "subscribe"},
                                       {"product_ids", {"ETHUSDT"}},
                                       {"channels", {"matches", "heartbeat"}}},
                                      {{"type", "subscribe"},
                                       {"product_ids", {"SOLUSDT"}},
                                       {"channels", {"ticker", "heartbeat"}}}});
    CHECK(frames("alpaca") == std::vector<nlohmann::json>{
                                  {{"action", "subscribe"}, {"trades", {"BTCUSDT", "ETHUSDT"}}},
                                  {{"action", "subscribe"}, {"quotes", {"BTCUSDT", "SOLUSDT"}}}});
}

TEST_CASE("long lists are sent in parts, and nothing is asked for twice") {
    std::vector<feeds::Subscription> wanted;
    for (int i = 0; i < 512; ++i) wanted.push_back({"S" + std::to_string(i), true, true});
    std::set<std::string> streams;
    std::set<int> ids;
    const auto frames = feeds::find_venue("binance_spot")->subscribe(wanted, now);
    CHECK(frames.size() == 6);
    for (const std::string& text : frames) {
        const auto frame = nlohmann::json::parse(text);
        CHECK(ids.insert(frame["id"].get<int>()).second);
        for (const auto& stream : frame["params"]) {
            CHECK(streams.insert(stream.get<std::string>()).second);
        }
    }
    CHECK(streams.size() == 1024);
}

}  // namespace contagiond::test
