#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skerry::config {

struct Dotenv {
  std::map<std::string, std::string> variables;
  std::vector<int> malformed;  ///< numbers of lines, from 1
};

/// Reads `NAME=value` lines as dotenv programs do: `export ` before a name, `#` comments, blanks around `=`;
/// in '…' all is literal, in "…" there are \n \r \t \" \\ \$, without quotes a value ends before ` #`. The
/// last of two lines with one name counts, as for a shell. `$NAME` is not replaced, and a value does not go
/// over lines.
Dotenv parse_dotenv(std::string_view text);

/// Reads them as systemd does for `EnvironmentFile=` (systemd.exec(5)), so that a service and the commands of
/// a shell find the same in one file: `#` and `;` begin comments at the start of a line alone, quoted values
/// go over lines, a \ joins a line with the next one; outside of quotes it makes the next character literal,
/// in "…" one of `"\$` and the backquote, in '…' nothing. Blanks around a value that is not quoted are none
/// of it.
Dotenv parse_environment_file(std::string_view text);

}  // namespace skerry::config
