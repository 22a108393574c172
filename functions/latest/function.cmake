# Of a module, what runs once a request and mostly joins strings: 8 % of all of it.
if(NOT SKERRY_NATIVE)
  set_source_files_properties(latest/published.cpp latest/view.cpp PROPERTIES COMPILE_OPTIONS -Os)
endif()
