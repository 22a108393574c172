# Compiles for browsers and Node with Emscripten: the one named by SKERRY_EMSCRIPTEN (shared/tools/env sets it, to an active emsdk
# where there is one), else the one that shared/tools/setup keeps in the cache.
#
# No exceptions, link-time optimisation, 64-bit integers as BigInt.
set(_root "$ENV{SKERRY_EMSCRIPTEN}")
if(NOT _root)
  set(_cache "$ENV{SKERRY_CACHE}")
  if(NOT _cache)
    set(_cache "$ENV{HOME}/.cache/skerry")
  endif()
  file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../../shared/tools/versions" _version REGEX "^emscripten_version=")
  string(REPLACE "emscripten_version=" "" _version "${_version}")
  set(_root "${_cache}/emscripten-${_version}/usr/share/emscripten")
endif()
if(NOT EXISTS "${_root}/cmake/Modules/Platform/Emscripten.cmake")
  message(FATAL_ERROR "No Emscripten in ${_root}: run shared/tools/setup build, or activate an emsdk")
endif()

set(CMAKE_C_FLAGS_INIT "-flto")
set(CMAKE_CXX_FLAGS_INIT "-flto -fno-exceptions -DJSON_NOEXCEPTION")
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG" CACHE STRING "")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG" CACHE STRING "")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-sWASM_BIGINT")
include("${_root}/cmake/Modules/Platform/Emscripten.cmake")
