#include "core/symbol.hpp"

#include <algorithm>
#include <array>

namespace contagiond::core {
namespace {

using enum AssetClass;

// clang-format off
constexpr std::array listed = {
    ListedName{"AAPL", equity}, ListedName{"AMD", equity},   ListedName{"AMZN", equity},
    ListedName{"ANET", equity}, ListedName{"ARM", equity},   ListedName{"ASML", equity},
    ListedName{"AVGO", equity}, ListedName{"COIN", equity},  ListedName{"CRCL", equity},
    ListedName{"DXY", currency}, ListedName{"ES", future},   ListedName{"GC", commodity},
    ListedName{"GLD", equity},  ListedName{"GOOGL", equity}, ListedName{"HOOD", equity},
    ListedName{"IEF", equity},  ListedName{"INTC", equity},  ListedName{"META", equity},
    ListedName{"MRVL", equity}, ListedName{"MSFT", equity},  ListedName{"MSTR", equity},
    ListedName{"MU", equity},   ListedName{"NFLX", equity},  ListedName{"NQ", future},
    ListedName{"NVDA", equity}, ListedName{"ORCL", equity},  ListedName{"PLTR", equity},
    ListedName{"QCOM", equity}, ListedName{"QQQ", equity},   ListedName{"SMCI", equity},
    ListedName{"SMH", equity},  ListedName{"SPY", equity},   ListedName{"TLT", equity},
    ListedName{"TSLA", equity}, ListedName{"TSM", equity},   ListedName{"UUP", equity},
    ListedName{"XAU", commodity}, ListedName{"ZN", rate},
};
// clang-format on

constexpr std::array<std::string_view, 8> state_money = {"AUD", "CAD", "CHF", "EUR",
                                                         "GBP", "JPY", "TRY", "USD"};

const ListedName* find_listed(std::string_view symbol) {
    const auto found = std::ranges::lower_bound(listed, symbol, {}, &ListedName::symbol);
    return found != listed.end() && found->symbol == symbol ? &*found : nullptr;
}

/// "NVDA" of "NVDAx": the token's own name ends in a small x, and no coin's does.
std::string_view share_of_token(std::string_view base) {
    if (base.size() < 2 || base.back() != 'x') return {};
    base.remove_suffix(1);
    const bool is_ticker = std::ranges::all_of(
        base, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
    return is_ticker ? base : std::string_view();
}

bool is_money(std::string_view code) {
    return std::ranges::find(state_money, code) != state_money.end();
}

}  // namespace

std::span<const ListedName> listed_names() {
    return listed;
}

bool is_listed(std::string_view symbol) {
    return find_listed(symbol) != nullptr;
}

std::string_view underlying_of(std::string_view symbol) {
    if (symbol.ends_with(proxy_ending)) {
        symbol.remove_suffix(proxy_ending.size());
        return symbol;
    }
    const std::size_t dash = symbol.find('-');
    if (dash == std::string_view::npos) return {};
    const std::string_view base = symbol.substr(0, dash);
    if (const std::string_view share = share_of_token(base); !share.empty()) return share;
    return symbol.ends_with("-PERP") && is_listed(base) ? base : std::string_view();
}

std::optional<AssetClass> class_of(std::string_view symbol) {
    if (const ListedName* const name = find_listed(symbol)) return name->asset_class;
    if (const std::string_view underlying = underlying_of(symbol); !underlying.empty()) {
        const ListedName* const name = find_listed(underlying);
        return name ? name->asset_class : equity;
    }
    const std::size_t dash = symbol.find('-');
    if (dash == 0 || dash == std::string_view::npos || dash + 1 == symbol.size()) return {};
    const std::string_view rest = symbol.substr(dash + 1);
    return is_money(symbol.substr(0, dash)) && is_money(rest) ? currency : crypto;
}

}  // namespace contagiond::core
