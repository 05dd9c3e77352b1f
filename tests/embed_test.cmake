# The script that puts files into the binary, on a folder made here:
#   cmake -DEMBED=<embed.cmake> -DFOLDER=<scratch> -DGZIP=<gzip or nothing> -P embed_test.cmake
function(check what)
    if(NOT (${ARGN}))
        message(FATAL_ERROR "embed.cmake: ${what}")
    endif()
endfunction()
function(embed output)
    execute_process(COMMAND ${CMAKE_COMMAND} -DOUTPUT=${FOLDER}/${output} -DFUNCTION=some_files
                            -DFOLDER=${FOLDER}/in -DGZIP=${GZIP} -P ${EMBED}
                    COMMAND_ERROR_IS_FATAL ANY)
    file(READ ${FOLDER}/${output} text)
    set(${output} "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${FOLDER})
string(REPEAT "a;[b]\\\n" 500 long)
file(WRITE ${FOLDER}/in/index.html "${long}")
file(WRITE ${FOLDER}/in/assets/app-1.js "AB")
embed(first)
string(FIND "${first}" "{\"assets/app-1.js\", {reinterpret_cast<const char*>(file_0), 2}, {}}" small)
check("a file in a folder keeps its path, and is not packed where that is not smaller" small GREATER 0)
string(FIND "${first}" "{0x41,0x42,0}" bytes)
check("bytes are the file's" bytes GREATER 0)
string(FIND "${first}" "{\"index.html\", {reinterpret_cast<const char*>(file_1), 3500}" plain)
check("the other file is there, whole" plain GREATER 0)
string(FIND "${first}" "packed_1), " packed)
if(GZIP)
    check("what gets smaller is packed" packed GREATER 0)
endif()

# Another time of the same files, another order of making them: the same text.
file(REMOVE_RECURSE ${FOLDER}/in)
file(WRITE ${FOLDER}/in/assets/app-1.js "AB")
execute_process(COMMAND ${CMAKE_COMMAND} -E sleep 1.1)
file(WRITE ${FOLDER}/in/index.html "${long}")
embed(second)
check("the same files give the same text" first STREQUAL second)
file(REMOVE_RECURSE ${FOLDER})
