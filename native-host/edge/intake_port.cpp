#include "native-host/edge/intake_port.hpp"

#include <utility>

namespace skerry::edge {

void IntakePort::send(std::string batch, std::uint32_t count, Done done) {
  intake_.append(std::move(batch), count,
                 [done = std::move(done)](const Result<events::Taken>& taken) mutable {
                   if (taken) return done({});
                   const auto& error = taken.error();
                   done(fail(error.code == "batch_invalid" ? "events_refused" : error.code, error.message));
                 });
}

}  // namespace skerry::edge
