#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "shared/http.hpp"
#include "wasm-runtime/host/run.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::sandbox {

/// A run that waits, and what is needed to go on with it.
struct Suspended {
  std::shared_ptr<void> sandbox;  ///< first: what the run belongs to ends after it
  Run run;
  Caller caller;
  const Function* function;
  const Request* request;
  std::chrono::steady_clock::time_point deadline = {};
  std::size_t bytes = 0;  ///< that it takes
};

/// The runs of a sandbox that wait. Thread-safe; whoever takes a run out has it alone.
class Waiting {
 public:
  using Item = std::unique_ptr<Suspended>;

  Waiting(std::uint32_t max_runs, std::size_t max_bytes) : max_runs_(max_runs), max_bytes_(max_bytes) {}

  /// A number for it, never used before; or nothing, and the item stays where it is: there are too many.
  std::optional<std::uint64_t> add(Item& item);
  /// Null where it was taken already.
  Item take(std::uint64_t id);
  std::vector<Item> take_overdue(std::chrono::steady_clock::time_point now);
  /// All of them; from now on nothing can be added.
  std::vector<Item> close();

  [[nodiscard]] std::size_t size() const;

 private:
  Item release(std::unordered_map<std::uint64_t, Item>::iterator at);

  const std::uint32_t max_runs_;
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Item> items_;
  std::uint64_t last_id_ = 0;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace skerry::sandbox
