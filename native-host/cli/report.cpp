#include "native-host/cli/report.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>
#include <spdlog/async.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "shared/json_text.hpp"

namespace skerry::cli {
namespace {

constexpr std::size_t kQueuedLines = 8192;
constexpr std::string_view kTimeFormat = "%Y-%m-%dT%H:%M:%S.%eZ";

spdlog::level::level_enum spdlog_level(Log::Level level) {
  switch (level) {
    case Log::Level::info: return spdlog::level::info;
    case Log::Level::warning: return spdlog::level::warn;
    case Log::Level::error: break;
  }
  return spdlog::level::err;
}

nlohmann::ordered_json counts(const broker::CollectorReport& report) {
  return {{"listings", report.listings},
          {"unchanged", report.unchanged},
          {"absent", report.absent},
          {"skipped_rows", report.skipped_rows},
          {"files_added", report.files_added},
          {"files_changed", report.files_changed},
          {"bytes", report.bytes}};
}

}  // namespace

struct Report::State {
  bool json = false;
  std::shared_ptr<spdlog::details::thread_pool> threads =
      std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  std::shared_ptr<spdlog::async_logger> lines;
  std::shared_ptr<spdlog::async_logger> raw;
};

Report::Report(std::string_view level, std::string_view format) : state_(std::make_unique<State>()) {
  const auto make = [&](const char* name, const std::string& pattern) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_formatter(
        std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, ""));
    // A reader that stalls costs old lines, never a request.
    return std::make_shared<spdlog::async_logger>(name, std::move(sink), state_->threads,
                                                  spdlog::async_overflow_policy::overrun_oldest);
  };
  state_->json = format == "json";
  const std::string time(kTimeFormat);
  state_->lines =
      make("skerry", state_->json ? R"({"time":")" + time + R"(","level":"%l","message":%v})" + "\n"
                                  : time + " %l %v\n");
  state_->raw = make("raw", "%v");
  state_->lines->set_level(spdlog::level::from_str(std::string(level)));
}

Report::~Report() {
  state_->lines->flush();
  state_->raw->flush();
}

void Report::write(Level level, std::string_view line) {
  if (!state_->json) {
    state_->lines->log(spdlog_level(level), line);
    return;
  }
  std::string quoted;
  append_json_string(quoted, line);
  state_->lines->log(spdlog_level(level), quoted);
}

void Report::pass(std::string&& lines) {
  state_->raw->info(lines);
}

std::string summary_line(const broker::CycleReport& report) {
  const auto& total = report.total;
  const std::size_t read = total.listings - total.unchanged - total.absent - report.failed_listings;
  return fmt::format(
      "{} listings: {} read, {} unchanged, {} absent, {} failed; {} new files, {} changed; {:.1f} MB in "
      "{:.1f} s",
      total.listings, read, total.unchanged, total.absent, report.failed_listings, total.files_added,
      total.files_changed, static_cast<double>(total.bytes) / 1e6,
      static_cast<double>(report.duration.count()) / 1e3);
}

std::string report_json(const broker::CycleReport& report) {
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

ProgressLine::ProgressLine() : terminal_(::isatty(STDERR_FILENO) == 1) {}
ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::show(const broker::Progress& progress) {
  if (!terminal_) return;
  fmt::print(stderr, "\r\x1b[K  {}/{} listings  {}", progress.done, progress.total, progress.current);
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace skerry::cli
