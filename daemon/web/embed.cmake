# Writes a C++ source holding the given files as byte arrays: cmake -DOUTPUT=... -DFILES=... -P embed.cmake
set(table "")
set(arrays "")
set(index 0)
foreach(file IN LISTS FILES)
    get_filename_component(name ${file} NAME)
    file(READ ${file} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR bytes "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    string(APPEND arrays "const unsigned char file_${index}[] = {${hex}0};\n")
    string(APPEND table
        "    {\"${name}\", {reinterpret_cast<const char*>(file_${index}), ${bytes}}},\n")
    math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Made by embed.cmake from the files of daemon/web.
#include \"daemon/web_files.hpp\"
namespace contagiond::daemon {
namespace {
${arrays}}  // namespace
std::span<const WebFile> web_files() {
    static const WebFile files[] = {
${table}    };
    return files;
}
}  // namespace contagiond::daemon
")
