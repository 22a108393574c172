#include "native-host/events/intake_port.hpp"

#include <utility>

namespace skerry::events {

void TakingPort::send(std::string batch, std::uint32_t count, Done done) {
  take(std::move(batch), count, [done = std::move(done)](const Result<Taken>& taken) mutable {
    done(taken ? Result<void>() : std::unexpected(taken.error()));
  });
}

void IntakePort::take(std::string batch, std::uint32_t count, Told told) {
  intake_.append(std::move(batch), count, [told = std::move(told)](const Result<Taken>& taken) mutable {
    if (taken) return told(taken);
    const auto& error = taken.error();
    told(fail(error.code == "batch_invalid" ? "events_refused" : error.code, error.message));
  });
}

}  // namespace skerry::events
