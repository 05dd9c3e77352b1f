#include "daemon/sinks/dashboard_stream.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace contagiond;
using sinks::StreamClient;
using sinks::StreamHub;

namespace {

struct Message {
    std::string id, event, data;
};

/// The whole messages in a piece of an event stream; `retry` alone is none.
std::vector<Message> parse(const std::string& text) {
    std::vector<Message> out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = text.find("\n\n", at);
        REQUIRE(end != std::string::npos);  // only whole messages are handed out
        Message message;
        std::size_t line_at = at;
        while (line_at < end) {
            const std::size_t line_end = std::min(text.find('\n', line_at), end);
            const std::string line = text.substr(line_at, line_end - line_at);
            if (line.starts_with("id: ")) message.id = line.substr(4);
            if (line.starts_with("event: ")) message.event = line.substr(7);
            if (line.starts_with("data: ")) message.data = line.substr(6);
            line_at = line_end + 1;
        }
        if (!message.event.empty()) out.push_back(message);
        at = end + 2;
    }
    return out;
}

std::vector<Message> take(StreamClient& client) {
    std::string text;
    client.take(text);
    return parse(text);
}

/// "event:data event:data"
std::string told(const std::vector<Message>& messages) {
    std::string out;
    for (const Message& m : messages) out += (out.empty() ? "" : " ") + m.event + ":" + m.data;
    return out;
}

}  // namespace

TEST_CASE("a stream begins with a snapshot and goes on with what is published") {
    std::string state = "{0}";
    StreamHub hub({"e1"}, [&] { return state; });
    hub.publish("delta", "{1}");
    state = "{1}";
    const auto client = hub.open("");
    auto first = take(*client);
    REQUIRE(told(first) == "snapshot:{1}");
    CHECK(first[0].id == "e1-1");
    CHECK(take(*client).empty());
    hub.publish("delta", "{2}");
    hub.publish("alert", "{3}");
    auto next = take(*client);
    REQUIRE(told(next) == "delta:{2} alert:{3}");
    CHECK(next[0].id == "e1-2");
    CHECK(next[1].id == "e1-3");
}

TEST_CASE("a stream resumes exactly behind the last message seen") {
    StreamHub hub({"run-7"}, [] { return std::string("{s}"); });
    for (int i = 1; i <= 5; ++i) hub.publish("delta", std::to_string(i));
    CHECK(told(take(*hub.open("run-7-3"))) == "delta:4 delta:5");
    CHECK(told(take(*hub.open("run-7-0"))) == "delta:1 delta:2 delta:3 delta:4 delta:5");
    const auto current = hub.open("run-7-5");
    CHECK(take(*current).empty());
    hub.publish("delta", "6");
    CHECK(told(take(*current)) == "delta:6");
}

TEST_CASE("what cannot be resumed begins anew") {
    StreamHub hub({"e2", 1 << 20, 3}, [] { return std::string("{s}"); });
    for (int i = 1; i <= 5; ++i) hub.publish("delta", std::to_string(i));
    // Another run, the future, forgotten messages, and what no server ever sent.
    for (const char* id : {"e1-4", "e2-6", "e2-1", "e2-", "e2", "-", "", "e2-4x", "e2--4",
                           "e2-99999999999999999999999", "\xff-\x01"}) {
        INFO(id);
        CHECK(told(take(*hub.open(id))) == "snapshot:{s}");
    }
    // Three messages are remembered: 3, 4 and 5.
    CHECK(told(take(*hub.open("e2-2"))) == "delta:3 delta:4 delta:5");
}

TEST_CASE("what is kept for resuming is bounded in bytes too") {
    StreamHub hub({"e", 1 << 20, 1000, 300}, [] { return std::string("{s}"); });
    const std::string big(100, 'x');
    for (int i = 0; i < 10; ++i) hub.publish("delta", big);
    CHECK(take(*hub.open("e-8")).size() == 2);
    CHECK(told(take(*hub.open("e-5"))) == "snapshot:{s}");
}

TEST_CASE("a slow client loses its queue, is told how much, and gets a fresh snapshot") {
    std::string state = "{old}";
    StreamHub hub({"e", 400}, [&] { return state; });
    const auto slow = hub.open("");
    const auto good = hub.open("");
    take(*slow);
    take(*good);
    const std::string data(100, 'x');
    std::size_t seen = 0;
    for (int i = 0; i < 20; ++i) {
        hub.publish("delta", data);
        seen += take(*good).size();
    }
    CHECK(seen == 20);  // the neighbour of a slow client notices nothing
    CHECK(hub.dropped() == 20);
    state = "{new}";
    auto after = take(*slow);
    REQUIRE(told(after) == "gap:{\"dropped\":20} snapshot:{new}");
    CHECK(after[1].id == "e-20");
    hub.publish("delta", "{21}");
    CHECK(told(take(*slow)) == "delta:{21}");
    CHECK(hub.dropped() == 20);
}

TEST_CASE("one message larger than the queue is a gap, not a stall") {
    StreamHub hub({"e", 50}, [] { return std::string("{s}"); });
    const auto client = hub.open("");
    take(*client);
    CHECK(take(*client).empty());
    int woken = 0;
    client->on_ready([&] { ++woken; });
    hub.publish("delta", std::string(100, 'x'));
    CHECK(woken == 1);
    CHECK(told(take(*client)) == "gap:{\"dropped\":1} snapshot:{s}");
}

TEST_CASE("a client is woken once after it found nothing") {
    StreamHub hub({"e"}, [] { return std::string("{s}"); });
    const auto client = hub.open("");
    take(*client);
    int woken = 0;
    client->on_ready([&] { ++woken; });
    hub.publish("delta", "1");
    CHECK(woken == 0);  // it has not yet found nothing: it will look again by itself
    CHECK(take(*client).size() == 1);
    CHECK(take(*client).empty());
    hub.publish("delta", "2");
    hub.publish("delta", "3");
    CHECK(woken == 1);
    CHECK(take(*client).size() == 2);
    client->on_ready(nullptr);
    CHECK(take(*client).empty());
    hub.publish("delta", "4");
    CHECK(woken == 1);
}

TEST_CASE("a listener that comes late is told that text is waiting") {
    StreamHub hub({"e"}, [] { return std::string("{s}"); });
    const auto client = hub.open("");
    take(*client);
    take(*client);
    hub.publish("delta", "1");  // nobody listened yet
    int woken = 0;
    client->on_ready([&] { ++woken; });
    CHECK(woken == 1);
    CHECK(take(*client).size() == 1);
}

TEST_CASE("an ended stream hands out the rest and then says so, also after its hub is gone") {
    std::shared_ptr<StreamClient> client;
    int woken = 0;
    {
        StreamHub hub({"e"}, [] { return std::string("{s}"); });
        client = hub.open("");
        take(*client);
        CHECK(take(*client).empty());
        client->on_ready([&] { ++woken; });
        hub.publish("delta", "1");
        hub.end();
    }
    CHECK(woken >= 2);
    std::string text;
    CHECK(client->take(text));
    CHECK(told(parse(text)) == "delta:1");
    text.clear();
    CHECK_FALSE(client->take(text));
    CHECK(text.empty());
}

TEST_CASE("many readers of one hub each see every message once, in order") {
    constexpr int messages = 3000;
    std::atomic<int> published{0};
    StreamHub hub({"e", 8u << 20}, [&] { return std::to_string(published.load()); });
    std::vector<std::thread> readers;
    std::atomic<int> faults{0};
    for (int r = 0; r < 4; ++r)
        readers.emplace_back([&] {
            const auto client = hub.open("");
            long expected = -1;
            std::string text;
            bool more = true;
            while (more) {
                text.clear();
                more = client->take(text);
                std::size_t at = 0;
                while ((at = text.find("data: ", at)) != std::string::npos) {
                    const long n = std::stol(text.substr(at + 6));
                    // A snapshot may already hold the message that follows it.
                    if (expected >= 0 && n != expected && n != expected - 1) ++faults;
                    expected = n + 1;
                    at += 6;
                }
                std::this_thread::yield();
            }
            if (expected != messages + 1) ++faults;
        });
    for (int i = 1; i <= messages; ++i) {
        published = i;
        hub.publish("delta", std::to_string(i));
    }
    hub.end();
    for (std::thread& reader : readers) reader.join();
    CHECK(faults == 0);
}
