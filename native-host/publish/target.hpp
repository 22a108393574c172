#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "native-host/config/secret.hpp"
#include "native-host/http/client.hpp"
#include "native-host/publish/document.hpp"

namespace skerry::publish {

/// Why a push failed, and when another may be worth while.
struct Failure {
  Error error;
  Seconds retry_after{};   ///< as the platform asked; 0: it did not
  bool permanent = false;  ///< until somebody changes a setting, a token or the document
};

struct PushResult {
  std::vector<std::string> stored = {};  ///< keys
  std::optional<Failure> failure = {};   ///< of the others
};

/// A key-value store at a platform, to which documents are pushed. Blocking, for one thread.
///
/// Errors of a failure, besides those of http::Client and Secret::read: `publish_denied` (401, 403),
/// `publish_unknown_store` (404), `publish_limited` (429), `publish_unavailable` (5xx), `publish_rejected`
/// (other answers that refuse), `publish_garbled` (an answer that is none), `publish_too_large` (the value is
/// above the platform's limit and was not sent). No message holds a token.
class Target {
 public:
  virtual ~Target() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;     ///< `cloudflare`
  [[nodiscard]] virtual const std::string& address() const = 0;  ///< the store's URL, which names it

  virtual PushResult push(std::span<const Document> documents, const std::stop_token& stop) = 0;
  /// Asks for the store's description, which changes nothing; true: token and store are good.
  virtual std::optional<Failure> check(const std::stop_token& stop) = 0;
};

struct TargetOptions {
  std::string base;  ///< of the API, without a trailing slash
  config::Secret token;
  http::Client client;  ///< the way there: program::Outward has it
};

/// Cloudflare Workers KV by its REST API: one `PUT …/bulk` for all documents (at most 10,000 pairs and 100
/// MB, a value up to 25 MiB, a key up to 512 bytes; one write a second for each key, 1,200 requests in 5
/// minutes). developers.cloudflare.com/api/resources/kv, /kv/platform/limits,
/// /fundamentals/api/reference/limits.
std::unique_ptr<Target> cloudflare_target(TargetOptions options, const std::string& account,
                                          const std::string& name_space);

/// Fastly KV Store by its REST API: one `PUT …/keys/{key}` for each document (a value up to 25 MB, a key up
/// to 1,024 bytes, one write a second for each key).
/// fastly.com/documentation/reference/api/services/resources.
std::unique_ptr<Target> fastly_target(TargetOptions options, const std::string& store);

}  // namespace skerry::publish
