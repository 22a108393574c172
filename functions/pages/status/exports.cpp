// What table.js, and through it status.mjs, sees of StatusPage: flat functions. Texts cross as UTF-8, into
// the memory that page_input() gives and out of the one that page_output() names. Not embind: its script is
// larger than this module and runs longer than the table takes to make.
#include <cstddef>
#include <memory>
#include <string>

#include <emscripten/em_macros.h>

#include "functions/pages/status/status_page.hpp"

namespace {

struct Page {
  skerry::pages::StatusPage status;
  std::string input, output;
};

/// Keeps a text until the next call; its length.
std::size_t give(Page* page, std::string text) {
  page->output = std::move(text);
  return page->output.size();
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE Page* page_new() {
  return std::make_unique<Page>().release();  // for as long as the document lives
}

EMSCRIPTEN_KEEPALIVE char* page_input(Page* page, std::size_t size) {
  page->input.resize(size);
  return page->input.data();
}

EMSCRIPTEN_KEEPALIVE const char* page_output(Page* page) {
  return page->output.data();
}

EMSCRIPTEN_KEEPALIVE std::size_t page_load_latest(Page* page) {
  return give(page, page->status.load_latest(page->input));
}

EMSCRIPTEN_KEEPALIVE std::size_t page_load_history(Page* page) {
  return give(page, page->status.load_history(page->input));
}

EMSCRIPTEN_KEEPALIVE std::size_t page_set_query(Page* page) {
  page->status.set_query(page->input);
  return give(page, "");
}

EMSCRIPTEN_KEEPALIVE std::size_t page_sort_by(Page* page) {
  page->status.sort_by(page->input);
  return give(page, "");
}

EMSCRIPTEN_KEEPALIVE std::size_t page_field(Page* page) {
  return give(page, page->status.field(page->input));
}

EMSCRIPTEN_KEEPALIVE std::size_t page_query(Page* page) {
  return give(page, page->status.query());
}

EMSCRIPTEN_KEEPALIVE std::size_t page_changed_rows(Page* page) {
  return give(page, page->status.changed_rows());
}

EMSCRIPTEN_KEEPALIVE std::size_t page_order(Page* page) {
  return give(page, page->status.order());
}

EMSCRIPTEN_KEEPALIVE std::size_t page_details(Page* page, std::size_t key) {
  return give(page, page->status.details(key));
}

EMSCRIPTEN_KEEPALIVE std::size_t page_headline(Page* page) {
  return give(page, page->status.headline());
}

EMSCRIPTEN_KEEPALIVE std::size_t page_shown(Page* page) {
  return give(page, page->status.shown());
}

EMSCRIPTEN_KEEPALIVE std::size_t page_late_list(Page* page) {
  return give(page, page->status.late_list());
}

EMSCRIPTEN_KEEPALIVE std::size_t page_projects(Page* page) {
  return give(page, page->status.projects());
}

EMSCRIPTEN_KEEPALIVE bool page_made_up(Page* page) {
  return page->status.made_up();
}

EMSCRIPTEN_KEEPALIVE std::size_t page_axis(Page* page) {
  return give(page, page->status.axis());
}

EMSCRIPTEN_KEEPALIVE std::size_t page_age(Page* page, double now) {
  return give(page, page->status.age(now));
}

EMSCRIPTEN_KEEPALIVE bool page_is_old(Page* page, double now) {
  return page->status.is_old(now);
}

EMSCRIPTEN_KEEPALIVE double page_updated_at(Page* page) {
  return page->status.updated_at();
}

}  // extern "C"
