#include "native-host/events/gate.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <utility>

#include "native-host/program/repeats.hpp"
#include "shared/comma_list.hpp"
#include "shared/events/event.hpp"

namespace skerry::events {
namespace {

constexpr std::string_view kCode = "events_limited";
constexpr std::string_view kMessage = "Too many events come from here: try again later.";

/// Why the tracker refuses an event (functions/tracker/post.hpp); the last one stands for all others.
constexpr std::array<std::string_view, 6> kReasons{"event_invalid",      "event_too_large",     "too_deep",
                                                   "event_name_missing", "distinct_id_invalid", "other"};

struct Rejected {
  std::size_t reason = 0;  ///< of `kReasons`
  std::uint64_t count = 0;
};

/// Of `too_deep=2`.
Rejected rejected_in(std::string_view text) {
  Rejected rejected;
  const auto equals = std::min(text.find('='), text.size());
  while (rejected.reason + 1 < kReasons.size() && kReasons.at(rejected.reason) != text.substr(0, equals))
    ++rejected.reason;
  const auto number = text.substr(std::min(equals + 1, text.size()));
  std::from_chars(number.data(), number.data() + number.size(), rejected.count);
  return rejected;
}

/// What any page may read, with or without credentials: it says nothing else.
void open_to_pages(Response& response, const Request& head) {
  const auto origin = head.headers.get("Origin");
  response.headers.set("Access-Control-Allow-Origin", origin ? *origin : "*");
  if (origin) {
    response.headers.set("Access-Control-Allow-Credentials", "true");
    response.headers.set("Vary", "Origin");
  }
  response.headers.set("Access-Control-Expose-Headers", "Retry-After");
}

}  // namespace

struct Gate::State {
  State(Parts from, TakingPort& to) : parts(std::move(from)), limits(parts.limits), events(to) {
    if (parts.registry == nullptr) return;
    for (std::size_t scope = 0; scope < Limits::kScopes; ++scope)
      limited.at(scope) = parts.registry->counter(
          "skerry_events_limited_total", "Requests that were refused because of events.limits.*",
          {{"by", std::string(name_of(static_cast<Limits::By>(scope)))}});
    for (std::size_t reason = 0; reason < kReasons.size(); ++reason)
      rejected.at(reason) = parts.registry->counter("skerry_events_rejected_total",
                                                    "Events that were not taken because of what they are",
                                                    {{"reason", std::string(kReasons.at(reason))}});
  }

  [[nodiscard]] Sender sender_of(const Request& request) const {
    Sender sender{.client = {}, .site = site_of(request), .key = {}};
    if (const auto client = client_of(request, parts.proxies)) sender.client = client->host().text();
    return sender;
  }

  void tell(const Limits::Refusal& refusal, const Sender& sender) {
    limited.at(static_cast<std::size_t>(refusal.by)).add();
    if (parts.report == nullptr) return;
    const auto by = name_of(refusal.by);
    const auto repeated = repeats.take(by, parts.clock());
    if (!repeated) return;
    // A key opens a door: it is not told.
    const auto who = refusal.by == Limits::By::client ? sender.client
                     : refusal.by == Limits::By::site ? sender.site
                                                      : std::string("***");
    parts.report->warning(
        "events_limited",
        "More events come than events.limits.* allow; if it is a proxy, name it in "
        "trusted_proxies",
        {{"by", by}, {"who", who}, {"retry_after", refusal.retry_after.count()}, {"repeated", *repeated}});
  }

  void tell(const Rejected& some) {
    rejected.at(some.reason).add(some.count);
    if (parts.report == nullptr) return;
    const auto reason = kReasons.at(some.reason);
    if (const auto repeated = repeats.take(reason, parts.clock()))
      parts.report->warning("events_rejected",
                            "Events were refused because of what they are; who sent them was told",
                            {{"reason", reason}, {"count", some.count}, {"repeated", *repeated}});
  }

  /// What became of a request's events, in its answer.
  void complete(Response& response, std::uint32_t duplicates) {
    if (const auto list = response.headers.get("X-Track-Rejected"))
      for (CommaList some(*list); const auto one = some.next();) tell(rejected_in(*one));
    if (duplicates == 0 || response.status >= 300) return;
    response.headers.set("X-Track-Duplicates", std::to_string(duplicates));
    if (!response.headers.has("X-Track-Dropped")) response.headers.set("X-Track-Dropped", "duplicate");
  }

  Parts parts;
  Limits limits;
  TakingPort& events;
  program::Repeats repeats;
  std::array<metrics::Counter, Limits::kScopes> limited;
  std::array<metrics::Counter, kReasons.size()> rejected;
};

/// Where the events of one run go.
class Gate::Charge final : public sandbox::EventsPort {
 public:
  /// `came`: what its request has cost already.
  Charge(std::shared_ptr<State> state, Sender sender, std::size_t came)
      : state_(std::move(state)), sender_(std::move(sender)), came_(came) {}

  void send(std::string batch, std::uint32_t count, Done done) override {
    const auto now = state_->parts.clock();
    Sender key{.client = {}, .site = {}, .key = key_of(batch)};
    if (const auto refusal = state_->limits.refuse(key, now)) {
      state_->tell(*refusal, key);
      retry_after_ = refusal->retry_after;
      return done(fail(ErrorKind::busy, std::string(kCode), std::string(kMessage)));
    }
    state_->limits.take(key, count, static_cast<double>(batch.size()), now);
    // What came compressed is kept as it is.
    const auto more = batch.size() - std::min(batch.size(), std::exchange(came_, 0));
    state_->limits.take(sender_, count, static_cast<double>(more), now);
    state_->events.take(
        std::move(batch), count,
        [duplicates = duplicates_, done = std::move(done)](const Result<Taken>& taken) mutable {
          if (taken) *duplicates += taken->duplicates;
          done(taken ? Result<void>() : std::unexpected(taken.error()));
        });
  }

  [[nodiscard]] std::chrono::seconds retry_after() const { return retry_after_; }
  [[nodiscard]] std::uint32_t duplicates() const { return *duplicates_; }

 private:
  static std::string key_of(std::string_view batch) {
    const auto record = BatchReader(batch).next();
    const auto name = record ? event_name(*record) : fail("event_invalid", "");
    return name ? std::string(name->key) : std::string();
  }

  std::shared_ptr<State> state_;
  Sender sender_;
  std::size_t came_;
  std::chrono::seconds retry_after_{0};
  std::shared_ptr<std::atomic<std::uint32_t>> duplicates_ = std::make_shared<std::atomic<std::uint32_t>>(0);
};

Gate::Gate(Parts parts, TakingPort& events) : state_(std::make_shared<State>(std::move(parts), events)) {}

std::optional<Response> Gate::refuse(const Request& head) {
  // A preflight asks for nothing yet.
  if (head.method == "OPTIONS") return std::nullopt;
  const auto sender = state_->sender_of(head);
  const auto refusal = state_->limits.refuse(sender, state_->parts.clock());
  if (!refusal) return std::nullopt;
  state_->tell(*refusal, sender);
  auto response = error_response(429, kCode, kMessage);
  response.headers.set("Retry-After", std::to_string(refusal->retry_after.count()));
  open_to_pages(response, head);
  return response;
}

void Gate::watch(const Request& request, sandbox::Caller& caller) {
  auto sender = state_->sender_of(request);
  const auto came = request.body.size() + request.target.size();
  state_->limits.take(sender, 0, static_cast<double>(came), state_->parts.clock());
  const auto charge = std::make_shared<Charge>(state_, std::move(sender), came);
  caller.events = charge;
  caller.answer = [state = state_, charge, answer = std::move(caller.answer)](Response response) mutable {
    state->complete(response, charge->duplicates());
    if (charge->retry_after().count() > 0)
      response.headers.set("Retry-After", std::to_string(charge->retry_after().count()));
    answer(std::move(response));
  };
}

Limits::Options limits_of(const Settings& settings) {
  const auto rate = [](std::int64_t events, std::int64_t bytes, std::int64_t daily) {
    return Rate{.events = static_cast<double>(events),
                .bytes = static_cast<double>(bytes),
                .daily_bytes = static_cast<double>(daily)};
  };
  return {.rates = {rate(settings.client_events, settings.client_bytes, settings.client_daily),
                    rate(settings.site_events, settings.site_bytes, settings.site_daily),
                    rate(settings.key_events, settings.key_bytes, settings.key_daily)},
          .burst = std::chrono::duration_cast<std::chrono::seconds>(settings.limits_burst)};
}

}  // namespace skerry::events
