#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shared/platform.hpp"

namespace skerry::program {

/// One `name=value` of an event.
struct Field {
  Field(std::string_view field_name, std::string_view text) : name(field_name), value(text), quoted(true) {}
  Field(std::string_view field_name, const char* text) : Field(field_name, std::string_view(text)) {}
  Field(std::string_view field_name, const std::string& text) : Field(field_name, std::string_view(text)) {}
  Field(std::string_view field_name, bool flag) : name(field_name), value(flag ? "true" : "false") {}
  Field(std::string_view field_name, std::integral auto number)
      : name(field_name), value(std::to_string(number)) {}
  /// With one digit behind the point.
  Field(std::string_view field_name, double number);

  std::string name;
  std::string value;
  bool quoted = false;  ///< in JSON
};
using Fields = std::vector<Field>;

/// How the program speaks: one line on stderr for each event, of one level and above.
///
///   text: 2026-11-21T08:05:12.345Z warning A listing failed. collector=rrc00 code=timeout
///   json: {"time":"2026-11-21T08:05:12.345Z","level":"warning","event":"listing_failed",
///          "message":"A listing failed.","collector":"rrc00","code":"timeout"}
///
/// Names of events and fields are stable; native-host/README.md lists the events. Thread-safe. Who doesn't
/// read standard error loses lines, and holds up neither who writes them nor the end of the program.
class Report final : public Log {
 public:
  enum class Severity { debug, info, warning, error };

  /// `level`: debug, info, warning, error. `format`: text, json.
  Report(std::string_view level, std::string_view format);
  ~Report() override;

  void event(Severity severity, std::string_view name, std::string_view message, const Fields& fields = {});
  void debug(std::string_view name, std::string_view message, const Fields& fields = {}) {
    event(Severity::debug, name, message, fields);
  }
  void info(std::string_view name, std::string_view message, const Fields& fields = {}) {
    event(Severity::info, name, message, fields);
  }
  void warning(std::string_view name, std::string_view message, const Fields& fields = {}) {
    event(Severity::warning, name, message, fields);
  }
  /// With the error's words as its message and its code as a field.
  void warning(std::string_view name, const Error& error, Fields fields = {});
  void error(std::string_view name, const Error& error, Fields fields = {});
  /// Lines of the server and of functions: the event `log`. One that comes again and again is written once in
  /// ten seconds, with the field `repeated`.
  void write(Level level, std::string_view line) override;
  /// Lines that are finished already, such as the access log's; never waits for a slow reader of stderr.
  void pass(std::string&& lines);
  /// As of the constructor; from any thread.
  void set_level(std::string_view level);
  /// Whether lines of this severity are written.
  [[nodiscard]] bool shows(Severity severity) const;
  [[nodiscard]] bool is_json() const;

  /// Lines that nobody read in time, since the start: of the program's own, and of those that were passed,
  /// which wait apart, so that neither costs the other.
  [[nodiscard]] std::size_t lost_lines() const;
  [[nodiscard]] std::size_t lost_passed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A line of an event without time and level, in either form.
std::string render_event(bool json, std::string_view name, std::string_view message, const Fields& fields);

}  // namespace skerry::program
