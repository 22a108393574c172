# share.cmake: lets the program SKERRY write what it says about itself into the folder TO.
file(MAKE_DIRECTORY "${TO}")
foreach(each "manual=skerry.1" "config --sample=skerry.toml" "completions bash=skerry.bash" "completions zsh=_skerry"
             "completions fish=skerry.fish")
  string(REPLACE "=" ";" each "${each}")
  list(GET each 0 words)
  list(GET each 1 file)
  separate_arguments(words UNIX_COMMAND "${words}")
  execute_process(COMMAND "${SKERRY}" ${words} OUTPUT_FILE "${TO}/${file}" RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "skerry ${words} ended with ${code}")
  endif()
endforeach()
