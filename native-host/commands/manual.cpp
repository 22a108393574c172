#include "native-host/commands/manual.hpp"

#include <array>

#include <spdlog/fmt/fmt.h>

#include "native-host/config/reference.hpp"

namespace skerry::commands {
namespace {

/// Of the page's form; what it says is as old as the program.
constexpr std::string_view kDate = "2026-11-28";

/// Text that stands for itself: roff reads backslashes anywhere, and dots and quotes at the start of a line;
/// a hyphen of a flag is no hyphen of a word.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool starts = out.empty() || out.back() == '\n';
    if (starts && (c == '.' || c == '\'')) out += "\\&";
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '`': out += "\\(ga"; break;
      case '~': out += "\\(ti"; break;
      case '^': out += "\\(ha"; break;
      default: out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + plain(text) + "\\fR";
}
std::string slanted(std::string_view text) {
  return "\\fI" + plain(text) + "\\fR";
}

std::string head_of(const Flag& flag) {
  if (flag.names.empty())
    return flag.choices.empty() ? slanted("name ...") : slanted(flag.choices.front() + " ...");
  std::string out;
  for (const auto& name : flag.names) out += (out.empty() ? "" : ", ") + bold(name);
  return flag.value.empty() ? out : out + " " + slanted(flag.value);
}

void append_flags(std::string& out, const Command& command) {
  for (const Flag& flag : command.flags) out += ".TP\n" + head_of(flag) + "\n" + plain(flag.help) + ".\n";
}

/// Each command that does something, with its flags and examples.
void append_command(std::string& out, const Command& command) {
  out += ".SS " + plain(command.path) + "\n" + plain(command.help) + ".\n";
  if (!command.note.empty()) out += ".PP\n" + plain(command.note);
  append_flags(out, command);
  if (!command.examples.empty()) {
    out += ".PP\n.EX\n";
    for (const auto& [line, what] : command.examples)
      out.append(plain(fmt::format("{}   # {}", line, what))).append("\n");
    out += ".EE\n";
  }
  for (const Command& each : command.below) append_command(out, each);
}

}  // namespace

std::span<const ExitCode> exit_codes() {
  static constexpr std::array<ExitCode, 6> kCodes = {{{0, "all well"},
                                                      {1, "failed as a whole"},
                                                      {2, "wrong flags or settings"},
                                                      {3, "something that has to be installed is not there"},
                                                      {4, "some of several things failed, the rest is done"},
                                                      {5, "somebody else is at work on the same thing"}}};
  return kCodes;
}

std::string manual(const Command& root, const config::Schema& schema, std::string_view version) {
  std::string out = ".TH SKERRY 1 " + std::string(kDate) + " \"skerry " + std::string(version) + "\"\n";
  out += ".SH NAME\nskerry \\- a public data service from the edge of the network\n";
  out += ".SH SYNOPSIS\n\\fBskerry\\fR [\\fIoptions\\fR] \\fIcommand\\fR [\\fIoptions\\fR]\n";
  out += ".SH DESCRIPTION\n" + plain(root.help.substr(0, root.help.find_last_not_of('\n') + 1)) + "\n";
  out += ".SH OPTIONS\n";
  append_flags(out, root);
  out += ".SH COMMANDS\n";
  for (const Command& each : root.below) append_command(out, each);
  out += ".SH \"EXIT STATUS\"\n";
  for (const auto& [code, meaning] : exit_codes())
    out += ".TP\n" + bold(std::to_string(code)) + "\n" + plain(meaning) + ".\n";
  out += ".PP\nA command that was given " + bold("--json") +
         " and fails prints one line on standard output, the last one there:\n.PP\n.EX\n" +
         plain(R"({"error":{"code":"view_missing","message":"There is no view in .skerry yet: ..."}})") +
         "\n.EE\n.PP\nThe code is stable. The sentence is on standard error, too.\n";
  out += ".SH SETTINGS\nEach can stand in a file, in the environment and behind " + bold("--set") + ".\n";
  for (const auto& row : config::reference(schema)) {
    out += ".TP\n" + bold(row.name) + " (" + plain(row.unit) +
           (row.fallback.empty() ? std::string() : ", default " + plain(row.fallback)) + ")\n" +
           plain(row.meaning) + ".";
    if (!row.range.empty()) out += "\nRange: " + plain(row.range) + ".";
    out += "\n";
  }
  out += ".SH FILES\n";
  const auto file = [&](std::string_view path, std::string_view what) {
    out += ".TP\n" + slanted(path) + "\n" + plain(what) + "\n";
  };
  file("skerry.toml, /etc/skerry/skerry.toml", "Settings; the first where it is in the working directory.");
  file(".env, /etc/skerry/environment", "Lines NAME=value, likewise; secrets stand here, mode 600.");
  file(".skerry/, /var/lib/skerry",
       "The data folder: the private PostgreSQL, the key-value store, the event log.");
  out += ".SH \"SEE ALSO\"\n.BR psql (1),\n.BR systemctl (1)\n";
  return out;
}

}  // namespace skerry::commands
