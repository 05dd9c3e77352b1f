// EstimateInput: what an estimator asks of a case, by name, with errors that say which name and
// row.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace contagiond::daemon {

using Json = nlohmann::json;

/// A case that cannot be read. One sentence: the name in the case, and what is wrong with it.
struct CaseError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One series, row by row; NaN where a row has no value.
using Column = std::vector<double>;

struct PairRows {
    Column x, y;  ///< of one length
    bool both(std::size_t row) const;
};

struct Ticks {
    std::vector<core::TimeNs> ts;
    Column price;  ///< as long
};

/// One thread. Every getter throws CaseError; `root` must outlive this object.
class EstimateInput {
  public:
    explicit EstimateInput(const Json& root);

    /// The case's own name; empty if it has none.
    std::string name() const;

    bool has_param(std::string_view name) const { return find(params_, name) != nullptr; }
    double param(std::string_view name, double fallback) const;
    /// Above 0.
    double positive_param(std::string_view name, double fallback) const;
    /// A whole number of at least `least`.
    std::uint64_t count_param(std::string_view name, std::uint64_t fallback,
                              std::uint64_t least = 1) const;
    /// The same, for what core keeps in 32 bits.
    std::uint32_t rows_param(std::string_view name, std::uint32_t fallback,
                             std::uint32_t least = 1) const;
    core::DurationNs duration_param(std::string_view name, core::DurationNs fallback) const;
    bool flag_param(std::string_view name, bool fallback) const;
    /// A list of numbers without gaps; `fallback` if it is not there.
    std::vector<double> list_param(std::string_view name, std::vector<double> fallback) const;
    /// Null if it is not there.
    const Json* object_param(std::string_view name) const { return ask(name); }
    std::optional<std::vector<std::int64_t>> stamps_param(std::string_view name) const;

    bool has_input(std::string_view name) const { return find(inputs_, name) != nullptr; }
    /// In the order of the alphabet.
    std::vector<std::string> input_names() const;
    bool input_is_list(std::string_view name) const { return input(name).is_array(); }
    /// One number or null.
    double number(std::string_view name) const;
    /// Numbers and nulls; an infinity is no value either.
    Column column(std::string_view name) const;
    /// Series-major, of one length.
    std::vector<Column> columns(std::string_view name) const;
    std::vector<core::TimeNs> stamps(std::string_view name) const;
    /// Inputs `name`_ts and `name`_px: stamps in nanoseconds, and prices.
    Ticks ticks(const std::string& name) const;
    /// Inputs x and y, or the rows that inputs.generator makes.
    PairRows pair_rows() const;

    /// Member of `expected`, of which only the shape is ever read; null if there is none.
    const Json* expected(std::string_view name) const { return find(expected_, name); }
    bool has_expected() const { return expected_ != nullptr; }

    /// Parameters that nobody has asked for.
    std::vector<std::string> params_left() const;
    /// Names of all that were asked for.
    const std::set<std::string, std::less<>>& params_known() const { return asked_; }

  private:
    static const Json* find(const Json* object, std::string_view name);
    const Json* ask(std::string_view name) const;
    const Json& input(std::string_view name) const;

    const Json* root_;
    const Json* params_;
    const Json* inputs_;
    const Json* expected_;
    mutable std::set<std::string, std::less<>> asked_;
};

/// null when absent; the strings "inf" and "-inf" for what JSON has no number for.
Json to_json(std::optional<double> value);
Json to_json(const std::vector<std::optional<double>>& values);

/// Absent where it is not a finite number.
std::optional<double> maybe(double value);
std::vector<std::optional<double>> maybe(const Column& column);

/// Throws when the input `name` does not have as many rows as the one before it.
void need_rows(std::size_t has, std::size_t rows, const std::string& name);

}  // namespace contagiond::daemon
