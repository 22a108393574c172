// What status.mjs sees of StatusPage. The long texts cross as bytes of UTF-8, in views of the module's
// memory: embind moves strings letter by letter.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include "functions/pages/status/status_page.hpp"

namespace {

class Page : public skerry::pages::StatusPage {
 public:
  /// Where the next document's bytes go.
  emscripten::val input(std::size_t size) {
    input_.resize(size);
    return emscripten::val(
        emscripten::typed_memory_view(size, reinterpret_cast<unsigned char*>(input_.data())));
  }
  std::string load_latest() { return StatusPage::load_latest(input_); }
  std::string load_history() { return StatusPage::load_history(input_); }

  /// Valid until the next call of the module.
  emscripten::val changed_rows() {
    output_ = StatusPage::changed_rows();
    const auto* const bytes = reinterpret_cast<const unsigned char*>(output_.data());
    return emscripten::val(emscripten::typed_memory_view(output_.size(), bytes));
  }

  void set_query(const std::string& text) { StatusPage::set_query(text); }
  [[nodiscard]] std::string field(const std::string& name) const { return StatusPage::field(name); }
  void sort_by(const std::string& key) { StatusPage::sort_by(key); }

 private:
  std::string input_, output_;
};

/// An inherited method as one of Page: embind goes by the class in the pointer's type.
template <class R, class... A>
constexpr auto own(R (skerry::pages::StatusPage::*method)(A...) const) {
  return static_cast<R (Page::*)(A...) const>(method);
}

}  // namespace

EMSCRIPTEN_BINDINGS(status) {
  emscripten::class_<Page>("StatusPage")
      .constructor<>()
      .function("input", &Page::input)
      .function("load_latest", &Page::load_latest)
      .function("load_history", &Page::load_history)
      .function("set_query", &Page::set_query)
      .function("query", own(&Page::query))
      .function("field", &Page::field)
      .function("sort_by", &Page::sort_by)
      .function("changed_rows", &Page::changed_rows)
      .function("order", own(&Page::order))
      .function("details", own(&Page::details))
      .function("headline", own(&Page::headline))
      .function("shown", own(&Page::shown))
      .function("late_list", own(&Page::late_list))
      .function("axis", own(&Page::axis))
      .function("updated_at", own(&Page::updated_at))
      .function("age", own(&Page::age))
      .function("is_old", own(&Page::is_old));
}
