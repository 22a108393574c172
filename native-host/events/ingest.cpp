#include "native-host/events/ingest.hpp"

#include <memory>
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

using Answered = std::move_only_function<void(Response)>;

constexpr std::size_t kHashedAtOnce = std::size_t{64} << 10U;

void take(Request request, std::string_view secret, Time now, Intake& intake, Answered done) {
  if (const auto signed_well = ingest::verify(secret, request.headers, request.body, now); !signed_well)
    return done(answer(signed_well.error()));
  const auto count = check_batch(request.body);
  if (!count) return done(answer(count.error()));
  intake.append(std::move(request.body), *count,
                [done = std::move(done)](const Result<Taken>& taken) mutable {
                  done(taken ? answer(*taken) : answer(taken.error()));
                });
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

void ingest(Request request, std::string secret, Time now, Intake& intake, blocking::Pool& pool,
            std::move_only_function<void(Response)> done) {
  if (auto refused = refuse_by_head(request, secret, now)) return done(*std::move(refused));
  // What is too long is not worth its sum.
  if (request.body.size() > kMaxBatch)
    return done(
        answer(Error{"batch_too_large", "A batch has at most " + std::to_string(kMaxBatch) + " bytes.",
                     ErrorKind::too_large}));
  if (request.body.size() <= kHashedAtOnce)
    return take(std::move(request), secret, now, intake, std::move(done));
  // Whoever gets `done` in the end: the work, or this function where there is no place for it.
  const auto shared = std::make_shared<Answered>(std::move(done));
  const auto posted = pool.post([request = std::move(request), secret = std::move(secret), now, &intake,
                                 shared](const std::stop_token&) mutable {
    take(std::move(request), secret, now, intake, std::move(*shared));
  });
  if (!posted) (*shared)(answer(posted.error()));
}

}  // namespace skerry::events
