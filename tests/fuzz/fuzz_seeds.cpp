// fuzz_seeds FOLDER: writes, for each venue, FOLDER/<id>/ with a file for each of its own frames
// and of the shapes that its decoder knows, one with all of the former, and the first of each file
// of captures where those lie beside the project.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "feeds/adapter.hpp"
#include "tests/feeds/capture_files.hpp"
#include "tests/feeds/own_frames.hpp"
#include "tests/feeds/shape_twin.hpp"

namespace {

using namespace contagiond;

constexpr std::size_t lines_of_each_file = 60;
constexpr std::size_t bytes_max = 4096;

void write(const std::filesystem::path& file, const std::string& frames) {
    std::ofstream(file, std::ios::binary) << '\0' << frames;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
        return 2;
    }
    for (const feeds::Venue& venue : feeds::venues()) {
        const std::filesystem::path folder = std::filesystem::path(arguments[1]) / venue.id;
        std::filesystem::create_directories(folder);
        std::size_t number = 0;
        std::string all;
        const auto add = [&](const std::string& frame) {
            if (frame.size() <= bytes_max) write(folder / std::to_string(++number), frame);
        };
        for (const std::string& frame : test::own_frames(venue.id)) {
            add(frame);
            all += (all.empty() ? "" : "\n") + frame;
        }
        write(folder / "all", all);
        for (const std::string& frame : test::frames_of_known_shapes(venue.id)) add(frame);
        for (const test::CaptureFile& file : test::capture_files(venue.id)) {
            const auto lines = test::lines_of(test::read_whole(file.messages));
            for (std::size_t i = 0; i < std::min(lines.size(), lines_of_each_file); ++i)
                add(lines[i]);
        }
        std::printf("%s %zu\n", std::string(venue.id).c_str(), number);
    }
}
