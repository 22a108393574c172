#include "native-host/events/redis/open_redis_queue.hpp"

#include <charconv>
#include <utility>

#include "native-host/events/redis/redis_queue.hpp"

namespace skerry::events {
namespace {

constexpr int kOldestVersion = 7;

/// `name:value` of INFO.
std::string_view info_value(std::string_view info, std::string_view name) {
  const auto line = "\n" + std::string(name) + ":";
  const auto at = info.find(line);
  if (at == std::string_view::npos) return {};
  const auto value = info.substr(at + line.size());
  return value.substr(0, value.find_first_of("\r\n"));
}

std::string durability(bool append_only, std::string_view sync) {
  if (!append_only) return "An acknowledged event is in the memory of Redis only: appendonly is off.";
  if (sync == "always") return "An acknowledged event is on the disk of Redis.";
  if (sync == "everysec") return "An acknowledged event is on the disk of Redis within a second or two.";
  if (sync == "no") return "An acknowledged event reaches the disk of Redis when its kernel sees fit.";
  return "An acknowledged event reaches the disk of Redis; when, its CONFIG does not tell this user.";
}

}  // namespace

Result<std::unique_ptr<Queue>> open_redis_queue(const Settings& settings, const std::filesystem::path& folder,
                                                std::unique_ptr<Queue> log,
                                                std::function<void(const std::optional<Error>&)> tell) {
  auto url = parse_redis_url(settings.redis_url);
  if (!url) return std::unexpected(url.error());
  return RedisQueue::open({.redis = {.url = *std::move(url),
                                     .stream = settings.redis_stream,
                                     .max_length = static_cast<std::uint64_t>(settings.redis_max_length)},
                           .folder = folder,
                           .keep = settings.dedupe_window,
                           .tell = std::move(tell)},
                          std::move(log));
}

Result<RedisFacts> inspect_redis(const Settings& settings) {
  const auto url = parse_redis_url(settings.redis_url);
  if (!url) return std::unexpected(url.error());
  const auto connection = RedisConnection::open(*url, {});
  if (!connection) return std::unexpected(connection.error());
  const auto info = (*connection)->ask({"INFO"});
  if (!info) return std::unexpected(info.error());
  const auto of = [&](std::string_view name) { return info_value(info->text(), name); };
  const auto config = [&](std::string_view name) {
    const auto reply = (*connection)->ask({"CONFIG", "GET", name});
    return reply ? std::string(reply->field(name).text()) : std::string();
  };
  RedisFacts facts{.version = std::string(of("redis_version")),
                   .durable = durability(of("aof_enabled") == "1", config("appendfsync")),
                   .advice = {}};
  if (of("aof_enabled") == "0") {
    facts.advice.emplace_back("Set appendonly yes and appendfsync always: an event must survive a restart.");
  }
  if (const auto policy = of("maxmemory_policy"); !policy.empty() && policy != "noeviction") {
    facts.advice.push_back("Set maxmemory-policy noeviction: with " + std::string(policy) +
                           " Redis deletes events when its memory is full.");
  }
  if (of("role") == "slave") facts.advice.emplace_back("This Redis is a replica: name its master.");
  int version = 0;
  std::from_chars(facts.version.data(), facts.version.data() + facts.version.size(), version);
  if (version < kOldestVersion)
    facts.advice.push_back("Use Redis 7 or newer: this one is " + facts.version + ".");
  return facts;
}

}  // namespace skerry::events
