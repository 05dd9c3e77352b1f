# cmake -DROOT=... -DFOLDER=... -DCOMPILERS=... -P elementary_bits.cmake: the elementary functions give
# the same bits from every compiler that is here, without and with optimisation, and with the
# instructions of this machine, where the text must still not be contracted.
file(MAKE_DIRECTORY ${FOLDER})
set(expected "")
foreach(compiler IN LISTS COMPILERS)
    foreach(options "-O0" "-O3 -fno-math-errno" "-O3 -march=native")
        separate_arguments(list UNIX_COMMAND "${options}")
        execute_process(
            COMMAND ${compiler} -std=c++20 -ffp-contract=off ${list} -I${ROOT} -o ${FOLDER}/bits
                    ${ROOT}/tests/elementary_bits.cpp ${ROOT}/core/elementary_log.cpp
                    ${ROOT}/core/elementary_exp.cpp ${ROOT}/core/elementary_erfc.cpp
            COMMAND_ERROR_IS_FATAL ANY)
        execute_process(COMMAND ${FOLDER}/bits OUTPUT_VARIABLE bits COMMAND_ERROR_IS_FATAL ANY)
        if(expected STREQUAL "")
            set(expected "${bits}")
        elseif(NOT bits STREQUAL expected)
            message(FATAL_ERROR "${compiler} ${options} gives\n${bits}instead of\n${expected}")
        endif()
        message(STATUS "${compiler} ${options}: as the others")
    endforeach()
endforeach()
