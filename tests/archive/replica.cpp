#include "tests/archive/replica.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/conditional.hpp"
#include "shared/gzip.hpp"
#include "shared/negotiation.hpp"
#include "shared/query.hpp"
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

std::string full_path(const Collector& collector, const File& file) {
  return fmt::format("/{}{}{}", collector.host, collector.path, file_path(collector.project, file));
}

/// Makes of a file what the overlays say; false: it is hidden.
bool overlay(const std::vector<const Fault*>& faults, const Collector& collector, File& file, Time now) {
  const auto path = full_path(collector, file);
  const auto* fault = [&]() -> const Fault* {
    for (const auto* each : faults) {
      // What grew has the date of its last change.
      const bool has_grown =
          each->size && each->until && *each->until <= now && file.published < *each->until;
      if (has_grown && path.starts_with(each->prefix)) file.modified = std::max(file.modified, *each->until);
      const bool in_force = (!each->from || *each->from <= now) && (!each->until || now < *each->until);
      if (in_force && path.starts_with(each->prefix)) return each;
    }
    return nullptr;
  }();
  if (fault == nullptr) return true;
  if (fault->size) file.size = *fault->size;
  return !fault->hide;
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

/// `list_files` is asked for the files, where the folder is one of files.
template <class ListFiles>
Folder read_folder(const Location& location, Time now, ListFiles list_files) {
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
  const Listing listing = list_files();
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

Response list_collectors(const std::vector<Collector>& collectors) {
  std::string lines;
  for (const auto& collector : collectors) lines += fmt::format("/{}{}/\n", collector.host, collector.path);
  return text(200, std::move(lines));
}

bool is_loopback(std::string_view client) {
  return client.starts_with("127.") || client == "::1";
}

/// What the faults make of Last-Modified.
std::optional<Time> last_modified(const Fault& fault, Time right, Time now) {
  switch (fault.last_modified) {
    case Fault::Validator::missing: return std::nullopt;
    case Fault::Validator::constant: return Time(std::chrono::sys_days(2020y / 1 / 1));
    case Fault::Validator::future: return now + 1h;
    default: return right;
  }
}

/// The head of an answer with these validators: 304 where the client has it already.
Response validated(const Request& request, const Validators& validators) {
  Response response{not_modified(request, validators) ? 304 : 200, {}, {}};
  if (!validators.etag.empty()) response.headers.add("ETag", validators.etag);
  if (validators.last_modified) {
    response.headers.add("Last-Modified", format_http_date(*validators.last_modified));
  }
  return response;
}

/// What a broken archive says, in the dress of a listing or not.
std::string error_page(std::string_view form) {
  constexpr std::string_view kWords = "The archive is being maintained. Please come back later.";
  std::string body = fmt::format("<p>{}</p>", kWords);
  if (form == "table") body = fmt::format("<table><tr><td>Error</td><td>{}</td></tr></table>", kWords);
  if (form == "pre") body = fmt::format("<pre>{}\n</pre>", kWords);
  return fmt::format(
      "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>\n{}\n</body></html>\n", body);
}

nlohmann::json to_json(const Traffic& traffic) {
  return {
      {"requests", traffic.requests}, {"head_bytes", traffic.head_bytes}, {"body_bytes", traffic.body_bytes}};
}

void add(Traffic& traffic, std::size_t head_bytes, std::size_t body_bytes) {
  ++traffic.requests;
  traffic.head_bytes += head_bytes;
  traffic.body_bytes += body_bytes;
}

Response json(std::string body) {
  return {200, {{"Content-Type", "application/json"}}, std::move(body)};
}

const Fault kNoFault;

}  // namespace

Delivery Replica::answer(const Request& request) {
  const auto path = request.path();
  if (path.starts_with("/_control/")) return {.response = control(request)};
  ++arrived_;
  const auto now = clock_.now();
  const auto* fault = faults_.strike(request.method, path, now);
  if (fault == nullptr) return {.response = serve(request, kNoFault, now)};
  return {.response = strike(request, *fault, now), .manner = fault->manner};
}

bool Replica::accept() {
  ++connections_;
  return !faults_.strikes_connection(clock_.now());
}

void Replica::note_sent(const Request& request, int status, std::size_t head_bytes, std::size_t body_bytes) {
  if (request.path().starts_with("/_control/")) return;
  add(by_method_[request.method], head_bytes, body_bytes);
  add(by_status_[status], head_bytes, body_bytes);
}

Response Replica::strike(const Request& request, const Fault& fault, Time now) {
  if (!fault.redirect.empty()) {
    auto response = text(fault.status.value_or(302), "Moved.\n");
    response.headers.add("Location", fault.redirect == "loop" ? request.target : fault.redirect);
    return response;
  }
  if (!fault.error_page.empty()) {
    return {fault.status.value_or(200), {{"Content-Type", "text/html"}}, error_page(fault.error_page)};
  }
  if (!fault.status) return serve(request, fault, now);
  auto response = text(*fault.status, fmt::format("{}\n", reason_phrase(*fault.status)));
  if (fault.retry_after) {
    response.headers.add("Retry-After", std::to_string(fault.retry_after->count()));
  } else if (fault.retry_after_date) {
    response.headers.add("Retry-After", format_http_date(now + *fault.retry_after_date));
  }
  return response;
}

Response Replica::control(const Request& request) {
  if (!is_loopback(request.client)) return text(403, "Only for this machine.\n");
  const auto name = request.path().substr(std::string_view("/_control/").size());
  if (name == "clock") return control_clock(request);
  if (name == "fault") return control_fault(request);
  if (name == "requests") return control_requests(request);
  if (name == "faults") return request.method == "GET" ? json(faults_.list()) : not_allowed("GET");
  if (name == "truth") return request.method == "GET" ? truth(request) : not_allowed("GET");
  return not_found();
}

Response Replica::control_clock(const Request& request) {
  if (request.method == "PUT") {
    const auto body = trim(request.body);
    const auto space = body.find(' ');
    const auto time = parse_rfc3339(body.substr(0, space));
    auto speed = clock_.speed();
    if (space != std::string_view::npos) speed = parse_speed(body.substr(space + 1)).value_or(-1);
    if (!time || speed < 0) {
      return text(400,
                  "The body must be a time like 2026-11-21T08:00:00Z, and may have a speed behind it.\n");
    }
    clock_.set(*time, speed, std::chrono::steady_clock::now());
  } else if (request.method != "GET") {
    return not_allowed("GET, PUT");
  }
  return text(200, format_rfc3339(clock_.now()));
}

Response Replica::control_fault(const Request& request) {
  const auto now = clock_.now();
  if (request.method == "DELETE") {
    if (!faults_.overlays_of("/").empty()) overlaid_ = now;
    faults_.clear();
  } else if (request.method == "PUT") {
    const auto fault = faults_.add(request.body);
    if (!fault) return text(400, fault.error().message + "\n");
    if ((*fault)->is_overlay()) overlaid_ = now;
  } else {
    return not_allowed("PUT, DELETE");
  }
  if (overlaid_ == now) {
    pages_.clear();
    pages_bytes_ = 0;
  }
  return {204, {}, {}};
}

Response Replica::control_requests(const Request& request) {
  if (request.method == "DELETE") {
    arrived_ = connections_ = 0;
    by_method_.clear();
    by_status_.clear();
    return {204, {}, {}};
  }
  if (request.method != "GET") return not_allowed("GET, DELETE");
  Traffic total;
  auto methods = nlohmann::json::object();
  for (const auto& [method, traffic] : by_method_) {
    methods[method] = to_json(traffic);
    total.head_bytes += traffic.head_bytes;
    total.body_bytes += traffic.body_bytes;
  }
  auto statuses = nlohmann::json::object();
  for (const auto& [status, traffic] : by_status_) statuses[std::to_string(status)] = to_json(traffic);
  return json(nlohmann::json{{"requests", arrived_},
                             {"connections", connections_},
                             {"head_bytes", total.head_bytes},
                             {"body_bytes", total.body_bytes},
                             {"by_method", std::move(methods)},
                             {"by_status", std::move(statuses)}}
                  .dump());
}

Response Replica::truth(const Request& request) {
  const auto query = Query::parse(request.query());
  const auto id = query.last("collector");
  const auto month = parse_month_name(query.last("month").value_or(""));
  const auto collector = std::ranges::find(locator_.collectors(), id.value_or(""), &Collector::id);
  if (collector == locator_.collectors().end() || !month) {
    return text(400, "Name a collector and a month: ?collector=rrc00&month=2026.11\n");
  }
  auto rows = nlohmann::json::array();
  const auto now = clock_.now();
  const bool nginx = style_of(collector->project, now) == Style::ris_pre;
  for (const auto& file : files(*collector, *month, std::nullopt, now).files) {
    const auto listed = nginx ? nginx_size(file.size) : apache_size(file.size);
    rows.push_back({{"type", broker::data_type_word(file.type)},
                    {"time", format_naive(file.begin)},
                    {"path", collector->path + file_path(collector->project, file)},
                    {"size", file.size},
                    {"listed", trim(listed)},
                    {"modified", format_rfc3339(file.modified)},
                    {"published", format_rfc3339(file.published)},
                    {"whole", format_rfc3339(file.whole)}});
  }
  return json(rows.dump());
}

Response Replica::serve(const Request& request, const Fault& fault, Time now) {
  if (request.method != "GET" && request.method != "HEAD") return not_allowed("GET, HEAD");
  const auto path = request.path();
  if (path == "/") return list_collectors(locator_.collectors());

  const auto location = locator_.find(path);
  if (!location) return not_found();
  if (location->kind == Location::Kind::file) return describe_file(request, *location, fault, now);
  const bool exists = location->kind == Location::Kind::collector
                          ? lifetime(*location->collector).first <= now
                          : month_exists(*location->collector, location->month, now);
  if (!exists) return not_found();
  if (location->lacks_slash) {
    auto response = text(301, "Moved: the address ends in a slash.\n");
    response.headers.add("Location", fmt::format("{}/", path));
    return response;
  }
  return list(request, *location, fault, now);
}

Response Replica::list(const Request& request, const Location& location, const Fault& fault, Time now) {
  auto& page = this->page(location, now);
  auto response = validated(request, {etag(fault, page.etag), last_modified(fault, page.modified, now)});
  response.headers.add("Vary", "Accept-Encoding");
  if (response.status == 304) return response;
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

Response Replica::describe_file(const Request& request, const Location& location, const Fault& fault,
                                Time now) {
  const auto& collector = *location.collector;
  auto file = location.type ? find_file(collector, *location.type, location.begin, now) : std::nullopt;
  if (!file || !overlay(faults_.overlays_of(full_path(collector, *file)), collector, *file, now)) {
    return not_found();
  }
  if (request.method != "HEAD") {
    return text(501,
                "This replica has the listings, and the files' sizes (HEAD), not the files themselves.\n");
  }
  const auto seconds = std::chrono::floor<Seconds>(file->modified).time_since_epoch().count();
  auto response = validated(request, {etag(fault, fmt::format("\"{:x}-{:x}\"", seconds, file->size)),
                                      last_modified(fault, file->modified, now)});
  if (response.status == 304) return response;
  response.headers.add("Content-Type", collector.project == Project::riperis ? "application/octet-stream"
                                                                             : "application/x-bzip2");
  response.headers.add("Accept-Ranges", "bytes");
  response.headers.add("Content-Length", std::to_string(file->size));
  return response;
}

Listing Replica::files(const Collector& collector, Month month, std::optional<DataType> type, Time now) {
  auto listing = list_files(collector, month, type, now);
  const auto overlays =
      faults_.overlays_of(fmt::format("/{}{}/{}/", collector.host, collector.path, month_name(month)));
  if (overlaid_ <= now) listing.since = std::max(listing.since, overlaid_);
  for (const auto* fault : overlays) {
    for (const auto& edge : {fault->from, fault->until}) {
      if (!edge) continue;
      if (*edge > now) {
        listing.until = std::min(listing.until, *edge);
      } else {
        listing.since = std::max(listing.since, *edge);
      }
    }
  }
  if (!overlays.empty()) {
    std::erase_if(listing.files, [&](File& file) { return !overlay(overlays, collector, file, now); });
  }
  return listing;
}

std::string Replica::etag(const Fault& fault, std::string right) {
  switch (fault.etag) {
    case Fault::Validator::missing: return {};
    case Fault::Validator::constant: return "\"constant\"";
    case Fault::Validator::changing: return fmt::format("\"changing-{}\"", ++etags_);
    default: return right;
  }
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
  const auto folder = read_folder(
      location, now, [&] { return files(*location.collector, location.month, location.type, now); });
  auto body = render_listing(style_of(location.collector->project, now), path, folder.entries);
  pages_bytes_ += body.size();
  auto etag = fmt::format("W/\"{:016x}\"", fingerprint(body));
  return pages_[key] =
             Page{std::move(body), {}, std::move(etag), folder.modified, folder.since, folder.until};
}

}  // namespace skerry::archive
