#include "tests/support/house_rules.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

namespace contagiond::test {
namespace {

namespace fs = std::filesystem;

struct Include {
    std::string name;
    bool quoted = false;
};

bool starts_with_any(std::string_view path, std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return path.starts_with(prefix); });
}

bool is_cpp(std::string_view path) {
    return path.ends_with(".cpp") || path.ends_with(".hpp");
}

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return path.ends_with(ending); });
}

std::vector<Include> includes_of(const SourceFile& file) {
    static const std::regex line(R"(^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">])",
                                 std::regex::ECMAScript | std::regex::multiline);
    std::vector<Include> found;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), line), end; it != end; ++it)
        found.push_back({(*it)[2].str(), (*it)[1].str() == "\""});
    return found;
}

/// Which room a path stands in; empty for what is no source of the daemon.
std::string_view room_of(std::string_view path) {
    for (const std::string_view room :
         {"core", "feeds", "daemon/sinks", "daemon/demo", "daemon", "tests"})
        if (path.starts_with(room) && path.size() > room.size() && path[room.size()] == '/')
            return room;
    return {};
}

bool arrow_allowed(std::string_view from, std::string_view to) {
    if (from == to || from == "tests") return true;
    if (to == "core") return from != "core";
    return from == "daemon" && to != "tests";
}

Complaints matches_outside(const SourceTree& tree, const std::regex& pattern, std::string_view what,
                           std::initializer_list<std::string_view> rooms,
                           std::initializer_list<std::string_view> allowed) {
    Complaints complaints;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path) || !starts_with_any(file.path, rooms)) continue;
        if (std::find(allowed.begin(), allowed.end(), file.path) != allowed.end()) continue;
        const std::string code = code_only(file.text);
        std::smatch match;
        if (std::regex_search(code, match, pattern))
            complaints.push_back(file.path + " " + std::string(what) + ": " + match.str());
    }
    return complaints;
}

/// The words of a bash array `name=( ... )`.
std::set<std::string> bash_array(const std::string& text, const std::string& name) {
    std::set<std::string> words;
    const std::size_t begin = text.find("\n" + name + "=(");
    if (begin == std::string::npos) return words;
    const std::size_t open = text.find('(', begin) + 1;
    std::istringstream in(text.substr(open, text.find(')', open) - open));
    for (std::string word; in >> word;) words.insert(word);
    return words;
}

}  // namespace

SourceTree read_tree(const fs::path& root) {
    constexpr std::array rooms = {"core", "feeds", "daemon", "config", "deploy", "tests"};
    SourceTree tree;
    const auto add = [&](const fs::path& path) {
        std::ifstream in(path, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        tree.files.push_back({fs::relative(path, root).generic_string(), text.str()});
    };
    for (const auto& entry : fs::directory_iterator(root)) {
        const std::string name = entry.path().filename().string();
        // What .gitignore keeps out of the project is no part of it.
        if (name == ".git" || name == "build" || name.starts_with("build-") || name == ".cache" ||
            name == "compile_commands.json" || name == "CMakeUserPresets.json")
            continue;
        tree.top_level.push_back(name);
        if (entry.is_regular_file()) add(entry.path());
    }
    for (const char* room : rooms) {
        if (!fs::exists(root / room)) continue;
        for (auto it = fs::recursive_directory_iterator(root / room), end = fs::end(it); it != end;
             ++it) {
            const std::string name = it->path().filename().string();
            if (it->is_directory() && (name == "node_modules" || name == "__pycache__"))
                it.disable_recursion_pending();
            else if (it->is_regular_file())
                add(it->path());
        }
    }
    std::sort(tree.files.begin(), tree.files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    std::sort(tree.top_level.begin(), tree.top_level.end());
    return tree;
}

const SourceFile* find_file(const SourceTree& tree, std::string_view path) {
    for (const SourceFile& file : tree.files)
        if (file.path == path) return &file;
    return nullptr;
}

std::string code_only(std::string_view text) {
    std::string code;
    code.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view rest = text.substr(i);
        if (rest.starts_with("//")) {
            i = std::min(text.find('\n', i), text.size());
        } else if (rest.starts_with("/*")) {
            const std::size_t end = text.find("*/", i + 2);
            i = end == std::string_view::npos ? text.size() : end + 2;
            code += ' ';
        } else if (rest.starts_with("R\"")) {
            const std::size_t open = text.find('(', i);
            if (open == std::string_view::npos) break;
            const std::string close = ")" + std::string(text.substr(i + 2, open - i - 2)) + "\"";
            const std::size_t end = text.find(close, open);
            i = end == std::string_view::npos ? text.size() : end + close.size();
            code += "\"\"";
        } else if (text[i] == '"' ||
                   // Not the separator of a number such as 1'000.
                   (text[i] == '\'' &&
                    (i == 0 || !std::isalnum(static_cast<unsigned char>(text[i - 1]))))) {
            const char quote = text[i++];
            code += quote;
            while (i < text.size() && text[i] != quote && text[i] != '\n')
                i += text[i] == '\\' ? 2u : 1u;
            code += quote;
            if (i < text.size()) ++i;
        } else {
            code += text[i++];
        }
    }
    return code;
}

Complaints include_arrows(const SourceTree& tree) {
    Complaints complaints;
    for (const SourceFile& file : tree.files) {
        const std::string_view from = room_of(file.path);
        if (!is_cpp(file.path) || from.empty()) continue;
        for (const Include& include : includes_of(file)) {
            if (!include.quoted) continue;
            if (!find_file(tree, include.name)) {
                complaints.push_back(file.path + " includes \"" + include.name +
                                     "\", which is no file counted from the root");
            } else if (!arrow_allowed(from, room_of(include.name))) {
                complaints.push_back(file.path + " includes " + include.name + ", but " +
                                     std::string(from) + " does not know " +
                                     std::string(room_of(include.name)));
            }
        }
    }
    return complaints;
}

Complaints sinks_are_strangers(const SourceTree& tree) {
    // The formats of webhooks are the outbox' own.
    constexpr std::array<std::string_view, 6> siblings = {"outbox",    "journal", "metrics",
                                                          "dashboard", "bus",     "shadow"};
    const std::string folder = "daemon/sinks/";
    const auto sibling_of = [&](std::string_view path) -> std::string_view {
        if (!path.starts_with(folder)) return {};
        for (const std::string_view sibling : siblings)
            if (path.substr(folder.size()).starts_with(sibling)) return sibling;
        return path.starts_with(folder + "webhook/") ? siblings[0] : std::string_view{};
    };
    Complaints complaints;
    for (const SourceFile& file : tree.files) {
        const std::string_view self = sibling_of(file.path);
        if (self.empty()) continue;
        for (const Include& include : includes_of(file)) {
            const std::string_view other = sibling_of(include.name);
            if (!other.empty() && other != self)
                complaints.push_back(file.path + " includes " + include.name +
                                     ", but sinks do not know each other");
        }
    }
    return complaints;
}

Complaints libraries_in_their_place(const SourceTree& tree) {
    struct Place {
        std::string_view library;
        std::vector<std::string_view> headers;  ///< beginnings of include names
        std::vector<std::string_view> files;    ///< beginnings of paths
    };
    static const std::vector<std::string_view> sockets = {
        "feeds/session", "feeds/asio_impl", "daemon/http_", "daemon/feed_thread", "daemon/demo/"};
    static const std::vector<Place> places = {
        {"simdjson", {"simdjson"}, {"feeds/"}},
        {"Asio and Beast", {"boost/asio", "boost/beast"}, sockets},
        // Digests need no socket.
        {"OpenSSL",
         {"openssl/"},
         {"feeds/session", "feeds/asio_impl", "daemon/http_", "daemon/demo/",
          "daemon/sinks/webhook/signature.cpp", "daemon/sha256.cpp"}},
        {"prometheus-cpp", {"prometheus/"}, {"daemon/sinks/metrics"}},
        {"SQLite", {"sqlite3"}, {"daemon/sinks/outbox"}},
        {"the bus client", {"nats"}, {"daemon/sinks/bus", "feeds/bus"}},
        {"yaml-cpp", {"yaml-cpp/"}, {"daemon/config"}},
        {"CLI11", {"CLI/"}, {"daemon/commands/"}},
        {"a JSON tree", {"nlohmann/"}, {"daemon/"}},
    };
    Complaints complaints;
    for (const SourceFile& file : tree.files) {
        if (!starts_with_any(file.path, {"core/", "feeds/", "daemon/"})) continue;
        for (const Include& include : includes_of(file)) {
            for (const Place& place : places) {
                const auto begins = [](std::string_view text) {
                    return [text](std::string_view prefix) { return text.starts_with(prefix); };
                };
                if (std::any_of(place.headers.begin(), place.headers.end(), begins(include.name)) &&
                    std::none_of(place.files.begin(), place.files.end(), begins(file.path)))
                    complaints.push_back(file.path + " includes " + include.name + ", but " +
                                         std::string(place.library) + " is kept out of here");
            }
        }
    }
    return complaints;
}

Complaints clock_reads(const SourceTree& tree) {
    static const std::regex pattern(
        R"(\b\w*[Cc]lock\w*::now\b|\bclock_gettime\b|\bgettimeofday\b|\btime\s*\(\s*(nullptr|NULL|0)\s*\))");
    return matches_outside(tree, pattern, "reads a clock", {"core/", "feeds/", "daemon/"},
                           {"daemon/clock.cpp", "feeds/session_connection.cpp"});
}

Complaints core_is_pure(const SourceTree& tree) {
    static const std::regex words(
        R"(\brandom_device\b|\bs?rand\s*\(|\bstd::(mutex|thread|jthread|locale|ofstream|ifstream|cout|cerr)\b|\b(printf|fopen|getenv|setlocale)\s*\()");
    Complaints complaints = matches_outside(tree, words, "is not pure", {"core/"}, {});
    constexpr std::array<std::string_view, 16> banned = {
        "thread",  "mutex",      "shared_mutex", "condition_variable",
        "future",  "fstream",    "iostream",     "ostream",
        "istream", "sstream",    "random",       "chrono",
        "locale",  "filesystem", "ctime",        "cstdio"};
    for (const SourceFile& file : tree.files) {
        if (!file.path.starts_with("core/")) continue;
        for (const Include& include : includes_of(file)) {
            // Nothing with a dot or a folder belongs to the standard library.
            const bool standard = include.name.find_first_of("./") == std::string::npos;
            if (include.quoted) continue;
            if (!standard || std::find(banned.begin(), banned.end(), include.name) != banned.end())
                complaints.push_back(file.path + " includes <" + include.name +
                                     ">, but core is arithmetic on values");
        }
    }
    return complaints;
}

Complaints core_has_its_own_functions(const SourceTree& tree) {
    const std::string names =
        "(a?(cos|sin|tan)h?|atan2|cbrt|erfc?|exp(2|10|m1)?|fma|hypot|[lt]gamma|log(2|10|1p)?|pow|"
        "(expint|beta|legendre|riemann_zeta))[fl]?";
    // Of the standard library under any name; and as C knows them, where no namespace, object or
    // type stands before the name.
    const std::regex standard("(\\bstd\\s*::\\s*|\\b__builtin_)" + names + "\\b");
    const std::regex plain("(^|[^\\w\\s.:>]|\\breturn|[^\\w\\s.:>]\\s|\\s::|\\(::)\\s*" + names +
                           "\\s*\\(");
    const std::regex wide("\\blong\\s+double\\b|\\b__float128\\b|\\b_Float\\d+");
    constexpr std::string_view what = "takes from the C library what differs between machines";
    Complaints complaints = matches_outside(tree, standard, what, {"core/"}, {});
    const Complaints more =
        matches_outside(tree, plain, what, {"core/"},
                        {"core/elementary.hpp", "core/elementary_log.cpp",
                         "core/elementary_exp.cpp", "core/elementary_erfc.cpp"});
    complaints.insert(complaints.end(), more.begin(), more.end());
    const Complaints wider = matches_outside(
        tree, wide, "has a number whose width differs between machines", {"core/"}, {});
    complaints.insert(complaints.end(), wider.begin(), wider.end());
    return complaints;
}

Complaints venues_on_disk(const SourceTree& tree, std::span<const std::string> table_ids) {
    const std::string folder = "feeds/venues/";
    Complaints complaints;
    std::set<std::string> on_disk;
    for (const SourceFile& file : tree.files)
        if (file.path.starts_with(folder) && file.path.ends_with(".cpp"))
            on_disk.insert(file.path.substr(folder.size(), file.path.size() - folder.size() - 4));
    for (const std::string& id : table_ids)
        if (on_disk.erase(id) == 0)
            complaints.push_back("the table has the venue " + id + ", but there is no " + folder +
                                 id + ".cpp");
    for (const std::string& id : on_disk)
        complaints.push_back(folder + id + ".cpp has no line in feeds/venues.cpp");
    return complaints;
}

Complaints venues_in_readme(const SourceTree& tree,
                            std::span<const std::pair<std::string, std::string>> table) {
    const SourceFile* readme = find_file(tree, "README.md");
    if (!readme) return {"there is no README.md"};
    // The table whose first column is called venue, to the first line that is no row.
    static const std::regex row(R"(^\| `([a-z0-9_]+)` \| ([^|]*[^| ]) *\|)");
    std::vector<std::pair<std::string, std::string>> rows;
    std::istringstream lines(readme->text);
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (line.starts_with("| venue |"))
            inside = true;
        else if (!line.starts_with("|"))
            inside = false;
        else if (inside && std::regex_search(line, match, row))
            rows.emplace_back(match[1].str(), match[2].str());
    }
    Complaints complaints;
    for (const auto& venue : table)
        if (std::find(rows.begin(), rows.end(), venue) == rows.end())
            complaints.push_back("README.md has no row \"| `" + venue.first + "` | " +
                                 venue.second + " |\"");
    for (const auto& venue : rows)
        if (std::find(table.begin(), table.end(), venue) == table.end())
            complaints.push_back("README.md has the venue " + venue.first + " (" + venue.second +
                                 "), which is not in the table");
    if (complaints.empty() && !std::equal(rows.begin(), rows.end(), table.begin(), table.end()))
        complaints.push_back("README.md lists the venues twice or in another order than the table");
    return complaints;
}

Complaints metric_names(const SourceTree& tree, const std::set<std::string>& metrics) {
    static const std::regex name(R"(\bcontagiond_[a-z0-9_]*[a-z0-9])");
    static const std::regex target(R"((add_library|add_executable)\((contagiond_[a-z0-9_]+))");
    std::set<std::string> targets;
    for (const SourceFile& file : tree.files) {
        if (!file.path.ends_with("CMakeLists.txt")) continue;
        for (std::sregex_iterator it(file.text.begin(), file.text.end(), target), end; it != end;
             ++it)
            targets.insert((*it)[2].str());
    }
    Complaints complaints;
    for (const SourceFile& file : tree.files) {
        const bool document = file.path.ends_with(".md");
        const bool operated = starts_with_any(file.path, {"deploy/", "config/"}) &&
                              ends_with_any(file.path, {".yml", ".yaml", ".json", ".rules"});
        if (!document && !operated) continue;
        std::set<std::string> told;
        for (std::sregex_iterator it(file.text.begin(), file.text.end(), name), end; it != end;
             ++it) {
            std::string metric = it->str();
            if (document && targets.contains(metric)) continue;
            if (metrics.contains(metric)) continue;
            // What Prometheus makes of a histogram.
            const std::string full = metric;
            for (const std::string_view suffix : {"_bucket", "_sum", "_count"})
                if (metric.ends_with(suffix)) metric.resize(metric.size() - suffix.size());
            if (!metrics.contains(metric) && told.insert(full).second)
                complaints.push_back(file.path + " speaks of " + full + ", which is no metric");
        }
    }
    return complaints;
}

Complaints top_level(const SourceTree& tree) {
    static const std::set<std::string> listed = {"CMakeLists.txt",
                                                 "CMakePresets.json",
                                                 "README.md",
                                                 "ARCHITECTURE.md",
                                                 "CONTRIBUTING.md",
                                                 "CHANGELOG.md",
                                                 "LICENSE",
                                                 "core",
                                                 "feeds",
                                                 "daemon",
                                                 "config",
                                                 "deploy",
                                                 "tests"};
    Complaints complaints;
    const std::set<std::string> there(tree.top_level.begin(), tree.top_level.end());
    for (const std::string& name : there)
        if (!listed.contains(name) && !name.starts_with('.'))
            complaints.push_back(name + " is not in the design's list of the top level");
    for (const std::string& name : listed)
        if (!there.contains(name)) complaints.push_back(name + " is missing from the top level");
    return complaints;
}

Complaints short_files(const SourceTree& tree, std::size_t lines) {
    Complaints complaints;
    for (const SourceFile& file : tree.files) {
        const bool source =
            ends_with_any(file.path, {".cpp", ".hpp", ".txt", ".cmake", ".sh", ".ts", ".js", ".css",
                                      ".html", ".py", ".mjs", "deploy/demo", "deploy/test"});
        const auto count =
            static_cast<std::size_t>(std::count(file.text.begin(), file.text.end(), '\n'));
        if (source && count > lines)
            complaints.push_back(file.path + " has " + std::to_string(count) +
                                 " lines, more than " + std::to_string(lines));
    }
    return complaints;
}

Complaints packages_agree(const SourceTree& tree) {
    static const std::map<std::string, std::string> package_of = {
        {"Boost", "libboost1.81-dev"},
        {"OpenSSL", "libssl-dev"},
        {"simdjson", "libsimdjson-dev"},
        {"nlohmann_json", "nlohmann-json3-dev"},
        {"RapidJSON", "rapidjson-dev"},
        {"yaml-cpp", "libyaml-cpp-dev"},
        {"prometheus-cpp", "prometheus-cpp-dev"},
        {"CLI11", "libcli11-dev"},
        {"fmt", "libfmt-dev"},
        {"ZLIB", "zlib1g-dev"},
        {"Catch2", "catch2"},
        {"benchmark", "libbenchmark-dev"},
        {"SQLite3", "libsqlite3-dev"},
        {"zstd", "libzstd-dev"},
        {"cnats", "libnats-dev"},
        {"Threads", ""},
        {"PkgConfig", "pkg-config"},
        {"libcrypt", "libcrypt-dev"},
    };
    const SourceFile* script = find_file(tree, "deploy/common.sh");
    if (!script) return {"there is no deploy/common.sh"};
    const std::set<std::string> build = bash_array(script->text, "build_packages");
    const std::set<std::string> test = bash_array(script->text, "test_packages");
    static const std::regex call(R"((?:find_package|pkg_check_modules)\(\s*([A-Za-z0-9_-]+))");
    Complaints complaints;
    std::set<std::string> wanted;
    for (const SourceFile& file : tree.files) {
        if (!file.path.ends_with("CMakeLists.txt")) continue;
        const bool of_tests = file.path.starts_with("tests/");
        for (std::sregex_iterator it(file.text.begin(), file.text.end(), call), end; it != end;
             ++it) {
            const auto known = package_of.find((*it)[1].str());
            if (known == package_of.end()) {
                complaints.push_back(file.path + " looks for " + (*it)[1].str() +
                                     ", whose package this rule does not know");
                continue;
            }
            const std::string& package = known->second;
            if (package.empty()) continue;
            wanted.insert(package);
            if (!build.contains(package) && !(of_tests && test.contains(package)))
                complaints.push_back(file.path + " looks for " + known->first +
                                     ", but deploy/common.sh does not install " + package);
        }
    }
    for (const auto* list : {&build, &test})
        for (const std::string& package : *list)
            if ((package.ends_with("-dev") || package == "catch2") && !wanted.contains(package) &&
                !package.starts_with("libclang"))
                complaints.push_back("deploy/common.sh installs " + package +
                                     ", which no CMakeLists.txt looks for");
    return complaints;
}

}  // namespace contagiond::test
