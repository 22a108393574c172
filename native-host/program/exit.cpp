#include "native-host/program/exit.hpp"

#include "native-host/program/terminal.hpp"
#include "shared/printable.hpp"

namespace skerry::program {

std::string error_json(const Error& error) {
  std::string out = R"({"error":{"code":)";
  append_printable_string(out, error.code);
  out += R"(,"message":)";
  append_printable_string(out, error.message);
  return out + "}}\n";
}

Exit complain(const Error& error, bool json) {
  if (json) {
    put(error_json(error));
    flush();
  }
  warn(error.message + " (" + error.code + ")");
  return exit_for(error);
}

}  // namespace skerry::program
