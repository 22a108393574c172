#pragma once

#include <span>
#include <string_view>
#include <utility>

/// What the build puts into the library (function.cmake).
namespace skerry::functions {

/// The path of each page's file and its bytes, one gzip member.
std::span<const std::pair<std::string_view, std::string_view>> page_files();

/// start.html, with a comment `state` where the page says what it knows of the view.
std::span<const std::pair<std::string_view, std::string_view>> start_files();

/// headers.txt, in the form of Cloudflare's `_headers`: a line with a path, or `/*` for all, and below it,
/// indented, a line `Name: value` for each header that its file carries, or `! Name` for one of those above
/// that it does not.
std::span<const std::pair<std::string_view, std::string_view>> page_headers();

}  // namespace skerry::functions
