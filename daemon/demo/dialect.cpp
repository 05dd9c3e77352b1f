#include "daemon/demo/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace contagiond::demo {

void Tape::note(const Print& print) {
    Listing& listing = listings_[print.venue_symbol];
    if (print.kind != Print::Kind::trade) return;
    if (listing.last_trade.trade_id == 0) listing.open = listing.high = listing.low = print.price;
    listing.high = std::max(listing.high, print.price);
    listing.low = std::min(listing.low, print.price);
    listing.volume += print.size;
    listing.last_trade = print;
}

const Tape::Listing* Tape::find(std::string_view venue_symbol) const {
    const auto found = listings_.find(venue_symbol);
    return found == listings_.end() ? nullptr : &found->second;
}

void Conversation::opened(Frames&) {}
void Conversation::flush(Frames&) {}

std::unique_ptr<Conversation> open_conversation(Exchange exchange, std::string_view target,
                                                const Tape& tape) {
    switch (exchange) {
        case Exchange::binance_spot:
            return open_binance_spot(target);
        case Exchange::coinbase_exchange:
            return open_coinbase_exchange(target, tape);
        case Exchange::alpaca:
            return open_alpaca(target);
    }
    return nullptr;
}

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
