#pragma once

#include <functional>
#include <string>

#include "native-host/edge/fresh_document.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::edge {

/// What the program says of itself.
struct Vitals {
  /// Why what `/readyz` is asked about is not ready (`?capability=events`); empty: it is. Cheap; called by
  /// any thread.
  std::function<std::string(const Request& request)> trouble;
  /// The KV values `health` and `metrics`, as of now. They may take seconds.
  std::function<std::string()> health;
  std::function<std::string()> metrics;
};

/// The native host as the origin of the functions that it runs itself: answered in the process.
///
/// | target              | answer                                                      |
/// |---------------------|-------------------------------------------------------------|
/// | `/livez`            | 200 while the program serves                                |
/// | `/readyz`           | 200 when it can do its work, else 503 with `Retry-After`    |
/// | `/internal/health`  | the value `health` of a check made now; at most 5 s old     |
/// | `/internal/metrics` | the value `metrics` of now; at most 1 s old                 |
///
/// GET and HEAD; others get 405, other targets 404.
class OwnOrigin final : public sandbox::OriginPort {
 public:
  explicit OwnOrigin(Vitals vitals);

  void fetch(Request request, Done done) override;

 private:
  std::function<std::string(const Request&)> trouble_;
  FreshDocument health_;
  FreshDocument metrics_;
};

}  // namespace skerry::edge
