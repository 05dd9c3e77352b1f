// The walls of the house as functions over a source tree: which folder may include what, who may
// read a clock, which lists must agree with the disk. Each answers with complaints, one sentence
// each, that name the file; none when the rule holds.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace contagiond::test {

struct SourceFile {
    std::string path;  ///< from the root, with '/'
    std::string text;
};

struct SourceTree {
    std::vector<SourceFile> files;
    std::vector<std::string> top_level;  ///< names in the root, without what is never committed
};

using Complaints = std::vector<std::string>;

/// The project's tree: text files of all rooms, without builds and installed packages.
SourceTree read_tree(const std::filesystem::path& root);

/// Null if the tree has no such file.
const SourceFile* find_file(const SourceTree& tree, std::string_view path);

/// C++ text without comments and without the contents of its literals.
std::string code_only(std::string_view text);

/// core <- feeds <- daemon, core <- daemon/sinks <- daemon, core <- daemon/demo <- daemon; every
/// quoted include is written from the root and names a file that is there.
Complaints include_arrows(const SourceTree& tree);

/// Sinks do not know each other.
Complaints sinks_are_strangers(const SourceTree& tree);

/// Each outside library only in the files that are there to hide it.
Complaints libraries_in_their_place(const SourceTree& tree);

/// Time is read in two places.
Complaints clock_reads(const SourceTree& tree);

/// No clock, random source, thread, locale, file or stream in core.
Complaints core_is_pure(const SourceTree& tree);

/// core's logarithms and the like are those of core/elementary.hpp, and no number is wider than a
/// double: what the C library gives depends on the processor.
Complaints core_has_its_own_functions(const SourceTree& tree);

/// A venue is a file of feeds/venues and a line in the table, under one name.
Complaints venues_on_disk(const SourceTree& tree, std::span<const std::string> table_ids);

/// The README's rows "| `id` | name | ..." are the table's, in its order.
Complaints venues_in_readme(const SourceTree& tree,
                            std::span<const std::pair<std::string, std::string>> table);

/// Every contagiond_... name in documents, configuration and rules is a metric (or a build target).
Complaints metric_names(const SourceTree& tree, const std::set<std::string>& metrics);

/// The root holds exactly what the design lists.
Complaints top_level(const SourceTree& tree);

/// No source or script is longer than `lines`.
Complaints short_files(const SourceTree& tree, std::size_t lines);

/// What CMake looks for is what deploy/common.sh installs, and the other way round.
Complaints packages_agree(const SourceTree& tree);

}  // namespace contagiond::test
