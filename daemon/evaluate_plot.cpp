// The trade-off curve as SVG: no script, no font of its own, readable in light and in dark.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "daemon/confidence.hpp"
#include "daemon/evaluate_report.hpp"

namespace contagiond::daemon {
namespace {

constexpr double width = 720, height = 460;
constexpr double left = 70, right = 30, top = 50, bottom = 60;

std::string escape_xml(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '&')
            out += "&amp;";
        else
            out += c;
    }
    return out;
}

/// What fits into one line below the title.
std::string shortened(const std::string& text) {
    constexpr std::size_t bytes_max = 104;
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    // Not in the middle of a character.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end) + " ...";
}

/// A step of 1, 2 or 5 times a power of ten that divides `span` into about five.
double step_for(double span) {
    const double rough = span / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (rough <= factor * power) return factor * power;
    return 10 * power;
}

struct Axis {
    double end = 1;  ///< from 0
    double step = 0.2;
};

Axis axis_for(double largest) {
    Axis axis;
    axis.step = step_for(std::max(largest, 0.05));
    axis.end = axis.step * std::max(1.0, std::ceil(largest * 1.05 / axis.step));
    return axis;
}

double x_of(double rate, const Axis& axis) {
    return left + rate / axis.end * (width - left - right);
}

double y_of(double recall) {
    return height - bottom - recall * (height - top - bottom);
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
                       anchor, text);
}

std::string axes(const Sweep& sweep, const Axis& axis) {
    std::string out;
    const auto line = [&](double x1, double y1, double x2, double y2, const char* kind) {
        out += fmt::format(
            "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", kind,
            x1, y1, x2, y2);
    };
    for (int i = 0; i <= 10; i += 2) {
        const double recall = i / 10.0;
        line(left, y_of(recall), width - right, y_of(recall), "grid");
        out += text_at(left - 8, y_of(recall) + 4, "end", fmt::format("{:.1f}", recall));
    }
    const int digits = axis.step < 0.1 ? 2 : axis.step < 1 ? 1 : 0;
    const int steps = static_cast<int>(std::lround(axis.end / axis.step));
    for (int i = 0; i <= steps; ++i) {
        const double rate = i * axis.step;
        line(x_of(rate, axis), y_of(0), x_of(rate, axis), y_of(0) + 5, "axis");
        out +=
            text_at(x_of(rate, axis), y_of(0) + 20, "middle", fmt::format("{:.{}f}", rate, digits));
    }
    line(left, y_of(0), width - right, y_of(0), "axis");
    line(left, y_of(0), left, y_of(1), "axis");
    out += text_at((left + width - right) / 2, height - 16, "middle",
                   fmt::format("false alarms per {}", sweep.period));
    out += fmt::format(
        "<text transform=\"translate(20 {:.1f}) rotate(-90)\" "
        "text-anchor=\"middle\">recall (share of spillovers found)</text>\n",
        (y_of(0) + y_of(1)) / 2);
    return out;
}

/// 95 % of either figure, as a faint cross.
std::string intervals(const SweepPoint& p, const Axis& axis) {
    const auto recall = wilson_interval(p.hits, p.events);
    const auto rate = poisson_interval(p.false_alarms, p.exposure);
    const double x = x_of(*p.false_rate(), axis), y = y_of(*p.recall());
    std::string out;
    if (recall)
        out += fmt::format(
            "<line class=\"interval\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" "
            "y2=\"{2:.1f}\"/>\n",
            x, y_of(recall->low), y_of(recall->high));
    if (rate)
        out += fmt::format(
            "<line class=\"interval\" x1=\"{0:.1f}\" y1=\"{2:.1f}\" x2=\"{1:.1f}\" "
            "y2=\"{2:.1f}\"/>\n",
            x_of(rate->low, axis), x_of(std::min(rate->high, axis.end), axis), y);
    return out;
}

}  // namespace

std::string sweep_plot(const Sweep& sweep) {
    std::vector<const SweepPoint*> points;
    double largest = 0;
    for (const SweepPoint& p : sweep.points) {
        if (!p.recall() || !p.false_rate()) continue;
        points.push_back(&p);
        largest = std::max(largest, *p.false_rate());
    }
    const Axis axis = axis_for(largest);
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
        "width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
        "<style>svg {{ background: #fff; color: #222 }} text {{ fill: currentColor }} "
        ".grid {{ stroke: currentColor; opacity: .15 }} .axis {{ stroke: currentColor }} "
        ".interval {{ stroke: #2a6fdb; opacity: .25 }} .curve {{ fill: none; stroke: #2a6fdb; "
        "stroke-width: 1.5 }} .point {{ fill: #2a6fdb }} "
        "@media (prefers-color-scheme: dark) {{ svg {{ background: #16181d; color: #ddd }} }}"
        "</style>\n",
        width, height);
    out += fmt::format("<title>{} swept: recall against false alarms</title>\n",
                       escape_xml(sweep.key));
    out += fmt::format("<text x=\"{:.0f}\" y=\"20\" font-size=\"15\">{} swept</text>\n", left,
                       escape_xml(sweep.key));
    out += fmt::format("<text x=\"{:.0f}\" y=\"36\" font-size=\"11\">{}</text>\n", left,
                       escape_xml(shortened(sweep.subject)));
    out += axes(sweep, axis);
    for (const SweepPoint* p : points) out += intervals(*p, axis);
    std::string curve;
    for (const SweepPoint* p : points)
        curve += fmt::format("{}{:.1f},{:.1f}", curve.empty() ? "" : " ",
                             x_of(*p->false_rate(), axis), y_of(*p->recall()));
    if (!curve.empty()) out += fmt::format("<polyline class=\"curve\" points=\"{}\"/>\n", curve);
    // Points that fall on one spot share a label.
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double x = x_of(*points[i]->false_rate(), axis), y = y_of(*points[i]->recall());
        out += fmt::format("<circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>\n", x, y);
        const auto label_of = [](const SweepPoint& p) {
            return p.budget ? fmt::format("{} (budget {:.2g})", p.value, *p.budget) : p.value;
        };
        std::string label = label_of(*points[i]);
        while (i + 1 < points.size() &&
               std::abs(x_of(*points[i + 1]->false_rate(), axis) - x) < 14 &&
               std::abs(y_of(*points[i + 1]->recall()) - y) < 14)
            label += ", " + label_of(*points[++i]);
        const bool at_right_edge = x > width - right - 120;
        out += text_at(at_right_edge ? x - 8 : x + 8, y - 8, at_right_edge ? "end" : "start",
                       escape_xml(label));
    }
    return out + "</svg>\n";
}

}  // namespace contagiond::daemon
