#pragma once

#include "native-host/http/client.hpp"

namespace skerry::program {

/// The way out: whatever carries data of this program to somebody else's machine is made from here. Where the
/// program's data is made up (the archive replica's) there is none, so that nothing can leave by forgetting
/// to ask. Reading the archives, and listening, are no ways out.
class Outward {
 public:
  [[nodiscard]] http::Client client(http::ClientOptions options = {}) const { return http::Client(options); }

 private:
  friend class World;
  Outward() = default;
};

}  // namespace skerry::program
