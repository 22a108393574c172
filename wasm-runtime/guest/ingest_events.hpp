#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "shared/ingest.hpp"
#include "wasm-runtime/guest/blocking_ports.hpp"
#include "wasm-runtime/guest/wasi_ports.hpp"

namespace skerry::guest {

/// Events go to the native host at once, signed with the secret that both know.
class IngestEvents final : public BlockingEvents {
 public:
  IngestEvents(BlockingOrigin& origin, std::string secret) : origin_(origin), secret_(std::move(secret)) {}

 private:
  Result<void> store(std::string batch, std::uint32_t count) override {
    if (secret_.empty()) return fail("events_unavailable", "No ingest_secret is configured.");
    const auto answer = origin_.ask(ingest::signed_request(secret_, WasiClock().now(), std::move(batch)));
    if (!answer) return fail("events_unavailable", answer.error().message);
    return ingest::read_answer(answer->status, answer->body.view(), count);
  }

  BlockingOrigin& origin_;
  std::string secret_;
};

}  // namespace skerry::guest
