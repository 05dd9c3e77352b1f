# Builds the page into a folder, at build time:
#   cmake -DNPM=... -DNODE=... -DSOURCE=<daemon/web> -DOUTPUT=<folder> -P build_page.cmake
set(without "\n  (-DCONTAGIOND_WEB=OFF builds contagiond without its page)")
# The packages are shared by all build folders: one at a time.
file(LOCK ${SOURCE}/.building GUARD PROCESS TIMEOUT 900)

# npm writes this file last: newer than the lock, it means that nothing is to be done.
set(installed ${SOURCE}/node_modules/.package-lock.json)
if(NOT EXISTS ${installed} OR ${SOURCE}/package-lock.json IS_NEWER_THAN ${installed})
    execute_process(
        COMMAND ${NPM} ci --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error
        WORKING_DIRECTORY ${SOURCE} RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "npm could not fetch the page's packages${without}")
    endif()
endif()
# vite itself, and not npx: that would fetch what it does not find.
execute_process(
    COMMAND ${CMAKE_COMMAND} -E env --unset=NODE_ENV
            ${NODE} node_modules/vite/bin/vite.js build --outDir ${OUTPUT} --emptyOutDir --logLevel warn
    WORKING_DIRECTORY ${SOURCE} RESULT_VARIABLE result)
if(NOT result EQUAL 0 OR NOT EXISTS ${OUTPUT}/index.html)
    message(FATAL_ERROR "vite could not build the page${without}")
endif()
