#include "functions/pages/pages.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "functions/pages/files.hpp"
#include "functions/pages/settings.hpp"
#include "functions/pages/start.hpp"
#include "shared/conditional.hpp"
#include "shared/gzip.hpp"
#include "shared/hex.hpp"
#include "shared/negotiation.hpp"

namespace skerry::functions {
namespace {

/// A file as the build stored it.
struct File {
  std::string_view name;
  std::string_view zipped;
};

/// The last bytes of a gzip member are the CRC-32 and the size of what it holds (RFC 1952 §2.3.1).
std::uint32_t trailer(std::string_view zipped, std::size_t from_end) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= std::uint32_t{static_cast<std::uint8_t>(zipped[zipped.size() - from_end + i])} << (8 * i);
  }
  return value;
}
std::uint32_t crc(const File& file) {
  return trailer(file.zipped, 8);
}
std::uint32_t size(const File& file) {
  return trailer(file.zipped, 4);
}

/// What stays in the instance.
struct Inflated {
  std::map<std::string_view, Body> bodies;
};

/// `/status` is the file `status.html`, `/status/status.css` is `status/status.css`.
std::optional<File> find_file(std::string_view path) {
  if (!path.starts_with('/') || path.ends_with(".html")) return std::nullopt;
  std::string wanted(path.substr(1));
  if (!wanted.contains('.')) wanted += ".html";
  for (const auto& [name, zipped] : page_files()) {
    if (name == wanted) return File{name, zipped};
  }
  return std::nullopt;
}

std::string_view content_type(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTypes{{
      {".css", "text/css; charset=utf-8"},
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".wasm", "application/wasm"},
  }};
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

void add_page_headers(Headers& headers, std::string_view path) {
  bool applies = false;
  std::string_view rest = page_headers().front().second;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with("  ")) {
      applies = line == "/*" || line == path;
    } else if (applies && line.starts_with("  ! ")) {
      headers.remove(line.substr(4));
    } else if (applies) {
      const std::size_t colon = line.find(": ");
      headers.add(line.substr(2, colon - 2), line.substr(colon + 2));
    }
  }
}

Body plain_body(const File& file, Resident& resident) {
  Body& body = resident.of<Inflated>().bodies[file.name];
  if (body.empty()) body = gunzip(file.zipped, size(file)).value();
  return body;
}

Response redirect(std::string_view location) {
  Response response;
  response.status = 301;
  response.headers.add("Location", location);
  response.headers.add("Cache-Control", "no-cache");
  return response;
}

}  // namespace

Task<Response> pages(const Request& request, Platform& platform) {
  const std::string_view path = request.path();
  if (path == "/") {
    Response response = co_await start_page(request, platform);
    if (response.status == 200) add_page_headers(response.headers, path);
    co_return response;
  }
  const bool is_folder = path.ends_with('/');
  const auto file = find_file(is_folder ? path.substr(0, path.size() - 1) : path);
  if (!file || (is_folder && !file->name.ends_with(".html")))
    co_return error_response(404, "not_found", "There is nothing here.");
  if (request.method != "GET" && request.method != "HEAD") {
    Response refused = error_response(405, "method_not_allowed", "use GET or HEAD");
    refused.headers.add("Allow", "GET, HEAD");
    co_return refused;
  }
  if (is_folder) {
    co_return redirect(std::string(path.substr(0, path.size() - 1)) +
                       std::string(request.target.substr(path.size())));
  }

  const Validators validators{.etag = "W/\"" + hexadecimal(crc(*file)) + '-' + hexadecimal(size(*file)) + '"',
                              .last_modified = {}};
  Response response;
  response.headers.add("ETag", validators.etag);
  response.headers.add("Vary", "Accept-Encoding");
  add_page_headers(response.headers, path);
  if (not_modified(request, validators)) {
    response.status = 304;
    co_return response;
  }
  response.headers.add("Content-Type", content_type(file->name));
  if (wants_gzip(request, platform.config)) {
    response.headers.add("Content-Encoding", "gzip");
    response.body = Body(file->zipped, nullptr);
  } else {
    response.body = plain_body(*file, platform.resident);
  }
  co_return response;
}

}  // namespace skerry::functions
