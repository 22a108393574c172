# What every folder's CMakeLists.txt uses:
#
#   skerry_library(NAME SOURCES a.cpp … [TESTS a_test.cpp …] [DEPS target …] [TEST_DEPS target …])
#       a static library and, in a native build, the doctest program NAME_test, registered with CTest.
#   skerry_fuzzer(NAME SOURCE x_fuzz.cpp DEPS target … [CORPUS folder …])
#       a libFuzzer program in the `native-asan` build, registered with CTest for a short run from its seeds: the files of
#       CORPUS, and what tests/fuzz makes of the repository's data (tests/fuzz/README.md).
#   skerry_browser_test(NAME TESTS a_test.cpp … DEPS target …)
#       in the `browser` build: the tests as one program for Node, registered with CTest; else nothing.
#   skerry_json, skerry_doctest
#       nlohmann/json's and doctest's headers, for every configuration: <nlohmann/json.hpp>, <doctest/doctest.h>.
#   skerry_zlib
#       <zlib.h>, see wasm-runtime/toolchain/zlib.cmake.
#
# Every target sees the repository's root as its include path: #include "shared/http.hpp".

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(SKERRY_COVERAGE "Instrument for llvm-cov" OFF)
set(SKERRY_SANITIZE "" CACHE STRING "Sanitizers of a native build, for -fsanitize= (address,undefined or thread)")

if(CMAKE_SYSTEM_NAME STREQUAL "WASI" OR CMAKE_SYSTEM_NAME STREQUAL "Emscripten")
  set(SKERRY_NATIVE OFF)
else()
  set(SKERRY_NATIVE ON)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
enable_testing()

find_program(SKERRY_CCACHE ccache)
if(SKERRY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SKERRY_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${SKERRY_CCACHE}")
endif()

add_library(skerry_options INTERFACE)
target_include_directories(skerry_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(skerry_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
if(SKERRY_SANITIZE)
  # With assertions, ours (no NDEBUG) and the standard library's.
  add_compile_options(-fsanitize=${SKERRY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
                      -D_GLIBCXX_ASSERTIONS)
  add_link_options(-fsanitize=${SKERRY_SANITIZE})
  if(SKERRY_SANITIZE MATCHES "address")
    add_compile_options(-fsanitize=fuzzer-no-link)  # coverage, by which the fuzzers find their way
  endif()
endif()
if(SKERRY_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

# Header-only libraries of the system. WebAssembly must not see the rest of /usr/include, so a link to the one folder
# is put on its include path.
function(skerry_system_headers target folder)
  add_library(${target} INTERFACE)
  if(NOT SKERRY_NATIVE)
    find_path(${target}_INCLUDE "${folder}" PATHS /usr/include /usr/local/include REQUIRED NO_CMAKE_FIND_ROOT_PATH)
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/include/${target}")
    file(CREATE_LINK "${${target}_INCLUDE}/${folder}" "${CMAKE_BINARY_DIR}/include/${target}/${folder}" SYMBOLIC)
    target_include_directories(${target} SYSTEM INTERFACE "${CMAKE_BINARY_DIR}/include/${target}")
  endif()
endfunction()

skerry_system_headers(skerry_json nlohmann)
skerry_system_headers(skerry_doctest doctest)
include("${PROJECT_SOURCE_DIR}/wasm-runtime/toolchain/zlib.cmake")

# doctest's main() is compiled once.
if(NOT CMAKE_SYSTEM_NAME STREQUAL "WASI")
  file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/doctest_main.cpp"
       CONTENT "#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN\n#include <doctest/doctest.h>\n")
  add_library(skerry_doctest_main STATIC "${CMAKE_BINARY_DIR}/doctest_main.cpp")
  target_link_libraries(skerry_doctest_main PUBLIC skerry_doctest)
endif()

function(skerry_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;TESTS;DEPS;TEST_DEPS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_DEPS} PRIVATE skerry_options)
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  if(arg_TESTS AND SKERRY_NATIVE)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE ${name} ${arg_TEST_DEPS} skerry_doctest_main skerry_options)
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
endfunction()

function(skerry_browser_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "TESTS;DEPS")
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Emscripten")
    return()
  endif()
  add_executable(${name} ${arg_TESTS})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} skerry_doctest_main skerry_options)
  target_compile_definitions(${name} PRIVATE DOCTEST_CONFIG_NO_EXCEPTIONS_BUT_WITH_ALL_ASSERTS)
  target_link_options(${name} PRIVATE -sENVIRONMENT=node -sEXIT_RUNTIME=1 -sALLOW_MEMORY_GROWTH=1)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

function(skerry_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE;STEPS" "DEPS;CORPUS")
  if(NOT SKERRY_NATIVE OR NOT SKERRY_SANITIZE MATCHES "address")
    return()
  endif()
  add_executable(${name} ${arg_SOURCE})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} skerry_options)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  list(TRANSFORM arg_CORPUS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  add_test(NAME ${name} COMMAND "${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz" ${name} $<TARGET_FILE:${name}> ${arg_CORPUS})
  set_tests_properties(${name} PROPERTIES LABELS fuzz)
  if(arg_STEPS)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT SKERRY_FUZZ_STEPS=${arg_STEPS})
  endif()
endfunction()
