# Modules as native code, for the sandbox:
#
#   skerry_translate(NAME MODULE file.wasm [DEPENDS target-or-file …])
#       the static library skerry_module_NAME with the table `skerry_module_NAME` (module.h). NAME: [a-z][a-z0-9]*.
#   skerry_bundle(TARGET)
#       the static library TARGET: bundle.hpp over the functions of Bundle.cmake, each of them translated before.

find_program(SKERRY_WASM2C wasm2c REQUIRED)
execute_process(COMMAND "${SKERRY_WASM2C}" --version OUTPUT_VARIABLE _version OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT _version MATCHES "^1\\.0\\.(32|36)$")
  message(FATAL_ERROR "wasm-runtime/host/wasm-rt.h is for the C of wasm2c 1.0.32 or 1.0.36; ${SKERRY_WASM2C} is ${_version}")
endif()
set(SKERRY_WASM2C_VERSION ${CMAKE_MATCH_1})

set(SKERRY_SANDBOX_DIR "${CMAKE_CURRENT_LIST_DIR}")

# A ceiling of calls bounds the native stack only if no function's frame is large.
set(SKERRY_MODULE_OPTIONS -O2 -fno-sanitize=all -Wno-everything -Wframe-larger-than=4096 -Werror=frame-larger-than)
# The thread sanitizer takes locks in its memset, where the time signal may find a module.
if(SKERRY_SANITIZE MATCHES "thread")
  list(APPEND SKERRY_MODULE_OPTIONS -fno-builtin)
  foreach(call memcpy memmove memset)
    list(APPEND SKERRY_MODULE_OPTIONS -D${call}=__sanitizer_internal_${call})
  endforeach()
endif()
if(SKERRY_COVERAGE)
  list(APPEND SKERRY_MODULE_OPTIONS -fno-profile-instr-generate -fno-coverage-mapping)
endif()

function(skerry_translate name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MODULE" "DEPENDS")
  if(NOT name MATCHES "^[a-z][a-z0-9]*$")
    message(FATAL_ERROR "a function's name is lower-case letters and digits, not '${name}'")
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/translated/${name}")
  file(MAKE_DIRECTORY "${folder}")
  add_custom_command(
    OUTPUT "${folder}/${name}.c" "${folder}/${name}.h"
    COMMAND "${SKERRY_WASM2C}" --module-name ${name} --output "${folder}/${name}.c" "${arg_MODULE}"
    DEPENDS "${arg_MODULE}" ${arg_DEPENDS}
    COMMENT "Translating ${name}.wasm"
    VERBATIM)
  configure_file("${SKERRY_SANDBOX_DIR}/module.c.in" "${folder}/${name}_module.c" @ONLY)
  add_library(skerry_module_${name} STATIC "${folder}/${name}.c" "${folder}/${name}_module.c")
  target_include_directories(skerry_module_${name} PRIVATE "${SKERRY_SANDBOX_DIR}" "${folder}" "${PROJECT_SOURCE_DIR}")
  target_compile_options(skerry_module_${name} PRIVATE ${SKERRY_MODULE_OPTIONS})
  target_compile_definitions(skerry_module_${name} PRIVATE NDEBUG)
  target_link_libraries(skerry_module_${name} PUBLIC skerry_sandbox m)
endfunction()

function(skerry_bundle target)
  set(libraries "")
  set(declarations "")
  set(functions "")
  set(includes "")
  foreach(name IN LISTS SKERRY_FUNCTIONS)
    list(APPEND libraries skerry_module_${name})
    string(APPEND declarations "extern const skerry_module skerry_module_${name};\n")
    set(settings "{}")
    if(EXISTS "${PROJECT_SOURCE_DIR}/functions/${name}/settings.hpp")
      string(APPEND includes "#include \"functions/${name}/settings.hpp\"\n")
      set(settings "functions::${name}_settings")
    endif()
    string(APPEND functions "    {\"${name}\", &skerry_module_${name}, ${SKERRY_FUNCTION_${name}_BODY}, ${settings}},\n")
  endforeach()
  configure_file("${SKERRY_SANDBOX_DIR}/bundle.cpp.in" "${CMAKE_CURRENT_BINARY_DIR}/translated/${target}.cpp" @ONLY)
  add_library(${target} STATIC "${CMAKE_CURRENT_BINARY_DIR}/translated/${target}.cpp")
  target_link_libraries(${target} PUBLIC skerry_sandbox PRIVATE ${libraries} skerry_options)
endfunction()
