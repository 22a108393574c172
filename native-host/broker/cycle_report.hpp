#pragma once

#include <string>

#include "native-host/broker/updater.hpp"
#include "native-host/program/report.hpp"

namespace skerry::broker {

/// `2.1 s: 255 listings, 12 read, …` as fields of the event `cycle_done`.
program::Fields cycle_fields(const CycleReport& report);

/// The whole report as one JSON object.
std::string report_json(const CycleReport& report);

/// A line on a terminal that is drawn over itself; nothing where stderr is no terminal.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);
  void clear();
  [[nodiscard]] bool is_shown() const { return terminal_; }

 private:
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace skerry::broker
