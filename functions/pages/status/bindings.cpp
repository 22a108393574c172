// What status.mjs sees of StatusPage. Texts go in as a string or as a Uint8Array of UTF-8.
#include <emscripten/bind.h>

#include "functions/pages/status/status_page.hpp"

using skerry::pages::StatusPage;

EMSCRIPTEN_BINDINGS(status) {
  emscripten::class_<StatusPage>("StatusPage")
      .constructor<>()
      .function(
          "load_latest", +[](StatusPage& page, const std::string& json) { return page.load_latest(json); })
      .function(
          "load_history", +[](StatusPage& page, const std::string& json) { return page.load_history(json); })
      .function(
          "set_query", +[](StatusPage& page, const std::string& text) { page.set_query(text); })
      .function("query", &StatusPage::query)
      .function(
          "field", +[](StatusPage& page, const std::string& name) { return page.field(name); })
      .function(
          "sort_by", +[](StatusPage& page, const std::string& key) { page.sort_by(key); })
      .function("changed_rows", &StatusPage::changed_rows)
      .function("order", &StatusPage::order)
      .function("details", &StatusPage::details)
      .function("headline", &StatusPage::headline)
      .function("shown", &StatusPage::shown)
      .function("late_list", &StatusPage::late_list)
      .function("axis", &StatusPage::axis)
      .function("updated_at", &StatusPage::updated_at)
      .function("age", &StatusPage::age)
      .function("is_old", &StatusPage::is_old);
}
