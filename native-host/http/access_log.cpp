#include "native-host/http/access_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "shared/printable.hpp"

namespace skerry::http {
namespace {

constexpr std::size_t kMaxTarget = 1024;
constexpr std::size_t kMaxText = 256;

/// Values with their names, in either form.
class Line {
 public:
  Line(std::string& out, bool json) : out_(out), json_(json) {}

  void text(std::string_view name, std::string_view text) {
    begin(name);
    if (json_)
      append_printable_string(out_, text);
    else
      append_word(out_, text);
  }
  template <class Number>
  void number(std::string_view name, Number number) {
    begin(name);
    std::array<char, 24> digits;
    out_.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
  }

 private:
  void begin(std::string_view name) {
    out_.append(json_ ? ",\"" : " ").append(name).append(json_ ? "\":" : "=");
  }

  std::string& out_;
  bool json_;
};

}  // namespace

void append_access_line(std::string& out, const AccessEntry& entry, bool json, const Redaction& redaction) {
  if (json)
    out.append("{\"time\":\"")
        .append(format_rfc3339(entry.time))
        .append(R"(","level":"info","event":"request","message":"Answered")");
  else
    out.append(format_rfc3339(entry.time)).append(" info Answered");
  const auto target = entry.kept
                          ? entry.target
                          : entry.target.substr(0, std::min(entry.target.find('?'), entry.target.size()));
  Line line(out, json);
  line.text("client", entry.kept ? entry.client : "");
  line.text("method", head_of(redaction.text(head_of(entry.method, kMaxTarget)), kMaxText));
  line.text("target", head_of(redaction.target(target), kMaxTarget));
  line.number("status", entry.status);
  line.number("bytes", entry.bytes);
  line.number("micros", entry.duration.count());
  line.text("agent",
            entry.kept ? head_of(redaction.text(head_of(entry.user_agent, kMaxTarget)), kMaxText) : "");
  out.append(json ? "}\n" : "\n");
}

}  // namespace skerry::http
