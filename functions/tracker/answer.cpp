#include "functions/tracker/answer.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/settings.hpp"
#include "shared/comma_list.hpp"
#include "shared/refusal.hpp"

namespace skerry::functions {
namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, OPTIONS";
constexpr std::string_view kExposed =
    "Retry-After, X-Track-Dropped, X-Track-Duplicates, X-Track-Error, X-Track-Rejected";

/// One transparent pixel.
constexpr std::string_view kGif{
    "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,"
    "\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;",
    43};

Response pixel() {
  Response response = reply(200, "image/gif", Body(kGif, nullptr));
  response.headers.add("Cross-Origin-Resource-Policy", "cross-origin");
  return response;
}

/// The peer's word of success, its JSON left open.
std::string_view success_of(const Asked& asked) {
  return asked.posts ? asked.peer.answers.success : kGeneric.answers.success;
}

/// What became of the events of a list.
struct Account {
  std::size_t accepted = 0;
  std::size_t dropped = 0;
  std::size_t rejected = 0;
  std::optional<Drop> reason;
};

Account account_of(std::span<const Item> items, std::optional<Drop> drop) {
  Account account{.reason = drop};
  for (const Item& item : items) {
    if (item.fault == Fault::none) {
      ++(drop ? account.dropped : account.accepted);
    } else if (item.fault == Fault::duplicate) {
      ++account.dropped;
      if (!drop) account.reason = Drop::duplicate;
    } else {
      ++account.rejected;
    }
  }
  return account;
}

void append_account(std::string& out, const Account& account, std::span<const Item> items) {
  const auto number = [&](std::string_view name, std::size_t value) {
    out += name;
    out += std::to_string(value);
  };
  number(R"(,"accepted":)", account.accepted);
  number(R"(,"dropped":)", account.dropped);
  number(R"(,"rejected":)", account.rejected);
  out += R"(,"errors":[)";
  for (std::size_t i = 0; account.rejected > 0 && i < items.size(); ++i) {
    const Fault fault = items[i].fault;
    if (fault == Fault::none || fault == Fault::duplicate) continue;
    number(out.ends_with('[') ? R"({"index":)" : R"(,{"index":)", i);
    out += R"(,"code":")";
    out += code_of(fault);
    out += R"(","error":")";
    out += message_of(fault);
    out += R"("})";
  }
  out += "]}";
}

bool lists(std::string_view list, std::string_view wanted) {
  for (CommaList pieces(list); const auto piece = pieces.next();) {
    if (*piece == wanted || *piece == "*") return true;
  }
  return false;
}

}  // namespace

Response reply(int status, std::string_view type, Body body) {
  Response response;
  response.status = status;
  response.headers.reserve(6);
  response.headers.add("Content-Type", type);
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

Response plain_text(std::string_view text) {
  return reply(200, "text/plain", std::string(text));
}

Response success(const Asked& asked) {
  if (asked.pixel) return pixel();
  const Answers& answers = asked.posts ? asked.peer.answers : kGeneric.answers;
  if (!answers.text.empty()) return reply(answers.status, "text/plain", std::string(answers.text));
  return reply(answers.status, "application/json", std::string(answers.success) + '}');
}

Response dropped(const Asked& asked, Drop reason) {
  Response response = success(asked);
  response.headers.add("X-Track-Dropped", name_of(reason));
  if (const auto header = asked.peer.answers.dropped; !header.empty()) response.headers.add(header, "1");
  return response;
}

Response list_answer(const Asked& asked, std::span<const Item> items, std::optional<Drop> drop) {
  const Account account = account_of(items, drop);
  const bool none_good = account.rejected == items.size();
  Response response;
  if (asked.peer.answers.list != nullptr) {
    response = asked.peer.answers.list(items, drop);
  } else if (!asked.peer.answers.text.empty() && !none_good) {
    response = success(asked);
  } else {
    std::string body(success_of(asked));
    if (none_good) {
      body = refusal_json("events_rejected", "None of these events can be taken.");
      body.pop_back();
    }
    append_account(body, account, items);
    response = reply(none_good ? 400 : 200, "application/json", std::move(body));
  }
  if (account.reason && account.dropped > 0)
    response.headers.add("X-Track-Dropped", name_of(*account.reason));
  return response;
}

void tell_rejected(Response& response, std::span<const Item> items) {
  std::string list;
  for (const Fault fault :
       {Fault::not_an_object, Fault::too_large, Fault::too_deep, Fault::no_name, Fault::bad_distinct_id}) {
    const auto count = std::ranges::count(items, fault, &Item::fault);
    if (count == 0) continue;
    list += list.empty() ? "" : ", ";
    list.append(code_of(fault)).append("=").append(std::to_string(count));
  }
  if (!list.empty()) response.headers.add("X-Track-Rejected", list);
}

Response problem(const Asked& asked, int status, const Error& error) {
  if (asked.pixel) {
    Response response = pixel();
    response.status = status;
    response.headers.add("X-Track-Error", error.code);
    return response;
  }
  if (asked.peer.answers.problem != nullptr) return asked.peer.answers.problem(status, error);
  return reply(status, "application/json", refusal_json(error.code, error.message));
}

Response unreadable(const Asked& asked, const Error& error) {
  Response response = problem(asked, status_of(error), error);
  if (response.status == 415) response.headers.add("Accept-Encoding", "gzip");
  return response;
}

Response unauthorised(const Asked& asked, const Error& error) {
  Response response = problem(asked, 401, error);
  response.headers.add("WWW-Authenticate", "Bearer");
  return response;
}

Response not_kept(const Asked& asked, const Error& error, Seconds retry_after) {
  const bool full = error.code == "events_full";
  const bool later = error.code != "events_refused";
  const bool limited = error.code == "events_limited";
  Response response =
      problem(asked,
              limited ? 429
              : later ? 503
                      : 500,
              {error.code, full ? "There is no room for events now." : "Events can't be kept now."});
  if (later) response.headers.add("Retry-After", std::to_string(retry_after.count()));
  return response;
}

Response method_not_allowed(const Asked& asked) {
  const bool all = asked.peer.takes_get;
  Response response = problem(
      asked, 405, {"method_not_allowed", all ? "Use GET, HEAD, POST or OPTIONS." : "Use POST or OPTIONS."});
  response.headers.add("Allow", all ? kMethods : "POST, OPTIONS");
  return response;
}

Response not_found(const Asked& asked) {
  return problem(asked, 404, {"not_found", "There is nothing here."});
}

Response preflight(const Request& request) {
  Response response;
  response.status = 204;
  response.headers.add("Allow", kMethods);
  if (request.headers.has("Access-Control-Request-Method")) {
    response.headers.add("Access-Control-Allow-Methods", kMethods);
    // `*` would leave out Authorization, and means nothing where credentials are allowed.
    if (const auto names = request.headers.get("Access-Control-Request-Headers")) {
      response.headers.add("Access-Control-Allow-Headers", *names);
    }
    response.headers.add("Access-Control-Max-Age", "86400");
  }
  return response;
}

void allow_origin(Response& response, const Request& request, const Config& config, const Peer& peer) {
  const auto with_credentials = config.get(kCredentialsOrigins.name).value_or("");
  const auto origin = request.headers.get("Origin").value_or("");
  const bool credentials = !origin.empty() && (peer.with_credentials || lists(with_credentials, origin));
  if (credentials) {
    response.headers.set("Access-Control-Allow-Origin", origin);
    response.headers.add("Access-Control-Allow-Credentials", "true");
  } else if (!peer.with_credentials) {
    response.headers.set("Access-Control-Allow-Origin", "*");
  }
  if (peer.with_credentials || !with_credentials.empty()) response.headers.add("Vary", "Origin");
  if (response.status != 204) response.headers.add("Access-Control-Expose-Headers", kExposed);
}

}  // namespace skerry::functions
