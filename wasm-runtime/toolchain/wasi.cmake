# Compiles for WASI preview 1. With WASI_SDK_PATH in the environment (or as a CMake variable) an official WASI SDK
# is taken, else the distribution's LLVM (19 or newer) with its wasi-libc and libc++ for wasm32.
#
# No exceptions, no RTTI, link-time optimisation, bulk memory instructions, hidden symbols: a module exports what it names,
# nothing else. The stack lies below the data, so that running out of it traps. The host's /usr/include is never searched.
# A Debug configuration keeps names and debug information.
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_VERSION 1)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

if(CMAKE_TOOLCHAIN_FILE)  # read it, or CMake warns that it is not used
endif()

if(NOT WASI_SDK_PATH)
  set(WASI_SDK_PATH "$ENV{WASI_SDK_PATH}")
endif()
set(WASI_SDK_PATH "${WASI_SDK_PATH}" CACHE PATH "An official WASI SDK; empty: the distribution's LLVM")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES WASI_SDK_PATH)

if(WASI_SDK_PATH)
  set(_bin "${WASI_SDK_PATH}/bin")
  set(_suffix "")
  set(CMAKE_SYSROOT "${WASI_SDK_PATH}/share/wasi-sysroot")
  if(NOT EXISTS "${_bin}/clang++" OR NOT IS_DIRECTORY "${CMAKE_SYSROOT}")
    message(FATAL_ERROR "WASI_SDK_PATH=${WASI_SDK_PATH} holds no WASI SDK (bin/clang++, share/wasi-sysroot)")
  endif()
  set(_triple wasm32-wasi)
  if(IS_DIRECTORY "${CMAKE_SYSROOT}/lib/wasm32-wasip1")
    set(_triple wasm32-wasip1)
  endif()
  set(_c_includes "")
  set(_cxx_includes "")
  set(_link "")
else()
  foreach(_version 19 20 21 22)
    set(_llvm "/usr/lib/llvm-${_version}")
    set(_suffix "-${_version}")
    if(EXISTS "${_llvm}/include/wasm32-wasi/c++/v1/expected" AND EXISTS "/usr/bin/clang++${_suffix}")
      break()
    endif()
    set(_llvm "")
  endforeach()
  if(NOT _llvm OR NOT EXISTS /usr/include/wasm32-wasi/stdlib.h)
    message(FATAL_ERROR
      "No LLVM >= 19 with libc++ and wasi-libc for wasm32: run shared/tools/setup build, or set WASI_SDK_PATH")
  endif()
  set(_bin "/usr/bin")
  set(_triple wasm32-wasi)
  set(_c_includes "-nostdlibinc -isystem /usr/include/wasm32-wasi")
  set(_cxx_includes "-nostdinc++ -nostdlibinc -isystem ${_llvm}/include/wasm32-wasi/c++/v1 -isystem /usr/include/wasm32-wasi")
  set(_link "-L${_llvm}/lib/wasm32-wasi ")
endif()

set(CMAKE_C_COMPILER "${_bin}/clang${_suffix}")
set(CMAKE_CXX_COMPILER "${_bin}/clang++${_suffix}")
set(CMAKE_AR "${_bin}/llvm-ar${_suffix}")
set(CMAKE_RANLIB "${_bin}/llvm-ranlib${_suffix}")
set(CMAKE_C_COMPILER_TARGET ${_triple})
set(CMAKE_CXX_COMPILER_TARGET ${_triple})

set(_common "-flto -fvisibility=hidden -mbulk-memory")
set(_vtables "-fwhole-program-vtables -fvirtual-function-elimination")
set(CMAKE_C_FLAGS_INIT "${_common} ${_c_includes}")
set(CMAKE_CXX_FLAGS_INIT "${_common} ${_vtables} -fno-exceptions -fno-rtti -DJSON_NOEXCEPTION ${_cxx_includes}")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${_link}-Wl,--gc-sections,--stack-first,-z,stack-size=65536")
set(CMAKE_EXE_LINKER_FLAGS_RELEASE "-Wl,--strip-all" CACHE STRING "")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
