# Writes a C++ source holding the given files as byte arrays, and a function that lists them:
#   cmake -DOUTPUT=... -DFUNCTION=... -DFILES=... -P embed.cmake
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
# One empty entry behind the last, for a table of none would not compile.
file(WRITE ${OUTPUT} "// Made by embed.cmake.
#include \"daemon/embedded_files.hpp\"
namespace contagiond::daemon {
namespace {
${arrays}}  // namespace
std::span<const EmbeddedFile> ${FUNCTION}() {
    static const EmbeddedFile files[] = {
${table}        {}};
    return {files, ${index}};
}
}  // namespace contagiond::daemon
")
