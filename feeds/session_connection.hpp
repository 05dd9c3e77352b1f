// SessionConnection: one connection of a session, from the lookup to its end, as often as it takes.
// It carries out what its machine decides.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "feeds/frame_parser.hpp"
#include "feeds/frame_writer.hpp"
#include "feeds/refusal_search.hpp"
#include "feeds/refusals.hpp"
#include "feeds/row_intake.hpp"
#include "feeds/secret_filter.hpp"
#include "feeds/session.hpp"
#include "feeds/session_machine.hpp"
#include "feeds/session_wire.hpp"
#include "feeds/url.hpp"

namespace contagiond::feeds {

class SessionConnection;

/// What is known of one host.
struct AddressBook {
    std::string host;
    std::vector<std::string> good;  ///< of the last lookup that gave any
    std::string best;               ///< of a connection that went well, for the next try
    std::size_t tries = 0;
};

MonotonicNs monotonic_now();
std::chrono::steady_clock::time_point at(MonotonicNs t);

/// What the connections of a session share, and whom they tell. Feed thread only. The calls come
/// while the connection's machine is being heard: none of them may ask that machine for anything,
/// but for on_ended() and on_message().
struct SessionOwner : std::enable_shared_from_this<SessionOwner> {
    SessionOwner(boost::asio::io_context& io, SessionSettings settings, const core::Clock& clock,
                 InputPublisher& publisher, FeedCounters& counters, LogFn log);
    virtual ~SessionOwner() = default;

    virtual void on_up(SessionConnection&) = 0;
    virtual void on_down(SessionConnection&) = 0;
    virtual void on_gap(SessionConnection&) = 0;
    virtual void on_roll_over(SessionConnection&) = 0;
    /// A connection or a try is over, and its machine waits for the next one or for good.
    virtual void on_ended(SessionConnection&) = 0;
    /// A message was read to its end.
    virtual void on_message(SessionConnection&) = 0;
    /// Nothing is pending any more.
    virtual void on_rest() = 0;
    virtual bool leads(const SessionConnection&) const = 0;

    void tell(LogLevel level, std::string_view text) const;
    /// Each counted handler ends with it.
    void leave() {
        if (--pending == 0) on_rest();
    }

    boost::asio::io_context& io;
    const SessionSettings settings;
    const core::Clock& clock;
    InputPublisher& publisher;
    FeedCounters& counters;
    const SecretFilter hidden;
    const LogFn log;
    const Url url;                         ///< with the venue's key where it belongs in the address
    const std::optional<Url> asked_first;  ///< where the venue says each time what `url` is
    WireFactory wires;
    const std::shared_ptr<FeedLink> link;
    RowIntake intake;
    Refusals refusals{settings.listings};
    /// A request was refused in words that tell nothing: see RefusalSearch.
    bool asks_one_by_one = false;
    std::size_t pending = 0;  ///< handlers and coroutines that will still run

    AddressBook addresses;
    AddressBook addresses_asked;  ///< of whom is asked where to connect
};

class SessionConnection final : public std::enable_shared_from_this<SessionConnection>, WireReader {
  public:
    SessionConnection(std::shared_ptr<SessionOwner> owner, SessionMachine machine);

    SessionMachine& machine() { return machine_; }
    /// Carries out what the machine answered.
    void perform(SessionMachine::Actions actions);
    /// Asks for one listing anew: ends its subscription and begins it again. Nothing where the
    /// venue wants more for that than a word.
    void subscribe_again(std::size_t listing);
    /// No tick comes any more before the machine is asked again.
    void cancel_timer();

  private:
    void arm_timer();
    void begin_try();
    boost::asio::awaitable<void> run_try();
    boost::asio::awaitable<Ending> converse();
    boost::asio::awaitable<void> pause(MonotonicNs until);
    boost::asio::awaitable<std::optional<Ending>> ask(const Url& whom);
    boost::asio::awaitable<std::string> resolve(AddressBook& book);
    boost::asio::awaitable<std::string> connect(AddressBook& book);
    boost::asio::awaitable<boost::system::error_code> connect_within(
        boost::asio::ip::tcp::endpoint endpoint, core::DurationNs limit);
    void note_certificate();
    void cut_wire();

    void send(FrameOpcode opcode, std::string payload);
    void send_pong(std::string_view payload);
    void write_next();
    boost::asio::awaitable<Ending> read_frames(std::string_view behind);
    boost::asio::mutable_buffer room() override;
    bool on_bytes(std::size_t bytes) override;
    void take_frame(const FrameEvent& event, core::TimeNs ts_receive, MonotonicNs now);
    void part(Ending why, std::uint16_t code);
    void count(DecodeError error, std::uint64_t n = 1);
    /// The frames that subscribe to what the session wants of its listings.
    std::vector<std::string> subscription_frames();
    std::vector<std::string> frames_of(std::span<const Subscription> wanted) const;
    void take_control(const Control& control, MonotonicNs now);
    bool take_refusal(std::string_view words, MonotonicNs now);
    bool take_answer(std::string_view words, MonotonicNs now);
    bool begin_search(std::string_view words, MonotonicNs now);
    void leave_out(std::size_t listing, std::string_view words);
    void tell_left_out(std::size_t listing, std::string_view words);
    void check_number(std::uint64_t number, core::TimeNs ts_receive);
    void refuse(std::string_view frame, DecodeError error, core::TimeNs ts_receive);
    void take_message(std::string_view frame, core::TimeNs ts_receive, MonotonicNs now);

    const std::shared_ptr<SessionOwner> owner_;
    std::vector<std::string> subscriptions_;
    RefusalSearch search_;
    MonotonicNs asked_again_ = -never;  ///< when a listing last was
    std::unique_ptr<Decoder> decoder_;  ///< of one connection: it may keep what belongs to it
    std::unique_ptr<FrameTap> tap_;     ///< of one connection; or null
    SessionMachine machine_;

    boost::asio::steady_timer timer_;  ///< of the machine
    MonotonicNs timer_at_ = never;     ///< when it is set to; `never`: it is not

    std::unique_ptr<Wire> wire_;
    boost::asio::steady_timer waiting_;  ///< what the try's coroutine waits on beside the socket
    bool cut_ = false;                   ///< the wire is closed by us, or about to be
    Url url_;                            ///< of this try
    std::string current_address_;
    double ts_certificate_end_ = 0;  ///< the sooner of those of this try; 0: none was shown

    struct Outgoing {
        FrameOpcode opcode;
        std::string payload;
    };
    std::deque<Outgoing> outgoing_;  ///< the first one is on its way if `writing_`
    bool writing_ = false;
    std::size_t pongs_outgoing_ = 0;
    std::string frame_;             ///< the one on its way, as bytes
    std::optional<Ending> parted_;  ///< once no frame is read any more and only a close is sent

    RowIntake::Origin origin_;
    std::optional<std::uint64_t> last_number_;  ///< of the venue's messages
    Decoded decoded_;
    std::optional<FrameParser> parser_;  ///< of one connection
    std::vector<char> buffer_;           ///< what arrived and was not taken, and room for more
    std::size_t filled_ = 0;
    bool told_data_ = false;  ///< to the machine, in this read
};

}  // namespace contagiond::feeds
