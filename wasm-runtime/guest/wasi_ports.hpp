#pragma once

#include <string>

#include "shared/platform.hpp"

/// The ports that are the same on every host that offers WASI preview 1.
namespace skerry::guest {

/// `random_get`.
class WasiRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;
};

/// One line on descriptor 2 per message: `error latest: …`. Control characters become spaces.
class StderrLog final : public Log {
 public:
  void write(Level level, std::string_view line) override;
};

/// The realtime clock of WASI.
class WasiClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override;
};

}  // namespace skerry::guest
