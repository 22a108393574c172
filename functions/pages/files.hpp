#pragma once

#include <span>
#include <string_view>
#include <utility>

/// What the build puts into the library (function.cmake).
namespace skerry::functions {

/// The path of each page's file and its bytes, one gzip member.
std::span<const std::pair<std::string_view, std::string_view>> page_files();

/// headers.txt: a line `Name: value` for each header that every page carries.
std::span<const std::pair<std::string_view, std::string_view>> page_headers();

}  // namespace skerry::functions
