#include "feeds/symbols.hpp"

#include <algorithm>
#include <array>

#include "core/symbol.hpp"
#include "feeds/adapter.hpp"

namespace contagiond::feeds {
namespace {

/// Longer than any symbol; what follows takes more than linear time in it.
constexpr std::size_t longest_symbol = 64;

constexpr std::array<std::string_view, 12> months = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

/// The parts of a symbol, in the canonical form of each.
struct Parts {
    std::string base, quote, date, strike, right;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (is_capital(c)) c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

/// The words of a list with blanks in between.
std::vector<std::string_view> words_of(std::string_view list) {
    std::vector<std::string_view> words;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(' '), list.size());
        if (end > 0) words.push_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return words;
}

bool has_word(std::string_view list, std::string_view word) {
    return std::ranges::any_of(words_of(list), [&](std::string_view w) { return w == word; });
}

/// Base names are capitals and digits, with a small k first where a thousand coins are one (kPEPE).
bool is_base(std::string_view text) {
    if (text.size() > 1 && text.front() == 'k') text.remove_prefix(1);
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return is_capital(c) || is_digit(c); });
}

bool is_listed_share(std::string_view text) {
    return core::is_listed(text) && core::class_of(text) == core::AssetClass::equity;
}

bool is_share(std::string_view text) {
    return text.size() <= 5 && std::ranges::all_of(text, is_capital) &&
           (!core::is_listed(text) || is_listed_share(text));
}

bool is_day(std::string_view month, std::string_view day) {
    return month >= "01" && month <= "12" && day >= "01" && day <= "31";
}

/// One side of a rule against one text.
class SymbolSide {
  public:
    /// `any_quote`: whatever the rule says of quotes.
    SymbolSide(const SymbolRule& rule, std::span<const SymbolCode> codes, bool is_venue,
               bool any_quote)
        : rule_(rule), codes_(codes), is_venue_(is_venue), any_quote_(any_quote) {}

    bool read(std::string_view pattern, std::string_view text, Parts& parts) const {
        const std::size_t brace = pattern.find('{');
        const std::string_view literal = pattern.substr(0, brace);
        if (!text.starts_with(literal)) return false;
        text.remove_prefix(literal.size());
        if (brace == std::string_view::npos) return text.empty();
        const std::size_t end = pattern.find('}', brace);
        const std::string_view field = pattern.substr(brace + 1, end - brace - 1);
        const std::string_view rest = pattern.substr(end + 1);
        // The shortest base first: of "xrpgusd" XRP and GUSD rather than XRPG and USD.
        for (std::size_t size = 1; size <= text.size(); ++size) {
            if (take(field, text.substr(0, size), parts) && read(rest, text.substr(size), parts))
                return true;
        }
        return false;
    }

    std::string write(std::string_view pattern, const Parts& parts) const {
        std::string out;
        while (!pattern.empty()) {
            const std::size_t brace = std::min(pattern.find('{'), pattern.size());
            out += pattern.substr(0, brace);
            pattern.remove_prefix(brace);
            if (pattern.empty()) break;
            const std::size_t end = pattern.find('}');
            put(pattern.substr(1, end - 1), parts, out);
            pattern.remove_prefix(end + 1);
        }
        return out;
    }

  private:
    std::string canonical_code(std::string_view code) const {
        if (is_venue_)
            for (const SymbolCode& known : codes_)
                if (known.venue == code) return std::string(known.canonical);
        return std::string(code);
    }

    std::string own_code(std::string_view code) const {
        if (is_venue_)
            for (const SymbolCode& known : codes_)
                if (known.canonical == code) return std::string(known.venue);
        return std::string(code);
    }

    bool take(std::string_view field, std::string_view text, Parts& parts) const {
        const bool is_small = !field.empty() && field.front() >= 'a';
        if (is_small && lower(text) != text) return false;
        const std::string capitals = is_small ? upper(text) : std::string(text);
        if (field == "QUOTE" || field == "quote") {
            parts.quote = canonical_code(capitals);
            return any_quote_ ? is_base(capitals) : has_word(rule_.quotes, parts.quote);
        }
        if (field == "STRIKE") {
            parts.strike = text;
            return all_digits(text);
        }
        if (field == "RIGHT") {
            parts.right = text;
            return text == "C" || text == "P";
        }
        if (field == "YYYYMMDD" || field == "YYMMDD" || field == "DMMMYY")
            return take_date(field, text, parts.date);
        parts.base = canonical_code(capitals);
        return is_base(capitals) && fits(upper(field), capitals) &&
               (rule_.bases.empty() || has_word(rule_.bases, parts.base));
    }

    bool fits(std::string_view field, std::string_view base) const {
        if (field == "BAS") return base.size() == 3;
        if (field == "COIN") return !core::is_listed(base);
        if (field == "LISTED") return is_listed_share(base);
        if (field == "SHARE") return is_share(base);
        // A perpetual on ES may be one on a coin of that name: futures take a rule of their own.
        const bool is_perpetual = rule_.canonical.ends_with("-PERP");
        return !is_perpetual || !core::is_listed(base) || is_listed_share(base);
    }

    static bool take_date(std::string_view field, std::string_view text, std::string& date) {
        if (field == "DMMMYY") {  // "6JAN22"
            if (text.size() < 6 || text.size() > 7 || text.front() == '0') return false;
            const std::size_t days = text.size() - 5;
            const auto month = std::ranges::find(months, text.substr(days, 3));
            if (month == months.end()) return false;
            const auto number = static_cast<std::size_t>(month - months.begin()) + 1;
            const std::string two = (number < 10 ? "0" : "") + std::to_string(number);
            const std::string day = (days == 1 ? "0" : "") + std::string(text.substr(0, days));
            date = "20" + std::string(text.substr(days + 3)) + two + day;
        } else {
            date = (field == "YYMMDD" ? "20" : "") + std::string(text);
        }
        return date.size() == 8 && all_digits(date) && date.starts_with("20") &&
               is_day(date.substr(4, 2), date.substr(6, 2));
    }

    void put(std::string_view field, const Parts& parts, std::string& out) const {
        if (field == "QUOTE") {
            out += own_code(parts.quote);
        } else if (field == "quote") {
            out += lower(own_code(parts.quote));
        } else if (field == "STRIKE") {
            out += parts.strike;
        } else if (field == "RIGHT") {
            out += parts.right;
        } else if (field == "YYYYMMDD") {
            out += parts.date;
        } else if (field == "YYMMDD") {
            out += parts.date.substr(2);
        } else if (field == "DMMMYY") {
            const int month = (parts.date[4] - '0') * 10 + (parts.date[5] - '0');
            out += parts.date.substr(parts.date[6] == '0' ? 7 : 6);
            out += months[static_cast<std::size_t>(month - 1)];
            out += parts.date.substr(2, 2);
        } else if (field.front() >= 'a') {
            out += lower(own_code(parts.base));
        } else {
            out += own_code(parts.base);
        }
    }

    const SymbolRule& rule_;
    std::span<const SymbolCode> codes_;
    bool is_venue_;
    bool any_quote_;
};

/// From one side of a rule to the other; absent where the rule does not fit.
std::optional<std::string> turned(const Venue& venue, const SymbolRule& rule, bool to_venue,
                                  std::string_view text) {
    const SymbolSide canonical(rule, venue.symbols.codes, false, false);
    const SymbolSide own(rule, venue.symbols.codes, true, false);
    const std::string_view from = to_venue ? rule.canonical : rule.venue;
    const std::string_view to = to_venue ? rule.venue : rule.canonical;
    Parts parts;
    if (!(to_venue ? canonical : own).read(from, text, parts)) return {};
    if (!parts.base.empty() && parts.base == parts.quote) return {};
    // The side that is written has rules too: {BAS} on it wants three characters.
    const std::string written = (to_venue ? own : canonical).write(to, parts);
    Parts again;
    if (!(to_venue ? own : canonical).read(to, written, again)) return {};
    return written;
}

std::string_view host_of(std::string_view url) {
    const std::size_t begin = url.find("://");
    if (begin == std::string_view::npos) return url;
    url.remove_prefix(begin + 3);
    return url.substr(0, url.find_first_of("/?"));
}

using Rules = std::vector<const SymbolRule*>;

Rules rules_at(const Venue& venue, std::string_view url) {
    Rules rules;
    for (const SymbolRule& rule : venue.symbols.rules)
        if (url.find(rule.url_has) != std::string_view::npos) rules.push_back(&rule);
    return rules;
}

/// The rules that hold at the address; of each kind of address, the default's first, where it is
/// none of the venue's own.
std::vector<Rules> choices_at(const Venue& venue, std::string_view url) {
    if (!url.empty() && host_of(url) == host_of(venue.default_url)) return {rules_at(venue, url)};
    std::vector<Rules> choices = {rules_at(venue, venue.default_url)};
    std::vector<std::string_view> seen;
    for (const SymbolRule& rule : venue.symbols.rules) {
        const std::string_view part = rule.url_has;
        if (venue.default_url.find(part) != std::string_view::npos) continue;
        if (std::ranges::find(seen, part) != seen.end()) continue;
        seen.push_back(part);
        choices.push_back(rules_at(venue, part));
    }
    return choices;
}

/// By the first rule that fits, whether or not it reads back.
std::optional<std::string> first_spelling(const Venue& venue, const Rules& rules,
                                          std::string_view canonical) {
    for (const SymbolRule* const rule : rules)
        if (auto spelled = turned(venue, *rule, true, canonical)) return spelled;
    return {};
}

/// By the first rule whose reading is spelled like that again.
std::optional<std::string> first_reading(const Venue& venue, const Rules& rules,
                                         std::string_view symbol) {
    for (const SymbolRule* const rule : rules) {
        auto name = turned(venue, *rule, false, symbol);
        if (name && first_spelling(venue, rules, *name) == symbol) return name;
    }
    return {};
}

/// By the first rule that fits, if it reads back.
std::optional<std::string> spelling(const Venue& venue, const Rules& rules,
                                    std::string_view canonical) {
    auto spelled = first_spelling(venue, rules, canonical);
    if (!spelled || first_reading(venue, rules, *spelled) != canonical) return {};
    return spelled;
}

/// What a rule names with these bases and its own quotes.
std::vector<std::string> names_of(const SymbolRule& rule, std::span<const std::string_view> bases) {
    const SymbolSide side(rule, {}, false, false);
    std::vector<std::string_view> quotes = words_of(rule.quotes);
    if (quotes.empty()) quotes = {""};
    std::vector<std::string> names;
    for (const std::string_view base : bases) {
        for (const std::string_view quote : quotes) {
            Parts parts;
            parts.base = base;
            parts.quote = quote;
            names.push_back(side.write(rule.canonical, parts));
        }
    }
    return names;
}

/// Futures and options: whoever wants one names its day.
bool is_dated(const SymbolRule& rule) {
    return rule.canonical.find("{YYYYMMDD}") != std::string_view::npos;
}

/// Coins have a currency, what is listed has none, and its proxies have one again.
bool is_usual(std::string_view canonical) {
    const bool is_bare = quote_of(canonical).empty();
    const bool is_coin = canonical.starts_with("BTC") || canonical.starts_with("ETH");
    return is_coin ? !is_bare && !core::is_proxy(canonical) : is_bare == !core::is_proxy(canonical);
}

}  // namespace

std::optional<std::string> venue_symbol(const Venue& venue, std::string_view canonical,
                                        std::string_view url) {
    if (canonical.empty() || canonical.size() > longest_symbol) return {};
    for (const Rules& rules : choices_at(venue, url))
        if (auto spelled = spelling(venue, rules, canonical)) return spelled;
    return {};
}

std::optional<std::string> canonical_symbol(const Venue& venue, std::string_view symbol,
                                            std::string_view url) {
    if (symbol.empty() || symbol.size() > longest_symbol) return {};
    for (const Rules& rules : choices_at(venue, url))
        if (auto name = first_reading(venue, rules, symbol)) return name;
    return {};
}

std::vector<SymbolEntry> symbol_entries(const Venue& venue, std::string_view url) {
    std::vector<std::string_view> known = {"BTC", "ETH"};
    for (const core::ListedName& name : core::listed_names()) known.push_back(name.symbol);
    std::vector<SymbolEntry> entries;
    for (const Rules& rules : choices_at(venue, url)) {
        for (const SymbolRule* const rule : rules) {
            if (is_dated(*rule)) continue;
            const std::vector<std::string_view> own = words_of(rule->bases);
            for (std::string& name : names_of(*rule, own.empty() ? known : own)) {
                const bool is_wanted = name == rule->canonical || is_usual(name);
                auto spelled = is_wanted ? spelling(venue, rules, name) : std::nullopt;
                const bool is_new = std::ranges::none_of(entries, [&](const SymbolEntry& entry) {
                    return entry.canonical == name && entry.venue == spelled;
                });
                if (spelled && is_new)
                    entries.push_back({std::move(name), std::move(*spelled), rule->url_has});
            }
        }
    }
    return entries;
}

std::vector<std::string> other_quotes(const Venue& venue, std::string_view canonical,
                                      std::string_view url) {
    std::vector<std::string> found;
    if (canonical.size() > longest_symbol) return found;
    for (const Rules& rules : choices_at(venue, url)) {
        for (const SymbolRule* const rule : rules) {
            Parts parts;
            const SymbolSide side(*rule, {}, false, true);
            if (rule->quotes.empty() || !side.read(rule->canonical, canonical, parts)) continue;
            for (const std::string_view quote : words_of(rule->quotes)) {
                parts.quote = quote;
                std::string name = side.write(rule->canonical, parts);
                const bool is_new = std::ranges::find(found, name) == found.end();
                if (is_new && spelling(venue, rules, name)) found.push_back(std::move(name));
            }
        }
    }
    return found;
}

std::vector<std::string> proxies_of(const Venue& venue, std::string_view underlying,
                                    std::string_view url) {
    std::vector<std::string> found;
    if (underlying.size() > longest_symbol) return found;
    for (const Rules& rules : choices_at(venue, url)) {
        for (const SymbolRule* const rule : rules) {
            if (is_dated(*rule)) continue;
            for (std::string& name : names_of(*rule, std::array{underlying})) {
                const bool is_new = std::ranges::find(found, name) == found.end();
                if (is_new && core::underlying_of(name) == underlying &&
                    spelling(venue, rules, name))
                    found.push_back(std::move(name));
            }
        }
    }
    std::stable_partition(found.begin(), found.end(), [&](const std::string& name) {
        return name.substr(0, name.find('-')) == underlying;
    });
    return found;
}

std::string_view quote_of(std::string_view canonical) {
    const std::size_t dash = canonical.find('-');
    if (dash == std::string_view::npos || canonical.ends_with(core::proxy_ending)) return {};
    canonical.remove_prefix(dash + 1);
    return canonical.substr(0, canonical.find('-'));
}

}  // namespace contagiond::feeds
