#include "functions/pages/status/html.hpp"

#include "shared/http.hpp"

namespace skerry::pages {
namespace {

bool is_web_address(std::string_view url) {
  const std::string_view scheme = url.substr(0, url.find("://"));
  return scheme.size() < url.size() &&
         (equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https"));
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

void append_link(std::string& out, std::string_view url, std::string_view content) {
  const bool linked = is_web_address(url);
  if (linked) {
    out += "<a href=\"";
    append_escaped(out, url);
    out += "\">";
  }
  out += content;
  if (linked) out += "</a>";
}

}  // namespace skerry::pages
