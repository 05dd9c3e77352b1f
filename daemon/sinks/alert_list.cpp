#include "daemon/sinks/alert_list.hpp"

#include <set>
#include <utility>

namespace contagiond::sinks {
namespace {

void append_marked(std::string& out, std::string_view document, std::string_view marks) {
    out += document;
    if (marks.empty()) return;
    out.back() = ',';  // for the closing brace
    out.append(marks) += '}';
}

}  // namespace

void AlertList::add(std::string_view id, core::TimeNs ts, std::string document,
                    std::shared_ptr<const std::string> explanation) {
    rows_.push_back({std::string(id), ts, std::move(document), std::move(explanation)});
    while (rows_.size() > kept_) rows_.pop_front();
}

std::string AlertList::json(core::TimeNs since, std::size_t limit, const Marks& marks) const {
    std::string out = "[";
    std::set<std::string_view> seen;
    for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
        if (seen.size() >= limit) break;
        if (row->ts <= since || !seen.insert(row->id).second) continue;
        if (out.size() > 1) out += ',';
        append_marked(out, row->document, marks ? marks(row->id) : std::string());
    }
    out += ']';
    return out;
}

std::optional<std::string> AlertList::revisions(std::string_view id, const Marks& marks) const {
    const std::string shown = marks ? marks(id) : std::string();
    std::string out;
    for (const Row& row : rows_) {
        if (row.id != id) continue;
        out += out.empty() ? '[' : ',';
        append_marked(out, row.document, shown);
    }
    if (out.empty()) return std::nullopt;
    out += ']';
    return out;
}

std::vector<std::string> AlertList::ids() const {
    std::vector<std::string> out;
    std::set<std::string_view> seen;
    for (auto row = rows_.rbegin(); row != rows_.rend(); ++row)
        if (seen.insert(row->id).second) out.push_back(row->id);
    return out;
}

std::shared_ptr<const std::string> AlertList::explanation(std::string_view id) const {
    for (auto row = rows_.rbegin(); row != rows_.rend(); ++row)
        if (row->id == id) return row->explanation;
    return nullptr;
}

}  // namespace contagiond::sinks
