#pragma once

#include "native-host/kv/store.hpp"
#include "native-host/metrics/registry.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::edge {

/// The program's key-value store as the functions see it: a value shares its entry's life. Counts
/// `skerry_kv_reads_total` (of keys) and `skerry_kv_writes_total` by result.
class StorePort final : public sandbox::KvPort {
 public:
  StorePort(kv::Store& store, metrics::Registry& registry);

  Result<Value> get(std::string_view key) override;
  Result<std::vector<Value>> get_many(std::span<const std::string> keys) override;
  Result<void> put(std::string_view key, std::string value) override;

 private:
  Value found(const kv::EntryPtr& entry) const;

  kv::Store& store_;
  metrics::Counter hits_;
  metrics::Counter misses_;
  metrics::Counter failed_reads_;
  metrics::Counter writes_;
  metrics::Counter failed_writes_;
};

}  // namespace skerry::edge
