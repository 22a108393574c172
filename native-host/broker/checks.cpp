#include "native-host/broker/checks.hpp"

#include <algorithm>
#include <future>

#include <spdlog/fmt/fmt.h>

#include "functions/latest/view.hpp"
#include "native-host/broker/archive.hpp"
#include "native-host/broker/capability.hpp"
#include "native-host/broker/gap_report.hpp"
#include "native-host/broker/settings.hpp"
#include "native-host/http/client.hpp"
#include "native-host/program/cadence.hpp"
#include "native-host/program/human.hpp"
#include "shared/broker/arrivals.hpp"
#include "shared/url.hpp"

namespace skerry::broker {
namespace {

using program::Check;
using program::Finding;
using program::human_delay;
using program::Inspection;
using program::with_code;
using Status = Finding::Status;

constexpr std::size_t kNamed = 20;
constexpr Seconds kPatience{5};

StoredView stored_view(const Inspection& at) {
  const auto entry = at.stored("latest");
  if (!entry) return std::nullopt;
  auto view = read_freshness(entry->value, at.now);
  const auto& settings = at.settings<Settings>();
  if (view) std::erase_if(view->rows, [&](const auto& row) { return !selects(settings, row.collector); });
  return view;
}

/// What stands in the way of a document that is there.
Finding unreadable(std::string name, const Error& error) {
  return {Status::failed, std::move(name), with_code(error),
          "The next round writes it anew: start `skerry up`, or `skerry update --once`."};
}

void add(const std::optional<Finding>& finding, program::Findings& findings) {
  if (finding) findings.push_back(*finding);
}

std::chrono::milliseconds oldest(const Inspection& at) {
  return program::Cadence{at.settings<Settings>().interval}.oldest();
}

void check_cycle(const Inspection& at, program::Findings& findings) {
  const auto* rounds = at.find<Rounds>();
  findings.push_back(
      judge_cycle(stored_view(at), rounds == nullptr ? Rounds::Last() : rounds->last(), at.now, oldest(at)));
}

void check_freshness(const Inspection& at, program::Findings& findings) {
  const auto& settings = at.settings<Settings>();
  const auto known = load_collectors(settings.collectors_file);
  findings.push_back(
      judge_freshness(stored_view(at), known ? chosen(settings, *known) : std::vector<Collector>()));
}

void check_view(const Inspection& at, program::Findings& findings) {
  findings.push_back(judge_view(stored_view(at), at.now, oldest(at)));
  const auto history = at.stored("history");
  add(judge_history(history ? &history->value : nullptr), findings);
}

/// Without a view `/latest` answers 503.
void check_served(const Inspection& at, program::Findings& findings) {
  if (at.store == nullptr) return;
  if (const auto view = at.store->get("latest"))
    add(judge_served(*view ? &(*view)->value : nullptr), findings);
}

struct HostAnswer {
  Finding finding;
  std::optional<Time> date;
};

HostAnswer ask_host(const std::string& url) {
  const std::string host(cut_url(url).origin);
  http::Client client({.connect_timeout = kPatience, .timeout = kPatience * 2});
  const auto answer = client.send({.method = "HEAD", .url = url});
  if (!answer) {
    return {{Status::failed, "archive", host + ": " + with_code(answer.error()),
             "Check the network, DNS, HTTPS_PROXY and the CA certificates; the others go on meanwhile."},
            {}};
  }
  const auto date = answer->headers.get("date");
  const auto time = date ? parse_http_date(*date) : std::nullopt;
  if (answer->status >= 500) {
    return {{Status::warning, "archive", fmt::format("{} answers with status {}.", host, answer->status),
             "Nothing to do here: it is tried again each round."},
            time};
  }
  return {{Status::ok, "archive", host + " answers."}, time};
}

void check_archives(const Inspection& at, program::Findings& findings) {
  const auto& settings = at.settings<Settings>();
  const auto collectors = load_collectors(settings.collectors_file);
  if (!collectors) {
    findings.push_back(
        {Status::failed, "collectors", collectors.error().message, "Correct collectors_file."});
    return;
  }
  const auto chosen = choose_collectors(*collectors, settings.collectors, {});
  if (!chosen) {
    findings.push_back({Status::failed, "collectors", with_code(chosen.error()),
                        "Correct collectors: `skerry config` shows it."});
    return;
  }
  const auto ended = std::ranges::count_if(*chosen, &Collector::deprecated);
  auto message = program::counted(std::ssize(*chosen) - ended, "collector") + " are read";
  if (std::ssize(*chosen) - ended == 1) message = "1 collector is read";
  if (ended > 0) message += fmt::format(", and {} that ended", ended);
  findings.push_back({Status::ok, "collectors", message + "."});
  if (settings.archive != "real") {
    const auto program = replica_program();
    if (!program || settings.archive == "replica")
      findings.push_back(
          judge_replica(settings.archive, program ? std::nullopt : std::optional(program.error())));
  }
  if (settings.archive == "replica") return;
  std::vector<std::future<HostAnswer>> answers;
  for (const auto& url : probe_urls(*chosen)) {
    if (url.starts_with("http")) answers.push_back(std::async(std::launch::async, ask_host, url));
  }
  for (auto& pending : answers) {
    auto answer = pending.get();
    findings.push_back(std::move(answer.finding));
    if (answer.date && at.clocks != nullptr) at.clocks->push_back(*answer.date);
  }
}

}  // namespace

void add_checks(program::Checks& checks) {
  checks.add({.name = "cycle", .shown = Check::health, .probe = check_cycle});
  checks.add({.name = "freshness", .shown = Check::health, .probe = check_freshness});
  checks.add({.name = "view", .shown = Check::doctor, .probe = check_view});
  checks.add({.name = "view", .shown = Check::ready, .probe = check_served});
  checks.add({.name = "archive", .shown = Check::doctor, .probe = check_archives});
}

Finding judge_cycle(const StoredView& view, const Rounds::Last& last, Time now,
                    std::chrono::milliseconds oldest) {
  Finding finding{Status::failed, "cycle", "No cycle has ended yet.", "See the log: `skerry status`."};
  if (view && !*view) finding.message = with_code(view->error());
  if (view && *view) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - (*view)->last_updated_at);
    if (age <= oldest) finding.status = Status::ok;
    finding.message = "The view is " + human_delay(age) + " old.";
  }
  if (last.error) {
    finding.status = Status::failed;
    finding.message += " The last cycle failed: " + with_code(*last.error);
  } else if (last.failed_listings > 0) {
    finding.message += " In the last cycle " + program::counted(last.failed_listings, "listing") + " failed.";
  }
  if (finding.status == Status::ok) finding.advice.clear();
  return finding;
}

Finding judge_freshness(const StoredView& view, std::span<const Collector> collectors) {
  Finding finding{Status::failed, "freshness", "There is no view.", "`skerry status` says what is late."};
  if (!view) return finding;
  if (!*view) return unreadable("freshness", view->error());
  const auto& rows = (*view)->rows;
  std::vector<std::string> late;
  for (const auto& row : rows)
    if (row.late) late.push_back(row.collector + ' ' + std::string(data_type_word(row.type)));
  finding.message = fmt::format("{} of {} are late", late.size(), rows.size());
  for (std::size_t i = 0; i < std::min(late.size(), kNamed); ++i)
    finding.message += (i == 0 ? ": " : ", ") + late[i];
  finding.message += late.size() > kNamed ? ", …" : ".";
  std::size_t never = 0;
  for (const auto& collector : collectors) {
    const auto row = std::ranges::find(rows, collector.id, &Freshness::collector);
    if (collector.deprecated || row != rows.end()) continue;
    if (++never <= kNamed) finding.message += (never == 1 ? " Never read: " : ", ") + collector.id;
  }
  if (never > 0) finding.message += never > kNamed ? ", …" : ".";
  if (late.size() < rows.size()) {
    finding.status = Status::ok;
    finding.advice.clear();
  }
  return finding;
}

Finding judge_replica(const std::string& archive, const std::optional<Error>& missing) {
  if (!missing) return {Status::ok, "archive", "The replica is used; no archive is asked."};
  const bool is_needed = archive == "replica";
  return {is_needed ? Status::failed : Status::warning, "archive",
          missing->message + (is_needed ? " `skerry up` does not start so."
                                        : " Where no archive answers, `skerry up` does not start so."),
          "Install skerry again, as a whole (cmake --install), or set archive = \"real\"."};
}

Finding judge_view(const StoredView& view, Time now, std::chrono::milliseconds oldest) {
  if (!view)
    return {Status::warning, "view", "There is none yet.",
            "Start `skerry up`, or `skerry update --once` from a timer."};
  if (!*view) return unreadable("view", view->error());
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - (*view)->last_updated_at);
  const auto message = "It is " + human_delay(age) + " old.";
  if (age <= oldest) return {Status::ok, "view", message};
  return {Status::failed, "view", message,
          "See why no cycle ends well: `skerry status`, and the updater's log."};
}

std::optional<Finding> judge_served(const std::string* stored) {
  if (stored == nullptr)
    return Finding{Status::failed, "view", "There is no view yet.", "Wait for the first round to end."};
  const auto view = functions::View::open(*stored);
  return view ? std::nullopt : std::optional(unreadable("view", view.error()));
}

std::optional<Finding> judge_history(const std::string* stored) {
  if (stored == nullptr) return std::nullopt;
  const auto history = parse_history(*stored);
  return history ? std::nullopt : std::optional(unreadable("history", history.error()));
}

}  // namespace skerry::broker
