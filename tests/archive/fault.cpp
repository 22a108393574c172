#include "tests/archive/fault.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <ranges>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/http.hpp"

namespace skerry::archive {
namespace {

using Json = nlohmann::json;
using Ending = Manner::Ending;
using Validator = Fault::Validator;

constexpr double kLongest = 86'400;  ///< seconds

template <class Value>
struct Word {
  std::string_view word;
  Value value;
};

/// One of `words`.
template <class Value, std::size_t N>
bool read_word(const Json& json, const Word<Value> (&words)[N], Value& to) {
  if (!json.is_string()) return false;
  const auto* found = std::ranges::find(words, json.get<std::string>(), &Word<Value>::word);
  if (found == std::end(words)) return false;
  to = found->value;
  return true;
}

bool read_text(const Json& json, std::string& to) {
  if (!json.is_string()) return false;
  to = json.get<std::string>();
  return !to.empty() && is_field_value(to);
}

template <class Number>
bool read_count(const Json& json, Number& to) {
  if (!json.is_number_unsigned()) return false;
  to = json.get<std::uint64_t>();
  return true;
}

bool read_time(const Json& json, std::optional<Time>& to) {
  if (!json.is_string()) return false;
  to = parse_rfc3339(json.get<std::string>());
  return to.has_value();
}

bool read_seconds(const Json& json, std::optional<Seconds>& to) {
  if (!json.is_number_unsigned() || json > kLongest) return false;
  to = Seconds(json.get<std::int64_t>());
  return true;
}

bool read_delay(const Json& json, std::chrono::milliseconds& to) {
  if (!json.is_number() || json < 0 || json > kLongest) return false;
  to = std::chrono::milliseconds(std::llround(json.get<double>() * 1000));
  return true;
}

/// A number of bytes of the body, or `request`: after the request, before the head.
bool read_ending(const Json& json, Ending::How how, std::optional<Ending>& to) {
  if (to) return false;  // one end is enough
  to = Ending{how, std::nullopt};
  return json == "request" || read_count(json, to->after);
}

using Reader = bool (*)(const Json&, Fault&);
struct Member {
  std::string_view name;
  Reader read;
  bool is_effect;
};

constexpr Word<Validator> kEtags[] = {
    {"missing", Validator::missing}, {"constant", Validator::constant}, {"changing", Validator::changing}};
constexpr Word<Validator> kDates[] = {
    {"missing", Validator::missing}, {"constant", Validator::constant}, {"future", Validator::future}};
constexpr Word<Manner::Framing> kFramings[] = {{"length", Manner::Framing::length},
                                               {"close", Manner::Framing::close},
                                               {"chunked", Manner::Framing::chunked}};
constexpr Word<std::string_view> kErrorPages[] = {{"plain", "plain"}, {"table", "table"}, {"pre", "pre"}};

constexpr auto kMembers = std::to_array<Member>({
    {"prefix", [](const Json& j, Fault& f) { return read_text(j, f.prefix) && f.prefix[0] == '/'; }, false},
    {"method", [](const Json& j, Fault& f) { return read_text(j, f.method); }, false},
    {"from", [](const Json& j, Fault& f) { return read_time(j, f.from); }, false},
    {"until", [](const Json& j, Fault& f) { return read_time(j, f.until); }, false},
    {"after", [](const Json& j, Fault& f) { return read_count(j, f.after); }, false},
    {"times", [](const Json& j, Fault& f) { return read_count(j, f.times); }, false},
    {"seed", [](const Json& j, Fault& f) { return read_count(j, f.seed); }, false},
    {"chance",
     [](const Json& j, Fault& f) {
       if (!j.is_number() || j < 0 || j > 1) return false;
       f.chance = j.get<double>();
       return true;
     },
     false},
    {"status",
     [](const Json& j, Fault& f) {
       if (!j.is_number_unsigned() || j < 200 || j > 599) return false;
       f.status = j.get<int>();
       return true;
     },
     true},
    {"retry_after", [](const Json& j, Fault& f) { return read_seconds(j, f.retry_after); }, false},
    {"retry_after_date", [](const Json& j, Fault& f) { return read_seconds(j, f.retry_after_date); }, false},
    {"error_page",
     [](const Json& j, Fault& f) {
       std::string_view word;
       if (!read_word(j, kErrorPages, word)) return false;
       f.error_page = word;
       return true;
     },
     true},
    {"redirect", [](const Json& j, Fault& f) { return read_text(j, f.redirect); }, true},
    {"etag", [](const Json& j, Fault& f) { return read_word(j, kEtags, f.etag); }, true},
    {"last_modified", [](const Json& j, Fault& f) { return read_word(j, kDates, f.last_modified); }, true},
    {"framing", [](const Json& j, Fault& f) { return read_word(j, kFramings, f.manner.framing); }, true},
    {"delay", [](const Json& j, Fault& f) { return read_delay(j, f.manner.delay); }, true},
    {"slow",
     [](const Json& j, Fault& f) {
       return read_count(j, f.manner.bytes_per_second) && *f.manner.bytes_per_second > 0;
     },
     true},
    {"truncate_at",
     [](const Json& j, Fault& f) {
       return j != "request" && read_ending(j, Ending::How::close, f.manner.ending);
     },
     true},
    {"stall_at", [](const Json& j, Fault& f) { return read_ending(j, Ending::How::stall, f.manner.ending); },
     true},
    {"reset_at",
     [](const Json& j, Fault& f) {
       f.reset_at_accept = j == "accept";
       return f.reset_at_accept || read_ending(j, Ending::How::reset, f.manner.ending);
     },
     true},
    {"hide",
     [](const Json& j, Fault& f) {
       f.hide = j == true;
       return f.hide;
     },
     true},
    {"size", [](const Json& j, Fault& f) { return read_count(j, f.size); }, true},
});

Error invalid(std::string message) {
  return {"fault_invalid", std::move(message)};
}

/// A number in [0, 1) that depends on all of `key`.
double draw(std::uint64_t seed, std::string_view key, std::size_t turn) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  hash += turn * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((hash ^ (hash >> 31)) >> 11) * 0x1p-53;
}

}  // namespace

Result<Fault> parse_fault(std::string_view json) {
  const auto object = Json::parse(json, nullptr, false);
  if (!object.is_object()) return std::unexpected(invalid("A fault is a JSON object."));
  Fault fault;
  int effects = 0;
  for (const auto& [name, value] : object.items()) {
    const auto* member = std::ranges::find(kMembers, name, &Member::name);
    if (member == kMembers.end() || !member->read(value, fault)) {
      return std::unexpected(invalid(
          fmt::format("`{}` is no member of a fault, has a wrong value, or contradicts another one.", name)));
    }
    effects += member->is_effect ? 1 : 0;
  }
  if (fault.prefix.empty()) {
    return std::unexpected(invalid("A fault needs a `prefix` that begins with a slash."));
  }
  if (effects == 0) return std::unexpected(invalid("A fault needs an effect, such as `status`."));
  if ((fault.retry_after || fault.retry_after_date) && !fault.status) {
    return std::unexpected(invalid("`retry_after` needs a `status`."));
  }
  if (fault.is_overlay() && effects > (fault.hide ? 1 : 0) + (fault.size ? 1 : 0)) {
    return std::unexpected(
        invalid("`hide` and `size` change the archive; an answer needs a fault of its own."));
  }
  if (fault.reset_at_accept && (fault.prefix != "/" || !fault.method.empty())) {
    return std::unexpected(invalid("A connection that is reset at once has no path and no method."));
  }
  return fault;
}

Result<const Fault*> Faults::add(std::string_view json) {
  auto fault = parse_fault(json);
  if (!fault) return std::unexpected(std::move(fault.error()));
  auto& entry = entries_.emplace_back(std::make_unique<Entry>());
  entry->json = json;
  entry->fault = *std::move(fault);
  return &entry->fault;
}

void Faults::clear() {
  entries_.clear();
}

bool Faults::strikes(Entry& entry, std::string_view method, std::string_view path, Time now) {
  const auto& fault = entry.fault;
  if (!path.starts_with(fault.prefix) || (!fault.method.empty() && fault.method != method)) return false;
  if ((fault.from && now < *fault.from) || (fault.until && now >= *fault.until)) return false;
  if (entry.matched++ < fault.after) return false;
  if (fault.times && entry.struck >= *fault.times) return false;
  if (fault.chance < 1) {
    const auto key = fmt::format("{} {}", method, path);
    if (draw(fault.seed, key, entry.asked[key]++) >= fault.chance) return false;
  }
  ++entry.struck;
  return true;
}

const Fault* Faults::strike(std::string_view method, std::string_view path, Time now) {
  for (const auto& entry : entries_ | std::views::reverse) {
    const bool of_requests = !entry->fault.is_overlay() && !entry->fault.reset_at_accept;
    if (of_requests && strikes(*entry, method, path, now)) return &entry->fault;
  }
  return nullptr;
}

bool Faults::strikes_connection(Time now) {
  return std::ranges::any_of(entries_, [now](const auto& entry) {
    return entry->fault.reset_at_accept && strikes(*entry, "", "/", now);
  });
}

std::vector<const Fault*> Faults::overlays_of(std::string_view path) const {
  std::vector<const Fault*> overlays;
  for (const auto& entry : entries_ | std::views::reverse) {
    const auto& prefix = entry->fault.prefix;
    if (entry->fault.is_overlay() && (prefix.starts_with(path) || path.starts_with(prefix))) {
      overlays.push_back(&entry->fault);
    }
  }
  return overlays;
}

std::string Faults::list() const {
  auto all = Json::array();
  for (const auto& entry : entries_) {
    auto fault = Json::parse(entry->json);
    fault["matched"] = entry->matched;
    fault["struck"] = entry->struck;
    all.push_back(std::move(fault));
  }
  return all.dump();
}

}  // namespace skerry::archive
