#include "functions/pages/status/html.hpp"

#include <doctest/doctest.h>

using namespace skerry::pages;

TEST_CASE("text stands for itself") {
  CHECK(escaped("rrc00") == "rrc00");
  CHECK(escaped("<b title=\"x\" id='y'>&amp;") == "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
  CHECK(escaped("") == "");
}

TEST_CASE("only web addresses become links") {
  struct Case {
    const char *url, *html;
  };
  const Case cases[] = {
      {"https://a/b?c&d", "<a href=\"https://a/b?c&amp;d\">x</a>"},
      {"HTTP://a", "<a href=\"HTTP://a\">x</a>"},
      {"https://a\"onclick=\"b", "<a href=\"https://a&quot;onclick=&quot;b\">x</a>"},
      {"javascript:alert(1)", "x"},
      {"javascript://https://a", "x"},
      {" https://a", "x"},
      {"java\nscript:https://", "x"},
      {"data:text/html,<script>", "x"},
      {"//a/b", "x"},
      {"http", "x"},
      {"", "x"},
  };
  for (const auto& [url, html] : cases) {
    std::string out;
    append_link(out, url, "x");
    CHECK(out == std::string(html));
  }
}
