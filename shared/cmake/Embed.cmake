# skerry_embed(TARGET FUNCTION skerry::broker::files FILES a.json …)
# skerry_embed(TARGET FUNCTION skerry::functions::page_files GZIP BASE folder FILES b/c.wasm …)
#
# Builds files into TARGET: FUNCTION, to be declared where it is used, returns
# std::span<const std::pair<std::string_view, std::string_view>> in the order of the names. The first form is for
# texts: each file's name without its last extension, and its text. The second is for any bytes: each file's path below
# BASE, and its bytes as one gzip member, the same for the same bytes. Run as a script, this same file writes the source.
if(CMAKE_SCRIPT_MODE_FILE)
  set(entries "")
  foreach(file IN LISTS FILES)
    if(GZIP)
      file(RELATIVE_PATH name "${BASE}" "${file}")
      execute_process(COMMAND "${GZIP}" -9 -n -c "${file}" OUTPUT_FILE "${OUTPUT}.gz" COMMAND_ERROR_IS_FATAL ANY)
      file(SIZE "${OUTPUT}.gz" size)
      file(READ "${OUTPUT}.gz" bytes HEX)
      file(REMOVE "${OUTPUT}.gz")
      string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
      string(APPEND entries "    {\"${name}\", {\"${bytes}\", ${size}}},\n")
    else()
      get_filename_component(name "${file}" NAME_WLE)
      file(READ "${file}" text)
      string(APPEND entries "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
    endif()
  endforeach()
  string(REGEX REPLACE "::[^:]*$" "" namespace "${FUNCTION}")
  string(REGEX REPLACE "^.*::" "" function "${FUNCTION}")
  file(WRITE "${OUTPUT}" "#include <span>
#include <string_view>
#include <utility>

#pragma GCC diagnostic ignored \"-Woverlength-strings\"

namespace ${namespace} {

std::span<const std::pair<std::string_view, std::string_view>> ${function}();

std::span<const std::pair<std::string_view, std::string_view>> ${function}() {
  static constexpr std::pair<std::string_view, std::string_view> kFiles[] = {
${entries}  };
  return kFiles;
}

}  // namespace ${namespace}
")
  return()
endif()

set(SKERRY_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(skerry_embed target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "GZIP" "FUNCTION;BASE" "FILES")
  if(NOT arg_BASE)
    set(arg_BASE "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  set(gzip "")
  if(arg_GZIP)
    find_program(SKERRY_GZIP gzip REQUIRED)
    set(gzip "${SKERRY_GZIP}")
  endif()
  list(SORT arg_FILES)
  list(TRANSFORM arg_FILES PREPEND "${arg_BASE}/" REGEX "^[^/]")
  string(REPLACE "::" "_" name "${arg_FUNCTION}")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DFILES=${arg_FILES}" "-DFUNCTION=${arg_FUNCTION}" "-DOUTPUT=${output}" "-DBASE=${arg_BASE}"
            "-DGZIP=${gzip}" -P "${SKERRY_EMBED_SCRIPT}"
    DEPENDS ${arg_FILES} "${SKERRY_EMBED_SCRIPT}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
