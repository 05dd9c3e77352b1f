// The text of a page of metrics: how heads, label values and numbers are written, and the page that
// they are appended to. Free of any library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event.hpp"
#include "daemon/sinks/metric_table.hpp"

namespace contagiond::sinks {

/// Prometheus' text format 0.0.4, and OpenMetrics 1.0.0 with exemplars and "# EOF". A sample is
/// written alike in both, so that `le` names the same series whichever a scrape asks for.
enum class PageFormat : std::uint8_t { classic, open_metrics };

/// Names and values, in the order of MetricInfo::labels.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Ties a sample to the alert it stands for.
struct Exemplar {
    core::EpisodeId alert;
    double value;
    double ts_seconds;  ///< since the epoch
};

/// The lines that begin a family. Pure.
std::string head_text(const MetricInfo& info, PageFormat format);

/// {a="1",b="2"}, or nothing where there is no label; values are cleaned and escaped. A label `le`
/// is added behind the others unless it is empty. Pure.
std::string label_text(const Labels& labels, std::string_view le = {});

/// A bucket's bound, as Prometheus' own libraries write it: "1e-06", "0.0001", "+Inf". Rules and
/// dashboards name series by this text. Pure.
std::string bound_text(double upper_bound);

/// A label value that no reader stumbles over: what is not UTF-8 and control characters other than
/// the line break become U+FFFD. Quotes, backslashes and line breaks are escaped by the formats.
std::string clean_label_value(std::string_view text);

/// Room that write_number and write_count need.
inline constexpr std::size_t number_room = 32;
/// The shortest text that reads back as the same double; "NaN", "+Inf" and "-Inf" for what is no
/// number. Without an exponent from 0.0001 to below 1e16. Returns the end of what it wrote.
char* write_number(char* at, double value);
char* write_count(char* at, std::uint64_t value);

/// Appends to a string beyond whose end it keeps room; `finish` cuts that off. The string must
/// outlive it and is not to be used before `finish`.
class PageWriter {
  public:
    /// Empties the page; its capacity is kept.
    explicit PageWriter(std::string& page);

    void text(std::string_view text);
    void number(double value);
    void count(std::uint64_t value);
    // A whole line: its beginning, the value, the line break.
    void number_line(std::string_view beginning, double value);
    void count_line(std::string_view beginning, std::uint64_t value);
    /// What OpenMetrics puts behind a sample.
    void exemplar(const Exemplar& exemplar);
    void finish();

  private:
    void make_room(std::size_t bytes) {
        if (static_cast<std::size_t>(end_ - at_) < bytes) grow(bytes);
    }
    void grow(std::size_t bytes);

    std::string& page_;
    char* at_;
    char* end_;
};

}  // namespace contagiond::sinks
