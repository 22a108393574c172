#include "tests/archive/replica.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/conditional.hpp"
#include "shared/gzip.hpp"
#include "shared/negotiation.hpp"
#include "tests/archive/render.hpp"

namespace skerry::archive {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCacheLimit = 512 << 20;
constexpr Time kRisTableUntil = std::chrono::sys_days(2022y / 11 / 28);

Response text(int status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

Response not_allowed(std::string_view allowed) {
  auto response = text(405, fmt::format("Only {} here.\n", allowed));
  response.headers.add("Allow", allowed);
  return response;
}

Style style_of(Project project, Time now) {
  if (project == Project::routeviews) return Style::apache;
  return now < kRisTableUntil ? Style::ris_table : Style::ris_pre;
}

std::string path_of(const Location& location) {
  std::string path = location.collector->path + "/";
  if (location.kind == Location::Kind::collector) return path;
  path += month_name(location.month) + "/";
  if (location.kind == Location::Kind::folder) path += location.type == DataType::rib ? "RIBS/" : "UPDATES/";
  return path;
}

/// FNV-1a, 64 bits.
std::uint64_t fingerprint(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

struct Folder {
  std::vector<Entry> entries;
  Time modified;
  Time since;
  Time until;
};

/// A folder of folders: their times move with the clock, so it is looked at anew every minute.
Folder folder_of_folders(std::vector<Entry> entries, Time now) {
  const Time minute = std::chrono::floor<std::chrono::minutes>(now);
  Time modified{};
  for (const auto& entry : entries) modified = std::max(modified, entry.modified);
  return {std::move(entries), modified, minute, minute + 1min};
}

Folder read_folder(const Location& location, Time now) {
  const auto& collector = *location.collector;
  if (location.kind == Location::Kind::collector) {
    std::vector<Entry> entries;
    for (const auto month : months(collector, now)) {
      entries.push_back({month_name(month) + "/", month_modified(collector, month, now), std::nullopt});
    }
    return folder_of_folders(std::move(entries), now);
  }
  if (location.kind == Location::Kind::month && collector.project == Project::routeviews) {
    const Time modified = month_modified(collector, location.month, now);
    return folder_of_folders({{"RIBS/", modified, std::nullopt}, {"UPDATES/", modified, std::nullopt}}, now);
  }
  const auto listing = list_files(collector, location.month, location.type, now);
  Folder folder{.entries = {}, .modified = listing.since, .since = listing.since, .until = listing.until};
  folder.entries.reserve(listing.files.size());
  for (const auto& file : listing.files) {
    folder.entries.push_back({file_name(collector.project, file.type, file.begin), file.modified, file.size});
  }
  if (collector.project == Project::riperis) {
    // The pages' form changed once.
    if (now < kRisTableUntil) {
      folder.until = std::min(folder.until, kRisTableUntil);
    } else {
      folder.since = std::max(folder.since, kRisTableUntil);
      folder.modified = folder.since;
    }
  }
  return folder;
}

Response not_found() {
  return text(404, "The archive has nothing at this address, or not yet.\n");
}

Response describe_file(const Request& request, const Location& location, Time now) {
  const auto& collector = *location.collector;
  const auto file = location.type ? find_file(collector, *location.type, location.begin, now) : std::nullopt;
  if (!file) return not_found();
  if (request.method != "HEAD") {
    return text(501,
                "This replica has the listings, and the files' sizes (HEAD), not the files themselves.\n");
  }
  const auto modified_seconds =
      std::chrono::duration_cast<Seconds>(file->modified.time_since_epoch()).count();
  const Validators validators{fmt::format("\"{:x}-{:x}\"", modified_seconds, file->size), file->modified};
  Response response{
      200, {{"ETag", validators.etag}, {"Last-Modified", format_http_date(file->modified)}}, {}};
  if (not_modified(request, validators)) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("Accept-Ranges", "bytes");
  response.headers.add("Content-Length", std::to_string(file->size));
  return response;
}

Response list_collectors(const std::vector<Collector>& collectors) {
  std::string lines;
  for (const auto& collector : collectors) lines += fmt::format("/{}{}/\n", collector.host, collector.path);
  return text(200, std::move(lines));
}

bool is_loopback(std::string_view client) {
  return client.starts_with("127.") || client == "::1";
}

}  // namespace

Result<Fault> parse_fault(std::string_view json) {
  const auto object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object()) return fail("fault_invalid", "A fault is a JSON object.");
  Fault fault;
  for (const auto& [name, value] : object.items()) {
    if (name == "prefix" && value.is_string()) {
      fault.prefix = value.get<std::string>();
    } else if (name == "status" && value.is_number_unsigned() && value >= 200 && value <= 599) {
      fault.status = value.get<int>();
    } else if (name == "truncate_at" && value.is_number_unsigned()) {
      fault.truncate_at = value.get<std::size_t>();
    } else {
      return fail("fault_invalid", fmt::format("`{}` is no member of a fault, or has a wrong value.", name));
    }
  }
  if (!fault.prefix.starts_with('/'))
    return fail("fault_invalid", "A fault needs a `prefix` that begins with a slash.");
  return fault;
}

Delivery Replica::answer(const Request& request) {
  const auto path = request.path();
  if (path.starts_with("/_control/")) return {control(request), std::nullopt};

  const auto* fault = fault_for(path);
  if (fault != nullptr && fault->status) {
    return {text(*fault->status, fmt::format("{}\n", reason_phrase(*fault->status))), fault->truncate_at};
  }
  return {serve(request, clock_.now()), fault != nullptr ? fault->truncate_at : std::nullopt};
}

Response Replica::control(const Request& request) {
  if (!is_loopback(request.client)) return text(403, "Only for this machine.\n");
  if (request.path() == "/_control/clock") {
    if (request.method == "PUT") {
      const auto time = parse_rfc3339(trim(request.body));
      if (!time) return text(400, "The body must be a time like 2026-11-21T08:00:00Z.\n");
      clock_.set(*time, std::chrono::steady_clock::now());
    } else if (request.method != "GET") {
      return not_allowed("GET, PUT");
    }
    return text(200, format_rfc3339(clock_.now()));
  }
  if (request.path() == "/_control/fault") {
    if (request.method == "DELETE") {
      faults_.clear();
      return {204, {}, {}};
    }
    if (request.method != "PUT") return not_allowed("PUT, DELETE");
    auto fault = parse_fault(request.body);
    if (!fault) return text(400, fault.error().message + "\n");
    faults_.push_back(std::move(*fault));
    return {204, {}, {}};
  }
  return not_found();
}

Response Replica::serve(const Request& request, Time now) {
  if (request.method != "GET" && request.method != "HEAD") return not_allowed("GET, HEAD");
  const auto path = request.path();
  if (path == "/") return list_collectors(locator_.collectors());

  const auto location = locator_.find(path);
  if (!location) return not_found();
  if (location->kind == Location::Kind::file) return describe_file(request, *location, now);
  const bool exists = location->kind == Location::Kind::collector
                          ? lifetime(*location->collector).first <= now
                          : month_exists(*location->collector, location->month, now);
  if (!exists) return not_found();
  if (location->lacks_slash) {
    auto response = text(301, "Moved: the address ends in a slash.\n");
    response.headers.add("Location", fmt::format("{}/", path));
    return response;
  }
  return list(request, *location, now);
}

Response Replica::list(const Request& request, const Location& location, Time now) {
  auto& page = this->page(location, now);
  Response response{
      200,
      {{"ETag", page.etag}, {"Last-Modified", format_http_date(page.modified)}, {"Vary", "Accept-Encoding"}},
      {}};
  if (not_modified(request, {page.etag, page.modified})) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", "text/html;charset=UTF-8");
  if (!accepts_gzip(request.headers.joined("Accept-Encoding"))) {
    response.body = page.plain;
    return response;
  }
  if (page.gzip.empty()) {
    page.gzip = gzip(page.plain.view(), 1);
    pages_bytes_ += page.gzip.size();
  }
  response.headers.add("Content-Encoding", "gzip");
  response.body = page.gzip;
  return response;
}

Replica::Page& Replica::page(const Location& location, Time now) {
  const auto path = path_of(location);
  const auto key = location.collector->host + path;
  if (const auto known = pages_.find(key); known != pages_.end()) {
    auto& page = known->second;
    if (page.since <= now && now < page.until) return page;
    pages_bytes_ -= page.plain.size() + page.gzip.size();
    pages_.erase(known);
  }
  if (pages_bytes_ > kCacheLimit) {
    pages_.clear();
    pages_bytes_ = 0;
  }
  const auto folder = read_folder(location, now);
  auto body = render_listing(style_of(location.collector->project, now), path, folder.entries);
  pages_bytes_ += body.size();
  auto etag = fmt::format("W/\"{:016x}\"", fingerprint(body));
  return pages_[key] =
             Page{std::move(body), {}, std::move(etag), folder.modified, folder.since, folder.until};
}

const Fault* Replica::fault_for(std::string_view path) const {
  const auto last = std::ranges::find_if(faults_.rbegin(), faults_.rend(), [path](const Fault& fault) {
    return path.starts_with(fault.prefix);
  });
  return last == faults_.rend() ? nullptr : &*last;
}

}  // namespace skerry::archive
