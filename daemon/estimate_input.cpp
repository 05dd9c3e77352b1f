#include "daemon/estimate_input.hpp"

#include <cmath>
#include <limits>

#include "daemon/portable_pairs.hpp"

namespace contagiond::daemon {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

std::string quoted(const Json& value) {
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > 40) text = text.substr(0, 37) + "...";
    return text;
}

/// Number, null or an infinity as text.
double number_or_absent(const Json& value, const std::string& where) {
    if (value.is_number()) {
        const auto number = value.get<double>();
        return std::isfinite(number) ? number : no_value;
    }
    if (value.is_null()) return no_value;
    if (value.is_string() && (value == "inf" || value == "-inf" || value == "nan")) return no_value;
    throw CaseError(where + ": " + quoted(value) + " is neither a number nor null");
}

std::int64_t whole(const Json& value, const std::string& where) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return static_cast<std::int64_t>(number);
    } else if (value.is_number_integer()) {
        return value.get<std::int64_t>();
    } else if (value.is_number_float()) {
        // Exact in a double up to 2^53.
        const auto number = value.get<double>();
        if (std::abs(number) <= 0x1p53 && number == std::trunc(number))
            return static_cast<std::int64_t>(number);
    }
    throw CaseError(where + ": " + quoted(value) + " is not a whole number");
}

const Json& list(const Json& value, const std::string& where) {
    if (!value.is_array()) throw CaseError(where + ": " + quoted(value) + " is not a list");
    return value;
}

std::string row_of(const std::string& where, std::size_t row) {
    return where + "[" + std::to_string(row) + "]";
}

Column column_from(const Json& value, const std::string& where) {
    Column column;
    column.reserve(list(value, where).size());
    for (std::size_t i = 0; i < value.size(); ++i)
        column.push_back(value[i].is_number_float() ? number_or_absent(value[i], where)
                                                    : number_or_absent(value[i], row_of(where, i)));
    return column;
}

std::vector<std::int64_t> whole_list(const Json& value, const std::string& where) {
    std::vector<std::int64_t> numbers;
    numbers.reserve(list(value, where).size());
    for (std::size_t i = 0; i < value.size(); ++i)
        numbers.push_back(value[i].is_number_integer() ? whole(value[i], where)
                                                       : whole(value[i], row_of(where, i)));
    return numbers;
}

}  // namespace

bool PairRows::both(std::size_t row) const {
    return std::isfinite(x[row]) && std::isfinite(y[row]);
}

EstimateInput::EstimateInput(const Json& root) : root_(&root) {
    if (!root.is_object()) throw CaseError("the case is not an object");
    const auto member = [&](const char* name) -> const Json* {
        const Json* const value = find(&root, name);
        if (value && !value->is_object())
            throw CaseError(std::string(name) + ": " + quoted(*value) + " is not an object");
        return value;
    };
    params_ = member("params");
    inputs_ = member("inputs");
    const Json* const shape = find(&root, "expected");
    expected_ = shape && shape->is_object() ? shape : nullptr;
}

const Json* EstimateInput::find(const Json* object, std::string_view name) {
    if (!object) return nullptr;
    const auto found = object->find(std::string(name));
    return found == object->end() || found->is_null() ? nullptr : &*found;
}

const Json* EstimateInput::ask(std::string_view name) const {
    asked_.emplace(name);
    return find(params_, name);
}

const Json& EstimateInput::input(std::string_view name) const {
    if (const Json* const value = find(inputs_, name)) return *value;
    throw CaseError("inputs." + std::string(name) + ": missing");
}

std::string EstimateInput::name() const {
    const Json* const value = find(root_, "case");
    return value && value->is_string() ? value->get<std::string>() : "";
}

double EstimateInput::param(std::string_view name, double fallback) const {
    const Json* const value = ask(name);
    if (!value) return fallback;
    if (!value->is_number())
        throw CaseError("params." + std::string(name) + ": " + quoted(*value) + " is not a number");
    return value->get<double>();
}

double EstimateInput::positive_param(std::string_view name, double fallback) const {
    const double value = param(name, fallback);
    if (!(value > 0)) throw CaseError("params." + std::string(name) + ": must be above 0");
    return value;
}

std::uint64_t EstimateInput::count_param(std::string_view name, std::uint64_t fallback,
                                         std::uint64_t least) const {
    const Json* const value = ask(name);
    if (!value) return fallback;
    const std::int64_t number = whole(*value, "params." + std::string(name));
    if (number < 0 || static_cast<std::uint64_t>(number) < least)
        throw CaseError("params." + std::string(name) + ": must be at least " +
                        std::to_string(least));
    return static_cast<std::uint64_t>(number);
}

std::uint32_t EstimateInput::rows_param(std::string_view name, std::uint32_t fallback,
                                        std::uint32_t least) const {
    const std::uint64_t value = count_param(name, fallback, least);
    // Estimators keep rings of so many rows.
    constexpr std::uint64_t most = 10'000'000;
    if (value > most)
        throw CaseError("params." + std::string(name) + ": must be at most " +
                        std::to_string(most));
    return static_cast<std::uint32_t>(value);
}

core::DurationNs EstimateInput::duration_param(std::string_view name,
                                               core::DurationNs fallback) const {
    const Json* const value = ask(name);
    if (!value) return fallback;
    const std::int64_t number = whole(*value, "params." + std::string(name));
    if (number <= 0) throw CaseError("params." + std::string(name) + ": must be above 0");
    return number;
}

bool EstimateInput::flag_param(std::string_view name, bool fallback) const {
    const Json* const value = ask(name);
    if (!value) return fallback;
    if (!value->is_boolean())
        throw CaseError("params." + std::string(name) + ": " + quoted(*value) +
                        " is neither true nor false");
    return value->get<bool>();
}

std::vector<double> EstimateInput::list_param(std::string_view name,
                                              std::vector<double> fallback) const {
    const Json* const value = ask(name);
    if (!value) return fallback;
    const std::string where = "params." + std::string(name);
    Column numbers = column_from(*value, where);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (std::isnan(numbers[i])) throw CaseError(row_of(where, i) + ": is not a number");
    if (numbers.empty()) throw CaseError(where + ": is empty");
    return numbers;
}

std::optional<std::vector<std::int64_t>> EstimateInput::stamps_param(std::string_view name) const {
    const Json* const value = ask(name);
    if (!value) return std::nullopt;
    return whole_list(*value, "params." + std::string(name));
}

Column EstimateInput::column(std::string_view name) const {
    return column_from(input(name), "inputs." + std::string(name));
}

std::vector<Column> EstimateInput::columns(std::string_view name) const {
    const std::string where = "inputs." + std::string(name);
    const Json& lists = list(input(name), where);
    std::vector<Column> columns;
    for (std::size_t i = 0; i < lists.size(); ++i) {
        columns.push_back(column_from(lists[i], row_of(where, i)));
        if (columns[i].size() != columns[0].size())
            throw CaseError(row_of(where, i) + ": has " + std::to_string(columns[i].size()) +
                            " rows, the first series " + std::to_string(columns[0].size()));
    }
    return columns;
}

std::vector<core::TimeNs> EstimateInput::stamps(std::string_view name) const {
    return whole_list(input(name), "inputs." + std::string(name));
}

std::vector<std::string> EstimateInput::input_names() const {
    std::vector<std::string> names;
    if (inputs_)
        for (const auto& [name, value] : inputs_->items()) names.push_back(name);
    return names;
}

double EstimateInput::number(std::string_view name) const {
    if (!has_input(name)) return no_value;
    return number_or_absent(input(name), "inputs." + std::string(name));
}

Ticks EstimateInput::ticks(const std::string& name) const {
    Ticks ticks{stamps(name + "_ts"), column(name + "_px")};
    need_rows(ticks.price.size(), ticks.ts.size(), name + "_px");
    return ticks;
}

PairRows EstimateInput::pair_rows() const {
    if (!has_input("generator")) {
        PairRows rows{column("x"), column("y")};
        need_rows(rows.y.size(), rows.x.size(), "y");
        return rows;
    }
    const Json& generator = input("generator");
    if (generator != "portable_pairs")
        throw CaseError("inputs.generator: unknown " + quoted(generator) +
                        "; known: portable_pairs");
    const Json& seed = input("seed");
    if (!seed.is_number_integer())
        throw CaseError("inputs.seed: " + quoted(seed) + " is not a whole number");
    const std::int64_t size = whole(input("rows"), "inputs.rows");
    constexpr std::int64_t most = 20'000'000;
    if (size < 0 || size > most)
        throw CaseError("inputs.rows: must be 0 to " + std::to_string(most));
    PairRows rows;
    rows.x.resize(static_cast<std::size_t>(size));
    rows.y.resize(rows.x.size());
    make_portable_pairs(seed.get<std::uint64_t>(), rows.x, rows.y);
    // Cases carry the first rows, so that a generator that differs is not taken for a wrong result.
    for (const char* const side : {"x", "y"}) {
        const std::string name = std::string("first_") + side;
        if (!has_input(name)) continue;
        const Column first = column(name);
        const Column& made = *side == 'x' ? rows.x : rows.y;
        for (std::size_t i = 0; i < std::min(first.size(), made.size()); ++i)
            if (first[i] != made[i])
                throw CaseError(row_of("inputs." + name, i) +
                                ": is not what the generator makes of this seed");
    }
    return rows;
}

std::vector<std::string> EstimateInput::params_left() const {
    std::vector<std::string> left;
    if (!params_) return left;
    for (const auto& [name, value] : params_->items())
        if (!asked_.contains(name)) left.push_back(name);
    return left;
}

Json to_json(std::optional<double> value) {
    if (!value || std::isnan(*value)) return nullptr;
    if (std::isinf(*value)) return *value > 0 ? "inf" : "-inf";
    return *value;
}

Json to_json(const std::vector<std::optional<double>>& values) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(to_json(value));
    return list;
}

std::optional<double> maybe(double value) {
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::vector<std::optional<double>> maybe(const Column& column) {
    std::vector<std::optional<double>> values;
    values.reserve(column.size());
    for (const double value : column) values.push_back(maybe(value));
    return values;
}

void need_rows(std::size_t has, std::size_t rows, const std::string& name) {
    if (has != rows)
        throw CaseError("inputs." + name + ": has " + std::to_string(has) + " rows instead of " +
                        std::to_string(rows));
}

}  // namespace contagiond::daemon
