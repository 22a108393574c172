#pragma once

#include "native-host/program/capability.hpp"

namespace skerry::program {
class Commands;
}

namespace skerry::events {

/// The queue: `POST /ingest`, what the functions send (it offers `sandbox::EventsPort`), `skerry events`.
program::Capability capability();

/// `skerry events …`, for who looks after the queue. Reading needs no lock: it works beside a running server.
void add_commands(program::Commands& commands);

}  // namespace skerry::events
