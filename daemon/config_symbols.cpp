// From what a feed's list calls an instrument to the instrument and the venue's own symbol.
#include <fmt/format.h>

#include <algorithm>

#include "core/symbol.hpp"
#include "daemon/config_parts.hpp"
#include "daemon/did_you_mean.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::daemon {
namespace {

/// A listing at one venue's address, while it is being found.
struct Search {
    const Config& config;
    const feeds::SessionSettings& feed;

    const core::Universe& universe() const { return config.engine.universe; }
    const feeds::Venue& venue() const { return *feed.venue; }

    std::optional<core::InstrumentId> declared(std::string_view symbol) const {
        const auto& all = universe().instruments;
        const auto found = std::ranges::find(all, symbol, &core::Instrument::symbol);
        if (found == all.end()) return {};
        return static_cast<core::InstrumentId>(found - all.begin());
    }
    bool has(std::string_view canonical) const {
        return feeds::venue_symbol(venue(), canonical, feed.url).has_value();
    }
    /// Whether the configuration calls them one.
    bool are_one(std::string_view quote, std::string_view other) const {
        const auto& quotes = config.quotes_as_one;
        return quote == other || (std::ranges::find(quotes, quote) != quotes.end() &&
                                  std::ranges::find(quotes, other) != quotes.end());
    }
    /// The venue's symbols that are one with `canonical` but for the quote.
    std::vector<std::string> in_other_quotes(std::string_view canonical) const {
        std::vector<std::string> found = feeds::other_quotes(venue(), canonical, feed.url);
        std::erase_if(found, [&](const std::string& other) {
            return other == canonical ||
                   !are_one(feeds::quote_of(other), feeds::quote_of(canonical));
        });
        return found;
    }
    /// Proxies of a listed name in dollars, or in what is one with them.
    std::vector<std::string> proxies(std::string_view underlying) const {
        std::vector<std::string> found = feeds::proxies_of(venue(), underlying, feed.url);
        std::erase_if(found, [&](const std::string& proxy) {
            return !are_one(feeds::quote_of(proxy), "USD");
        });
        return found;
    }

    /// The canonical symbol that `text` means at the venue; empty where it means none.
    std::string meant(std::string_view text) const {
        if (has(text)) return std::string(text);
        if (auto own = feeds::canonical_symbol(venue(), text, feed.url)) return *own;
        const bool is_one = text.ends_with(core::proxy_ending);
        const std::vector<std::string> found = is_one ? proxies(core::underlying_of(text))
                                               : feeds::quote_of(text).empty()
                                                   ? proxies(text)
                                                   : in_other_quotes(text);
        return found.empty() ? std::string() : found.front();
    }

    /// The declared instrument that `canonical`, written as `text`, is a source of.
    std::optional<core::InstrumentId> instrument(std::string_view text,
                                                 const std::string& canonical) const {
        const std::string underlying(core::underlying_of(canonical));
        // A share's name for its proxy finds the proxy's instrument and never the share's.
        const bool is_own = underlying.empty() || core::underlying_of(text) == underlying;
        if (is_own) {
            if (const auto id = declared(text)) return id;
        }
        if (const auto id = declared(canonical)) return id;
        for (const core::Instrument& other : universe().instruments) {
            if (same_but_quote(other.symbol, canonical)) return declared(other.symbol);
        }
        if (underlying.empty() || !are_one(feeds::quote_of(canonical), "USD")) return {};
        return declared(underlying + std::string(core::proxy_ending));
    }

    bool same_but_quote(std::string_view one, std::string_view other) const {
        const std::string_view quote = feeds::quote_of(one), other_quote = feeds::quote_of(other);
        if (quote.empty() || other_quote.empty() || !are_one(quote, other_quote)) return false;
        const std::size_t dash = one.find('-'), other_dash = other.find('-');
        return one.substr(0, dash) == other.substr(0, other_dash) &&
               one.substr(dash + 1 + quote.size()) ==
                   other.substr(other_dash + 1 + other_quote.size());
    }
};

[[noreturn]] void fail_undeclared(const Search& search, std::string_view text,
                                  const std::string& canonical, const ConfigValue& where) {
    const std::string_view underlying = core::underlying_of(canonical);
    if (!underlying.empty() && core::underlying_of(text).empty()) {
        where.fail(fmt::format(
            "{} has only what stands for it around the clock ({}), which is an instrument of its "
            "own: declare {}{} under instruments",
            search.venue().id, canonical, underlying, core::proxy_ending));
    }
    std::vector<std::string_view> names;
    for (const core::Instrument& instrument : search.universe().instruments)
        names.push_back(instrument.symbol);
    const std::string what = canonical == text ? "" : fmt::format("is {}, which ", canonical);
    where.fail(
        fmt::format("{}is not declared under instruments{}", what, did_you_mean(canonical, names)));
}

[[noreturn]] void fail_unknown(const Search& search, std::string_view text,
                               const ConfigValue& where) {
    const feeds::Venue& venue = search.venue();
    std::vector<std::string> others = feeds::other_quotes(venue, text, search.feed.url);
    if (others.empty() && text.ends_with(core::proxy_ending)) {
        others = feeds::proxies_of(venue, core::underlying_of(text), search.feed.url);
    }
    if (!others.empty()) {
        where.fail(fmt::format(
            "{} has it in another currency, did you mean {}? universe.quotes_as_one makes one of "
            "several",
            venue.id, others.front()));
    }
    for (const feeds::SymbolRule& rule : venue.symbols.rules) {
        const std::string address =
            std::string(venue.default_url.substr(0, venue.default_url.find('/', 8))) +
            std::string(rule.url_has);
        if (!rule.url_has.empty() && feeds::venue_symbol(venue, text, address)) {
            where.fail(fmt::format("{} has it at addresses with {} in them: set url", venue.id,
                                   rule.url_has));
        }
    }
    const std::vector<feeds::SymbolEntry> entries = feeds::symbol_entries(venue, search.feed.url);
    std::vector<std::string_view> names;
    for (const feeds::SymbolEntry& entry : entries) {
        names.push_back(entry.canonical);
        names.push_back(entry.venue);
    }
    where.fail(fmt::format("{} has no symbol of this name{}", venue.id, did_you_mean(text, names)));
}

}  // namespace

void find_listing(const std::string& text, const Config& config, const feeds::SessionSettings& feed,
                  const ConfigValue& where, feeds::Listing& listing) {
    const Search search{config, feed};
    const std::string canonical = search.meant(text);
    if (canonical.empty()) fail_unknown(search, text, where);
    const auto instrument = search.instrument(text, canonical);
    if (!instrument) fail_undeclared(search, text, canonical, where);
    listing.instrument = *instrument;
    listing.symbol = *feeds::venue_symbol(*feed.venue, canonical, feed.url);
}

void check_listing(const feeds::Listing& listing, const Config& config,
                   const feeds::SessionSettings& feed, const ConfigValue& where,
                   std::vector<std::string>& warnings) {
    const std::string& ours = config.engine.universe.instruments[listing.instrument].symbol;
    const auto canonical = feeds::canonical_symbol(*feed.venue, listing.symbol, feed.url);
    if (!canonical) {
        const auto spelled = feeds::venue_symbol(*feed.venue, listing.symbol, feed.url);
        if (spelled) {
            warnings.push_back(fmt::format("{}: {} writes {}, did you mean {}?", where.place(),
                                           feed.venue->id, listing.symbol, *spelled));
        }
        return;
    }
    const std::string_view underlying = core::underlying_of(*canonical);
    const std::string_view own = core::underlying_of(ours);
    if (own == underlying) return;
    // Two prices that part at night would be averaged under one name.
    if (own.empty()) {
        where.fail(fmt::format(
            "the venue's symbol is {}, which stands for {} around the clock and is not the "
            "same: call the instrument {}{}",
            *canonical, underlying, underlying, core::proxy_ending));
    }
    where.fail(fmt::format("the venue's symbol is {}, which is no proxy of {}", *canonical, own));
}

}  // namespace contagiond::daemon
