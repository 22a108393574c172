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

}  // namespace skerry::config
