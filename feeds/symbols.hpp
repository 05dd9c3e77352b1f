// How a venue spells what a desk calls by another name (core/symbol.hpp): data in the venue's own
// file, read in both directions here. A table says how a venue spells, not what it lists: that only
// the venue knows, and it refuses what it does not have.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace contagiond::feeds {

struct Venue;

/// One way of spelling. Both sides are text; what stands in braces is a part that both have:
///
///   {BASE} {QUOTE}    the asset and the currency; {base} {quote} where the venue writes small
///                     letters. {BAS} is a base of exactly three characters, {COIN} no listed
///                     name, {LISTED} a listed share or fund (core/symbol.hpp), {SHARE} any
///                     ticker of up to five letters. {BASE} of a perpetual is a coin or a listed
///                     share
///   {YYYYMMDD}        a day, also {YYMMDD} (220527) and {DMMMYY} (27MAY22)
///   {STRIKE} {RIGHT}  of an option; right is C or P
///
/// A rule without parts maps one symbol. Of several rules that fit the first counts.
struct SymbolRule {
    std::string_view canonical;
    std::string_view venue;
    std::string_view quotes = {};   ///< what a quote may be, the busiest first, blanks in between
    std::string_view url_has = {};  ///< only at the venue's addresses with this part; empty: at all
    std::string_view bases = {};    ///< what a base may be, as quotes; empty: anything
};

/// Shares whose token has been seen at venues that write its name in capitals, NVDAX. Coins may end
/// in X too (MUX is one), so that there it takes a list.
inline constexpr std::string_view xstocks = "AAPL NVDA TSLA GOOGL META AMZN COIN HOOD CRCL";

/// An asset that the venue knows by another code, as base or quote.
struct SymbolCode {
    std::string_view canonical;
    std::string_view venue;
};

struct SymbolTable {
    std::span<const SymbolRule> rules = {};
    std::span<const SymbolCode> codes = {};
};

/// The venue's spelling of a canonical symbol at its address `url`; an empty address, or one on
/// another host, is any of the venue's, its default first. Absent where the table has none. Pure.
std::optional<std::string> venue_symbol(const Venue& venue, std::string_view canonical,
                                        std::string_view url = {});

/// The canonical name of what the venue writes; absent where the table knows none. At one address
/// of the venue's own canonical_symbol(v) == c exactly where venue_symbol(c) == v, whatever the
/// table.
std::optional<std::string> canonical_symbol(const Venue& venue, std::string_view symbol,
                                            std::string_view url = {});

/// A line of the table written out.
struct SymbolEntry {
    std::string canonical;
    std::string venue;
    std::string_view url_has;  ///< SymbolRule::url_has
};

/// The table with the best known names filled in: bases of the rule, else listed names, BTC and
/// ETH. Futures and options are left out. In the order of the rules.
std::vector<SymbolEntry> symbol_entries(const Venue& venue, std::string_view url = {});

/// The symbols that differ from `canonical` in the quote at most, as far as the venue's table has
/// them, the busiest first: BTC-USDT, BTC-USDC .. for BTC-USD at a venue that has no dollars.
std::vector<std::string> other_quotes(const Venue& venue, std::string_view canonical,
                                      std::string_view url = {});

/// The proxies of a listed name in the venue's table, perpetuals on the name itself first.
std::vector<std::string> proxies_of(const Venue& venue, std::string_view underlying,
                                    std::string_view url = {});

/// "USDT" of BTC-USDT and BTC-USDT-PERP; empty where the symbol has none.
std::string_view quote_of(std::string_view canonical);

}  // namespace contagiond::feeds
