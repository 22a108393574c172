#include "native-host/events/intake_port.hpp"

#include <utility>

namespace skerry::events {

void IntakePort::send(std::string batch, std::uint32_t count, Done done) {
  intake_.append(std::move(batch), count, [done = std::move(done)](const Result<Taken>& taken) mutable {
    if (taken) return done({});
    const auto& error = taken.error();
    done(fail(error.code == "batch_invalid" ? "events_refused" : error.code, error.message));
  });
}

}  // namespace skerry::events
