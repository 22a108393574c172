#include "native-host/events/ingest.hpp"

#include <memory>
#include <utility>

#include "shared/events/event.hpp"
#include "shared/ingest.hpp"

namespace skerry::events {
namespace {

Response answer(const Error& error) {
  return error_response(error, error.kind == ErrorKind::full ? 30 : 5);
}

Response answer(const Taken& taken) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = R"({"status":"ok","accepted":)" + std::to_string(taken.accepted) + R"(,"duplicates":)" +
                  std::to_string(taken.duplicates) + "}"};
}

/// Nothing where there is nobody left to answer, or the server does.
Task<std::optional<Response>> take(http::Exchange& exchange, std::string_view secret, Time now,
                                   Intake& intake) {
  auto verifier = ingest::Verifier::begin(secret, exchange.request().headers, now);
  if (!verifier) co_return answer(verifier.error());
  auto batch =
      co_await exchange.read_all(kMaxBatch, [&](std::string_view piece) { verifier->update(piece); });
  if (!batch) co_return std::nullopt;
  if (const auto signed_well = verifier->finish(); !signed_well) co_return answer(signed_well.error());
  const auto count = check_batch(*batch);
  if (!count) co_return answer(count.error());

  struct Outcome {
    std::shared_ptr<http::Signal> is_there;
    std::optional<Result<Taken>> taken = {};
  };
  // It may be told after the client has gone.
  const auto outcome = std::make_shared<Outcome>(exchange.make_signal());
  intake.append(*std::move(batch), *count, [outcome](const Result<Taken>& taken) {
    outcome->taken = taken;
    outcome->is_there->set();
  });
  if (!co_await exchange.wait(*outcome->is_there)) co_return std::nullopt;
  co_return *outcome->taken ? answer(**outcome->taken) : answer(outcome->taken->error());
}

}  // namespace

std::optional<Response> refuse_by_head(const Request& head, std::string_view secret, Time now) {
  if (head.method != "POST") {
    auto response = error_response(405, "method_not_allowed", "Batches of events are sent with POST.");
    response.headers.add("Allow", "POST");
    return response;
  }
  if (const auto signed_well = ingest::verify_head(secret, head.headers, now); !signed_well)
    return answer(signed_well.error());
  return std::nullopt;
}

Task<void> ingest(http::Exchange& exchange, std::string secret, Time now, Intake& intake) {
  if (auto response = co_await take(exchange, secret, now, intake))
    std::ignore = co_await exchange.respond(*std::move(response));
}

}  // namespace skerry::events
