# The pages' files, put into the function's library: built by Emscripten, by configuring this repository again, natively
# for everybody (build/<preset>/pages); a WASI configuration finds them there.
set(SKERRY_PAGE_FILES status.html status/status.css status/status.mjs status/table.mjs status/table.wasm
                      t.js demo.html demo/demo.css demo/demo.mjs)

if(SKERRY_NATIVE)
  set(SKERRY_PAGES "${CMAKE_BINARY_DIR}/pages" CACHE PATH "Where the pages' files go")
  # Cloudflare serves the folder as static assets, with the headers that this file tells.
  configure_file("${CMAKE_CURRENT_LIST_DIR}/headers.txt" "${SKERRY_PAGES}/_headers" COPYONLY)
  include(ExternalProject)
  list(TRANSFORM SKERRY_PAGE_FILES PREPEND "${SKERRY_PAGES}/" OUTPUT_VARIABLE page_paths)
  ExternalProject_Add(skerry_pages
    SOURCE_DIR "${PROJECT_SOURCE_DIR}"
    BINARY_DIR "${CMAKE_BINARY_DIR}/browser"
    CONFIGURE_COMMAND "${CMAKE_COMMAND}" -S "${PROJECT_SOURCE_DIR}" --preset browser -B "${CMAKE_BINARY_DIR}/browser"
                      "-DSKERRY_PAGES=${SKERRY_PAGES}"
    BUILD_COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}/browser" --target skerry_page_files
    BUILD_ALWAYS ON
    INSTALL_COMMAND ""
    BUILD_BYPRODUCTS ${page_paths}
  )
else()
  set(SKERRY_PAGES "${PROJECT_SOURCE_DIR}/build/native/pages" CACHE PATH "Where the pages' files are")
endif()

skerry_embed(skerry_function_pages FUNCTION skerry::functions::page_files GZIP BASE "${SKERRY_PAGES}"
             FILES ${SKERRY_PAGE_FILES})
skerry_embed(skerry_function_pages FUNCTION skerry::functions::start_files FILES "${CMAKE_CURRENT_LIST_DIR}/start.html")
skerry_embed(skerry_function_pages FUNCTION skerry::functions::page_headers
             FILES "${CMAKE_CURRENT_LIST_DIR}/headers.txt")
