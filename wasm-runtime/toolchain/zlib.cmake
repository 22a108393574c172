# The target skerry_zlib, for #include <zlib.h> in every configuration: the system's zlib natively; for WebAssembly
# the part of it that works in memory, compiled from the distribution's source package, which shared/tools/setup keeps in
# the cache.
if(SKERRY_NATIVE)
  find_package(ZLIB REQUIRED)
  add_library(skerry_zlib INTERFACE)
  target_link_libraries(skerry_zlib INTERFACE ZLIB::ZLIB)
  return()
endif()

file(STRINGS "${PROJECT_SOURCE_DIR}/shared/tools/versions" _zlib_version REGEX "^zlib_version=")
string(REPLACE "zlib_version=" "" _zlib_version "${_zlib_version}")
set(_cache "$ENV{SKERRY_CACHE}")
if(NOT _cache)
  set(_cache "$ENV{HOME}/.cache/skerry")
endif()
set(SKERRY_ZLIB_SOURCE "${_cache}/zlib-${_zlib_version}/src" CACHE PATH "zlib's source")
if(NOT EXISTS "${SKERRY_ZLIB_SOURCE}/zlib.h")
  message(FATAL_ERROR "No zlib source in ${SKERRY_ZLIB_SOURCE}: run shared/tools/setup build")
endif()

set(_sources adler32 compress crc32 deflate infback inffast inflate inftrees trees uncompr zutil)
list(TRANSFORM _sources PREPEND "${SKERRY_ZLIB_SOURCE}/")
list(TRANSFORM _sources APPEND ".c")
add_library(skerry_zlib STATIC ${_sources})
target_compile_options(skerry_zlib PRIVATE -O2 -w)
target_include_directories(skerry_zlib SYSTEM PUBLIC "${SKERRY_ZLIB_SOURCE}")
