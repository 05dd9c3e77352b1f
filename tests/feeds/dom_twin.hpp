// The slow, obvious twin of the venue decoders: a whole document in memory, every rule written down
// plainly once more. It shares no code with them but the Row's vocabulary. Numbers are kept as text
// as far as the other JSON library lets them through.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace contagiond::test {

struct Member;

struct Node {
    enum class Kind { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    std::string text;
    std::vector<Member> members;  ///< keys are empty in an array

    bool is(Kind k) const { return kind == k; }
    bool is_text(const std::string& s) const { return kind == Kind::string && text == s; }
};

struct Member {
    std::string key;
    Node value;
};

/// Builds nodes from the other library's events.
class NodeBuilder : public nlohmann::json_sax<nlohmann::json> {
  public:
    bool null() override { return add({Node::Kind::null, "null", {}}); }
    bool boolean(bool v) override { return add({Node::Kind::boolean, v ? "true" : "false", {}}); }
    bool number_integer(std::int64_t v) override {
        // A zero comes here only if it was written with a sign.
        return add({Node::Kind::number, v == 0 ? "-0" : std::to_string(v), {}});
    }
    bool number_unsigned(std::uint64_t v) override {
        return add({Node::Kind::number, std::to_string(v), {}});
    }
    bool number_float(double, const std::string& text) override {
        return add({Node::Kind::number, text, {}});
    }
    bool string(std::string& text) override { return add({Node::Kind::string, text, {}}); }
    bool binary(nlohmann::json::binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Node::Kind::object); }
    bool start_array(std::size_t) override { return open(Node::Kind::array); }
    bool key(std::string& text) override {
        key_ = text;
        return true;
    }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t, const std::string&,
                     const nlohmann::json::exception& error) override {
        number_out_of_range = error.id == 406;
        return false;
    }

    Node root;
    bool number_out_of_range = false;  ///< it is JSON, but the other library has no room for it

  private:
    bool add(Node node) {
        if (stack_.empty()) {
            root = std::move(node);
        } else {
            stack_.back()->members.push_back({std::exchange(key_, {}), std::move(node)});
        }
        return true;
    }
    bool open(Node::Kind kind) {
        add({kind, {}, {}});
        stack_.push_back(stack_.empty() ? &root : &stack_.back()->members.back().value);
        return true;
    }
    bool close() {
        stack_.pop_back();
        return true;
    }
    std::vector<Node*> stack_;
    std::string key_;
};

struct TwinRow {
    bool trade = false;
    std::string symbol, price, size, side, trade_id, bid, bid_size, ask, ask_size, channel, flags;
    std::optional<std::int64_t> ts;
};

struct TwinDecoded {
    bool json = false;
    bool knows_rows = false;  ///< of the other venues it only says whether a frame is JSON
    bool uncertain = false;   ///< see NodeBuilder::number_out_of_range
    std::vector<TwinRow> rows;
    unsigned rejected = 0;
};

class DomTwin {
  public:
    explicit DomTwin(std::string venue) : venue_(std::move(venue)) {}

    TwinDecoded decode(const std::string& frame) const {
        TwinDecoded out;
        out.knows_rows =
            venue_ == "alpaca" || venue_ == "binance_spot" || venue_ == "coinbase_exchange";
        NodeBuilder builder;
        // The other library skips a byte order mark and ends at a NUL; neither is JSON.
        out.json = !frame.starts_with("\xef\xbb\xbf") && frame.find('\0') == std::string::npos &&
                   nlohmann::json::sax_parse(frame, &builder);
        out.uncertain = builder.number_out_of_range;
        const Node& root = builder.root;
        if (!root.is(Node::Kind::array) && !root.is(Node::Kind::object)) out.json = false;
        if (!out.json) return out;
        if (root.is(Node::Kind::object)) {
            element(root, out);
        } else {
            for (const auto& [key, member] : root.members) {
                if (member.is(Node::Kind::object)) {
                    element(member, out);
                } else {
                    ++out.rejected;
                }
            }
        }
        return out;
    }

  private:
    using Kind = Node::Kind;
    struct Bad {};

    static const Node* get(const Node& object, const std::string& key) {
        const Node* found = nullptr;
        for (const auto& [k, node] : object.members) {
            if (k == key) found = &node;
        }
        return found;
    }
    static bool missing(const Node* n) {
        return n == nullptr || n->is(Kind::null) || n->is_text("");
    }
    static bool equals(const Node* n, const std::string& s) {
        return n != nullptr && n->is_text(s);
    }
    static std::string scalar(const Node* n) {
        if (!n->is(Kind::string) && !n->is(Kind::number)) throw Bad{};
        return n->text;
    }
    /// Of each run of digits the first two: the standard library's regular expressions have no
    /// stack for long texts.
    static std::string short_runs(const std::string& text) {
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        std::string out;
        for (const char c : text) {
            const std::size_t n = out.size();
            if (n >= 2 && digit(c) && digit(out[n - 1]) && digit(out[n - 2])) continue;
            out += c;
        }
        return out;
    }

    static std::string number(const Node* n, bool sign_allowed) {
        static const std::regex grammar(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)");
        const std::string text = scalar(n);
        if (text.find('\n') != std::string::npos) throw Bad{};
        if (!std::regex_match(short_runs(text), grammar)) throw Bad{};
        if (!sign_allowed && text[0] == '-') throw Bad{};
        return text;
    }
    static bool is_zero(const std::string& text) {
        const std::string digits = text.substr(0, text.find_first_of("eE"));
        return digits.find_first_of("123456789") == std::string::npos;
    }
    static void side(const Node* price, const Node* size, std::string& out_price,
                     std::string& out_size) {
        if (missing(price)) return;
        const std::string text = number(price, true);
        if (is_zero(text)) return;
        if (!missing(size)) out_size = number(size, false);
        out_price = text;
    }
    static std::string symbol(const Node* n) {
        if (missing(n) || !n->is(Kind::string)) throw Bad{};
        return n->text;
    }
    static std::string id(const Node* n) { return missing(n) ? "" : scalar(n); }

    static std::optional<std::int64_t> epoch(const Node* n) {
        if (missing(n)) return std::nullopt;
        std::string text = scalar(n);
        const std::size_t zeros = text.find_first_not_of('0');
        if (zeros != 0 && zeros != std::string::npos) text.erase(0, zeros);
        if (zeros == std::string::npos && !text.empty()) text = "0";
        if (text.empty() || text.size() > 30 ||
            text.find_first_not_of("0123456789") != std::string::npos) {
            throw Bad{};
        }
        const long double value = std::stold(text);
        if (value == 0) return std::nullopt;
        const auto whole = static_cast<std::int64_t>(value < 1e18L ? value : 0);
        if (value >= 1e11L && value <= 9223372036854.0L) return whole * 1'000'000;
        if (value >= 1e14L && value <= 9223372036854775.0L) return whole * 1'000;
        throw Bad{};
    }

    static std::optional<std::int64_t> rfc3339(const Node* n) {
        using namespace std::chrono;
        if (missing(n)) return std::nullopt;
        if (!n->is(Kind::string)) throw Bad{};
        // Digits beyond the ninth say nothing, and the expression has no stack for many.
        std::string text = n->text;
        const std::size_t last = text.find_first_not_of("0123456789", 20);
        if (text.size() > 29 && text[19] == '.' && last != std::string::npos && last > 29)
            text.erase(29, last - 29);
        if (text.size() > 100) throw Bad{};
        static const std::regex shape(
            R"((\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.(\d+))?([Zz]|([+-])(\d\d):(\d\d)))");
        std::smatch m;
        if (!std::regex_match(text, m, shape)) throw Bad{};
        const auto part = [&m](std::size_t i) { return m[i].length() > 0 ? std::stoi(m[i]) : 0; };
        const year_month_day date(year(part(1)), month(static_cast<unsigned>(part(2))),
                                  day(static_cast<unsigned>(part(3))));
        if (part(4) > 23 || part(5) > 59 || part(6) > 60 || part(11) > 23 || part(12) > 59) {
            throw Bad{};
        }
        if (date == year{1} / 1 / 1 || date == year{1970} / 1 / 1) return std::nullopt;
        if (!date.ok() || part(1) < 1970 || part(1) > 2261) throw Bad{};
        std::int64_t seconds = sys_days(date).time_since_epoch().count() * std::int64_t{86400} +
                               part(4) * 3600 + part(5) * 60 + part(6);
        const int offset = (part(11) * 60 + part(12)) * 60;
        seconds += m[10] == "-" ? offset : -offset;
        const std::string fraction = (m[8].str() + "000000000").substr(0, 9);
        return seconds * 1'000'000'000 + std::stoi(fraction);
    }

    void element(const Node& message, TwinDecoded& out) const {
        try {
            TwinRow row;
            bool given = false;
            if (venue_ == "binance_spot") given = binance(message, row);
            if (venue_ == "coinbase_exchange") given = coinbase(message, row);
            if (venue_ == "alpaca") given = alpaca(message, row);
            if (given) out.rows.push_back(row);
        } catch (const Bad&) {
            ++out.rejected;
        }
    }

    static void trade(TwinRow& row, const Node* s, const Node* price, const Node* size) {
        row.trade = true;
        row.symbol = symbol(s);
        if (missing(price) || missing(size)) throw Bad{};
        row.price = number(price, true);
        row.size = number(size, false);
    }

    static bool binance(const Node& message, TwinRow& row) {
        Node flat{Kind::object, {}, {}};
        std::string stream;
        for (const auto& [key, node] : message.members) {
            if (key == "stream") {
                stream = node.text;
            } else if (key == "data" && node.is(Kind::object)) {
                for (const auto& member : node.members) flat.members.push_back(member);
            } else {
                flat.members.push_back({key, node});
            }
        }
        const auto at = [&flat](const char* key) { return get(flat, key); };
        const bool plain = equals(at("e"), "trade");
        if (plain || equals(at("e"), "aggTrade")) {
            row.channel = plain ? "trade" : "aggTrade";
            trade(row, at("s"), at("p"), at("q"));
            row.trade_id = id(at(plain ? "t" : "a"));
            row.ts = epoch(at("T"));
            const Node* maker = at("m");
            if (!missing(maker)) {
                if (!maker->is(Kind::boolean)) throw Bad{};
                row.side = maker->text == "true" ? "sell" : "buy";
            }
            return true;
        }
        const auto is_side = [](const Node* n) {
            return n != nullptr && !n->is(Kind::array) && !n->is(Kind::object);
        };
        bool quote = equals(at("e"), "bookTicker");
        if (at("e") == nullptr) {
            const Node* u = at("u");
            quote = stream.ends_with("@bookTicker") ||
                    (u != nullptr && u->is(Kind::number) && (is_side(at("b")) || is_side(at("a"))));
        }
        if (!quote) return false;
        row.channel = "bookTicker";
        row.symbol = symbol(at("s"));
        side(at("b"), at("B"), row.bid, row.bid_size);
        side(at("a"), at("A"), row.ask, row.ask_size);
        row.ts = epoch(at("T"));
        return true;
    }

    static bool coinbase(const Node& m, TwinRow& row) {
        const Node* type = get(m, "type");
        if (equals(type, "match") || equals(type, "last_match")) {
            row.channel = type->text;
            if (row.channel == "last_match") row.flags = "snapshot";
            trade(row, get(m, "product_id"), get(m, "price"), get(m, "size"));
            row.trade_id = id(get(m, "trade_id"));
            if (equals(get(m, "side"), "sell")) row.side = "buy";
            if (equals(get(m, "side"), "buy")) row.side = "sell";
        } else if (equals(type, "ticker")) {
            row.channel = "ticker";
            row.symbol = symbol(get(m, "product_id"));
            side(get(m, "best_bid"), get(m, "best_bid_size"), row.bid, row.bid_size);
            side(get(m, "best_ask"), get(m, "best_ask_size"), row.ask, row.ask_size);
        } else {
            return false;
        }
        row.ts = rfc3339(get(m, "time"));
        return true;
    }

    static bool alpaca(const Node& m, TwinRow& row) {
        const Node* type = get(m, "T");
        if (equals(type, "t")) {
            row.channel = "trades";
            trade(row, get(m, "S"), get(m, "p"), get(m, "s"));
            row.trade_id = id(get(m, "i"));
            if (equals(get(m, "tks"), "B")) row.side = "buy";
            if (equals(get(m, "tks"), "S")) row.side = "sell";
            std::string letters;
            if (const Node* c = get(m, "c")) {
                if (c->is(Kind::string)) letters = c->text;
                if (c->is(Kind::array)) {
                    for (const auto& [key, n] : c->members) {
                        if (n.is(Kind::string)) letters += n.text;
                    }
                }
            }
            const char* const barred =
                equals(get(m, "z"), "C") ? "CGHIMNPQRTUVWZ47" : "BCHIMNPQRTUVZ47";
            if (letters.find_first_of(barred) != std::string::npos) row.flags = "not_last";
        } else if (equals(type, "q")) {
            row.channel = "quotes";
            row.symbol = symbol(get(m, "S"));
            side(get(m, "bp"), get(m, "bs"), row.bid, row.bid_size);
            side(get(m, "ap"), get(m, "as"), row.ask, row.ask_size);
        } else {
            return false;
        }
        row.ts = rfc3339(get(m, "t"));
        return true;
    }

    std::string venue_;
};

}  // namespace contagiond::test
