#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::sandbox {

/// A record of the boundary whose last and largest part stays where it is until it is written into a module's
/// memory. The bytes are those of the `abi::encode_…` of the same thing.
struct Record {
  std::string head;
  std::string_view bulk;

  [[nodiscard]] std::size_t size() const { return head.size() + bulk.size(); }
  /// `room` has `size()` bytes.
  void write(std::span<char> room) const;
};

/// The records refer to their argument.
Record encode(const Request& request);
Record encode(const KvPort::Value& value);
Record encode(const std::vector<KvPort::Value>& values);
Record encode(const Error& error);
Record encode(const Result<void>& done);
Record encode(const Result<Response>& fetched);
Record encode_done();

}  // namespace skerry::sandbox
