// What a session's connection does with frames: those that come, all of one read together, and
// those that go, one after the other.
#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <cstring>
#include <utility>

#include "feeds/session_connection.hpp"

namespace contagiond::feeds {
namespace {

namespace asio = boost::asio;

/// Most that one read takes. Large, so that in a flood a read costs many messages next to nothing.
constexpr std::size_t read_bytes_max = 256 * 1024;
/// What is longer is copied together as it comes. The rest of the buffer is always there to read
/// into.
constexpr std::size_t whole_frame_max = 192 * 1024;
/// Beyond this a message is not even read to its end.
constexpr std::size_t message_bytes_endless = std::size_t{16} << 20;
/// The engine is woken at least so often within a read, lest a small ring overflows meanwhile.
constexpr std::size_t messages_a_wake = 256;
/// Waiting for their turn. The RFC allows to answer only the last of several pings.
constexpr std::size_t pongs_outgoing_max = 16;
/// For our close frame to go out.
constexpr core::DurationNs farewell_max = core::ns_per_s;

bool is_message(FrameEventKind kind) {
    return kind == FrameEventKind::text || kind == FrameEventKind::binary ||
           kind == FrameEventKind::too_large;
}

}  // namespace

// ---- frames that come ----

/// From the upgrade, behind whose answer `behind` came at once, to the end of the connection.
asio::awaitable<Ending> SessionConnection::read_frames(std::string_view behind) {
    parser_.emplace(FrameLimits{.whole_frame = whole_frame_max,
                                .message_max = message_bytes_max,
                                .message_endless = message_bytes_endless,
                                .slack = frame_padding});
    buffer_.resize(read_bytes_max + frame_padding);
    filled_ = 0;
    Ending ending;
    bool wanted = true;
    while (wanted && !behind.empty()) {
        const asio::mutable_buffer here = room();
        const std::size_t n = std::min(here.size(), behind.size());
        std::memcpy(here.data(), behind.data(), n);
        behind.remove_prefix(n);
        wanted = on_bytes(n);
    }
    if (wanted) ending = co_await wire_->read_all(*this);
    if (!parted_) co_return ending;
    const MonotonicNs until = monotonic_now() + farewell_max;
    while (!cut_ && writing_ && monotonic_now() < until) co_await pause(until);
    co_return *parted_;
}

asio::mutable_buffer SessionConnection::room() {
    return {buffer_.data() + filled_, buffer_.size() - filled_ - frame_padding};
}

bool SessionConnection::on_bytes(std::size_t bytes) {
    // They were all there when the read was done: one time for all of them.
    const core::TimeNs ts_receive = owner_->clock.now();
    const MonotonicNs now = monotonic_now();
    machine_.frame(now);
    told_data_ = false;
    filled_ += bytes;
    std::string_view arrived(buffer_.data(), filled_);
    std::uint64_t messages = 0;
    std::uint64_t payload = 0;
    for (std::size_t frames = 1;; ++frames) {
        const FrameEvent event = parser_->next(arrived);
        arrived.remove_prefix(event.taken);
        payload += event.bytes;
        if (event.kind == FrameEventKind::need_bytes) break;
        if (is_message(event.kind)) ++messages;
        take_frame(event, ts_receive, now);
        if (frames % messages_a_wake == 0) owner_->publisher.flush();
    }
    owner_->counters.bytes.add(payload);
    owner_->counters.messages.add(messages);
    if (messages > 0) owner_->counters.ts_last_message.set(core::to_seconds(ts_receive));
    if (!arrived.empty()) std::memmove(buffer_.data(), arrived.data(), arrived.size());
    filled_ = arrived.size();
    owner_->publisher.flush();
    return !parted_;
}

void SessionConnection::take_frame(const FrameEvent& event, core::TimeNs ts_receive,
                                   MonotonicNs now) {
    switch (event.kind) {
        case FrameEventKind::need_bytes:
        case FrameEventKind::pong:  // a sign of life, as any byte
            return;
        case FrameEventKind::ping:
            return send_pong(event.payload);
        case FrameEventKind::close:
            return part({.reason = ReconnectReason::closed,
                         .text = fmt::format("closed by the venue with code {} {}", event.code,
                                             quoted(event.payload))},
                        event.code);
        case FrameEventKind::error:
            return part(
                {.reason = ReconnectReason::error, .text = std::string(to_string(event.error))},
                event.code);
        case FrameEventKind::text:
            take_message(event.payload, ts_receive, now);
            break;
        case FrameEventKind::binary:
            refuse(event.payload, DecodeError::unexpected_binary, ts_receive);
            break;
        case FrameEventKind::too_large:
            refuse({}, DecodeError::too_large, ts_receive);
            break;
    }
    owner_->on_message(*this);
}

/// The last frame is read. A close with `code` is the last that goes; what waits would not be
/// heard.
void SessionConnection::part(Ending why, std::uint16_t code) {
    parted_ = std::move(why);
    if (cut_) return;
    outgoing_.erase(outgoing_.begin() + (writing_ ? 1 : 0), outgoing_.end());
    outgoing_.push_back({FrameOpcode::close, close_payload(code)});
    if (!writing_) write_next();
}

// ---- messages ----

void SessionConnection::count(DecodeError error, std::uint64_t n) {
    owner_->counters.decode_errors[static_cast<std::size_t>(error)].add(n);
}

/// A message that no decoder gets.
void SessionConnection::refuse(std::string_view frame, DecodeError error, core::TimeNs ts_receive) {
    count(error);
    decoded_.clear();
    decoded_.error = error;
    if (tap_) tap_->see(frame, ts_receive, decoded_);
}

void SessionConnection::take_message(std::string_view frame, core::TimeNs ts_receive,
                                     MonotonicNs now) {
    decoder_->decode(frame, ts_receive, decoded_);
    if (tap_) tap_->see(frame, ts_receive, decoded_);
    if (decoded_.error != DecodeError::none) count(decoded_.error, std::max(decoded_.rejected, 1u));
    owner_->counters.ignored.add(decoded_.ignored);
    // Of two connections of the feed both hear of it.
    if (owner_->leads(*this))
        for (const std::string_view symbol : decoded_.taken_back)
            owner_->intake.take_back(symbol, ts_receive);
    if (decoded_.number) check_number(*decoded_.number, ts_receive);
    if (!decoded_.rows.empty()) {
        // Once a read is enough: they all came now.
        if (!std::exchange(told_data_, true) || machine_.state() != SessionState::live)
            perform(machine_.data(now));
        if (machine_.state() == SessionState::live) {
            owner_->intake.take(decoded_.rows, ts_receive, now, owner_->leads(*this), origin_);
        } else {
            owner_->counters.ignored.add(decoded_.rows.size());  // out of turn, or already leaving
        }
    }
    for (const Control& control : decoded_.controls) take_control(control, now);
}

/// A connection repeats nothing: a number that is not higher means that the venue counts anew.
void SessionConnection::check_number(std::uint64_t number, core::TimeNs ts_receive) {
    const std::optional<std::uint64_t> last = std::exchange(last_number_, number);
    if (last && number > *last + 1 && owner_->leads(*this))
        owner_->intake.take_lost(number - *last - 1, ts_receive);
}

// ---- frames that go ----

void SessionConnection::send(FrameOpcode opcode, std::string payload) {
    if (cut_ || parted_ || !wire_) return;
    outgoing_.push_back({opcode, std::move(payload)});
    if (!writing_) write_next();
}

/// A venue that pings faster than it reads gets the last ones answered.
void SessionConnection::send_pong(std::string_view payload) {
    if (cut_ || parted_ || !wire_) return;
    if (pongs_outgoing_ == pongs_outgoing_max) {
        outgoing_.erase(std::find_if(outgoing_.begin() + 1, outgoing_.end(), [](const auto& one) {
            return one.opcode == FrameOpcode::pong;
        }));
        --pongs_outgoing_;
    }
    ++pongs_outgoing_;
    send(FrameOpcode::pong, std::string(payload));
}

void SessionConnection::write_next() {
    const std::optional<MaskKey> key = draw_mask_key();
    if (!key) return cut_wire();
    writing_ = true;
    ++owner_->pending;
    write_frame(outgoing_.front().opcode, outgoing_.front().payload, *key, frame_);
    wire_->write(frame_, [self = shared_from_this()](bool well) {
        self->writing_ = false;
        if (self->outgoing_.front().opcode == FrameOpcode::pong) --self->pongs_outgoing_;
        self->outgoing_.pop_front();
        // What the matter is, the reading side finds out and tells.
        if (!well) self->cut_wire();
        if (!self->cut_ && !self->outgoing_.empty())
            self->write_next();
        else if (self->cut_ || self->parted_)
            self->waiting_.cancel();
        self->owner_->leave();
    });
}

}  // namespace contagiond::feeds
