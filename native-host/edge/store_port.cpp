#include "native-host/edge/store_port.hpp"

namespace skerry::edge {
namespace {

constexpr const char* kReads = "skerry_kv_reads_total";
constexpr const char* kReadsHelp = "Keys that functions read";
constexpr const char* kWrites = "skerry_kv_writes_total";
constexpr const char* kWritesHelp = "Keys that functions wrote";

}  // namespace

StorePort::StorePort(kv::Store& store, metrics::Registry& registry)
    : store_(store),
      hits_(registry.counter(kReads, kReadsHelp, {{"result", "hit"}})),
      misses_(registry.counter(kReads, kReadsHelp, {{"result", "miss"}})),
      failed_reads_(registry.counter(kReads, kReadsHelp, {{"result", "error"}})),
      writes_(registry.counter(kWrites, kWritesHelp, {{"result", "ok"}})),
      failed_writes_(registry.counter(kWrites, kWritesHelp, {{"result", "error"}})) {}

Result<StorePort::Value> StorePort::get(std::string_view key) {
  auto entry = store_.get(key);
  if (entry) return found(*entry);
  failed_reads_.add();
  return std::unexpected(std::move(entry.error()));
}

Result<std::vector<StorePort::Value>> StorePort::get_many(std::span<const std::string> keys) {
  const auto entries = store_.get_many(keys);
  if (!entries) {
    failed_reads_.add(keys.size());
    return std::unexpected(entries.error());
  }
  std::vector<Value> values;
  values.reserve(entries->size());
  for (const kv::EntryPtr& entry : *entries) values.push_back(found(entry));
  return values;
}

Result<void> StorePort::put(std::string_view key, std::string value) {
  auto done = store_.put(key, {.value = std::move(value), .foreign = true});
  (done ? writes_ : failed_writes_).add();
  return done;
}

StorePort::Value StorePort::found(const kv::EntryPtr& entry) const {
  (entry ? hits_ : misses_).add();
  return entry ? Value(entry, &entry->value) : nullptr;
}

}  // namespace skerry::edge
