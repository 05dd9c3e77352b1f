// The part of the configuration that says what is watched and where it comes from.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/symbol.hpp"
#include "daemon/config_parts.hpp"
#include "daemon/did_you_mean.hpp"
#include "daemon/secret_file.hpp"
#include "feeds/adapter.hpp"
#include "feeds/session.hpp"

namespace contagiond::daemon {
namespace {

constexpr std::size_t most_instruments = 4096;
constexpr std::size_t most_groups = 256;
constexpr std::size_t most_feeds = 64;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool consists_of(std::string_view text, std::string_view others) {
    return std::all_of(text.begin(), text.end(), [others](char c) {
        return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
    });
}

core::Market usual_market(core::AssetClass asset_class) {
    switch (asset_class) {
        case core::AssetClass::equity:
            return core::Market::us_equities;
        case core::AssetClass::crypto:
            return core::Market::always;
        case core::AssetClass::future:
        case core::AssetClass::rate:
        case core::AssetClass::currency:
        case core::AssetClass::commodity:
            return core::Market::cme_globex;
    }
    return core::Market::always;
}

/// Where a session reconnects from differs between machines and feeds, and not between runs.
std::uint64_t jitter_seed(std::string_view instance, std::string_view feed) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const std::string_view part : {instance, std::string_view("\n"), feed}) {
        for (const char c : part) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
        }
    }
    return hash;
}

/// How much of the instrument there is, and of which day that number is. 0 says on purpose that
/// it counts for nothing. Whether it was said at all.
bool read_units(ConfigMap& keys, core::Instrument& instrument) {
    // Less is a number whose thousands or millions were forgotten.
    constexpr double least = 1000, most = 1e18;
    const std::string_view own = units_key(instrument.asset_class);
    for (const core::AssetClass other : {core::AssetClass::equity, core::AssetClass::crypto}) {
        const auto wrong = units_key(other) == own ? std::nullopt : keys.find(units_key(other));
        if (!wrong) continue;
        const std::string_view name = class_names[static_cast<std::size_t>(instrument.asset_class)];
        wrong->fail(own.empty()
                        ? fmt::format("is for the classes equity and crypto; {} takes none", name)
                        : fmt::format("the class {} takes {} instead", name, own));
    }
    const auto units = own.empty() ? std::nullopt : keys.find(own);
    const auto as_of = keys.find("as_of");
    if (!units) {
        if (!as_of) return false;
        as_of->fail(own.empty() ? fmt::format("is the day of {} or {}, and this class has neither",
                                              units_key(core::AssetClass::equity),
                                              units_key(core::AssetClass::crypto))
                                : fmt::format("is the day of {}, which is missing", own));
    }
    const double count = units->number(0, most);
    if (count == 0) {
        if (as_of) as_of->fail(fmt::format("says nothing beside a {} of 0", own));
        return true;
    }
    instrument.units_outstanding = units->number(least, most);
    if (!as_of) units->fail("needs as_of beside it, the day it is of, such as 2025-01-24");
    instrument.units_as_of = as_of->date();
    return true;
}

const feeds::Venue* read_venue(const ConfigValue& value) {
    const std::string id = value.text();
    if (const feeds::Venue* venue = feeds::find_venue(id)) return venue;
    std::vector<std::string_view> ids;
    std::string list;
    for (const feeds::Venue& venue : feeds::venues()) {
        ids.push_back(venue.id);
        list += fmt::format("{}{}", list.empty() ? "" : ", ", venue.id);
    }
    value.fail(
        fmt::format("there is no such venue, wanted one of {}{}", list, did_you_mean(id, ids)));
}

std::string read_feed_url(const ConfigValue& value, const ConfigContext& context) {
    std::string url = value.text();
    if (url.empty() || (context.is_replayable && url == secret_mark)) return url;
    // A URL can carry a password, so it is judged here and never repeated.
    if (url.find('@') != std::string::npos) {
        value.fail("must not hold a user name or password; secrets belong in key_file");
    }
    const std::string problem = feeds::check_url(url);
    if (!problem.empty()) value.fail(problem);
    return url;
}

/// What `value` wants of an instrument; `symbol` is as it stands there.
feeds::Listing read_listing(const ConfigValue& value, const feeds::Venue& venue) {
    feeds::Listing listing;
    if (!value.is_map()) {
        listing.symbol = value.text();
    } else {
        value.map([&](ConfigMap& keys) {
            listing.symbol = keys.need("symbol").text();
            if (const auto trades = keys.find("trades")) listing.trades = trades->flag();
            if (const auto quotes = keys.find("quotes")) listing.quotes = quotes->flag();
        });
        if (!listing.trades && !listing.quotes) {
            value.fail("neither trades nor quotes are wanted; leave the instrument out instead");
        }
    }
    if (listing.symbol.empty() || listing.symbol.size() > 64 ||
        listing.symbol.find(' ') != std::string::npos) {
        value.fail("the venue's symbol must have 1 to 64 bytes and no spaces");
    }
    if (!venue.has_quotes) {
        if (!listing.trades) value.fail("wants quotes alone, and the venue has none");
        listing.quotes = false;
    }
    return listing;
}

/// The feed's instruments: by our symbol under `instruments`, as a list of names under `symbols`.
void read_listings(ConfigMap& keys, const ConfigContext& context, Config& config,
                   feeds::SessionSettings& settings, core::Feed& feed) {
    const auto add = [&](feeds::Listing listing, const ConfigValue& where) {
        for (const feeds::Listing& other : settings.listings) {
            if (other.symbol == listing.symbol) {
                where.fail("the venue's symbol already stands for another instrument of this feed");
            }
            if (other.instrument == listing.instrument) {
                where.fail(fmt::format(
                    "this feed brings that instrument as {} already; a second feed can bring both",
                    other.symbol));
            }
        }
        const core::Instrument& known = config.engine.universe.instruments[listing.instrument];
        listing.market = known.market;
        listing.stale_after = known.staleness_bound;
        feed.instruments.push_back(listing.instrument);
        settings.listings.push_back(std::move(listing));
    };
    const auto names = keys.find("symbols");
    const auto instruments =
        names ? keys.find("instruments") : std::optional(keys.need("instruments"));
    if (instruments) {
        for (const auto& [symbol, where] : instruments->entries()) {
            feeds::Listing listing = read_listing(where, *settings.venue);
            listing.instrument = find_instrument(config.engine.universe, symbol, where);
            // What was recorded is replayed as it was.
            if (!context.is_replayable)
                check_listing(listing, config, settings, where, config.warnings);
            add(std::move(listing), where);
        }
    }
    if (names) {
        for (const ConfigValue& where : names->list()) {
            feeds::Listing listing = read_listing(where, *settings.venue);
            find_listing(std::string(listing.symbol), config, settings, where, listing);
            add(std::move(listing), where);
        }
    }
    if (settings.listings.empty()) (names ? *names : *instruments).fail("names no instrument");
}

void read_credentials(ConfigMap& keys, const ConfigContext& context, Config& config,
                      feeds::SessionSettings& settings) {
    const feeds::Keys wanted = settings.venue->keys;
    const auto read = [&](std::string_view key, std::string_view what, bool is_wanted,
                          std::string& out) {
        if (is_wanted) {
            out = read_secret_file(keys.need(key), context);
        } else if (const auto value = keys.find(key)) {
            config.warnings.push_back(fmt::format("{}: {} wants no {}, so this is not read",
                                                  value->place(), settings.venue->id, what));
        }
    };
    read("key_file", "key", wanted != feeds::Keys::none, settings.credentials.key);
    read("secret_file", "secret", wanted == feeds::Keys::key_and_secret,
         settings.credentials.secret);
}

void read_member(const ConfigValue& value, const core::Universe& universe, core::Member& member) {
    const auto read_weight = [&](const ConfigValue& weight) {
        member.weight = weight.number(0, 1e12);
        if (member.weight <= 0) weight.fail("a weight must be greater than 0");
    };
    member.is_index =
        universe.instruments[member.instrument].asset_class == core::AssetClass::future;
    if (!value.is_map()) {
        read_weight(value);
    } else {
        value.map([&](ConfigMap& keys) {
            read_weight(keys.need("weight"));
            if (const auto index = keys.find("index")) member.is_index = index->flag();
            if (const auto beta = keys.find("beta")) member.beta = beta->number(-100, 100);
        });
    }
    if (member.is_index) member.beta = 1;
}

}  // namespace

core::InstrumentId find_instrument(const core::Universe& universe, std::string_view symbol,
                                   const ConfigValue& where) {
    std::vector<std::string_view> symbols;
    for (std::size_t i = 0; i < universe.instruments.size(); ++i) {
        if (universe.instruments[i].symbol == symbol) return static_cast<core::InstrumentId>(i);
        symbols.push_back(universe.instruments[i].symbol);
    }
    where.fail("is not declared under instruments" + did_you_mean(symbol, symbols));
}

void check_name(std::string_view name, const ConfigValue& where) {
    if (name.empty() || name.size() > 64 || !is_letter_or_digit(name.front()) ||
        !consists_of(name, "_.-")) {
        where.fail(
            "a name has 1 to 64 letters, digits, '_', '.', '-', and a letter or digit first");
    }
}

void read_universe(const ConfigValue& value, Config& config) {
    value.map([&](ConfigMap& keys) {
        const auto quotes = keys.find("quotes_as_one");
        if (!quotes) return;
        for (const ConfigValue& item : quotes->list()) {
            const std::string quote = item.text();
            if (quote.size() < 2 || quote.size() > 8 ||
                !std::all_of(quote.begin(), quote.end(), [](char c) {
                    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
                })) {
                item.fail("wanted the code of a currency in capitals, such as USDT");
            }
            if (std::find(config.quotes_as_one.begin(), config.quotes_as_one.end(), quote) !=
                config.quotes_as_one.end()) {
                item.fail("stands there twice");
            }
            config.quotes_as_one.push_back(quote);
        }
        if (config.quotes_as_one.size() == 1) quotes->fail("takes two currencies, or none");
    });
}

void read_instruments(const ConfigValue& value, Config& config) {
    core::Universe& universe = config.engine.universe;
    for (const auto& [symbol, where] : value.entries()) {
        if (symbol.size() > 32 || !is_letter_or_digit(symbol.front()) ||
            !consists_of(symbol, "._/:+=^-")) {
            where.fail(
                "a symbol has 1 to 32 letters, digits or '._/:+=^-', a letter or digit first");
        }
        core::Instrument instrument;
        instrument.symbol = symbol;
        where.map([&](ConfigMap& keys) {
            const auto known = core::class_of(symbol);
            const auto said = known ? keys.find("class") : std::optional(keys.need("class"));
            instrument.asset_class =
                said ? static_cast<core::AssetClass>(said->choice(class_names)) : *known;
            // What stands for a share around the clock does not close with it.
            instrument.market = core::is_proxy(symbol) ? core::Market::always
                                                       : usual_market(instrument.asset_class);
            if (const auto market = keys.find("market")) {
                instrument.market = static_cast<core::Market>(market->choice(market_names));
            }
            if (const auto stale = keys.find("stale_after")) {
                instrument.staleness_bound = stale->duration(core::ns_per_s, core::ns_per_day);
            }
            if (read_units(keys, instrument) && instrument.units_outstanding == 0) {
                config.counted_elsewhere.push_back(
                    static_cast<core::InstrumentId>(universe.instruments.size()));
            }
        });
        universe.instruments.push_back(std::move(instrument));
    }
    if (universe.instruments.empty()) value.fail("names no instrument");
    if (universe.instruments.size() > most_instruments) {
        value.fail(fmt::format("names more than {} instruments", most_instruments));
    }
}

void read_groups(const ConfigValue& value, core::Universe& universe) {
    for (const auto& [name, where] : value.entries()) {
        check_name(name, where);
        for (const core::Instrument& instrument : universe.instruments) {
            if (instrument.symbol == name) where.fail("an instrument has the same name");
        }
        core::Group group;
        group.name = name;
        for (const auto& [symbol, weight] : where.entries()) {
            core::Member member;
            member.instrument = find_instrument(universe, symbol, weight);
            read_member(weight, universe, member);
            group.members.push_back(member);
        }
        if (group.members.empty()) where.fail("names no instrument");
        universe.groups.push_back(std::move(group));
    }
    if (universe.groups.empty()) value.fail("names no group");
    if (universe.groups.size() > most_groups) {
        value.fail(fmt::format("names more than {} groups", most_groups));
    }
}

void read_feeds(const ConfigValue& value, const ConfigContext& context, Config& config) {
    core::Universe& universe = config.engine.universe;
    for (const ConfigValue& where : value.list()) {
        feeds::SessionSettings settings;
        core::Feed feed;
        settings.feed = static_cast<core::FeedId>(universe.feeds.size());
        where.map([&](ConfigMap& keys) {
            const ConfigValue venue = keys.need("venue");
            settings.venue = read_venue(venue);
            const ConfigValue name = keys.find("name").value_or(venue);
            settings.name = name.text();
            check_name(settings.name, name);
            for (const core::Feed& other : universe.feeds) {
                if (other.name == settings.name) {
                    name.fail("another feed has the same name; give each its own name");
                }
            }
            settings.url = settings.venue->default_url;
            if (const auto url = keys.find("url")) {
                const std::string own = read_feed_url(*url, context);
                if (!own.empty()) settings.url = own;
            }
            if (const auto ca_file = keys.find("ca_file")) {
                settings.ca_file = read_ca_file(*ca_file, context);
            }
            read_listings(keys, context, config, settings, feed);
            read_credentials(keys, context, config, settings);
        });
        settings.jitter_seed = jitter_seed(config.instance, settings.name);
        feed.name = settings.name;
        feed.venue = settings.venue->id;
        universe.feeds.push_back(std::move(feed));
        config.feeds.push_back(std::move(settings));
    }
    if (universe.feeds.size() > most_feeds) {
        value.fail(fmt::format("names more than {} feeds", most_feeds));
    }
}

}  // namespace contagiond::daemon
