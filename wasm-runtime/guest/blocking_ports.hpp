#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shared/platform.hpp"

/// Ports where everything completes at once: the awaiting function is never suspended.
namespace skerry::guest {

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

class BlockingEvents : public Events {
 public:
  Task<Result<void>> send(std::string batch, std::uint32_t count) final {
    co_return store(std::move(batch), count);
  }

 private:
  virtual Result<void> store(std::string batch, std::uint32_t count) = 0;
};

class BlockingOrigin : public Origin {
 public:
  Task<Result<Response>> fetch(Request request) final { co_return ask(request); }

  /// The same for who does not wait for tasks.
  virtual Result<Response> ask(const Request& request) = 0;
};

}  // namespace skerry::guest
