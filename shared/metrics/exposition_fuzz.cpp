#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "shared/metrics/exposition.hpp"
#include "shared/metrics/snapshot.hpp"

// What passes for an exposition can be joined, read and converted; what the writer writes always passes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace metrics = skerry::metrics;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  metrics::sample_text(text, "skerry_snapshot_timestamp_seconds");
  metrics::to_prometheus(text);
  metrics::negotiate(text);
  if (metrics::is_exposition(text) && !metrics::is_exposition(metrics::join_expositions(text, text)))
    std::abort();
  if (const auto snapshot = metrics::read_snapshot(std::string(text)); snapshot && snapshot->text != text)
    std::abort();

  metrics::Exposition out;
  out.family(metrics::Type::gauge, "m", text);
  std::string labels;
  metrics::Exposition::append_label(labels, "a", text);
  out.sample("m", labels, 1.0);
  if (!metrics::is_exposition(std::move(out).finish())) std::abort();
  return 0;
}
