#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/board_query.hpp"

namespace skerry::pages {

/// The page /status without its browser: takes the two documents and the query, gives finished HTML. All text
/// that it gives as HTML is escaped, and only http and https addresses become links.
///
/// Rows go by keys: numbers that a collector keeps while it is in the view.
class StatusPage {
 public:
  /// Both take any bytes and answer what is wrong, or nothing. A document that is wrong changes nothing.
  std::string load_latest(std::string_view json);
  std::string load_history(std::string_view json);

  /// The deep link, see BoardQuery. A project that is not in the view counts as absent.
  void set_query(std::string_view query_string);
  /// The projects of the view that are neither RIS nor RouteViews, between spaces.
  [[nodiscard]] std::string projects() const;
  /// Whether the archive replica made the view up.
  [[nodiscard]] bool made_up() const { return board_.made_up; }
  [[nodiscard]] std::string query() const { return query_.text(); }
  /// The query's value for a field of the form: `q`, `project`, `data_type`, `late`, `sort`, `order`.
  [[nodiscard]] std::string field(std::string_view name) const;
  void sort_by(std::string_view key);

  /// The rows, as `<tr data-key="7">…`, that are not as they were at the last call.
  std::string changed_rows();
  /// The keys of the rows to show, in their order: `3 1 2`.
  [[nodiscard]] std::string order() const;
  /// What a row's strip opens.
  [[nodiscard]] std::string details(std::size_t key) const;

  /// `85 collectors, 6 late`
  [[nodiscard]] std::string headline() const;
  /// `12 of 85 collectors, 3 late`
  [[nodiscard]] std::string shown() const;
  /// The collectors that are late as list items, the latest trouble first.
  [[nodiscard]] std::string late_list() const;
  /// The hours over the strips, as SVG texts; empty without a history.
  [[nodiscard]] std::string axis() const;
  /// When the view was made, in milliseconds since 1970.
  [[nodiscard]] double updated_at() const;
  /// `2026-11-21 08:05:11 UTC, 2 min ago`; `now` in milliseconds since 1970.
  [[nodiscard]] std::string age(double now) const;
  /// Whether the view is older than it should ever be, 15 minutes.
  [[nodiscard]] bool is_old(double now) const;

 private:
  struct Row {
    std::size_t key = 0;
    std::string html;
  };

  void take(broker::Board board);
  [[nodiscard]] std::vector<std::string_view> own_projects() const;
  [[nodiscard]] std::int64_t minute(Time time) const;
  [[nodiscard]] std::vector<Time> marks() const;
  [[nodiscard]] std::string picture(const broker::Collector& collector, const std::string& grid) const;
  [[nodiscard]] std::string row(const broker::Collector& collector, std::size_t key,
                                const std::string& grid) const;

  broker::Board board_;
  broker::History history_;
  broker::BoardQuery query_;
  std::vector<Row> rows_;  ///< of board_.collectors
  std::size_t next_key_ = 1;
};

}  // namespace skerry::pages
