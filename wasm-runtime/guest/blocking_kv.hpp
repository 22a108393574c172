#pragma once

#include "shared/platform.hpp"

namespace skerry::guest {

/// The `Kv` port where a read completes at once: the awaiting function is never suspended.
class BlockingKv : public Kv {
 public:
  Task<Result<Value>> get(std::string key) final { co_return read(key); }

  Task<Result<std::vector<Value>>> get_many(std::vector<std::string> keys) final {
    std::vector<Value> values;
    values.reserve(keys.size());
    for (const std::string& key : keys) {
      Result<Value> value = read(key);
      if (!value) co_return std::unexpected(std::move(value.error()));
      values.push_back(*std::move(value));
    }
    co_return values;
  }

  Task<Result<void>> put(std::string key, std::string value) final { co_return write(key, value); }

 private:
  virtual Result<Value> read(const std::string& key) = 0;
  virtual Result<void> write(const std::string& key, const std::string& value) = 0;
};

}  // namespace skerry::guest
