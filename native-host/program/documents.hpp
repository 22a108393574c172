#pragma once

#include <functional>
#include <string>

#include "native-host/kv/store.hpp"
#include "shared/error.hpp"

namespace skerry::program {

/// Where documents of the KV contract (`latest`, `history`, `health`, `metrics`) are put: into the host's own
/// store, and, where a capability publishes, from there to wherever it does. Thread-safe after the program
/// has opened.
class Documents {
 public:
  using Writer = std::function<Result<void>(const std::string& key, std::string value)>;

  explicit Documents(kv::Store& store)
      : write_([&store](const std::string& key, std::string value) {
          return store.put(key, {.value = std::move(value)});
        }) {}

  Result<void> put(const std::string& key, std::string value) const { return write_(key, std::move(value)); }
  /// While the program opens: from now on all documents go this way.
  void go_through(Writer writer) { write_ = std::move(writer); }

 private:
  Writer write_;
};

}  // namespace skerry::program
