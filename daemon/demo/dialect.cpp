#include "daemon/demo/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace contagiond::demo {

void Tape::note(const Print& print) {
    Listing& listing = listings_[print.venue_symbol];
    if (!is_trade(print)) {
        listing.last_quote = print;
        return;
    }
    if (listing.last_trade.trade_id == 0) listing.open = listing.high = listing.low = print.price;
    listing.high = std::max(listing.high, print.price);
    listing.low = std::min(listing.low, print.price);
    listing.volume += print.size;
    listing.last_trade = print;
    listing.recent.push_back(print);
    if (listing.recent.size() > recent_max) listing.recent.pop_front();
}

const Tape::Listing* Tape::find(std::string_view venue_symbol) const {
    const auto found = listings_.find(venue_symbol);
    return found == listings_.end() ? nullptr : &found->second;
}

bool House::lists(std::string_view venue_symbol) const {
    return tape.find(venue_symbol) != nullptr || also_listed.contains(venue_symbol);
}

bool House::lets_in(std::string_view its_key) const {
    return !its_key.empty() && (key.empty() || key == its_key);
}

bool House::lets_in(std::string_view its_key, std::string_view its_secret) const {
    return lets_in(its_key) && !its_secret.empty() && (secret.empty() || secret == its_secret);
}

void Conversation::opened(Frames&) {}
void Conversation::flush(Frames&) {}
void Conversation::beat(Frames&) {}
void Conversation::leaving(Frames&) {}

bool Conversation::change(bool add, std::string_view stream) {
    if (add) return streams_.emplace(stream).second;
    const auto held = streams_.find(stream);
    if (held == streams_.end()) return false;
    streams_.erase(held);
    return true;
}

void Batch::add(std::string_view element, Frames& out) {
    constexpr std::size_t bytes_max = std::size_t{64} * 1024;
    text_ += text_.empty() ? '[' : ',';
    text_ += element;
    if (text_.size() > bytes_max) close(out);
}

void Batch::close(Frames& out) {
    if (text_.empty()) return;
    text_ += ']';
    out.push_back(std::move(text_));
    text_.clear();
}

Numbers::Numbers(const Print& p)
    : price(shortest_decimal(p.price, p.price_digits)),
      size(shortest_decimal(p.size, p.size_digits)),
      bid(shortest_decimal(p.bid, p.price_digits)),
      bid_size(shortest_decimal(p.bid_size, p.size_digits)),
      ask(shortest_decimal(p.ask, p.price_digits)),
      ask_size(shortest_decimal(p.ask_size, p.size_digits)) {}

std::string rfc3339(core::TimeNs ts, int digits) {
    using namespace std::chrono;
    const sys_time<nanoseconds> t{nanoseconds{ts}};
    const auto day = floor<days>(t);
    const year_month_day date{day};
    const hh_mm_ss time{t - day};
    std::string out =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    time.hours().count(), time.minutes().count(), time.seconds().count());
    if (digits > 0) {
        const std::string fraction = fmt::format("{:09}", time.subseconds().count());
        out += '.';
        out += fraction.substr(0, static_cast<std::size_t>(digits));
    }
    out += 'Z';
    return out;
}

std::string shortest_decimal(double value, int digits) {
    std::string text = fmt::format("{:.{}f}", value, digits);
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

}  // namespace contagiond::demo
