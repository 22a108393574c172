#include "native-host/events/ingest.hpp"

#include <string>
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

}  // namespace

void ingest(Request request, std::string_view secret, Time now, Intake& intake,
            std::move_only_function<void(Response)> done) {
  if (request.method != "POST") {
    auto response = error_response(405, "method_not_allowed", "Batches of events are sent with POST.");
    response.headers.add("Allow", "POST");
    return done(std::move(response));
  }
  // What is too long is not worth its sum.
  if (request.body.size() > kMaxBatch)
    return done(
        answer(Error{"batch_too_large", "A batch has at most " + std::to_string(kMaxBatch) + " bytes.",
                     ErrorKind::too_large}));
  if (const auto signed_well = ingest::verify(secret, request.headers, request.body, now); !signed_well)
    return done(answer(signed_well.error()));
  const auto count = check_batch(request.body);
  if (!count) return done(answer(count.error()));
  intake.append(std::move(request.body), *count,
                [done = std::move(done)](const Result<Taken>& taken) mutable {
                  done(taken ? answer(*taken) : answer(taken.error()));
                });
}

}  // namespace skerry::events
