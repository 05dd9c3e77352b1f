# cmake -DNM=... -DLIBRARY=... -P core_symbols.cmake: nothing in core asks the C library for a function
# whose last bit may differ between machines, nor for arithmetic wider than a double.
execute_process(COMMAND ${NM} --undefined-only ${LIBRARY} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
if(NOT symbols MATCHES " U mem(cpy|move|set)")
    message(FATAL_ERROR "${NM} shows nothing of ${LIBRARY}")
endif()
set(names "a?(cos|sin|tan)h?|sincos|atan2|cbrt|erfc?|exp(2|10|m1)?|fma|hypot|[lt]gamma|log(2|10|1p)?|pow")
string(REGEX MATCHALL " U (__)?(${names})[fl]?(_finite|_r)?(@[^\n]*)?\n" found "${symbols}")
string(REGEX MATCHALL " U __[a-z]*(tf|xf)[0-9][^\n]*\n" wide "${symbols}")
if(found OR wide)
    message(FATAL_ERROR "${LIBRARY} asks for\n${found}${wide}")
endif()
