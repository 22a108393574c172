#include "native-host/program/report.hpp"

#include <chrono>

#include <spdlog/async.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/spdlog.h>

#include "native-host/program/patient_sink.hpp"
#include "native-host/program/repeats.hpp"
#include "shared/printable.hpp"

namespace skerry::program {
namespace {

constexpr std::size_t kQueuedLines = 8192;
// Of the access log, which comes in pieces of up to 32 KiB.
constexpr std::size_t kQueuedPieces = 256;
// What a reader that stalls gets to take the last lines.
constexpr auto kLastWait = std::chrono::milliseconds(700);
constexpr std::string_view kTimeFormat = "%Y-%m-%dT%H:%M:%S.%eZ";

spdlog::level::level_enum spdlog_level(Report::Severity severity) {
  switch (severity) {
    case Report::Severity::debug: return spdlog::level::debug;
    case Report::Severity::info: return spdlog::level::info;
    case Report::Severity::warning: return spdlog::level::warn;
    case Report::Severity::error: break;
  }
  return spdlog::level::err;
}

}  // namespace

struct Report::State {
  bool json = false;
  Repeats repeats;
  std::shared_ptr<Patience> patience = std::make_shared<Patience>();
  using Queue = std::shared_ptr<spdlog::details::thread_pool>;
  std::shared_ptr<spdlog::async_logger> lines;
  std::shared_ptr<spdlog::async_logger> raw;
  // Ended first, so that their threads have let go of what they wrote with.
  Queue line_queue = std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1);
  Queue raw_queue = std::make_shared<spdlog::details::thread_pool>(kQueuedPieces, 1);
};

Report::Report(std::string_view level, std::string_view format) : state_(std::make_unique<State>()) {
  const auto make = [&](const char* name, const State::Queue& queue, const std::string& pattern) {
    auto sink = make_patient_sink(state_->patience);
    sink->set_formatter(
        std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, ""));
    // A reader that stalls costs old lines, never a request.
    return std::make_shared<spdlog::async_logger>(name, std::move(sink), queue,
                                                  spdlog::async_overflow_policy::overrun_oldest);
  };
  state_->json = format == "json";
  const std::string time(kTimeFormat);
  state_->lines =
      make("skerry", state_->line_queue,
           state_->json ? R"({"time":")" + time + R"(","level":"%l",%v})" + "\n" : time + " %l %v\n");
  state_->raw = make("raw", state_->raw_queue, "%v");
  set_level(level);
}

void Report::set_level(std::string_view level) {
  state_->lines->set_level(spdlog::level::from_str(std::string(level)));
}

bool Report::shows(Severity severity) const {
  return state_->lines->should_log(spdlog_level(severity));
}

bool Report::is_json() const {
  return state_->json;
}

std::size_t Report::lost_lines() const {
  return state_->line_queue->overrun_counter();
}

std::size_t Report::lost_passed() const {
  return state_->raw_queue->overrun_counter();
}

Report::~Report() {
  state_->patience->end_at(Patience::Clock::now() + kLastWait);
  state_->lines->flush();
  state_->raw->flush();
}

Field::Field(std::string_view field_name, double number)
    : name(field_name), value(fmt::format("{:.1f}", number)) {}

std::string render_event(bool json, std::string_view name, std::string_view message, const Fields& fields) {
  std::string out;
  if (json) {
    out += R"("event":)";
    append_printable_string(out, name);
    out += R"(,"message":)";
    append_printable_string(out, message);
  } else {
    out += printable(message);
  }
  for (const Field& field : fields) {
    out += json ? ",\"" + field.name + "\":" : " " + field.name + "=";
    if (!field.quoted)
      out += field.value;
    else if (json)
      append_printable_string(out, field.value);
    else
      append_word(out, field.value);
  }
  return out;
}

void Report::event(Severity severity, std::string_view name, std::string_view message, const Fields& fields) {
  const auto level = spdlog_level(severity);
  if (!shows(severity)) return;
  state_->lines->log(level, render_event(state_->json, name, message, fields));
}

void Report::warning(std::string_view name, const Error& error, Fields fields) {
  fields.emplace_back("code", error.code);
  event(Severity::warning, name, error.message, fields);
}

void Report::error(std::string_view name, const Error& error, Fields fields) {
  fields.emplace_back("code", error.code);
  event(Severity::error, name, error.message, fields);
}

void Report::write(Level level, std::string_view line) {
  const auto severity = level == Level::info      ? Severity::info
                        : level == Level::warning ? Severity::warning
                                                  : Severity::error;
  const auto repeated = state_->repeats.take(line, std::chrono::steady_clock::now());
  if (!repeated) return;
  event(severity, "log", line, *repeated == 0 ? Fields() : Fields{{"repeated", *repeated}});
}

void Report::pass(std::string&& lines) {
  state_->raw->info(lines);
}

}  // namespace skerry::program
