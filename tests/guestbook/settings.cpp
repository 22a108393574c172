#include "tests/guestbook/settings.hpp"

#include "native-host/program/settings.hpp"

namespace skerry::guestbook {
namespace {

bool is_path(std::string_view text) {
  return text.size() > 1 && text.starts_with('/') && !text.ends_with('/') &&
         text.find_first_of(" *?#") == std::string_view::npos;
}

}  // namespace

config::Table settings_table() {
  using S = Settings;
  using config::field;
  auto table = config::Table::of<S>("guestbook");
  table.rows({{.name = "guestbook.greeting",
               .field = field<&S::greeting>,
               .help = "What visitors read first",
               .live = true},
              {.name = "guestbook.path",
               .field = field<&S::path>,
               .help = "Where the book lies",
               .fits = is_path,
               .wants = "a path: /guestbook"}});
  table.secret<&S::key>("guestbook.key", "guestbook-key", "What those who write show; empty: nobody writes",
                        "writing into the guestbook");
  table.rows({{.name = "guestbook.max_upload",
               .field = field<&S::max_upload>,
               .help = "Of the entries that come in one request",
               .min = 1024,
               .max = program::kMaxSize,
               .unit = config::Unit::bytes},
              {"guestbook.count_every", field<&S::count_every>, "How often the entries are counted", 100,
               program::kDay}});
  return table;
}

}  // namespace skerry::guestbook
