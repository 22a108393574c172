#include <string>

#include "functions/tracker/answer.hpp"
#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/post.hpp"

namespace skerry::functions {
namespace {

constexpr std::array<std::string_view, 2> kPaths{"/api/send", "/api/batch"};

/// Nobody is known again here: no cache that names a session, and no session.
constexpr std::string_view kNobody = R"({"cache":"","sessionId":"","visitId":"")";

/// As its server counts a batch.
Response list(std::span<const Item> items, std::optional<Drop>) {
  std::string details;
  std::size_t errors = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Fault fault = items[i].fault;
    if (fault == Fault::none || fault == Fault::duplicate) continue;
    details.append(errors++ == 0 ? "" : ",").append(R"({"index":)").append(std::to_string(i));
    details.append(R"(,"response":{"error":")").append(message_of(fault)).append("\"}}");
  }
  std::string body = R"({"size":)" + std::to_string(items.size());
  body += R"(,"processed":)" + std::to_string(items.size() - errors);
  body += R"(,"errors":)" + std::to_string(errors) + R"(,"details":[)" + details + R"(],"cache":""})";
  return reply(200, "application/json", std::move(body));
}

}  // namespace

/// `{"type","payload":{"website",…}}`, or an array of such; the website is the key.
constinit const Peer kUmami{
    .name = "umami",
    .has = [](std::string_view path) { return is_one_of(path, kPaths); },
    .takes_get = false,
    .shape = {.list = {}, .keys = {}, .key_object = "payload", .key_in_object = "website"},
    .answers = {.success = kNobody, .list = list}};

}  // namespace skerry::functions
