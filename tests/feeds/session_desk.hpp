// The listening side of session tests: a venue of few words and a desk that runs a session by hand.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "feeds/session.hpp"
#include "tests/support/loopback_server.hpp"

namespace contagiond::feeds {

using core::Input;
using core::InputKind;
using core::ns_per_ms;
using core::ns_per_s;
using test::accept;
using test::await_go;
using test::Certificate;
using test::expect;
using test::LoopbackServer;
using test::send;

// ---- a venue of few words ----

inline const core::TimeNs opened = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count();

/// "hello" greets, "ok" acknowledges, "in" authenticates, "bye" announces the end, "never" refuses
/// for good, "refuse symbol" refuses that, "void symbol" takes a trade of it back, "T symbol id
/// price" is a trade and "H ..." one of history. All else is malformed. "#n" before is the
/// message's number. A trade's number fixes its time, as everywhere.
class FakeDecoder final : public Decoder {
  public:
    void decode(std::string_view frame, core::TimeNs, Decoded& out) override {
        out.clear();
        // The padding must be there to read; a sanitizer watches.
        padding_ = std::accumulate(frame.data() + frame.size(),
                                   frame.data() + frame.size() + frame_padding, 0);
        words_.clear();
        std::istringstream text{std::string(frame)};
        for (std::string word; words_.size() < 4 && text >> word;) {
            if (word.front() == '#')
                out.number = std::stoull(word.substr(1));
            else
                words_.push_back(word);
        }
        const std::string first = words_.empty() ? "" : words_[0];
        if (first == "hello") return control(out, ControlKind::greeting);
        if (first == "in") return control(out, ControlKind::authenticated);
        if (first == "ok") return control(out, ControlKind::subscribed);
        if (first == "bye") return control(out, ControlKind::shutdown_notice);
        if (first == "refuse" && words_.size() == 2) {
            text_ = "no such symbol " + words_[1];
            out.controls.push_back({ControlKind::error_permanent, text_});
            return;
        }
        if (first == "void" && words_.size() == 2) return out.taken_back.push_back(words_[1]);
        if (first == "never") return control(out, ControlKind::error_permanent);
        if ((first == "T" || first == "H") && words_.size() == 4) {
            Row row;
            row.ts_exchange = opened + std::atoll(words_[2].c_str()) * core::ns_per_us;
            if (first == "H") row.flags = row_snapshot;
            row.symbol = words_[1];
            row.trade_id = words_[2];
            row.price = words_[3];
            row.size = "1";
            out.rows.push_back(row);
            return;
        }
        out.error = DecodeError::malformed_json;
    }

  private:
    void control(Decoded& out, ControlKind kind) { out.controls.push_back({kind, words_[0]}); }
    std::vector<std::string> words_;
    std::string text_;
    int padding_ = 0;
};

inline Venue fake_venue() {
    Venue venue{};
    venue.id = "fake";
    venue.make_decoder = []() -> std::unique_ptr<Decoder> {
        return std::make_unique<FakeDecoder>();
    };
    venue.subscribe = [](std::span<const Subscription> wanted, core::TimeNs) {
        std::vector<std::string> frames;
        for (const Subscription& one : wanted) frames.push_back("subscribe " + one.symbol);
        return frames;
    };
    venue.authenticate = [](const Credentials& credentials) { return "login " + credentials.key; };
    venue.rules.contiguous_trade_ids = true;
    return venue;
}

// ---- the desk that listens ----

class WallClock final : public core::Clock {
  public:
    core::TimeNs now() const override {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
};

/// Patience for what must succeed is long, waits between tries are short.
inline Timing quick() {
    Timing timing;
    timing.first_retry = timing.backoff_base = 20 * ns_per_ms;
    timing.backoff_cap = 50 * ns_per_ms;
    timing.budget_burst = 100'000;
    return timing;
}

class Desk {
  public:
    Venue venue = fake_venue();
    SessionSettings settings;
    boost::asio::io_context io{1};
    WallClock clock;
    InputRing ring{4096};
    std::size_t wakes = 0;  ///< of the engine
    InputPublisher publisher{ring, 1, [this] { ++wakes; }};
    FeedCounters counters;
    std::vector<Input> inputs;
    std::vector<std::string> lines;
    std::unique_ptr<Session> session;

    explicit Desk(const LoopbackServer& server) : Desk(server.url()) {
        settings.ca_file = test::authority_file();
    }
    explicit Desk(std::string url) {
        settings.feed = 0;
        settings.name = "fake";
        settings.venue = &venue;
        settings.url = std::move(url);
        settings.credentials.key = "KEY";
        settings.listings = {{3, "BTC", true, false}};
        settings.jitter_seed = 1;
        settings.timing = quick();
    }
    ~Desk() {
        if (session) stop();
    }

    void start() {
        session = std::make_unique<Session>(
            io, settings, clock, publisher, counters,
            [this](LogLevel, std::string_view line) { lines.emplace_back(line); });
        session->start();
    }

    /// Runs the feed thread's work here until `met`, at most so long.
    template <typename Met>
    bool until(Met met, std::chrono::milliseconds most = std::chrono::seconds(10)) {
        const auto end = std::chrono::steady_clock::now() + most;
        for (;;) {
            take();
            if (met()) return true;
            if (std::chrono::steady_clock::now() >= end) return false;
            io.restart();
            io.run_one_for(std::chrono::milliseconds(5));
        }
    }

    /// True if, after the session says it has stopped, nothing at all is left to run.
    bool stop() {
        bool done = false;
        session->stop([&] { done = true; });
        const bool stopped = until([&] { return done; });
        io.restart();
        io.poll();
        const bool idle = io.stopped();
        take();
        session.reset();
        return stopped && idle;
    }

    std::size_t count(InputKind kind) const {
        return static_cast<std::size_t>(
            std::count_if(inputs.begin(), inputs.end(),
                          [kind](const Input& input) { return input.kind == kind; }));
    }
    std::size_t trades() const { return count(InputKind::trade); }
    std::uint64_t reconnects(ReconnectReason reason) const {
        return counters.reconnects[static_cast<std::size_t>(reason)].value();
    }
    std::uint64_t errors(DecodeError error) const {
        return counters.decode_errors[static_cast<std::size_t>(error)].value();
    }
    std::uint64_t all_reconnects() const {
        std::uint64_t sum = 0;
        for (const auto& counter : counters.reconnects) sum += counter.value();
        return sum;
    }
    bool said(std::string_view words) const {
        return std::any_of(lines.begin(), lines.end(), [words](const std::string& line) {
            return line.find(words) != std::string::npos;
        });
    }
    std::string log_text() const {
        std::string all;
        for (const auto& line : lines) all += line + "\n";
        return all;
    }

  private:
    void take() {
        std::vector<Input> batch(64);
        while (const std::size_t n = ring.pop(batch))
            inputs.insert(inputs.end(), batch.begin(),
                          batch.begin() + static_cast<std::ptrdiff_t>(n));
    }
};

inline const Certificate plain_and_tls[] = {Certificate::none, Certificate::valid};

inline std::size_t open_descriptors() {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        ++n;
    return n;
}

}  // namespace contagiond::feeds
