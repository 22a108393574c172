#include "native-host/broker/pauses.hpp"

#include <system_error>

#include <nlohmann/json.hpp>

#include "native-host/files/files.hpp"

namespace skerry::broker {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostHosts = 1000;
constexpr std::chrono::days kForgotten{7};

}  // namespace

Pauses read_pauses(const std::filesystem::path& file, Time now) {
  Pauses pauses;
  const auto text = files::read_whole(file);
  const auto json = text ? Json::parse(*text, nullptr, false) : Json();
  if (!json.is_object()) return pauses;
  for (const auto& [origin, written] : json.items()) {
    const auto until = written.is_string() ? parse_rfc3339(written.get<std::string>()) : std::nullopt;
    if (until && *until + kForgotten > now && pauses.size() < kMostHosts) pauses[origin] = *until;
  }
  return pauses;
}

Result<void> write_pauses(const std::filesystem::path& file, const Pauses& pauses) {
  if (pauses.empty()) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    return {};
  }
  auto json = Json::object();
  for (const auto& [origin, until] : pauses)
    json[origin] = format_rfc3339(std::chrono::ceil<std::chrono::seconds>(until));
  return files::write_atomically(file, json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace skerry::broker
