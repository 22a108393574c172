#pragma once

#include <string>
#include <string_view>

namespace skerry::pages {

/// Appends `text` so that it stands for itself in HTML's text and in quoted attributes.
void append_escaped(std::string& out, std::string_view text);
std::string escaped(std::string_view text);

/// Appends `<a href="url">content</a>` where the address is one of http or https, else the content alone.
/// `content` is HTML.
void append_link(std::string& out, std::string_view url, std::string_view content);

}  // namespace skerry::pages
