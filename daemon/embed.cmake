# Writes a C++ source that holds files as byte arrays, and a function that lists them:
#   cmake -DOUTPUT=... -DFUNCTION=... -DFILES=... -P embed.cmake             these, by name alone
#   cmake -DOUTPUT=... -DFUNCTION=... -DFOLDER=... -DGZIP=... -P embed.cmake what is in a folder now,
#                                                    by path in it, and packed where that is smaller
# The same files give the same text: no time, no path of the machine, sorted by name.
if(FOLDER)
    file(GLOB_RECURSE FILES LIST_DIRECTORIES false ${FOLDER}/*)
endif()
set(table "")
set(arrays "")
set(index 0)

# Appends the bytes of `file` as an array called `name`, and sets ${name}_size.
function(append_array name file)
    file(READ ${file} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR bytes "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    set(arrays "${arrays}const unsigned char ${name}[] = {${hex}0};\n" PARENT_SCOPE)
    set(${name}_size ${bytes} PARENT_SCOPE)
endfunction()

foreach(file IN LISTS FILES)
    set(plain file_${index})
    append_array(${plain} ${file})
    set(text "reinterpret_cast<const char*>(${plain}), ${${plain}_size}")
    if(FOLDER)
        file(RELATIVE_PATH name ${FOLDER} ${file})
    else()
        get_filename_component(name ${file} NAME)
    endif()
    set(packed_text "")
    if(GZIP)
        set(packed packed_${index})
        # -n: neither name nor time.
        execute_process(COMMAND ${GZIP} -9 -n -c ${file} OUTPUT_FILE ${OUTPUT}.gz COMMAND_ERROR_IS_FATAL ANY)
        file(SIZE ${OUTPUT}.gz packed_size)
        if(packed_size LESS ${plain}_size)
            append_array(${packed} ${OUTPUT}.gz)
            set(packed_text "reinterpret_cast<const char*>(${packed}), ${${packed}_size}")
        endif()
        file(REMOVE ${OUTPUT}.gz)
    endif()
    string(APPEND table "    {\"${name}\", {${text}}, {${packed_text}}},\n")
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
