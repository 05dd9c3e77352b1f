#include "feeds/gate_decoder.hpp"

#include "feeds/request_frames.hpp"

namespace contagiond::feeds {
namespace {

JsonText* field_of(GateElement& e, std::string_view key) {
    if (key == "t") return &e.quote_time;
    if (key == "b") return &e.market.bid;
    if (key == "B") return &e.market.bid_size;
    if (key == "a") return &e.market.ask;
    if (key == "A") return &e.market.ask_size;
    if (key == "id") return &e.market.trade_id;
    if (key == "create_time") return &e.seconds;
    if (key == "create_time_ms") return &e.milliseconds;
    if (key == "side") return &e.side;
    if (key == "s" || key == "currency_pair" || key == "contract") return &e.market.symbol;
    if (key == "amount" || key == "size") return &e.market.size;
    if (key == "price") return &e.market.price;
    return key == "is_internal" ? &e.internal : nullptr;
}

/// The books are by far the most and the largest, and none of ours.
bool is_book(std::string_view channel) {
    return channel.ends_with(".order_book_update") || channel.ends_with(".order_book") ||
           channel.ends_with(".obu");
}

}  // namespace

struct GateDecoder::Message {
    JsonText channel, event, error, code, text, notice;
};

void GateDecoder::decode(std::string_view frame, core::TimeNs, Decoded& out) {
    errors_.clear();
    reader_.read(frame, out, [this](Decoded& to) { return read(to); });
}

Walk GateDecoder::read(Decoded& out) {
    Message m;
    batch_.clear();
    const Walk answer = reader_.walk([&](std::string_view key, const JsonText& field) {
        if (key == "result") {
            return batch_.add(reader_, field,
                              [&m](GateElement& e, std::string_view k, const JsonText& f) {
                                  if (k == "type") m.notice = f;
                                  if (JsonText* const wanted = field_of(e, k)) *wanted = f;
                                  return Walk::on;
                              });
        }
        if (key == "error") m.error = field;
        if (key == "error") return read_error(reader_, field, m.text, m.code);
        if (key == "channel") m.channel = field;
        if (key == "event") m.event = field;
        return m.event.is_string("update") && is_book(m.channel.text) ? Walk::stop : Walk::on;
    });
    if (answer == Walk::stop) ++out.ignored;
    if (answer == Walk::on) emit(m, out);
    return answer;
}

void GateDecoder::emit(const Message& m, Decoded& out) {
    const bool update = m.event.is_string("update");
    const bool trades = m.channel.text == channels_.trades;
    if (!m.error.missing()) {
        // 1 and 2: the request is wrong; 4: so is the key. 3 is the venue's own trouble.
        errors_.add(is_one_of(m.code, {"1", "2", "4"}), m.text, m.code, out);
    } else if (m.channel.text == channels_.pong) {
        out.controls.push_back({ControlKind::heartbeat, {}});
    } else if (m.event.is_string("subscribe")) {
        out.controls.push_back({ControlKind::subscribed, {}});
    } else if (update && (trades || m.channel.text == channels_.book_ticker)) {
        emit_rows(trades, out);
    } else if (update && m.channel.text == channels_.system && m.notice.is_string("upgrade")) {
        out.controls.push_back({ControlKind::shutdown_notice, m.notice.text});
    } else {
        ++out.ignored;
    }
}

void GateDecoder::emit_rows(bool trades, Decoded& out) {
    batch_.emit(out, [&](GateElement& e) {
        Row row;
        row.channel = trades ? channels_.trades : channels_.book_ticker;
        if (!trades)
            return keep_at(core::ns_per_ms, e.quote_time, row, take_quote(e.market, row), out);
        take_side_(e, row);
        DecodeError error = take_trade(e.market, row);
        if (error == DecodeError::none)
            error = take_epoch_in(core::ns_per_ms, e.milliseconds, row.ts_exchange);
        // Frames of 2021 tell the second alone.
        if (row.ts_exchange != core::no_time) e.seconds = {};
        keep_at(core::ns_per_s, e.seconds, row, error, out);
    });
}

std::vector<std::string> gate_subscribe(const GateChannels& channels,
                                        std::span<const Subscription> wanted, core::TimeNs now) {
    const std::string time = R"({"time":)" + std::to_string(now / core::ns_per_s);
    const auto ask = [&](bool Subscription::*stream, std::string_view channel) {
        return list_frames(symbols_of(wanted, stream), 100,
                           time + R"(,"channel":")" + std::string(channel) +
                               R"(","event":"subscribe","payload":[)",
                           "]}");
    };
    return joined(ask(&Subscription::trades, channels.trades),
                  ask(&Subscription::quotes, channels.book_ticker));
}

std::string gate_ping(const GateChannels& channels, core::TimeNs now) {
    return R"({"time":)" + std::to_string(now / core::ns_per_s) + R"(,"channel":")" +
           std::string(channels.ping) + R"("})";
}

/// Of both. The venue pings too; its own words are what it promises to answer us.
ConnectionRules gate_rules() {
    ConnectionRules rules;
    rules.second_connection = true;
    rules.ping_interval = 0;
    rules.text_ping_interval = 5 * core::ns_per_s;
    // No limit is published; no need to find it.
    rules.send_spacing = 50 * core::ns_per_ms;
    // A request for several symbols fails with one of them.
    rules.answers_in_turn = true;
    return rules;
}

}  // namespace contagiond::feeds
