#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native-host/config/config.hpp"
#include "native-host/events_redis/open_redis_queue.hpp"
#include "native-host/http/listener.hpp"
#include "native-host/publish/target.hpp"
#include "shared/time.hpp"

namespace skerry::cli {

/// One line of `skerry doctor`. What is not ok says what to do.
struct Finding {
  enum class Status { ok, warning, failed } status = Status::ok;
  std::string name;
  std::string message = {};
  std::string advice = {};
};

/// Judgements of `skerry doctor`: pure.
Finding judge_settings(const Result<config::Loaded>& loaded);
/// `free`: bytes of the file system of the data folder.
Finding judge_disk(std::uint64_t free);
/// `mode`: of the data folder (stat(2)).
Finding judge_folder(const std::string& path, bool writable, unsigned mode);
/// `theirs`: what the clocks of archive hosts say now; `synchronised`: what the kernel says of its clock.
Finding judge_clock(Time now, std::span<const Time> theirs, std::optional<bool> synchronised);
/// `error`: of an attempt to listen; a port that this program holds is as good as a free one.
Finding judge_port(const std::string& setting, const std::string& address, const std::optional<Error>& error);
Finding judge_target(const std::string& name, const std::string& base,
                     const std::optional<publish::Failure>& failure);
/// `secret`: the setting's name; `closed`: what is closed without it.
Finding judge_secret(const std::string& secret, const std::string& closed, const Result<std::string>& read);
/// Where events go when Redis has them.
Finding judge_redis(const Result<events::RedisFacts>& facts);
/// `bad`: the first of `trusted_proxies` that is no address and no prefix; empty: none.
Finding judge_proxies(std::size_t count, const std::string& bad);
Finding judge_view(std::optional<std::chrono::milliseconds> age, std::chrono::milliseconds interval);
Finding judge_descriptors(std::uint64_t limit, std::int64_t max_connections);

/// True where nothing failed.
bool is_well(std::span<const Finding> findings);

/// For a terminal.
std::string doctor_text(std::span<const Finding> findings, bool colour);
/// `{"ok": true, "findings": [{"name", "status": "ok"|"warning"|"failed", "message", "advice"}]}`
std::string doctor_json(std::span<const Finding> findings);

}  // namespace skerry::cli
