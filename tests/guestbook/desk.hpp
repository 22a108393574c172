#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "native-host/http/exchange.hpp"
#include "native-host/program/host.hpp"
#include "tests/guestbook/book.hpp"

namespace skerry::guestbook {

/// The guestbook while the program runs: its doors, and the loop that counts.
class Desk final : public program::Running {
 public:
  explicit Desk(program::Host& host);

  /// What the last count found; an error before the first one. Waits for nobody.
  [[nodiscard]] Result<Counted> counted() const;

 private:
  Response greet(const Request& request) const;
  Task<void> entries(http::Exchange& exchange);
  Task<void> upload(http::Exchange& exchange);
  Task<Result<std::int64_t>> take_in(http::Exchange& exchange, std::unique_ptr<Upload>& upload);
  Task<void> download(http::Exchange& exchange);
  Task<void> live(http::Exchange& exchange);
  Task<void> socket(http::Exchange& exchange);

  /// Nothing where the request may write.
  [[nodiscard]] std::optional<Response> denied(const Request& request) const;
  void read_settings(const config::Loaded& loaded);
  Response refused(const Error& error);
  Result<void> count(const std::stop_token& stop);
  /// Lets go of what waits for the database when it ends, elsewhere than on a server's thread.
  template <class T>
  void let_go(std::unique_ptr<T> thing) {
    std::ignore =
        host_.blocking().post([thing = std::move(thing)](const std::stop_token&) mutable { thing.reset(); });
  }

  program::Host& host_;
  Book book_;
  metrics::Counter uploaded_, said_;
  metrics::Gauge entries_;
  mutable std::mutex mutex_;
  std::string greeting_;
  std::string key_;
  Result<Counted> counted_ =
      fail(ErrorKind::unavailable, "not_counted", "The entries have not been counted yet.");
};

}  // namespace skerry::guestbook
