#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::broker {

/// Rounds that fail as a whole, one after the other, also in processes of their own, as cron starts them:
/// each reason is told once, and that it is over, once. What was told stands in a small file, which is there
/// as long as the outage lasts. For one thread.
class Outage {
 public:
  /// `remembers`: what another process told counts as told. A file that can't be read is as none.
  Outage(std::filesystem::path file, bool remembers);

  /// A round failed. True where that is news: the first one, or for a reason (its code) that was not told
  /// yet. Where nothing can be written, it stays news to the next process.
  bool begin(const Error& error, Time now);
  /// A round went well. Since when none did, where one had failed.
  std::optional<Time> end();

 private:
  std::filesystem::path file_;
  std::optional<Time> since_;
  std::vector<std::string> told_;  ///< codes
};

}  // namespace skerry::broker
