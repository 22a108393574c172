#include "native-host/broker/outage.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "native-host/files/files.hpp"

namespace skerry::broker {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostCodes = 50;

}  // namespace

Outage::Outage(std::filesystem::path file, bool remembers) : file_(std::move(file)) {
  const auto text = files::read_whole(file_);
  const auto json = text ? Json::parse(*text, nullptr, false) : Json();
  if (!json.is_object()) return;
  const auto since = json.find("since");
  if (since == json.end() || !since->is_string()) return;
  since_ = parse_rfc3339(since->get<std::string>());
  const auto told = json.find("told");
  if (!since_ || !remembers || told == json.end() || !told->is_array()) return;
  for (const auto& code : *told)
    if (code.is_string() && told_.size() < kMostCodes) told_.push_back(code.get<std::string>());
}

bool Outage::begin(const Error& error, Time now) {
  if (std::ranges::find(told_, error.code) != told_.end()) return false;
  if (told_.size() == kMostCodes) told_.clear();
  told_.push_back(error.code);
  if (!since_) since_ = now;
  const Json json{{"since", format_rfc3339(*since_)}, {"told", told_}};
  std::ignore =
      files::write_atomically(file_, json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  return true;
}

std::optional<Time> Outage::end() {
  if (!since_) return std::nullopt;
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  told_.clear();
  return std::exchange(since_, std::nullopt);
}

}  // namespace skerry::broker
