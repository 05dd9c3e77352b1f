#include "daemon/sinks/dashboard_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace contagiond::sinks {

struct StreamHub::Core {
    explicit Core(StreamHubSettings s) : settings(std::move(s)) {}

    const StreamHubSettings settings;
    mutable std::mutex mutex;  ///< everything below, and the clients' queues
    std::function<std::string()> snapshot;
    std::uint64_t seq = 0;  ///< of the last message
    struct Recent {
        std::uint64_t seq;
        std::string text;
    };
    std::deque<Recent> recent;
    std::size_t recent_bytes = 0;
    std::vector<std::weak_ptr<Client>> clients;
    std::uint64_t dropped = 0;
    bool ended = false;

    std::string snapshot_message() const {
        return fmt::format("id: {}-{}\nevent: snapshot\ndata: {}\n\n", settings.epoch, seq,
                           snapshot());
    }

    /// Everything after `last_event_id`, if nothing of it has been forgotten.
    std::optional<std::string> since(std::string_view last_event_id) const {
        const std::size_t dash = last_event_id.rfind('-');
        if (dash == std::string_view::npos || last_event_id.substr(0, dash) != settings.epoch)
            return std::nullopt;
        const std::string_view digits = last_event_id.substr(dash + 1);
        std::uint64_t last = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), last);
        if (error != std::errc{} || end != digits.data() + digits.size() || last > seq)
            return std::nullopt;
        if (last < seq && (recent.empty() || recent.front().seq > last + 1)) return std::nullopt;
        std::string text;
        for (const Recent& message : recent)
            if (message.seq > last) text += message.text;
        if (text.size() > settings.client_bytes) return std::nullopt;
        return text;
    }
};

class StreamHub::Client final : public StreamClient {
  public:
    Client(std::shared_ptr<Core> core, std::string first)
        : core_(std::move(core)), waiting_(std::move(first)) {}

    bool take(std::string& out) override {
        const std::lock_guard lock(core_->mutex);
        if (lost_ > 0 && core_->snapshot) {
            // Made only now, so that a client that never comes back costs nothing.
            out += fmt::format("event: gap\ndata: {{\"dropped\":{}}}\n\n", lost_);
            out += core_->snapshot_message();
            lost_ = 0;
        }
        out += waiting_;
        idle_ = waiting_.empty();
        waiting_.clear();
        waiting_messages_ = 0;
        return !(core_->ended && idle_);
    }

    void on_ready(std::function<void()> wake) override {
        bool ready = false;
        {
            const std::lock_guard lock(wake_mutex_);
            wake_ = std::move(wake);
        }
        {
            const std::lock_guard lock(core_->mutex);
            ready = !waiting_.empty() || lost_ > 0 || core_->ended;
        }
        if (ready) ring();
    }

    /// Under the hub's lock. Whether the client sleeps and must be woken.
    bool push(const std::string& message) {
        if (lost_ > 0) {
            ++lost_;
            ++core_->dropped;
            return false;
        }
        if (waiting_.size() + message.size() > core_->settings.client_bytes) {
            lost_ = waiting_messages_ + 1;
            core_->dropped += lost_;
            std::string().swap(waiting_);
            waiting_messages_ = 0;
        } else {
            waiting_ += message;
            ++waiting_messages_;
        }
        return std::exchange(idle_, false);
    }

    /// Not under the hub's lock: the listener may take() at once.
    void ring() {
        const std::lock_guard lock(wake_mutex_);
        if (wake_) wake_();
    }

  private:
    const std::shared_ptr<Core> core_;
    // Guarded by the hub's lock.
    std::string waiting_;
    std::uint64_t waiting_messages_ = 1;
    std::uint64_t lost_ = 0;  ///< since the queue overflowed; above 0 nothing waits
    bool idle_ = false;       ///< the last take() found nothing
    // Held while waking, so that after on_ready(nullptr) nobody is called any more.
    std::mutex wake_mutex_;
    std::function<void()> wake_;
};

StreamHub::StreamHub(StreamHubSettings settings, std::function<std::string()> snapshot)
    : core_(std::make_shared<Core>(std::move(settings))) {
    core_->snapshot = std::move(snapshot);
}

StreamHub::~StreamHub() {
    end();
    const std::lock_guard lock(core_->mutex);
    core_->snapshot = nullptr;
}

void StreamHub::publish(std::string_view event, std::string_view data) {
    // Kept until the lock is gone: a client that is let go of here must not end under it.
    std::vector<std::shared_ptr<Client>> alive;
    std::vector<Client*> sleepers;
    {
        const std::lock_guard lock(core_->mutex);
        if (core_->ended) return;
        ++core_->seq;
        std::string text = fmt::format("id: {}-{}\nevent: {}\ndata: {}\n\n", core_->settings.epoch,
                                       core_->seq, event, data);
        std::erase_if(core_->clients, [](const auto& client) { return client.expired(); });
        for (const auto& weak : core_->clients) {
            auto client = weak.lock();
            if (!client) continue;
            if (client->push(text)) sleepers.push_back(client.get());
            alive.push_back(std::move(client));
        }
        core_->recent_bytes += text.size();
        core_->recent.push_back({core_->seq, std::move(text)});
        while (core_->recent.size() > core_->settings.recent_messages ||
               core_->recent_bytes > core_->settings.recent_bytes) {
            core_->recent_bytes -= core_->recent.front().text.size();
            core_->recent.pop_front();
        }
    }
    for (Client* client : sleepers) client->ring();
}

std::shared_ptr<StreamClient> StreamHub::open(std::string_view last_event_id) {
    const std::lock_guard lock(core_->mutex);
    // The browser's own waiting time before it reconnects, in milliseconds.
    std::string first = "retry: 1000\n\n";
    if (auto missed = core_->since(last_event_id))
        first += *missed;
    else if (core_->snapshot)
        first += core_->snapshot_message();
    auto client = std::make_shared<Client>(core_, std::move(first));
    core_->clients.push_back(client);
    return client;
}

void StreamHub::end() {
    std::vector<std::shared_ptr<Client>> all;
    {
        const std::lock_guard lock(core_->mutex);
        core_->ended = true;
        for (const auto& weak : core_->clients)
            if (auto client = weak.lock()) all.push_back(std::move(client));
    }
    for (const auto& client : all) client->ring();
}

std::uint64_t StreamHub::dropped() const {
    const std::lock_guard lock(core_->mutex);
    return core_->dropped;
}

}  // namespace contagiond::sinks
