#pragma once

#include "functions/bundle.hpp"
#include "wasm-runtime/guest/blocking_ports.hpp"
#include "wasm-runtime/guest/wasi_ports.hpp"

namespace skerry::guest {

/// The bundle's answer where an instance serves one request and every port completes at once.
inline Response answer(const Request& request, BlockingKv& kv, BlockingEvents& events, BlockingOrigin& origin,
                       const Config& config) {
  const WasiClock clock;
  WasiRandom random;
  StderrLog log;
  Resident resident;
  Platform platform{kv, events, origin, clock, random, config, log, resident};
  Task<Response> task = functions::serve(request, platform);
  task.start();
  if (!task.done()) __builtin_trap();  // a function waits for something else than its ports
  return task.take();
}

}  // namespace skerry::guest
