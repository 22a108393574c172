#include "native-host/broker/cycle_report.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "native-host/program/terminal.hpp"
#include "shared/printable.hpp"

namespace skerry::broker {
namespace {

nlohmann::ordered_json counts(const CollectorReport& report) {
  return {{"listings", report.listings},
          {"probes", report.probes},
          {"unchanged", report.unchanged},
          {"absent", report.absent},
          {"delayed", report.delayed},
          {"skipped_rows", report.skipped_rows},
          {"files_added", report.files_added},
          {"files_changed", report.files_changed},
          {"bytes", report.bytes}};
}

}  // namespace

program::Fields cycle_fields(const CycleReport& report) {
  const auto& total = report.total;
  const std::size_t others = total.unchanged + total.absent + report.failed_listings;
  return {{"listings", total.listings},
          {"read", total.listings > others ? total.listings - others : 0},
          {"unchanged", total.unchanged},
          {"absent", total.absent},
          {"failed", report.failed_listings},
          {"probes", total.probes},
          {"new_files", total.files_added},
          {"changed_files", total.files_changed},
          {"megabytes", static_cast<double>(total.bytes) / 1e6},
          {"seconds", static_cast<double>(report.duration.count()) / 1e3}};
}

std::string report_json(const CycleReport& report) {
  nlohmann::ordered_json out{{"duration_ms", report.duration.count()},
                             {"failed_listings", report.failed_listings},
                             {"failed_collectors", report.failed_collectors},
                             {"total", counts(report.total)}};
  auto& collectors = out["collectors"] = nlohmann::ordered_json::array();
  for (const auto& collector : report.collectors) {
    nlohmann::ordered_json row{{"id", collector.id}};
    row.update(counts(collector));
    auto& failures = row["failures"] = nlohmann::ordered_json::array();
    for (const auto& failure : collector.failures) {
      failures.push_back(
          {{"url", failure.url}, {"code", failure.error.code}, {"message", failure.error.message}});
    }
    collectors.push_back(std::move(row));
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ProgressLine::ProgressLine() : terminal_(program::takes_escapes(STDERR_FILENO)) {}
ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::show(const Progress& progress) {
  if (!terminal_) return;
  fmt::print(stderr, "\r\x1b[K  {}/{} listings  {}", progress.done, progress.total,
             printable(progress.current));
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace skerry::broker
