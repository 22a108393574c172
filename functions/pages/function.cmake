# The pages' files, put into the function's library: built by Emscripten, by configuring this repository again, natively
# for everybody (build/<preset>/pages); a WASI configuration finds them there.
set(SKERRY_PAGE_FILES status.html status/status.css status/status.mjs status/table.mjs status/table.wasm)

if(SKERRY_NATIVE)
  set(SKERRY_PAGES "${CMAKE_BINARY_DIR}/pages" CACHE PATH "Where the pages' files go")
  # Cloudflare serves the folder as static assets, with the headers that this file tells.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/headers.txt")
  file(READ "${CMAKE_CURRENT_LIST_DIR}/headers.txt" headers)
  string(REGEX REPLACE "([^\n]+)\n" "  \\1\n" headers "${headers}")
  file(GENERATE OUTPUT "${SKERRY_PAGES}/_headers" CONTENT "/*\n${headers}")
  set(page_there TRUE)
  foreach(file CMakeLists.txt status.html status.css status.mjs html_test.cpp status_page_test.cpp)
    if(NOT EXISTS "${CMAKE_CURRENT_LIST_DIR}/status/${file}")
      set(page_there FALSE)
    endif()
  endforeach()
  if(page_there)
    add_subdirectory(pages/status)
    include(ExternalProject)
    list(TRANSFORM SKERRY_PAGE_FILES PREPEND "${SKERRY_PAGES}/" OUTPUT_VARIABLE page_paths)
    ExternalProject_Add(skerry_pages
      SOURCE_DIR "${PROJECT_SOURCE_DIR}"
      BINARY_DIR "${CMAKE_BINARY_DIR}/browser"
      CONFIGURE_COMMAND "${CMAKE_COMMAND}" -S "${PROJECT_SOURCE_DIR}" --preset browser -B "${CMAKE_BINARY_DIR}/browser"
                        "-DSKERRY_PAGES=${SKERRY_PAGES}"
      BUILD_COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}/browser" --target skerry_page_status
      BUILD_ALWAYS ON
      INSTALL_COMMAND ""
      BUILD_BYPRODUCTS ${page_paths}
    )
  else()  # until the page is there
    add_custom_target(skerry_pages)
    foreach(file IN LISTS SKERRY_PAGE_FILES)
      if(NOT EXISTS "${SKERRY_PAGES}/${file}")
        file(WRITE "${SKERRY_PAGES}/${file}" "${file}")
      endif()
    endforeach()
  endif()
else()
  set(SKERRY_PAGES "${PROJECT_SOURCE_DIR}/build/native/pages" CACHE PATH "Where the pages' files are")
endif()

skerry_embed(skerry_function_pages FUNCTION skerry::functions::page_files GZIP BASE "${SKERRY_PAGES}"
             FILES ${SKERRY_PAGE_FILES})
skerry_embed(skerry_function_pages FUNCTION skerry::functions::page_headers
             FILES "${CMAKE_CURRENT_LIST_DIR}/headers.txt")
