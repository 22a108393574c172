#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "native-host/http/hub.hpp"
#include "native-host/postgres/pool.hpp"
#include "tests/guestbook/entry.hpp"

namespace skerry::guestbook {

struct Counted {
  std::int64_t entries = 0;
  std::string last;  ///< when, as RFC 3339; empty: there is none
};
/// Of any connection; for those who only look.
Result<Counted> count(postgres::Connection& connection);
/// The newest ones, as JSON, the newest last.
Result<std::vector<std::string>> newest(postgres::Connection& connection, std::int64_t many);

/// The entries, and who hears of new ones. Thread-safe; everything waits for the database, but `hub`.
class Book {
 public:
  explicit Book(postgres::Pool& pool) : pool_(&pool) {}

  /// Each entry that is added alone, as an event `entry` with its JSON; of an upload an event `uploaded` with
  /// how many. Their ids are those of the (last) entries, and rise.
  [[nodiscard]] http::Hub& hub() { return hub_; }

  Result<void> add(const Entry& entry, const std::stop_token& stop);
  [[nodiscard]] Result<Counted> count(const std::stop_token& stop);

  /// Does `begin`, and returns the number of the newest entry then: what is published afterwards is newer.
  template <class Begin>
  Result<std::int64_t> from_now(const std::stop_token& stop, Begin begin) {
    const std::lock_guard lock(adding_);
    auto newest = newest_number(stop);
    if (newest) begin();
    return newest;
  }
  /// Some of those after one number up to another, as events. Fewer than `kPage`: these were all.
  Result<std::vector<http::Message>> between(std::int64_t after, std::int64_t last,
                                             const std::stop_token& stop);
  static constexpr std::size_t kPage = 200;

 private:
  friend class Download;
  friend class Upload;

  [[nodiscard]] Result<std::int64_t> newest_number(const std::stop_token& stop);

  postgres::Pool* pool_;
  http::Hub hub_;
  std::mutex adding_;  ///< until what was added is published
};

/// Entries that come one after the other and are in the book together, or not at all: they wait in a table of
/// the transaction's own, so that a slow upload holds up nobody. For one thread at a time; its end waits for
/// the database, too.
class Upload {
 public:
  static Result<std::unique_ptr<Upload>> begin(Book& book, const std::stop_token& stop);

  /// In COPY's text format.
  Result<void> write(std::string_view copy, const std::stop_token& stop);
  /// How many there are now in the book.
  Result<std::int64_t> finish(const std::stop_token& stop);

 private:
  Upload(Book& book, postgres::Lease lease) : book_(&book), lease_(std::move(lease)) {}

  Book* book_;
  postgres::Lease lease_;
  std::optional<postgres::Transaction> transaction_;
  std::optional<postgres::CopyIn> copy_;
};

/// All entries as they are now, as NDJSON. For one thread at a time; its end waits for the database, too.
class Download {
 public:
  static Result<std::unique_ptr<Download>> begin(Book& book, const std::stop_token& stop);

  /// Some 64 KiB, or what there is; empty: that was all.
  Result<std::string> next(const std::stop_token& stop);

 private:
  explicit Download(postgres::Lease lease) : lease_(std::move(lease)) {}

  postgres::Lease lease_;
  std::optional<postgres::RowStream> rows_;  ///< until their last one
};

}  // namespace skerry::guestbook
