# skerry_embed(TARGET FUNCTION skerry::broker::files FILES a.json …)
#
# Builds text files into TARGET: FUNCTION, to be declared where it is used, returns
# std::span<const std::pair<std::string_view, std::string_view>> of each file's name without its last extension
# and its text, in the order of the names. Run as a script, this same file writes the source.
if(CMAKE_SCRIPT_MODE_FILE)
  set(entries "")
  foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME_WLE)
    file(READ "${file}" text)
    string(APPEND entries "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  string(REGEX REPLACE "::[^:]*$" "" namespace "${FUNCTION}")
  string(REGEX REPLACE "^.*::" "" function "${FUNCTION}")
  file(WRITE "${OUTPUT}" "#include <span>
#include <string_view>
#include <utility>

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
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FUNCTION" "FILES")
  list(SORT arg_FILES)
  list(TRANSFORM arg_FILES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")
  string(REPLACE "::" "_" name "${arg_FUNCTION}")
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DFILES=${arg_FILES}" "-DFUNCTION=${arg_FUNCTION}" "-DOUTPUT=${output}" -P
            "${SKERRY_EMBED_SCRIPT}"
    DEPENDS ${arg_FILES} "${SKERRY_EMBED_SCRIPT}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
endfunction()
