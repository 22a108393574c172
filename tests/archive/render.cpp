#include "tests/archive/render.hpp"

#include <array>
#include <ranges>

#include <fmt/format.h>

namespace skerry::archive {
namespace {

constexpr std::size_t kApacheNameWidth = 23;
constexpr std::size_t kNginxNameWidth = 51;
constexpr std::array kMonthNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Civil {
  explicit Civil(Time time) : Civil(std::chrono::floor<std::chrono::minutes>(time)) {}
  explicit Civil(std::chrono::sys_time<std::chrono::minutes> time)
      : date(std::chrono::floor<std::chrono::days>(time)),
        clock(time - std::chrono::floor<std::chrono::days>(time)) {}

  [[nodiscard]] int year() const { return static_cast<int>(date.year()); }
  [[nodiscard]] unsigned month() const { return static_cast<unsigned>(date.month()); }
  [[nodiscard]] unsigned day() const { return static_cast<unsigned>(date.day()); }

  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::minutes> clock;
};

void append_spaces(std::string& out, std::size_t used, std::size_t width) {
  if (used < width) out.append(width - used, ' ');
}

std::string parent_of(std::string_view path) {
  path.remove_suffix(1);
  return std::string(path.substr(0, path.rfind('/') + 1));
}

std::string apache_time(Time time) {
  const Civil civil(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}  ", civil.year(), civil.month(), civil.day(),
                     civil.clock.hours().count(), civil.clock.minutes().count());
}

/// `icon` is the first cell's content; `width` 0 leaves names as they are.
void append_apache_row(std::string& out, std::string_view icon, std::size_t width, const Entry& entry) {
  fmt::format_to(std::back_inserter(out), R"(<tr><td valign="top">{}</td><td><a href="{}">)", icon,
                 entry.name);
  if (width > 0 && entry.name.size() > width) {
    out.append(entry.name, 0, width - 3).append("..&gt;</a>");
  } else {
    out.append(entry.name).append("</a>");
    append_spaces(out, entry.name.size(), width);
  }
  fmt::format_to(std::back_inserter(out),
                 R"(</td><td align="right">{}</td><td align="right">{}</td><td>&nbsp;</td></tr>)",
                 apache_time(entry.modified), entry.size ? apache_size(*entry.size) : "  - ");
  out += '\n';
}

std::string render_apache(std::string_view path, std::span<const Entry> entries, bool ris) {
  const auto title = path.substr(0, path.size() - 1);
  const std::string_view head_icon = ris ? "&nbsp;" : R"(<img src="/icons/blank.gif" alt="[ICO]">)";
  const std::string_view parent_icon = ris ? "&nbsp;" : R"(<img src="/icons/back.gif" alt="[PARENTDIR]">)";
  const std::string_view folder_icon = ris ? "&nbsp;" : R"(<img src="/icons/folder.gif" alt="[DIR]">)";
  const std::string_view file_icon = ris ? "&nbsp;" : R"(<img src="/icons/unknown.gif" alt="[   ]">)";
  const std::size_t width = ris ? 0 : kApacheNameWidth;

  std::string out =
      fmt::format(R"(<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html>
 <head>
  <title>Index of {0}</title>
 </head>
 <body>
<h1>Index of {0}</h1>
  <table>
   <tr><th valign="top">{1}</th><th><a href="?C=N;O={2}">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th><th><a href="?C=S;O=A">Size</a></th><th><a href="?C=D;O=A">Description</a></th></tr>
   <tr><th colspan="5"><hr></th></tr>
<tr><td valign="top">{3}</td><td><a href="{4}">Parent Directory</a>{5:{6}}</td><td>&nbsp;</td><td align="right">  - </td><td>&nbsp;</td></tr>
)",
                  title, head_icon, ris ? 'A' : 'D', parent_icon, parent_of(path), "", ris ? 0 : 7);
  out.reserve(out.size() + entries.size() * 256 + 64);
  const auto row = [&](const Entry& entry) {
    append_apache_row(out, entry.size ? file_icon : folder_icon, width, entry);
  };
  if (ris) {
    for (const auto& entry : entries | std::views::reverse) row(entry);
  } else {
    for (const auto& entry : entries) row(entry);
  }
  return out += "   <tr><th colspan=\"5\"><hr></th></tr>\n</table>\n</body></html>\n";
}

std::string render_nginx(std::string_view path, std::span<const Entry> entries) {
  std::string out = fmt::format(
      "<html>\r\n<head><title>Index of {0}</title></head>\r\n<body bgcolor=\"white\">\r\n"
      "<h1>Index of {0}</h1><hr><pre><a href=\"../\">../</a>\r\n",
      path);
  out.reserve(out.size() + entries.size() * 128 + 64);
  for (const auto& entry : entries) {
    fmt::format_to(std::back_inserter(out), R"(<a href="{0}">{0}</a>)", entry.name);
    append_spaces(out, entry.name.size(), kNginxNameWidth);
    const Civil civil(entry.modified);
    fmt::format_to(std::back_inserter(out), "{:02}-{}-{:04} {:02}:{:02} {}\r\n", civil.day(),
                   kMonthNames[civil.month() - 1], civil.year(), civil.clock.hours().count(),
                   civil.clock.minutes().count(), entry.size ? nginx_size(*entry.size) : "      -");
  }
  return out += "</pre><hr></body>\r\n</html>\r\n";
}

}  // namespace

std::string render_listing(Style style, std::string_view path, std::span<const Entry> entries) {
  if (style == Style::ris_pre) return render_nginx(path, entries);
  return render_apache(path, entries, style == Style::ris_table);
}

std::string apache_size(std::uint64_t bytes) {
  // apr_strfsize(): a unit holds up to 972 of itself, one decimal below 9.95.
  if (bytes < 973) return fmt::format("{:3} ", bytes);
  std::string_view units = "KMGTPE";
  for (;; units.remove_prefix(1)) {
    auto rest = bytes & 1023;
    bytes >>= 10;
    if (bytes >= 973) continue;
    if (bytes < 9 || (bytes == 9 && rest < 973)) {
      rest = (rest * 5 + 256) / 512;
      if (rest >= 10) {
        ++bytes;
        rest = 0;
      }
      return fmt::format("{}.{}{}", bytes, rest, units.front());
    }
    return fmt::format("{:3}{}", bytes + (rest >= 512 ? 1 : 0), units.front());
  }
}

std::string nginx_size(std::uint64_t bytes) {
  constexpr std::uint64_t kKilo = 1024;
  constexpr std::uint64_t kMega = kKilo * 1024;
  constexpr std::uint64_t kGiga = kMega * 1024;
  const auto rounded = [bytes](std::uint64_t unit) {
    return bytes / unit + (bytes % unit >= unit / 2 ? 1 : 0);
  };
  if (bytes >= kGiga) return fmt::format("{:6}G", rounded(kGiga));
  if (bytes >= kMega) return fmt::format("{:6}M", rounded(kMega));
  if (bytes > 9999) return fmt::format("{:6}K", rounded(kKilo));
  return fmt::format(" {:6}", bytes);
}

}  // namespace skerry::archive
