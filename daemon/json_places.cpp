#include "daemon/json_places.hpp"

namespace contagiond::daemon {
namespace {

constexpr int depth_max = 256;

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// A recursive descent over one text. Each reader answers whether all was well, and leaves `at_` on
/// the byte that was not.
class Scanner {
  public:
    Scanner(std::string_view text, JsonPlaces& out) : text_(text), out_(out) {}

    void run() {
        skip_space();
        bool well = value("", 0);
        if (well) skip_space();
        if (!well || at_ != text_.size()) out_.broken_at = at_;
    }

  private:
    bool more() const { return at_ < text_.size(); }
    bool take(char c) {
        if (!more() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (more() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' ||
                          text_[at_] == '\r'))
            ++at_;
    }

    bool value(const std::string& pointer, int depth) {
        if (!more() || depth > depth_max) return false;
        const std::size_t index = out_.values.size();
        out_.values.push_back({PlaceKind::literal, at_, at_, pointer});
        PlaceKind kind = PlaceKind::literal;
        bool well = false;
        switch (text_[at_]) {
            case '{':
                kind = PlaceKind::object;
                well = members(pointer, '}', depth);
                break;
            case '[':
                kind = PlaceKind::array;
                well = members(pointer, ']', depth);
                break;
            case '"':
                kind = PlaceKind::string;
                well = string();
                break;
            case 't':
                well = word("true");
                break;
            case 'f':
                well = word("false");
                break;
            case 'n':
                well = word("null");
                break;
            default:
                kind = PlaceKind::number;
                well = number();
        }
        out_.values[index].kind = kind;
        out_.values[index].end = at_;
        if (!well && out_.values.back().end == out_.values.back().begin) out_.values.pop_back();
        return well;
    }

    /// What stands in an object or an array.
    bool members(const std::string& pointer, char close, int depth) {
        ++at_;
        skip_space();
        if (take(close)) return true;
        for (std::size_t i = 0;; ++i) {
            std::string inner = pointer + '/';
            if (close == '}') {
                const std::size_t begin = at_;
                if (!more() || text_[at_] != '"' || !string()) return false;
                inner += escaped(text_.substr(begin + 1, at_ - begin - 2));
                skip_space();
                if (!take(':')) return false;
            } else {
                inner += std::to_string(i);
            }
            skip_space();
            if (!value(inner, depth + 1)) return false;
            skip_space();
            if (take(close)) return true;
            if (!take(',')) return false;
            skip_space();
        }
    }

    static std::string escaped(std::string_view key) {
        std::string out;
        for (const char c : key) {
            if (c == '~')
                out += "~0";
            else if (c == '/')
                out += "~1";
            else
                out += c;
        }
        return out;
    }

    bool word(std::string_view wanted) {
        for (const char c : wanted)
            if (!take(c)) return false;
        return true;
    }

    bool digits() {
        const std::size_t first = at_;
        while (more() && is_digit(text_[at_])) ++at_;
        return at_ != first;
    }

    bool number() {
        take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (take('e') || take('E')) {
            if (!take('-')) take('+');
            return digits();
        }
        return true;
    }

    bool string() {
        ++at_;
        while (more()) {
            const auto c = static_cast<unsigned char>(text_[at_]);
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c < 0x20) return false;
            if (c == '\\' ? !escape() : !character(c)) return false;
        }
        return false;
    }

    bool escape() {
        ++at_;
        if (!more()) return false;
        if (!take('u')) {
            if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos)
                return false;
            ++at_;
            return true;
        }
        for (int i = 0; i < 4; ++i, ++at_)
            if (!more() || std::string_view("0123456789abcdefABCDEF").find(text_[at_]) ==
                               std::string_view::npos)
                return false;
        return true;
    }

    /// One character of UTF-8.
    bool character(unsigned char first) {
        const std::size_t length = first < 0x80                    ? 1
                                   : first >= 0xc2 && first < 0xe0 ? 2
                                   : first >= 0xe0 && first < 0xf0 ? 3
                                   : first >= 0xf0 && first < 0xf5 ? 4
                                                                   : 0;
        if (length == 0 || text_.size() - at_ < length) return false;
        for (std::size_t i = 1; i < length; ++i)
            if ((static_cast<unsigned char>(text_[at_ + i]) & 0xc0) != 0x80) return false;
        at_ += length;
        return true;
    }

    std::string_view text_;
    JsonPlaces& out_;
    std::size_t at_ = 0;
};

}  // namespace

JsonPlaces json_places(std::string_view text) {
    JsonPlaces out;
    Scanner(text, out).run();
    return out;
}

}  // namespace contagiond::daemon
