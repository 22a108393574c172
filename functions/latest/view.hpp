#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "shared/broker/vocabulary.hpp"
#include "shared/error.hpp"
#include "shared/query.hpp"
#include "shared/time.hpp"

namespace skerry::functions {

/// Which rows of the view a request wants.
struct Filter {
  std::string project;  ///< the word that rows have; empty: all
  bool is_own = false;  ///< a project of one's own, which a view must know (View::settle)
  std::optional<broker::DataType> data_type;
  std::set<std::string, std::less<>> collectors;  ///< empty: all

  /// Reads `project`, `data_type` and `collector_id` (a comma list; spaces don't count). An empty value is as
  /// good as none, other parameters are ignored. A collector that is not in the view selects no row. A
  /// project is one of the two great ones, by any of its words, or one that the collectors file names.
  /// Errors: `unknown_project`, `unknown_data_type`, `invalid_collector_id`.
  static Result<Filter> parse(const Query& query);

  [[nodiscard]] bool selects_all() const { return project.empty() && !data_type && collectors.empty(); }
  /// The same text for filters that select the same rows; empty for the one that selects all.
  [[nodiscard]] std::string canonical() const;

  friend bool operator==(const Filter&, const Filter&) = default;
};

/// The three HTTP forms of the view.
enum class Form {
  document,  ///< `{"last_updated_at":…,"latest":[row…]}`
  array,     ///< API v2: `[row…]`
  envelope,  ///< API v3: `{"total":…,"count":…,…,"data":[item…],"meta":{…}}`, an item with v3's seven keys
};

/// The value of the KV key `latest`, format 1, as the updater writes it (no white space outside strings):
///
///     {"format":1,"update_duration":2,"rows":132,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[row,…]}
///     row = {"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"rrc00","data_type":"rib",
///            "item_url":"…","rough_size":435415200,"exact_size":0,"project":"riperis","collector_url":"…"}
///
/// `delay` is in seconds, as of `last_updated_at`. The members before `last_updated_at` are between writer
/// and reader: they are not served. Two of them may be missing: `"projects":["lab"]`, the projects of one's
/// own that the collectors file names, and `"made_up":true`, directly before `last_updated_at`, which says
/// that the rows are the archive replica's; it is served, in the document and in the envelope's `meta`. The
/// text is cut, never parsed into a tree.
class View {
 public:
  /// Takes the text over and checks what does not depend on its length: the head, the version, and that the
  /// end is there. Rows are looked at when a request needs them one by one.
  /// Errors: `view_format` (another version), `view_damaged`.
  static Result<View> open(std::string text);

  [[nodiscard]] Time last_updated_at() const { return last_updated_at_; }
  /// Whether the rows are the archive replica's.
  [[nodiscard]] bool made_up() const { return made_up_; }
  /// Gives a project of one's own the word that rows have. Error: `unknown_project`, which lists those that
  /// are there.
  Result<void> settle(Filter& filter) const;
  /// Differs between any two views that one updater ever wrote.
  [[nodiscard]] const std::string& identity() const { return identity_; }

  /// The time of the newest file of all; nothing without a file. Errors: `view_damaged`.
  [[nodiscard]] Result<std::optional<Time>> newest_file() const;

  /// A form without filter that lies in the text as it is; nothing for `envelope`.
  [[nodiscard]] std::optional<std::string_view> whole(Form form) const;
  /// Any form of the rows that `filter` selects. Errors: `view_damaged`.
  Result<std::string> render(Form form, const Filter& filter) const;

 private:
  /// The members of a row, raw, that filters and the v3 form need.
  struct Row {
    std::string_view text, timestamp, collector_id, data_type, item_url, rough_size, exact_size, project;
  };

  static std::optional<Row> read_row(std::string_view text);
  /// Calls `take` with each row, until it finds one to be damaged, and checks that they are as many as was
  /// said.
  [[nodiscard]] Result<void> each_row(const std::function<bool(const Row&)>& take) const;
  static bool append_item(std::string& out, const Row& row);

  [[nodiscard]] std::string_view document() const { return std::string_view(text_).substr(document_); }
  [[nodiscard]] std::string_view array() const {
    return std::string_view(text_).substr(array_, text_.size() - array_ - 1);
  }

  std::string text_;
  std::size_t document_ = 0;  // where the served document begins
  std::size_t array_ = 0;     // where the array of rows begins
  std::size_t rows_ = 0;
  bool made_up_ = false;
  std::string projects_;  ///< as JSON
  std::string update_duration_;
  Time last_updated_at_;
  std::string identity_;
};

}  // namespace skerry::functions
