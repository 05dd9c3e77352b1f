# The page in the binary: web_files.cpp, out of what npm makes of daemon/web. The names of those files
# are known only then, so the whole folder is embedded at build time, each file plain and packed.
set(page_source ${CMAKE_CURRENT_SOURCE_DIR}/web)
set(page_output ${CMAKE_CURRENT_BINARY_DIR}/page)
set(page_absent "")
if(NOT CONTAGIOND_WEB)
    set(page_absent "CONTAGIOND_WEB is off")
else()
    find_program(CONTAGIOND_NPM npm)
    find_program(CONTAGIOND_NODE NAMES node nodejs)
    if(NOT CONTAGIOND_NPM OR NOT CONTAGIOND_NODE)
        set(page_absent "npm or Node.js is not installed")
    else()
        execute_process(COMMAND ${CONTAGIOND_NODE} --version
                        OUTPUT_VARIABLE node_version ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
        string(REGEX REPLACE "^v" "" node_version "${node_version}")
        if(node_version VERSION_LESS 18)
            set(page_absent "Node.js is older than 18")
        endif()
    endif()
endif()

find_program(CONTAGIOND_GZIP gzip)
set(embed_page ${CMAKE_COMMAND} -DOUTPUT=${CMAKE_CURRENT_BINARY_DIR}/web_files.cpp -DFUNCTION=web_files
    -DGZIP=$<$<BOOL:${CONTAGIOND_GZIP}>:${CONTAGIOND_GZIP}>)
if(page_absent)
    message(WARNING "${page_absent}: contagiond is built without its page. Its API, alerts and metrics are complete.")
    set(page_folder ${CMAKE_CURRENT_SOURCE_DIR}/no_page)
    add_custom_command(
        OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/web_files.cpp
        COMMAND ${embed_page} -DFOLDER=${page_folder} -P ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake
        DEPENDS ${page_folder}/index.html embed.cmake
        VERBATIM)
else()
    file(GLOB_RECURSE page_inputs CONFIGURE_DEPENDS ${page_source}/src/* ${page_source}/public/*)
    file(GLOB page_settings CONFIGURE_DEPENDS ${page_source}/*.html ${page_source}/*.json ${page_source}/*.ts)
    add_custom_command(
        OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/web_files.cpp
        COMMAND ${CMAKE_COMMAND} -DNPM=${CONTAGIOND_NPM} -DNODE=${CONTAGIOND_NODE} -DSOURCE=${page_source}
                -DOUTPUT=${page_output} -P ${CMAKE_CURRENT_SOURCE_DIR}/build_page.cmake
        COMMAND ${embed_page} -DFOLDER=${page_output} -P ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake
        DEPENDS ${page_inputs} ${page_settings} embed.cmake build_page.cmake
        COMMENT "Building the page"
        VERBATIM)
endif()
