#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "native-host/broker/updater.hpp"
#include "shared/platform.hpp"

namespace skerry::cli {

/// How the program speaks: log lines on stderr, `text` or `json`, of one level and above. Thread-safe.
class Report final : public Log {
 public:
  /// `level`: debug, info, warning, error. `format`: text, json.
  Report(std::string_view level, std::string_view format);
  ~Report() override;

  void write(Level level, std::string_view line) override;
  void info(std::string_view line) { write(Level::info, line); }
  void warning(std::string_view line) { write(Level::warning, line); }
  void error(const Error& error) { write(Level::error, error.message + " (" + error.code + ")"); }
  /// Lines that are finished already, such as the access log's; never waits for a slow reader of stderr.
  void pass(std::string&& lines);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `255 listings: 12 read, 240 unchanged, 3 failed; 37 new files, 1 changed; 0.4 MB in 2.1 s`
std::string summary_line(const broker::CycleReport& report);

/// The whole report as one JSON object.
std::string report_json(const broker::CycleReport& report);

/// A line on a terminal that is drawn over itself; nothing where stderr is no terminal.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const broker::Progress& progress);
  void clear();

 private:
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace skerry::cli
