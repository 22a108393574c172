#include "shared/metrics/exposition.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "shared/json_text.hpp"

namespace skerry::metrics {
namespace {

std::string example() {
  Exposition out;
  out.family(Type::counter, "skerry_kv_read_bytes_total", "Bytes of values that were \"read\".");
  out.sample("skerry_kv_read_bytes_total", "", std::uint64_t{18'446'744'073'709'551'615U});
  out.family(Type::histogram, "skerry_took_seconds", "a\\b\nc");
  std::string labels;
  Exposition::append_label(labels, "function", "latest");
  Exposition::append_label(labels, "le", "+Inf");
  out.sample("skerry_took_seconds_bucket", labels, std::uint64_t{3});
  out.sample("skerry_took_seconds_sum", "function=\"latest\"", 0.25);
  out.sample("skerry_took_seconds_count", "function=\"latest\"", std::uint64_t{3});
  out.single(Type::gauge, "skerry_connections", "Open now.", 7.0);
  return std::move(out).finish();
}

TEST_CASE("text as OpenMetrics has it") {
  CHECK(example() ==
        "# TYPE skerry_kv_read_bytes counter\n"
        "# UNIT skerry_kv_read_bytes bytes\n"
        "# HELP skerry_kv_read_bytes Bytes of values that were \\\"read\\\".\n"
        "skerry_kv_read_bytes_total 18446744073709551615\n"
        "# TYPE skerry_took_seconds histogram\n"
        "# UNIT skerry_took_seconds seconds\n"
        "# HELP skerry_took_seconds a\\\\b\\nc\n"
        "skerry_took_seconds_bucket{function=\"latest\",le=\"+Inf\"} 3\n"
        "skerry_took_seconds_sum{function=\"latest\"} 0.25\n"
        "skerry_took_seconds_count{function=\"latest\"} 3\n"
        "# TYPE skerry_connections gauge\n"
        "# HELP skerry_connections Open now.\n"
        "skerry_connections 7\n"
        "# EOF\n");
  CHECK(is_exposition(example()));
}

TEST_CASE("the same as the format 0.0.4 has it") {
  CHECK(to_prometheus(example()) ==
        "# TYPE skerry_kv_read_bytes_total counter\n"
        "# HELP skerry_kv_read_bytes_total Bytes of values that were \"read\".\n"
        "skerry_kv_read_bytes_total 18446744073709551615\n"
        "# TYPE skerry_took_seconds histogram\n"
        "# HELP skerry_took_seconds a\\\\b\\nc\n"
        "skerry_took_seconds_bucket{function=\"latest\",le=\"+Inf\"} 3\n"
        "skerry_took_seconds_sum{function=\"latest\"} 0.25\n"
        "skerry_took_seconds_count{function=\"latest\"} 3\n"
        "# TYPE skerry_connections gauge\n"
        "# HELP skerry_connections Open now.\n"
        "skerry_connections 7\n");
}

TEST_CASE("a label's value may be anything") {
  struct Case {
    std::string value, text;
  };
  const Case cases[] = {
      {"", R"(a="")"},
      {"plain", R"(a="plain")"},
      {"\"} 1\nforged 2", R"(a="\"} 1\nforged 2")"},
      {"\\", R"(a="\\")"},
      {"\\\"", R"(a="\\\"")"},
      {"\r\t", "a=\"\r\t\""},
      {std::string("\0", 1), std::string("a=\"\0\"", 5)},
      {"é", "a=\"é\""},
      {"\xff", "a=\"\xEF\xBF\xBD\""},
      {"\xed\xa0\x80", "a=\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {std::string(100'000, '"'), ""},
  };
  for (const auto& [value, text] : cases) {
    CAPTURE(value.substr(0, 40));
    std::string labels;
    Exposition::append_label(labels, "a", value);
    if (!text.empty()) CHECK(labels == text);
    Exposition out;
    out.family(Type::gauge, "m", value);
    out.sample("m", labels, 1.0);
    const std::string whole = std::move(out).finish();
    CHECK(is_exposition(whole));
    CHECK(is_utf8(to_prometheus(whole)));
  }
}

TEST_CASE("numbers as both formats have them") {
  struct Case {
    double value;
    std::string_view text;
  };
  for (const auto& [value, text] :
       {Case{0, "0"}, Case{0.1, "0.1"}, Case{-2.5, "-2.5"}, Case{1763712312.345, "1763712312.345"},
        Case{1e300, "1e+300"}, Case{5e-324, "5e-324"}, Case{1e15, "1e+15"},
        Case{std::numeric_limits<double>::infinity(), "+Inf"},
        Case{-std::numeric_limits<double>::infinity(), "-Inf"}}) {
    CHECK(number_text(value) == text);
    CHECK(sample_text("m " + number_text(value) + "\n", "m") == text);
  }
  CHECK(number_text(std::nan("")) == "NaN");
  CHECK(sample_text("m NaN\n", "m") == "NaN");
}

TEST_CASE("times are in seconds, to the millisecond") {
  struct Case {
    std::int64_t milliseconds;
    std::string_view text;
  };
  for (const auto& [milliseconds, text] :
       {Case{0, "0"}, Case{1, "0.001"}, Case{20, "0.02"}, Case{1000, "1"}, Case{60'000, "60"},
        Case{1'763'712'312'345, "1763712312.345"}, Case{-1, "-0.001"}, Case{-61'500, "-61.5"}}) {
    Exposition out;
    out.single(Type::gauge, "m", "", std::chrono::milliseconds(milliseconds));
    CHECK(sample_text(std::move(out).finish(), "m") == text);
  }
}

TEST_CASE("a value is found by its name") {
  const std::string text = example();
  CHECK(sample_text(text, "skerry_connections") == "7");
  CHECK(sample_text(text, "skerry_kv_read_bytes_total") == "18446744073709551615");
  for (const char* name : {"skerry_connection", "connections", "skerry_took_seconds_sum", "", "#"}) {
    CAPTURE(name);
    CHECK_FALSE(sample_text(text, name));
  }
  for (const char* line :
       {"m", "m \n", "m x\n", "m 1", "m 1 2\n", "m 0x1\n", "m nan\n", "m infinity\n", "m  1\n", "m +1\n",
        "m 1.\n", "m .5\n", "m 1e\n", "m 1e+\n", "m --1\n", "m 1E5\n"}) {
    CAPTURE(line);
    CHECK_FALSE(sample_text(line, "m"));
  }
}

TEST_CASE("texts are joined") {
  Exposition more;
  more.single(Type::gauge, "skerry_edge_more", "More.", 1.0);
  const std::string second = std::move(more).finish();
  const std::string joined = join_expositions(example(), second);
  CHECK(joined == example().substr(0, example().size() - 6) + second);
  CHECK(is_exposition(joined));
  CHECK(join_expositions("", second) == second);
}

TEST_CASE("what is not whole is no exposition") {
  const std::string good = example();
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(is_exposition(good.substr(0, size)));
  }
  CHECK(is_exposition("# EOF\n"));
  for (const std::string& text : {
           std::string("<html>"),
           std::string("{}"),
           good + "x",
           good + good,
           std::string("\n# EOF\n"),
           std::string("m\n# EOF\n"),
           std::string("m{} 1\n# EOF\n"),
           std::string("m{a=\"\",} 1\n# EOF\n"),
           std::string("m{a=\"} 1\n# EOF\n"),
           std::string("m{a=\"\\\"} 1\n# EOF\n"),
           std::string("m{a=1} 1\n# EOF\n"),
           std::string("m{a=\"1\"b=\"2\"} 1\n# EOF\n"),
           std::string("m{1a=\"\"} 1\n# EOF\n"),
           std::string("1m 1\n# EOF\n"),
           std::string("m one\n# EOF\n"),
           std::string("m 1 1763712312\n# EOF\n"),
           std::string("m 1\r\n# EOF\n"),
           std::string("# HELP m without a type\n# EOF\n"),
           std::string("# TYPE m gauge\n# HELP n x\n# EOF\n"),
           std::string("# a comment\n# EOF\n"),
           std::string("#\n# EOF\n"),
           std::string("m{a=\"\xff\"} 1\n# EOF\n"),
           std::string("# TYPE 1 gauge\n# EOF\n"),
       }) {
    CAPTURE(text.substr(0, 60));
    CHECK_FALSE(is_exposition(text));
  }
}

TEST_CASE("names") {
  for (const char* name : {"a", "_", "a:b", "A1_"}) CHECK(is_metric_name(name));
  for (const char* name : {"", "1a", "a-b", "a b", "é", "a\n"}) CHECK_FALSE(is_metric_name(name));
  for (const char* name : {"a", "_a", "le"}) CHECK(is_label_name(name));
  for (const char* name : {"", "1a", "a:b", "__name__", "a\""}) CHECK_FALSE(is_label_name(name));
}

TEST_CASE("a bound is written in OpenMetrics' canonical form") {
  const std::pair<double, std::string_view> cases[] = {
      {0, "0.0"},         {0.001, "0.001"},     {0.1, "0.1"},
      {0.95, "0.95"},     {0.999, "0.999"},     {1, "1.0"},
      {1.7, "1.7"},       {2.5, "2.5"},         {10, "10.0"},
      {1e-10, "1e-10"},   {1e-9, "1e-09"},      {1e-5, "1e-05"},
      {0.0001, "0.0001"}, {0.00025, "0.00025"}, {100000, "100000.0"},
      {1e6, "1e+06"},     {1e10, "1e+10"},      {1234567, "1.234567e+06"},
      {-1, "-1.0"},       {65536, "65536.0"},   {std::numeric_limits<double>::infinity(), "+Inf"},
  };
  for (const auto& [value, text] : cases) CHECK(bound_text(value) == text);
}

TEST_CASE("who names OpenMetrics gets it") {
  struct Case {
    std::string_view accept;
    Format format;
  };
  const Case cases[] = {
      {"application/openmetrics-text", Format::openmetrics},
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       Format::openmetrics},
      {"text/plain;q=0.1, Application/OpenMetrics-Text ; q=0.1", Format::openmetrics},
      {"application/openmetrics-text;q=0, application/openmetrics-text;version=1.0.0", Format::openmetrics},
      {"", Format::prometheus},
      {"*/*", Format::prometheus},
      {"text/plain;version=0.0.4", Format::prometheus},
      {"application/openmetrics-text;q=0", Format::prometheus},
      {"application/openmetrics-text; version=1.0.0; q=0.000", Format::prometheus},
      {"application/openmetrics-textual", Format::prometheus},
      {"text/html;application/openmetrics-text", Format::prometheus},
      {"text/plain;q=0.9, application/openmetrics-text;q=0.1", Format::prometheus},
      {"text/plain;version=0.0.4,application/openmetrics-text;q=0.1", Format::prometheus},
      {"application/openmetrics-text;q=0.1, */*;q=0.5", Format::prometheus},
      {"text/plain;q=0.5, */*", Format::prometheus},
      {"application/*;q=0, */*", Format::prometheus},
      {"application/json", Format::prometheus},
      {"application/openmetrics-text;q=0.5, text/plain;q=0.5", Format::openmetrics},
      {"application/openmetrics-text;q=0.5, text/*;q=0.4, */*;q=0.3", Format::openmetrics},
      {"application/*", Format::openmetrics},
      {"text/plain;q=0, */*", Format::openmetrics},
  };
  for (const auto& [accept, format] : cases) {
    CAPTURE(accept);
    CHECK(negotiate(accept) == format);
  }
  CHECK(content_type(Format::openmetrics) == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(content_type(Format::prometheus) == "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace
}  // namespace skerry::metrics
